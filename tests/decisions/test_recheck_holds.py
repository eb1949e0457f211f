"""Held orders are decided again by state, in the order the policy states, when the cash covers only
some of them.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.world import AT, TODAY, World, ask, make_customer, make_line, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import cancel, check_orders
from xinheng.decisions.forcing import lift_forced, place_hold
from xinheng.decisions.models import Decision, Hold, Override, Recheck
from xinheng.decisions.rechecking import (
    recheck_due,
    recheck_hold,
    recheck_horizon,
    replays,
)
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import release_hold
from xinheng.decisions.reviewing import ask_review, review_of
from xinheng.limits.actions import Move, post
from xinheng.limits.locking import lock_lines
from xinheng.limits.models import CreditLine, OpenDue, Reservation
from xinheng.limits.queries import reconcile
from xinheng.limits.values import DisputedShift, DueShift
from xinheng.policies.models import Policy
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "客户周五付款，先放行"
LATER = AT + timedelta(minutes=1)


@pytest.fixture
def world() -> World:
    """C1: 1,000.00, used to the last cent by guarantees that can be given back."""
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, guarantees=1_000_00)
    return world


def policy(**changes: Any) -> None:
    """Another version of the live policy goes live."""
    from xinheng.policies.queries import forget

    live = Policy.objects.get(kind="order_check", status="live")
    Policy.objects.filter(pk=live.pk).update(status="retired", retired_at=AT)
    Policy.objects.create(
        kind="order_check",
        name=live.name,
        version=live.version + 1,
        status="live",
        body={**live.body, **changes, "version": live.version + 1},
        created_at=AT,
        live_from=AT,
    )
    forget()


def held(world: World, ref: str, amount_minor: int, at: Any = AT, **extra: Any) -> UUID:
    asked = ask(ref, "C1", amount_minor, **extra)
    [answer] = check_orders([asked], actor=world.actor("bob"), at=at)
    decision = UUID(str(answer.decision_id))
    assert Hold.objects.get(pk=decision).state == "waiting"
    return decision


def receive(amount_minor: int, at: Any = AT) -> None:
    """Room on C1's line: as cash would make it, in one movement."""
    from django.db import transaction

    line = CreditLine.objects.get(customer__code="C1")
    with transaction.atomic():
        lock_lines([line.pk])
        post([Move(line.pk, "guarantees", -amount_minor, "test", "receipt:1")], at=at)


def ready() -> list[str]:
    rows = Hold.objects.filter(ready=True, state="waiting")
    return sorted(rows.values_list("decision__order_ref", flat=True))


def released() -> list[str]:
    rows = Hold.objects.filter(state="released")
    return sorted(rows.values_list("decision__order_ref", flat=True))


# --- What is found by state


def test_a_hold_is_looked_at_once_until_something_moves(world: World) -> None:
    held(world, "PO-1", 100_00)
    assert recheck_due(at=LATER) == 1  # the first look says what it stands on
    assert recheck_due(at=LATER) == 0
    receive(50_00)
    assert recheck_due(at=LATER) == 1
    assert recheck_due(at=LATER) == 0


def pay(world: World) -> None:
    receive(1)


def shift_a_due_date(world: World) -> None:
    line = CreditLine.objects.get()
    post([], [DueShift(line.pk, date(2026, 12, 1), 0)], at=AT)


def accept_a_dispute(world: World) -> None:
    line = CreditLine.objects.get()
    post([], disputed_shifts=[DisputedShift(line.pk, TODAY, TODAY, 5)], at=AT)


def change_the_status(world: World) -> None:
    Customer.objects.update(status="watch")


def rate_anew(world: World) -> None:
    from xinheng.decisions.models import Rating

    Rating.objects.update(grade="A")


def raise_the_limit(world: World) -> None:
    CreditLine.objects.update(amount_minor=1_000_01)


def change_the_policy(world: World) -> None:
    policy(sla_hours=5)


def record_a_rate(world: World) -> None:
    from xinheng.almanac.models import Rate

    Rate.objects.create(
        kind="mid",
        base="EUR",
        quote="CNY",
        day=TODAY,
        rate="7.8",
        source="test",
        entered_by="t",
        entered_at=AT,
    )


MOVES = [
    *(pay, shift_a_due_date, accept_a_dispute, change_the_status, rate_anew, raise_the_limit),
    *(change_the_policy, record_a_rate),
]


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
def test_whatever_a_check_reads_makes_it_due(world: World, move: Any) -> None:
    held(world, "PO-1", 100_00)
    recheck_due(at=LATER)
    move(world)
    assert recheck_due(at=LATER) == 1


def test_a_day_that_goes_by_makes_it_due(world: World) -> None:
    held(world, "PO-1", 100_00)
    recheck_due(at=LATER)
    assert recheck_due(at=LATER + timedelta(days=1)) == 1


