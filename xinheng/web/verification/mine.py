"""What a person entered: what waits, what was turned down and why, what stands in the file.

For those who enter and don't verify it is the way to learn what became of it. Example: Bob entered
a paying account on Monday; on Tuesday it was turned down: "account of another company, ask again",
with the form to enter it anew one step away.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.dossiers import waiting
from xinheng.dossiers.fields import SECRET, Field, catalogue
from xinheng.dossiers.models import Fact
from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.frame.tables import Column, heads, page_by_key, sorting_of, tabs
from xinheng.web.verification import reading
from xinheng.web.verification.places import enter_href, field_href, pages

STATES: Final = {
    "": T("等待核验", "Waiting"),
    "rejected": T("未通过", "Turned down"),
    "known": T("已入档", "In the file"),
}
COLUMNS: Final = (
    Column("entered", T("录入", "Entered"), "entered_at"),
    Column("customer", T("客户", "Customer"), "customer__code"),
    Column("field", T("字段", "Field"), "field"),
    Column("value", T("内容", "Value")),
    Column("became", T("结果", "What became of it")),
)


class Row(Struct, frozen=True):
    """An entry of one's own; `value` is "" where it may not be shown to its own author any more."""

    fact: Fact
    field: Field
    value: str
    masked: bool
    state: tuple[T, str]
    judged_by: str
    field_href: str
    again: str


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """One's own entries, the newest first."""
    own = Fact.objects.visible_to(request.user).filter(entered_person_id=request.user.pk)
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    numbers = own.aggregate(**{f"n_{word}": Count("pk", filter=_in(word)) for word in STATES})
    sorting = sorting_of(request, COLUMNS, "-entered")
    page = page_by_key(request, own.filter(_in(state)).select_related("customer"), sorting)
    context = {
        "state": state,
        "tabs": tabs(
            request, "state", [(word, STATES[word], numbers[f"n_{word}"]) for word in STATES]
        ),
        "heads": heads(request, COLUMNS, sorting),
        "page": page,
        "rows": _rows(page.rows, request.user),
        "pages": pages(request, "verification-mine"),
    }
    return render(request, "verification/mine.html", context)


def _in(state: str) -> Q:
    if state == "rejected":
        return Q(rejected_at__isnull=False)
    if state == "known":
        return Q(known_since__isnull=False)
    return Q(known_since__isnull=True, rejected_at__isnull=True)


def _rows(facts: list[Fact], user: Any) -> list[Row]:
    texts, names = waiting.texts_of(facts), reading.names_of(facts)
    sees_secret = user.may("facts.verify")
    rows = []
    for one in facts:
        field, said = catalogue().fields[one.field], waiting.said_by(one, texts)
        masked = one.secrecy >= SECRET and not sees_secret
        judged = one.rejected_by_id or one.second_reviewer_id or one.verified_by_id
        rows.append(
            Row(
                one,
                field,
                "" if masked else words.told(field, said.value),
                masked,
                _state(one),
                names.get(judged or 0, ""),
                field_href(one.customer.code, one.field),
                enter_href(one.customer.code, one.field),
            )
        )
    return rows


def _state(fact: Fact) -> tuple[T, str]:
    if fact.rejected_at is not None:
        return words.STANDINGS["rejected"]
    if fact.known_since is not None:
        return words.STANDINGS["verified" if fact.known_until is None else "ended"]
    if fact.verified_by_id is not None:
        return T("已核验，待第二人复核", "verified once, waits for a second person"), "watch"
    return words.STANDINGS["waiting"]
