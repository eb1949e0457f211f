"""An order's whole life, read from what the rooms keep: every step, and where its value is now."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.world import AT, TODAY, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import cancel, check_orders
from xinheng.decisions.forcing import place_hold
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.intake.actions import open_batch
from xinheng.ledger.models import PendingEntry
from xinheng.merkle.commitment import read_leaf
from xinheng.people.actor import of_key
from xinheng.people.models import ApiKey
from xinheng.portfolio.order_life import Person, order_life
from xinheng.receivables.actions import record_invoices, record_orders, record_receipts
from xinheng.receivables.rows import InvoiceRow, OrderRow, ReceiptRow

pytestmark = pytest.mark.django_db(transaction=True)
ZONE = ZoneInfo("Asia/Shanghai")
REFS = ["PO-7", "合同/2026/0001 号", "a/b//c", "订" * 80, "PO 7#1?x=%", "..", "PO&<b>7"]


@pytest.fixture
def world():
    world = make_world()
    customer = make_customer("C1", unit=world.units["EAST"])
    make_line(customer, 100_000_00)
    return world


def check(world, ref, minor, at=AT, **extra):
    [answer] = check_orders([ask(ref, "C1", minor, **extra)], actor=world.actor("bob"), at=at)
    return Decision.objects.get(pk=answer.decision_id)


def life(world, ref, who="bob"):
    return order_life(getattr(world, who), ref, zone=ZONE)


def entry_of(kind):
    """The only entry of a kind."""
    rows = PendingEntry.objects.all()
    [found] = [row.entry_id for row in rows if read_leaf(bytes(row.leaf))["kind"] == kind]
    return found


def kinds(found):
    return [event.kind for event in found.events]


def batch(world, kind):
    return open_batch(kind, f"{kind}.csv", "0" * 64, {}, actor=world.actor("alice"), at=AT)


def record(world, kind, action, row):
    action([row], batch=batch(world, kind), actor=world.actor("alice"), at=AT)


@pytest.mark.parametrize("ref", REFS)
def test_any_order_number_has_a_life(world, ref):
    check(world, ref, 60_000_00)
    found = life(world, ref)
    assert kinds(found) == ["asked", "reserved"]
    assert found.events[0].who.name == "bob" and found.events[0].entry_id
    [standing] = found.standing
    assert standing.promised_minor == standing.total_minor == 60_000_00


def test_a_released_hold_tells_who_by_which_authority_and_why(world):
    held = check(world, "PO-7", 180_000_00)
    release_hold(
        held.pk, "老客户，同意放行", actor=world.actor("alice"), at=AT + timedelta(hours=1)
    )
    found = life(world, "PO-7")
    assert kinds(found)[:2] == ["asked", "held"]
    [released] = [event for event in found.events if event.kind == "released"]
    assert released.who.name == "alice" and "credit_manager" in released.authority
    assert released.reason == "老客户，同意放行" and released.entry_id
    assert "headroom_exceeded" in found.events[0].codes
    assert found.standing[0].promised_minor == 180_000_00


def test_while_it_waits_its_value_waits_and_rejected_it_is_freed(world):
    held = check(world, "PO-7", 180_000_00)
    assert life(world, "PO-7").standing[0].waiting_minor == 180_000_00
    reject_hold(held.pk, "逾期太久了", actor=world.actor("alice"), at=AT)
    found = life(world, "PO-7")
    last = found.events[-1]
    assert (last.kind, last.reason, last.who.name) == ("rejected", "逾期太久了", "alice")
    assert last.entry_id == entry_of("hold.rejected")
    assert found.standing[0].freed_minor == 180_000_00


def test_each_version_stands_there_and_the_newest_speaks(world):
    check(world, "PO-7", 60_000_00)
    check(world, "PO-7", 90_000_00, AT + timedelta(days=1), version=2)
    found = life(world, "PO-7")
    asked = [(e.version, e.amount_minor) for e in found.events if e.kind == "asked"]
    assert asked == [(1, 60_000_00), (2, 90_000_00)]
    assert "reservation_ended" in kinds(found)
    assert found.standing[0].promised_minor == found.standing[0].asked_minor == 90_000_00


def test_cancelled_it_holds_nothing(world):
    decision = check(world, "PO-7", 60_000_00)
    cancel(decision.pk, actor=world.actor("bob"), at=AT + timedelta(hours=2))
    found = life(world, "PO-7")
    assert {"reservation_ended", "cancelled"} <= set(kinds(found))
    [cancelled] = [event for event in found.events if event.kind == "cancelled"]
    assert cancelled.who.name == "bob" and cancelled.entry_id == entry_of("order_check.cancelled")
    assert found.standing[0].freed_minor == 60_000_00


def test_a_held_order_that_is_cancelled_tells_both_ends_by_one_entry(world):
    held = check(world, "PO-7", 180_000_00)
    cancel(held.pk, actor=world.actor("bob"), at=AT + timedelta(hours=2))
    ends = [e for e in life(world, "PO-7").events if e.kind in ("hold_ended", "cancelled")]
    assert [end.who.name for end in ends] == ["bob", "bob"]
    assert {end.entry_id for end in ends} == {entry_of("order_check.cancelled")}


def test_what_a_machine_cancelled_names_its_key_and_who_stands_behind_it(world):
    scopes = ["orders.check"]
    key = ApiKey.objects.create(
        prefix="xk_a", secret_sha256=b"0" * 32, name="ERP", scopes=scopes, created_at=AT
    )
    for number, owner in enumerate([None, world.bob]):
        key.owner = owner
        key.save()
        decision = check(world, f"PO-{number}", 60_000_00)
        cancel(decision.pk, actor=of_key(key), at=AT)
        [cancelled] = [e for e in life(world, f"PO-{number}").events if e.kind == "cancelled"]
        assert cancelled.who == Person(owner.name if owner else "", "", "ERP")


def test_a_hold_opened_anew_has_no_end(world):
    held = check(world, "PO-7", 180_000_00)
    alice = world.actor("alice")
    release_hold(held.pk, "老客户，同意放行", actor=alice, at=AT)
    assert Hold.objects.get(pk=held.pk).ended_entry_id == entry_of("hold.released")
    place_hold(held.pk, "客户来电要求暂停", actor=alice, at=AT)
    again = Hold.objects.get(pk=held.pk)
    assert again.state == "waiting" and again.ended_entry_id is None


def test_papers_take_the_value_over_step_by_step(world):
    check(world, "PO-7", 60_000_00)
    told = {"customer_code": "C1", "currency": "CNY"}
    day = TODAY
    order = OrderRow(number="PO-7", amount_minor=60_000_00, ordered_on=TODAY, **told)
    record(world, "orders", record_orders, order)
    invoice = InvoiceRow(
        number="I-1", amount_minor=40_000_00, issued_on=day, due_on=day, order_number="PO-7", **told
    )
    record(world, "invoices", record_invoices, invoice)
    paid = ReceiptRow(
        number="R-1", amount_minor=10_000_00, received_on=day, reference="I-1", **told
    )
    record(world, "receipts", record_receipts, paid)
    found = life(world, "PO-7")
    assert kinds(found)[-3:] == ["ordered", "invoiced", "paid"]
    assert found.events[-1].who.name == "alice" and found.events[-1].batch_id
    [standing] = found.standing
    assert dict(standing.parts) | {"total": standing.total_minor} == {
        "waiting": 0,
        "promised": 20_000_00,
        "delivered": 0,
        "invoiced": 30_000_00,
        "bills": 0,
        "paid": 10_000_00,
        "credited": 0,
        "freed": 0,
        "total": 60_000_00,
    }


def test_a_strangers_order_does_not_exist(world):
    check(world, "PO-7", 60_000_00)
    assert life(world, "PO-7", "eve") is None
    assert life(world, "PO-7", "dora") is not None
    assert life(world, "nobody's") is None
