"""Which receipt settles which invoice: the rule as a table, and its laws on generated books."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinheng.credit.cash_application import (
    Allocation,
    Invoice,
    Receipt,
    apply,
    own_receipt,
)

D = date


def invoice(key: int, amount: int, issued: date, due: date) -> Invoice:
    return Invoice(key, f"I{key}", amount, issued, due)


def receipt(key: int, amount: int, on: date, reference: str = "", settles: bool = False) -> Receipt:
    return Receipt(key, f"R{key}", amount, on, reference, settles)


I1 = invoice(1, 8_000, D(2026, 9, 1), D(2026, 10, 1))
I2 = invoice(2, 5_000, D(2026, 9, 10), D(2026, 11, 1))
I3 = invoice(3, 4_000, D(2026, 12, 1), D(2026, 12, 31))


@pytest.mark.parametrize(
    ("case", "invoices", "receipts", "expected", "unapplied"),
    [
        (
            "a receipt pays the invoice it names first, the rest goes to the oldest",
            [I1, I2],
            [receipt(1, 10_000, D(2026, 10, 5), "I2")],
            [(1, 2, 5_000, D(2026, 10, 5), "reference"), (1, 1, 5_000, D(2026, 10, 5), "oldest")],
            {1: 0},
        ),
        (
            "without a name the earliest due date is paid first",
            [I2, I1],
            [receipt(1, 9_000, D(2026, 10, 5))],
            [(1, 1, 8_000, D(2026, 10, 5), "oldest"), (1, 2, 1_000, D(2026, 10, 5), "oldest")],
            {1: 0},
        ),
        (
            "an unknown name counts as no name",
            [I1],
            [receipt(1, 1_000, D(2026, 10, 5), "I9")],
            [(1, 1, 1_000, D(2026, 10, 5), "oldest")],
            {1: 0},
        ),
        (
            "money in hand settles a later invoice from its issue date",
            [I3],
            [receipt(1, 6_000, D(2026, 11, 1))],
            [(1, 3, 4_000, D(2026, 12, 1), "oldest")],
            {1: 2_000},
        ),
        (
            "a named invoice that is not issued yet is paid on its issue date",
            [I1, I3],
            [receipt(1, 4_000, D(2026, 11, 1), "I3")],
            [(1, 3, 4_000, D(2026, 12, 1), "reference")],
            {1: 0},
        ),
        (
            "a settled invoice is left to its own receipt by receipts that do not name it",
            [I1, I2],
            [
                receipt(1, 8_000, D(2026, 10, 20), "I1", settles=True),
                receipt(2, 6_000, D(2026, 10, 5)),
            ],
            [(2, 2, 5_000, D(2026, 10, 5), "oldest"), (1, 1, 8_000, D(2026, 10, 20), "settled")],
            {1: 0, 2: 1_000},
        ),
        (
            "on one day the receipt that names an invoice comes before the one that does not",
            [I1],
            [receipt(1, 8_000, D(2026, 10, 5)), receipt(2, 8_000, D(2026, 10, 5), "I1")],
            [(2, 1, 8_000, D(2026, 10, 5), "reference")],
            {1: 8_000, 2: 0},
        ),
    ],
)
def test_the_rule_is_followed(
    case: str,
    invoices: list[Invoice],
    receipts: list[Receipt],
    expected: list[tuple[int, int, int, date, str]],
    unapplied: dict[int, int],
) -> None:
    done = apply(invoices, receipts)
    assert done.allocations == [Allocation(*each) for each in expected], case
    assert done.unapplied_minor == unapplied, case


def test_a_credit_note_acts_as_a_receipt_of_its_issue_date() -> None:
    own = own_receipt("C1", -2_000, D(2026, 9, 20), None)
    assert own is not None
    assert (own.amount_minor, own.received_on, own.method) == (2_000, D(2026, 9, 20), "credit_note")
    done = apply([I1], [Receipt(7, own.number, own.amount_minor, own.received_on, own.reference)])
    assert done.open_minor == {1: 6_000}


@pytest.mark.parametrize(("named", "rest"), [(0, 8_000), (3_000, 5_000), (8_000, None)])
def test_a_payment_that_is_told_twice_counts_once(named: int, rest: int | None) -> None:
    own = own_receipt("I1", 8_000, D(2026, 9, 1), D(2026, 10, 20), named)
    assert (own.amount_minor if own else None) == rest


def test_an_open_invoice_brings_no_receipt() -> None:
    assert own_receipt("I1", 8_000, D(2026, 9, 1), None) is None


DAYS = st.integers(0, 40).map(lambda n: D(2026, 1, 1) + timedelta(days=n))


@st.composite
def books(draw: st.DrawFn) -> tuple[list[Invoice], list[Receipt]]:
    invoices = [
        invoice(key, draw(st.integers(1, 50)), draw(DAYS), draw(DAYS))
        for key in range(draw(st.integers(0, 7)))
    ]
    numbers = [each.number for each in invoices]
    receipts = [
        receipt(
            key, draw(st.integers(1, 60)), draw(DAYS), draw(st.sampled_from(["", "I99", *numbers]))
        )
        for key in range(draw(st.integers(0, 7)))
    ]
    settled = draw(st.sets(st.sampled_from(invoices))) if invoices else set()
    own = [
        receipt(100 + each.key, each.amount_minor, draw(DAYS), each.number, settles=True)
        for each in settled
    ]
    return invoices, receipts + own


@given(books())
@settings(max_examples=300, deadline=None)
def test_nothing_is_lost_and_nothing_is_paid_twice(
    book: tuple[list[Invoice], list[Receipt]],
) -> None:
    # Fails when `_allocate` forgets to lower either side.
    invoices, receipts = book
    done = apply(invoices, receipts)
    applied = sum(each.amount_minor for each in done.allocations)
    assert applied + sum(done.unapplied_minor.values()) == sum(r.amount_minor for r in receipts)
    for each in invoices:
        paid = sum(a.amount_minor for a in done.allocations if a.invoice == each.key)
        assert done.open_minor[each.key] == each.amount_minor - paid >= 0
    assert all(left >= 0 for left in done.unapplied_minor.values())
    assert len({(a.receipt, a.invoice) for a in done.allocations}) == len(done.allocations)


@given(books(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_the_order_of_arrival_changes_nothing(
    book: tuple[list[Invoice], list[Receipt]], random: Random
) -> None:
    # Fails when `receipts` or `coming` are taken in the order they came.
    invoices, receipts = book
    first = apply(invoices, receipts)
    random.shuffle(invoices)
    random.shuffle(receipts)
    assert apply(invoices, receipts) == first


@given(books())
@settings(max_examples=300, deadline=None)
def test_no_cash_stays_in_hand_beside_an_item_it_could_pay(
    book: tuple[list[Invoice], list[Receipt]],
) -> None:
    # Fails when `issue_until` does not use money in hand.
    done = apply(*book)
    own = {each.reference for each in book[1] if each.settles}
    still_open = [i for i in book[0] if done.open_minor[i.key] and i.number not in own]
    assert not (still_open and any(done.unapplied_minor.values()))


@given(books())
@settings(max_examples=200, deadline=None)
def test_money_is_never_applied_before_it_came_or_before_the_invoice_was_issued(
    book: tuple[list[Invoice], list[Receipt]],
) -> None:
    issued = {each.key: each.issued_on for each in book[0]}
    received = {each.key: each.received_on for each in book[1]}
    for each in apply(*book).allocations:
        assert each.applied_on == max(issued[each.invoice], received[each.receipt])
