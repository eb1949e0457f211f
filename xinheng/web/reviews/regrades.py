"""Proposals of another grade: what behaviour says against the grade in force; a person decides.

Example: rated A, the payment index fell from 84.00 to 71.00 in three months: proposed BBB. Alice
accepts it, and BBB counts until a day; or refuses it with a reason.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from xinheng.applications import regrades as acts
from xinheng.applications import review_queries as queries
from xinheng.applications.models import RegradeProposal
from xinheng.applications.review_words import evidence_words
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import tabs
from xinheng.web.reviews.rows import frame

ROWS_MAX: Final = 200
STATES: Final = {  # word, meaning colour
    "waiting": (T("待决定", "To decide"), "act"),
    "accepted": (T("已采纳", "Accepted"), "within"),
    "refused": (T("未采纳", "Refused"), "quiet"),
    "lapsed": (T("已失效", "Lapsed"), "quiet"),
}


class Line(Struct, frozen=True):
    """A proposal as lists show it."""

    row: RegradeProposal
    said: list[T]
    state: tuple[T, str]


def line_of(row: RegradeProposal) -> Line:
    return Line(row, evidence_words(row.evidence), STATES[row.state])


@require_safe
def regrades(request: HttpRequest) -> HttpResponse:
    """What waits, or what was decided."""
    ended = request.GET.get("show") == "ended"
    rows = queries.regrades(request.user, waiting=not ended)[:ROWS_MAX]
    choices = [("", T("待决定", "To decide"), None), ("ended", T("已决定", "Decided"), None)]
    context = {
        **frame(request, "regrades"),
        "rows": [line_of(row) for row in rows],
        "ended": ended,
        "tabs": tabs(request, "show", choices),
    }
    return render(request, "reviews/regrades.html", context)


@require_safe
def regrade(request: HttpRequest, regrade: int) -> HttpResponse:
    """One of them."""
    return _one(request, _found(request, regrade))


@require_POST
def accept(request: HttpRequest, regrade: int) -> HttpResponse:
    """The other grade counts from now on."""
    return _decide(request, regrade, accepted=True)


@require_POST
def refuse(request: HttpRequest, regrade: int) -> HttpResponse:
    """The grade in force stays."""
    return _decide(request, regrade, accepted=False)


def _decide(request: HttpRequest, regrade: int, *, accepted: bool) -> HttpResponse:
    row, reason = _found(request, regrade), request.POST.get("reason", "")
    act = acts.accept_regrade if accepted else acts.refuse_regrade
    try:
        act(row.pk, reason, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        where = "accept" if accepted else "refuse"
        return _one(request, row, wrong=refused.text, where=where, status=422)
    said = T("已采纳，新等级已生效。", "Accepted: the other grade counts.")
    kept = T("未采纳，等级不变。", "Refused: the grade stays.")
    messages.success(request, str(said if accepted else kept))
    return redirect("regrade", regrade=row.pk)


def _found(request: HttpRequest, regrade: int) -> RegradeProposal:
    row = queries.one_regrade(request.user, regrade) if regrade < 2**63 else None
    if row is None:
        raise Http404
    return row


def _one(
    request: HttpRequest,
    row: RegradeProposal,
    *,
    wrong: T | None = None,
    where: str = "",
    status: int = 200,
) -> HttpResponse:
    user: Any = request.user
    context: dict[str, Any] = {
        **frame(request, "regrades"),
        "line": line_of(row),
        "row": row,
        "customer": row.customer,
        "may_decide": row.state == "waiting" and user.may(acts.CONFIRM),
        "typed": request.POST,
        "wrong": wrong,
        "where": where,
    }
    return render(request, "reviews/regrade.html", context, status=status)
