"""Good lines become the rows that the rooms take: one small function per kind.

Lines that say the same number twice are settled here, before anything is written: word for word
the same counts once (the repeats are "unchanged"), different ones are an error on the later line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from xinheng.connectors.files.fields import FIGURES
from xinheng.connectors.files.rows import Table
from xinheng.credit.money import to_text
from xinheng.customers.rows import CustomerRow
from xinheng.dossiers.balance import complete
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import StatementRow
from xinheng.receivables.rows import InvoiceRow, OrderRow, ReceiptRow
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
        else:
            table.refuse(position, _NUMBER[table.kind], _twice(name, table.lines[first[1]]))
    return built


def _twice(name: Any, line: int) -> T:
    number = name[0] if isinstance(name, tuple) else name
    return T(
        f"{number} 与第 {line} 行重复但内容不同，请只保留一行。",
        f"{number} is on row {line} too, with other contents; keep one of them.",
    )


_KEYS: dict[str, Callable[[Any], Any]] = {
    "customers": lambda row: row.code,
    "invoices": lambda row: row.number,
    "receipts": lambda row: row.number,
    "orders": lambda row: row.number,
    "statements": lambda row: (row.customer_code, row.period_end, row.currency),
}
_NUMBER = {
    **dict.fromkeys(("invoices", "receipts", "orders"), "number"),
    **dict.fromkeys(("customers", "statements"), "customer_code"),
}
Make = Callable[[int], Any]


def _getter(table: Table, name: str, empty: Any) -> Make:
    column = table.columns.get(name)
    return (lambda _: empty) if column is None else column.__getitem__


def _customers(table: Table, simulated: bool) -> Make:
    told = {
        name: _getter(table, name, "")
        for name in ("name", "name_en", "uscc", "country", "city", "industry", "status")
    }
    code, unit = _getter(table, "customer_code", ""), _getter(table, "business_unit", "")
    others = _getter(table, "other_names", "")

    def make(position: int) -> CustomerRow | None:
        number = told["uscc"](position).upper().replace(" ", "")
        if number and not _is_uscc(number):
            table.refuse(position, "uscc", _BAD_USCC)
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


def _is_uscc(number: str) -> bool:
    try:
        uscc.validate(number)
    except ValidationError:
        return False
    return True


_BAD_USCC = T(
    "统一社会信用代码有误（18 位，末位为校验位），请核对。",
    "This is not a valid USCC (18 characters, the last one a check digit).",
)


def _invoices(table: Table, simulated: bool) -> Make:
    number, code = _getter(table, "number", ""), _getter(table, "customer_code", "")
    name, currency = _getter(table, "customer_name", ""), _getter(table, "currency", "")
    amount, issued = _getter(table, "amount", 0), _getter(table, "issued_on", None)
    due, terms = _getter(table, "due_on", None), _getter(table, "terms", "")
    order, settled = _getter(table, "order_number", ""), _getter(table, "settled_on", None)
    disputed = _getter(table, "disputed", False)

    def make(position: int) -> InvoiceRow | None:
        if amount(position) == 0:
            table.refuse(position, "amount", _ZERO)
            return None
        if settled(position) is not None and amount(position) < 0:
            table.refuse(position, "settled_on", _SETTLED_CREDIT)
            return None
        return InvoiceRow(
            number=number(position),
            customer_code=code(position),
            customer_name=name(position),
            currency=currency(position),
            amount_minor=amount(position),
            issued_on=issued(position),
            due_on=due(position),
            terms=terms(position),
            order_number=order(position),
            settled_on=settled(position),
            disputed=disputed(position),
            simulated=simulated,
        )

    return make


_ZERO = T("金额不能为 0。", "The amount must not be zero.")
_SETTLED_CREDIT = T(
    "红字（负数）发票没有结清日期：它自动冲抵该客户的其他发票。",
    "A credit note has no settlement date: it settles the customer's other invoices by itself.",
)
_NOT_POSITIVE = T(
    "收款金额必须大于 0；退款请作为负数发票或从原收款中扣除。",
    "A receipt must be above zero; enter a refund by lowering the receipt it came from.",
)
_NEGATIVE = T("订单金额不能为负。", "An order must not be negative.")
_RESERVED = T(
    "收款单号不能以 settled: 或 credit: 开头（系统保留）。",
    "A receipt number must not begin with settled: or credit: (kept for the system).",
)


def _receipts(table: Table, simulated: bool) -> Make:
    number, code = _getter(table, "number", ""), _getter(table, "customer_code", "")
    name, currency = _getter(table, "customer_name", ""), _getter(table, "currency", "")
    amount, received = _getter(table, "amount", 0), _getter(table, "received_on", None)
    reference, method = _getter(table, "reference", ""), _getter(table, "method", "")

    def make(position: int) -> ReceiptRow | None:
        if amount(position) <= 0:
            table.refuse(position, "amount", _NOT_POSITIVE)
            return None
        if number(position).startswith(("settled:", "credit:")):
            table.refuse(position, "number", _RESERVED)
            return None
        return ReceiptRow(
            number=number(position),
            customer_code=code(position),
            customer_name=name(position),
            currency=currency(position),
            amount_minor=amount(position),
            received_on=received(position),
            reference=reference(position),
            method=method(position),
            simulated=simulated,
        )

    return make


def _orders(table: Table, simulated: bool) -> Make:
    number, code = _getter(table, "number", ""), _getter(table, "customer_code", "")
    name, currency = _getter(table, "customer_name", ""), _getter(table, "currency", "")
    amount, ordered = _getter(table, "amount", 0), _getter(table, "ordered_on", None)
    delivery, state = _getter(table, "delivery_on", None), _getter(table, "state", "")

    def make(position: int) -> OrderRow | None:
        if amount(position) < 0:
            table.refuse(position, "amount", _NEGATIVE)
            return None
        return OrderRow(
            number=number(position),
            customer_code=code(position),
            customer_name=name(position),
            currency=currency(position),
            amount_minor=amount(position),
            ordered_on=ordered(position),
            delivery_on=delivery(position),
            state=state(position) or "open",
            simulated=simulated,
        )

    return make


def _statements(table: Table, simulated: bool) -> Make:
    code, name = _getter(table, "customer_code", ""), _getter(table, "customer_name", "")
    currency, months = _getter(table, "currency", ""), _getter(table, "months", None)
    end = _getter(table, "period_end", None)
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
    "invoices": _invoices,
    "receipts": _receipts,
    "orders": _orders,
    "statements": _statements,
}
