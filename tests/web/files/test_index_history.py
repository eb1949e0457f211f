"""The payment index over twelve months: each point is what that day's documents told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.receivables.conftest import Desk, invoice, receipt
from xinheng.customers.models import Customer
from xinheng.receivables.behaviour import behaviour
from xinheng.web.files.index_history import days_of, index_history

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 20)


def test_the_days_are_the_ends_of_months_and_today() -> None:
    found = days_of(DAY)
    assert (len(found), found[0], found[1], found[-2], found[-1]) == (
        *(12, date(2025, 12, 31), date(2026, 1, 31)),
        *(date(2026, 10, 31), DAY),
    )
    assert days_of(date(2024, 3, 31))[-2] == date(2024, 2, 29)


def test_a_point_is_the_index_of_its_day_and_a_gap_where_there_is_none() -> None:
    # Catches a history that gives today's index to every month.
    desk = Desk()
    for n, (due, paid) in enumerate(
        [
            (date(2026, 5, 1), date(2026, 5, 1)),
            (date(2026, 6, 1), date(2026, 6, 1)),
            (date(2026, 7, 1), date(2026, 7, 1)),
            (date(2026, 9, 1), date(2026, 10, 16)),
        ]
    ):
        desk.invoices(invoice(f"I{n}", 1_000, date(2026, 4, 1), due))
        desk.receipts(receipt(f"R{n}", 1_000, paid, f"I{n}"))
    customer = Customer.objects.get(code="C1")
    found = index_history(customer.pk, DAY)
    assert found is not None
    by_day = {one.day: one.index for one in found.points}
    assert by_day[date(2026, 6, 30)] is None  # two experiences are too few
    assert by_day[date(2026, 7, 31)] == Decimal("80.00")
    assert (
        by_day[DAY] == behaviour([customer.pk], DAY)[customer.pk].payment_index == Decimal("71.25")
    )
    assert found.change == Decimal("-8.75")
    assert found.chart["series"][0]["data"][-1] == "71.25"


def test_without_any_index_there_is_no_panel() -> None:
    desk = Desk()
    desk.invoices(invoice("I1", 1_000, date(2026, 11, 1), date(2026, 12, 1)))
    assert index_history(Customer.objects.get(code="C1").pk, DAY) is None
