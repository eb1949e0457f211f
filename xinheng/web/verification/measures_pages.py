"""The four measures over the book: on a card of the portfolio, by unit and block, file by file.

Each figure opens what it counts: a block leads to its worst files, "timely" to the calendar, a file
to itself. The card is read after the portfolio's page, so that a large book holds nobody up.
Example: 全面 76.00 %: of each 100 points of weight, 76 are present and verified.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.dossiers.breakdown import ORDERS, FileMeasures, break_down, worst_files
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.kept import is_large, kept_measures
from xinheng.dossiers.measures import Measures, book_measures
from xinheng.people.models import BusinessUnit
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.frame.tables import PAGE_ROWS, Page, page_of, unpack, url_with
from xinheng.web.verification.places import pages

NAMES: Final = {
    "complete": T("全面", "Complete"),
    "timely": T("及时", "Timely"),
    "accurate": T("准确", "Accurate"),
    "secure": T("安全", "Secure"),
}
MEANINGS: Final = {
    "complete": T("在档且已核验的权重 ÷ 全部权重", "Weight present and verified ÷ weight of all"),
    "timely": T("未超过栏目时限的 ÷ 在档的", "Not older than its block allows ÷ present"),
    "accurate": T(
        "无冲突、来源可靠、经客户以外核实、把握 60 以上的 ÷ 在档的",
        "Undisputed, of a reliable source, checked elsewhere than at the customer, 60 or surer ÷ "
        "present",
    ),
    "secure": T("有处理依据、个人信息已加密的 ÷ 在档的", "With a legal basis, sealed if personal"),
}


class Figure(Struct, frozen=True):
    """One measure: name, per cent (None: nothing to measure), meaning, where it leads."""

    name: T
    percent: Decimal | None
    meaning: T
    href: str


class Line(Struct, frozen=True):
    """A part of the book, with where it opens."""

    label: Any
    href: str
    measures: Measures
    current: bool


def figures(measures: Measures) -> list[Figure]:
    """The four in their order; timely leads to the calendar, the others to the worst files."""
    base = reverse("file-measures")
    hrefs = {order: f"{base}?sort={order}#files" for order in ORDERS}
    hrefs["timely"] = f"{reverse('freshness')}?span=stale"
    return [
        Figure(NAMES[order], getattr(measures, order), MEANINGS[order], hrefs[order])
        for order in ORDERS
    ]


@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """The book's four figures, for the portfolio."""
    measured = kept_measures if is_large() else book_measures
    measures = measured(request.user, today(timezone.now()))
    context = {"figures": figures(measures), "files": measures.files}
    part = request.htmx and not request.htmx.history_restore_request
    return render(request, f"verification/{'_card' if part else 'card'}.html", context)


@require_safe
def measures_page(request: HttpRequest) -> HttpResponse:
    """By unit, by block, and the worst files of the chosen part."""
    day, said = today(timezone.now()), request.GET
    kept = is_large()
    parts = break_down(request.user, day, kept=kept)
    units = {one.pk: one for one in BusinessUnit.objects.filter(pk__in=parts.units)}
    unit = next((one for one in units.values() if one.code == said.get("unit", "")), None)
    blocks = {one.code: one for one in catalogue().blocks}
    block = blocks.get(said.get("block", ""))
    order = said.get("sort", "")
    order = order if order in ORDERS else "complete"
    context = {
        "day": day,
        "kept": kept,
        "figures": figures(parts.whole),
        "whole": parts.whole,
        "units": _unit_lines(request, parts.units, units, unit),
        "blocks": [
            Line(one.name, _with(request, block=one.code), parts.blocks[code], one == block)
            for code, one in blocks.items()
        ],
        "unit": unit,
        "chosen_block": block,
        "all_href": _with(request, block=None, unit=None),
        "order": order,
        "orders": [(name, NAMES[name], _with(request, sort=name)) for name in ORDERS],
        "pages": pages(request, "file-measures"),
        "page": _worst(request, day, order, block.code if block else "", unit, kept),
    }
    return render(request, "verification/measures.html", context)


def _with(request: HttpRequest, **changes: str | None) -> str:
    return f"{url_with(request, **changes)}#files"


def _unit_lines(
    request: HttpRequest,
    measured: Any,
    units: dict[int, BusinessUnit],
    chosen: BusinessUnit | None,
) -> list[Line]:
    """Units by name; customers of no unit stand last and lead nowhere."""
    lines = [
        Line(
            T(one.name, one.name_en or one.name),
            _with(request, unit=one.code),
            measured[pk],
            one == chosen,
        )
        for pk, one in sorted(units.items(), key=lambda pair: pair[1].code)
    ]
    if None in measured:
        lines.append(Line(T("未分配", "No unit"), "", measured[None], False))
    return lines


def _worst(
    request: HttpRequest, day: Any, order: str, block: str, unit: BusinessUnit | None, kept: bool
) -> Page:
    told = unpack(request.GET.get("after", ""), 2)
    fine = told is not None and all(isinstance(one, int) for one in told)
    after = {"after": (told[0], told[1])} if told is not None and fine else {}
    found = worst_files(
        request.user,
        day,
        order=order,
        block=block,
        unit=unit.pk if unit else None,
        limit=PAGE_ROWS + 1,
        kept=kept,
        **after,
    )
    return page_of(request, found, PAGE_ROWS, _key)


def _key(one: FileMeasures) -> list[int]:
    return list(one.key)
