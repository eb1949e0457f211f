"""How customers pay, as of a day: PI-1 of the domain reference, and what does not count."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.receivables.conftest import AT, Desk, invoice, receipt

AS_OF = date(2026, 11, 22)
DUE = date(2026, 6, 30)


def paid(number: str, amount: int, days_late: int, due: date = DUE, **more: Any) -> Any:
    issued = due - timedelta(days=30)
    return invoice(number, amount, issued, due, settled_on=due + timedelta(days=days_late), **more)


def of_c1(as_of: date = AS_OF) -> Any:
    from xinheng.customers.models import Customer
    from xinheng.receivables.queries import behaviour

    ids = {c.code: c.pk for c in Customer.objects.all()}
    return behaviour(ids.values(), as_of)[ids["C1"]]


def pi_1(desk: Desk) -> None:
    desk.invoices(
        paid("I1", 100_000, -5),
        paid("I2", 50_000, 10),
        paid("I3", 200_000, 0),
        paid("I4", 150_000, 45),
    )


def test_the_worked_payment_index_comes_out(desk: Desk) -> None:
    pi_1(desk)
    found = of_c1()
    assert found.payment_index == Decimal("69.33")
    assert (found.days_late_mean, found.days_late_weighted) == (Decimal("13.50"), Decimal("14.50"))
    assert found.on_time_share_pct == Decimal("60.00")
    assert (found.dpd_max, found.experiences, found.terms_days) == (45, 4, 30)
    assert (found.sales_minor, found.overdue_share_pct) == (500_000, Decimal("0.00"))
    assert found.months_of_history == 5


def test_only_what_was_known_on_the_day_counts(desk: Desk) -> None:
    # Fails when allocations after the day are read, or open amounts of today.
    pi_1(desk)
    early = of_c1(DUE)  # I1 paid early, I3 on the day; I2 and I4 not late yet
    assert (early.experiences, early.payment_index, early.open_minor) == (2, None, 200_000)
    later = of_c1(DUE + timedelta(days=10))  # I2 paid that day, I4 overdue for ten days
    assert (later.experiences, later.oldest_dpd, later.overdue_minor) == (4, 10, 150_000)
    assert later.overdue_share_pct == Decimal("100.00")


def test_payments_older_than_a_year_are_forgotten(desk: Desk) -> None:
    pi_1(desk)
    desk.invoices(paid("O1", 900_000, 200, due=date(2024, 6, 30)))
    found = of_c1()
    assert (found.experiences, found.dpd_max) == (4, 45)
    assert found.months_of_history == 29


def test_a_credit_note_is_no_payment(desk: Desk) -> None:
    pi_1(desk)
    day = date(2026, 7, 1)
    desk.invoices(
        invoice("I9", 80_000, day, day),
        invoice("N1", -80_000, date(2026, 11, 1), date(2026, 11, 1)),
    )
    found = of_c1()
    assert (found.experiences, found.sales_minor) == (4, 500_000)
    assert sum(found.receipts_by_month) == 500_000


def test_receipts_fall_into_rolling_months_to_the_day(desk: Desk) -> None:
    desk.invoices(invoice("I1", 1_000, date(2026, 1, 1), date(2026, 1, 31)))
    days = {"R1": date(2026, 11, 22), "R2": date(2026, 10, 23), "R3": date(2026, 10, 22)}
    desk.receipts(*(receipt(number, 10, day) for number, day in days.items()))
    desk.receipts(receipt("R0", 7, date(2025, 11, 23)), receipt("R-", 9, date(2025, 11, 22)))
    found = of_c1().receipts_by_month
    assert (len(found), found[0], found[-2:]) == (12, 7, (10, 20))


def test_the_main_currency_is_the_one_most_invoices_are_in(desk: Desk) -> None:
    pi_1(desk)
    desk.invoices(*(paid(f"U{n}", 5, 90, currency="USD") for n in range(3)))
    assert of_c1().currency == "CNY"


def test_a_customer_without_invoices_has_no_entry(desk: Desk) -> None:
    from xinheng.customers.models import Customer
    from xinheng.receivables.queries import behaviour

    desk.receipts(receipt("R1", 5, date(2026, 1, 1)))
    assert behaviour([Customer.objects.get().pk], AS_OF) == {}


def test_the_payment_chart_has_a_bar_for_every_month(desk: Desk) -> None:
    from xinheng.customers.models import Customer
    from xinheng.receivables.queries import monthly_payment

    pi_1(desk)
    bars = monthly_payment(Customer.objects.get().pk, AS_OF, currency="CNY")
    assert (len(bars), bars[0].month, bars[-1].month) == (24, "2024-12", "2026-11")
    june, july = (next(b for b in bars if b.month == m) for m in ("2026-06", "2026-07"))
    assert (june.on_time_minor, june.late_minor) == (300_000, 0)
    assert (july.late_minor, july.days_late) == (50_000, Decimal("10.00"))


def test_open_items_lead_to_the_documents_behind_them(desk: Desk) -> None:
    from xinheng.customers.models import Customer
    from xinheng.receivables.actions import bring_in_due
    from xinheng.receivables.queries import open_items, payments_of, unapplied

    desk.invoices(invoice("I1", 8_000, date(2026, 8, 1), date(2026, 8, 31)))
    desk.receipts(receipt("R1", 2_000, date(2026, 9, 5)), receipt("R2", 9_000, date(2026, 12, 1)))
    customer = Customer.objects.get().pk
    (item,) = open_items(customer, AS_OF)
    assert (item.open_minor, item.days_past_due, item.bucket) == (6_000, 83, "61-90")
    (payment,) = payments_of(item.invoice_id, AS_OF)
    assert (payment.receipt_number, payment.amount_minor, payment.rule) == ("R1", 2_000, "oldest")
    assert unapplied(customer, AS_OF) == []
    assert bring_in_due(today=date(2026, 12, 1), at=AT) == 1
    assert [one.unapplied_minor for one in unapplied(customer, date(2026, 12, 1))] == [3_000]
