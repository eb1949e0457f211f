"""News of customers, or of nobody: told once, seen with the customer, read by its own person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.decisions.test_notices import held  # noqa: F401
from tests.world import AT, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.models import Notice
from xinheng.decisions.notices import NewNotice, look_after, mark_read, of_user, tell_about, unread
from xinheng.people.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return make_world()


def of_bob(world: World, customer: Customer | None, about: str = "SX-1:turn") -> NewNotice:
    return NewNotice(world.bob.pk, "application", customer and customer.pk, about)


def test_the_same_news_is_told_once(world: World) -> None:
    # Catches a missing `on conflict`, and one whose key is wider than person, kind and thing.
    customer = make_customer("C1", unit=world.units["EAST"])
    row = of_bob(world, customer)
    assert tell_about([row, row], at=AT) == 1
    assert tell_about([row], at=AT + timedelta(days=1)) == 0
    assert Notice.objects.get().told_at == AT
    others = [row._replace(user_id=world.alice.pk), row._replace(kind="offer")]
    assert tell_about([*others, row._replace(about="SX-1:passed")], at=AT) == 3


def test_nothing_to_tell_is_no_statement(world: World, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert tell_about([], at=AT) == 0


def test_who_has_left_is_not_told(world: World) -> None:
    User.objects.filter(pk=world.bob.pk).update(is_active=False)
    assert tell_about([of_bob(world, None)], at=AT) == 0


@pytest.mark.parametrize("about", ["", "x" * 121])
def test_what_it_is_about_is_said_in_so_many_letters(world: World, about: str) -> None:
    with pytest.raises(ValueError, match="about"):
        tell_about([of_bob(world, None, about)], at=AT)


def test_news_of_a_customer_goes_with_the_sight_of_it_and_one_s_own_stays(world: World) -> None:
    # Catches `of_user` that filters by the order's customer alone, and one that forgets the unit.
    east = make_customer("C1", unit=world.units["EAST"])
    west = make_customer("C2", unit=world.units["WEST"])
    rows = [of_bob(world, east, "a"), of_bob(world, west, "b"), of_bob(world, None, "c")]
    tell_about(rows, at=AT)
    assert {one.about for one in of_user(world.bob)} == {"a", "c"}
    tell_about([one._replace(user_id=world.alice.pk) for one in rows], at=AT)
    assert {one.about for one in of_user(world.alice)} == {"a", "b", "c"}


def test_orders_and_other_news_are_counted_and_read_together(world: World, held) -> None:  # noqa: F811
    look_after(at=AT)
    tell_about([of_bob(world, None)], at=AT + timedelta(minutes=1))
    assert [one.kind for one in unread(world.bob)] == ["application", "held"]
    assert mark_read(None, actor=world.actor("bob"), at=AT) == 2
    assert not unread(world.bob).exists()