def test_a_change_that_began_before_the_hold_and_commits_after_it_is_noticed(world: World) -> None:
    # An import's instant is its beginning: clocks would say that nothing came after the hold.
    held(world, "PO-1", 100_00)
    recheck_due(at=LATER)
    receive(100_00, at=AT - timedelta(hours=1))
    assert recheck_due(at=LATER) == 1
    assert ready() == ["PO-1"]


def test_another_customers_money_moves_nothing(world: World) -> None:
    make_line(make_customer("C2", unit=world.units["EAST"]), 0)
    held(world, "PO-1", 100_00)
    recheck_due(at=LATER)
    CreditLine.objects.filter(customer__code="C2").update(amount_minor=5)
    assert recheck_due(at=LATER) == 0


# --- Who comes first


ORDERS = [  # ref, amount, opened so many minutes later, delivery
    ("PO-1", 300_00, 0, "2026-12-20"),
    ("PO-2", 200_00, 1, None),
    ("PO-3", 250_00, 2, "2026-12-01"),
]


@pytest.mark.parametrize(
    ("order", "cash", "first"),
    [
        ("oldest", 300_00, ["PO-1"]),
        ("smallest", 300_00, ["PO-2"]),
        ("delivery", 300_00, ["PO-3"]),
        ("oldest", 500_00, ["PO-1", "PO-2"]),
        ("smallest", 500_00, ["PO-2", "PO-3"]),
        ("delivery", 550_00, ["PO-1", "PO-3"]),
        ("oldest", 250_00, ["PO-2"]),  # the first does not fit; who fits next gets it
        ("oldest", 750_00, ["PO-1", "PO-2", "PO-3"]),
        ("oldest", 199_99, []),
    ],
)
@pytest.mark.parametrize("by_itself", [False, True], ids=["ready only", "released"])
def test_the_stated_order_decides_who_gets_the_room(
    world: World, order: str, cash: int, first: list[str], by_itself: bool
) -> None:
    policy(release_order=order, auto_release=by_itself)
    for ref, amount, minutes, delivery in ORDERS:
        held(world, ref, amount, AT + timedelta(minutes=minutes), delivery_on=delivery)
    receive(cash)
    recheck_due(at=AT + timedelta(minutes=9))
    assert (released() if by_itself else ready()) == first
    assert Reservation.objects.count() == (len(first) if by_itself else 0)
    assert recheck_due(at=AT + timedelta(minutes=9)) == 0
    assert [row for row in reconcile() if "due date" not in row["component"]] == []


# --- Released by itself


def test_what_passes_is_reserved_without_an_override_and_says_why(world: World) -> None:
    policy(auto_release=True)
    order = held(world, "PO-1", 100_00)
    receive(100_00)
    recheck_due(at=LATER)
    hold, reservation = Hold.objects.get(), Reservation.objects.get()
    assert (hold.state, hold.ended_by, hold.ended_at) == ("released", None, LATER)
    assert "自动放行" in hold.reason
    assert reservation.override_id is None
    assert not Override.objects.exists()
    assert (reservation.state, reservation.amount_minor) == ("pending", 100_00)
    assert Decision.objects.get().reservation_id == reservation.pk
    recheck = Recheck.objects.get()
    assert (recheck.cause, recheck.outcome, recheck.released) == ("moved", "approve", True)
    assert recheck.entry_id is not None
    cancel(order, actor=world.actor("bob"), at=LATER)
    assert CreditLine.objects.get().orders_minor == 0


def test_the_record_of_each_change_is_replayed(world: World) -> None:
    held(world, "PO-1", 100_00)
    held(world, "PO-2", 50_00, AT + timedelta(seconds=1))
    Customer.objects.update(status="watch")
    recheck_due(at=LATER)
    receive(120_00)
    recheck_due(at=LATER)
    rows = list(Recheck.objects.order_by("at", "id"))
    assert {row.codes for row in rows} == {
        "headroom_exceeded,status_not_active",
        "status_not_active",
    } or len(rows) >= 3
    assert all(replays(row) for row in rows)


def test_a_look_that_changes_nothing_leaves_no_record(world: World) -> None:
    held(world, "PO-1", 100_00)
    for cents in (1, 2, 3):
        receive(cents)
        recheck_due(at=LATER)
    assert not Recheck.objects.exists()


def test_what_a_person_keeps_is_only_shown_as_ready(world: World) -> None:
    policy(auto_release=True)
    order = held(world, "PO-1", 100_00)
    alice = world.actor("alice")
    place_hold(order, WHY, actor=alice, at=AT)
    receive(100_00)
    recheck_due(at=LATER)
    assert (ready(), released()) == (["PO-1"], [])
    lift_forced(order, WHY, actor=alice, at=LATER)
    recheck_due(at=LATER)
    assert released() == ["PO-1"]


def test_what_a_person_keeps_takes_no_room_from_the_next(world: World) -> None:
    policy(auto_release=True)
    kept = held(world, "PO-1", 100_00)
    held(world, "PO-2", 100_00, AT + timedelta(seconds=1))
    place_hold(kept, WHY, actor=world.actor("alice"), at=AT)
    receive(100_00)
    recheck_due(at=LATER)
    assert released() == ["PO-2"]


