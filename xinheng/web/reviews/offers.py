"""Offers of more credit: who may be offered more and why, one offer with its letter and its answer.

Example: CNY 500,000.00 → 650,000.00 (+30 %), 82 % in use, never late: Alice offers it, the letter
stands below to be handed over; Bob writes down "agreed on the phone", and the application goes in.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from xinheng.applications import offers as acts
from xinheng.applications import review_queries as queries
from xinheng.applications.models import IncreaseOffer
from xinheng.applications.offer_letter import letter_of, letter_text
from xinheng.applications.review_words import offer_words
from xinheng.applications.reviews import INVESTIGATE, WRITE
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import tabs
from xinheng.web.reviews.rows import frame

ROWS_MAX: Final = 200
STATES: Final = {  # word, meaning colour
    "waiting": (T("待决定", "To decide"), "act"),
    "offered": (T("已邀约", "Offered"), "watch"),
    "taken": (T("已接受", "Taken"), "within"),
    "declined": (T("未接受", "Declined"), "quiet"),
    "lapsed": (T("已失效", "Lapsed"), "quiet"),
}
ENDED: Final = ("taken", "declined", "lapsed")


class Line(Struct, frozen=True):
    """An offer as lists show it."""

    row: IncreaseOffer
    more_pct: int
    usage: str
    state: tuple[T, str]


def line_of(row: IncreaseOffer) -> Line:
    more = (row.to_minor - row.from_minor) * 100 // row.from_minor if row.from_minor else 0
    return Line(row, more, str(row.reasons.get("usage_pct", "")), STATES[row.state])


@require_safe
def offers(request: HttpRequest) -> HttpResponse:
    """What waits and what was offered; or what came of earlier ones."""
    ended = request.GET.get("show") == "ended"
    rows = queries.offers(request.user, ENDED if ended else queries.OFFERS_OPEN)[:ROWS_MAX]
    choices = [("", T("待办", "Open"), None), ("ended", T("已有结果", "Over"), None)]
    context = {
        **frame(request, "offers"),
        "rows": [line_of(row) for row in rows],
        "ended": ended,
        "tabs": tabs(request, "show", choices),
    }
    return render(request, "reviews/offers.html", context)


@require_safe
def offer(request: HttpRequest, offer: int) -> HttpResponse:
    """One of them."""
    return _one(request, _found(request, offer))


@require_POST
def make(request: HttpRequest, offer: int) -> HttpResponse:
    """Offer it."""
    row = _found(request, offer)
    try:
        acts.make_offer(row.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _one(request, row, wrong=refused.text, where="make", status=422)
    said = T("已邀约，邀约函在下方。", "It is offered; the letter stands below.")
    messages.success(request, str(said))
    return redirect("offer", offer=row.pk)


@require_POST
def take(request: HttpRequest, offer: int) -> HttpResponse:
    """The customer said yes."""
    row, words = _found(request, offer), request.POST.get("words", "")
    try:
        made = acts.take_offer(row.pk, words, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _one(request, row, wrong=refused.text, where="take", status=422)
    said = T("已提交授信申请 {n}。", "Application {n} went in.").format(n=made.number)
    messages.success(request, str(said))
    return redirect("offer", offer=row.pk)


@require_POST
def decline(request: HttpRequest, offer: int) -> HttpResponse:
    """Nothing comes of it."""
    row, words = _found(request, offer), request.POST.get("words", "")
    try:
        acts.decline_offer(row.pk, words, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _one(request, row, wrong=refused.text, where="decline", status=422)
    messages.success(request, str(T("已记录。", "It is on record.")))
    return redirect("offer", offer=row.pk)


def _found(request: HttpRequest, offer: int) -> IncreaseOffer:
    row = queries.one_offer(request.user, offer) if offer < 2**63 else None
    if row is None:
        raise Http404
    return row


def _one(
    request: HttpRequest,
    row: IncreaseOffer,
    *,
    wrong: T | None = None,
    where: str = "",
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    letter = letter_of(row)
    waiting, offered = row.state == "waiting", row.state == "offered"
    context: dict[str, Any] = {
        **frame(request, "offers"),
        "line": line_of(row),
        "row": row,
        "customer": row.customer,
        "reasons": offer_words(row.reasons, row.currency),
        "letter": letter,
        "letter_text": letter_text(letter) if letter else None,
        "late": row.valid_until < today(timezone.now()),
        "may_make": waiting and user.may(INVESTIGATE),
        "may_take": offered and user.may(WRITE),
        "may_decline": (waiting and user.may(INVESTIGATE)) or (offered and user.may(WRITE)),
        "typed": request.POST,
        "wrong": wrong,
        "where": where,
    }
    return render(request, "reviews/offer.html", context, status=status)
