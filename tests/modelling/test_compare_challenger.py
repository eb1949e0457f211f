"""Champion and challenger on the same customers: grades laid over each other, and who was right."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.modelling.assessed import assess_all, challenger, drawn, make_customers
from tests.world import AT, World, make_world
from xinheng.credit import scale
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment
from xinheng.modelling import comparing, shadowing
from xinheng.modelling.models import ShadowScore
from xinheng.receivables.models import Allocation, Invoice, Receipt

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
JUDGED = TODAY - timedelta(days=400)


@pytest.fixture
def world() -> World:
    return make_world()


def owe(
    customer: Customer, due: date, minor: int, paid_on: date | None = None, issued: int = 30
) -> None:
    """One invoice, paid in full on a day or still open."""
    number = f"I{Invoice.objects.count()}"
    invoice = Invoice.objects.create(
        customer=customer,
        number=number,
        currency="CNY",
        amount_minor=minor,
        open_minor=0 if paid_on else minor,
        issued_on=due - timedelta(days=issued),
        due_on=due,
    )
    if paid_on:
        receipt = Receipt.objects.create(
            customer=customer,
            number=f"R-{number}",
            currency="CNY",
            amount_minor=minor,
            unapplied_minor=0,
            received_on=paid_on,
        )
        Allocation.objects.create(
            invoice=invoice, receipt=receipt, amount_minor=minor, applied_on=paid_on, rule="oldest"
        )


def judged(world: World, count: int = 1) -> tuple[list[Customer], int]:
    """Customers assessed 400 days ago, with a challenger's score each."""
    customers = make_customers(count, world.units["EAST"])
    assess_all(customers, drawn(count))
    model = challenger()
    shadowing.score_challengers(at=AT)
    Assessment.objects.update(as_of=JUDGED)
    return customers, model.pk


@pytest.mark.parametrize(
    ("days_late", "minor", "said"),
    [
        (89, 100_000, "unclear"),
        (90, 100_000, "unclear"),  # paid on the 90th day: not open after it
        (91, 100_000, "bad"),
        (91, 99_999, "good"),  # too small to count
        (29, 100_000, "good"),
        (30, 100_000, "good"),  # paid on the 30th day
        (31, 100_000, "unclear"),
        (None, 100_000, "bad"),
    ],
)
def test_bad_is_ninety_days_on_enough(
    world: World, days_late: int | None, minor: int, said: str
) -> None:
    # Catches `>=` for `>` on either edge, and a threshold that is passed by less than it.
    (customer,), model = judged(world)
    due = JUDGED + timedelta(days=30)
    owe(customer, due, minor, None if days_late is None else due + timedelta(days=days_late))
    known, unclear, since = comparing.outcomes(model, world.alice, TODAY)
    if said == "unclear":
        assert (known, unclear) == ([], 1)
    else:
        assert (unclear, since) == (0, JUDGED)
        assert [one.bad for one in known] == [said == "bad"]
        own = Assessment.objects.get().points
        assert known[0].champion == pytest.approx(float(scale.pd_of(own)))


def test_one_percent_of_what_was_open_is_the_bar_of_a_large_customer(world: World) -> None:
    (customer,), model = judged(world)
    owe(customer, JUDGED + timedelta(days=10), 20_000_000, JUDGED + timedelta(days=5), issued=60)
    owe(customer, JUDGED + timedelta(days=20), 199_999, issued=5)
    assert [one.bad for one in comparing.outcomes(model, world.alice, TODAY)[0]] == [False]
    owe(customer, JUDGED + timedelta(days=40), 1)
    assert [one.bad for one in comparing.outcomes(model, world.alice, TODAY)[0]] == [True]


def test_who_was_bad_already_or_is_judged_too_lately_tells_nothing(world: World) -> None:
    (early, late), model = judged(world, 2)
    owe(early, JUDGED - timedelta(days=100), 500_000)
    Assessment.objects.filter(customer=late).update(as_of=TODAY - timedelta(days=89))
    assert comparing.outcomes(model, world.alice, TODAY) == ([], 0, None)


def test_what_happens_after_twelve_months_is_another_story(world: World) -> None:
    (customer,), model = judged(world)
    owe(customer, JUDGED + timedelta(days=276), 500_000)  # 90 days late on day 366
    known, unclear, _ = comparing.outcomes(model, world.alice, TODAY)
    assert (known, unclear) == ([], 1)  # thirty days late within the year


def test_below_fifty_bads_nothing_is_concluded(world: World) -> None:
    customers, model = judged(world, 120)
    for customer in customers[:49]:
        owe(customer, JUDGED + timedelta(days=30), 500_000)
    few = comparing.trial(model, world.alice, TODAY)
    assert (few.customers, few.bads, few.champion, few.challenger) == (
        *(few.customers, 49),
        *(None, None),
    )
    owe(customers[49], JUDGED + timedelta(days=30), 500_000)
    enough = comparing.trial(model, world.alice, TODAY)
    assert enough.bads == 50 and enough.champion is not None and enough.challenger is not None
    low, high = enough.challenger.auc[1:]
    assert 0 <= low < enough.challenger.auc[0] < high <= 1
    assert enough.challenger.observed == pytest.approx(50 / enough.customers)
    assert sum(rows for rows, *_ in enough.champion.curve) == enough.customers


def test_grades_are_laid_over_each_other_and_add_up(world: World) -> None:
    model = judged(world, 30)[1]
    found = comparing.agreement(model, world.alice)
    assert found.customers == 30 == sum(map(sum, found.table))
    one = ShadowScore.objects.select_related("assessment").first()
    assert one is not None
    at = comparing.GRADES.index
    assert found.table[at(one.assessment.grade)][at(one.grade)] >= 1
    rated = sum(sum(row[:-1]) for row in found.table[:-1])
    equal = sum(found.table[i][i] for i in range(10))
    assert found.better + found.worse + equal == rated
    cases = comparing.largest_differences(model, world.alice)
    gaps = [abs(case.points - case.assessment.points) for case in cases]
    assert gaps == sorted(gaps, reverse=True) and len(cases) <= 20


def test_a_stranger_s_customers_are_in_no_count(world: World) -> None:
    # Catches a comparison over the whole book for who sees one unit.
    _, model = judged(world, 5)
    assert comparing.agreement(model, world.bob).customers == 5
    assert comparing.agreement(model, world.eve).customers == 0
    assert comparing.largest_differences(model, world.eve) == []
    assert comparing.trial(model, world.eve, TODAY).customers == 0
    assert comparing.without_score(model, world.eve) == 0


def test_a_probability_is_kept_as_it_was_said(world: World) -> None:
    judged(world, 3)
    for one in ShadowScore.objects.exclude(points=None):
        assert one.probability == scale.pd_of(one.points)
        assert isinstance(one.probability, Decimal)
