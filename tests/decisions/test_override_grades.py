"""A person's other grade: down by one, up by two, never past a red line, and it ends by itself.

Broken builds that were tried: the rating keeps its own last day under an upgrade (an order the day
after passes), the confirmation without asking the rules again, `settle_ratings` left out of
`assess` (an old upgrade outlives the model's fall), red lines not looked at.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests.decisions.test_assess import run, sells
from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_world
from xinheng.credit import scale
from xinheng.credit.grade_override import last_day
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, GradeOverride, Rating
from xinheng.decisions.overrides import in_force, of_customer, rate_now, waiting
from xinheng.decisions.overriding import (
    NewOverride,
    ask_override,
    confirm_override,
    end_expired,
    end_override,
    refuse_override,
)
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.ledger.models import PendingEntry
from xinheng.limits.models import Proposal
from xinheng.merkle.commitment import read_leaf
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.people.models import User
from xinheng.refusals import Refused

UNTIL = last_day(TODAY)
LATER = AT + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = make_world()
    for name, role, unit in [("fred", "finance_director", None), ("anna", "analyst", "WEST")]:
        create_user(
            name,
            PASSWORD,
            name=name,
            roles=[role],
            unit_code=unit,
            sees_all_units=unit is None,
            actor=system("tests"),
            at=AT,
        )
    return made


def who(name: str) -> Actor:
    return of_user(User.objects.get(username=name))


def rated(code: str = "C", days: tuple[int | None, ...] = (9,) * 13 + (0,)) -> Customer:
    """A customer that paid nine days late and owes nothing."""
    customer = sells(code, days)
    run(customer)
    return customer


def better(grade: str, by: int = 1) -> str:
    return scale.GRADES[scale.grade_rank(grade) - by]


def worse(grade: str, by: int = 1) -> str:
    return scale.GRADES[scale.grade_rank(grade) + by]


def rating(customer: Customer) -> Rating:
    return Rating.objects.get(customer=customer)


def new(customer: Customer, grade: str, **changed: Any) -> NewOverride:
    told = {"reason": "pays us through its parent", "until": UNTIL, "evidence": "letter of 3 Nov"}
    return NewOverride(customer.pk, grade, **told | changed)


def ask(customer: Customer, grade: str, name: str = "alice", at: datetime = AT, **changed: Any):
    return ask_override(new(customer, grade, **changed), actor=who(name), at=at)


def kinds() -> list[str]:
    return [
        kind
        for kind in (read_leaf(bytes(one.leaf))["kind"] for one in PendingEntry.objects.all())
        if kind.startswith("grade.")
    ]


def test_down_counts_at_once_and_up_waits_for_another_person(world: World) -> None:
    customer = rated()
    model = rating(customer).grade
    ask(customer, worse(model), reason="its owner is under investigation")
    now = rating(customer)
    assert (now.grade, now.model_grade) == (worse(model), model)
    assert now.valid_until == now.assessment.valid_until and now.override.state == "in_force"
    made = ask(customer, better(model))
    assert made.state == "asked" and rating(customer).grade == worse(model)
    confirm_override(made.pk, "seen the letter", actor=who("fred"), at=LATER)
    now = rating(customer)
    assert (now.grade, now.model_grade, now.override_id) == (better(model), model, made.pk)
    assert kinds() == ["grade.overridden", "grade.override_asked", "grade.overridden"]
    assert [one.state for one in of_customer(world.alice, customer.pk)] == ["in_force", "ended"]


def test_an_upgrade_ends_by_itself_even_without_the_round(world: World) -> None:
    """The order check reads the rating's own last day: it must not be later than the upgrade's."""
    customer = rated()
    until = TODAY + timedelta(days=20)
    made = ask(customer, better(rating(customer).grade), until=until)
    confirm_override(made.pk, "seen the letter", actor=who("fred"), at=AT)
    assert rating(customer).valid_until == until


def test_the_round_ends_what_is_over_and_the_models_grade_counts_again(world: World) -> None:
    customer = rated()
    model = rating(customer).grade
    made = ask(customer, worse(model), until=TODAY)
    assert end_expired(today=TODAY, at=AT) == 0 and rating(customer).grade == worse(model)
    assert end_expired(today=TODAY + timedelta(days=1), at=LATER) == 1
    now = rating(customer)
    assert (now.grade, now.model_grade, now.override) == (model, "", None)
    made.refresh_from_db()
    assert (made.state, made.ended_by) == ("ended", "system:jobs")
    assert end_expired(today=TODAY + timedelta(days=1), at=LATER) == 0
    assert kinds()[-1] == "grade.override_ended"


def test_an_upgrade_falls_with_the_models_grade(world: World) -> None:
    customer = rated()
    model = rating(customer).grade
    made = ask(customer, better(model))
    confirm_override(made.pk, "seen the letter", actor=who("fred"), at=AT)
    Assessment.objects.all().update(entry_id=None)
    more = sells("X", [60] * 6)
    from xinheng.receivables.models import Invoice

    Invoice.objects.filter(customer=more).update(customer=customer)
    run(customer, at=LATER)
    fallen = Assessment.objects.filter(customer=customer).latest("pk")
    assert scale.grade_rank(fallen.grade) > scale.grade_rank(model)
    now = rating(customer)
    assert now.assessment == fallen and now.model_grade == fallen.grade
    assert now.grade == better(fallen.grade)


def test_assessing_again_keeps_a_downgrade_and_its_smaller_proposal(world: World) -> None:
    customer = rated()
    model = rating(customer).grade
    before = Proposal.objects.get(customer=customer, state="proposed").amount_minor
    ask(customer, "B")
    run(customer, at=LATER)
    now = rating(customer)
    assert (now.grade, now.model_grade) == ("B", model)
    after = Proposal.objects.get(customer=customer, state="proposed")
    assert after.amount_minor < before and after.workings["grade"] == "B"
    run(customer, at=LATER + timedelta(minutes=1))
    assert rating(customer).grade == "B"


def test_an_upgrade_suggests_no_more_than_the_model(world: World) -> None:
    customer = rated()
    before = Proposal.objects.get(customer=customer, state="proposed").amount_minor
    made = ask(customer, better(rating(customer).grade))
    confirm_override(made.pk, "seen the letter", actor=who("fred"), at=AT)
    run(customer, at=LATER)
    after = Proposal.objects.get(customer=customer, state="proposed")
    assert after.amount_minor == before


RULES = [
    ({"by": 2}, "two with the committee"),
    ({"by": 3, "committee": True}, "two with the committee"),
    ({"until": UNTIL + timedelta(days=1)}, "six months"),
    ({"until": TODAY - timedelta(days=1)}, "six months"),
]


@pytest.mark.parametrize(("changed", "said"), RULES)
def test_up_within_its_bounds_only(world: World, changed: dict[str, Any], said: str) -> None:
    customer = rated(days=(25,) * 13 + (0,))
    by = changed.pop("by", 1)
    with pytest.raises(Refused) as refused:
        ask(customer, better(rating(customer).grade, by), **changed)
    assert refused.value.code is DecisionRefusal.OVERRIDE_RULE and said in refused.value.text.en
    assert not GradeOverride.objects.exists()


def test_two_notches_with_the_committee(world: World) -> None:
    customer = rated(days=(25,) * 13 + (0,))
    model = rating(customer).grade
    made = ask(customer, better(model, 2), committee=True)
    confirm_override(made.pk, "minutes of 18 November", actor=who("fred"), at=AT)
    assert rating(customer).grade == better(model, 2)


@pytest.mark.parametrize(
    ("open_items", "reconciled_on", "allowed"),
    [
        (False, None, True),
        (True, None, False),
        (True, TODAY - timedelta(days=90), True),
        (True, TODAY - timedelta(days=91), False),
        (True, TODAY + timedelta(days=1), False),
    ],
)
def test_an_unreconciled_balance_is_no_ground_to_stand_on(
    world: World, open_items: bool, reconciled_on: date | None, allowed: bool
) -> None:
    customer = rated(days=(9,) * 13 + ((None,) if open_items else (0,)))
    wanted = better(rating(customer).grade)
    if allowed:
        assert ask(customer, wanted, reconciled_on=reconciled_on).state == "asked"
        return
    with pytest.raises(Refused) as refused:
        ask(customer, wanted, reconciled_on=reconciled_on)
    assert "unreconciled" in refused.value.text.en


def test_a_red_line_is_never_lifted(world: World) -> None:
    customer = rated("RED", (0,) * 20 + (None, 0, 0, 0, 0))
    model = rating(customer).grade
    assert model == "CCC"
    with pytest.raises(Refused) as refused:
        ask(customer, "B", reconciled_on=TODAY)
    assert "red line" in refused.value.text.en


def test_a_red_line_drawn_since_is_seen_when_it_is_confirmed_and_after(world: World) -> None:
    customer = rated()
    model = rating(customer).grade
    asked = ask(customer, better(model))
    drawn = sells("Y", [None] + [0] * 5)
    from xinheng.receivables.models import Invoice

    Invoice.objects.filter(customer=drawn).update(customer=customer)
    run(customer, at=LATER)
    assert rating(customer).grade == "CCC"
    with pytest.raises(Refused) as refused:
        confirm_override(asked.pk, "seen the letter", actor=who("fred"), at=LATER)
    assert refused.value.code is DecisionRefusal.OVERRIDE_RULE


def test_not_rated_is_not_raised(world: World) -> None:
    nobody = make_customer("NEW", unit=None)
    for _ in range(2):  # without a rating, and with one that says nothing
        with pytest.raises(Refused) as refused:
            ask(nobody, "A")
        assert "not rated" in refused.value.text.en
        run(nobody)


WORDS = [
    ("bob", DecisionRefusal.NOT_ALLOWED),
    ("fred", DecisionRefusal.NOT_ALLOWED),  # confirms, does not ask
    ("anna", DecisionRefusal.UNKNOWN_CUSTOMER),  # of another unit
]


@pytest.mark.parametrize(("name", "code"), WORDS)
def test_who_may_not_ask(world: World, name: str, code: DecisionRefusal) -> None:
    customer = rated()
    with pytest.raises(Refused) as refused:
        ask(customer, worse(rating(customer).grade), name=name)
    assert refused.value.code is code


def test_a_machine_has_no_opinion(world: World) -> None:
    customer = rated()
    with pytest.raises(Refused) as refused:
        ask_override(new(customer, "B"), actor=system("jobs"), at=AT)
    assert refused.value.code is DecisionRefusal.NEEDS_PERSON


def test_who_asked_neither_confirms_nor_refuses_but_may_withdraw(world: World) -> None:
    customer = rated()
    made = ask(customer, better(rating(customer).grade))
    for act in (confirm_override, refuse_override):
        with pytest.raises(Refused) as refused:
            act(made.pk, "I say so myself", actor=who("alice"), at=AT)
        assert refused.value.code is DecisionRefusal.OWN_OVERRIDE
    with pytest.raises(IntegrityError), transaction.atomic():
        GradeOverride.objects.update(state="in_force", decided_by=world.alice)
    end_override(made.pk, "asked too early", actor=who("alice"), at=AT)
    assert GradeOverride.objects.get().state == "ended"
    with pytest.raises(Refused) as refused:
        confirm_override(made.pk, "seen the letter", actor=who("fred"), at=AT)
    assert refused.value.code is DecisionRefusal.OVERRIDE_DECIDED


def test_refused_changes_nothing_and_a_second_wish_waits_for_the_first(world: World) -> None:
    customer = rated()
    before = rating(customer).grade
    made = ask(customer, better(before))
    with pytest.raises(Refused) as refused:
        ask(customer, better(before))
    assert refused.value.code is DecisionRefusal.ALREADY_ASKED
    assert [one.pk for one in waiting(world.alice)] == [made.pk]
    refuse_override(made.pk, "the letter says nothing", actor=who("fred"), at=AT)
    assert rating(customer).grade == before and not waiting(world.alice)


def test_ending_a_downgrade_takes_who_may_confirm(world: World) -> None:
    customer = make_customer("W", unit=world.units["WEST"])
    from tests.world import rate

    rate(customer)
    made = ask(customer, "BB", name="anna")
    with pytest.raises(Refused) as refused:
        end_override(made.pk, "it was nothing", actor=who("anna"), at=AT)
    assert refused.value.code is DecisionRefusal.NEEDS_CONFIRMER
    end_override(made.pk, "it was nothing", actor=who("fred"), at=AT)
    assert rating(customer).grade == "BBB"


FAULTS = [
    ({"reason": " x "}, DecisionRefusal.REASON_REQUIRED),
    ({"evidence": " "}, DecisionRefusal.NEEDS_EVIDENCE),
    ({"grade": "AAAA"}, DecisionRefusal.OVERRIDE_RULE),
]


@pytest.mark.parametrize(("changed", "code"), FAULTS)
def test_what_is_missing_is_said(
    world: World, changed: dict[str, Any], code: DecisionRefusal
) -> None:
    customer = rated()
    told = {"grade": better(rating(customer).grade)} | changed
    with pytest.raises(Refused) as refused:
        ask(customer, told.pop("grade"), **told)
    assert refused.value.code is code


def test_the_same_grade_and_a_day_too_far_are_refused(world: World) -> None:
    customer = rated()
    model = rating(customer).grade
    with pytest.raises(Refused) as refused:
        ask(customer, model)
    assert refused.value.code is DecisionRefusal.SAME_GRADE
    with pytest.raises(Refused) as refused:
        ask(customer, "C", until=TODAY + timedelta(days=800))
    assert refused.value.code is DecisionRefusal.BAD_UNTIL


def test_the_rate_counts_what_is_in_force_among_the_rated(world: World) -> None:
    customers = [rated(f"R{n}") for n in range(4)]
    run(make_customer("NIL", unit=None))
    ask(customers[0], "B")
    told = rate_now(world.alice)
    assert (told.overrides, told.ratings, str(told.rate), told.within) == (1, 4, "0.2500", False)
    assert [one.customer_id for one in in_force(world.alice)] == [customers[0].pk]
    assert rate_now(world.eve).ratings == 0 and rate_now(world.eve).rate is None
