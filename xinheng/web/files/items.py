"""The documents behind the figures: open invoices by age, and the movements of one component.

Both page by key. A lateness bucket becomes a range of due dates, from the same bounds that the
ageing uses, so that the list adds up to the bar that led to it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum

from xinheng.credit.shipped import document
from xinheng.customers.models import Customer
from xinheng.limits.models import CreditLine, Movement, Reservation
from xinheng.receivables.models import Invoice
from xinheng.texts import T
from xinheng.web.frame.tables import Column

BOUNDS = [(row["name"], row["up_to"]) for row in document("ageing_v1.json")["lateness"]]
ITEM_COLUMNS = (
    Column("number", T("发票", "Invoice"), "number"),
    Column("issued", T("开票日", "Issued"), "issued_on", css="not-narrow"),
    Column("due", T("到期日", "Due"), "due_on"),
    Column("days", T("逾期天数", "Days past due"), None, numeric=True),
    Column("amount", T("金额", "Amount"), "amount_minor", numeric=True, css="not-narrow"),
    Column("open", T("未收", "Open"), "open_minor", numeric=True),
    Column("order", T("订单", "Order"), None, css="not-narrow"),
)


def open_invoices(
    user: Any, customer: Customer, currency: str, bucket: str, today: date
) -> QuerySet[Invoice]:
    """Open invoices, all of them or those of one lateness bucket or `overdue`."""
    rows: QuerySet[Invoice] = Invoice.objects.visible_to(user).filter(
        customer=customer, currency=currency, open_minor__gt=0, issued_on__lte=today
    )
    if bucket == "overdue":
        return rows.filter(due_on__lt=today)
    low: int | None = None
    for name, up_to in BOUNDS:
        if name == bucket:
            if up_to is not None:
                rows = rows.filter(due_on__gte=today - timedelta(days=up_to))
            if low is not None:
                rows = rows.filter(due_on__lte=today - timedelta(days=low))
            return rows
        low = (up_to or 0) + 1
    return rows


def total_open(rows: QuerySet[Invoice]) -> int:
    return int(rows.aggregate(total=Sum("open_minor"))["total"] or 0)


def movements_of(line: CreditLine, component: str) -> QuerySet[Movement]:
    """The journal of one component, newest first when paged by `-id`."""
    return Movement.objects.filter(line=line, component=component)


def reservations_of(line: CreditLine) -> list[Reservation]:
    """What is promised to orders now."""
    rows = Reservation.objects.filter(line=line, state="pending").order_by("expires_at")
    return list(rows[:200])
