"""A hold is released or rejected by a person with authority who is not the one who asked."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import cancel, check_orders, expire_due
from xinheng.decisions.models import Hold, Override
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import CreditLine, Reservation
from xinheng.limits.queries import reconcile
from xinheng.people.models import Authority, Role
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "年底旺季，客户已承诺周五付款"


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def held(world):
    """An order of 1,200.00 on a line of 1,000.00, asked by Bob."""
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    [answer] = check_orders([ask("PO-1", "C1", 1_200_00)], actor=world.actor("bob"), at=AT)
    assert json.loads(answer.body)["outcome"] == "hold"
    return answer.decision_id


def refused(call, *args, **kwargs):
    before = (Hold.objects.get().state, CreditLine.objects.get().orders_minor)
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    assert (Hold.objects.get().state, CreditLine.objects.get().orders_minor) == before
    return caught.value.code


def test_a_release_reserves_with_an_override_that_names_person_authority_and_reason(world, held):
    release_hold(held, WHY, actor=world.actor("alice"), at=AT)
    override = Override.objects.get()
    assert (override.person, override.reason) == (world.alice, WHY)
    assert (override.amount_minor, override.excess_minor) == (1_200_00, 200_00)
    assert override.authority.startswith("credit_manager")
    reservation = Reservation.objects.get()
    assert reservation.override_id == override.pk
    assert (reservation.state, reservation.ceiling_minor) == ("pending", 1_000_00)
    assert CreditLine.objects.get().orders_minor == 1_200_00
    assert Hold.objects.get().state == "released"
    assert PendingEntry.objects.filter(entry_id=override.entry_id).exists()
    assert reconcile() == []


def test_the_one_who_asked_cannot_release_even_with_the_authority(world, held):
    world.bob.roles.add(Role.objects.get(code="credit_manager"))
    code = refused(release_hold, held, WHY, actor=world.actor("bob"), at=AT)
    assert code is DecisionRefusal.REQUESTER_MAY_NOT_RELEASE


def test_a_salesman_has_not_the_permission(world, held):
    assert refused(release_hold, held, WHY, actor=world.actor("bob"), at=AT) is (
        DecisionRefusal.NOT_ALLOWED
    )


def test_a_release_above_the_authority_is_refused(world, held):
    Authority.objects.filter(role_id="credit_manager", action="release_hold").update(
        up_to_minor=1_199_99
    )
    code = refused(release_hold, held, WHY, actor=world.actor("alice"), at=AT)
    assert code is DecisionRefusal.ABOVE_AUTHORITY


def test_exactly_the_authority_is_enough(world, held):
    Authority.objects.filter(role_id="credit_manager", action="release_hold").update(
        up_to_minor=1_200_00
    )
    release_hold(held, WHY, actor=world.actor("alice"), at=AT)
    assert Hold.objects.get().state == "released"


@pytest.mark.parametrize("reason", ["", "   ", "ok"])
def test_the_reason_must_be_in_words(world, held, reason):
    code = refused(release_hold, held, reason, actor=world.actor("alice"), at=AT)
    assert code is DecisionRefusal.REASON_REQUIRED


def test_a_stranger_does_not_even_learn_that_it_exists(world, held):
    world.eve.roles.add(Role.objects.get(code="credit_manager"))
    code = refused(release_hold, held, WHY, actor=world.actor("eve"), at=AT)
    assert code is DecisionRefusal.UNKNOWN_DECISION
    missing = UUID(int=7)
    assert refused(release_hold, missing, WHY, actor=world.actor("alice"), at=AT) is (
        DecisionRefusal.UNKNOWN_DECISION
    )


def test_a_hold_ends_once(world, held):
    reject_hold(held, WHY, actor=world.actor("alice"), at=AT)
    assert refused(release_hold, held, WHY, actor=world.actor("alice"), at=AT) is (
        DecisionRefusal.NOT_WAITING
    )
    assert CreditLine.objects.get().orders_minor == 0


def test_a_closed_customers_hold_cannot_be_released(world, held):
    from xinheng.customers.models import Customer

    Customer.objects.update(status="closed")
    code = refused(release_hold, held, WHY, actor=world.actor("alice"), at=AT)
    assert code is DecisionRefusal.CUSTOMER_CLOSED


def test_cancelling_a_held_order_takes_it_out_of_the_queue(world, held):
    cancel(held, actor=world.actor("bob"), at=AT)
    assert Hold.objects.get().state == "cancelled"
    cancel(held, actor=world.actor("bob"), at=AT)


def test_a_new_version_makes_the_old_hold_moot(world, held):
    check_orders([ask("PO-1", "C1", 900_00, version=2)], actor=world.actor("bob"), at=AT)
    assert Hold.objects.get().state == "superseded"
    assert CreditLine.objects.get().orders_minor == 900_00


def test_a_reservation_past_its_time_gives_its_credit_back_once(world):
    from datetime import timedelta

    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    check_orders([ask("PO-1", "C1", 400_00)], actor=world.actor("bob"), at=AT)
    assert expire_due(at=AT + timedelta(days=29)) == 0
    assert expire_due(at=AT + timedelta(days=30)) == 1
    assert expire_due(at=AT + timedelta(days=30)) == 0
    assert CreditLine.objects.get().orders_minor == 0
    assert Reservation.objects.get().state == "expired"
    assert reconcile() == []
