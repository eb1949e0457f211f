"""A cover adds its share to the ceiling on its days, and nothing before, after, or once ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.limits.test_grant_proposals import director, refusal
from tests.world import AT, TODAY, make_customer, make_line, make_world
from xinheng.ledger.models import PendingEntry
from xinheng.limits.card import ceiling_on
from xinheng.limits.covering import end_cover, enter_cover
from xinheng.limits.granting import bring_due_in_force
from xinheng.limits.models import Cover
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.values import NewCover
from xinheng.people.models import Authority

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def line(world):
    return make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)


def cover(line, **more: Any) -> NewCover:
    fields: dict[str, Any] = {
        "kind": "insurance",
        "reference": "P-1",
        "amount_minor": 500_00,
        "share_bps": 9_000,
        "valid_from": TODAY,
        "valid_until": TODAY + timedelta(days=9),
    }
    return NewCover(line.pk, **(fields | more))


def ceiling(line, days: int = 0) -> int | None:
    bring_due_in_force(today=TODAY + timedelta(days=days), at=AT + timedelta(days=days))
    line.refresh_from_db()
    return ceiling_on(line, TODAY + timedelta(days=days))


def test_it_adds_its_share_until_its_last_day(world, line):
    entries = PendingEntry.objects.count()
    enter_cover(cover(line), actor=world.actor("alice"), at=AT)
    assert [ceiling(line, n) for n in (0, 9, 10)] == [1_450_00, 1_450_00, 1_000_00]
    assert PendingEntry.objects.count() == entries + 1


def test_one_that_lies_ahead_begins_on_its_day(world, line):
    ahead = cover(line, valid_from=TODAY + timedelta(days=3))
    enter_cover(ahead, actor=world.actor("alice"), at=AT)
    assert [ceiling(line, n) for n in (0, 2, 3)] == [1_000_00, 1_000_00, 1_450_00]


def test_ended_it_adds_nothing_from_now_on(world, line):
    alice = world.actor("alice")
    made = enter_cover(cover(line), actor=alice, at=AT)
    end_cover(made, "保单已被保险人解除", actor=alice, at=AT)
    assert ceiling(line) == 1_000_00
    assert refusal(lambda: end_cover(made, "保单已解除", actor=alice, at=AT)) is (
        LimitRefusal.UNKNOWN_COVER
    )
    assert Cover.objects.get().ended_by == alice.ref
    enter_cover(cover(line), actor=alice, at=AT)  # the same policy, in force again


def test_the_same_one_twice_is_refused(world, line):
    alice = world.actor("alice")
    enter_cover(cover(line), actor=alice, at=AT)
    assert refusal(lambda: enter_cover(cover(line), actor=alice, at=AT)) is LimitRefusal.COVER_ONCE
    enter_cover(cover(line, kind="guarantee"), actor=alice, at=AT)
    assert ceiling(line) == 1_900_00


def test_what_the_line_gives_with_it_is_within_authority(world, line):
    # Catches an authority judged on the cover alone: 450.00 would do.
    alice = world.actor("alice")
    mine = Authority.objects.filter(role_id="credit_manager", action="grant_line")
    mine.update(up_to_minor=1_449_99)
    assert refusal(lambda: enter_cover(cover(line), actor=alice, at=AT)) is (
        LimitRefusal.ABOVE_AUTHORITY
    )
    mine.update(up_to_minor=1_450_00)
    enter_cover(cover(line), actor=alice, at=AT)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "promise"},
        {"reference": ""},
        {"amount_minor": 0},
        {"share_bps": 10_001},
        {"valid_until": TODAY - timedelta(days=1)},
    ],
)
def test_half_a_cover_is_refused(world, line, fields):
    work = lambda: enter_cover(cover(line, **fields), actor=world.actor("alice"), at=AT)  # noqa: E731
    assert refusal(work) is LimitRefusal.BAD_COVER


def test_who_may_not_or_sees_not_enters_nothing(world, line):
    bob, west = world.actor("bob"), director(world, "WEST")
    assert refusal(lambda: enter_cover(cover(line), actor=bob, at=AT)) is LimitRefusal.NOT_ALLOWED
    assert refusal(lambda: enter_cover(cover(line), actor=west, at=AT)) is LimitRefusal.UNKNOWN_LINE
