"""A bank or a supplier is asked, answers in bands, a colleague reviews, the file holds a voice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.dossiers.models import Fact
from xinheng.inquiries.links import NewLink, make_link, open_link
from xinheng.inquiries.models import Reference, Registration
from xinheng.inquiries.reference_form import points_of, questions, weigh
from xinheng.inquiries.referring import (
    GRACE_DAYS,
    Asked,
    NewReference,
    answer_reference,
    answers_of,
    ask_reference,
    decline_reference,
    giver_of,
    giver_words,
    overdue_by,
    review_reference,
    withdraw_reference,
)
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.registering import agreed, begin, guest_with
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
BEST = {one.code: max(one.choices, key=lambda c: c.points or -1).code for one in questions("trade")}


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    make_customer("C-1", unit=made.units["EAST"], name="江南钢构")
    return made


def asked(world: World, **told: Any) -> Asked:
    new = NewReference("C-1", "trade", "老供应商", "张先生", "z@example.com", "评估", TODAY)
    new = new._replace(**{"due_on": TODAY + timedelta(days=14), **told})
    return ask_reference(new, actor=world.actor("bob"), at=AT)


def answered(world: World, answers: dict[str, str] | None = None) -> Reference:
    row = asked(world).reference
    answer_reference(row.pk, answers or BEST, "一直守约", actor=giver_of(row), at=AT)
    return Reference.objects.select_related("customer", "link").get(pk=row.pk)


def test_an_answer_becomes_a_fact_only_after_somebody_else_reviewed_it(world: World) -> None:
    row = answered(world)
    assert (row.state, row.points) == ("answered", 100)
    assert not Fact.objects.exists()
    review_reference(row.pk, "可信", actor=world.actor("alice"), at=AT)
    fact = Fact.objects.waiting().get()
    assert (fact.field, fact.source, fact.reliability) == (
        "trade_reference",
        "reference:trade",
        "C",
    )
    assert fact.entered_person_id is None and "老供应商" not in (fact.value or "")
    with pytest.raises(Refused) as refused:
        review_reference(row.pk, "", actor=world.actor("alice"), at=AT)
    assert refused.value.code == InquiryRefusal.REVIEWED


def test_who_asked_does_not_review(world: World) -> None:
    new = NewReference("C-1", "bank", "银行", "", "", "评估", TODAY + timedelta(days=5))
    row = ask_reference(new, actor=world.actor("alice"), at=AT).reference
    best = {one.code: one.choices[0].code for one in questions("bank")}
    answer_reference(row.pk, best, "", actor=giver_of(row), at=AT)
    with pytest.raises(Refused) as refused:
        review_reference(row.pk, "", actor=world.actor("alice"), at=AT)
    assert refused.value.code == InquiryRefusal.OWN_REQUEST
    with pytest.raises(Refused) as refused:
        review_reference(row.pk, "", actor=world.actor("bob"), at=AT)
    assert refused.value.code == InquiryRefusal.NOT_ALLOWED


@pytest.mark.parametrize(
    ("changed", "points"),
    [
        ({}, 100),
        ({"past_due": "most"}, 80),
        ({"highest_credit": "unsaid", "owed": "unsaid", "returned_bills": "unknown"}, 100),
        # (10×100 + 10×100 + 5×100 + 5×100 + 20×60 + 20×75 + 15×40 + 5×100 + 10×50) ÷ 100 = 73
        ({"past_due": "small", "days_beyond": "to_15", "returned_bills": "once"}, 78),
        (
            {
                "past_due": "small",
                "days_beyond": "to_15",
                "returned_bills": "once",
                "sell_again": "less",
            },
            73,
        ),
    ],
)
def test_points_follow_the_weights(changed: dict[str, str], points: int) -> None:
    assert points_of(weigh("trade", {**BEST, **changed})) == points


def test_nothing_that_counts_gives_no_points() -> None:
    assert points_of(weigh("trade", {"highest_credit": "unsaid"})) is None


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, InquiryRefusal.UNANSWERED),
        ({**BEST, "owed": ""}, InquiryRefusal.UNANSWERED),
        ({**BEST, "owed": "<script>"}, InquiryRefusal.NOT_OFFERED),
    ],
)
def test_an_answer_is_whole_and_in_the_bands_offered(
    world: World, answers: dict[str, str], code: InquiryRefusal
) -> None:
    row = asked(world).reference
    with pytest.raises(Refused) as refused:
        answer_reference(row.pk, answers, "", actor=giver_of(row), at=AT)
    assert refused.value.code == code


def test_an_answer_is_given_once_by_the_one_asked(world: World) -> None:
    row = answered(world)
    other = asked(world).reference
    for attempt, code in (
        (lambda: decline_reference(row.pk, actor=giver_of(row), at=AT), "REFERENCE_DONE"),
        (lambda: decline_reference(other.pk, actor=giver_of(row), at=AT), "NO_ENTRY"),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code.name == code


def test_a_late_answer_is_taken_for_a_while_and_a_withdrawn_one_never(world: World) -> None:
    row, token = asked(world)
    due = AT + timedelta(days=14)
    assert overdue_by(row, TODAY + timedelta(days=16)) == 2
    assert open_link(token, at=due + timedelta(days=GRACE_DAYS - 1)).pk == row.link_id
    late = due + timedelta(days=GRACE_DAYS, seconds=1)
    with pytest.raises(Refused):
        answer_reference(row.pk, BEST, "", actor=giver_of(row), at=late)
    withdraw_reference(row.pk, actor=world.actor("bob"), at=AT)
    with pytest.raises(Refused):
        open_link(token, at=AT)


@pytest.mark.parametrize(
    ("name", "told", "code"),
    [
        ("dora", {}, InquiryRefusal.NOT_ALLOWED),
        ("eve", {}, InquiryRefusal.UNKNOWN_CUSTOMER),
        ("bob", {"company": " "}, InquiryRefusal.BAD_REQUEST),
        ("bob", {"due_on": TODAY}, InquiryRefusal.BAD_REQUEST),
        ("bob", {"purpose": "x" * 201}, InquiryRefusal.BAD_REQUEST),
        ("bob", {"kind": "rumour"}, InquiryRefusal.BAD_REQUEST),
    ],
)
def test_asking_is_refused(
    world: World, name: str, told: dict[str, Any], code: InquiryRefusal
) -> None:
    new = NewReference("C-1", "trade", "甲", "", "", "评估", TODAY + timedelta(days=3))
    with pytest.raises(Refused) as refused:
        ask_reference(new._replace(**told), actor=world.actor(name), at=AT)
    assert refused.value.code == code


def test_names_and_words_lie_sealed(world: World) -> None:
    row = answered(world)
    assert "张先生".encode() not in bytes(row.giver_sealed)
    assert "一直守约".encode() not in bytes(row.answers_sealed)
    assert giver_words(row)["person"] == "张先生"
    assert answers_of(row)["words"] == "一直守约"


def test_a_stranger_finds_no_reference(world: World) -> None:
    for reference in (answered(world).pk, UUID(int=0)):
        with pytest.raises(Refused) as refused:
            withdraw_reference(reference, actor=world.actor("eve"), at=AT)
        assert refused.value.code == InquiryRefusal.UNKNOWN_REFERENCE


def test_who_registered_and_did_not_agree_is_not_asked_about(world: World) -> None:
    made = make_link(NewLink("register", world.units["EAST"]), actor=world.actor("bob"), at=AT)
    told = {"name": "厦门新户", "code": "91350100M000100Y43"}
    row = begin(made.link.pk, told, actor=guest_with(made.link), at=AT).registration
    soon = TODAY + timedelta(days=3)
    new = NewReference(row.customer.code, "trade", "甲", "", "", "评估", soon)
    assert agreed(row.customer, "third_parties") is None
    Registration.objects.filter(pk=row.pk).update(
        state="submitted", submitted_at=AT, consented_at=AT
    )
    with pytest.raises(Refused) as refused:
        ask_reference(new, actor=world.actor("bob"), at=AT)
    assert refused.value.code == InquiryRefusal.NOT_AGREED_TO
    ask_reference(new._replace(consent="2026-11-19 的同意书"), actor=world.actor("bob"), at=AT)
