"""Notices are found by state and told once: to who asked and to who may judge it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.world import AT, PASSWORD, TODAY, World, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Hold, Notice, ReviewRequest
from xinheng.decisions.notices import escalate, look_after, mark_read, of_user, tell, unread
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user as acting
from xinheng.people.actor import system
from xinheng.people.deputies import appoint_deputy
from xinheng.people.models import Authority, User

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "客户已承诺周五付款"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def held(world: World) -> Any:
    """Bob's order of 1,200.00 on a line of 1,000.00."""
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    [answer] = check_orders([ask("PO-1", "C1", 1_200_00)], actor=world.actor("bob"), at=AT)
    return answer.decision_id


def told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("user__username", "kind"))


def person(name: str, role: str, unit: str | None) -> User:
    return create_user(
        name,
        PASSWORD,
        name=name,
        roles=[role],
        unit_code=unit,
        sees_all_units=unit is None,
        actor=system("tests"),
        at=AT,
    )


HELD = {("bob", "held"), ("alice", "held"), ("root", "held")}


def test_a_hold_is_told_to_who_asked_and_to_who_may_release(world: World, held: Any) -> None:
    person("west", "credit_manager", "WEST")  # another unit
    person("east", "credit_manager", "EAST")
    assert look_after(at=AT) == 4
    assert told() == HELD | {("east", "held")}


def test_everything_is_told_once(world: World, held: Any) -> None:
    assert look_after(at=AT) == 3
    assert look_after(at=AT + timedelta(minutes=1)) == 0


def test_whose_authority_does_not_cover_the_order_is_not_told(world: World, held: Any) -> None:
    Authority.objects.filter(role_id="credit_manager").update(up_to_minor=1_199_99)
    person("fang", "finance_director", None)
    look_after(at=AT)
    assert told() == {("bob", "held"), ("fang", "held")}


def test_a_deputy_is_told_in_anothers_place(world: World, held: Any) -> None:
    Authority.objects.filter(role_id="credit_manager").update(up_to_minor=1_199_99)
    fang = User.objects.get(pk=person("fang", "finance_director", None).pk)
    appoint_deputy(fang, world.alice, TODAY, TODAY, actor=acting(fang), at=AT)
    look_after(at=AT)
    assert told() == {("bob", "held"), ("fang", "held"), ("alice", "held")}


def test_who_asked_and_may_release_is_told_as_who_asked_only(world: World) -> None:
    make_line(make_customer("C1", unit=world.units["EAST"]), 0)
    [answer] = check_orders([ask("PO-1", "C1", 5)], actor=world.actor("alice"), at=AT)
    Hold.objects.filter(pk=answer.decision_id).update(escalated_at=AT)
    tell(at=AT)
    assert told() == {("alice", "held"), ("root", "held"), ("root", "overdue")}


@pytest.mark.parametrize(
    ("minutes", "late"),
    [(-1, False), (0, False), (1, True)],
    ids=["before", "to the minute", "after"],
)
def test_a_hold_is_escalated_once_it_is_past_its_time(
    world: World, held: Any, minutes: int, late: bool
) -> None:
    Hold.objects.update(due_at=AT + timedelta(hours=4))
    at = AT + timedelta(hours=4, minutes=minutes)
    look_after(at=at)
    assert (Hold.objects.get().escalated_at == at) is late
    expected = {("alice", "overdue"), ("root", "overdue")} if late else set()
    assert told() == HELD | expected
    assert escalate(at=at) == 0


@pytest.mark.parametrize(("act", "kind"), [(release_hold, "released"), (reject_hold, "rejected")])
def test_who_asked_learns_how_it_ended(world: World, held: Any, act: Any, kind: str) -> None:
    look_after(at=AT)
    act(held, WHY, actor=world.actor("alice"), at=AT)
    assert look_after(at=AT) == 1
    assert told() == HELD | {("bob", kind)}


def test_who_withdraws_their_own_order_need_not_be_told(world: World, held: Any) -> None:
    world.bob.roles.add("credit_manager")
    reject_hold(held, WHY, actor=world.actor("bob"), at=AT)
    assert look_after(at=AT) == 0


def test_old_news_is_not_told(world: World, held: Any) -> None:
    release_hold(held, WHY, actor=world.actor("alice"), at=AT)
    assert look_after(at=AT + timedelta(days=8)) == 0


def test_a_hold_that_nothing_stands_against_is_told(world: World, held: Any) -> None:
    look_after(at=AT)
    Hold.objects.update(ready=True)
    look_after(at=AT)
    assert told() - HELD == {("bob", "ready"), ("alice", "ready"), ("root", "ready")}


def test_a_wish_for_a_person_is_told_to_who_may_judge(world: World, held: Any) -> None:
    ReviewRequest.objects.create(decision_id=held, asked_by="key:1", words="请人看", asked_at=AT)
    look_after(at=AT)
    assert told() - HELD == {("alice", "review_asked"), ("root", "review_asked")}


def test_a_notice_is_read_by_its_person_only(world: World, held: Any) -> None:
    look_after(at=AT)
    mine = Notice.objects.get(user=world.bob)
    assert mark_read([mine.pk], actor=world.actor("alice"), at=AT) == 0
    assert mark_read([mine.pk], actor=world.actor("bob"), at=AT) == 1
    assert mark_read(None, actor=world.actor("bob"), at=AT) == 0
    assert list(unread(world.bob)) == []
    assert len(unread(world.alice)) == 1


def test_a_notice_goes_with_the_sight_of_its_customer(world: World, held: Any) -> None:
    look_after(at=AT)
    User.objects.filter(pk=world.bob.pk).update(business_unit=world.units["WEST"])
    assert list(of_user(User.objects.get(pk=world.bob.pk))) == []
