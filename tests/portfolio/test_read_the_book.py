"""The book as of a day: AGE-1 of the domain reference, history, and who may see what."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.receivables.conftest import Desk, invoice, receipt

AS_OF = date(2026, 10, 31)


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def age_1(desk: Desk) -> None:
    desk.invoices(
        invoice("I1", 12_000_000, date(2026, 9, 1), date(2026, 10, 1)),
        invoice("I2", 8_000_000, date(2026, 8, 1), date(2026, 8, 31)),
        invoice("I3", 5_000_000, date(2026, 6, 15), date(2026, 7, 15)),
        invoice("I4", 20_000_000, date(2026, 10, 10), date(2026, 11, 24), customer_code="C2"),
        invoice("I5", 4_000_000, date(2025, 10, 1), date(2025, 10, 31)),
        invoice("I6", 1_000_000, date(2026, 9, 30), date(2026, 10, 31), customer_code="C2"),
    )
    desk.receipts(
        receipt("R2", 2_000_000, date(2026, 10, 5), "I2"),
        receipt("R5", 1_000_000, date(2026, 2, 1), "I5"),
    )


def test_the_worked_example_comes_out_to_the_cent(desk: Desk) -> None:
    from xinheng.portfolio.queries import book

    age_1(desk)
    assert book(AS_OF, "CNY").in_words() == {
        "open": "470000.00",
        "overdue": "260000.00",
        "ageing": {
            "not_due": "210000.00",
            "1-30": "120000.00",
            "31-60": "0.00",
            "61-90": "60000.00",
            "91-180": "50000.00",
            "181-365": "30000.00",
            "365+": "0.00",
        },
        "unapplied": "0.00",
        "customers": 2,
    }


def test_what_was_paid_later_was_still_open_on_the_day(desk: Desk) -> None:
    # Fails when the book of an earlier day is read from today's open amounts.
    from xinheng.portfolio.queries import book

    age_1(desk)
    earlier = book(date(2026, 10, 4), "CNY")
    assert (earlier.open_minor, earlier.customers) == (29_000_000, 2)
    desk.receipts(receipt("R9", 90_000_000, date(2026, 11, 20)))
    assert book(AS_OF, "CNY").open_minor == 47_000_000
    assert book(date(2026, 11, 20), "CNY").unapplied_minor == 64_000_000


def test_cash_that_came_before_its_invoice_was_unapplied_in_between(desk: Desk) -> None:
    from xinheng.portfolio.queries import book

    desk.receipts(receipt("R1", 500, date(2026, 9, 1), "I7"))
    desk.invoices(invoice("I7", 500, date(2026, 10, 1), date(2026, 10, 31)))
    assert book(date(2026, 9, 15), "CNY").unapplied_minor == 500
    assert book(date(2026, 10, 1), "CNY").unapplied_minor == 0


def test_currencies_are_never_added(desk: Desk) -> None:
    from xinheng.portfolio.queries import book

    age_1(desk)
    desk.invoices(invoice("U1", 700, date(2026, 9, 1), date(2026, 9, 30), currency="USD"))
    assert book(AS_OF, "CNY").open_minor == 47_000_000
    assert book(AS_OF, "USD").in_words()["open"] == "7.00"
    assert book(AS_OF, "JPY").in_words()["open"] == "0"


def member_of(unit: Any, username: str) -> Any:
    from xinheng.people.models import User

    at = datetime(2026, 1, 1, tzinfo=UTC)
    return User.objects.create(username=username, name=username, business_unit=unit, created_at=at)


def test_eve_of_another_business_unit_sees_nothing(desk: Desk) -> None:
    # Fails when a query of the book forgets `scope`.
    from xinheng.customers.models import Customer
    from xinheng.people.models import BusinessUnit
    from xinheng.portfolio.queries import book

    age_1(desk)
    east = BusinessUnit.objects.create(code="E", name="华东")
    west = BusinessUnit.objects.create(code="W", name="华西")
    Customer.objects.filter(code="C2").update(business_unit=east)
    desk.receipts(receipt("R9", 99_000_000, date(2026, 10, 20), customer_code="C2"))
    eve = book(AS_OF, "CNY", member_of(west, "eve"))
    assert (eve.open_minor, eve.unapplied_minor, eve.customers) == (0, 0, 0)
    bob = book(AS_OF, "CNY", member_of(east, "bob"))
    assert bob.unapplied_minor == 78_000_000
