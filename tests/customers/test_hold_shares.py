"""Shares of companies: told by one, verified by another; chains multiply, several add up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.customers.control import (
    NewShare,
    effective,
    end_share,
    enter_share,
    standing,
    verify_share,
)
from xinheng.customers.models import Control
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.refusals import Refused


@pytest.mark.parametrize(
    ("edges", "wanted"),
    [
        ({1: [(2, 6000), (3, 2000)], 2: [(3, 5000)]}, {2: ("60.00", 1), 3: ("50.00", 2)}),
        ({1: [(2, 5100)], 2: [(3, 5100)]}, {2: ("51.00", 1), 3: ("26.01", 1)}),
        ({1: [(2, 6000)], 2: [(1, 3000), (3, 5000)]}, {2: ("60.00", 1), 3: ("30.00", 1)}),
        ({}, {}),
    ],
)
def test_chains_multiply_and_several_add_up_and_rings_are_cut(edges, wanted) -> None:
    found = {one.customer: one for one in effective(1, edges)}
    assert {pk: (str(one.percent), one.chains) for pk, one in found.items()} == wanted
    assert any(one.cut for one in found.values()) == (
        1 in {b for e in edges.values() for b, _ in e}
    )


def test_a_share_of_a_share_is_exact() -> None:
    (_, last) = effective(1, {1: [(2, 3333)], 2: [(3, 3333)]})
    assert last.share == Decimal("0.11108889")


@pytest.fixture
def people(db: None) -> tuple[World, Actor, Actor]:
    world = make_world()
    create_user(
        *("ann", PASSWORD),
        name="ann",
        roles=["credit_manager"],
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    for code in ("A", "B", "C"):
        make_customer(code, unit=world.units["EAST"])
    return world, world.actor("alice"), of_user(User.objects.get(username="ann"))


def share(owner: str, owned: str, bps: int, **more: Any) -> NewShare:
    told = {"kind": "equity", "source": "公示系统", **more}
    return NewShare(owner, owned, share_bps=bps, **told)


def refused(act: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        act(*args, at=AT, **more)
    return str(caught.value.code.name)


def test_another_person_makes_a_share_stand_and_the_next_one_ends_it(people) -> None:
    _, alice, ann = people
    first = enter_share(share("A", "B", 6000), actor=alice, at=AT)
    assert not Control.objects.filter(standing(TODAY)).exists()
    assert refused(verify_share, first.pk, actor=alice) == "CONTROL_OWN"
    verify_share(first.pk, actor=ann, at=AT)
    second = enter_share(share("A", "B", 7000), actor=alice, at=AT)
    assert refused(enter_share, share("A", "B", 1), actor=alice) == "CONTROL_WAITS"
    verify_share(second.pk, actor=ann, at=AT)
    assert list(Control.objects.filter(standing(TODAY))) == [second]
    end_share(second.pk, "股权已转让", actor=alice, at=AT)
    assert not Control.objects.filter(standing(TODAY)).exists() and Control.objects.count() == 2


def test_shares_never_add_up_to_more_than_the_whole(people) -> None:
    """Broken build: a sum over all kinds, or one that counts the share which is replaced."""
    _, alice, ann = people
    for owner, bps in (("A", 6000), ("C", 4000)):
        made = enter_share(share(owner, "B", bps), actor=alice, at=AT)
        verify_share(made.pk, actor=ann, at=AT)
    voting = enter_share(share("A", "B", 10_000, kind="voting"), actor=alice, at=AT)
    verify_share(voting.pk, actor=ann, at=AT)
    more = enter_share(share("C", "B", 4001), actor=alice, at=AT)
    assert refused(verify_share, more.pk, actor=ann) == "CONTROL_TOO_MUCH"


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (share("A", "B", 0), "BAD_SHARE"),
        (share("A", "B", 10_001), "BAD_SHARE"),
        (share("A", "B", 1, kind="love"), "CONTROL_KIND"),
        (share("A", "B", 1, source=" "), "CONTROL_SOURCE"),
        (share("A", "A", 1), "ITSELF"),
        (share("A", "Z", 1), "CUSTOMER_UNKNOWN"),
    ],
)
def test_what_can_t_be_is_refused(people, new, why) -> None:
    assert refused(enter_share, new, actor=people[1]) == why


def test_who_may_not_edit_enters_verifies_and_ends_nothing(people) -> None:
    world, alice, _ = people
    made = enter_share(share("A", "B", 6000), actor=alice, at=AT)
    bob = world.actor("bob")
    assert refused(enter_share, share("A", "C", 1), actor=bob) == "NOT_ALLOWED"
    assert refused(verify_share, made.pk, actor=bob) == "NOT_ALLOWED"
    assert refused(end_share, made.pk, "股权已转让", actor=bob) == "NOT_ALLOWED"
