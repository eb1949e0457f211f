"""One block of a credit file: its facts as a table, then the panels that rooms show there.

A field is one row; where sources disagree, or several say the same, each source has a line of its
own under it. Example: 注册资本 in conflict shows 8,000,000.00 CNY of the licence (A) above
10,000,000.00 CNY of a bureau (B), and neither as the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import Held, SeenFact
from xinheng.dossiers.fields import Block, Field, catalogue
from xinheng.dossiers.measures import due_on
from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.files.finding import base_currency, customer_of
from xinheng.web.files.head import Head, head_of
from xinheng.web.files.looking_back import View, step_of, view_of
from xinheng.web.files.panels import PANELS, Panel

OWN: Final[Mapping[int, str]] = {}  # no fact is another record's


class Line(Struct, frozen=True):
    """What one source says, in words."""

    fact: SeenFact
    value: str
    source: str
    letter: T
    how: T | None
    verified_by: str
    second: str
    entered_by: str
    fresh_until: date
    stale_days: int
    record: str = ""  # the code of the merged record that holds it; "" for the customer's own


class Row(Struct, frozen=True):
    """One field of the block; `first` is the answer, or what is suggested in a conflict."""

    field: Field
    held: Held
    state: T
    tone: str
    first: Line | None
    others: list[Line]
    href: str


class ShownPanel(Struct, frozen=True):
    panel: Panel
    html: SafeString


@require_safe
def block_page(request: HttpRequest, code: str, block: str) -> HttpResponse:
    """The facts of a block and its panels, as they stand or as they were known."""
    found = next((one for one in catalogue().blocks if one.code == block), None)
    if found is None:
        raise Http404("no such block")
    customer = customer_of(request, code)
    step = step_of(request, customer)
    if step is not None:
        return redirect(request.path + step)
    view = view_of(request)
    head = head_of(request, customer, view, block, base_currency())
    context = {
        "customer": customer,
        "head": head,
        "view": view,
        "part": found,
        "rows": rows_of(customer, head, view, found),
        "panels": panels_of(request, customer, view, block),
        "enter": _entry(request, customer, view, block),
    }
    return render(request, "files/block.html", context)


def _entry(request: HttpRequest, customer: Customer, view: View, block: str) -> str:
    """Where a fact of this block is entered; "" for who may not, and while one looks back."""
    if view.back or not request.user.may("facts.enter"):
        return ""
    return f"{reverse('file-enter', args=[customer.code])}?block={block}"


def rows_of(customer: Customer, head: Head, view: View, block: Block) -> list[Row]:
    """The block's fields in the order of the catalogue."""
    fields = catalogue().fields
    mine = [held for held in head.file.fields if fields[held.field].block == block.code]
    names = words.names_of(fact for held in mine for fact in held.facts)
    rows = []
    for held in mine:
        field = fields[held.field]
        lines = [
            line_of(field, fact, names, head.tier, view.seen.day, head.records)
            for fact in held.facts
        ]
        state, tone = words.STATES[held.state]
        if held.state == "absent" and not field.weight:
            tone = "quiet"
        href = reverse("file-field", args=[customer.code, field.code]) + view.query
        first = lines[0] if lines else None
        rows.append(Row(field, held, state, tone, first, lines[1:], href))
    return rows


def line_of(
    field: Field,
    fact: SeenFact,
    names: dict[int, str],
    tier: str,
    day: date,
    records: Mapping[int, str] = OWN,
) -> Line:
    """One source's line; a fact that is fresh until yesterday has been stale for one day."""
    until = due_on(field, fact, tier)
    return Line(
        fact=fact,
        value=words.told(field, fact.value),
        source=words.source(fact.source),
        letter=words.RELIABILITY[fact.reliability],
        how=words.HOW.get(fact.how or ""),
        verified_by=names.get(fact.verified_by or 0, ""),
        second=names.get(fact.second_reviewer or 0, ""),
        entered_by=words.entered_by(fact, names),
        fresh_until=until,
        stale_days=max(0, (day - until).days),
        record=records.get(fact.id, ""),
    )


def panels_of(request: HttpRequest, customer: Customer, view: View, block: str) -> list[ShownPanel]:
    """The panels registered for the block that have something to show."""
    shown = []
    for panel in PANELS:
        if panel.block != block:
            continue
        found: dict[str, Any] | None = panel.read(request, customer, view.seen)
        if found is None:
            continue
        context = {**found, "panel": panel, "customer": customer, "seen": view.seen}
        html = render_to_string(panel.template, context, request=request)
        shown.append(ShownPanel(panel, html))
    return shown
