"""Why is it 1,234,567.00: components, weights and documents add up exactly, or an alarm rings."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from tests.receivables.conftest import Desk, invoice, order, receipt
from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.credit.exposure import Weights
from xinheng.credit.policy import shipped
from xinheng.decisions.actions import check_orders
from xinheng.limits.actions import Move, post
from xinheng.limits.models import CreditLine
from xinheng.portfolio.exposure import Explanation, Part, as_values, explain_line

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy():
    """Invoices partly paid, cash in hand, an ERP order, reservations, bills, a prepayment."""
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
    moves = [("bills", 99_99, "bill:B-1"), ("bills", 1, "bill:B-2"), ("prepaid", 30_00, "adv:1")]
    post([Move(line.pk, c, n, "test", document) for c, n, document in moves], at=AT)
    line.refresh_from_db()
    return line


def part(told: Explanation, name: str) -> Part:
    [found] = [part for part in told.parts if part.component == name]
    return found


def test_every_component_adds_up_to_the_cent_down_to_documents(busy):
    told = explain_line(busy, shipped())
    assert told.differences == ()
    assert told.used_minor == sum(part.counts_minor for part in told.parts)
    for one in told.parts:
        assert sum(document.open_minor for document in one.documents) == one.amount_minor
    opened = {document.number: document.open_minor for document in part(told, "orders").documents}
    assert opened == {"SO-1": 300_00, "PO-1#1": 80_00, "PO-2#1": 20_01, "SO-1#1": 10_00}
    assert {d.number: d.open_minor for d in part(told, "bills").documents} == {
        "bill:B-1": 99_99,
        "bill:B-2": 1,
    }


def test_weights_are_applied_and_told(busy):
    rule = msgspec.structs.replace(shipped(), exposure=Weights(bills=3_333))
    told = explain_line(busy, rule)
    assert (part(told, "bills").amount_minor, part(told, "bills").counts_minor) == (100_00, 33_33)
    assert told.used_minor == sum(one.counts_minor for one in told.parts)


@pytest.mark.parametrize("counter", ["open_items", "orders", "unapplied", "bills", "prepaid"])
def test_a_counter_that_differs_is_an_alarm_with_all_figures(busy, counter):
    # The broken build: an update that forgets the journal.
    field = f"{counter}_minor"
    CreditLine.objects.filter(pk=busy.pk).update(**{field: getattr(busy, field) + 1})
    [found] = explain_line(busy, shipped()).differences
    assert found.component == counter
    assert found.amount_minor == found.journal_minor + 1 == found.documents_minor + 1


def test_a_journal_entry_without_a_document_is_an_alarm_too(busy):
    post([Move(busy.pk, "open_items", 5, "test", "nothing")], at=AT)
    [found] = explain_line(busy, shipped()).differences
    assert (found.journal_minor - found.documents_minor, found.amount_minor) == (
        5,
        found.journal_minor,
    )


def test_more_documents_than_are_shown_still_add_up(busy):
    told = explain_line(busy, shipped(), most=1)
    orders = part(told, "orders")
    assert (len(orders.documents), orders.documents_count) == (1, 4)
    assert orders.agrees and orders.documents[0].number == "SO-1"


def test_for_scripts_parts_with_their_sign_add_up_to_used(busy):
    told = as_values(explain_line(busy, shipped()))
    from decimal import Decimal

    assert sum(Decimal(one["counts"]) for one in told["components"]) == Decimal(told["used"])
    assert told["agrees"] and told["limit"] == "5000.00" and "exceeded when" in told["rule"]
