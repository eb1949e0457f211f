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
from xinheng.limits.held_back import nobody
from xinheng.limits.models import Cover
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.suspending import resume_lines, suspend_lines
from xinheng.limits.values import NewCover
from xinheng.people.actor import system
from xinheng.people.models import Authority
from xinheng.texts import T

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
    enter_cover(cover(line), held_back=nobody, actor=world.actor("alice"), at=AT)
    assert [ceiling(line, n) for n in (0, 9, 10)] == [1_450_00, 1_450_00, 1_000_00]
    assert PendingEntry.objects.count() == entries + 1


def test_one_that_lies_ahead_begins_on_its_day(world, line):
    ahead = cover(line, valid_from=TODAY + timedelta(days=3))
    enter_cover(ahead, held_back=nobody, actor=world.actor("alice"), at=AT)
    assert [ceiling(line, n) for n in (0, 2, 3)] == [1_000_00, 1_000_00, 1_450_00]


def test_ended_it_adds_nothing_from_now_on(world, line):
    alice = world.actor("alice")
    made = enter_cover(cover(line), held_back=nobody, actor=alice, at=AT)
    end_cover(made, "保单已被保险人解除", actor=alice, at=AT)
    assert ceiling(line) == 1_000_00
    assert refusal(lambda: end_cover(made, "保单已解除", actor=alice, at=AT)) is (
        LimitRefusal.UNKNOWN_COVER
    )
    assert Cover.objects.get().ended_by == alice.ref
    enter_cover(
        cover(line), held_back=nobody, actor=alice, at=AT
    )  # the same policy, in force again


def test_the_same_one_twice_is_refused(world, line):
    alice = world.actor("alice")
    enter_cover(cover(line), held_back=nobody, actor=alice, at=AT)
    assert (
        refusal(lambda: enter_cover(cover(line), held_back=nobody, actor=alice, at=AT))
        is LimitRefusal.COVER_ONCE
    )
    enter_cover(cover(line, kind="guarantee"), held_back=nobody, actor=alice, at=AT)
    assert ceiling(line) == 1_900_00


def test_what_the_line_gives_with_it_is_within_authority(world, line):
    # Catches an authority judged on the cover alone: 450.00 would do.
    alice = world.actor("alice")
    mine = Authority.objects.filter(role_id="credit_manager", action="grant_line")
    mine.update(up_to_minor=1_449_99)
    assert refusal(lambda: enter_cover(cover(line), held_back=nobody, actor=alice, at=AT)) is (
        LimitRefusal.ABOVE_AUTHORITY
    )
    mine.update(up_to_minor=1_450_00)
    enter_cover(cover(line), held_back=nobody, actor=alice, at=AT)


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
    asked, alice = cover(line, **fields), world.actor("alice")
    work = lambda: enter_cover(asked, held_back=nobody, actor=alice, at=AT)  # noqa: E731
    assert refusal(work) is LimitRefusal.BAD_COVER


def test_who_may_not_or_sees_not_enters_nothing(world, line):
    bob, west = world.actor("bob"), director(world, "WEST")
    assert (
        refusal(lambda: enter_cover(cover(line), held_back=nobody, actor=bob, at=AT))
        is LimitRefusal.NOT_ALLOWED
    )
    assert (
        refusal(lambda: enter_cover(cover(line), held_back=nobody, actor=west, at=AT))
        is LimitRefusal.UNKNOWN_LINE
    )


# --- A stop takes it too, and who is held back gets no more


def test_under_a_suspension_a_cover_adds_nothing_and_comes_back_with_the_limit(world, line):
    # Catches a ceiling that a cover keeps above zero, and covers that stay away for good.
    alice = world.actor("alice")
    enter_cover(cover(line), held_back=nobody, actor=alice, at=AT)
    assert suspend_lines([line.pk], "营业执照已到期", actor=system("licence"), at=AT) == 1
    assert ceiling(line) == 0
    enter_cover(cover(line, reference="P-2"), held_back=nobody, actor=alice, at=AT)
    assert ceiling(line) == 0
    assert resume_lines([line.pk], "已换证，额度恢复", actor=system("licence"), at=AT) == 1
    assert ceiling(line) == 1_900_00


def test_a_limit_of_zero_with_a_cover_is_suspended_too(world):
    bare = make_line(make_customer("C2", unit=world.units["EAST"]), 0)
    enter_cover(cover(bare), held_back=nobody, actor=world.actor("alice"), at=AT)
    assert ceiling(bare) == 450_00  # zero is zero, and the insurer vouches for the rest
    assert suspend_lines([bare.pk], "营业执照已到期", actor=system("licence"), at=AT) == 1
    assert ceiling(bare) == 0
    assert suspend_lines([bare.pk], "营业执照已到期", actor=system("licence"), at=AT) == 0
    resume_lines([bare.pk], "已换证，额度恢复", actor=system("licence"), at=AT)
    assert ceiling(bare) == 450_00


@pytest.mark.parametrize(
    ("standing", "asked", "refused"),
    [
        ([], {}, True),
        ([], {"share_bps": 0}, False),
        # one that follows on another adds no more than there is today
        ([{}], {"valid_from": TODAY + timedelta(days=10), "reference": "P-2"}, False),
        ([{}], {"valid_from": TODAY + timedelta(days=9), "reference": "P-2"}, True),
        ([{}], {"valid_from": TODAY + timedelta(days=10), "amount_minor": 500_02}, True),
        ([{"share_bps": 10_000}], {"valid_from": TODAY + timedelta(days=10)}, False),
    ],
)
def test_who_is_held_back_gets_no_more_cover(world, line, standing, asked, refused):
    alice = world.actor("alice")
    for one in standing:
        enter_cover(cover(line, **one), held_back=nobody, actor=alice, at=AT)
    end = {"valid_until": TODAY + timedelta(days=40), "reference": "P-2"}
    back = lambda ids, day: dict.fromkeys(ids, T("档案不完整。", "Too thin."))  # noqa: E731
    work = lambda: enter_cover(cover(line, **(end | asked)), held_back=back, actor=alice, at=AT)  # noqa: E731
    if refused:
        assert refusal(work) is LimitRefusal.HELD_BACK
    else:
        assert work()
