"""What the demonstration book is made of: buyers with a habit, sales, payments, accounts,
rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Habit(NamedTuple):
    """Of 100 buyers so many pay so many days after the due date, give or take `spread`.

    `part_pct` is what a first payment covers. `worse_days`: in the last 220 days the delay grows up
    to this.
    """

    name: str
    of_100: int
    days: int
    spread: int
    part_pct: int = 100
    worse_days: int = 0


@dataclass(frozen=True)
class Buyer:
    code: str
    name: str
    name_en: str
    uscc: str
    country: str
    city: str
    industry: str
    status: str
    unit: str
    currency: str
    terms: str
    habit: Habit


@dataclass(frozen=True)
class Sale:
    """An order and, once delivered, its invoice; a negative amount is a credit note."""

    number: str
    buyer: Buyer
    ordered_on: date
    invoiced_on: date | None
    amount_minor: int
    due_on: date | None
    disputed: bool = False


@dataclass(frozen=True)
class Payment:
    number: str
    buyer: Buyer
    received_on: date
    amount_minor: int
    reference: str


@dataclass(frozen=True)
class Accounts:
    """A real firm-year, dated to the last full year."""

    buyer: Buyer
    period_end: date
    source: str
    figures: dict[str, Decimal]


@dataclass(frozen=True)
class Sheet:
    """A simulated year in the lines of CAS, in fen."""

    buyer: Buyer
    period_end: date
    lines: dict[str, int]
    opinion: str
    auditor: str


class Quote(NamedTuple):
    """A simulated exchange rate: one unit of `base` in `quote` on a day."""

    base: str
    quote: str
    day: date
    rate: Decimal


@dataclass
class Book:
    until: date
    buyers: list[Buyer] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    accounts: list[Accounts] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
