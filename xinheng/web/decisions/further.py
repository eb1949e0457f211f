"""What only some decisions have: limits above the line, rates, another currency, a check point that
is not the order's own, and how it was judged again later.

Everything is of that moment, as it was kept, but the rechecks, which came after. Example: an order
of 10,000.00 EUR counts as 78,123.00 CNY at 7.8123 of 20 November, within the group's 5,000,000.00.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xinheng.credit.decide import Facts, Level, Order, ceiling_of
from xinheng.credit.way_text import level_words
from xinheng.decisions.models import Decision, Recheck
from xinheng.decisions.queries import DecisionView
from xinheng.texts import T
from xinheng.web.decisions import words

RECHECKS_MAX = 20


@dataclass(frozen=True)
class LevelRow:
    """A limit above the line, with this order."""

    title: T
    currency: str
    used: int
    after: int
    ceiling: int | None

    @property
    def over(self) -> bool:
        return self.ceiling is not None and self.after > self.ceiling


@dataclass(frozen=True)
class RateRow:
    """What one unit was worth, on which day, and how the rate came about."""

    pair: str
    rate: str
    day: str
    via: str


@dataclass(frozen=True)
class Again:
    """Judged again: when, why, how it ended, and what still stood against it."""

    at: datetime
    cause: T
    outcome: str
    codes: list[T]
    released: bool


@dataclass(frozen=True)
class Further:
    """All of it; `point` None: the order's own check."""

    point: T | None
    document: str
    asked: tuple[int, str] | None  # in the order's own currency, where it was converted
    counts: tuple[int, str]
    fulfilled: int
    levels: list[LevelRow]
    rates: list[RateRow]
    rechecks: list[Again]


def read(view: DecisionView) -> Further:
    row, order = view.decision, view.order
    return Further(
        point=words.POINTS.get(row.point),
        document=row.document,
        asked=_asked(order),
        counts=(order.amount_minor, order.currency),
        fulfilled=order.fulfilled_minor,
        levels=[level_row(level) for level in view.facts.levels],
        rates=_rates(view.facts),
        rechecks=_rechecks(row),
    )


def _asked(order: Order) -> tuple[int, str] | None:
    if order.asked_minor is None or order.asked_currency is None:
        return None
    return order.asked_minor, order.asked_currency


def level_row(level: Level) -> LevelRow:
    return LevelRow(
        level_title(f"{level.kind}:{level.name}"),
        level.currency,
        level.used_minor,
        level.used_minor + level.adds_minor,
        ceiling_of(level.limit),
    )


def level_title(key: str) -> T:
    named = level_words(key)
    return T(named["zh"], named["en"])


def _rates(facts: Facts) -> list[RateRow]:
    return [
        RateRow(f"{rate.base}/{rate.quote}", rate.rate.rstrip("0").rstrip("."), rate.day, rate.via)
        for rate in facts.rates
    ]


def _rechecks(decision: Decision) -> list[Again]:
    rows: Any = Recheck.objects.filter(decision=decision).order_by("-at")[:RECHECKS_MAX]
    return [
        Again(
            row.at,
            words.CAUSES.get(row.cause, T(row.cause, row.cause)),
            row.outcome,
            [words.CODES.get(code, T(code, code)) for code in row.codes.split(",") if code],
            row.released,
        )
        for row in rows
    ]
