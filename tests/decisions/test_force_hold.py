"""A person's stop: an order is held because somebody wants it so, and nothing releases it by
itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.world import AT, World, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import cancel, check_orders, expire_due
from xinheng.decisions.forcing import force_holds, lift_forced, place_hold
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import release_hold
from xinheng.decisions.replaying import replay_decision
from xinheng.limits.models import CreditLine, Reservation
from xinheng.limits.queries import reconcile
from xinheng.people.models import Role
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "收货地址不对，先停"


@pytest.fixture
def world() -> World:
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    return world


def checked(world: World, ref: str, amount_minor: int, **extra: Any) -> UUID:
    asked = ask(ref, "C1", amount_minor, **extra)
    [answer] = check_orders([asked], actor=world.actor("bob"), at=AT)
    return UUID(str(answer.decision_id))


def refusal(act: Any, *args: Any, **kwargs: Any) -> Any:
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value.code


def test_a_stopped_order_gives_its_credit_back_and_waits(world: World) -> None:
    order = checked(world, "PO-1", 400_00)
    place_hold(order, WHY, actor=world.actor("alice"), at=AT)
    hold = Hold.objects.get()
    assert (hold.state, hold.forced, hold.ready, hold.codes) == ("waiting", True, False, "")
    assert hold.reason == WHY
    assert hold.due_at is not None
    assert Reservation.objects.get().state == "voided"
    assert CreditLine.objects.get().orders_minor == 0
    assert reconcile() == []


def test_a_held_order_is_kept(world: World) -> None:
    order = checked(world, "PO-1", 1_400_00)
    place_hold(order, WHY, actor=world.actor("alice"), at=AT)
    hold = Hold.objects.get()
    assert (hold.forced, hold.codes) == (True, "headroom_exceeded")


def test_a_released_order_is_stopped_again_and_released_again(world: World) -> None:
    order = checked(world, "PO-1", 1_400_00)
    alice = world.actor("alice")
    release_hold(order, WHY, actor=alice, at=AT)
    place_hold(order, WHY, actor=alice, at=AT)
    assert (Hold.objects.get().state, CreditLine.objects.get().orders_minor) == ("waiting", 0)
    release_hold(order, WHY, actor=alice, at=AT)
    assert (Hold.objects.get().state, CreditLine.objects.get().orders_minor) == (
        "released",
        1_400_00,
    )
    assert reconcile() == []


def test_the_first_answer_is_replayed_after_a_stop_and_a_release(world: World) -> None:
    order = checked(world, "PO-1", 400_00)
    alice = world.actor("alice")
    place_hold(order, WHY, actor=alice, at=AT + timedelta(minutes=1))
    release_hold(order, WHY, actor=alice, at=AT + timedelta(minutes=2))
    assert replay_decision(Decision.objects.get()).result == "identical"
    cancel(order, actor=alice, at=AT)
    assert CreditLine.objects.get().orders_minor == 0


def test_lifting_the_stop_releases_nothing(world: World) -> None:
    order = checked(world, "PO-1", 400_00)
    alice = world.actor("alice")
    place_hold(order, WHY, actor=alice, at=AT)
    lift_forced(order, WHY, actor=alice, at=AT)
    hold = Hold.objects.get()
    assert (hold.state, hold.forced, hold.seen) == ("waiting", False, "")
    assert refusal(lift_forced, order, WHY, actor=alice, at=AT) is DecisionRefusal.NOT_FORCED


def test_what_holds_no_credit_can_not_be_stopped(world: World) -> None:
    alice = world.actor("alice")
    cancelled = checked(world, "PO-1", 100_00)
    cancel(cancelled, actor=alice, at=AT)
    expired = checked(world, "PO-2", 100_00)
    expire_due(at=AT + timedelta(days=99))
    for order in (cancelled, expired):
        assert refusal(place_hold, order, WHY, actor=alice, at=AT) is (
            DecisionRefusal.NOTHING_TO_HOLD
        )


def test_only_the_newest_version_can_be_stopped(world: World) -> None:
    first = checked(world, "PO-1", 100_00)
    checked(world, "PO-1", 200_00, version=2)
    assert refusal(place_hold, first, WHY, actor=world.actor("alice"), at=AT) is (
        DecisionRefusal.SUPERSEDED
    )
    assert CreditLine.objects.get().orders_minor == 200_00


def test_who_may_stop(world: World) -> None:
    order = checked(world, "PO-1", 100_00)
    assert refusal(place_hold, order, WHY, actor=world.actor("bob"), at=AT) is (
        DecisionRefusal.NOT_ALLOWED
    )
    assert refusal(place_hold, order, "  ", actor=world.actor("alice"), at=AT) is (
        DecisionRefusal.REASON_REQUIRED
    )
    world.eve.roles.add(Role.objects.get(code="credit_manager"))
    assert refusal(place_hold, order, WHY, actor=world.actor("eve"), at=AT) is (
        DecisionRefusal.UNKNOWN_DECISION
    )


def test_many_are_stopped_each_by_itself(world: World) -> None:
    good, held = checked(world, "PO-1", 100_00), checked(world, "PO-2", 5_000_00)
    told = force_holds([good, UUID(int=7), held], WHY, actor=world.actor("alice"), at=AT)
    assert [one.refused is None for one in told] == [True, False, True]
    assert Hold.objects.filter(state="waiting", forced=True).count() == 2
