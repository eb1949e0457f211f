"""Good lines of documents become the rows that receivables takes: one small function per kind.

A column that the file does not have is NOT_TOLD and leaves what is stored as it is; an empty cell
in a column that is there tells "none". Example: a file of credit notes says 500.00 or -500.00, and
both are an invoice of -500.00.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from xinheng.connectors.files.rows import Table
from xinheng.receivables.rows import (
    NOT_TOLD,
    BillRow,
    DeliveryRow,
    GuaranteeRow,
    InvoiceRow,
    OrderRow,
    ReceiptRow,
)
from xinheng.texts import T

OPENING = "opening:"
OPENING_CODE_MAX = 57  # an invoice number has 80 characters, "opening::CNY:2026-12-31" takes 23
RESERVED = ("settled:", "credit:", "bill:")
SCOPE = re.compile(r"(?:unit|product|project):\S(?:.*\S)?")
Make = Callable[[int], Any]
Told = dict[str, Make]

_ZERO = T("金额不能为 0。", "The amount must not be zero.")
_SETTLED_CREDIT = T(
    "红字（负数）发票没有结清日期：它自动冲抵该客户的其他发票。",
    "A credit note has no settlement date: it settles the customer's other invoices by itself.",
)
_CREDITS_POSITIVE = T(
    "只有负数（红字）发票才能冲红另一张发票。", "Only a negative invoice credits another one."
)
_NOT_POSITIVE = T(
    "收款金额必须大于 0；退款请作为负数发票或从原收款中扣除。",
    "A receipt must be above zero; enter a refund by lowering the receipt it came from.",
)
_ABOVE_ZERO = T("金额必须大于 0。", "The amount must be above zero.")
_NEGATIVE = T("订单金额不能为负。", "An order must not be negative.")
_RESERVED = T(
    "收款单号不能以 settled:、credit:、bill: 或 opening: 开头（系统保留）。",
    "A receipt number must not begin with settled:, credit:, bill: or opening: (kept for the "
    "system).",
)
_BAD_SCOPE = T(
    "额度范围应写成 unit:代码、product:代码 或 project:代码。",
    "The scope should be unit:CODE, product:CODE or project:CODE.",
)
_DUE_BEFORE = T("到期日早于收票日期。", "Due before it was received.")
_ENDS_BEFORE = T("有效期早于开立日期。", "Valid until a day before it was issued.")
_CODE_LONG = T(
    f"期初余额的客户编码最多 {OPENING_CODE_MAX} 个字符。",
    f"For opening balances a customer code has at most {OPENING_CODE_MAX} characters.",
)


def _always(table: Table, *names: str) -> Told:
    """Columns that every document has, and those of `names`: never None in a good line."""
    told = {
        "number": table.getter("number", ""),
        "customer_code": table.getter("customer_code", ""),
        "customer_name": table.getter("customer_name", ""),
        "currency": table.getter("currency", ""),
        "amount_minor": table.getter("amount", 0),
    }
    return told | {name: table.getter(name, None) for name in names}


def _perhaps(table: Table, *names: str) -> Told:
    """Columns that a file need not have."""
    found = {name: table.getter(name, NOT_TOLD) for name in names if name in table.columns}
    if "revision" in table.columns:
        revision = table.getter("revision", 0)
        found["revision"] = lambda position: revision(position) or 0
    return found


def _state(table: Table, name: str, usual: str) -> Told:
    """A state that is not told, or an empty cell, is the usual one."""
    get = table.getter(name, "")
    return {name: lambda position: get(position) or usual}


Fault = tuple[str, T] | None


def _checked(
    table: Table,
    row: type[Any],
    told: Told,
    simulated: bool,
    fault: Callable[[dict[str, Any]], Fault],
) -> Make:
    """Makes a row of each position, unless `fault` names a column and a reason against it."""
    getters, scoped = list(told.items()), "scope" in told

    def make(position: int) -> Any:
        values = {name: get(position) for name, get in getters}
        found = fault(values) or (_scope_fault(values) if scoped else None)
        if found is not None:
            table.refuse(position, *found)
            return None
        return row(simulated=simulated, **values)

    return make


def _scope_fault(values: dict[str, Any]) -> Fault:
    scope = values["scope"]
    return ("scope", _BAD_SCOPE) if scope and not SCOPE.fullmatch(scope) else None


def _not_zero(values: dict[str, Any]) -> Fault:
    return ("amount", _ZERO) if values["amount_minor"] == 0 else None


def _orders(table: Table, simulated: bool) -> Make:
    told = _always(table, "ordered_on") | _perhaps(table, "delivery_on", "scope")

    def fault(values: dict[str, Any]) -> Fault:
        return ("amount", _NEGATIVE) if values["amount_minor"] < 0 else None

    return _checked(table, OrderRow, told | _state(table, "state", "open"), simulated, fault)


def _deliveries(table: Table, simulated: bool) -> Make:
    told = _always(table, "delivered_on") | _perhaps(table, "order_number", "scope")
    told |= _state(table, "state", "posted")
    return _checked(table, DeliveryRow, told, simulated, _not_zero)


def _invoices(table: Table, simulated: bool) -> Make:
    told = _always(table, "issued_on", "due_on")
    told |= _perhaps(
        table,
        *("terms", "order_number", "credits", "scope", "settled_on", "disputed"),
        "dispute_accepted_on",
    )

    def fault(values: dict[str, Any]) -> Fault:
        if values["amount_minor"] == 0:
            return "amount", _ZERO
        if values["amount_minor"] < 0 and values.get("settled_on"):
            return "settled_on", _SETTLED_CREDIT
        if values["amount_minor"] > 0 and values.get("credits"):
            return "credits", _CREDITS_POSITIVE
        return None

    return _checked(table, InvoiceRow, told, simulated, fault)


def _credit_notes(table: Table, simulated: bool) -> Make:
    """Whichever sign the file writes, the amount is a credit; it is due on its own day."""
    told = _always(table, "issued_on") | _perhaps(table, "credits", "order_number", "scope")
    amount = told["amount_minor"]
    told["amount_minor"] = lambda position: -abs(amount(position))
    told["due_on"] = told["issued_on"]
    return _checked(table, InvoiceRow, told, simulated, _not_zero)


def _receipts(table: Table, simulated: bool) -> Make:
    told = _always(table, "received_on")
    told |= _perhaps(table, "reference", "method", "prepayment", "confirmed")

    def fault(values: dict[str, Any]) -> Fault:
        if values["amount_minor"] <= 0:
            return "amount", _NOT_POSITIVE
        reserved = values["number"].startswith((*RESERVED, OPENING))
        return ("number", _RESERVED) if reserved else None

    return _checked(table, ReceiptRow, told, simulated, fault)


def _bills(table: Table, simulated: bool) -> Make:
    told = _always(table, "received_on", "due_on")
    told |= _perhaps(table, "state_on", "recourse_until", "reference", "acceptor")
    told |= _state(table, "kind", "commercial") | _state(table, "state", "held")

    def fault(values: dict[str, Any]) -> Fault:
        if values["amount_minor"] <= 0:
            return "amount", _ABOVE_ZERO
        return ("due_on", _DUE_BEFORE) if values["due_on"] < values["received_on"] else None

    return _checked(table, BillRow, told, simulated, fault)


def _guarantees(table: Table, simulated: bool) -> Make:
    told = _always(table, "issued_on") | _perhaps(table, "valid_until", "beneficiary")

    def fault(values: dict[str, Any]) -> Fault:
        if values["amount_minor"] <= 0:
            return "amount", _ABOVE_ZERO
        until = values.get("valid_until")
        return ("valid_until", _ENDS_BEFORE) if until and until < values["issued_on"] else None

    return _checked(table, GuaranteeRow, told | _state(table, "state", "open"), simulated, fault)


def opening_number(code: str, currency: str, due_on: date) -> str:
    """The number that an opening balance goes by: opening:C-1001:CNY:2026-12-31."""
    return f"{OPENING}{code}:{currency}:{due_on}"


def _opening_balances(table: Table, simulated: bool) -> Make:
    """A lump sum per customer, currency and day: what is owed becomes an open item, what was paid
    ahead becomes cash that is not applied yet.
    """
    told = _always(table, "due_on")
    as_of = table.getter("as_of", None)

    def make(position: int) -> InvoiceRow | ReceiptRow | None:
        values = {name: get(position) for name, get in told.items()}
        due, amount = values.pop("due_on"), values["amount_minor"]
        if amount == 0 or len(values["customer_code"]) > OPENING_CODE_MAX:
            name, reason = ("amount", _ZERO) if amount == 0 else ("customer_code", _CODE_LONG)
            table.refuse(position, name, reason)
            return None
        values["number"] = opening_number(values["customer_code"], values["currency"], due)
        begun = as_of(position) or due
        if amount > 0:
            return InvoiceRow(issued_on=begun, due_on=due, simulated=simulated, **values)
        values["amount_minor"] = -amount
        return ReceiptRow(received_on=begun, simulated=simulated, **values)

    return make


MAKERS: dict[str, Callable[[Table, bool], Make]] = {
    "orders": _orders,
    "deliveries": _deliveries,
    "invoices": _invoices,
    "credit_notes": _credit_notes,
    "receipts": _receipts,
    "bills": _bills,
    "guarantees": _guarantees,
    "opening_balances": _opening_balances,
}
