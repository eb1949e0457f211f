"""Order → delivered → invoiced → bill → cash, and back: each step frees what the next one takes.

The tables say, step by step, what the line carries. Figures in yuan; `nominal` is their sum, cash
taken off: it changes only where value really comes in or goes out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.receivables.conftest import (
    AT,
    Desk,
    bill,
    delivery,
    guarantee,
    invoice,
    order,
    receipt,
)

DAY = date(2026, 11, 1)
DUE = date(2026, 12, 1)
Step = tuple[str, Callable[[Desk], Any], dict[str, int]]


def nominal(carried: dict[str, int]) -> int:
    taken_off = ("unapplied", "prepaid")
    return sum(-minor if name in taken_off else minor for name, minor in carried.items())


def ordered(amount: int, **more: Any) -> Callable[[Desk], Any]:
    return lambda desk: desk.orders(order("SO-1", amount, DAY, **more))


def delivered(number: str, amount: int, **more: Any) -> Callable[[Desk], Any]:
    return lambda desk: desk.deliveries(delivery(number, amount, DAY, "SO-1", **more))


def invoiced(number: str, amount: int, **more: Any) -> Callable[[Desk], Any]:
    named = {"order_number": "SO-1"} | more
    return lambda desk: desk.invoices(invoice(number, amount, DAY, DUE, **named))


def paid(number: str, amount: int, reference: str = "", **more: Any) -> Callable[[Desk], Any]:
    return lambda desk: desk.receipts(receipt(number, amount, DAY, reference, **more))


def billed(state: str, amount: int = 100, **more: Any) -> Callable[[Desk], Any]:
    named = {"reference": "I1", "kind": "bank"} | more
    return lambda desk: desk.bills(bill("B1", amount, DAY, DUE, state=state, **named))


CHAIN: list[Step] = [
    ("ordered", ordered(100), {"orders": 100}),
    ("part delivered", delivered("D1", 60), {"orders": 40, "unbilled": 60}),
    ("part invoiced", invoiced("I1", 40), {"orders": 40, "unbilled": 20, "open_items": 40}),
    ("the rest delivered", delivered("D2", 40), {"unbilled": 60, "open_items": 40}),
    ("the rest invoiced", invoiced("I2", 60), {"open_items": 100}),
]
RETURNED: list[Step] = [
    *CHAIN[:2],
    ("some came back", delivered("D2", -10), {"orders": 50, "unbilled": 50}),
    ("the delivery was a mistake", delivered("D1", 60, state="cancelled"), {"orders": 100}),
]
SHORT: list[Step] = [
    *CHAIN[:3],
    ("closed short", ordered(100, state="closed"), {"unbilled": 20, "open_items": 40}),
    ("opened again", ordered(100), {"orders": 40, "unbilled": 20, "open_items": 40}),
    ("cancelled", ordered(100, state="cancelled"), {"unbilled": 20, "open_items": 40}),
]
OVER: list[Step] = [
    ("ordered", ordered(100), {"orders": 100}),
    ("more delivered than ordered", delivered("D1", 120), {"unbilled": 120}),
    ("more invoiced than delivered", invoiced("I1", 130), {"open_items": 130}),
    ("the invoice was too high", invoiced("I1", 90), {"unbilled": 30, "open_items": 90}),
    ("a credit note", invoiced("N1", -20, credits="I1"), {"unbilled": 30, "open_items": 70}),
]
BILL: list[Step] = [
    ("invoiced", invoiced("I1", 100), {"open_items": 100}),
    ("a bill pays it", billed("held"), {"bank_bills": 100}),
    ("passed on", billed("endorsed", recourse_until=date(2027, 1, 1)), {"bank_bills": 100}),
    ("it bounced", billed("bounced"), {"open_items": 100}),
    ("paid after all", billed("cleared"), {}),
]
KINDS: list[Step] = [
    ("invoiced", invoiced("I1", 100), {"open_items": 100}),
    ("commercial", billed("held", kind="commercial"), {"bills": 100}),
    ("a listed bank's", billed("held", kind="listed"), {"listed_bills": 100}),
    ("discounted, recourse over", billed("discounted", recourse_until=DAY), {}),
    ("returned", billed("returned"), {"open_items": 100}),
    ("over the invoice", billed("held", 150), {"bank_bills": 150, "unapplied": 50}),
]
CASH: list[Step] = [
    ("paid ahead", paid("R1", 50, "SO-1", prepayment=True), {"prepaid": 50}),
    ("other debts stay", invoiced("I0", 30, order_number=""), {"open_items": 30, "prepaid": 50}),
    ("its order's invoice", invoiced("I1", 80), {"open_items": 60}),
    ("too much cash", paid("R2", 100), {"unapplied": 40}),
    ("cash was a mistake", paid("R2", 70), {"unapplied": 10}),
]
ANNOUNCED: list[Step] = [
    ("invoiced", invoiced("I1", 100), {"open_items": 100}),
    ("announced only", paid("R1", 60, "I1", confirmed=False), {"open_items": 100}),
    ("the bank has it", paid("R1", 60, "I1", confirmed=True), {"open_items": 40}),
    (
        "a prepayment announced",
        paid("R2", 60, "SO-9", prepayment=True, confirmed=False),
        {"open_items": 40},
    ),
]


@pytest.mark.parametrize(
    "steps",
    [CHAIN, RETURNED, SHORT, OVER, BILL, KINDS, CASH, ANNOUNCED],
    ids=["chain", "returned", "short", "over", "bill", "kinds", "cash", "announced"],
)
def test_each_step_moves_value_and_undoing_it_moves_it_back(desk: Desk, steps: list[Step]) -> None:
    # Fails when a step frees another amount than the next takes, or when a reversal keeps it.
    from xinheng.limits.queries import reconcile
    from xinheng.receivables import queries

    stood: list[tuple[Any, dict[str, int]]] = []
    before: dict[str, int] = {}
    for what, step, expected in steps:
        batch, _ = step(desk)
        assert desk.carried() == expected, what
        stood.append((batch, before))
        before = expected
    assert reconcile() == [] and queries.reconcile() == []
    for batch, expected in reversed(stood):
        desk.undo(batch)
        assert desk.carried() == expected
    assert reconcile() == [] and queries.reconcile() == []


@pytest.mark.parametrize("steps", [CHAIN, BILL[:4], RETURNED[:3]], ids=["chain", "bill", "return"])
def test_along_the_chain_the_nominal_amount_stays(steps: list[Step]) -> None:
    amounts = {nominal(expected) for _, _, expected in steps}
    assert amounts == {100}


def test_the_worked_exposure_comes_out_of_documents(desk: Desk) -> None:
    """EXP-1: 600,000 open, 120,000 delivered, 90,000 on order, a bill of 150,000, 50,000 paid
    ahead, 30,000 of cash that names nothing: 880,000 of 1,000,000 in use.
    """
    from xinheng.limits.queries import usage

    yuan = 100
    desk.invoices(
        invoice("I1", 600_000 * yuan, DAY, DUE),
        invoice("I2", 150_000 * yuan, DAY, DUE),
    )
    desk.orders(order("SO-1", 210_000 * yuan, DAY))
    desk.deliveries(delivery("D1", 120_000 * yuan, DAY, "SO-1"))
    desk.bills(bill("B1", 150_000 * yuan, DAY, DUE, reference="I2"))
    desk.receipts(receipt("R1", 50_000 * yuan, DAY, "SO-1", prepayment=True))
    carried = {
        "open_items": 600_000 * yuan,
        "unbilled": 120_000 * yuan,
        "orders": 90_000 * yuan,
        "bills": 150_000 * yuan,
        "prepaid": 50_000 * yuan,
    }
    assert desk.carried() == carried
    # Cash that names nothing pays the oldest item at once: unapplied only where nothing is open.
    desk.receipts(receipt("R2", 30_000 * yuan, DAY))
    assert desk.carried() == carried | {"open_items": 570_000 * yuan}
    assert usage(desk.line()).used_minor == 880_000 * yuan


def test_a_delivery_without_an_order_is_billed_by_its_own_number(desk: Desk) -> None:
    desk.deliveries(delivery("D7", 70, DAY))
    assert desk.carried() == {"unbilled": 70}
    desk.invoices(invoice("I7", 50, DAY, DUE, order_number="D7"))
    assert desk.carried() == {"unbilled": 20, "open_items": 50}


def test_documents_of_a_scope_are_carried_by_its_line_and_cash_by_the_customer(desk: Desk) -> None:
    scope = "product:CEM-42"
    desk.orders(order("SO-1", 100, DAY, scope=scope))
    desk.deliveries(delivery("D1", 60, DAY, "SO-1"))
    desk.invoices(invoice("I1", 40, DAY, DUE, order_number="SO-1", scope=scope))
    assert desk.carried(scope=scope) == {"orders": 40, "unbilled": 20, "open_items": 40}
    desk.receipts(receipt("R1", 45, DAY))
    assert desk.carried(scope=scope) == {"orders": 40, "unbilled": 20}
    assert desk.carried() == {"unapplied": 5}
    desk.orders(order("SO-1", 100, DAY, scope=""))  # the order moves to the customer's own line
    assert desk.carried() == {"unapplied": 5, "orders": 40, "unbilled": 20}
    assert desk.carried(scope=scope) == {}


def test_a_credit_note_goes_to_the_invoice_it_corrects_first(desk: Desk) -> None:
    from xinheng.receivables.models import Invoice

    desk.invoices(invoice("I1", 100, DAY, DUE), invoice("I2", 100, DAY, DUE + timedelta(days=30)))
    desk.invoices(invoice("N1", -30, DAY, DAY, credits="I2"))
    assert dict(Invoice.objects.values_list("number", "open_minor")) == {
        "I1": 100,
        "I2": 70,
        "N1": 0,
    }


def test_guarantees_count_while_they_are_open(desk: Desk) -> None:
    desk.guarantees(guarantee("G1", 500, DAY, valid_until=AT.date()))
    assert desk.carried() == {"guarantees": 500}
    desk.guarantees(guarantee("G1", 500, DAY, state="ended"))
    assert desk.carried() == {}


def test_what_is_disputed_and_accepted_is_told_apart_by_day(desk: Desk) -> None:
    from xinheng.limits.models import DisputedDue

    def told() -> list[Any]:
        return list(DisputedDue.objects.values_list("due_on", "accepted_on", "open_minor"))

    accepted = date(2026, 11, 5)
    desk.invoices(invoice("I1", 100, DAY, DUE, dispute_accepted_on=accepted))
    assert told() == [(DUE, accepted, 100)]
    desk.receipts(receipt("R1", 30, DAY))
    assert told() == [(DUE, accepted, 70)]
    assert desk.carried() == {"open_items": 70}, "it leaves the overdue test, never the exposure"
    desk.invoices(invoice("I1", 100, DAY, DUE))
    assert told() == [(DUE, accepted, 70)], "not told is not told empty"
    desk.invoices(invoice("I1", 100, DAY, DUE, disputed=False))
    assert told() == []


def test_orders_are_kept_by_the_day_of_their_delivery(desk: Desk) -> None:
    from xinheng.limits.models import OrderDue

    later = date(2027, 3, 1)
    desk.orders(order("SO-1", 100, DAY, delivery_on=later), order("SO-2", 7, DAY))
    desk.deliveries(delivery("D1", 60, DAY, "SO-1"))
    assert list(OrderDue.objects.values_list("due_on", "open_minor")) == [(later, 40)]
    desk.orders(order("SO-1", 100, DAY, delivery_on=None))
    assert not OrderDue.objects.exists()


# --- Reservations: promised → covered by documents → promised again


def promise(desk: Desk, amount: int, *, covered: int = 0, scope: str = "") -> Any:
    """What an approved check of SO-1 leaves."""
    from xinheng.limits.actions import ensure_lines, lock_lines, reserve
    from xinheng.limits.models import Reservation
    from xinheng.limits.values import NewReservation

    line = desk.line()
    [line_id] = ensure_lines([(line.customer_id, "CNY", scope)], at=AT).values()
    lock_lines([line_id])
    end, ceiling = AT + timedelta(days=30), 99_000_000
    made = NewReservation(
        uuid4(), line_id, "SO-1", 1, amount, 0, ceiling, False, None, 1, end
    )._replace(delivery_on="2026-12-20", covered_before_minor=covered)
    reserve([made], at=AT)
    return Reservation.objects.get()


PROMISED: list[tuple[str, Callable[[Desk], Any], int, str]] = [
    ("the ERP has it", ordered(60), 40, "pending"),
    ("delivered in part", delivered("D1", 30), 40, "pending"),
    ("invoiced beyond the order", invoiced("I1", 80), 20, "pending"),
    ("the invoice was too high", invoiced("I1", 50), 40, "pending"),
    ("the order grew", ordered(100), 0, "posted"),
    ("and shrank", ordered(70), 30, "pending"),
    ("closed short", ordered(70, state="closed"), 0, "posted"),
    ("opened again", ordered(70), 30, "pending"),
]


@pytest.mark.parametrize("scope", ["", "project:BRIDGE"])
def test_a_reservation_follows_its_documents_both_ways(desk: Desk, scope: str) -> None:
    # Fails when a reservation only ever shrinks: a reversal would be credit for nobody.
    from xinheng.limits.models import OrderDue
    from xinheng.limits.queries import reconcile
    from xinheng.receivables import queries

    desk.invoices(invoice("I0", 1, DAY, DUE))
    made = promise(desk, 100, scope=scope)
    batches = []
    for what, step, left, state in PROMISED:
        batches.append(step(desk)[0])
        made.refresh_from_db()
        assert (made.amount_minor - made.posted_minor, made.state) == (left, state), what
        assert sum(OrderDue.objects.values_list("open_minor", flat=True)) == left
        assert reconcile() == [] and queries.reconcile() == [], what
    for batch in reversed(batches):
        desk.undo(batch)
    made.refresh_from_db()
    assert (made.posted_minor, made.state) == (0, "pending")
    assert reconcile() == [] and queries.reconcile() == []


def test_another_customers_documents_of_the_same_number_take_nothing(desk: Desk) -> None:
    desk.invoices(invoice("I0", 1, DAY, DUE))
    made = promise(desk, 100)
    desk.invoices(invoice("I1", 80, DAY, DUE, customer_code="C2", order_number="SO-1"))
    made.refresh_from_db()
    assert made.posted_minor == 0


def test_what_was_covered_before_the_promise_is_not_taken_out_of_it(desk: Desk) -> None:
    desk.invoices(invoice("I1", 80, DAY, DUE, order_number="SO-1"))
    made = promise(desk, 100, covered=80)
    desk.invoices(invoice("I2", 30, DAY, DUE, order_number="SO-1"))
    made.refresh_from_db()
    assert made.posted_minor == 30
