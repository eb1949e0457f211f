"""The behaviour card's newest assessment: its points as a waterfall, and what would change if one
figure were another.

The assessment's own inputs are scored again by the card in force; nothing is written. Example: a
payment index of 72 earns 50 of 64 points; at 60 it would be 38, the total 612 → 600 and the grade
BBB → BB.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.credit import scorecard
from xinheng.credit.scorecard import Card, Characteristic, Input, Score
from xinheng.decisions.models import Assessment
from xinheng.modelling import adopting, expert_reading
from xinheng.policies.queries import live
from xinheng.texts import T
from xinheng.web.decisions.words import ref
from xinheng.web.experts.drawing import plain
from xinheng.web.files.finding import customer_of
from xinheng.web.frame.waterfall import Step, Waterfall, waterfall

NO_NUMBER = T("请填数字，如 60；留空表示不详。", "Write a number such as 60; empty is not known.")
BASE = T("起点", "Start")


class Fall(Struct, frozen=True):
    """One characteristic: what was measured, its band's words, its points and the most."""

    key: str
    name: T
    step: Step
    value: str
    words: T
    points: int
    best: int
    missing: bool
    choices: list[tuple[str, T]]


class WhatIf(Struct, frozen=True):
    name: T
    was: str
    now: str
    words: T
    points_was: int
    points: int
    total_was: int
    total: int
    grade_was: str
    grade: str
    red_lines: int


@require_safe
def card_page(request: HttpRequest, code: str) -> HttpResponse:
    """The newest assessment by the ledger's card; asked ?item=…&value=…, what would be then."""
    customer = customer_of(request, code)
    found = expert_reading.newest_by_card(request.user, customer.pk)
    policy = live("scorecard")
    context: dict[str, Any] = {"customer": customer, "assessment": found}
    if found is None or policy is None:
        return render(request, "experts/behaviour.html", context)
    card = scorecard.load(policy.body)
    what_if, wrong = _what_if(request, card, found)
    if request.htmx and (what_if is not None or wrong is not None):
        told = {"what_if": what_if, "wrong": wrong}
        return render(request, "experts/_what_if_card.html", told)
    rows, fall = _falls(card, found)
    context |= {
        "name": ref(found.card),
        "rows": rows,
        "fall": fall,
        "total": fall.total.minor,
        "most": fall.ceiling.minor if fall.ceiling else 0,
        "reasons": [T(row["zh"], row["en"]) for row in found.reasons],
        "what_if": what_if,
        "wrong": wrong,
        "asked": request.GET,
        "other_card": found.card != f"{card.name} v{card.version}",
    }
    return render(request, "experts/behaviour.html", context)


def _falls(card: Card, found: Assessment) -> tuple[list[Fall], Waterfall]:
    """The rows as they were scored then; the base comes first."""
    known = {one.key: one for one in card.characteristics}
    rows = found.contributions
    total = sum(int(row["points"]) for row in rows)
    base = (found.points - total) if found.points is not None else card.base_points
    best = base + sum(int(row["points"]) + int(row["lost"]) for row in rows)
    steps = [("base", base), *((str(row["key"]), int(row["points"])) for row in rows)]
    fall = waterfall(steps, best)
    first = Fall("", BASE, fall.steps[0], "", BASE, base, base, False, [])
    falls = [
        Fall(
            key=row["key"],
            name=_name(known.get(row["key"]), row["key"]),
            step=step,
            value=_measured(row["value"]),
            words=T(row["zh"], row["en"]),
            points=int(row["points"]),
            best=int(row["points"]) + int(row["lost"]),
            missing=row["value"] is None,
            choices=_choices(known.get(row["key"])),
        )
        for row, step in zip(rows, fall.steps[1:], strict=True)
    ]
    return [first, *falls], fall


def _name(one: Characteristic | None, key: str) -> T:
    return T(one.zh, one.en) if one else T(key, key)


def _choices(one: Characteristic | None) -> list[tuple[str, T]]:
    return [(choice.value, T(choice.zh, choice.en)) for choice in one.values] if one else []


def _measured(value: Any) -> str:
    if value is None:
        return "–"
    try:
        return plain(value)
    except InvalidOperation:
        return str(value)


def _what_if(request: HttpRequest, card: Card, found: Assessment) -> tuple[WhatIf | None, T | None]:
    """One input taken otherwise, both times scored by the card in force."""
    known = {one.key: one for one in card.characteristics}
    one = known.get(request.GET.get("item", ""))
    if one is None or "value" not in request.GET:
        return None, None
    try:
        said = _said(one, request.GET["value"].strip()[:20])
    except (InvalidOperation, ValueError):
        return None, NO_NUMBER
    inputs = adopting.card_inputs(card, found.inputs)
    before = scorecard.score(card, inputs)
    after = scorecard.score(card, {**inputs, one.key: said})
    return _answer(one, before, after), None


def _said(one: Characteristic, text: str) -> Input:
    if not text:
        return None
    if one.values:
        if text not in {choice.value for choice in one.values}:
            raise ValueError(text)
        return text
    number = Decimal(text)
    if not number.is_finite() or abs(number) > 10**9:
        raise ValueError(text)
    return number


def _answer(one: Characteristic, before: Score, after: Score) -> WhatIf:
    was = next(row for row in before.contributions if row.key == one.key)
    now = next(row for row in after.contributions if row.key == one.key)
    return WhatIf(
        name=T(one.zh, one.en),
        was=_measured(was.value),
        now=_measured(now.value),
        words=T(now.zh, now.en),
        points_was=was.points,
        points=now.points,
        total_was=before.total,
        total=after.total,
        grade_was=before.grade or "",
        grade=after.grade or "",
        red_lines=len(after.red_lines),
    )
