"""A person changes limits: less alone, more by two; dated ahead, for a while, for a group or a
part; forced holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.limits.test_grant_proposals import director, grant, refusal
from tests.world import AT, TODAY, make_customer, make_line, make_world
from xinheng.ledger.models import PendingEntry
from xinheng.limits.granting import (
    bring_due_in_force,
    force_hold,
    grant_limit,
    lift_hold,
    withdraw_limit,
)
from xinheng.limits.held_back import nobody
from xinheng.limits.models import CreditLine, DatedLimit, Proposal
from xinheng.limits.proposing import propose_amount
from xinheng.limits.queries import reconcile
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.values import Entered, NewLimit
from xinheng.people.models import Authority

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "年度复审，按合同核定。"
YEAR = TODAY + timedelta(days=365)


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def line(world) -> CreditLine:
    return make_line(
        make_customer("C1", unit=world.units["EAST"]),
        100_000_00,
        valid_until=YEAR,
        overdue_allowed_minor=5_000_00,
        overdue_days_allowed=15,
    )


def enter(actor, line: CreditLine, amount: int | None, **more: Any) -> Entered:
    fields = {"valid_from": TODAY, "valid_until": YEAR, "reason": REASON} | more
    fields.setdefault("unlimited", amount is None)
    return grant_limit(
        NewLimit(line.customer_id, fields.pop("currency", "CNY"), amount, **fields),
        held_back=nobody,
        actor=actor,
        at=AT,
    )


def on(line: CreditLine, days: int):
    """The line as it stands that many days later."""
    bring_due_in_force(today=TODAY + timedelta(days=days), at=AT + timedelta(days=days))
    line.refresh_from_db()
    return line.amount_minor, line.temporary


def test_less_is_live_at_once_and_one_entry(world, line):
    entries = PendingEntry.objects.count()
    done = enter(world.actor("alice"), line, 40_000_00)
    assert done.live and done.line_id == line.pk
    line.refresh_from_db()
    assert (line.amount_minor, line.single_order_cap_minor) == (40_000_00, 24_000_00)
    assert PendingEntry.objects.count() == entries + 1
    assert not reconcile()


def test_what_stood_before_there_were_plans_is_the_first_row_of_one(world, line):
    # Catches a temporary limit whose end leaves nothing: the base was only in the columns.
    DatedLimit.objects.all().delete()
    enter(world.actor("alice"), line, 40_000_00, temporary=True, valid_until=TODAY)
    assert set(DatedLimit.objects.values_list("amount_minor", "granted_by")) == {
        (100_000_00, "system:before"),
        (40_000_00, f"user:{world.alice.pk}"),
    }
    assert on(line, 1) == (100_000_00, False)


def test_more_waits_until_another_person_grants_it(world, line):
    alice = world.actor("alice")
    done = enter(alice, line, 150_000_00, terms_days=45)
    assert not done.live
    line.refresh_from_db()
    assert line.amount_minor == 100_000_00
    assert grant(alice).refused[0][1] == LimitRefusal.OWN_PROPOSAL.value
    assert grant(director(world)).lines == 1
    line.refresh_from_db()
    assert (line.amount_minor, line.terms_days_max) == (150_000_00, 45)
    assert DatedLimit.objects.latest("pk").proposed_by == alice.ref


def test_more_is_live_where_another_has_proposed_as_much(world, line):
    alice, fred = world.actor("alice"), director(world)
    propose_amount(
        line.customer_id, "CNY", 150_000_00, 30, REASON, held_back=nobody, actor=fred, at=AT
    )
    assert not enter(alice, line, 160_000_00).live  # supersedes what Fred proposed: now hers
    assert not enter(alice, line, 150_000_00).live
    propose_amount(
        line.customer_id, "CNY", 150_000_00, 30, REASON, held_back=nobody, actor=fred, at=AT
    )
    assert enter(alice, line, 140_000_00).live
    assert Proposal.objects.get(state="granted").amount_minor == 150_000_00
    line.refresh_from_db()
    assert line.amount_minor == 140_000_00


def test_several_lie_ahead_and_come_on_their_days(world, line):
    alice = world.actor("alice")
    enter(alice, line, 90_000_00, valid_from=TODAY + timedelta(days=10))
    enter(alice, line, 80_000_00, valid_from=TODAY + timedelta(days=20))
    assert [on(line, n)[0] for n in (0, 9, 10, 19, 20)] == [
        100_000_00,
        100_000_00,
        90_000_00,
        90_000_00,
        80_000_00,
    ]


def test_a_temporary_limit_replaces_and_the_base_returns(world, line):
    alice, fred = world.actor("alice"), director(world)
    more = {"temporary": True, "valid_until": TODAY + timedelta(days=9)}
    assert not enter(alice, line, 120_000_00, **more).live
    grant(fred)
    line.refresh_from_db()
    assert (line.amount_minor, line.temporary) == (120_000_00, True)
    assert (line.valid_until, line.grace_days) == (TODAY + timedelta(days=9), 0)
    assert on(line, 10) == (100_000_00, False)
    too_long = {"temporary": True, "valid_until": TODAY + timedelta(days=92)}
    assert refusal(lambda: enter(alice, line, 1, **too_long)) is LimitRefusal.TOO_LONG


def test_a_group_limit_takes_two_and_a_sub_limit_one(world, line):
    alice, fred = world.actor("alice"), director(world)
    assert enter(alice, line, 30_000_00, scope="product:CEM").live
    sub = CreditLine.objects.get(scope="product:CEM")
    assert (sub.within_id, sub.amount_minor) == (line.pk, 30_000_00)
    assert not enter(alice, line, 500_000_00, scope="group").live
    grant(fred)
    group = CreditLine.objects.get(scope="group")
    line.refresh_from_db()
    assert (group.amount_minor, line.within_id) == (500_000_00, group.pk)
    sub.refresh_from_db()
    assert sub.path == [line.pk, group.pk]
    # a sub-limit that is taken away, or whose word is unlimited, gives more
    dated = DatedLimit.objects.get(line=sub)
    assert refusal(lambda: withdraw_limit(dated.pk, REASON, actor=alice, at=AT)) is (
        LimitRefusal.RAISES
    )
    assert not enter(alice, line, None, scope="product:CEM").live


def test_unlimited_is_a_word_that_needs_an_unlimited_authority(world, line):
    alice, fred = world.actor("alice"), director(world)
    enter(alice, line, None)
    assert grant(fred).lines == 0
    Authority.objects.filter(role_id="finance_director", action="grant_line").update(
        unlimited=True, up_to_minor=None
    )
    assert grant(fred).lines == 1
    line.refresh_from_db()
    assert line.unlimited and line.amount_minor is None


def test_a_withdrawn_limit_does_not_bring_back_what_it_replaced(world, line):
    # Catches a withdrawal that ends one row: the 100,000.00 of before would return.
    alice = world.actor("alice")
    enter(alice, line, 40_000_00)
    withdraw_limit(DatedLimit.objects.latest("pk").pk, REASON, actor=alice, at=AT)
    line.refresh_from_db()
    assert line.amount_minor is None and not line.unlimited
    assert DatedLimit.objects.filter(ended_at__isnull=True).count() == 0


def test_a_limit_ahead_is_withdrawn_alone(world, line):
    alice = world.actor("alice")
    enter(alice, line, 0, valid_from=TODAY + timedelta(days=10))
    ahead = DatedLimit.objects.latest("pk")
    assert refusal(lambda: withdraw_limit(ahead.pk, REASON, actor=alice, at=AT)) is (
        LimitRefusal.RAISES
    )
    enter(alice, line, 50_000_00)
    enter(alice, line, 60_000_00, valid_from=TODAY + timedelta(days=20), reason="第二步下调")
    assert Proposal.objects.filter(state="proposed").count() == 1  # from zero it raises


def test_above_the_authority_nothing_is_live(world, line):
    Authority.objects.filter(role_id="credit_manager", action="grant_line").update(
        up_to_minor=50_000_00
    )
    alice = world.actor("alice")
    assert refusal(lambda: enter(alice, line, 50_000_01)) is LimitRefusal.ABOVE_AUTHORITY
    assert enter(alice, line, 50_000_00).live


@pytest.mark.parametrize(
    ("amount", "fields", "code"),
    [
        (-1, {}, LimitRefusal.BAD_AMOUNT),
        (1, {"unlimited": True}, LimitRefusal.BAD_AMOUNT),
        (1, {"reason": "ok"}, LimitRefusal.NEEDS_REASON),
        (1, {"scope": "team:A"}, LimitRefusal.BAD_SCOPE),
        (1, {"scope": "unit:"}, LimitRefusal.BAD_SCOPE),
        (1, {"currency": "ZZZ"}, LimitRefusal.BAD_CURRENCY),
        (1, {"valid_until": TODAY - timedelta(days=1)}, LimitRefusal.BAD_PERIOD),
        (1, {"valid_from": TODAY - timedelta(days=1)}, LimitRefusal.PAST_PERIOD),
        (1, {"valid_until": TODAY + timedelta(days=2_000)}, LimitRefusal.TOO_LONG),
        (1, {"terms_days": 400}, LimitRefusal.BAD_TERMS),
    ],
)
def test_what_makes_no_sense_is_refused(world, line, amount, fields, code):
    assert refusal(lambda: enter(world.actor("alice"), line, amount, **fields)) is code
    assert not Proposal.objects.exists() and DatedLimit.objects.count() == 1


def test_who_may_not_or_sees_not_changes_nothing(world, line):
    assert refusal(lambda: enter(world.actor("bob"), line, 1)) is LimitRefusal.NOT_ALLOWED
    west = director(world, "WEST")
    assert refusal(lambda: enter(west, line, 1)) is LimitRefusal.UNKNOWN_CUSTOMER
    assert refusal(lambda: force_hold(line.pk, REASON, actor=west, at=AT)) is (
        LimitRefusal.UNKNOWN_LINE
    )


def test_a_forced_hold_says_who_and_why_and_nothing_else_lifts_it(world, line):
    alice, fred = world.actor("alice"), director(world)
    force_hold(line.pk, REASON, actor=alice, at=AT)
    line.refresh_from_db()
    assert (line.forced_hold, line.forced_hold_reason, line.forced_hold_by) == (
        True,
        REASON,
        alice.ref,
    )
    enter(alice, line, 40_000_00)
    on(line, 400)
    assert line.forced_hold
    assert refusal(lambda: force_hold(line.pk, REASON, actor=fred, at=AT)) is (
        LimitRefusal.HELD_ALREADY
    )
    lift_hold(line.pk, "已澄清，恢复。", actor=fred, at=AT)
    line.refresh_from_db()
    assert (line.forced_hold, line.forced_hold_by) == (False, "")


def test_a_limit_ahead_in_another_currency_leaves_the_main_line_on_its_day(world, line):
    fred, alice = director(world), world.actor("alice")
    euro = make_line(line.customer, None, currency="EUR", valid_from=None, valid_until=None)
    enter(alice, line, 90_000_00)  # arranges: euro counts on the main line
    euro.refresh_from_db()
    assert euro.within_id == line.pk
    ahead = TODAY + timedelta(days=10)
    enter(alice, euro, 50_00, currency="EUR", valid_from=ahead)
    assert grant(fred).lines == 1
    euro.refresh_from_db()
    assert euro.within_id == line.pk and euro.amount_minor is None
    assert on(euro, 10) == (50_00, False)
    assert euro.within_id is None


def test_the_round_does_nothing_on_a_quiet_day(world, line):
    enter(world.actor("alice"), line, 40_000_00)
    assert bring_due_in_force(today=TODAY, at=AT) == 0
