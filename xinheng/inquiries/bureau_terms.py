"""What each bureau sells, what it costs, for how long it is good, and how its grade reads in ours.

All of it is data (bureaus_v1.json): prices and days are what your contract says. A grade is mapped
by a table with a version, and what a table does not know is not rated, never guessed. Example: a
Creditsafe B is BBB here, its E is "not rated" and maps to nothing; a D&B "5A2" is read by its last
sign, 2, and is BBB. A report of 2026-11-22 that is good for 90 days is kept through 2027-02-20 and
bought again from the 21st.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from xinheng.credit.money import to_minor
from xinheng.texts import T

_FILE = Path(__file__).with_name("bureaus_v1.json")
SOLE_TRADER = "92"  # how the code of an individual business (个体工商户) begins


class Product(Struct, frozen=True):
    code: str
    name: T
    cost_minor: int
    currency: str
    good_for_days: int

    def valid_until(self, reported_on: date) -> date:
        """The last day on which the report need not be bought again."""
        return reported_on + timedelta(days=self.good_for_days)


class Mapped(Struct, frozen=True):
    """A bureau's grade in our scale; `pd` is the twelve-month range that the table stands on."""

    grade: str
    pd: str


class GradeTable(Struct, frozen=True):
    """A table from a bureau's grades to ours. `by`: the whole grade, or the last sign of it."""

    by: str  # grade | last_of_grade
    pattern: str
    note: T
    rows: Mapping[str, Mapped]

    def read(self, grade: str) -> Mapped | None:
        """Our grade; None where the bureau did not rate, or says what the table does not know."""
        if not re.fullmatch(self.pattern, grade):
            return None
        found = self.rows.get(grade[-1] if self.by == "last_of_grade" else grade)
        return found if found and found.grade else None


class BureauTerms(Struct, frozen=True):
    code: str
    name: T
    register: bool  # it republishes the public register of companies
    base_url: str
    retention_days: int
    grade_stays: bool  # whether grade and score may stay when the report itself has ended
    products: Mapping[str, Product]
    mapping: GradeTable | None
    unrated: T


class Terms(Struct, frozen=True):
    version: int
    bureaus: Mapping[str, BureauTerms]
    purposes: Mapping[str, T]
    budget: Mapping[str, int]  # currency → minor units in a month
    warn_percent: int


@cache
def terms() -> Terms:
    """The terms as they ship; their order is the order of the page."""
    told = json.loads(_FILE.read_text(encoding="utf-8"))
    month = told["budget"]["month"]
    return Terms(
        told["version"],
        {row["code"]: _bureau(row) for row in told["bureaus"]},
        {row["code"]: _name(row) for row in told["purposes"]},
        {currency: to_minor(amount, currency) for currency, amount in month.items()},
        told["budget"]["warn_percent"],
    )


def mapped(bureau: str, grade: str) -> Mapped | None:
    """A bureau's grade in our scale, by the table of today's version."""
    table = terms().bureaus[bureau].mapping
    return table.read(grade.strip()) if table and grade else None


def needs_consent(uscc: str) -> bool:
    """Behind the code of an individual business stands a person: asking needs their consent."""
    return uscc.strip().upper().startswith(SOLE_TRADER)


def _name(row: dict[str, Any]) -> T:
    return T(row["zh"], row["en"])


def _bureau(row: dict[str, Any]) -> BureauTerms:
    return BureauTerms(
        row["code"],
        _name(row),
        row["register"],
        row["base_url"],
        row["retention_days"],
        row["grade_stays"],
        {one["code"]: _product(one) for one in row["products"]},
        _mapping(row["mapping"]) if row["mapping"] else None,
        _name(row["unrated"]),
    )


def _product(row: dict[str, Any]) -> Product:
    currency = row["currency"]
    cost = to_minor(row["cost"], currency)
    return Product(row["code"], _name(row), cost, currency, row["good_for_days"])


def _mapping(told: dict[str, Any]) -> GradeTable:
    rows = {row["from"]: Mapped(row["to"], row["pd"]) for row in told["rows"]}
    return GradeTable(told["by"], told["pattern"], _name(told["note"]), rows)
