"""Cells become rows of values, column by column, and every row that can't be taken says why.

Columns, not rows, because a column shares its rules: the order of day and month is decided by all
of it, and 100,000 cells of dates are a few hundred different texts. Nothing here asks the
database; what only it can know (whose number is this?) is checked afterwards (checks.py).
Example: a cell "12,50" in 金额 gives the row the error "金额 12,50 无法识别…" and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from xinheng.almanac.queries import OwnTerm
from xinheng.connectors.files import values
from xinheng.connectors.files.field import Field
from xinheng.connectors.files.fields import FIELDS
from xinheng.connectors.files.headers import Layout, Source
from xinheng.connectors.files.read import Sheet
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.connectors.files.values import Unreadable
from xinheng.credit import term
from xinheng.credit.money import MoneyError, to_minor
from xinheng.credit.term import TermError
from xinheng.refusals import Refused
from xinheng.texts import T

DAYS_AHEAD_MAX = 3_653  # ten years
FAR_DAYS_AHEAD_MAX = 36_525  # a hundred years


class RowError(Struct, frozen=True):
    """A row of the file (counted from 1, as a spreadsheet does) and one reason."""

    row: int
    column: str
    reason: T


class Options(Struct, frozen=True, kw_only=True):
    """What a person may say about a file that the file itself does not."""

    default_currency: str = ""
    date_order: str = ""
    today: date
    simulated: bool = False
    terms: Mapping[str, OwnTerm] = {}  # the seller's own, by code in capitals


class Table(Struct):
    """Parsed columns: values by field, one per kept line, and where each line stood."""

    kind: str
    lines: list[int]  # row numbers in the file
    columns: dict[str, list[Any]]
    headers: dict[str, str]
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    bad: set[int] = field(default_factory=set)  # positions in `lines`
    date_orders: dict[str, str] = field(default_factory=dict)
    today: date = date.max
    default_currency: str = ""

    def refuse(self, position: int, name: str, reason: T) -> None:
        """Note why a line can't be taken."""
        self.errors.append(RowError(self.lines[position], self.headers.get(name, name), reason))
        self.bad.add(position)

    def getter(self, name: str, empty: Any) -> Callable[[int], Any]:
        """What a column says at a position; `empty` where the file has no such column."""
        column = self.columns.get(name)
        return (lambda _: empty) if column is None else column.__getitem__

    def value(self, name: str, position: int, other: Any = None) -> Any:
        column = self.columns.get(name)
        return other if column is None else column[position]


def parse(kind: str, sheet: Sheet, layout: Layout, options: Options) -> Table:
    """Every line below the header; blank lines are not lines. Refuses DATE_ORDER_NEEDED, EMPTY."""
    below = sheet.rows[layout.header_row :]
    kept = [
        (number, row)
        for number, row in enumerate(below, layout.header_row + 1)
        if any(cell is not None and cell != "" for cell in row)
    ]
    if not kept:
        raise Refused(FileRefusal.EMPTY)
    table = Table(
        kind=kind,
        lines=[number for number, _ in kept],
        columns={},
        headers={name: source.header for name, source in layout.sources.items()},
        today=options.today,
        default_currency=options.default_currency,
    )
    rows = _squared([row for _, row in kept], len(layout.headers), table)
    orders = _date_orders(kind, rows, layout, options)
    table.date_orders = {layout.sources[n].header: o for n, o in orders.items() if o}
    for wanted in FIELDS[kind]:
        source = layout.sources.get(wanted.name)
        if source is not None:
            cells = [row[source.column] for row in rows]
            order = orders.get(wanted.name, "")
            table.columns[wanted.name] = _column(table, wanted, source, cells, order)
    _minus_days(table, rows, layout)
    _check_dates(table, options.today)
    _complete(table, options)
    return table


def _squared(rows: list[list[Any]], width: int, table: Table) -> list[list[Any]]:
    """Short rows are filled up; a longer one has been torn apart by a delimiter in a value."""
    for position, row in enumerate(rows):
        if len(row) < width:
            rows[position] = [*row, *[""] * (width - len(row))]
        elif any(cell not in ("", None) for cell in row[width:]):
            reason = T(
                f"这一行有 {len(row)} 格，表头只有 {width} 格：含分隔符的内容请加引号。",
                f"This row has {len(row)} cells, the header {width}: quote values that "
                "contain the delimiter.",
            )
            table.refuse(position, "", reason)
    return rows


