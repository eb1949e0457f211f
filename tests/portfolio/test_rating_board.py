"""The rating board: grades now and on a day gone by, who moved and why, and what caps a grade."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.world import AT, TODAY, World, make_customer, make_world
from xinheng.credit import grade_override, scale
from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, GradeOverride, Rating
from xinheng.limits.models import CreditLine
from xinheng.portfolio import ratings
from xinheng.portfolio.ratings import Asked

pytestmark = pytest.mark.django_db
BEFORE = date(2026, 9, 1)
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)
ASKED = Asked(TODAY, BEFORE, "CNY")
FAR = date(2027, 6, 1)


@pytest.fixture
def world() -> World:
    return make_world()


def customer(world: World, code: str, used: int = 0, unit: str = "EAST", **extra: Any) -> Customer:
    made = make_customer(code, unit=world.units[unit], **extra)
    Customer.objects.filter(pk=made.pk).update(created_at=LONG_AGO, updated_at=LONG_AGO)
    CreditLine.objects.create(
        customer=made, currency="CNY", open_items_minor=used, updated_at=LONG_AGO
    )
    return made


def assessed(of: Customer, grade: str, on: date, until: date = FAR, **extra: Any) -> Assessment:
    """One assessment at noon of a day, and the rating in force."""
    fields = {"card": "behaviour v1", "currency": "CNY", "points": 600, "inputs": {}}
    fields |= {"contributions": [], "reasons": [], "as_of": on, **extra}
    made = Assessment.objects.create(
        customer=of,
        grade=grade,
        valid_until=until,
        assessed_at=datetime(on.year, on.month, on.day, 4, tzinfo=UTC),
        **fields,
    )
    Rating.objects.update_or_create(
        customer=of,
        defaults={"assessment": made, "grade": grade, "points": 600, "valid_until": until},
    )
    return made


def flow(world: World, asked: Asked = ASKED, who: str = "alice") -> dict[tuple[str, str], int]:
    found = ratings.flows(asked, getattr(world, who), TODAY)
    return {(one.before, one.after): one.customers for one in found}


# --- Now


def test_expected_loss_is_the_middle_of_the_band_times_what_is_used() -> None:
    assert ratings.pd_mid("BBB") == Decimal("0.0105")
    assert ratings.expected_loss("BBB", 200_000_000) == 2_100_000
    assert ratings.expected_loss("D", 5) == 5
    assert ratings.expected_loss("AAA", 999) == 0  # 0.4995, HALF_UP
    assert ratings.expected_loss("AAA", 1_000) == 1
    assert ratings.expected_loss("BBB", -100) == 0
    assert ratings.expected_loss("", 100) is None


def test_the_board_counts_what_the_portfolio_counts(world: World) -> None:
    # Catches another population than the portfolio's page, and a rating that outlives its date.
    from xinheng.portfolio.overview import rating_mix

    assessed(customer(world, "A1", 1_000_00), "BBB", BEFORE)
    assessed(customer(world, "A2", 2_000_00), "BBB", BEFORE, until=TODAY + timedelta(days=30))
    assessed(customer(world, "A3", -500), "CC", BEFORE, until=TODAY + timedelta(days=31))
    assessed(customer(world, "A4", 7_00), "AA", BEFORE, until=TODAY - timedelta(days=1))
    customer(world, "A5", 9_00)
    found = ratings.standings(ASKED, world.alice)
    assert [(one.grade, one.customers, one.used_minor) for one in found] == [
        ("BBB", 2, 3_000_00),
        ("CC", 1, -500),
        ("", 2, 16_00),
    ]
    assert [one.loss_minor for one in found] == [3150, 0, None]
    assert found[0].runs_out == {30: 1, 60: 1, 90: 1}
    assert found[1].runs_out == {30: 0, 60: 1, 90: 1}
    mix = rating_mix(TODAY, "CNY", world.alice)
    assert [(one.grade, one.customers, one.used_minor) for one in mix] == [
        (one.grade, one.customers, one.used_minor) for one in found
    ]
    assert [one.code for one in ratings.runs_out(ASKED, world.alice)] == ["A2", "A3"]


def test_a_unit_and_a_tier_narrow_and_a_stranger_sees_nothing(world: World) -> None:
    assessed(customer(world, "E1", 100), "A", BEFORE)
    assessed(customer(world, "W1", 200, unit="WEST", status="watch"), "A", BEFORE)

    def codes(asked: Asked, user: Any) -> list[str]:
        return [one.code for one in ratings.lines(asked, user)]

    assert codes(ASKED, world.alice) == ["E1", "W1"]
    assert codes(ASKED, world.bob) == ["E1"]
    assert codes(ASKED, world.eve) == ["W1"]
    assert codes(ASKED._replace(unit_id=world.units["WEST"]), world.bob) == []
    assert codes(ASKED._replace(tier="watch"), world.alice) == ["W1"]
    assert codes(ASKED._replace(tier="normal"), world.alice) == ["E1"]
    assert flow(world, who="eve") == {("A", "A"): 1}
    assert codes(ASKED._replace(currency="USD"), world.alice) == []


# --- Between two days


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=10)])
def test_everybody_stands_in_one_cell_of_the_matrix(world: World, day: date) -> None:
    # Catches a rating that counts after its end, one of the wrong day, and who came or went.
    same = customer(world, "SAME")
    assessed(same, "A", date(2026, 2, 1))
    fell = customer(world, "FELL")
    assessed(fell, "AA", date(2026, 2, 1))
    assessed(fell, "BB", date(2026, 10, 1))
    rose = customer(world, "ROSE")
    assessed(rose, "C", date(2026, 2, 1))
    assessed(rose, "CC", BEFORE)  # on the very day: it is the grade of that day
    assessed(rose, "CCC", BEFORE + timedelta(days=1))
    ended = customer(world, "ENDED")
    assessed(ended, "B", date(2026, 2, 1), until=date(2026, 10, 1))
    before = customer(world, "LAPSED")
    assessed(before, "B", date(2026, 2, 1), until=BEFORE - timedelta(days=1))
    customer(world, "NEVER")
    fresh = customer(world, "FRESH")
    Customer.objects.filter(pk=fresh.pk).update(created_at=datetime(2026, 10, 1, tzinfo=UTC))
    assessed(fresh, "BBB", date(2026, 10, 2))
    gone = customer(world, "GONE", status="closed")
    assessed(gone, "A", date(2026, 2, 1))
    Customer.objects.filter(pk=gone.pk).update(updated_at=datetime(2026, 10, 1, tzinfo=UTC))
    long_gone = customer(world, "LONG", status="closed")
    assessed(long_gone, "A", date(2026, 2, 1))
    assert flow(world, ASKED._replace(day=day)) == {
        ("A", "A"): 1,
        ("AA", "BB"): 1,
        ("CC", "CCC"): 1,
        ("B", ""): 1,
        ("", ""): 2,
        ("new", "BBB"): 1,
        ("A", "gone"): 1,
    }
    worse, better = ratings.movers(ASKED._replace(day=day), world.alice, TODAY)
    assert [(one.code, one.before, one.after) for one in worse] == [("FELL", "AA", "BB")]
    assert [(one.code, one.before, one.after) for one in better] == [("ROSE", "CC", "CCC")]
    assert Assessment.objects.get(pk=worse[0].before_id).grade == "AA"
    assert Assessment.objects.get(pk=worse[0].after_id).grade == "BB"


def test_who_came_after_the_day_is_not_there_yet(world: World) -> None:
    late = customer(world, "LATE")
    Customer.objects.filter(pk=late.pk).update(created_at=AT)
    assert flow(world, ASKED._replace(day=TODAY - timedelta(days=10))) == {}


def test_a_card_that_can_t_rate_pushes_out_no_expert(world: World) -> None:
    expert = customer(world, "X1")
    assessed(expert, "BBB", date(2026, 3, 1), by_expert=True)
    assessed(expert, "", date(2026, 4, 1))
    carded = customer(world, "X2")
    assessed(carded, "BBB", date(2026, 3, 1), by_expert=True)
    assessed(carded, "B", date(2026, 4, 1))
    assessed(carded, "", date(2026, 5, 1))
    lapsed = customer(world, "X3")
    assessed(lapsed, "A", date(2026, 3, 1), until=date(2026, 6, 1), by_expert=True)
    assessed(lapsed, "", date(2026, 4, 1))
    day = TODAY - timedelta(days=1)  # a day gone by on both sides
    assert flow(world, ASKED._replace(day=day)) == {("BBB", "BBB"): 1, ("", ""): 2}


def test_overrides_of_a_day_count_as_the_rule_says(world: World) -> None:
    """Every grade of the model with every override that a person could have been granted: SQL and
    `credit.grade_override.grade_on` say the same.
    """
    expected: dict[tuple[str, str], int] = {}
    cases = [
        (base, wanted, notches)
        for base in scale.GRADES
        for wanted in scale.GRADES
        for notches in (-2, -1, 1, 2)
    ]
    for n, (base, wanted, notches) in enumerate(cases):
        one = customer(world, f"O{n}")
        assessed(one, base, date(2026, 2, 1))
        GradeOverride.objects.create(
            customer=one,
            model_grade=base,
            grade=wanted,
            notches=notches,
            reason="known",
            valid_until=date(2026, 10, 1),
            state="ended",
            asked_by=world.alice,
            asked_at=LONG_AGO,
            decided_by=world.bob,
            decided_at=datetime(2026, 3, 1, tzinfo=UTC),
            ended_at=datetime(2026, 9, 20, tzinfo=UTC),
        )
        granted = grade_override.Granted(1, base, wanted, notches, date(2026, 3, 1), None)
        said = grade_override.grade_on(BEFORE, base, granted)
        assert said is not None
        expected[said, base] = expected.get((said, base), 0) + 1
    assert flow(world) == expected


def test_an_override_counts_from_its_yes_to_its_end(world: World) -> None:
    one = customer(world, "O1")
    assessed(one, "BBB", date(2026, 2, 1))
    row = GradeOverride.objects.create(
        customer=one,
        model_grade="BBB",
        grade="A",
        notches=1,
        reason="known",
        valid_until=BEFORE,
        state="ended",
        asked_by=world.alice,
        asked_at=LONG_AGO,
        decided_by=world.bob,
        decided_at=datetime(2026, 3, 1, tzinfo=UTC),
        ended_at=datetime(2026, 9, 20, tzinfo=UTC),
    )
    assert flow(world) == {("A", "BBB"): 1}
    for changes in (
        {"valid_until": BEFORE - timedelta(days=1)},
        {"valid_until": FAR, "ended_at": datetime(2026, 9, 1, 15, 59, tzinfo=UTC)},
        {"ended_at": None, "decided_at": datetime(2026, 9, 1, 16, tzinfo=UTC)},
        {"decided_at": datetime(2026, 3, 1, tzinfo=UTC), "state": "refused"},
    ):
        GradeOverride.objects.filter(pk=row.pk).update(**changes)
        assert flow(world) == {("BBB", "BBB"): 1}, changes


# --- Behind the grades


def test_red_lines_are_those_that_the_newest_inputs_draw(world: World) -> None:
    for code, grade, inputs, used in (
        ("R1", "CCC", {"oldest_dpd": "90"}, 100),
        ("R2", "CCC", {"oldest_dpd": "89"}, 200),
        ("R3", "D", {"insolvent": "1", "oldest_dpd": "120"}, 300),
        ("R4", "BB", {"oldest_dpd": None}, 400),
        ("R5", "CCC", {"oldest_dpd": "soon"}, 500),
    ):
        assessed(customer(world, code, used), grade, BEFORE, inputs=inputs)
    found, count = ratings.red_lined(ASKED, world.alice)
    assert [(one.code, one.line) for one in found] == [("R3", "insolvent"), ("R1", "overdue_90")]
    assert count == 2
    assert ratings.red_lined(ASKED, world.eve) == ([], 0)


def test_the_override_rate_is_of_the_ratings_in_force(world: World) -> None:
    for n in range(10):
        assessed(customer(world, f"K{n}"), "BBB", BEFORE)
    GradeOverride.objects.create(
        customer=Customer.objects.get(code="K1"),
        model_grade="BBB",
        grade="BB",
        notches=-1,
        reason="known",
        valid_until=FAR,
        state="in_force",
        asked_by=world.alice,
        asked_at=AT,
    )
    found = ratings.overrides(ASKED, world.alice)
    assert [one.customer.code for one in found] == ["K1"]
    assert ratings.override_rate(1, ratings.standings(ASKED, world.alice)) == Decimal("0.1000")
    assert not ratings.overrides(ASKED, world.eve)
    assert not ratings.overrides(ASKED._replace(tier="watch"), world.alice)
