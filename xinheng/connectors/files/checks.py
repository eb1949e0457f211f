"""What only the database can say about a line: whose number it is, whether its customer is known.

Checked before anything is written, with one query a question, so that the person reads a reason
beside the row instead of a refusal of the whole file.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import connection

from xinheng.almanac.checking import jumped
from xinheng.almanac.queries import jumps
from xinheng.connectors.files.application_checks import check_applications
from xinheng.connectors.files.build import Built
from xinheng.connectors.files.fact_checks import check_facts
from xinheng.connectors.files.rows import Table
from xinheng.connectors.files.statement_rows import MAKERS as STATEMENTS
from xinheng.customers.models import Customer
from xinheng.people.actor import Actor
from xinheng.people.models import BusinessUnit
from xinheng.receivables.models import Bill, Delivery, Guarantee, Invoice, Order, Receipt
from xinheng.receivables.rows import InvoiceRow
from xinheng.texts import T

_MODELS: dict[str, Any] = {
    "orders": Order,
    "deliveries": Delivery,
    "invoices": Invoice,
    "credit_notes": Invoice,
    "receipts": Receipt,
    "bills": Bill,
    "guarantees": Guarantee,
}
# Money and papers of somebody unknown are more often a mistyped code than a new customer.
_NEED_CUSTOMER = ("receipts", "credit_notes", "bills", "guarantees", "statements", *STATEMENTS)


def check(table: Table, built: Built, actor: Actor) -> Built:
    """The rows that may be recorded; the others are noted in the table."""
    bad: set[int] = set()
    if table.kind == "customers":
        bad = _units(table, built)
    elif table.kind == "rates":
        bad = _jumping(table, built)
    elif table.kind == "facts":
        bad = check_facts(table, built, actor)
    elif table.kind == "applications":
        bad = check_applications(table, built, actor)
    elif table.kind == "opening_balances":
        bad = _turned(table, built)
    elif table.kind in _MODELS:
        bad = _taken(table, built)
    if table.kind == "credit_notes":
        bad |= _invoices_already(table, built)
    if table.kind in _NEED_CUSTOMER:
        bad |= _unknown(table, built)
    if not bad:
        return built
    kept = [(r, p) for r, p in zip(built.rows, built.positions, strict=True) if p not in bad]
    return Built([r for r, _ in kept], [p for _, p in kept], built.repeated)


def _units(table: Table, built: Built) -> set[int]:
    asked = {row.business_unit_code for row in built.rows if row.business_unit_code}
    known = set(BusinessUnit.objects.filter(code__in=asked).values_list("code", flat=True))
    bad = set()
    for row, position in zip(built.rows, built.positions, strict=True):
        code = row.business_unit_code
        if code and code not in known:
            reason = T(
                f"没有业务单元“{code}”，请先建立或改正编号。",
                f"There is no business unit {code}; create it or correct the code.",
            )
            table.refuse(position, "business_unit", reason)
            bad.add(position)
    return bad


def _taken(table: Table, built: Built) -> set[int]:
    """Lines whose number belongs to another customer, or to the same in another currency.

    The numbers travel as one JSON text: 100,000 of them as an array cost half a second of quoting.
    """
    document = _MODELS[table.kind]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"select d.number, c.code, d.currency from {document} d"
            " join customers_customer c on c.id = d.customer_id"
            " where d.number in (select json_array_elements_text(%s::json))",
            [msgspec.json.encode([row.number for row in built.rows]).decode()],
        )
        owners = {number: (code, currency) for number, code, currency in cursor.fetchall()}
    bad = set()
    for row, position in zip(built.rows, built.positions, strict=True):
        owner = owners.get(row.number)
        if owner is None or owner == (row.customer_code, row.currency):
            continue
        table.refuse(position, "number", _owned(row.number, *owner))
        bad.add(position)
    return bad


def _owned(number: str, code: str, currency: str) -> T:
    return T(
        f"编号 {number} 已属于客户 {code}（{currency}），请核对编号、客户和币种。",
        f"Number {number} belongs to customer {code} in {currency}; check number, customer "
        "and currency.",
    )


def _invoices_already(table: Table, built: Built) -> set[int]:
    """Credit notes under the number of a positive invoice: importing them would turn it round."""
    numbers = [row.number for row in built.rows]
    taken = Invoice.objects.filter(number__in=numbers, amount_minor__gt=0)
    return _refuse(table, built, set(taken.values_list("number", flat=True)), _IS_INVOICE)


def _turned(table: Table, built: Built) -> set[int]:
    """Opening balances whose sign was another one: the old figure would stay beside the new."""
    numbers = [row.number for row in built.rows]
    owed = set(Invoice.objects.filter(number__in=numbers).values_list("number", flat=True))
    paid = set(Receipt.objects.filter(number__in=numbers).values_list("number", flat=True))
    wrong = {r.number for r in built.rows if r.number in (paid if _owes(r) else owed)}
    return _refuse(table, built, wrong, _TURNED)


def _owes(row: Any) -> bool:
    return isinstance(row, InvoiceRow)


def _refuse(table: Table, built: Built, numbers: set[str], reason: T) -> set[int]:
    bad = set()
    for row, position in zip(built.rows, built.positions, strict=True):
        if row.number in numbers:
            table.refuse(position, "number", reason.format(number=row.number))
            bad.add(position)
    return bad


_IS_INVOICE = T(
    "编号 {number} 已是一张正数发票；红字发票要有自己的编号，用“冲红发票号”指明更正哪张。",
    "{number} is an invoice already; a credit note has a number of its own and names the invoice "
    "that it corrects.",
)
_TURNED = T(
    "期初余额 {number} 已按相反的方向导入；请先撤销那个批次。",
    "The opening balance {number} was imported with the other sign; undo that batch first.",
)


def _jumping(table: Table, built: Built) -> set[int]:
    """Rates far from the one before that nobody has confirmed."""
    bad = set()
    for place, jump in jumps(built.rows).items():
        position = built.positions[place]
        table.refuse(position, "rate", jumped(built.rows[place], jump).text)
        bad.add(position)
    return bad


def _unknown(table: Table, built: Built) -> set[int]:
    """Lines whose customer is not known and not named."""
    codes = {row.customer_code for row in built.rows if not row.customer_name}
    known = set(Customer.objects.filter(code__in=codes).values_list("code", flat=True))
    bad = set()
    for row, position in zip(built.rows, built.positions, strict=True):
        if row.customer_name or row.customer_code in known:
            continue
        reason = T(
            f"没有客户 {row.customer_code}：请先导入客户或发票，或在文件中写上客户名称。",
            f"There is no customer {row.customer_code}: import customers or invoices first, "
            "or tell the name in the file.",
        )
        table.refuse(position, "customer_code", reason)
        bad.add(position)
    return bad
