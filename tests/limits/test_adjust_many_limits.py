"""Many limits by one rule: what the preview shows is what happens; less at once, more by two."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.limits.proposals import suggest
from tests.limits.test_grant_proposals import director, grant, refusal
from tests.world import AT, TODAY, make_customer, make_line, make_world
from xinheng.credit.adjusting import Rule
from xinheng.ledger.models import PendingEntry
from xinheng.limits.adjusting import adjust_lines, preview_adjustment
from xinheng.limits.held_back import nobody
from xinheng.limits.models import CreditLine, DatedLimit, Proposal
from xinheng.limits.proposing import propose_amount
from xinheng.limits.refusals import LimitRefusal
from xinheng.people.models import Authority

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "行业下行，统一下调。"
LESS = Rule("percent", -1_000, 1_000_00)
MORE = Rule("percent", 1_000)


@pytest.fixture
def world():
    return make_world()


def lines(world, *amounts: int | None, **more: Any) -> list[int]:
    unit = world.units["EAST"]
    start = CreditLine.objects.count()
    return [
        make_line(make_customer(f"C{start + n}", unit=unit), amount, terms_days_max=45, **more).pk
        for n, amount in enumerate(amounts)
    ]


def preview(actor, ids, rule=LESS, **more: Any):
    fields = {"valid_from": TODAY, "valid_until": None, "held_back": nobody} | more
    return preview_adjustment(ids, rule, actor=actor, at=AT, **fields)


def adjust(actor, ids, rule=LESS, **more: Any):
    fields = {"valid_from": TODAY, "valid_until": None, "held_back": nobody} | more
    return adjust_lines(ids, rule, REASON, actor=actor, at=AT, **fields)


def amounts(ids: list[int]) -> list[int | None]:
    found = dict(CreditLine.objects.values_list("pk", "amount_minor"))
    return [found[pk] for pk in ids]


def test_less_is_live_at_once_with_its_conditions_and_one_entry(world):
    ids = lines(world, 100_000_00, 55_500_00, single_order_cap_minor=50_000_00)
    entries = PendingEntry.objects.count()
    done = adjust(world.actor("alice"), ids)
    assert amounts(ids) == [90_000_00, 49_000_00]
    assert done.counts == {"lowered": 2}
    assert (done.before_minor, done.after_minor) == ({"CNY": 155_500_00}, {"CNY": 139_000_00})
    assert PendingEntry.objects.count() == entries + 1
    line = CreditLine.objects.get(pk=ids[0])
    assert (line.single_order_cap_minor, line.terms_days_max) == (45_000_00, 45)
    assert line.valid_until.isoformat() == "2027-01-01"


def test_more_waits_for_another_person(world):
    ids = lines(world, 100_000_00)
    alice = world.actor("alice")
    assert adjust(alice, ids, MORE).counts == {"waits": 1}
    assert amounts(ids) == [100_000_00]
    assert grant(alice).lines == 0
    assert grant(director(world)).lines == 1
    line = CreditLine.objects.get()
    assert (line.amount_minor, line.terms_days_max) == (110_000_00, 45)
    assert line.valid_until.isoformat() == "2027-01-01"


def test_what_becomes_of_each_row(world):
    Authority.objects.filter(role_id="credit_manager", action="grant_line").update(
        up_to_minor=500_000_00
    )
    high, zero, unset, mine = lines(world, 900_000_00, 0, None, 100_000_00)
    (word,) = lines(world, None, unlimited=True)
    (over,) = lines(world, 50_000_00, valid_until=TODAY - timedelta(days=1))
    alice, ids = world.actor("alice"), [high, zero, unset, mine, word, over]
    rows = {row.line_id: row.becomes for row in adjust(alice, ids).rows}
    assert rows == {
        high: "above",
        zero: "same",
        unset: "unfit",
        mine: "lowered",
        word: "unfit",
        over: "unfit",
    }


def test_a_person_s_own_proposal_is_not_pushed_aside(world):
    ids = lines(world, 100_000_00, 100_000_00)
    first, second = (CreditLine.objects.get(pk=pk).customer for pk in ids)
    said = (first.pk, "CNY", 1_00, None, REASON)
    propose_amount(*said, held_back=nobody, actor=director(world), at=AT)
    suggest(second, 130_000_00)
    done = adjust(world.actor("alice"), ids, MORE)
    assert [row.becomes for row in done.rows] == ["taken", "waits"]
    waiting = Proposal.objects.filter(state="proposed").order_by("customer")
    assert [p.amount_minor for p in waiting] == [1_00, 110_000_00]


def test_less_but_for_longer_is_more(world):
    ids = lines(world, 100_000_00)
    done = preview(world.actor("alice"), ids, valid_until=TODAY + timedelta(days=1_000))
    assert done.counts == {"waits": 1}


def test_the_base_is_adjusted_while_a_temporary_limit_stands_in(world):
    (pk,) = lines(world, 100_000_00)
    DatedLimit.objects.create(
        line_id=pk,
        temporary=True,
        amount_minor=300_000_00,
        valid_from=TODAY,
        valid_until=TODAY + timedelta(days=5),
        granted_by="user:1",
        granted_at=AT,
    )
    adjust(world.actor("alice"), [pk])
    line = CreditLine.objects.get(pk=pk)
    assert (line.amount_minor, line.temporary) == (300_000_00, True)
    newest = DatedLimit.objects.filter(temporary=False, ended_at__isnull=True).latest("pk")
    assert newest.amount_minor == 90_000_00


def test_what_changed_since_the_preview_is_not_applied(world):
    ids = lines(world, 100_000_00)
    alice = world.actor("alice")
    seal = preview(alice, ids).seal
    adjust(alice, ids)
    assert refusal(lambda: adjust(alice, ids, seal=seal)) is LimitRefusal.CHANGED_MEANWHILE
    assert amounts(ids) == [90_000_00]


def test_who_may_not_or_sees_not_changes_nothing(world):
    ids = lines(world, 100_000_00)
    assert refusal(lambda: preview(world.actor("bob"), ids)) is LimitRefusal.NOT_ALLOWED
    west = director(world, "WEST")
    assert refusal(lambda: preview(west, ids)) is LimitRefusal.UNKNOWN_LINE
    alice = world.actor("alice")
    assert refusal(lambda: preview(alice, [*ids, 10**9])) is LimitRefusal.UNKNOWN_LINE
    assert refusal(lambda: preview(alice, ids, Rule("double", 1))) is LimitRefusal.BAD_RULE
    past = TODAY - timedelta(days=1)
    assert refusal(lambda: preview(alice, ids, valid_from=past)) is LimitRefusal.PAST_PERIOD


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.none() | st.integers(0, 600_000_00), min_size=1, max_size=5),
    st.integers(-10_000, 15_000),
    st.sampled_from(["down", "up", "half"]),
    st.integers(0, 400),
    st.none() | st.integers(0, 900),
)
def test_the_preview_is_what_apply_does(world, limits, percent, rounding, begins, ends):
    # Fails where apply judges or reckons by another rule than the preview.
    alice = world.actor("alice")
    ids = lines(world, *limits)
    before = amounts(ids)
    first = TODAY + timedelta(days=begins)
    period = {
        "valid_from": first,
        "valid_until": None if ends is None else first + timedelta(days=ends),
    }
    rule = Rule("percent", percent, 1_000_00, rounding)
    seen = preview(alice, ids, rule, **period)
    assert adjust(alice, ids, rule, seal=seen.seal, **period) == seen
    waiting = {p.customer_id: p.amount_minor for p in Proposal.objects.filter(state="proposed")}
    after = amounts(ids)
    for row, was, now in zip(seen.rows, before, after, strict=True):
        if row.becomes == "lowered":
            newest = DatedLimit.objects.filter(line_id=row.line_id).latest("pk")
            assert (newest.amount_minor, newest.valid_until) == (row.after_minor, row.valid_until)
            assert now == (row.after_minor if begins == 0 else was)
        else:
            assert now == was
        assert (row.becomes == "waits") == (row.customer_id in waiting)
        assert row.becomes != "waits" or waiting[row.customer_id] == row.after_minor
