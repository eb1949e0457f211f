"""Good lines of rates, holidays and terms become the rows that the almanac takes.

The almanac's own checks say what is wrong, in the words that the page uses too. Example: a bank's
line "EUR, 100, 781.23" gives RateRow(base="EUR", rate=7.8123); nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from xinheng.almanac.checking import check_holiday, check_rate, check_term
from xinheng.almanac.rows import HolidayRow, RateRow, TermRow
from xinheng.connectors.files.almanac_fields import RATE_KIND
from xinheng.connectors.files.rows import Table
from xinheng.refusals import Refused

USUAL_CALENDAR = "CN"
Make = Callable[[int], Any]


def _checked(table: Table, name: str, row: Any, check: Callable[[Any], Refused | None]) -> Make:
    """Rows that pass `check`; a refusal stands beside the line, at the column `name`."""

    def make(position: int) -> Any:
        made = row(position)
        refused = check(made)
        if refused is not None:
            table.refuse(position, name, refused.text)
            return None
        return made

    return make


def _rates(table: Table, simulated: bool) -> Make:
    base, quote = table.getter("base", ""), table.getter("quote", "")
    day, rate = table.getter("day", None), table.getter("rate", None)
    units, kind = table.getter("units", ""), table.getter("kind", "")
    source, confirmed = table.getter("source", ""), table.getter("confirmed", False)

    def row(position: int) -> RateRow:
        told = kind(position).casefold()
        return RateRow(
            base=base(position),
            quote=quote(position),
            day=day(position),
            rate=rate(position) / Decimal(units(position) or 1),
            kind=RATE_KIND.get(told, told) or "mid",
            source=source(position),
            confirmed=confirmed(position),
        )

    return _checked(table, "rate", row, check_rate)


def _holidays(table: Table, simulated: bool) -> Make:
    calendar, day = table.getter("calendar", ""), table.getter("day", None)
    name, name_en = table.getter("name", ""), table.getter("name_en", "")
    working, source = table.getter("working", ""), table.getter("source", "")

    def row(position: int) -> HolidayRow:
        return HolidayRow(
            calendar=calendar(position).upper() or USUAL_CALENDAR,
            day=day(position),
            name=name(position),
            name_en=name_en(position),
            working=working(position) == "worked",
            source=source(position),
        )

    return _checked(table, "day", row, check_holiday)


def _terms(table: Table, simulated: bool) -> Make:
    code, rule = table.getter("code", ""), table.getter("rule", "")
    name, name_en = table.getter("name", ""), table.getter("name_en", "")
    calendar = table.getter("calendar", "")

    def row(position: int) -> TermRow:
        return TermRow(
            code=code(position).upper(),
            rule=rule(position),
            name=name(position),
            name_en=name_en(position),
            calendar=calendar(position).upper(),
        )

    return _checked(table, "rule", row, check_term)


MAKERS: dict[str, Callable[[Table, bool], Make]] = {
    "rates": _rates,
    "holidays": _holidays,
    "terms": _terms,
}
KEYS: dict[str, Callable[[Any], Any]] = {
    "rates": lambda row: (row.kind, row.base, row.quote, row.day),
    "holidays": lambda row: (row.calendar, row.day),
    "terms": lambda row: row.code,
}
