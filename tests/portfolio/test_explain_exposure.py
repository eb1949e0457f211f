"""Why is it 1,234,567.00: components, weights and documents add up exactly, or an alarm rings."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from tests.receivables.conftest import Desk, invoice, order, receipt
from tests.world import AT, TODAY, ask, make_customer, make_line, make_world
from xinheng.credit.exposure import Weights
from xinheng.credit.policy import shipped
from xinheng.decisions.actions import check_orders
from xinheng.limits.actions import Move, post
from xinheng.limits.models import CreditLine
from xinheng.people.actor import of_user
from xinheng.people.models import User
from xinheng.portfolio.exposure import Explanation, Part, as_values, explain_line
from xinheng.receivables.models import Bill, Guarantee, Receipt

pytestmark = pytest.mark.django_db(transaction=True)
BANKS = ("bank_bills", "listed_bills")


@pytest.fixture
def busy():
    """Invoices partly paid, cash in hand, an ERP order, reservations, bills of each kind, a
    guarantee, a prepayment.
    """
    world = make_world()
    line = make_line(make_customer("C1", unit=world.units["EAST"]), 5_000_00)
    desk = Desk()
    desk.invoices(
        invoice("I-1", 100_00, date(2026, 9, 1), date(2027, 10, 1)),
        invoice("I-2", 234_56, date(2026, 10, 1), date(2027, 11, 1)),
        invoice("I-9", 50_00, date(2026, 8, 1), date(2026, 9, 1), settled_on=date(2026, 9, 1)),
        invoice("CN-1", -7_00, date(2026, 12, 1), date(2026, 12, 1)),
    )
    desk.receipts(receipt("R-1", 60_00, date(2026, 11, 1)))
    desk.orders(order("SO-1", 300_00, date(2026, 11, 2)))
    asks = [ask("PO-1", "C1", 80_00), ask("PO-2", "C1", 20_01), ask("SO-1", "C1", 310_00)]
    check_orders(asks, actor=world.actor("bob"), at=AT)
    papers(line)
    line.refresh_from_db()
    return line


def papers(line: CreditLine) -> None:
    """Bills, a guarantee and a prepayment, journalled as their room does it."""
    told = {"currency": "CNY", "customer_id": line.customer_id}
    bills = [("B-1", "commercial", 99_99), ("B-2", "commercial", 1), ("B-3", "bank", 50_00)]
    for number, kind, minor in [*bills, ("B-4", "listed", 7_00)]:
        days = {"received_on": date(2026, 11, 1), "due_on": date(2027, 2, 1)}
        Bill.objects.create(
            number=number, kind=kind, amount_minor=minor, counts_minor=minor, **days, **told
        )
    Guarantee.objects.create(
        number="G-1", amount_minor=40_00, counts_minor=40_00, issued_on=date(2026, 1, 1), **told
    )
    Receipt.objects.create(
        number="PRE-1", amount_minor=30_00, unapplied_minor=30_00, prepayment=True,
        received_on=date(2026, 11, 1), **told,
    )  # fmt: skip
    moves = [("bills", 100_00), ("bank_bills", 50_00), ("listed_bills", 7_00)]
    moves += [("guarantees", 40_00), ("prepaid", 30_00)]
    post([Move(line.pk, name, minor, "test", "papers") for name, minor in moves], at=AT)


def make_actor():
    return of_user(User.objects.get(username="bob"))


def part(told: Explanation, name: str) -> Part:
    [found] = [part for part in told.parts if part.component == name]
    return found


def test_every_component_adds_up_to_the_cent_down_to_documents(busy):
    told = explain_line(busy, shipped(), TODAY)
    assert told.differences == ()
    assert told.used_minor == sum(part.counts_minor for part in told.parts)
    for one in told.parts:
        assert sum(document.open_minor for document in one.documents) == one.amount_minor
    opened = {document.number: document.open_minor for document in part(told, "orders").documents}
    assert opened == {"SO-1": 300_00, "PO-1#1": 80_00, "PO-2#1": 20_01, "SO-1#1": 10_00}
    named = {d.number: (d.kind, d.open_minor) for d in part(told, "bills").documents}
    assert named == {"B-1": ("bill", 99_99), "B-2": ("bill", 1)}
    kinds = {name: part(told, name).documents[0].kind for name in ("guarantees", "prepaid")}
    assert kinds == {"guarantees": "guarantee", "prepaid": "receipt"}


def test_weights_are_applied_and_told(busy):
    rule = msgspec.structs.replace(shipped(), exposure=Weights(bills=3_333))
    told = explain_line(busy, rule, TODAY)
    assert (part(told, "bills").amount_minor, part(told, "bills").counts_minor) == (100_00, 33_33)
    assert told.used_minor == sum(one.counts_minor for one in told.parts)
    # the shipped policy: 20 % of what a bank accepted, nothing of what a listed bank did
    shares = {name: part(explain_line(busy, shipped(), TODAY), name).counts_minor for name in BANKS}
    assert shares == {"bank_bills": 10_00, "listed_bills": 0}


def test_orders_beyond_the_horizon_are_told_apart_and_weigh_less(busy):
    # The broken build: split the counter by today's documents only, without the day sums.
    asks = [ask("PO-8", "C1", 70_00, delivery_on="2027-03-01")]
    check_orders(asks, actor=make_actor(), at=AT)
    busy.refresh_from_db()
    rule = msgspec.structs.replace(shipped(), order_horizon_days=60, exposure=Weights(later=2_500))
    told = explain_line(busy, rule, TODAY)
    later = part(told, "later")
    assert (later.amount_minor, later.counts_minor) == (70_00, 17_50)
    assert [one.number for one in later.documents] == ["PO-8#1"]
    assert told.differences == () and told.horizon == date(2027, 1, 19)
    whole = explain_line(busy, shipped(), TODAY)
    assert part(whole, "orders").amount_minor == part(told, "orders").amount_minor + 70_00


@pytest.mark.parametrize(
    "counter",
    [
        "open_items",
        "unbilled",
        "orders",
        "unapplied",
        "prepaid",
        "bills",
        "bank_bills",
        "listed_bills",
        "guarantees",
    ],
)
def test_a_counter_that_differs_is_an_alarm_with_all_figures(busy, counter):
    # The broken build: an update that forgets the journal.
    field = f"{counter}_minor"
    CreditLine.objects.filter(pk=busy.pk).update(**{field: getattr(busy, field) + 1})
    [found] = explain_line(busy, shipped(), TODAY).differences
    assert found.component == counter
    assert found.amount_minor == found.journal_minor + 1 == found.documents_minor + 1


def test_a_journal_entry_without_a_document_is_an_alarm_too(busy):
    post([Move(busy.pk, "open_items", 5, "test", "nothing")], at=AT)
    [found] = explain_line(busy, shipped(), TODAY).differences
    assert (found.journal_minor - found.documents_minor, found.amount_minor) == (
        5,
        found.journal_minor,
    )


def test_more_documents_than_are_shown_still_add_up(busy):
    told = explain_line(busy, shipped(), TODAY, most=1)
    orders = part(told, "orders")
    assert (len(orders.documents), orders.documents_count) == (1, 4)
    assert orders.agrees and orders.documents[0].number == "SO-1"


def test_for_scripts_parts_with_their_sign_add_up_to_used(busy):
    told = as_values(explain_line(busy, shipped(), TODAY))
    from decimal import Decimal

    assert sum(Decimal(one["counts"]) for one in told["components"]) == Decimal(told["used"])
    assert told["agrees"] and told["limit"] == "5000.00" and "exceeded when" in told["rule"]
