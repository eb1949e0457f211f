"""A customer applies for credit by its own link, and sees by the same link how far it has come.

It says how much, on which terms, for what and what it expects to buy; it is given a number. What we
think of it is not shown: only the state in plain words, and the letter once it was handed over. A
refusal that no person made is told at once, with a way to a person. Example: 500,000.00 asked, said
no by the rules alone; "we pay within 30 days since 2019, please look" opens it again.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from msgspec import Struct

from xinheng.applications import automatic, inviting
from xinheng.applications.letters import text_of
from xinheng.applications.models import Application
from xinheng.applications.trail import WRITE
from xinheng.credit.capitals import capitals
from xinheng.credit.money import to_text
from xinheng.inquiries.models import Link
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.people.actor import guest
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.forms import ApplyForm

FILLED_IN: Final = ("draft", "returned")
TOLD: Final = {
    "submitted": T("已收到，等待受理", "Received; it waits to be taken up"),
    "investigating": T("正在了解情况", "Being looked into"),
    "assessed": T("正在评估", "Being assessed"),
    "proposed": T("正在审批", "Being decided"),
    "deciding": T("正在审批", "Being decided"),
    "granted": T("已批准", "Approved"),
    "rejected": T("未获批准", "Not approved"),
    "withdrawn": T("已撤回", "Taken back"),
    "lapsed": T("已失效", "Lapsed"),
}
# the way in four steps, and at which of them each state stands
WAY: Final = (
    T("已提交", "Handed in"),
    T("了解情况", "Looked into"),
    T("审批", "Decided"),
    T("答复", "Answer"),
)
PLACE: Final = {"submitted": 1, "investigating": 1, "assessed": 2, "proposed": 2, "deciding": 2}


class Mark(Struct, frozen=True):
    """One step of the way: done, now or later."""

    name: T
    how: str


class WishForm(ApplyForm):
    """What the customer says; the kind and the currency were agreed when the link was made."""

    def __init__(self, *given: Any, row: Application, **kwargs: Any) -> None:
        super().__init__(*given, initial=_as_typed(row), **kwargs)
        for name in ("kind", "currency"):
            self.fields[name].disabled = True
        if row.kind != "temporary":
            for name in ("valid_from", "valid_until"):
                del self.fields[name]
        self.fields["terms_days"].label = T("希望的账期（天）", "Days to pay that you ask for")
        self.fields["share"].label = T("向我们采购的比例（%）", "Of these, from us, %")

    def clean(self) -> dict[str, Any]:
        return {"valid_from": None, "valid_until": None} | super().clean()


def apply_page(request: HttpRequest, token: str, link: Link) -> HttpResponse:
    """The form until it was handed in, the state ever after."""
    row = inviting.application_of(token, at=timezone.now())
    if row.state in FILLED_IN:
        return _fill_in(request, token, row)
    if request.method == "POST":
        return _ask_human(request, token, link, row)
    return _status(request, row)


def _fill_in(request: HttpRequest, token: str, row: Application) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    form = WishForm(posted, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            inviting.hand_in(token, form.told(row.customer), at=timezone.now())
        except Refused as refused:
            if refused.code is InquiryRefusal.NO_ENTRY:
                raise
            form.say_refusal(refused)
        else:
            return redirect("outside", token=token)
    shown = {"form": form, "row": row}
    status = 422 if request.method == "POST" else 200
    return render(request, "outside/apply.html", shown, status=status)


def _ask_human(request: HttpRequest, token: str, link: Link, row: Application) -> HttpResponse:
    actor = guest(UUID(str(link.pk)).hex, frozenset({WRITE}), row.customer.business_unit_id)
    words = request.POST.get("words", "")
    try:
        automatic.ask_human(row.number, words, actor=actor, at=timezone.now())
    except Refused as refused:
        return _status(request, row, wrong=refused.text)
    return redirect("outside", token=token)


def _status(request: HttpRequest, row: Application, wrong: T | None = None) -> HttpResponse:
    refused_alone = row.state == "rejected" and row.automatic and row.human_asked_at is None
    context = {
        "row": row,
        "state": TOLD[row.state],
        "way": _way(row),
        "capitals": capitals(row.asked_minor, row.currency),
        "letter": _letter(row),
        "may_ask": refused_alone,
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "outside/apply_status.html", context, status=422 if wrong else 200)


def _way(row: Application) -> list[Mark]:
    place = PLACE.get(row.state, len(WAY))
    return [
        Mark(name, "done" if n < place else "now" if n == place else "later")
        for n, name in enumerate(WAY)
    ]


def _letter(row: Application) -> T | None:
    """The letter of the answer, once somebody handed it over, or where no person stands between."""
    letter = row.letters.select_related("customer").order_by("-pk").first()
    if letter is None or row.state not in ("granted", "rejected"):
        return None
    return text_of(letter) if letter.sent_at or row.automatic else None


def _as_typed(row: Application) -> dict[str, Any]:
    """What was said before, where it was; a fresh draft has no amount yet."""
    bought = row.forecast.get("purchases_year_minor")
    return {
        "kind": row.kind,
        "amount": to_text(row.asked_minor, row.currency) if row.asked_minor else "",
        "unit": "one" if row.asked_minor or row.currency != "CNY" else "wan",
        "currency": row.currency,
        "terms_days": row.asked_terms_days,
        "purpose": row.purpose,
        "valid_from": row.valid_from if row.asked_minor else None,
        "valid_until": row.valid_until if row.asked_minor else None,
        "purchases": to_text(bought, row.currency) if bought else "",
        "share": row.forecast.get("our_share_pct"),
    }
