"""A past decision comes out again byte for byte from its record, whatever happened since."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest

from tests.world import AT, ask, make_customer, make_line, make_world
from xinheng.decisions import replaying
from xinheng.decisions.actions import cancel, check_orders
from xinheng.decisions.models import Decision
from xinheng.decisions.releasing import release_hold
from xinheng.decisions.replaying import first_difference, replay_decision
from xinheng.limits.models import CreditLine
from xinheng.people.actor import system
from xinheng.policies import actions as policies
from xinheng.policies import queries as live_policies
from xinheng.receivables.models import Order
from xinheng.vault.actions import destroy_key

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = system("tests")
WHY = "年底旺季，客户已承诺周五付款"


@pytest.fixture
def world():
    return make_world()


def another_policy(**changes: Any) -> None:
    """The shipped checks with changes, drafted, approved and live as a version of its own."""
    body = live_policies.live("order_check").body
    floor = {
        "code": "floor",
        "kind": "grade_floor",
        "outcome_on_fail": "refer",
        "params": {"worst_grade": "A"},
    }
    checks = [check for check in body["checks"] if check["code"] != "floor"]
    made = policies.draft(
        "order_check", {**body, "checks": [*checks, floor], **changes}, actor=ROOT, at=AT
    )
    policies.approve(made.pk, actor=ROOT, at=AT)
    policies.go_live(made.pk, actor=ROOT, at=AT)


def customers(world) -> list[str]:
    """Customers of every standing: room, none, unset, unlimited, held, blocked, closed, watch."""
    east = world.units["EAST"]
    make_line(make_customer("ROOM", unit=east), 1_000_00, terms_days_max=30)
    make_line(make_customer("FULL", unit=east), 100_00, open_items=90_00, unapplied=3_33)
    make_line(make_customer("UNSET", unit=east), None)
    make_line(make_customer("FREE", unit=east), None, unlimited=True)
    make_line(make_customer("HELD", unit=east), 1_000_00, forced_hold=True)
    make_line(make_customer("CAP", unit=east), 1_000_00, single_order_cap_minor=50_00)
    for status in ("watch", "blocked", "closed"):
        make_line(make_customer(status.upper(), unit=east, status=status), 1_000_00, bills=77_77)
    make_customer("BARE", unit=east)
    return ["ROOM", "FULL", "UNSET", "FREE", "HELD", "CAP", "WATCH", "BLOCKED", "CLOSED", "BARE"]


def year_of_decisions(world) -> list[Decision]:
    """Orders, their later versions, releases, cancellations and ERP orders under three policies."""
    chance, codes, bob = random.Random(16), customers(world), world.actor("bob")
    Order.objects.create(
        customer_id=CreditLine.objects.get(customer__code="ROOM").customer_id,
        number="PO-0-1",
        currency="CNY",
        amount_minor=5_00,
        open_minor=5_00,
        ordered_on=AT.date(),
    )
    weights = {"open_items": 10000, "bills": 3333, "unapplied": 5000}
    for number, change in enumerate(
        ({}, {"reservation_days": 7}, {"exposure": weights, "title": {"zh": "新"}})
    ):
        if change:
            another_policy(**change)
        at = AT + timedelta(days=number, microseconds=123_456 * number)
        for turn in range(3):
            asks = [
                ask(
                    f"PO-{code}-{n}" if turn else f"PO-{number}-{n}", code, chance.randint(1, 90_00)
                )._replace(version=3 * number + turn + 1, terms_days=chance.choice([None, 30, 60]))
                for n, code in enumerate(codes, 1)
            ]
            check_orders(asks, actor=bob, at=at + timedelta(hours=turn))
        for waiting in Decision.objects.filter(hold__state="waiting", customer__status="active"):
            if chance.random() < 0.4:
                release_hold(waiting.pk, WHY, actor=world.actor("alice"), at=at)
            elif chance.random() < 0.3:
                cancel(waiting.pk, actor=bob, at=at)
    return list(Decision.objects.order_by("decided_at"))


def test_every_decision_of_a_busy_world_replays_byte_for_byte(world):
    decisions = year_of_decisions(world)
    assert {decision.outcome for decision in decisions} == {"approve", "refer", "hold", "decline"}
    assert len({decision.policy_id for decision in decisions}) == 3
    assert any(d.reservation_id and d.outcome != "approve" for d in decisions)  # released
    assert any(d.version > 1 for d in decisions) and len(decisions) >= 80
    done = [replay_decision(decision) for decision in decisions]
    assert [one for one in done if one.result != "identical"] == []


def test_nothing_that_happens_later_changes_a_replay(world):
    line = make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    [answer] = check_orders([ask("PO-1", "C1", 400_00)], actor=world.actor("bob"), at=AT)
    another_policy(reservation_days=3)
    check_orders([ask("PO-1", "C1", 900_00, version=2)], actor=world.actor("bob"), at=AT)
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=1, open_items_minor=99)
    assert replay_decision(Decision.objects.get(pk=answer.decision_id)).result == "identical"


# What the law must notice: the record changed, and the rules that build the answer changed.


def test_a_changed_fact_is_found_with_its_place(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00, open_items=300_00)
    check_orders([ask("PO-1", "C1", 400_00)], actor=world.actor("bob"), at=AT)
    decision = Decision.objects.get()
    decision.facts = bytes(decision.facts).replace(b'"open_items":30000', b'"open_items":30001')
    done = replay_decision(decision)
    assert done.result == "different"
    assert done.difference == ("exposure.used", '"300.00"', '"300.01"')


def test_an_answer_changed_by_hand_is_found(world):
    make_line(make_customer("C1", unit=world.units["EAST"]), 100_00)
    check_orders([ask("PO-1", "C1", 400_00)], actor=world.actor("bob"), at=AT)
    decision = Decision.objects.get()
    decision.answer = bytes(decision.answer).replace(b'"hold"', b'"approve"', 1)
    assert replay_decision(decision).difference == ("outcome", '"approve"', '"hold"')


def test_the_law_notices_a_build_that_rounds_the_clock(world, monkeypatch):
    make_line(make_customer("C1", unit=world.units["EAST"]), 1_000_00)
    check_orders([ask("PO-1", "C1", 400_00)], actor=world.actor("bob"), at=AT)
    truly = replaying.answer_bytes

    def broken(**parts: Any) -> bytes:
        return truly(**{**parts, "decided_at": parts["decided_at"] + timedelta(seconds=1)})

    monkeypatch.setattr(replaying, "answer_bytes", broken)
    assert replay_decision(Decision.objects.get()).difference.place == "decided_at"


def test_equal_values_in_other_bytes_differ_at_a_byte():
    assert first_difference(b'{"a": 1}', b'{"a":1}').place == "byte 5"
    assert first_difference(b'{"a":[1]}', b'{"a":[1,2]}').place == "a[1]"
    assert first_difference(b"no json", b"{}").place == "byte 0"
    assert first_difference(b"{}", b"{}") is None


def test_a_decision_of_an_erased_customer_says_so(world):
    customer = make_customer("C1", unit=world.units["EAST"])
    make_line(customer, 1_000_00)
    check_orders([ask("PO-1", "C1", 400_00)], actor=world.actor("bob"), at=AT)
    destroy_key(customer.data_key_id, at=AT)
    from xinheng.vault.queries import open_key_cache

    open_key_cache.clear()
    done = replay_decision(Decision.objects.get())
    assert (done.result, done.difference) == ("erased", None)
    assert json.loads(bytes(Decision.objects.get().answer))  # the row stands, its proof too
