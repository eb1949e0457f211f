"""Orders are decided once, in order, against the locked line; what is approved is reserved."""

from __future__ import annotations

import json

import pytest

from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Decision, Hold
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import CreditLine, Reservation
from xinheng.limits.queries import reconcile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


def check(world, *asks, who="bob"):
    return check_orders(list(asks), actor=world.actor(who), at=AT)


def told(answer):
    return json.loads(answer.body)


def test_an_order_within_the_line_is_approved_and_reserved(world):
    line = make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_000_00)
    [answer] = check(world, ask("PO-1", "C1", 180_000_00))
    body = told(answer)
    assert (answer.status, body["outcome"], body["reasons"]) == (200, "approve", [])
    assert body["exposure"]["after"] == "180000.00"
    assert body["exposure"]["headroom"] == "1000000.00"
    assert body["reservation"]["amount"] == "180000.00"
    assert body["ledger"]["status"] == "recorded"
    assert body["decided_at"] == "2026-11-20T02:00:00.000Z"
    line.refresh_from_db()
    assert (line.orders_minor, line.line_version) == (180_000_00, 1)
    assert Reservation.objects.get().state == "pending"
    assert PendingEntry.objects.filter(entry_id=Decision.objects.get().entry_id).exists()
    assert reconcile() == []


def test_the_example_of_the_reference_is_held_and_tells_the_figures(world):
    make_line(
        make_customer("C1", unit=world.units["EAST"]),
        1_000_000_00,
        open_items=600_000_00,
        unbilled=120_000_00,
        orders=90_000_00,
        bills=150_000_00,
        unapplied=30_000_00,
        prepaid=50_000_00,
    )
    [answer] = check(world, ask("PO-1", "C1", 180_000_00))
    body = told(answer)
    assert body["outcome"] == "hold"
    assert body["exposure"]["used"] == "880000.00"
    assert body["exposure"]["headroom"] == "120000.00"
    [reason] = body["reasons"]
    assert (reason["code"], reason["measured"], reason["threshold"]) == (
        "headroom_exceeded",
        "1060000.00",
        "1000000.00",
    )
    assert reason["text"]["zh"] == "加上本单后占用 1,060,000.00 元，超过授信额度 1,000,000.00 元。"
    assert body["reservation"] is None
    assert Hold.objects.get().state == "waiting"


def test_exactly_the_last_cent_passes_and_one_more_does_not(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 100)
    [full] = check(world, ask("PO-1", "C1", 100))
    [more] = check(world, ask("PO-2", "C1", 1))
    assert told(full)["outcome"] == "approve"
    assert told(more)["outcome"] == "hold"


def test_each_order_of_a_list_sees_what_the_ones_before_it_reserved(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 100)
    answers = check(world, *[ask(f"PO-{n}", "C1", 40) for n in range(4)])
    assert [told(a)["outcome"] for a in answers] == ["approve", "approve", "hold", "hold"]
    assert CreditLine.objects.get().orders_minor == 80
    assert reconcile() == []


def test_the_same_request_gets_the_same_bytes_for_ever(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1000)
    [first] = check(world, ask("PO-1", "C1", 100))
    [again] = check(world, ask("PO-1", "C1", 100))
    both = check(world, ask("PO-1", "C1", 100), ask("PO-1", "C1", 100))
    assert again.body == first.body and again.replayed
    assert {answer.body for answer in both} == {first.body}
    assert Decision.objects.count() == 1
    assert CreditLine.objects.get().orders_minor == 100


def test_another_body_under_the_same_key_is_refused_and_changes_nothing(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1000)
    check(world, ask("PO-1", "C1", 100))
    [other] = check(world, ask("PO-1", "C1", 101))
    assert (other.status, other.body) == (422, b"")
    assert CreditLine.objects.get().orders_minor == 100


def test_a_new_version_takes_the_place_of_the_old_reservation(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1000)
    check(world, ask("PO-1", "C1", 900))
    [second] = check(world, ask("PO-1", "C1", 950, version=2))
    assert told(second)["outcome"] == "approve"
    assert sorted(Reservation.objects.values_list("order_version", "state")) == [
        (1, "replaced"),
        (2, "pending"),
    ]
    assert CreditLine.objects.get().orders_minor == 950
    [late] = check(world, ask("PO-1", "C1", 10, version=1))
    assert late.status == 422
    assert reconcile() == []


def test_an_older_version_after_a_newer_one_is_refused(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1000)
    check(world, ask("PO-1", "C1", 100, version=3))
    [late] = check(world, ask("PO-1", "C1", 100, version=2))
    assert late.status == 409


def test_two_versions_in_one_list_are_decided_one_after_the_other(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1000)
    answers = check(world, ask("PO-1", "C1", 100), ask("PO-1", "C1", 200, version=2))
    assert [answer.status for answer in answers] == [200, 200]
    assert CreditLine.objects.get().orders_minor == 200
    assert reconcile() == []


