"""Good lines become the rows that the rooms take: one small function per kind.

Lines that say the same number twice are settled here, before anything is written: word for word
the same counts once (the repeats are "unchanged"), of two revisions the newer one counts, and
different ones without revisions are an error on the later line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from xinheng.connectors.files import (
    almanac_rows,
    application_rows,
    document_rows,
    fact_rows,
    statement_rows,
)
from xinheng.connectors.files.fields import FIGURES
from xinheng.connectors.files.rows import RowError, Table
from xinheng.credit.identity import WARN, check_uscc
from xinheng.credit.money import to_text
from xinheng.customers.rows import CustomerRow
from xinheng.dossiers.balance import complete
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import StatementRow
from xinheng.texts import T

UNBALANCED: T = DossierRefusal.UNBALANCED.value
OTHER_NAMES_MAX = 20
NAME_MAX = 200


class Built(Struct):
    """Rows ready to be recorded, the position of each in the table, and how many only repeated."""

    rows: list[Any]
    positions: list[int]
    repeated: int = 0


def build(table: Table, *, simulated: bool) -> Built:
    """The good lines of a table as rows; what is wrong is noted in the table."""
    make = _MAKERS[table.kind](table, simulated)
    key = _KEYS[table.kind]
    built = Built([], [])
    seen: dict[Any, tuple[Any, int]] = {}
    for position in range(len(table.lines)):
        if position in table.bad:
            continue
        row = make(position)
        if row is None:
            continue
        name = key(row)
        first = seen.setdefault(name, (row, position))
        if first[1] == position:
            built.rows.append(row)
            built.positions.append(position)
        elif first[0] == row:
            built.repeated += 1
        elif _revision(row) != _revision(first[0]):
            _keep_newer(built, seen, name, row, position)
        else:
            table.refuse(position, _NUMBER[table.kind], _twice(name, table.lines[first[1]]))
    return built


def _revision(row: Any) -> int:
    return int(getattr(row, "revision", 0))


def _keep_newer(built: Built, seen: dict[Any, Any], name: Any, row: Any, position: int) -> None:
    """Two versions of one document in one file: the one with the higher revision is true."""
    first, before = seen[name]
    built.repeated += 1
    if _revision(row) > _revision(first):
        place = built.positions.index(before)
        built.rows[place], built.positions[place] = row, position
        seen[name] = (row, position)


def _twice(name: Any, line: int) -> T:
    number = " ".join(map(str, name)) if isinstance(name, tuple) else name
    return T(
        f"{number} 与第 {line} 行重复但内容不同，请只保留一行。",
        f"{number} is on row {line} too, with other contents; keep one of them.",
    )


def _number(row: Any) -> Any:
    return row.number


_KEYS: dict[str, Callable[[Any], Any]] = {
    "customers": lambda row: row.code,
    "statements": lambda row: (row.customer_code, row.period_end, row.currency),
    **dict.fromkeys(document_rows.MAKERS, _number),
    **almanac_rows.KEYS,
    **fact_rows.KEYS,
    **application_rows.KEYS,
    **statement_rows.KEYS,
}
_NUMBER = {
    **dict.fromkeys(document_rows.MAKERS, "number"),
    **dict.fromkeys(("customers", "statements", "opening_balances"), "customer_code"),
    "applications": "customer_code",
    **dict.fromkeys(("rates", "holidays"), "day"),
    "terms": "code",
    "facts": "value",
    **dict.fromkeys(statement_rows.MAKERS, "customer_code"),
}
Make = Callable[[int], Any]


def _customers(table: Table, simulated: bool) -> Make:
    told = {
        name: table.getter(name, "")
        for name in ("name", "name_en", "uscc", "country", "city", "industry", "status")
    }
    code, unit = table.getter("customer_code", ""), table.getter("business_unit", "")
    others = table.getter("other_names", "")

    def make(position: int) -> CustomerRow | None:
        number = told["uscc"](position).strip()
        if number:
            number = _uscc(table, position, number)
            if not number:
                return None
        values = {name: get(position) for name, get in told.items()} | {"uscc": number}
        names = (name.strip()[:NAME_MAX] for name in others(position).replace("；", ";").split(";"))
        return CustomerRow(
            code=code(position),
            business_unit_code=unit(position),
            other_names=tuple(filter(None, names))[:OTHER_NAMES_MAX],
            simulated=simulated,
            **values,
        )

    return make


def _uscc(table: Table, position: int, written: str) -> str:
    """The code as it is kept; what is only odd is a warning, what is wrong refuses the line."""
    checked = check_uscc(written)
    if checked.usable:
        if checked.verdict == WARN and checked.reason:
            header = table.headers.get("uscc", "uscc")
            table.warnings.append(
                RowError(table.lines[position], header, T(**checked.reason.both()))
            )
        return checked.value
    if checked.reason:
        table.refuse(position, "uscc", T(**checked.reason.both()))
    return ""


def _statements(table: Table, simulated: bool) -> Make:
    code, name = table.getter("customer_code", ""), table.getter("customer_name", "")
    currency, months = table.getter("currency", ""), table.getter("months", None)
    end = table.getter("period_end", None)
    figures = [f.name for f in FIGURES if f.name in table.columns]

    def make(position: int) -> StatementRow | None:
        told = {figure: table.columns[figure][position] for figure in figures}
        told = {figure: value for figure, value in told.items() if value is not None}
        done = complete(told)
        if done is not None and done.difference_minor:
            off = to_text(done.difference_minor, currency(position))
            told_off = {"customer": code(position), "period_end": end(position)}
            reason = UNBALANCED.format(**told_off, difference=off, currency=currency(position))
            table.refuse(position, "total_assets", reason)
            return None
        return StatementRow(
            customer_code=code(position),
            customer_name=name(position),
            period_end=end(position),
            months=months(position) or 12,
            currency=currency(position),
            figures=told,
            simulated=simulated,
        )

    return make


_MAKERS: dict[str, Callable[[Table, bool], Make]] = {
    "customers": _customers,
    "statements": _statements,
    **document_rows.MAKERS,
    **almanac_rows.MAKERS,
    **fact_rows.MAKERS,
    **application_rows.MAKERS,
    **statement_rows.MAKERS,
}
