"""A proposal becomes a limit by a person with authority, never by the one who made the amount up,
and never beyond what the person sees."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.limits.proposals import suggest, waiting_for
from tests.world import AT, PASSWORD, TODAY, make_world
from xinheng.ledger.models import PendingEntry
from xinheng.limits.conditions import usual, usual_end
from xinheng.limits.held_back import nobody
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.proposing import grant_proposals, propose_amount, reject_proposals
from xinheng.limits.refusals import LimitRefusal
from xinheng.people.actions import create_user
from xinheng.people.actor import of_user, system
from xinheng.people.models import Authority, User
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "旺季订单已签合同，附合同扫描件。"


@pytest.fixture
def world():
    return make_world()


def grant(actor, ids=None, until: date | None = None):
    return grant_proposals(
        ids,
        held_back=nobody,
        valid_from=TODAY,
        valid_until=until or usual_end(TODAY),
        conditions=usual(),
        actor=actor,
        at=AT,
    )


def director(world, unit: str | None = None):
    """A second person with authority."""
    create_user(
        "fred",
        PASSWORD,
        name="fred",
        roles=["finance_director"],
        unit_code=unit,
        sees_all_units=unit is None,
        actor=system("tests"),
        at=AT,
    )
    return of_user(User.objects.get(username="fred"))


def refusal(work) -> LimitRefusal:
    with pytest.raises(Refused) as caught:
        work()
    return caught.value.code


def test_a_grant_makes_the_line_live_with_its_conditions(world):
    proposal = waiting_for("C1", world.units["EAST"], 100_000_00)
    entries = PendingEntry.objects.count()
    done = grant(world.actor("alice"))
    assert (done.lines, done.total_minor, done.refused) == (1, {"CNY": 100_000_00}, [])
    line = CreditLine.objects.get(customer=proposal.customer)
    assert (line.amount_minor, line.terms_days_max) == (100_000_00, 30)
    assert (line.overdue_allowed_minor, line.overdue_days_allowed) == (5_000_00, 15)
    assert line.single_order_cap_minor == 60_000_00
    assert (line.valid_from, line.valid_until) == (TODAY, TODAY + timedelta(days=365))
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by_id) == ("granted", world.alice.pk)
    assert PendingEntry.objects.count() == entries + 1


def test_what_is_above_the_authority_waits_on_and_is_told(world):
    Authority.objects.filter(role_id="credit_manager", action="grant_line").update(
        up_to_minor=100_000_00
    )
    small = waiting_for("C1", None, 100_000_00)
    large = waiting_for("C2", None, 100_000_01)
    done = grant(world.actor("alice"))
    assert done.lines == 1 and done.refused[0][0] == large.pk
    assert "100000.01 CNY" in done.refused[0][1].zh
    assert Proposal.objects.get(state="proposed") == large
    assert Proposal.objects.get(state="granted") == small


def test_whoever_entered_the_amount_may_not_grant_it(world):
    # Catches a grant that judges amounts only: alice's authority would do.
    proposal = waiting_for("C1", None, 100_000_00)
    alice = world.actor("alice")
    propose_amount(
        proposal.customer_id, "CNY", 150_000_00, 45, REASON, held_back=nobody, actor=alice, at=AT
    )
    done = grant(alice)
    assert done.lines == 0 and done.refused[0][1] == LimitRefusal.OWN_PROPOSAL.value
    assert grant(director(world)).total_minor == {"CNY": 150_000_00}
    assert CreditLine.objects.get().terms_days_max == 45


def test_an_amount_by_hand_keeps_what_was_calculated(world):
    proposal = waiting_for("C1", None, 100_000_00)
    alice = world.actor("alice")
    propose_amount(
        proposal.customer_id, "CNY", 150_000_00, 45, REASON, held_back=nobody, actor=alice, at=AT
    )
    propose_amount(
        proposal.customer_id, "CNY", 160_000_00, 45, REASON, held_back=nobody, actor=alice, at=AT
    )
    stands = Proposal.objects.get(state="proposed")
    by_hand = {"reason": REASON, "person": world.alice.pk, "model_minor": 100_000_00}
    assert stands.amount_minor == 160_000_00
    assert stands.workings["by_hand"] == by_hand and stands.workings["grade"] == "BBB"
    assert Proposal.objects.filter(state="superseded").count() == 2


def test_a_calculation_does_not_take_the_place_of_a_person_s_amount(world):
    proposal = waiting_for("C1", None, 100_000_00)
    alice = world.actor("alice")
    propose_amount(
        proposal.customer_id, "CNY", 150_000_00, None, REASON, held_back=nobody, actor=alice, at=AT
    )
    assert suggest(proposal.customer, 90_000_00) == 0
    assert Proposal.objects.get(state="proposed").amount_minor == 150_000_00


def test_what_was_rejected_comes_back_only_with_other_figures(world):
    proposal = waiting_for("C1", None, 100_000_00)
    assert reject_proposals([proposal.pk], REASON, actor=world.actor("alice"), at=AT) == 1
    proposal.refresh_from_db()
    assert (proposal.state, proposal.workings["rejected"]) == ("rejected", {"reason": REASON})
    assert suggest(proposal.customer, 100_000_00) == 0
    assert suggest(proposal.customer, 110_000_00) == 1
    assert CreditLine.objects.get().amount_minor is None


def test_a_person_of_one_unit_grants_nothing_of_another(world):
    # Catches `grant all` without the actor's sight: the whole book would go live.
    east = waiting_for("C1", world.units["EAST"], 100_000_00)
    waiting_for("C2", world.units["WEST"], 100_000_00)
    unseen = waiting_for("C3", None, 100_000_00)
    fred = director(world, "EAST")
    assert refusal(lambda: grant(fred, [unseen.pk])) is LimitRefusal.NO_PROPOSALS
    assert grant(fred).lines == 1
    assert Proposal.objects.get(state="granted") == east


@pytest.mark.parametrize(
    ("until", "code"),
    [
        (date(2026, 11, 19), LimitRefusal.BAD_PERIOD),
        (date(2030, 1, 1), LimitRefusal.TOO_LONG),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(world, until, code):
    waiting_for("C1", None, 100_000_00)
    assert refusal(lambda: grant(world.actor("alice"), until=until)) is code
    assert Proposal.objects.get().state == "proposed"


def test_who_lacks_the_permission_changes_nothing(world):
    proposal = waiting_for("C1", world.units["EAST"], 100_000_00)
    bob = world.actor("bob")
    assert refusal(lambda: grant(bob)) is LimitRefusal.NOT_ALLOWED
    assert refusal(lambda: reject_proposals(None, REASON, actor=bob, at=AT)) is (
        LimitRefusal.NOT_ALLOWED
    )
    say = (proposal.customer_id, "CNY", 1, None, REASON)
    assert (
        refusal(lambda: propose_amount(*say, held_back=nobody, actor=bob, at=AT))
        is LimitRefusal.NOT_ALLOWED
    )


@pytest.mark.parametrize(
    ("amount", "terms", "reason", "code"),
    [
        (-1, None, REASON, LimitRefusal.BAD_AMOUNT),
        (10**16, None, REASON, LimitRefusal.BAD_AMOUNT),
        (1, 366, REASON, LimitRefusal.BAD_TERMS),
        (1, None, " 好 ", LimitRefusal.NEEDS_REASON),
    ],
)
def test_an_amount_out_of_bounds_is_refused(world, amount, terms, reason, code):
    customer = waiting_for("C1", None, 100_000_00).customer_id
    alice = world.actor("alice")
    say = (customer, "CNY", amount, terms, reason)
    assert refusal(lambda: propose_amount(*say, held_back=nobody, actor=alice, at=AT)) is code


def test_an_amount_for_a_stranger_s_customer_is_refused(world):
    customer = waiting_for("C1", world.units["WEST"], 100_000_00).customer_id
    fred = director(world, "EAST")
    say = (customer, "CNY", 1, None, REASON)
    assert refusal(lambda: propose_amount(*say, held_back=nobody, actor=fred, at=AT)) is (
        LimitRefusal.UNKNOWN_CUSTOMER
    )
