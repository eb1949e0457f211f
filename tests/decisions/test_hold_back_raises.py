"""A file that is out of date, too thin, or whose licence ended keeps a limit from being raised, by
every door; lowering and running on are always possible."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.house.plan import modules
from tests.limits.proposals import suggest
from tests.limits.test_grant_proposals import director, refusal
from tests.world import AT, TODAY, make_customer, make_line, make_world
from xinheng.credit.adjusting import Rule
from xinheng.decisions.file_gaps import held_back
from xinheng.dossiers.models import FileStanding
from xinheng.limits.adjusting import adjust_lines, preview_adjustment
from xinheng.limits.conditions import usual
from xinheng.limits.granting import grant_limit
from xinheng.limits.models import CreditLine, DatedLimit, Proposal
from xinheng.limits.proposing import grant_proposals, propose_amount
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.values import Entered, NewLimit
from xinheng.policies.models import Policy
from xinheng.policies.queries import forget

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "年度复审，按合同核定。"
DAY = timedelta(days=1)
YEAR = TODAY + timedelta(days=365)
GOOD = {"complete_bps": 9_000, "fresh_until": TODAY, "licence_until": TODAY}
BAD = {
    "too thin": {"complete_bps": 5_999},
    "too old": {"fresh_until": TODAY - DAY},
    "licence ended": {"licence_until": TODAY - DAY},
}


@pytest.fixture
def world():
    return make_world()


@pytest.fixture
def line(world) -> CreditLine:
    return make_line(
        make_customer("C1", unit=world.units["EAST"]),
        100_000_00,
        valid_until=TODAY + 40 * DAY,
        single_order_cap_minor=60_000_00,
        overdue_allowed_minor=5_000_00,
        overdue_days_allowed=15,
        terms_days_max=30,
    )


def file_of(line: CreditLine, **how: Any) -> None:
    FileStanding.objects.update_or_create(
        customer_id=line.customer_id, defaults={**GOOD, "counted_at": AT, **how}
    )


def enter(actor, line: CreditLine, amount: int | None, **more: Any) -> Entered:
    fields = {"valid_from": TODAY, "valid_until": YEAR, "reason": REASON, "terms_days": 30} | more
    asked = NewLimit(line.customer_id, "CNY", amount, unlimited=amount is None, **fields)
    return grant_limit(asked, held_back=held_back, actor=actor, at=AT)


def grant(actor):
    return grant_proposals(
        None,
        held_back=held_back,
        valid_from=TODAY,
        valid_until=YEAR,
        conditions=usual(),
        actor=actor,
        at=AT,
    )


@pytest.mark.parametrize("why", BAD)
def test_a_gap_keeps_back_what_gives_more_and_nothing_is_written(world, line, why):
    # Catches a build that asks about the file only where the limit is live at once.
    file_of(line, **BAD[why])
    rows = DatedLimit.objects.count()
    alice = world.actor("alice")
    more: list[tuple[int | None, dict[str, Any]]] = [
        (100_000_01, {}),
        (None, {}),
        (120_000_00, {"temporary": True, "valid_until": TODAY + 10 * DAY}),
        (120_000_00, {"valid_from": TODAY + 200 * DAY}),
        (90_000_00, {"terms_days": 60}),  # longer terms are more, too
    ]
    for amount, fields in more:
        work = lambda a=amount, f=fields: enter(alice, line, a, **f)  # noqa: E731
        assert refusal(work) is LimitRefusal.HELD_BACK, (amount, fields)
    assert not Proposal.objects.exists() and DatedLimit.objects.count() == rows


@pytest.mark.parametrize("why", BAD)
def test_lowering_and_running_on_are_always_possible(world, line, why):
    # Catches `raises` taken as it is: a longer validity counts as more there, and a lower limit
    # could only be granted until the day on which the old one ends.
    file_of(line, **BAD[why])
    assert enter(world.actor("alice"), line, 80_000_00, valid_until=TODAY + 9 * DAY).live
    assert not enter(world.actor("alice"), line, 80_000_00).live  # longer: waits for another
    assert grant(director(world)).lines == 1
    line.refresh_from_db()
    assert (line.amount_minor, line.valid_until) == (80_000_00, YEAR)


def test_a_limit_that_ran_out_does_not_come_back_with_a_gap(world, line):
    DatedLimit.objects.update(valid_until=TODAY - DAY)
    file_of(line, licence_until=TODAY - DAY)
    work = lambda: enter(world.actor("alice"), line, 10_000_00)  # noqa: E731
    assert refusal(work) is LimitRefusal.HELD_BACK


@pytest.mark.parametrize("why", [None, *BAD])
def test_what_waits_is_granted_only_with_the_file_in_order(world, line, why):
    file_of(line, **BAD.get(why or "", {}))
    suggest(line.customer, 150_000_00)
    done = grant(director(world))
    assert done.lines == (1 if why is None else 0)
    assert Proposal.objects.filter(state="proposed").count() == (0 if why is None else 1)
    line.refresh_from_db()
    assert line.amount_minor == (150_000_00 if why is None else 100_000_00)
    if why is not None:
        assert "raised now" in done.refused[0][1].en and "不能提高" in done.refused[0][1].zh


def test_of_many_proposals_only_those_kept_back_stay(world, line):
    other = make_line(make_customer("C2", unit=world.units["EAST"]), 100_000_00)
    lower = make_line(
        make_customer("C3", unit=world.units["EAST"]),
        500_000_00,
        terms_days_max=60,
        overdue_allowed_minor=25_000_00,
        overdue_days_allowed=15,
    )
    new = make_customer("C4", unit=world.units["EAST"])
    for one in (line, lower):
        file_of(one, **BAD["too old"])
    FileStanding.objects.create(customer=new, **{**GOOD, **BAD["too thin"]}, counted_at=AT)
    for customer in (line.customer, other.customer, lower.customer, new):
        suggest(customer, 150_000_00)
    done = grant(director(world))
    assert done.lines == 2
    left = Proposal.objects.filter(state="proposed").values_list("customer__code", flat=True)
    assert set(left) == {"C1", "C4"}
    assert not CreditLine.objects.filter(customer=new).exists()


def test_in_bulk_what_would_rise_is_left_and_what_falls_falls(world, line):
    other = make_line(make_customer("C2", unit=world.units["EAST"]), 100_000_00)
    file_of(line, **BAD["too thin"])
    ids, alice = [line.pk, other.pk], world.actor("alice")
    terms = {"valid_from": TODAY, "valid_until": None, "held_back": held_back}
    seen = preview_adjustment(ids, Rule("percent", 1_000), **terms, actor=alice, at=AT)
    assert {row.line_id: row.becomes for row in seen.rows} == {
        line.pk: "held_back",
        other.pk: "waits",
    }
    done = adjust_lines(
        ids, Rule("percent", 1_000), REASON, **terms, seal=seen.seal, actor=alice, at=AT
    )
    assert done.counts == {"held_back": 1, "waits": 1} and Proposal.objects.count() == 1
    less = adjust_lines(ids, Rule("percent", -1_000), REASON, **terms, actor=alice, at=AT)
    assert less.counts == {"lowered": 2}


@pytest.mark.parametrize("why", BAD)
@pytest.mark.parametrize(
    ("amount", "terms_days", "kept"),
    [
        (100_000_01, 30, True),
        (90_000_00, 60, True),
        (100_000_00, 30, False),
        (80_000_00, 30, False),
    ],
)
def test_an_amount_of_one_s_own_is_not_even_put_forward(world, line, why, amount, terms_days, kept):
    # Catches a lower amount refused because usual conditions are looser than those that stand.
    file_of(line, **BAD[why])
    said = (line.customer_id, "CNY", amount, terms_days, REASON)
    work = lambda: propose_amount(  # noqa: E731
        *said, held_back=held_back, actor=world.actor("alice"), at=AT
    )
    if kept:
        assert refusal(work) is LimitRefusal.HELD_BACK and not Proposal.objects.exists()
    else:
        assert work()


def test_a_customer_without_a_line_is_proposed_nothing_with_a_gap(world):
    customer = make_customer("C9", unit=world.units["EAST"])
    FileStanding.objects.create(customer=customer, **{**GOOD, **BAD["too old"]}, counted_at=AT)
    said = (customer.pk, "CNY", 1_00, 30, REASON)
    alice = world.actor("alice")
    work = lambda: propose_amount(*said, held_back=held_back, actor=alice, at=AT)  # noqa: E731
    assert refusal(work) is LimitRefusal.HELD_BACK
    stranger = director(world, "WEST")
    work = lambda: propose_amount(*said, held_back=held_back, actor=stranger, at=AT)  # noqa: E731
    assert refusal(work) is LimitRefusal.UNKNOWN_CUSTOMER


def test_the_reason_names_all_that_is_missing_in_both_languages(world, line):
    file_of(line, complete_bps=5_200, fresh_until=TODAY - DAY, licence_until=TODAY - DAY)
    why = held_back([line.customer_id], TODAY)[line.customer_id]
    assert re.findall("2026-11-19|52.00|60.00", why.zh) == ["2026-11-19"] * 2 + ["52.00", "60.00"]
    assert re.findall("2026-11-19|52.00|60.00", why.en) == ["2026-11-19"] * 2 + ["52.00", "60.00"]


def test_days_are_those_of_the_company_and_the_last_one_still_counts(world, line):
    file_of(line)  # licence and freshness end today
    assert not held_back([line.customer_id], TODAY)
    assert held_back([line.customer_id], TODAY + DAY)


def test_without_any_file_the_policy_says_and_as_shipped_it_asks_for_none(world, line):
    assert enter(world.actor("alice"), line, 200_000_00).proposal_id
    policy = Policy.objects.get(kind="order_check", status="live")
    for check in policy.body["checks"]:
        if check["kind"] == "file_complete":
            check["params"]["required"] = True
    _instead(policy, policy.body)
    work = lambda: enter(world.actor("alice"), line, 200_000_00)  # noqa: E731
    assert refusal(work) is LimitRefusal.HELD_BACK


def test_under_a_policy_that_looks_at_no_file_nobody_is_kept_back(world, line):
    file_of(line, **BAD["licence ended"])
    policy = Policy.objects.get(kind="order_check", status="live")
    body = dict(policy.body)
    kinds = ("file_complete", "file_fresh", "licence_valid")
    body["checks"] = [check for check in body["checks"] if check["kind"] not in kinds]
    _instead(policy, body)
    assert not held_back([line.customer_id], TODAY)
    assert enter(world.actor("alice"), line, 200_000_00).proposal_id


def _instead(policy: Policy, body: dict[str, Any]) -> None:
    """Another version goes live; a version that was released never changes."""
    Policy.objects.filter(pk=policy.pk).update(status="retired")
    fields = {
        field.attname: getattr(policy, field.attname)
        for field in Policy._meta.concrete_fields
        if not field.primary_key
    }
    Policy.objects.create(**{**fields, "body": body, "version": policy.version + 50})
    forget()


# --- Every door asks

DOORS = "grant_limit|grant_proposals|adjust_lines|preview_adjustment|propose_amount|enter_cover"
GIVING = re.compile(rf"\b({DOORS})\(")


def test_every_door_that_can_give_more_asks_about_the_file():
    # Catches a door that says `nobody` (or its own answer) where an increase is granted.
    calling = [
        module for module in modules() if GIVING.search(module.source) and module.part != "limits"
    ]
    assert {module.part for module in calling} >= {"web", "cli", "connectors"}
    for module in calling:
        assert "from xinheng.decisions.file_gaps import held_back" in module.source, module.name
        assert "held_back import nobody" not in module.source, module.name
