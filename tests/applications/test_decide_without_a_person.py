"""The automatic cell, what it refuses, the person one can ask for; the customer's own link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.applications.stage import (
    House,
    applied,
    grade,
    investigated,
    make_house,
    offer,
    say,
    wish,
)
from tests.world import AT, TODAY
from xinheng.applications import applying, assessing, automatic, inviting, proposing, queries
from xinheng.applications.letters import note_sent
from xinheng.applications.models import Application
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.customers.models import Customer
from xinheng.decisions.models import Rating
from xinheng.dossiers.models import Fact, FileStanding
from xinheng.limits.models import CreditLine
from xinheng.people.models import User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def whole_file(customer: Customer, *, bps: int = 9_000, age: int = 30) -> None:
    """A file that is complete and fresh enough, or just not."""
    Fact.objects.create(
        customer=customer,
        field="registered_capital",
        value='"1"',
        observed_on=TODAY - timedelta(days=age),
        source="bureau:test",
        reliability="A",
        secrecy=1,
        critical=False,
        entered_by="user:1",
        entered_person=User.objects.get(username="bob"),
        entered_at=AT,
        verified_by=User.objects.get(username="alice"),
        verified_at=AT,
        known_since=AT,
        how="public_record",
        confidence=90,
    )
    FileStanding.objects.update_or_create(
        customer=customer,
        defaults={
            "complete_bps": bps,
            "fresh_until": TODAY + timedelta(days=60),
            "licence_until": TODAY + timedelta(days=300),
            "counted_at": AT,
            "tier": "normal",
        },
    )


def suggested(monkeypatch: pytest.MonkeyPatch, amount: int | None, **extra: Any) -> None:
    """What all methods together suggest, as the snapshot keeps it."""
    from xinheng.applications import gathering

    real = gathering._limits

    def limits(judged: Any, letter: str) -> dict[str, Any]:
        return real(judged, letter) | {"limit_minor": amount, "currency": "CNY", **extra}

    monkeypatch.setattr(gathering, "_limits", limits)


def test_a_small_wish_where_everything_agrees_is_granted_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade(house.customer, "A")
    whole_file(house.customer)
    suggested(monkeypatch, 180_000_00)
    row = applied(house, 50_000_00)
    assert automatic.decide_alone_due(at=AT) == 1
    row.refresh_from_db()
    assert row.state == "granted" and row.automatic and row.analyst_id is None
    line = CreditLine.objects.get(customer=house.customer, scope="")
    assert line.amount_minor == 50_000_00
    whole = queries.one(house.user("bob"), row.number, at=AT)
    assert whole is not None and whole.proposal is not None and not whole.stages
    assert whole.payload is not None and whole.payload["file"]["complete_bps"] == 9_000


@pytest.mark.parametrize(
    ("given", "against"),
    [
        ({"letter": "BB"}, ["cell:officer"]),
        ({"letter": ""}, ["cell:manager"]),
        ({"amount": 200_000_01}, ["cell:officer"]),
        ({"suggests": 49_999_99}, ["above_suggestion"]),
        ({"suggests": None}, ["above_suggestion"]),
        ({"bps": 7_999}, ["file_thin"]),
        ({"age": 181}, ["file_old"]),
        ({"red_lines": ["overdue_90"]}, ["red_line"]),
    ],
)
def test_else_it_is_left_to_a_person_once_and_says_why(
    house: House, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], against: list[str]
) -> None:
    grade(house.customer, given.get("letter", "A"))
    whole_file(house.customer, bps=given.get("bps", 9_000), age=given.get("age", 30))
    red = {"red_lines": given["red_lines"]} if "red_lines" in given else {}
    suggested(monkeypatch, given.get("suggests", 300_000_00), **red)
    row = applied(house, given.get("amount", 50_000_00))
    assert automatic.decide_alone_due(at=AT) == 0
    row.refresh_from_db()
    assert row.state == "submitted" and not row.snapshots.exists()
    assert row.steps.get(kind="left_to_person").detail["against"] == against
    automatic.decide_alone_due(at=AT)
    assert row.steps.filter(kind="left_to_person").count() == 1


def test_the_analysts_proposal_in_the_automatic_cell_needs_nobody_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade(house.customer, "A")
    whole_file(house.customer)
    suggested(monkeypatch, 180_000_00)
    row = applied(house, 150_000_00)
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    made = proposing.propose(
        row.number, offer(150_000_00, method="combined"), actor=house.actor("chen"), at=AT
    )
    assert made.measured["route"] == "auto"
    row.refresh_from_db()
    assert row.state == "granted" and row.automatic


def test_a_refusal_that_no_person_made_brings_a_person_when_asked(house: House) -> None:
    grade(house.customer, "C")
    row = applied(house, 50_000_00)
    assert automatic.decide_alone_due(at=AT) == 1
    whole = queries.one(house.user("bob"), row.number, at=AT)
    assert whole is not None and whole.row.state == "rejected" and whole.row.automatic
    letter, text = whole.letters[0]
    assert text is not None and "人工复核" in text.zh and "a person" in text.en
    assert "等级" not in text.zh
    note_sent(letter.pk, "微信送达采购经理", actor=house.actor("bob"), at=AT)
    ask = {"actor": house.actor("bob"), "at": AT}
    automatic.ask_human(row.number, "新增担保，请人工复核", **ask)
    row.refresh_from_db()
    assert row.state == "submitted" and row.human_asked_at == AT and row.ended_at is None
    assert automatic.decide_alone_due(at=AT) == 0
    with pytest.raises(Refused) as caught:
        automatic.ask_human(row.number, "再请复核一次", **ask)
    assert caught.value.code is ApplicationRefusal.NOTHING_REFUSED
    grade(house.customer, "B")
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    proposing.propose(row.number, offer(50_000_00), actor=house.actor("chen"), at=AT)
    assert say(house, row, "oli").state == "granted"


def test_a_persons_refusal_is_not_brought_before_another(house: House) -> None:
    grade(house.customer, "BB")
    row = applied(house, 800_000_00)
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    proposing.propose(row.number, offer(800_000_00), actor=house.actor("chen"), at=AT)
    say(house, row, "fang", "no", words="抵押不足，不同意")
    with pytest.raises(Refused) as caught:
        automatic.ask_human(row.number, "请人工复核", actor=house.actor("bob"), at=AT)
    assert caught.value.code is ApplicationRefusal.NOTHING_REFUSED


def test_what_the_limits_room_refuses_stays_and_can_be_tried_again(house: House) -> None:
    grade(house.customer, "BBB")
    row = applied(house, 800_000_00)
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    proposing.propose(row.number, offer(800_000_00), actor=house.actor("chen"), at=AT)
    whole_file(house.customer)
    FileStanding.objects.update(licence_until=TODAY - timedelta(days=1))
    say(house, row, "oli")
    whole = queries.one(house.user("bob"), row.number, at=AT)
    assert whole is not None and whole.row.state == "deciding" and whole.agreed
    refused = whole.row.steps.get(kind="grant_refused")
    assert refused.detail["code"] == "HELD_BACK" and refused.detail["en"]
    FileStanding.objects.update(licence_until=TODAY + timedelta(days=90))
    from xinheng.applications.granting import try_again

    try_again(row.number, actor=house.actor("oli"), at=AT)
    row.refresh_from_db()
    assert row.state == "granted"


# --- The customer's own link


def test_the_customer_applies_by_its_own_link(house: House) -> None:
    made = inviting.invite(wish(house, 0, purpose=""), actor=house.actor("fang"), at=AT)
    assert made.row.state == "draft" and made.row.applicant_id is None
    assert inviting.application_of(made.token, at=AT).pk == made.row.pk
    row = inviting.hand_in(made.token, wish(house, 900_000_00), at=AT + timedelta(days=2))
    assert row.state == "submitted" and row.asked_minor == 900_000_00
    assert row.steps.get(kind="submitted").by.startswith("guest:")
    # handed in once; it changes only if it was returned
    with pytest.raises(Refused) as caught:
        inviting.hand_in(made.token, wish(house, 1_00), at=AT + timedelta(days=2))
    assert caught.value.code is ApplicationRefusal.WRONG_STATE
    # who made the link has no vote on what came of it
    grade(house.customer, "BB")
    investigated(house, row)
    assessing.take_snapshot(row.number, actor=house.actor("chen"), at=AT)
    proposing.propose(row.number, offer(900_000_00), actor=house.actor("chen"), at=AT)
    with pytest.raises(Refused) as caught:
        say(house, row, "fang")
    assert caught.value.code is ApplicationRefusal.INVOLVED
    assert say(house, row, "alice").state == "granted"


@pytest.mark.parametrize("after", [timedelta(days=14), timedelta(days=400)])
def test_a_link_that_ran_out_or_is_unknown_opens_nothing(house: House, after: timedelta) -> None:
    made = inviting.invite(wish(house, 1_00), actor=house.actor("fang"), at=AT)
    for token, at in ((made.token, AT + after), ("x" * 43, AT)):
        with pytest.raises(Refused) as caught:
            inviting.hand_in(token, wish(house, 1_00), at=at)
        assert caught.value.code.name == "NO_ENTRY"


def test_what_nobody_touches_lapses(house: House) -> None:
    from xinheng.people.actor import system

    row = applying.draft(wish(house, 1_00), actor=house.actor("bob"), at=AT)
    late = {"actor": system("jobs"), "at": AT + timedelta(days=91)}
    assert applying.lapse_due(actor=system("jobs"), at=AT + timedelta(days=89)) == 0
    assert applying.lapse_due(**late) == 1 and applying.lapse_due(**late) == 0
    assert Application.objects.get(pk=row.pk).state == "lapsed"
    assert Rating.objects.count() == 1
