"""A talk is written once, followed up on a day, withdrawn with a reason; a past day stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.customers.models import Customer
from xinheng.ledger.models import PendingEntry
from xinheng.people.actor import system
from xinheng.refusals import Refused
from xinheng.relations.actions import (
    close_follow_up,
    record_talk,
    set_follow_up,
    withdraw_talk,
)
from xinheng.relations.models import Talk
from xinheng.relations.queries import due, newest, one_talk, talks_due, talks_of
from xinheng.relations.refusals import TalkRefusal
from xinheng.relations.rows import NewTalk
from xinheng.vault.actions import destroy_key

pytestmark = pytest.mark.django_db
WEEK = TODAY + timedelta(days=7)
LATER = AT + timedelta(days=8)


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    make_customer("C-1", unit=made.units["EAST"], name="江南钢构")
    return made


def words(**told: Any) -> NewTalk:
    usual = {"customer_code": "C-1", "day": TODAY, "kind": "call", "concerns": "payment"}
    usual |= {"subject": "催收两张逾期发票", "with_whom": "财务王女士", "text": "承诺下周付款"}
    return NewTalk(**{**usual, **told})


def talk(world: World, who: str = "bob", **told: Any) -> Talk:
    return record_talk(words(**told), actor=world.actor(who), at=AT)


def refused(code: TalkRefusal, call: Any) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code


def test_what_was_said_is_read_by_who_sees_the_customer_and_lies_sealed(world: World) -> None:
    before = PendingEntry.objects.count()
    row = talk(world)
    assert PendingEntry.objects.count() == before + 1
    for column in (row.with_sealed, row.text_sealed):
        assert "王女士".encode() not in bytes(column or b"")
    seen = one_talk(world.dora, row.pk, TODAY)
    assert seen is not None and (seen.with_whom, seen.text) == ("财务王女士", "承诺下周付款")
    assert one_talk(world.eve, row.pk, TODAY) is None
    destroy_key(Customer.objects.get(code="C-1").data_key_id, at=AT)
    gone = one_talk(world.dora, row.pk, TODAY)
    assert gone is not None and (gone.with_whom, gone.text) == ("…", "…")


@pytest.mark.parametrize(("days", "late"), [(6, -1), (7, 0), (8, 1)])
def test_a_follow_up_is_late_from_the_day_after(world: World, days: int, late: int) -> None:
    talk(world, follow_up_on=WEEK)
    (one,) = talks_due(world.bob, TODAY + timedelta(days=days), mine=True)
    assert one.due is not None and one.due.late == late


def test_who_it_is_for_and_who_closed_it(world: World) -> None:
    row = talk(world, follow_up_on=WEEK, follow_up_by=world.alice.pk)
    assert not due(world.bob, mine=True).exists() and due(world.alice, mine=True).exists()
    assert due(world.bob, mine=False).exists() and not due(world.eve, mine=False).exists()
    again = lambda: set_follow_up(row.pk, WEEK, None, actor=world.actor("bob"), at=AT)  # noqa: E731
    refused(TalkRefusal.FOLLOW_UP_OPEN, again)
    close_follow_up(row.pk, "已付款", actor=world.actor("bob"), at=LATER)
    seen = one_talk(world.bob, row.pk, TODAY)
    assert seen is not None and seen.due is None
    assert [(one.done_by, one.outcome) for one in seen.done] == [("bob", "已付款")]
    again_done = lambda: close_follow_up(row.pk, "", actor=world.actor("bob"), at=LATER)  # noqa: E731
    refused(TalkRefusal.NO_FOLLOW_UP, again_done)
    again()


def test_a_past_day_shows_what_was_on_record_then(world: World) -> None:
    row = talk(world, follow_up_on=WEEK)
    close_follow_up(row.pk, "已付款", actor=world.actor("bob"), at=LATER)
    withdraw_talk(row.pk, "记错了客户", actor=world.actor("bob"), at=LATER + timedelta(days=1))
    (then,) = talks_of(world.bob, row.customer_id, TODAY, known_at=AT)
    assert not then.withdrawn and then.due is not None and then.done == []
    (now,) = talks_of(world.bob, row.customer_id, TODAY)
    assert now.withdrawn and now.row.withdrawn_reason == "记错了客户"
    assert talks_of(world.bob, row.customer_id, TODAY, known_at=AT - timedelta(seconds=1)) == []


def test_a_withdrawn_talk_is_due_for_nobody_and_can_not_be_changed(world: World) -> None:
    row = talk(world, follow_up_on=WEEK)
    bob = world.actor("bob")
    refused(TalkRefusal.NEEDS_REASON, lambda: withdraw_talk(row.pk, "x", actor=bob, at=AT))
    withdraw_talk(row.pk, "记错了客户", actor=bob, at=AT)
    assert not due(world.bob, mine=True).exists()
    for call in (
        lambda: withdraw_talk(row.pk, "再次撤回", actor=bob, at=AT),
        lambda: close_follow_up(row.pk, "", actor=bob, at=AT),
        lambda: set_follow_up(row.pk, WEEK, None, actor=bob, at=AT),
    ):
        refused(TalkRefusal.WITHDRAWN, call)
    assert [one.row.pk for one in newest(world.bob, TODAY)] == [row.pk]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"subject": " "}, TalkRefusal.BAD_TALK),
        ({"subject": "x" * 121}, TalkRefusal.BAD_TALK),
        ({"kind": "fax"}, TalkRefusal.BAD_TALK),
        ({"concerns": "love"}, TalkRefusal.BAD_TALK),
        ({"with_whom": "x" * 121}, TalkRefusal.TOO_LONG),
        ({"text": "x" * 4001}, TalkRefusal.TOO_LONG),
        ({"day": TODAY + timedelta(days=1)}, TalkRefusal.BAD_DAY),
        ({"follow_up_on": TODAY - timedelta(days=1)}, TalkRefusal.BAD_DUE),
        ({"follow_up_on": TODAY + timedelta(days=367)}, TalkRefusal.BAD_DUE),
        ({"follow_up_on": WEEK, "follow_up_by": 10**9}, TalkRefusal.PERSON_UNFIT),
    ],
)
def test_what_cannot_be_is_refused_whole(world: World, told: Any, code: TalkRefusal) -> None:
    refused(code, lambda: talk(world, **told))
    assert not Talk.objects.exists()


def test_a_follow_up_is_for_somebody_who_sees_the_customer(world: World) -> None:
    wrong = {"follow_up_on": WEEK, "follow_up_by": world.eve.pk}
    refused(TalkRefusal.PERSON_UNFIT, lambda: talk(world, **wrong))


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("eve", TalkRefusal.UNKNOWN_CUSTOMER),
        ("dora", TalkRefusal.NOT_ALLOWED),
        (None, TalkRefusal.NAMED_PERSON),
    ],
)
def test_only_people_of_the_unit_with_the_word(
    world: World, who: str | None, code: TalkRefusal
) -> None:
    actor = world.actor(who) if who else system("tests")
    refused(code, lambda: record_talk(words(), actor=actor, at=AT))
