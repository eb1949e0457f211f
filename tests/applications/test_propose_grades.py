"""Grades are proposed from behaviour and decided by persons; nothing changes a grade by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.applications.test_offer_increases import bought
from tests.world import AT, PASSWORD, TODAY, World, make_customer, make_line, make_world
from xinheng.applications.models import RegradeProposal
from xinheng.applications.regrades import accept_regrade, find_regrades, refuse_regrade
from xinheng.applications.review_words import evidence_words
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, GradeOverride, Rating
from xinheng.decisions.overriding import NewOverride, ask_override
from xinheng.people.actions import create_user
from xinheng.people.actor import Actor, of_user, system
from xinheng.receivables.models import Invoice
from xinheng.refusals import Refused

pytestmark = pytest.mark.django_db
FAR = date(2099, 1, 1)
WHY = "付款明显变慢"


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def rated(world: World, grade: str = "A", code: str = "C-1") -> Customer:
    customer = make_customer(code, unit=world.units["EAST"])
    make_line(customer, 50_000_000, valid_until=FAR)
    Assessment.objects.filter(customer=customer).update(
        grade=grade, valid_until=FAR, assessed_at=AT - timedelta(days=200)
    )
    Rating.objects.filter(customer=customer).update(grade=grade, valid_until=FAR)
    return customer


def slower(customer: Customer) -> None:
    """Punctual until three months ago (index 80), thirty days late since (index 65.00 of all)."""
    for start in (300, 270, 240, 210):
        bought(customer, 1_000_000, start, paid=start - 30)
    for start in (120, 110, 105, 100):
        bought(customer, 1_000_000, start, paid=start - 60)


def director(world: World) -> Actor:
    made = create_user(
        "fan",
        PASSWORD,
        name="fan",
        roles=["finance_director"],
        unit_code=None,
        sees_all_units=True,
        actor=system("tests"),
        at=AT,
    )
    return of_user(made)


def found(customer: Customer, day: date = TODAY) -> list[tuple[str, str]]:
    find_regrades([customer.pk], today=day, at=AT)
    rows = RegradeProposal.objects.filter(state="waiting")
    return [(row.from_grade, row.to_grade) for row in rows]


def test_slower_payment_proposes_one_notch_less_and_changes_nothing(world: World) -> None:
    customer = rated(world)
    slower(customer)
    assert found(customer) == [("A", "BBB")]
    assert Rating.objects.get().grade == "A"
    row = RegradeProposal.objects.get()
    assert (row.evidence["index_before"], row.evidence["index_now"]) == ("80.00", "65.00")
    (said,) = evidence_words(row.evidence)
    assert said.en == "The payment index fell from 80.00 to 65.00 in 3 months."
    assert find_regrades([customer.pk], today=TODAY, at=AT) == 0


@pytest.mark.parametrize(("days", "comes"), [(59, False), (60, True)])
def test_sixty_days_overdue_speak_for_themselves(world: World, days: int, comes: bool) -> None:
    customer = rated(world)
    bought(customer, 1_000_000, days + 30)
    assert found(customer) == ([("A", "BBB")] if comes else [])


@pytest.mark.parametrize(("late", "comes"), [(14, False), (15, True)])
def test_ten_points_of_the_index_are_enough(world: World, late: int, comes: bool) -> None:
    # 15 days late is 70.00, just 10 below the 80.00 of the punctual; 14 days are 70.67
    customer = rated(world)
    for number in range(3):
        bought(customer, 1_000, 250 + number, paid=220 + number)
        bought(customer, 10**12, 100 + number, paid=70 + number - late)
    assert found(customer) == ([("A", "BBB")] if comes else [])


def spoil_grade(grade: str) -> Any:
    return lambda c: (Rating.objects.update(grade=grade), Assessment.objects.update(grade=grade))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoil_grade("CC"), [("CC", "C")]),
        (spoil_grade("C"), []),  # below it lies only default, which is a state
        (spoil_grade("D"), []),
        (spoil_grade(""), []),
        (lambda c: Rating.objects.update(valid_until=TODAY - timedelta(days=1)), []),
        (lambda c: Customer.objects.update(status="closed"), []),
        (lambda c: Invoice.objects.all().delete(), []),
    ],
)
def test_who_is_looked_at(world: World, spoil: Any, expected: list[tuple[str, str]]) -> None:
    customer = rated(world)
    slower(customer)
    spoil(customer)
    assert found(customer) == expected


def test_a_grade_that_has_followed_already_is_left_alone(world: World) -> None:
    customer = rated(world)
    slower(customer)
    last = Assessment.objects.get()
    last.pk, last.grade, last.assessed_at = None, "BBB", AT - timedelta(days=1)
    last.save()
    Assessment.objects.exclude(pk=last.pk).update(assessed_at=AT - timedelta(days=30))
    Rating.objects.update(assessment=last, grade="BBB")
    assert found(customer) == []


def test_accepted_it_counts_for_a_time_and_refused_it_stays(world: World) -> None:
    customer = rated(world)
    slower(customer)
    found(customer)
    row = RegradeProposal.objects.get()
    accept_regrade(row.pk, WHY, actor=director(world), at=AT)  # may confirm, may not override
    rating = Rating.objects.get()
    assert (rating.grade, rating.model_grade) == ("BBB", "A")
    assert rating.override.valid_until == TODAY + timedelta(days=180)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("accepted", WHY)
    with pytest.raises(Refused, match="NOT_WAITING"):
        refuse_regrade(row.pk, WHY, actor=world.actor("alice"), at=AT)


def test_refused_it_is_not_proposed_again_for_a_while(world: World) -> None:
    customer = rated(world)
    slower(customer)
    found(customer)
    waiting = RegradeProposal.objects.get().pk
    refuse_regrade(waiting, "季节性回款", actor=world.actor("alice"), at=AT)
    assert Rating.objects.get().grade == "A"
    assert found(customer) == []


def test_it_lapses_when_the_ground_goes(world: World) -> None:
    customer = rated(world)
    late = bought(customer, 1_000_000, 95)
    assert found(customer) == [("A", "BBB")]
    Invoice.objects.filter(pk=late.pk).update(open_minor=0)
    assert found(customer) == []
    assert RegradeProposal.objects.get().state == "lapsed"


def test_it_is_not_decided_on_another_grade_than_the_one_it_names(world: World) -> None:
    customer = rated(world)
    slower(customer)
    found(customer)
    Rating.objects.update(grade="AA")
    with pytest.raises(Refused, match="NOT_WAITING"):
        accept_regrade(RegradeProposal.objects.get().pk, WHY, actor=world.actor("alice"), at=AT)
    assert found(customer) == [("AA", "A")]  # the other one has lapsed


def test_when_the_model_moves_the_persons_grade_is_questioned_by_another(world: World) -> None:
    customer = rated(world)
    until = TODAY + timedelta(days=100)
    asked = NewOverride(customer.pk, "BB", "老板失联", until)
    ask_override(asked, actor=world.actor("alice"), at=AT)
    assert found(customer) == []
    Assessment.objects.update(grade="AA")
    Rating.objects.update(model_grade="AA")
    assert found(customer) == [("BB", "AA")]
    row = RegradeProposal.objects.get()
    with pytest.raises(Refused, match="OWN_OVERRIDE"):
        accept_regrade(row.pk, WHY, actor=world.actor("alice"), at=AT)
    accept_regrade(row.pk, "联系上了", actor=director(world), at=AT)
    assert Rating.objects.get().grade == "AA"
    assert GradeOverride.objects.get().state == "ended"


def test_who_pays_worse_under_a_persons_lower_grade_gets_a_lower_one(world: World) -> None:
    customer = rated(world)
    slower(customer)
    asked = NewOverride(customer.pk, "BBB", "老板失联", TODAY + timedelta(days=100))
    ask_override(asked, actor=world.actor("alice"), at=AT)
    assert found(customer) == [("BBB", "BB")]
    accept_regrade(RegradeProposal.objects.get().pk, WHY, actor=director(world), at=AT)
    assert Rating.objects.get().grade == "BB"  # and not the model's A


def test_only_those_who_confirm_grades_within_sight(world: World) -> None:
    customer = rated(world)
    slower(customer)
    found(customer)
    pk = RegradeProposal.objects.get().pk
    for actor, code in [
        (world.actor("bob"), "NOT_ALLOWED"),
        (system("jobs"), "NAMED_PERSON"),
    ]:
        for act in (accept_regrade, refuse_regrade):
            with pytest.raises(Refused, match=code):
                act(pk, WHY, actor=actor, at=AT)
    with pytest.raises(Refused, match="NEEDS_REASON"):
        accept_regrade(pk, "慢", actor=world.actor("alice"), at=AT)
    west = create_user(
        "wang",
        PASSWORD,
        name="wang",
        roles=["credit_manager"],
        unit_code="WEST",
        sees_all_units=False,
        actor=system("tests"),
        at=AT,
    )
    with pytest.raises(Refused, match="UNKNOWN_REGRADE"):
        accept_regrade(pk, WHY, actor=of_user(west), at=AT)
