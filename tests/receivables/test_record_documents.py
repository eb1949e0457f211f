"""Documents come in, cash finds its invoice, exposure follows; in any order, and back again."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from tests.receivables.conftest import AT, Desk, invoice, order, receipt
from xinheng.refusals import Refused

I1 = invoice("I1", 8_000_000, date(2026, 8, 1), date(2026, 8, 31))
I2 = invoice("I2", 5_000_000, date(2026, 9, 1), date(2026, 10, 1))
R1 = receipt("R1", 6_000_000, date(2026, 9, 15), "I2")


def carried(desk: Desk, code: str = "C1") -> dict[str, int]:
    line = desk.line(code)
    return {
        "open_items": line.open_items_minor,
        "unapplied": line.unapplied_minor,
        "orders": line.orders_minor,
    }


def due_sums(desk: Desk) -> dict[str, int]:
    from xinheng.limits.models import OpenDue

    return {str(d.due_on): d.open_minor for d in OpenDue.objects.filter(line=desk.line())}


def snapshot() -> list[Any]:
    """Everything the room derived, without the keys that depend on the order of arrival."""
    from xinheng.limits.models import CreditLine, OpenDue
    from xinheng.receivables.models import Allocation, Invoice, Receipt

    return [
        sorted(Invoice.objects.values_list("number", "open_minor")),
        sorted(Receipt.objects.values_list("number", "unapplied_minor")),
        sorted(
            Allocation.objects.values_list(
                "receipt__number", "invoice__number", "amount_minor", "applied_on", "rule"
            )
        ),
        sorted(OpenDue.objects.values_list("line__customer__code", "due_on", "open_minor")),
        sorted(
            CreditLine.objects.values_list(
                "customer__code", "open_items_minor", "unapplied_minor", "orders_minor"
            )
        ),
    ]


def test_a_receipt_pays_the_invoice_it_names_and_then_the_oldest(desk: Desk) -> None:
    desk.invoices(I1, I2)
    desk.receipts(R1)
    assert carried(desk) == {"open_items": 7_000_000, "unapplied": 0, "orders": 0}
    assert due_sums(desk) == {"2026-08-31": 7_000_000}


def test_the_order_in_which_files_arrive_changes_nothing(desk: Desk) -> None:
    # Fails when cash is only applied to what is there at the time.
    steps = {
        "invoices": lambda: desk.invoices(I1),
        "more": lambda: desk.invoices(I2),
        "receipts": lambda: desk.receipts(R1, receipt("R2", 9_000_000, date(2026, 10, 2))),
    }
    seen = []
    for each in permutations(steps):
        batches = [steps[name]()[0] for name in each]
        seen.append(snapshot())
        for batch in reversed(batches):
            desk.undo(batch)
    assert all(one == seen[0] for one in seen)
    assert snapshot()[:4] == [[], [], [], []]


def test_the_same_file_twice_changes_nothing(desk: Desk) -> None:
    _, first = desk.invoices(I1, I2)
    before = snapshot()
    _, second = desk.invoices(I1, I2)
    assert (first.created, first.unchanged) == (2, 0)
    assert (second.created, second.updated, second.unchanged) == (0, 0, 2)
    assert snapshot() == before


def test_an_invoice_with_a_settlement_date_is_paid_by_a_receipt_of_its_own(desk: Desk) -> None:
    from xinheng.receivables.models import Allocation, Receipt

    desk.invoices(
        invoice("I3", 100, date(2026, 8, 1), date(2026, 8, 31), settled_on=date(2026, 9, 9))
    )
    own = Receipt.objects.get()
    assert (own.number, own.amount_minor, own.received_on) == ("settled:I3", 100, date(2026, 9, 9))
    assert Allocation.objects.get().rule == "settled"
    assert carried(desk)["open_items"] == 0


@pytest.mark.parametrize("first", ["invoices", "receipts"])
def test_a_payment_that_two_files_tell_of_counts_once(desk: Desk, first: str) -> None:
    # Fails when the settlement is over the whole amount: 60 would be cash in hand that nobody paid.
    from xinheng.receivables.models import Receipt

    day = date(2026, 8, 1)
    steps = [
        lambda: desk.invoices(invoice("I3", 100, day, day, settled_on=date(2026, 9, 9))),
        lambda: desk.receipts(receipt("R1", 60, date(2026, 9, 1), "I3")),
    ]
    for step in steps if first == "invoices" else reversed(steps):
        batch = step()[0]
    assert carried(desk) == {"open_items": 0, "unapplied": 0, "orders": 0}
    assert Receipt.objects.get(number="settled:I3").amount_minor == 40
    desk.undo(batch)
    desk_is = 0 if first == "invoices" else 60
    assert carried(desk)["unapplied"] == desk_is


def test_a_settlement_that_a_later_file_takes_back_opens_the_invoice_again(desk: Desk) -> None:
    day = date(2026, 8, 1)
    desk.invoices(invoice("I3", 100, day, day, settled_on=date(2026, 9, 9)))
    _, counts = desk.invoices(invoice("I3", 100, day, day))
    assert counts.unchanged == 1, "a file without the column takes nothing back"
    _, counts = desk.invoices(invoice("I3", 100, day, day, settled_on=None))
    assert counts.updated == 1
    assert carried(desk) == {"open_items": 100, "unapplied": 0, "orders": 0}


def test_a_credit_note_reduces_the_oldest_item_and_its_rest_is_unapplied(desk: Desk) -> None:
    desk.invoices(I1, invoice("N1", -9_000_000, date(2026, 9, 1), date(2026, 9, 1)))
    assert carried(desk) == {"open_items": 0, "unapplied": 1_000_000, "orders": 0}


def test_an_invoice_whose_amount_falls_below_what_was_paid_leaves_cash_unapplied(
    desk: Desk,
) -> None:
    desk.invoices(I1)
    desk.receipts(receipt("R1", 7_000_000, date(2026, 9, 15), "I1"))
    desk.invoices(invoice("I1", 5_000_000, date(2026, 8, 1), date(2026, 8, 31)))
    assert carried(desk) == {"open_items": 0, "unapplied": 2_000_000, "orders": 0}


def test_undoing_a_correction_brings_the_old_amount_back(desk: Desk) -> None:
    desk.invoices(I1)
    desk.receipts(R1)
    before = snapshot()
    batch, _ = desk.invoices(invoice("I1", 3_000_000, date(2026, 8, 2), date(2026, 9, 30)), I2)
    assert snapshot() != before
    desk.undo(batch)
    assert snapshot() == before


def test_an_order_counts_until_it_is_invoiced(desk: Desk) -> None:
    desk.orders(order("PO-1", 9_000_000, date(2026, 7, 1)))
    assert carried(desk)["orders"] == 9_000_000
    desk.invoices(
        invoice("I1", 8_000_000, date(2026, 8, 1), date(2026, 8, 31), order_number="PO-1")
    )
    assert carried(desk) == {"open_items": 8_000_000, "unapplied": 0, "orders": 1_000_000}


@pytest.mark.parametrize("state", ["closed", "cancelled"])
def test_ending_an_order_frees_the_rest(desk: Desk, state: str) -> None:
    desk.orders(order("PO-1", 9_000_000, date(2026, 7, 1)))
    desk.orders(order("PO-1", 9_000_000, date(2026, 7, 1), state))
    assert carried(desk)["orders"] == 0


def test_the_journal_adds_up_to_the_counters(desk: Desk) -> None:
    # Fails when a counter moves without its movement.
    from django.db.models import Sum

    from xinheng.limits.models import Movement

    desk.orders(order("PO-1", 9_000_000, date(2026, 7, 1)))
    batch, _ = desk.invoices(I1, I2)
    desk.receipts(R1, receipt("R2", 99_000_000, date(2026, 10, 2)))
    desk.undo(batch)
    sums = {
        row["component"]: row["sum"]
        for row in Movement.objects.values("component").annotate(sum=Sum("delta_minor"))
    }
    assert {name: sums.get(name, 0) for name in carried(desk)} == carried(desk)


@pytest.mark.parametrize(
    ("code", "row"),
    [
        ("BAD_AMOUNT", invoice("I1", 0, date(2026, 8, 1), date(2026, 8, 31))),
    ],
)
def test_what_can_not_be_an_invoice_is_refused(desk: Desk, code: str, row: Any) -> None:
    desk.invoices(I1)
    with pytest.raises(Refused) as refused:
        desk.invoices(row)
    assert refused.value.code.name == code


def test_one_number_twice_in_one_call_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="REPEATED_NUMBER"):
        desk.invoices(I1, I1)


def test_nobody_records_without_the_right_to(desk: Desk) -> None:
    from xinheng.people.actor import Actor
    from xinheng.receivables.actions import record_invoices

    bob = Actor("user", 2, 2, frozenset({"orders.check"}))
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        record_invoices([I1], batch=desk.batch("invoices"), actor=bob, at=AT)


def test_customers_do_not_pay_each_other(desk: Desk) -> None:
    desk.invoices(I1)
    desk.receipts(receipt("R1", 100, date(2026, 9, 1), "I1", customer_code="C2"))
    assert carried(desk, "C2") == {"open_items": 0, "unapplied": 100, "orders": 0}
    assert carried(desk)["open_items"] == 8_000_000


def test_an_order_of_the_erp_takes_over_from_its_reservation(desk: Desk) -> None:
    # Fails when the reservation and the order of one number both count (a pain of ERP users).
    from datetime import timedelta
    from uuid import uuid4

    from xinheng.limits.actions import lock_lines, reserve
    from xinheng.limits.values import NewReservation

    desk.invoices(I1)
    line = desk.line().pk
    lock_lines([line])
    reserve(
        [
            NewReservation(
                uuid4(),
                line,
                "PO-9",
                1,
                4_000,
                8_000_000,
                99_000_000,
                False,
                None,
                1,
                AT + timedelta(days=7),
            )
        ],
        at=AT,
    )
    desk.orders(order("PO-9", 4_000, date(2026, 9, 1)))
    assert carried(desk)["orders"] == 4_000
    desk.invoices(invoice("I9", 4_000, date(2026, 9, 2), date(2026, 9, 30), order_number="PO-9"))
    assert carried(desk) == {"open_items": 8_004_000, "unapplied": 0, "orders": 0}


def promise(desk: Desk, ref: str, amount: int, version: int = 1, covered: int = 0) -> None:
    """What an approved order check leaves on the line of C1."""
    from datetime import timedelta
    from uuid import uuid4

    from xinheng.limits.actions import lock_lines, reserve
    from xinheng.limits.values import NewReservation

    line = desk.line().pk
    lock_lines([line])
    end, ceiling = AT + timedelta(days=7), 99_000_000
    made = NewReservation(uuid4(), line, ref, 1, amount, 0, ceiling, False, None, version, end)
    reserve([made._replace(covered_before_minor=covered)], at=AT)


def test_an_invoice_takes_its_amount_out_of_the_order_once(desk: Desk) -> None:
    # The ERP knows 100 of PO-5, a check promised 50 more. Fails when an invoice of 60 is taken out
    # of both: 50 of exposure would be gone, and the next order would get them as credit.
    desk.orders(order("PO-5", 100, date(2026, 9, 1)))
    promise(desk, "PO-5", 50, covered=100)
    first = invoice("I5", 60, date(2026, 9, 2), date(2026, 9, 30), order_number="PO-5")
    desk.invoices(first)
    assert carried(desk) == {"open_items": 60, "unapplied": 0, "orders": 90}
    rest = invoice("I6", 90, date(2026, 9, 3), date(2026, 9, 30), order_number="PO-5")
    desk.invoices(rest)
    assert carried(desk) == {"open_items": 150, "unapplied": 0, "orders": 0}


def test_an_order_that_grows_in_the_erp_takes_over_what_was_promised(desk: Desk) -> None:
    # Fails when only new orders take over: 50 would count twice until the reservation expires.
    desk.orders(order("PO-5", 100, date(2026, 9, 1)))
    promise(desk, "PO-5", 50, covered=100)
    desk.orders(order("PO-5", 150, date(2026, 9, 1)))
    assert carried(desk)["orders"] == 150


def test_an_invoice_that_names_its_order_later_takes_it_over_then(desk: Desk) -> None:
    bare = invoice("I5", 60, date(2026, 9, 2), date(2026, 9, 30))
    desk.invoices(bare)
    promise(desk, "PO-5", 100)
    named = invoice("I5", 60, date(2026, 9, 2), date(2026, 9, 30), order_number="PO-5")
    desk.invoices(named)
    assert carried(desk) == {"open_items": 60, "unapplied": 0, "orders": 40}
    desk.invoices(named)
    assert carried(desk)["orders"] == 40
