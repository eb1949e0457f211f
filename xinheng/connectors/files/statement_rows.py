"""Lines of a file become statements of a standard; what does not add up is said at its own cell.

A statement of many lines is gathered first and stands at its first line; if one of its lines can't
be taken, none of them is, and each says why. Example: 流动资产合计 500.00 over lines of 499.99
marks the row of 流动资产合计 with both sums and 0.01 CNY.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from xinheng.connectors.files.rows import Table
from xinheng.connectors.files.statement_fields import LONG, WIDE, lines_of
from xinheng.credit.money import MoneyError, to_minor
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_checks import check
from xinheng.dossiers.statement_templates import find_line, template_for
from xinheng.texts import T

Make = Callable[[int], Any]
Key = tuple[str, Any, str, bool]


def _wide(table: Table, simulated: bool) -> Make:
    standard = WIDE[table.kind]
    codes = [one.code for one in lines_of(standard) if one.code in table.columns]

    def make(position: int) -> StatementRow | None:
        told: dict[str, int] = {}
        for code in codes:
            minor = _minor(table, code, position)
            if minor is not None:
                told[code] = minor
        if position in table.bad:
            return None
        places = dict.fromkeys(codes, position)
        return _statement(table, standard, position, told, places, simulated)

    return make


def _long(table: Table, simulated: bool) -> Make:
    standard = LONG[table.kind]
    groups: dict[Key, list[int]] = {}
    key = _key_at(table)
    for position in range(len(table.lines)):
        groups.setdefault(key(position), []).append(position)
    made: dict[int, StatementRow] = {}
    for positions in groups.values():
        row = _gathered(table, standard, positions, simulated)
        if row is not None:
            made[positions[0]] = row
    return made.get


def _gathered(
    table: Table, standard: str, positions: list[int], simulated: bool
) -> StatementRow | None:
    told: dict[str, int] = {}
    places: dict[str, int] = {}
    for position in positions:
        if position in table.bad:
            continue
        code = _code(table, standard, position, places)
        minor = _minor(table, "line_amount", position) if code else None
        if code and minor is not None:
            told[code], places[code] = minor, position
    row = None
    if not table.bad.intersection(positions):
        row = _statement(table, standard, positions[0], told, places, simulated)
    if row is None:
        for position in positions:
            if position not in table.bad:
                table.refuse(position, "line", _NEIGHBOUR)
    return row


def _code(table: Table, standard: str, position: int, places: Mapping[str, int]) -> str | None:
    """The line's code; None where it is not known, or told before."""
    written = table.columns["line"][position]
    code = find_line(standard, written)
    if code is None:
        table.refuse(position, "line", _UNKNOWN.format(line=str(written)[:40].replace("{", "")))
    elif code in places and table.value("line_amount", position) is not None:
        table.refuse(position, "line", _TWICE.format(line=table.lines[places[code]]))
        return None
    return code


def _minor(table: Table, name: str, position: int) -> int | None:
    """The cell in minor units, by the row's unit."""
    value: Decimal | None = table.value(name, position)
    if value is None or position in table.bad:
        return None
    try:
        times = int(table.value("times", position) or 1)
        return to_minor(value * times, table.columns["currency"][position])
    except MoneyError as error:
        table.refuse(position, name, T(error.zh, error.en))
        return None


def _statement(
    table: Table,
    standard: str,
    position: int,
    told: dict[str, int],
    places: Mapping[str, int],
    simulated: bool,
) -> StatementRow | None:
    """The row, if it adds up; each fault at the cell of its line, or at the first."""
    currency = table.columns["currency"][position]
    form = template_for(standard, told)
    strange = [code for code in told if code not in form.by_code]
    for code in strange:
        table.refuse(places[code], _column(table, code), _MIXED)
    done = check(form, told, currency)
    for fault in done.faults:
        table.refuse(places.get(fault.line, position), _column(table, fault.line), fault.text)
    if done.missing and not done.faults:
        names = [form.by_code[code].name for code in done.missing]
        zh, en = "、".join(one.zh for one in names), ", ".join(one.en for one in names)
        table.refuse(position, _column(table, ""), T(f"缺少：{zh}。", f"Missing: {en}."))
    if strange or not done.holds:
        return None
    return StatementRow(
        customer_code=table.value("customer_code", position, ""),
        customer_name=table.value("customer_name", position, ""),
        period_end=table.value("period_end", position),
        months=table.value("months", position) or 12,
        currency=currency,
        standard=standard,
        lines=told,
        consolidated=bool(table.value("consolidated", position)),
        audit_opinion=table.value("audit_opinion", position) or "",
        auditor=table.value("auditor", position) or "",
        simulated=simulated,
    )


def _column(table: Table, code: str) -> str:
    """The column that a fault stands in: the line's own, or the one that names lines."""
    return "line_amount" if table.kind in LONG else code if code in table.columns else "period_end"


def _key_at(table: Table) -> Callable[[int], Key]:
    code, end = table.getter("customer_code", ""), table.getter("period_end", None)
    currency, scope = table.getter("currency", ""), table.getter("consolidated", None)
    return lambda place: (code(place), end(place), currency(place), bool(scope(place)))


_UNKNOWN: Final = T(
    "项目“{line}”不在模板里，请用模板的名称或代码。",
    "The template has no line “{line}”: use its names or codes.",
)
_TWICE: Final = T(
    "这一项目在第 {line} 行已经有了，请只保留一行。",
    "Row {line} tells this line already: keep one.",
)
_NEIGHBOUR: Final = T(
    "同一份报表的其他行有误，整份未导入。",
    "Other rows of this statement are wrong, so none of it is taken.",
)
_MIXED: Final = T(
    "利润表不能同时按功能和按性质列示，请只用一种。",
    "An income statement is by function or by nature, not both: use one.",
)
MAKERS: Final[dict[str, Callable[[Table, bool], Make]]] = {
    **dict.fromkeys(WIDE, _wide),
    **dict.fromkeys(LONG, _long),
}
KEYS: Final[dict[str, Callable[[Any], Any]]] = {
    kind: lambda row: (row.customer_code, row.period_end, row.currency, row.consolidated)
    for kind in MAKERS
}
