"""A deputy releases in a person's absence: on that person's authority, up to the ceiling, and never
in the place of who asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.world import AT, PASSWORD, TODAY, World, ask, make_customer, make_line, make_world
from xinheng.decisions.actions import check_orders
from xinheng.decisions.models import Hold, Override
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import release_hold
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.deputies import appoint_deputy, end_deputy
from xinheng.people.models import Authority, Role, User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "年底旺季，客户已承诺周五付款"
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    """A line of 1,000.00; Alice herself may release up to 500.00 only, Fang up to 9,000.00."""
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    for role, cap in [("credit_manager", 500_00), ("finance_director", 9_000_00)]:
        Authority.objects.filter(role_id=role).update(up_to_minor=cap)
    return world


@pytest.fixture
def fang(world: World) -> User:
    made = create_user(
        "fang",
        PASSWORD,
        name="fang",
        roles=["finance_director"],
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    return User.objects.get(pk=made.pk)


def held(world: World, ref: str = "PO-1", by: Any = None) -> Any:
    asked = ask(ref, "C1", 1_200_00)
    [answer] = check_orders([asked], actor=by or world.actor("bob"), at=AT)
    return answer.decision_id


def appoint(fang: User, world: World, **extra: Any) -> Any:
    given = {"valid_from": TODAY, "valid_until": TODAY + 3 * DAY, **extra}
    return appoint_deputy(fang, world.alice, **given, actor=of_user(fang), at=AT)


def refusal(world: World, order: Any, at: Any = AT, who: str = "alice") -> Any:
    with pytest.raises(Refused) as caught:
        release_hold(order, WHY, actor=world.actor(who), at=at)
    assert Hold.objects.get(pk=order).state == "waiting"
    return caught.value.code


def test_a_deputy_releases_on_the_person_s_authority_and_it_says_so(
    world: World, fang: User
) -> None:
    order = held(world)
    assert refusal(world, order) is DecisionRefusal.ABOVE_AUTHORITY
    appoint(fang, world)
    release_hold(order, WHY, actor=world.actor("alice"), at=AT)
    override = Override.objects.get()
    assert override.person == world.alice
    assert f"finance_director: 9000.00 CNY for user:{fang.pk}" in override.authority


@pytest.mark.parametrize(
    ("ceiling", "code"),
    [
        (1_200_00, None),
        (1_199_99, DecisionRefusal.ABOVE_AUTHORITY),
    ],
)
def test_the_ceiling_is_on_what_is_used_after_the_release(
    world: World, fang: User, ceiling: int, code: Any
) -> None:
    order = held(world)
    appoint(fang, world, currency="CNY", up_to_minor=ceiling)
    if code is None:
        release_hold(order, WHY, actor=world.actor("alice"), at=AT)
    else:
        assert refusal(world, order) is code


@pytest.mark.parametrize("days", [-1, 4], ids=["before", "after"])
def test_a_deputy_decides_only_in_the_days_named(world: World, fang: User, days: int) -> None:
    order = held(world)
    first, last = (TODAY + DAY, TODAY + 2 * DAY) if days < 0 else (TODAY, TODAY + 3 * DAY)
    appoint(fang, world, valid_from=first, valid_until=last)
    at = AT if days < 0 else AT + days * DAY
    assert refusal(world, order, at) is DecisionRefusal.ABOVE_AUTHORITY


def test_an_ended_deputy_is_none(world: World, fang: User) -> None:
    made = appoint(fang, world)
    end_deputy(made.pk, actor=of_user(fang), at=AT)
    assert refusal(world, held(world)) is DecisionRefusal.ABOVE_AUTHORITY


def test_nobody_releases_in_the_place_of_who_asked(world: World, fang: User) -> None:
    # Fang asks, and appoints Alice: her authority in Fang's place would be Fang's own yes.
    fang.roles.add(Role.objects.get(code="sales"))
    order = held(world, by=of_user(User.objects.get(pk=fang.pk)))
    appoint(fang, world)
    assert refusal(world, order) is DecisionRefusal.ABOVE_AUTHORITY
    Authority.objects.filter(role_id="credit_manager").update(up_to_minor=5_000_00)
    release_hold(order, WHY, actor=world.actor("alice"), at=AT)  # on her own
    assert "for user" not in Override.objects.get().authority


def test_who_asked_does_not_release_as_another_s_deputy(world: World, fang: User) -> None:
    order = held(world, by=world.actor("alice"))
    appoint(fang, world)
    assert refusal(world, order) is DecisionRefusal.REQUESTER_MAY_NOT_RELEASE


def test_who_asked_for_an_earlier_version_may_not_release_the_later_one(
    world: World, fang: User
) -> None:
    held(world, by=world.actor("alice"))
    asked = ask("PO-1", "C1", 1_300_00, version=2)
    [answer] = check_orders([asked], actor=world.actor("bob"), at=AT)
    Authority.objects.update(up_to_minor=9_000_00)
    assert refusal(world, answer.decision_id) is DecisionRefusal.REQUESTER_MAY_NOT_RELEASE


def test_a_deputy_stays_within_their_own_sight(world: World, fang: User) -> None:
    order = held(world)
    world.eve.roles.add(Role.objects.get(code="credit_manager"))
    eve = User.objects.get(pk=world.eve.pk)
    appoint_deputy(fang, eve, TODAY, TODAY, actor=of_user(fang), at=AT)
    assert refusal(world, order, who="eve") is DecisionRefusal.UNKNOWN_DECISION
