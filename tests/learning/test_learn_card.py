"""A learnt card: points, sums, the scalar and the columnar score, refusals, files."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.learning.samples import customers
from xinheng.credit import scorecard
from xinheng.learning import binning, card, columnar, logistic
from xinheng.learning.binning import Bins, Rule
from xinheng.learning.card import Plan, ScorecardModel
from xinheng.learning.columns import LearningError, is_missing
from xinheng.learning.points import Label, Scaling, exact_points, prior_shift

PLAN = Plan(
    "learnt",
    shapes={"late": "falling", "age": "rising"},
    labels={"late": Label("逾期天数", "Days late")},
)


@pytest.fixture(scope="module")
def model() -> ScorecardModel:
    return card.learn(*customers(), PLAN)


def _inputs(columns: dict[str, Any], row: int) -> dict[str, scorecard.Input]:
    """One customer as the pages would give it: exact decimals, words, None for not known."""
    found: dict[str, scorecard.Input] = {}
    for key, column in columns.items():
        value = column[row]
        if isinstance(value, str):
            found[key] = value or None
        else:
            found[key] = None if np.isnan(value) else Decimal(repr(float(value)))
    return found


def test_the_scale_of_the_reference() -> None:
    scaling = Scaling()
    assert round(scaling.factor, 4) == 28.8539
    assert round(scaling.offset, 4) == 487.1229
    pds = {640: 0.004975, 600: 0.019608, 560: 0.074074, 520: 0.242424}
    assert {score: round(scaling.pd(score), 6) for score in pds} == pds
    other = Scaling(base=600, odds=20, pdo=50)
    assert (round(other.factor, 4), round(other.offset, 4)) == (72.1348, 383.9036)


def test_the_two_variable_card_of_the_reference() -> None:
    scaling, alpha = Scaling(), math.log(6)
    woe = [1.9459, 0.7732, -0.3254, -1.3863, -2.3026]
    first = exact_points(scaling, alpha, 0.8, woe, 2)
    second = exact_points(scaling, alpha, 0.6, [0.5, -0.5], 2)
    assert [round(one, 2) for one in first] == [314.33, 287.26, 261.90, 237.41, 216.26]
    assert [round(one, 2) for one in second] == [278.07, 260.75]
    total = first[2] + second[1]
    assert round(total, 2) == 522.65
    # The reference reads the PD off the score as shown.
    assert round(100 * scaling.pd(round(total, 2)), 2) == 22.60


def test_the_prior_correction_of_the_reference() -> None:
    shift = prior_shift(0.03, 1 / 7)
    assert round(shift, 4) == 1.6843
    assert round(Scaling().factor * shift, 2) == 48.60


def test_a_fit_of_counts_is_the_log_of_odds() -> None:
    x = np.repeat([1.0, 0.0], 100)[:, None]
    bad = np.concatenate([np.arange(100) >= 90, np.arange(100) >= 50])
    fitted = logistic.fit(x, bad, 0.0)
    assert fitted.coefficients[0] == pytest.approx(math.log(9), abs=1e-6)
    assert fitted.intercept == pytest.approx(0.0, abs=1e-6)


def test_a_coefficient_never_turns_against_its_evidence() -> None:
    """Broken build: floor −∞ for all columns gives the second one a negative weight."""
    chance = np.random.default_rng(3)
    truth = chance.normal(size=2_000)
    bad = chance.random(2_000) < 1 / (1 + np.exp(truth))
    echo = truth + chance.normal(scale=0.1, size=2_000)
    x = np.column_stack([truth * 2, echo * 0.2 + bad * 0.1])
    assert min(logistic.fit(x, bad, 1.0, free=True).coefficients) < 0
    assert min(logistic.fit(x, bad, 1.0).coefficients) == 0


def test_points_add_up_to_the_score(model: ScorecardModel) -> None:
    columns, _ = customers()
    ready = scorecard.load(model.card)
    for row in range(200):
        found = scorecard.score(ready, _inputs(columns, row))
        assert found.total == ready.base_points + sum(one.points for one in found.contributions)


def test_points_promise_the_odds_of_the_regression(model: ScorecardModel) -> None:
    columns, _ = customers()
    points = columnar.score(scorecard.load(model.card), columns)
    exact = model.scaling.offset + model.scaling.factor * card.log_odds(model, columns)
    assert np.abs(points - exact).max() <= 0.5 * len(model.bins) + 1e-9


def test_a_million_rows_are_scored_like_one(model: ScorecardModel) -> None:
    """Broken build: `values > bound` instead of `>=` moves those on an edge."""
    columns, _ = customers(600, seed=11)
    for bins in model.bins:
        if bins.bounds:
            edges = [float(one) for one in bins.bounds]
            near = [one - 0.5 * 10.0**-bins.digits for one in edges]
            columns[bins.key][: 2 * len(edges)] = [*edges, *near]
    columns["trade"][:3] = ["never seen", "", "steel"]
    ready = scorecard.load(model.card)
    one_by_one = [scorecard.score(ready, _inputs(columns, row)).total for row in range(600)]
    assert columnar.score(ready, columns).tolist() == one_by_one
    assert columnar.score(ready, columns, threads=2).tolist() == one_by_one


def test_a_column_that_is_not_there_is_missing_in_every_row(model: ScorecardModel) -> None:
    columns, _ = customers(50)
    ready = scorecard.load(model.card)
    without = {key: column for key, column in columns.items() if key != "late"}
    silent = columns | {"late": np.full(50, np.nan)}
    assert columnar.score(ready, without).tolist() == columnar.score(ready, silent).tolist()


def test_a_missing_value_never_helps(model: ScorecardModel) -> None:
    columns, _ = customers(300, seed=5)
    ready = scorecard.load(model.card)
    told = columnar.score(ready, columns)
    for key in columns:
        nothing = np.full(300, np.nan) if key != "trade" else np.full(300, "", dtype=object)
        assert (columnar.score(ready, columns | {key: nothing}) <= told).all()


def test_a_missing_value_widens_the_band(model: ScorecardModel) -> None:
    columns, _ = customers(300, seed=5)
    ready = scorecard.load(model.card)
    points = columnar.score(ready, columns)
    low, high = columnar.span(ready, columns)
    assert (low <= points).all() and (points <= high).all()
    whole = ~np.any([is_missing(one) for one in columns.values()], axis=0)
    assert (low[whole] == high[whole]).all() and (low[~whole] < high[~whole]).all()
    for key in columns:
        nothing = np.full(300, np.nan) if key != "trade" else np.full(300, "", dtype=object)
        lower, higher = columnar.span(ready, columns | {key: nothing})
        assert (lower <= low).all() and (higher >= high).all()


@pytest.mark.parametrize(("key", "sign"), [("late", -1), ("age", 1)])
def test_worse_values_never_score_better(model: ScorecardModel, key: str, sign: int) -> None:
    columns, _ = customers(1)
    values = np.linspace(-50.0, 200.0, 2_000)
    many = {name: np.repeat(column, 2_000) for name, column in columns.items()} | {key: values}
    points = columnar.score(scorecard.load(model.card), many)
    assert (sign * np.diff(points) >= 0).all()


def test_learning_twice_gives_the_same_bytes(model: ScorecardModel) -> None:
    again = card.learn(*customers(), PLAN)
    assert card.dump(again) == card.dump(model)
    assert card.load(card.dump(model)) == model


def test_the_order_of_rows_changes_nothing(model: ScorecardModel) -> None:
    """Sums in another order end in other bits, like another number of threads or another processor.
    Broken build: without the rounding in `logistic.fit` the last digits part.
    """
    columns, bad = customers()
    order = np.random.default_rng(1).permutation(len(bad))
    again = card.learn({key: one[order] for key, one in columns.items()}, bad[order], PLAN)
    assert card.dump(again) == card.dump(model)


def test_noise_is_left_out_and_named() -> None:
    strict = msgspec.structs.replace(PLAN, least_iv=0.05)
    found = card.learn(*customers(6_000), strict)
    assert found.sample.left_out == ("noise",)


def test_too_few_bads_are_refused() -> None:
    columns, bad = customers()
    few = bad & (np.cumsum(bad) <= 49)
    with pytest.raises(LearningError, match="49 rows, at least 50"):
        card.learn(columns, few, PLAN)


def test_no_more_characteristics_than_the_bads_can_carry() -> None:
    chance = np.random.default_rng(2)
    bad = np.arange(1_000) < 60
    columns = {f"x{i}": chance.normal(size=1_000) - bad * 0.8 for i in range(12)}
    assert len(card.learn(columns, bad, Plan("many")).bins) <= 6


def test_evidence_of_nothing_is_refused() -> None:
    bad = np.arange(400) % 2 == 0
    with pytest.raises(LearningError, match="tells good from bad"):
        card.learn({"x": np.ones(400)}, bad, Plan("empty"))


def test_the_population_rate_moves_every_score_alike() -> None:
    columns, bad = customers()
    plain, shifted = (
        card.learn(columns, bad, msgspec.structs.replace(PLAN, population_bad_rate=rate))
        for rate in (None, 0.03)
    )
    wanted = prior_shift(0.03, float(bad.mean()))
    moved = card.log_odds(shifted, columns) - card.log_odds(plain, columns)
    assert moved == pytest.approx(np.full(len(bad), wanted))


def _with(model: ScorecardModel, **changes: object) -> bytes:
    raw = msgspec.json.decode(card.dump(model))
    return msgspec.json.encode(raw | changes)


def test_a_model_file_with_a_surprise_is_refused(model: ScorecardModel) -> None:
    good = msgspec.json.decode(card.dump(model))
    lucky = msgspec.json.decode(card.dump(model))["card"]
    lucky["characteristics"][0]["missing"]["points"] = 9_999
    surprises = [
        b"not json",
        b"\x80\x04\x95\x10pickle",
        card.dump(model).replace(b'"intercept": ', b'"intercept": NaN, "x": '),
        _with(model, code="__import__('os')"),
        _with(model, form=2),
        _with(model, card=lucky),
        _with(model, card=good["card"] | {"run": "rm"}),
    ]
    for raw in surprises:
        with pytest.raises(LearningError):
            card.load(raw)


def test_bins_and_points_of_the_card_are_the_models(model: ScorecardModel) -> None:
    by_key: dict[str, Bins] = {one.key: one for one in model.bins}
    for one in scorecard.load(model.card).characteristics:
        assert len(one.bins) == (0 if one.values else by_key[one.key].count)
        assert one.missing.points <= min([b.points for b in one.bins + one.values])
    assert by_key["late"].shape == "falling"
    assert binning.fit("late", *_late(), Rule()).count > 1


def _late() -> tuple[Any, Any]:
    columns, bad = customers()
    return columns["late"], bad