def _date_orders(
    kind: str, rows: list[list[Any]], layout: Layout, options: Options
) -> dict[str, str]:
    """The order of day and month of every date column that needs one.

    A column that can't tell follows the file's other date columns if those agree; else the person
    is asked. What the person says holds for columns that don't contradict it in every cell.
    """
    says: dict[str, tuple[str, str]] = {}
    for wanted in FIELDS[kind]:
        source = layout.sources.get(wanted.name)
        if wanted.form == "day" and source is not None:
            says[wanted.name] = values.date_order(row[source.column] for row in rows)
    if options.date_order:
        return dict.fromkeys(says, options.date_order)
    told = {order for order, _ in says.values() if order in ("dmy", "mdy")}
    common = told.pop() if len(told) == 1 else ""
    orders: dict[str, str] = {}
    for name, (order, example) in says.items():
        orders[name] = common if order == "ask" else order
        if order == "ask" and not common:
            header = layout.sources[name].header
            raise Refused(FileRefusal.DATE_ORDER_NEEDED, column=header, example=example)
    return orders


def _reader(wanted: Field, source: Source, order: str) -> Callable[[Any], Any]:
    def cut(cell: Any) -> Any:
        found = values.word(cell, wanted.most) or source.empty
        return found.removesuffix(source.strip) if source.strip else found

    def choice(cell: Any) -> str:
        found = values.text(cell)
        if not found:
            return ""
        chosen = wanted.choices.get(found.casefold())
        if chosen is None:
            known = ", ".join(dict.fromkeys(wanted.choices.values()))
            raise Unreadable(f"“{found[:20]}”应为：{known}。", f"{found[:20]} should be: {known}.")
        return chosen

    readers: dict[str, Callable[[Any], Any]] = {
        "text": cut,
        "name": cut,
        "amount": values.amount,
        "currency": lambda cell: values.currency(cell) or source.empty,
        "day": lambda cell: values.day(cell, order),
        "yes": values.yes,
        "rate": values.amount,
        "count": lambda cell: values.count(cell, *wanted.between),
        "choice": choice,
    }
    return readers[wanted.form]


def _column(table: Table, wanted: Field, source: Source, cells: list[Any], order: str) -> list[Any]:
    """One column's values; each different cell is read once."""
    read = _reader(wanted, source, order)
    known: dict[Any, Any] = {}
    found: list[Any] = []
    need = wanted.required
    for position, cell in enumerate(cells):
        # 1, 1.0 and True are equal as keys and different as cells: the type belongs to the key.
        key = cell if isinstance(cell, str) else (type(cell), cell)
        value = known.get(key, known)
        if value is known:
            try:
                value = read(cell)
            except Unreadable as unreadable:
                value = unreadable
            known[key] = value
        if isinstance(value, Unreadable):
            table.refuse(position, wanted.name, value.reason)
            value = None
        elif need and (value is None or value == "") and not _elsewhere(table, wanted):
            table.refuse(position, wanted.name, _empty(wanted))
        found.append(value)
    return found


def _elsewhere(table: Table, wanted: Field) -> bool:
    return any(other in table.headers for other in wanted.unless)


def _empty(wanted: Field) -> T:
    return T(f"“{wanted.label.zh}”不能为空。", f"{wanted.label.en} must not be empty.")


def _minus_days(table: Table, rows: list[list[Any]], layout: Layout) -> None:
    """A profile's "due date less the customer's usual days"; no days, no change."""
    for name, source in layout.sources.items():
        if source.minus_days is None:
            continue
        column = table.columns[name]
        for position, row in enumerate(rows):
            try:
                days = values.count(row[source.minus_days], 0, 1_000)
            except Unreadable as unreadable:
                table.refuse(position, name, unreadable.reason)
                continue
            if days and column[position] is not None:
                column[position] -= timedelta(days=days)


