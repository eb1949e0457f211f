"""Where sources disagree: the cases that wait, one case side by side, and the decided ones.

The suggestion (most reliable, then newest) is marked as one and never chosen beforehand. Who
entered a fact can't choose it: its button is off and says so. Example: the licence (A) says
8,000,000.00 CNY, suggested; 企查查 (B) says 10,000,000.00 CNY, "you entered this".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from msgspec import Struct

from xinheng.dossiers import disputes, facts
from xinheng.dossiers.disputes import Side
from xinheng.dossiers.fields import Field, catalogue
from xinheng.dossiers.models import ConflictCase
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.files import fact_words as words
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import Column, heads, page_by_key, sorting_of, tabs
from xinheng.web.verification import forms, reading
from xinheng.web.verification.places import field_href, pages
from xinheng.web.verification.reading import Told

DECIDED: Final = "decided"
OPEN_COLUMNS: Final = (
    Column("opened", T("立案", "Opened"), "opened_at"),
    Column("customer", T("客户", "Customer"), "customer__code"),
    Column("field", T("字段", "Field"), "field"),
    Column("said", T("各来源所述", "What the sources say")),
)
DECIDED_COLUMNS: Final = (
    Column("decided", T("裁定", "Decided"), "resolved_at"),
    *OPEN_COLUMNS[1:3],
    Column("said", T("以何为准及理由", "What holds, and why")),
)


class Shown(Struct, frozen=True):
    """One side of a case in words."""

    side: Side
    told: Told
    entered_by: str
    verified_by: str
    reliability: T
    how: T | None


class Row(Struct, frozen=True):
    """A case of the list."""

    case: ConflictCase
    field: Field
    sides: list[Shown]
    chosen: Shown | None


@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """The cases that wait, the oldest first; or the decided ones, the newest first."""
    decided = request.GET.get("state") == DECIDED
    columns = DECIDED_COLUMNS if decided else OPEN_COLUMNS
    sorting = sorting_of(request, columns, "-decided" if decided else "opened")
    page = page_by_key(request, disputes.cases(request.user, decided=decided), sorting)
    numbers = {word: disputes.cases(request.user, decided=bool(word)) for word in ("", DECIDED)}
    context = {
        "decided": decided,
        "tabs": tabs(
            request,
            "state",
            [
                ("", T("待决", "To decide"), numbers[""].count()),
                (DECIDED, T("已裁定", "Decided"), numbers[DECIDED].count()),
            ],
        ),
        "heads": heads(request, columns, sorting),
        "page": page,
        "rows": _rows(page.rows, request.user),
        "now": timezone.now(),
        "pages": pages(request, "conflicts"),
    }
    return render(request, "verification/conflicts.html", context)


def _rows(found: Sequence[ConflictCase], user: Any) -> list[Row]:
    """Cases with their sides, in three statements for all of them."""
    sides = disputes.sides_of(found, user)
    names = reading.names_of(one.fact for of_case in sides.values() for one in of_case)
    rows = []
    for one in found:
        field = catalogue().fields[one.field]
        shown = _shown(sides[one.pk], field, names)
        chosen = next((side for side in shown if side.side.chosen), None)
        rows.append(Row(one, field, shown, chosen))
    return rows


def _shown(found: Sequence[Side], field: Field, names: dict[int, str]) -> list[Shown]:
    first = found[0].said if found else None
    return [
        Shown(
            one,
            reading.told(field, one.said, first),
            reading.entered_by(one.fact, names),
            names.get(one.fact.verified_by_id or 0, ""),
            words.RELIABILITY[one.fact.reliability],
            words.HOW.get(one.fact.how or ""),
        )
        for one in found
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case: what each source says side by side; a person chooses one, with a reason."""
    found = ConflictCase.objects.visible_to(request.user).select_related(
        "customer", "resolved_by", "chosen"
    )
    row: ConflictCase = get_object_or_404(found, pk=case_id)
    if request.method != "POST":
        return _page(request, row)
    chosen, reason = request.POST.get("chosen", ""), request.POST.get("reason", "").strip()
    errors = {"reason": forms.reason_error(reason), "chosen": None}
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < len("1" * 19)):
        errors["chosen"] = T("请选择以哪一项为准。", "Choose which of them holds.")
    if not any(errors.values()):
        try:
            facts.resolve_conflict(
                row.pk, int(chosen), reason, actor=actor_of(request), at=timezone.now()
            )
        except Refused as refused:
            return _page(request, row, chosen, reason, {"refused": refused.text})
        said = T("已裁定，其余说法不再有效。", "Decided; what the others say counts no more.")
        messages.success(request, str(said))
        return redirect("conflict", case_id=row.pk)
    return _page(request, row, chosen, reason, errors)


def _page(
    request: HttpRequest,
    row: ConflictCase,
    chosen: str = "",
    reason: str = "",
    errors: dict[str, T | None] | None = None,
) -> HttpResponse:
    told = _rows([row], request.user)[0]
    field, sides = told.field, told.sides
    context = {
        "case": row,
        "field": field,
        "sides": sides,
        "free": any(not one.side.mine for one in sides),
        "chosen": chosen,
        "reason": reason,
        "errors": errors or {},
        "decided_by": person_name(row.resolved_by) if row.resolved_by else "",
        "field_href": field_href(row.customer.code, row.field),
    }
    return render(request, "verification/conflict.html", context, status=422 if errors else 200)
