"""“A human, please”: an automatic answer is looked at by a person on request, and answered in
words (PIPL article 24).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.world import AT, World, ask, make_customer, make_line, make_world
from xinheng.customers.models import Customer
from xinheng.decisions.actions import cancel, check_orders
from xinheng.decisions.models import Decision, Hold, ReviewRequest
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import reject_hold, release_hold
from xinheng.decisions.reviewing import answer, ask_review, review_of
from xinheng.people.models import Role
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "账户是误关的，请人工看一下"
WHY = "已与客户核实"


@pytest.fixture
def world() -> World:
    world = make_world()
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    return world


def checked(world: World, ref: str, amount_minor: int, **extra: Any) -> UUID:
    asked = ask(ref, "C1", amount_minor, **extra)
    [made] = check_orders([asked], actor=world.actor("bob"), at=AT)
    return UUID(str(made.decision_id))


@pytest.fixture
def declined(world: World) -> UUID:
    Customer.objects.update(status="closed")
    order = checked(world, "PO-1", 100_00)
    assert Decision.objects.get().outcome == "decline"
    return order


def refusal(act: Any, *args: Any, **kwargs: Any) -> Any:
    before = ReviewRequest.objects.count()
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    assert ReviewRequest.objects.count() == before
    return caught.value.code


def test_a_declined_order_comes_before_a_person(world: World, declined: UUID) -> None:
    ask_review(declined, WORDS, actor=world.actor("bob"), at=AT)
    hold = Hold.objects.get()
    assert (hold.kind, hold.state, hold.codes) == ("refer", "waiting", "status_not_active")
    assert hold.due_at == AT + timedelta(hours=4)


def test_the_person_may_then_release_it(world: World, declined: UUID) -> None:
    ask_review(declined, WORDS, actor=world.actor("bob"), at=AT)
    Customer.objects.update(status="active")
    release_hold(declined, WHY, actor=world.actor("alice"), at=AT)
    asked = review_of(declined)
    assert asked is not None
    assert (asked.answered_by, asked.answer) == (world.alice, WHY)


def test_a_rejection_answers_too(world: World, declined: UUID) -> None:
    ask_review(declined, WORDS, actor=world.actor("bob"), at=AT)
    reject_hold(declined, WHY, actor=world.actor("alice"), at=AT)
    assert ReviewRequest.objects.get().answer == WHY


def test_an_answer_in_words_leaves_the_hold_waiting(world: World, declined: UUID) -> None:
    ask_review(declined, WORDS, actor=world.actor("bob"), at=AT)
    answered = answer(declined, WHY, actor=world.actor("alice"), at=AT)
    assert (answered.answer, Hold.objects.get().state) == (WHY, "waiting")
    assert refusal(answer, declined, WHY, actor=world.actor("alice"), at=AT) is (
        DecisionRefusal.NO_REVIEW_ASKED
    )


def test_asking_twice_changes_nothing(world: World, declined: UUID) -> None:
    first = ask_review(declined, WORDS, actor=world.actor("bob"), at=AT)
    again = ask_review(declined, "another time", actor=world.actor("bob"), at=AT)
    assert again == first
    assert again.words == WORDS


def test_a_waiting_hold_is_kept(world: World) -> None:
    held = checked(world, "PO-1", 9_000_00)
    before = Hold.objects.values().get()
    ask_review(held, WORDS, actor=world.actor("bob"), at=AT + timedelta(hours=1))
    assert Hold.objects.values().get() == before


def test_what_needs_no_review_gets_none(world: World) -> None:
    bob, alice = world.actor("bob"), world.actor("alice")
    approved = checked(world, "PO-1", 10_00)
    judged = checked(world, "PO-2", 9_000_00)
    reject_hold(judged, WHY, actor=alice, at=AT)
    gone = checked(world, "PO-3", 9_000_00)
    cancel(gone, actor=bob, at=AT)
    old = checked(world, "PO-4", 9_000_00)
    checked(world, "PO-4", 9_000_01, version=2)
    for order, code in [
        (approved, DecisionRefusal.NOTHING_TO_REVIEW),
        (judged, DecisionRefusal.JUDGED_BY_PERSON),
        (gone, DecisionRefusal.NOTHING_TO_REVIEW),
        (old, DecisionRefusal.SUPERSEDED),
    ]:
        assert refusal(ask_review, order, WORDS, actor=bob, at=AT) is code


def test_who_may_ask_and_who_may_answer(world: World, declined: UUID) -> None:
    assert refusal(ask_review, declined, WORDS, actor=world.actor("dora"), at=AT) is (
        DecisionRefusal.NOT_ALLOWED
    )
    assert refusal(ask_review, declined, WORDS, actor=world.actor("eve"), at=AT) is (
        DecisionRefusal.UNKNOWN_DECISION
    )
    assert refusal(ask_review, declined, "  ", actor=world.actor("bob"), at=AT) is (
        DecisionRefusal.REASON_REQUIRED
    )
    ask_review(declined, WORDS, actor=world.actor("bob"), at=AT)
    assert refusal(answer, declined, WHY, actor=world.actor("bob"), at=AT) is (
        DecisionRefusal.NOT_ALLOWED
    )
    world.bob.roles.add(Role.objects.get(code="credit_manager"))
    assert refusal(answer, declined, WHY, actor=world.actor("bob"), at=AT) is (
        DecisionRefusal.REQUESTER_MAY_NOT_RELEASE
    )
