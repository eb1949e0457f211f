"""A new day brings in money dated ahead and ends recourse and guarantees, by state."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.receivables.conftest import AT, Desk, bill, guarantee, invoice, receipt

TODAY = date(2026, 11, 22)
TOMORROW = TODAY + timedelta(days=1)
DAY = date(2026, 11, 1)
DUE = date(2026, 12, 1)


def bring_in(day: date, at: datetime = AT) -> int:
    from xinheng.receivables.actions import bring_in_due

    return bring_in_due(today=day, at=at)


AHEAD: list[tuple[str, Any, dict[str, int], dict[str, int]]] = [
    ("receipts", receipt("R1", 60, TOMORROW, "I1"), {"open_items": 100}, {"open_items": 40}),
    (
        "receipts",
        receipt("R1", 60, TOMORROW, prepayment=True),
        {"open_items": 100},
        {"open_items": 100, "prepaid": 60},
    ),
    ("invoices", invoice("I1", 100, DAY, DUE, settled_on=TOMORROW), {"open_items": 100}, {}),
    (
        "invoices",
        invoice("N1", -30, TOMORROW, TOMORROW, credits="I1"),
        {"open_items": 100},
        {"open_items": 70},
    ),
    (
        "bills",
        bill("B1", 60, TOMORROW, DUE, reference="I1"),
        {"open_items": 100},
        {"open_items": 40, "bills": 60},
    ),
    (
        "bills",
        bill("B1", 60, DAY, DUE, reference="I1", state="endorsed", recourse_until=TODAY),
        {"open_items": 40, "bills": 60},
        {"open_items": 40},
    ),
    (
        "guarantees",
        guarantee("G1", 70, DAY, valid_until=TODAY),
        {"open_items": 100, "guarantees": 70},
        {"open_items": 100},
    ),
]


@pytest.mark.parametrize(("kind", "row", "today", "tomorrow"), AHEAD)
def test_what_is_dated_ahead_counts_from_its_day(
    desk: Desk, kind: str, row: Any, today: dict[str, int], tomorrow: dict[str, int]
) -> None:
    # Fails when a promise to pay tomorrow lowers today's exposure.
    from xinheng.limits.queries import reconcile
    from xinheng.receivables import queries

    desk.invoices(invoice("I1", 100, DAY, DUE))
    desk.record(kind, [row])
    assert desk.carried() == today
    assert bring_in(TODAY) == 0
    assert bring_in(TOMORROW) == 1
    assert desk.carried() == tomorrow
    assert bring_in(TOMORROW) == 0
    assert reconcile() == [] and queries.reconcile() == []


def test_a_book_that_stands_is_not_written_to(desk: Desk) -> None:
    from xinheng.limits.models import Movement

    desk.invoices(invoice("I1", 100, DAY, DUE, settled_on=DAY))
    desk.bills(bill("B1", 60, DAY, DUE))
    before = Movement.objects.count()
    assert bring_in(TOMORROW) == 0
    assert Movement.objects.count() == before


def test_an_import_of_orders_does_not_let_money_in_half(desk: Desk) -> None:
    """Money whose day has come enters when it is applied, never before."""
    from tests.receivables.conftest import order

    desk.invoices(invoice("I1", 100, DAY, DUE))
    desk.receipts(receipt("R1", 60, TOMORROW, "I1"))
    desk.record("orders", [order("SO-1", 5, DAY)], AT + timedelta(days=2))
    assert desk.carried() == {"open_items": 100, "orders": 5}
    assert bring_in(TOMORROW) == 1
    assert desk.carried() == {"open_items": 40, "orders": 5}