def _check_dates(table: Table, today: date) -> None:
    for wanted in FIELDS[table.kind]:
        if wanted.form != "day":
            continue
        first = values.FAR_FIRST if wanted.far else values.DATE_FIRST
        last = today + timedelta(days=FAR_DAYS_AHEAD_MAX if wanted.far else DAYS_AHEAD_MAX)
        reason = T(
            f"日期应在 {first} 与 {last} 之间，请检查年份。",
            f"A date must lie between {first} and {last}; check the year.",
        )
        for position, found in enumerate(table.columns.get(wanted.name, ())):
            if found is not None and not first <= found <= last:
                table.refuse(position, wanted.name, reason)


def _complete(table: Table, options: Options) -> None:
    """What follows from other columns: currency, minor units, the due date of the terms."""
    names = {wanted.name for wanted in FIELDS[table.kind]}
    for name in names & {"currency", "quote"}:
        _fill_currency(table, name, options.default_currency)
    for wanted in FIELDS[table.kind]:
        if wanted.form == "amount" and wanted.name in table.columns:
            _to_minor(table, wanted)
    if table.kind == "invoices":
        _fill_due(table, options.terms)
        _warn_due_before_issue(table)


def _fill_currency(table: Table, name: str, default: str) -> None:
    column = table.columns.setdefault(name, [""] * len(table.lines))
    if not default and not all(column):
        raise Refused(FileRefusal.CURRENCY_NEEDED)
    for position, currency in enumerate(column):
        if not currency:
            column[position] = default


def _to_minor(table: Table, wanted: Field) -> None:
    currencies = table.columns["currency"]
    column: list[Any] = table.columns[wanted.name]
    for position, amount in enumerate(column):
        if amount is None or position in table.bad:
            continue
        try:
            column[position] = to_minor(amount, currencies[position])
        except MoneyError as error:
            table.refuse(position, wanted.name, T(error.zh, error.en))
    for position in table.bad:
        if isinstance(column[position], Decimal):
            column[position] = None


def _fill_due(table: Table, own: Mapping[str, OwnTerm]) -> None:
    """A due date that is not told follows from the terms: a code of the seller's own first, then a
    rule; a bare number of days counts as net.
    """
    dues = table.columns.setdefault("due_on", [None] * len(table.lines))
    told = table.columns.get("terms", [""] * len(table.lines))
    known: dict[tuple[str, date], Any] = {}
    for position, due in enumerate(dues):
        if position in table.bad:
            continue
        if due is None and not told[position]:
            table.refuse(position, "due_on", _NO_DUE)
            continue
        if told[position]:
            found = own.get(told[position].upper())
            told[position] = found.code if found else net_terms(told[position])
        if due is None:
            try:
                key = (told[position], table.columns["issued_on"][position])
                if key not in known:
                    known[key] = _due_on(own, *key)
                dues[position] = known[key]
            except TermError as error:
                table.refuse(position, "terms", _bad_terms(told[position], error))


def _due_on(own: Mapping[str, OwnTerm], terms: str, issued_on: date) -> date:
    """By the seller's own term (on to a working day where it names a calendar), or by the rule."""
    if terms in own:
        return own[terms].due_on(issued_on)
    return term.due_on(term.parse(terms), issued_on)


_NO_DUE = T(
    "缺少到期日，也没有付款条件可以推算。", "There is no due date and no terms to derive it from."
)


def net_terms(told: str) -> str:
    """ "30", "30天", "net 30" and "30 days" are N30; anything else stays as it was written."""
    bare = told.strip().casefold().replace(" ", "").removesuffix("days").removesuffix("天")
    bare = bare.removeprefix("net").removeprefix("票到").removesuffix(".0").removesuffix("d")
    return f"N{int(bare)}" if bare.isascii() and bare.isdigit() and len(bare) <= 4 else told


def _bad_terms(told: str, error: TermError) -> T:
    return T(
        f"付款条件“{told[:20]}”无法识别：请写 N30、EOM+30、STM25+1M10 等，或先登记自家代码。",
        f"Terms: {error}, or enter your own code under Payment terms first",
    )


def _warn_due_before_issue(table: Table) -> None:
    """Real ledgers have such rows: they are taken, and said."""
    reason = T("到期日早于开票日期，已照原样导入。", "Due before it was issued; taken as it is.")
    header = table.headers.get("due_on", "due_on")
    issued, due = table.columns["issued_on"], table.columns["due_on"]
    for position, line in enumerate(table.lines):
        if position not in table.bad and due[position] < issued[position]:
            table.warnings.append(RowError(line, header, reason))
