"""Reads of the sales ledger: open items, money in hand, how customers pay.

Everything is *as of* a business day: only documents dated by that day, and only cash applied by
then. Guarding who may see a customer is the caller's: pass customers that came through
`Customer.objects.visible_to(user)`. Example: open_items(customer, 2026-10-31) of AGE-1 has six rows
of 470,000.00 in all, 260,000.00 of it overdue.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from msgspec import Struct

from xinheng.credit.ageing import bucket_of
from xinheng.credit.cash_application import RULE_EN, RULE_ZH
from xinheng.receivables.as_of import open_items_sql, prepaid_sql, rows, unapplied_sql
from xinheng.receivables.balances import balances
from xinheng.receivables.behaviour import Behaviour, PaidMonth, behaviour, monthly_payment
from xinheng.receivables.models import Quarantined
from xinheng.receivables.reconciling import (
    Off,
    carried,
    differences,
    promised_off,
    touch_customers,
)
from xinheng.texts import T

__all__ = [
    "APPLICATION_RULE",
    "Behaviour",
    "InHand",
    "OpenItem",
    "PaidMonth",
    "Payment",
    "behaviour",
    "monthly_payment",
    "open_items",
    "payments_of",
    "prepaid",
    "quarantined",
    "reconcile",
    "unapplied",
]

APPLICATION_RULE = T(RULE_ZH, RULE_EN)
OPEN_ITEMS_MAX = 2_000


class OpenItem(Struct, frozen=True):
    invoice_id: int
    number: str
    currency: str
    amount_minor: int
    open_minor: int
    issued_on: date
    due_on: date
    days_past_due: int
    bucket: str
    order_number: str
    disputed: bool
    simulated: bool


class InHand(Struct, frozen=True):
    """A receipt or credit note with money left."""

    receipt_id: int
    number: str
    currency: str
    amount_minor: int
    unapplied_minor: int
    received_on: date
    method: str


class Payment(Struct, frozen=True):
    """A part of a receipt that settled a part of an invoice."""

    receipt_number: str
    amount_minor: int
    applied_on: date
    rule: str
    method: str
    simulated: bool


def open_items(
    customer_id: int, as_of: date, *, currency: str | None = None, limit: int = OPEN_ITEMS_MAX
) -> list[OpenItem]:
    """The customer's open invoices on the day, oldest due date first (at most OPEN_ITEMS_MAX)."""
    where = "and i.customer_id = %(customer)s"
    if currency is not None:
        where += " and i.currency = %(currency)s"
    found = rows(
        f"with open_item as ({open_items_sql(where)})"
        " select i.id, i.number, i.currency, i.amount_minor, o.open_minor, i.issued_on, i.due_on,"
        " i.order_number, i.disputed, i.simulated"
        " from open_item o join receivables_invoice i on i.id = o.id"
        " order by i.due_on, i.issued_on, i.number limit %(limit)s",
        {"customer": customer_id, "currency": currency, "limit": min(limit, OPEN_ITEMS_MAX)},
        as_of,
    )
    items = []
    for row in found:
        days = (as_of - row[6]).days
        items.append(OpenItem(*row[:7], days, bucket_of(days), *row[7:]))
    return items


def unapplied(customer_id: int, as_of: date) -> list[InHand]:
    """Receipts and credit notes of the customer with money left on the day, oldest first."""
    return _in_hand(unapplied_sql("and r.customer_id = %(customer)s"), customer_id, as_of)


def prepaid(customer_id: int, as_of: date) -> list[InHand]:
    """Confirmed prepayments of the customer with money left on the day, oldest first."""
    return _in_hand(prepaid_sql("and r.customer_id = %(customer)s"), customer_id, as_of)


def _in_hand(parts: str, customer_id: int, as_of: date) -> list[InHand]:
    found = rows(
        f"with in_hand as ({parts})"
        " select r.id, r.number, r.currency, r.amount_minor, h.unapplied_minor, r.received_on,"
        " r.method from in_hand h join receivables_receipt r on r.id = h.id"
        " order by r.received_on, r.number limit %(limit)s",
        {"customer": customer_id, "limit": OPEN_ITEMS_MAX},
        as_of,
    )
    return [InHand(*row) for row in found]


def payments_of(invoice_id: int, as_of: date) -> list[Payment]:
    """What settled the invoice by the day: the documents behind an open amount."""
    found = rows(
        "select r.number, a.amount_minor, a.applied_on, a.rule, r.method, r.simulated"
        " from receivables_allocation a join receivables_receipt r on r.id = a.receipt_id"
        " where a.invoice_id = %(invoice)s and a.applied_on <= %(as_of)s"
        " order by a.applied_on, r.number limit %(limit)s",
        {"invoice": invoice_id, "limit": OPEN_ITEMS_MAX},
        as_of,
    )
    return [Payment(*row) for row in found]


def quarantined(user: Any, *, batch_id: int | None = None) -> QuerySet[Any]:
    """Messages that wait in quarantine, newest first, as far as the person sees the customers that
    they name; `batch_id`: those that one import brought.
    """
    found = Quarantined.objects.visible_to(user).filter(resolved_at__isnull=True).order_by("-pk")
    return found if batch_id is None else found.filter(batch_id=batch_id)


def reconcile(customer_ids: Iterable[int] | None = None) -> list[Off]:
    """Where counters, due dates and promises on the lines differ from the documents, with both
    figures; of these customers, or of the whole book. Must be empty.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:  # one picture, however much is imported meanwhile
            cursor.execute("set transaction isolation level repeatable read")
        touch_customers(cursor, None if customer_ids is None else list(customer_ids))
        return differences(carried(cursor), balances(cursor)) + promised_off(cursor)
