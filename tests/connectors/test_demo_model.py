"""The simulated half of the demonstration book: stated, seeded, and honest with its sources."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from stdnum.cn import uscc

from xinheng.connectors.demo import model, naming, quoting, sources
from xinheng.connectors.demo.files import invoice_number
from xinheng.connectors.demo.values import Book

UNTIL = date(2026, 11, 21)


@pytest.fixture(scope="module")
def book() -> Book:
    return model.build(UNTIL)


def test_the_same_seed_gives_the_same_book_and_another_does_not() -> None:
    small = model.build(UNTIL, buyers_max=8)
    assert model.build(UNTIL, buyers_max=8) == small
    assert model.build(UNTIL, buyers_max=8, seed=2).payments != small.payments


def test_a_part_of_the_book_is_a_part_of_the_book(book: Book) -> None:
    small = model.build(UNTIL, buyers_max=8)
    names = {buyer.code: buyer for buyer in book.buyers}
    assert all(names[buyer.code].terms == buyer.terms for buyer in small.buyers)


def test_rates_are_of_working_days_and_move_little(book: Book) -> None:
    """Two rates of a currency in a row never differ by as much as an import asks about."""
    assert max(quote.day for quote in book.quotes) <= UNTIL
    assert len({quote.day for quote in book.quotes}) == quoting.DAYS
    for quote in book.quotes:
        assert quote.day.weekday() < 5
        assert abs(quote.rate / quoting.MIDDLES[quote.base] - 1) <= Decimal("0.00402")


def test_orders_keep_their_amounts_and_weekdays(book: Book) -> None:
    """A shift by days instead of weeks fails here: this wholesaler is closed on Saturdays."""
    real = {order.number: order for order in sources.wholesaler_orders()}
    found = {sale.number: sale for sale in book.sales}
    for number, order in real.items():
        assert found[number].ordered_on.weekday() == order.ordered_on.weekday()
        assert found[number].amount_minor == model.apply_rate(
            int(order.amount * 100), model.GBP_IN_CNY
        )
    last = max(sale.ordered_on for sale in book.sales)
    assert UNTIL - timedelta(days=6) <= last <= UNTIL


def test_nothing_happens_after_yesterday(book: Book) -> None:
    assert all(sale.ordered_on <= UNTIL for sale in book.sales)
    assert all(sale.invoiced_on is None or sale.invoiced_on <= UNTIL for sale in book.sales)
    assert all(payment.received_on <= UNTIL for payment in book.payments)


def test_numbers_are_used_once(book: Book) -> None:
    invoices = [invoice_number(sale) for sale in book.sales]
    receipts = [payment.number for payment in book.payments]
    names = [buyer.name for buyer in book.buyers]
    for numbers in (invoices, receipts, names):
        assert len(set(numbers)) == len(numbers)


def test_a_receipt_refers_to_an_invoice_of_the_same_buyer(book: Book) -> None:
    owners = {sale.number: sale.buyer.code for sale in book.sales if sale.amount_minor > 0}
    told = [payment for payment in book.payments if payment.reference]
    assert 0.5 < len(told) / len(book.payments) < 0.95
    assert all(owners[payment.reference] == payment.buyer.code for payment in told)


def test_every_domestic_buyer_has_a_code_that_checks(book: Book) -> None:
    codes = [buyer.uscc for buyer in book.buyers if buyer.country == "中国"]
    assert len(codes) > 250 and all(uscc.is_valid(code) for code in codes)
    assert len(set(codes)) == len(codes)


def test_codes_check_however_the_remainder_falls() -> None:
    """A build that writes 31 − r without the outer modulus fails where r is 0, 1 time in 31."""
    random = Random(1)
    assert all(uscc.is_valid(naming.uscc("110105", random)) for _ in range(500))


def test_the_book_has_good_payers_and_bad_ones(book: Book) -> None:
    """Nearly all is paid, some is late, and something is overdue for more than 90 days."""
    billed = sum(s.amount_minor for s in book.sales if s.invoiced_on and s.buyer.currency == "CNY")
    paid = sum(p.amount_minor for p in book.payments if p.buyer.currency == "CNY")
    assert 0.7 < paid / billed < 0.9
    worse = [buyer for buyer in book.buyers if buyer.habit.worse_days]
    assert len(worse) > 10