def test_a_version_for_another_customer_frees_the_first_ones_line(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1000)
    make_line(make_customer("C2", unit=world.units["EAST"]), 1000)
    check(world, ask("PO-1", "C1", 100))
    check(world, ask("PO-1", "C2", 100, version=2))
    used = dict(CreditLine.objects.values_list("customer__code", "orders_minor"))
    assert used == {"C1": 0, "C2": 100}


def test_an_unknown_customer_and_a_strangers_customer_are_both_404(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1000)
    make_line(make_customer("C2", unit=None), 1000)
    answers = check(world, ask("A", "C1", 1), ask("B", "C2", 1), ask("C", "none", 1), who="eve")
    assert [answer.status for answer in answers] == [404, 404, 404]
    assert Decision.objects.count() == 0


def test_without_a_line_or_a_limit_there_is_no_credit(world):
    make_customer("C1", unit=world.units["EAST"])
    [answer] = check(world, ask("PO-1", "C1", 1, currency="USD"))
    body = told(answer)
    assert body["outcome"] == "hold"
    assert body["exposure"]["limit"] is None
    assert "limit_unset" in [reason["code"] for reason in body["reasons"]]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("active", "approve"), ("watch", "refer"), ("blocked", "hold"), ("closed", "decline")],
)
def test_the_customers_status_decides(world, status, outcome):
    make_line(make_customer("C1", unit=world.units["EAST"], status=status), 1000)
    [answer] = check(world, ask("PO-1", "C1", 1))
    assert told(answer)["outcome"] == outcome


def test_an_auditor_may_not_ask(world):
    from xinheng.refusals import Refused

    with pytest.raises(Refused):
        check(world, ask("PO-1", "C1", 1), who="dora")


def erp_order(customer, number, amount_minor):
    """An open order of the ERP as an import leaves it: counted in the line's orders."""
    from xinheng.limits.actions import Move, post
    from xinheng.receivables.models import Order, OrderChain

    chained = {"ordered_minor": amount_minor, "open_minor": amount_minor}
    OrderChain.objects.create(customer=customer, number=number, currency="CNY", **chained)
    Order.objects.create(
        customer=customer,
        number=number,
        currency="CNY",
        amount_minor=amount_minor,
        open_minor=amount_minor,
        ordered_on=AT.date(),
    )
    line = CreditLine.objects.get(customer=customer)
    post([Move(line.pk, "orders", amount_minor, "order", f"order:{number}")], at=AT)


@pytest.mark.parametrize(
    ("asked", "outcome", "reserved"),
    [(900, "approve", 0), (1000, "approve", 100), (800, "approve", 0), (1001, "hold", 0)],
)
def test_an_order_that_the_erp_told_us_already_never_counts_twice(world, asked, outcome, reserved):
    customer = make_customer("C1", unit=world.units["EAST"])
    make_line(customer, 1000)
    erp_order(customer, "PO-1", 900)
    [answer] = check(world, ask("PO-1", "C1", asked))
    body = told(answer)
    assert (body["outcome"], body["exposure"]["used"]) == (outcome, "0.00")
    assert CreditLine.objects.get().orders_minor == 900 + reserved
    assert reconcile() == []


def test_a_held_version_that_the_same_list_replaces_does_not_wait_on(world):
    # Fails when holds of the list are written after the superseding: both versions would wait, and
    # releasing both would promise one order twice.
    make_line(make_customer("C1", unit=world.units["EAST"]), 100_00)
    first, second = check(world, ask("PO-1", "C1", 200_00), ask("PO-1", "C1", 150_00, version=2))
    assert (told(first)["outcome"], told(second)["outcome"]) == ("hold", "hold")
    states = dict(Hold.objects.values_list("decision__version", "state"))
    assert states == {1: "superseded", 2: "waiting"}


def test_a_stranger_can_not_take_the_place_of_an_order_it_does_not_see(world):
    # Fails when only the new version's customer is looked at: Eve would free Bob's reservation.
    line = make_line(make_customer("C1", unit=world.units["EAST"]), 100_00)
    make_line(make_customer("W1", unit=world.units["WEST"]), 100_00)
    check(world, ask("PO-1", "C1", 60_00))
    [again] = check(world, ask("PO-1", "W1", 1_00, version=2), who="eve")
    assert (again.status, again.body, again.decision_id) == (422, b"", None)
    line.refresh_from_db()
    assert (line.orders_minor, Reservation.objects.get().state) == (60_00, "pending")
    [same] = check(world, ask("PO-1", "W1", 1_00), who="eve")
    assert (same.status, same.body, same.decision_id) == (422, b"", None)