def test_a_line_that_is_stopped_releases_nothing(world: World) -> None:
    policy(auto_release=True)
    held(world, "PO-1", 100_00)
    CreditLine.objects.update(forced_hold=True, guarantees_minor=0)
    recheck_due(at=LATER)
    hold = Hold.objects.get()
    assert (hold.state, hold.ready, hold.codes_left) == ("waiting", False, "limit_forced_hold")


def test_an_unknown_that_becomes_known_is_looked_at(world: World) -> None:
    CreditLine.objects.filter(customer__code="C1").update(amount_minor=9_000_00)
    held(world, "PO-1", 100_00, currency="EUR")
    recheck_due(at=LATER)
    assert "exchange_rate_unknown" in Hold.objects.get().codes_left
    record_a_rate(world)
    recheck_due(at=LATER)
    assert ready() == ["PO-1"]


def test_a_review_that_somebody_asked_for_is_answered_by_the_release(world: World) -> None:
    policy(auto_release=True)
    order = held(world, "PO-1", 100_00)
    ask_review(order, "请人看一下", actor=world.actor("bob"), at=AT)
    receive(100_00)
    recheck_due(at=LATER)
    asked = review_of(order)
    assert asked is not None
    assert (asked.answered_by, asked.answered_at) == (None, LATER)


def test_a_person_and_the_round_release_an_order_once(world: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    policy(auto_release=True)
    orders = [held(world, f"PO-{n}", 10_00, AT + timedelta(seconds=n)) for n in range(12)]
    receive(120_00)
    alice = world.actor("alice")

    def by_hand() -> int:
        done = 0
        for order in reversed(orders):
            try:
                release_hold(order, WHY, actor=alice, at=LATER)
                done += 1
            except Refused as refused:
                assert refused.code is DecisionRefusal.NOT_WAITING
        connections.close_all()
        return done

    def by_itself() -> int:
        looked = recheck_due(at=LATER)
        connections.close_all()
        return looked

    with ThreadPoolExecutor(2) as both:
        hand, round_ = both.submit(by_hand), both.submit(by_itself)
        released_by_hand, _ = hand.result(), round_.result()
    recheck_due(at=LATER)
    assert len(released()) == 12
    assert Reservation.objects.count() == 12
    assert Override.objects.count() == released_by_hand
    assert CreditLine.objects.get(customer__code="C1").orders_minor == 120_00


def test_a_hold_that_ended_is_not_looked_at(world: World) -> None:
    order = held(world, "PO-1", 100_00)
    release_hold(order, WHY, actor=world.actor("alice"), at=AT)
    assert recheck_due(at=LATER) == 0


# --- A person wants a look now


def test_a_person_may_want_a_look_now(world: World) -> None:
    order = held(world, "PO-1", 100_00)
    receive(100_00)
    assert recheck_hold(order, actor=world.actor("bob"), at=LATER).ready is True
    assert Recheck.objects.get().cause == "person"


def test_a_stranger_may_not(world: World) -> None:
    order = held(world, "PO-1", 100_00)
    for name, code in [
        ("dora", DecisionRefusal.NOT_ALLOWED),
        ("eve", DecisionRefusal.UNKNOWN_DECISION),
    ]:
        with pytest.raises(Refused) as caught:
            recheck_hold(order, actor=world.actor(name), at=LATER)
        assert caught.value.code is code


# --- Orders that come near


def near(world: World, ref: str, amount_minor: int, delivery: date) -> UUID:
    asked = ask(ref, "C1", amount_minor, delivery_on=delivery.isoformat())
    [answer] = check_orders([asked], actor=world.actor("bob"), at=AT)
    return UUID(str(answer.decision_id))


@pytest.mark.parametrize(
    ("amount_minor", "state"),
    [(50_00, "pending"), (50_01, "voided")],
    ids=["fits", "a cent too much"],
)
def test_an_order_that_comes_within_the_horizon_is_decided_again(
    world: World, amount_minor: int, state: str
) -> None:
    policy(order_horizon_days=30)
    receive(50_00)
    near(world, "PO-1", amount_minor, TODAY + timedelta(days=40))
    assert recheck_horizon(at=AT + timedelta(days=9)) == 0  # still beyond
    at = AT + timedelta(days=10)
    assert recheck_horizon(at=at) == 1
    assert Reservation.objects.get().state == state
    recheck = Recheck.objects.get()
    assert recheck.cause == "horizon"
    assert replays(recheck)
    if state == "voided":
        hold = Hold.objects.get()
        assert (hold.state, hold.kind, hold.codes) == ("waiting", "hold", "headroom_exceeded")
        assert CreditLine.objects.get().orders_minor == 0
    assert recheck_horizon(at=at) == 0
    assert not OpenDue.objects.exists()


def test_without_a_horizon_nothing_comes_near(world: World) -> None:
    assert recheck_horizon(at=AT) == 0
