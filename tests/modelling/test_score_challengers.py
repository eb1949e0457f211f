"""Challengers beside the champion: the same inputs, the points to the point, and one bad challenger
hurts nobody.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.modelling.assessed import assess_all, challenger, drawn, make_customers, typed
from tests.world import AT, World, make_world
from xinheng.credit import scale, scorecard
from xinheng.decisions.models import Assessment
from xinheng.learning import card
from xinheng.modelling import inputs, shadowing
from xinheng.modelling.models import LearntModel, ShadowScore

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_a_card_gives_in_columns_what_it_gives_one_by_one(world: World) -> None:
    # Catches a missing base, a reason sorted the wrong way, a coverage that is rounded.
    given = drawn(60)
    given[0] = dict.fromkeys(given[0])
    made = assess_all(make_customers(60, world.units["EAST"]), given)
    model = challenger()
    assert shadowing.score_challengers(at=AT) == shadowing.Scored(60, [])
    own = scorecard.load(model.body["card"])
    for assessment, one in zip(made, given, strict=True):
        alone = scorecard.score(own, typed(one))
        found = ShadowScore.objects.get(assessment=assessment)
        assert (found.points, found.model_id) == (alone.points, model.pk)
        assert [r["key"] for r in found.reasons] == [r.key for r in alone.reasons]
        assert [r["lost"] for r in found.reasons] == [r.lost for r in alone.reasons]
        if alone.points is None:
            assert (found.grade, found.probability) == ("", None)
            continue
        capped = scale.cap(alone.grade, ["overdue_90"] if int(one["oldest_dpd"]) >= 90 else [])
        assert (found.grade, found.probability) == (capped, scale.pd_of(alone.points))
    assert ShadowScore.objects.filter(points=None).count() == 1


def test_trees_give_a_probability_a_grade_and_reasons(world: World) -> None:
    made = assess_all(make_customers(12, world.units["EAST"]), drawn(12))
    challenger("boosting", "trees")
    assert shadowing.score_challengers(at=AT).rows == 12
    for one in ShadowScore.objects.all():
        assert Decimal(0) < one.probability < 1
        red = int(one.assessment.inputs["oldest_dpd"]) >= 90
        assert one.grade == scale.cap(
            scale.grade_of_pd(one.probability), ["overdue_90"] if red else []
        )
        assert all(reason["zh"] != reason["key"] for reason in one.reasons)
    assert made[0].grade  # the champion's own is untouched


def test_only_the_newest_of_a_customer_is_scored_and_only_once(world: World) -> None:
    # Catches a look without `not exists (newer)`, and one that forgets what is scored.
    customers = make_customers(3, world.units["EAST"])
    assess_all(customers, drawn(3))
    newer = assess_all(customers[:2], drawn(2, seed=9), AT + timedelta(hours=1))
    challenger()
    assert shadowing.score_challengers(at=AT).rows == 3
    assert set(ShadowScore.objects.values_list("assessment_id", flat=True)) >= {
        one.pk for one in newer
    }
    assert shadowing.score_challengers(at=AT).rows == 0
    assess_all(customers[2:], drawn(1, seed=11), AT + timedelta(hours=2))
    assert shadowing.score_challengers(at=AT).rows == 1


def test_an_expert_s_rating_is_nothing_for_a_card(world: World) -> None:
    made = assess_all(make_customers(2, world.units["EAST"]), drawn(2))
    Assessment.objects.filter(pk=made[0].pk).update(by_expert=True)
    challenger()
    assert shadowing.score_challengers(at=AT).rows == 1


def test_a_round_is_bounded_and_the_next_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadowing, "A_ROUND", 4)
    assess_all(make_customers(10, world.units["EAST"]), drawn(10))
    challenger()
    rounds = [shadowing.score_challengers(at=AT).rows for _ in range(4)]
    assert rounds == [4, 4, 2, 0]


def test_one_that_was_committed_late_is_found(world: World) -> None:
    # Catches a look that only goes on from the newest id: ids are given before the commit.
    made = assess_all(make_customers(3, world.units["EAST"]), drawn(3))
    challenger()
    shadowing.score_challengers(at=AT)
    ShadowScore.objects.filter(assessment=made[0]).delete()
    assert shadowing.score_challengers(at=AT).rows == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "scorecard", "body": {"card": {}}},
        {"kind": "boosting", "body": {"trees": "rm -rf"}},
    ],
)
def test_a_challenger_that_can_t_be_read_is_told_and_stops_no_other(
    world: World, broken: dict[str, object]
) -> None:
    assess_all(make_customers(2, world.units["EAST"]), drawn(2))
    bad = challenger(name="broken")
    LearntModel.objects.filter(pk=bad.pk).update(**broken)
    challenger(name="sound")
    done = shadowing.score_challengers(at=AT)
    assert done.rows == 2
    (failure,) = done.failures
    assert (failure.model_id, failure.name) == (bad.pk, "broken v1")
    assert failure.zh and failure.en


def test_an_input_that_is_no_number_is_told(world: World) -> None:
    given = drawn(1)
    given[0]["days_late_weighted"] = "soon"
    assess_all_raw = Assessment.objects.create(
        customer=make_customers(1, None)[0],
        card="behaviour v1",
        currency="CNY",
        inputs=given[0],
        contributions=[],
        reasons=[],
        as_of=AT.date(),
        valid_until=AT.date(),
        assessed_at=AT,
    )
    challenger()
    (failure,) = shadowing.score_challengers(at=AT).failures
    assert "days_late_weighted" in failure.en
    assert not ShadowScore.objects.filter(assessment=assess_all_raw).exists()


def test_what_nobody_supplies_is_named() -> None:
    rows = [inputs.Assessed(1, 1, {"payment_index": None})]
    assert inputs.never_told(rows, ["payment_index", "tax_grade"]) == ["tax_grade"]


def test_only_challengers_score(world: World) -> None:
    assess_all(make_customers(1, None), drawn(1))
    for state in ("draft", "proposed", "retired", "refused"):
        challenger(name=state, state=state)
    assert shadowing.score_challengers(at=AT).rows == 0


def test_loading_a_model_reads_it_as_numbers_and_names(world: World) -> None:
    model = challenger()
    assert isinstance(card.load(__import__("json").dumps(model.body).encode()), card.ScorecardModel)
