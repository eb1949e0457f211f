"""The credit file in figures, as the API and the command line tell it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.receivables.conftest import AT, Desk, invoice, receipt

DAY = date(2026, 10, 1)


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def test_figures_are_of_all_open_items_however_many(desk: Desk) -> None:
    # Fails when the sums are taken over the items that a list shows (at most 2,000).
    from xinheng.customers.models import Customer
    from xinheng.people.queries import WholeBook
    from xinheng.portfolio.file import credit_file_summary

    desk.invoices(*(invoice(f"I{n}", 100, DAY, DAY + timedelta(days=n % 90)) for n in range(2_100)))
    desk.receipts(receipt("R1", 50, date(2026, 11, 1), "I0"))
    customer = Customer.objects.get(code="C1")
    [line] = credit_file_summary(customer, WholeBook(), AT)["limits"]
    assert (line["open"], line["open_items"]) == ("2099.50", 2_100)
    assert line["used"] == line["open"]
    assert line["oldest_overdue_days"] == 52
    assert sum(float(part) for part in line["ageing"].values()) == 2099.5
    # 52 of each 90 due dates are past on 22 November
    late = sum(100 for n in range(2_100) if n % 90 < 52) - 50
    assert line["overdue"] == f"{late / 100:.2f}"
