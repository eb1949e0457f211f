"""A licence that ended takes the limits with it on the first day without it, in the company's time
zone; a new one brings them back, and what waited is judged again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.dossiers.test_count_standings import file_of, licence
from tests.dossiers.test_keep_facts import acting, world  # noqa: F401
from tests.world import AT, TODAY, ask, make_customer, make_line
from xinheng.decisions.actions import check_orders
from xinheng.decisions.licences import follow_licences
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.rechecking import recheck_due
from xinheng.dossiers.models import FileStanding
from xinheng.dossiers.standing import count_moved, standings_of
from xinheng.jobs.rounds import ROUNDS, suspend_for_licences
from xinheng.ledger.models import PendingEntry
from xinheng.limits.card import ceiling_on
from xinheng.limits.granting import bring_due_in_force, withdraw_limit
from xinheng.limits.models import Cover, CreditLine, DatedLimit
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.tree import arrange
from xinheng.people import queries
from xinheng.people.actor import of_user
from xinheng.people.models import Company
from xinheng.policies.models import Policy
from xinheng.policies.queries import forget
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
AMOUNT = 100_000_00


@pytest.fixture
def line(world) -> CreditLine:  # noqa: F811
    return make_line(
        file_of(), AMOUNT, overdue_allowed_minor=5_000_00, terms_days_max=30, grace_days=3
    )


def until(day: date | None, customer_id: int | None = None) -> None:
    FileStanding.objects.update_or_create(
        customer_id=customer_id or file_of().pk,
        defaults={
            "complete_bps": 9_000,
            "fresh_until": TODAY + 99 * DAY,
            "licence_until": day,
            "counted_at": AT,
        },
    )


def look(days: int = 0) -> int:
    """The rounds of a day: what begins or runs out, then licences."""
    at = AT + days * DAY
    bring_due_in_force(today=TODAY + days * DAY, at=at)
    return follow_licences(today=TODAY + days * DAY, at=at)


def limit(line: CreditLine) -> tuple[int | None, bool]:
    line.refresh_from_db()
    return line.amount_minor, line.temporary


@pytest.mark.parametrize(("days", "gives"), [(-1, AMOUNT), (0, AMOUNT), (1, 0), (2, 0)])
def test_the_last_day_still_counts_and_the_next_one_does_not(line, days, gives):
    # Catches `<=` for `<`, and a look that waits until somebody orders.
    until(TODAY - days * DAY)
    assert look() == (gives == 0)
    assert limit(line)[0] == gives
    assert look() == 0  # asked again it changes nothing


@pytest.mark.parametrize(
    ("zone", "gives"), [("Asia/Shanghai", 0), ("Europe/Berlin", AMOUNT), ("UTC", AMOUNT)]
)
def test_the_day_is_the_company_s(line, zone, gives):
    # 16:30 UTC is half past midnight of the next day in Shanghai only.
    Company.objects.update(time_zone=zone)
    queries.forget()
    until(TODAY)
    suspend_for_licences(datetime(2026, 11, 20, 16, 30, tzinfo=UTC))
    assert limit(line)[0] == gives


def test_nothing_of_the_plan_is_lost_and_it_is_one_entry(line):
    standing = set(DatedLimit.objects.filter(ended_at=None).values_list("pk", flat=True))
    entries = PendingEntry.objects.count()
    until(TODAY - DAY)
    assert look() == 1
    assert PendingEntry.objects.count() == entries + 1
    row = DatedLimit.objects.get(granted_by="system:licence")
    assert (row.amount_minor, row.valid_from, row.overdue_allowed_minor) == (0, TODAY, 5_000_00)
    assert "营业执照" in row.reason and "licence" in row.reason
    left = DatedLimit.objects.filter(ended_at=None).values_list("pk", flat=True)
    assert set(left) == standing | {row.pk}


@pytest.mark.parametrize("renewed", [TODAY, TODAY + DAY, None])
def test_a_new_licence_brings_back_exactly_what_stood(line, renewed):
    until(TODAY - DAY)
    look()
    entries = PendingEntry.objects.count()
    until(renewed)
    assert look() == 1
    assert limit(line) == (AMOUNT, False) and line.overdue_allowed_minor == 5_000_00
    assert PendingEntry.objects.count() == entries + 1
    assert look() == 0


def test_a_temporary_limit_of_the_same_day_gives_nothing_either_and_comes_back(line):
    # Catches a suspension that takes the place of the row with the same first day.
    for begins, amount in ((TODAY, 150_000_00), (TODAY + 2 * DAY, 180_000_00)):
        DatedLimit.objects.create(
            line=line,
            temporary=True,
            amount_minor=amount,
            valid_from=begins,
            valid_until=TODAY + 9 * DAY,
            granted_by="system:tests",
            granted_at=AT,
        )
    CreditLine.objects.update(in_force_until=TODAY - DAY)
    bring_due_in_force(today=TODAY, at=AT)
    assert limit(line) == (150_000_00, True)
    until(TODAY - DAY)
    look()
    assert limit(line) == (0, True)
    look(2)  # the second one begins, and is suspended at once
    assert limit(line) == (0, True)
    until(None)
    look(3)
    assert limit(line) == (180_000_00, True)


def test_a_suspension_goes_on_after_its_last_day(line):
    DatedLimit.objects.update(valid_until=None)
    until(TODAY - DAY)
    look()
    for days in (91, 92, 93):
        assert look(days) == (days == 92)
        assert limit(line) == (0, True)
    until(None)
    look(94)
    assert limit(line) == (AMOUNT, False)


def test_parts_and_the_group_s_limit_are_suspended_others_are_not(world, line):  # noqa: F811
    part = make_line(file_of(), 20_000_00, scope="product:GIFT")
    group = make_line(file_of(), 900_000_00, scope="group")
    other = make_line(make_customer("C9", unit=world.units["EAST"]), AMOUNT)
    until(TODAY - DAY)
    assert look() == 3
    assert limit(part)[0] == 0 and limit(group)[0] == 0
    assert limit(other) == (AMOUNT, False)


def test_a_subsidiary_s_licence_takes_its_own_lines_and_not_the_group_s(world, line):  # noqa: F811
    # Catches a suspension that climbs the tree: the others of the group would stand still.
    group = make_line(file_of(), 900_000_00, scope="group")
    daughter = make_customer("C9", unit=world.units["EAST"], parent=file_of())
    own = make_line(daughter, AMOUNT)
    until(TODAY - DAY, daughter.pk)
    assert look() == 1
    assert limit(own)[0] == 0 and limit(group)[0] == 900_000_00 and limit(line)[0] == AMOUNT


def test_the_head_s_licence_stops_the_whole_group_s_orders(world, line):  # noqa: F811
    make_line(file_of(), 900_000_00, scope="group")
    daughter = make_customer("C9", unit=world.units["EAST"], parent=file_of())
    make_line(daughter, AMOUNT)
    arrange([daughter.pk], at=AT, alone=True)
    until(TODAY + 99 * DAY, daughter.pk)
    until(TODAY - DAY)
    look()
    [answer] = check_orders([ask("SO-9", "C9", 1_000_00)], actor=of_user(world.bob), at=AT)
    decision = Decision.objects.get(pk=answer.decision_id)
    assert decision.outcome == "hold" and "headroom" in Hold.objects.get(pk=decision.pk).codes
    until(None)
    look()
    [answer] = check_orders([ask("SO-10", "C9", 1_000_00)], actor=of_user(world.bob), at=AT)
    assert Decision.objects.get(pk=answer.decision_id).outcome == "approve"


def test_what_a_cover_adds_goes_and_comes_with_the_licence(line):
    add = {"amount_minor": 50_000_00, "valid_from": TODAY - DAY, "valid_until": TODAY + 99 * DAY}
    Cover.objects.create(
        line=line, kind="insurance", reference="P-1", entered_by="x", entered_at=AT, **add
    )
    CreditLine.objects.update(in_force_until=TODAY - DAY)
    bring_due_in_force(today=TODAY, at=AT)
    line.refresh_from_db()
    assert ceiling_on(line, TODAY) == 150_000_00
    until(TODAY - DAY)
    assert look() == 1
    line.refresh_from_db()
    assert ceiling_on(line, TODAY) == 0
    until(None)
    look()
    line.refresh_from_db()
    assert ceiling_on(line, TODAY) == 150_000_00


def test_unset_zero_and_run_out_lines_are_left_alone(line):
    for amount, ended in ((None, None), (0, None), (AMOUNT, TODAY - 4 * DAY)):
        CreditLine.objects.filter(pk=line.pk).update(amount_minor=amount, valid_until=ended)
        until(TODAY - DAY)
        assert follow_licences(today=TODAY, at=AT) == 0
    assert not DatedLimit.objects.filter(granted_by="system:licence").exists()


def test_unlimited_is_suspended_too(line):
    DatedLimit.objects.update(amount_minor=None, unlimited=True)
    CreditLine.objects.update(amount_minor=None, unlimited=True)
    until(TODAY - DAY)
    look()
    assert limit(line)[0] == 0 and not line.unlimited
    until(None)
    look()
    assert line.pk and CreditLine.objects.get().unlimited


def test_nobody_ends_a_suspension_by_hand(world, line):  # noqa: F811
    until(TODAY - DAY)
    look()
    row = DatedLimit.objects.get(granted_by="system:licence")
    with pytest.raises(Refused) as caught:
        withdraw_limit(row.pk, "客户说明天换证", actor=acting("alice"), at=AT)
    assert caught.value.code is LimitRefusal.RAISES


def test_under_a_policy_that_looks_at_no_licence_nothing_is_suspended_and_all_returns(line):
    until(TODAY - DAY)
    look()
    policy = Policy.objects.get(kind="order_check", status="live")
    body = dict(policy.body)
    body["checks"] = [one for one in body["checks"] if one["kind"] != "licence_valid"]
    Policy.objects.filter(pk=policy.pk).update(status="retired")
    fields: dict[str, Any] = {
        field.attname: getattr(policy, field.attname)
        for field in Policy._meta.concrete_fields
        if not field.primary_key
    }
    Policy.objects.create(**{**fields, "body": body, "version": 99})
    forget()
    assert look() == 1
    assert limit(line) == (AMOUNT, False)
    assert look() == 0


def test_papers_filed_orders_held_and_judged_again_from_end_to_end(world, line):  # noqa: F811
    """The licence of a document ends yesterday; the new one is filed; nobody presses anything."""
    licence(TODAY - DAY)
    count_moved(today=TODAY, at=AT)
    assert standings_of([file_of().pk])  # the papers alone make a standing
    assert look() == 1
    check_orders([ask("SO-1", "C1", 1_000_00)], actor=of_user(world.bob), at=AT)
    decision = Decision.objects.get(order_ref="SO-1")
    hold = Hold.objects.get(pk=decision.pk)
    assert hold.state == "waiting" and not hold.ready
    assert recheck_due(at=AT) == 1  # first look
    assert recheck_due(at=AT) == 0
    licence(TODAY + 300 * DAY)
    count_moved(today=TODAY, at=AT)
    assert look() == 1
    assert recheck_due(at=AT) == 1
    hold.refresh_from_db()
    assert hold.ready and limit(line) == (AMOUNT, False)


def test_a_hold_is_judged_again_when_only_the_file_changed(world, line):  # noqa: F811
    # Without a limit in force to suspend, the file's standing alone moves the hold.
    until(TODAY - DAY)
    check_orders([ask("SO-1", "C1", 1_000_00)], actor=of_user(world.bob), at=AT)
    recheck_due(at=AT)
    assert recheck_due(at=AT) == 0
    until(TODAY)
    assert recheck_due(at=AT) == 1
    assert Hold.objects.get().ready


def test_the_round_is_on_the_page():
    assert suspend_for_licences in [one.look for one in ROUNDS]
