"""The challenger: our evaluator against LightGBM's, contributions, spans, calibration, files."""

from __future__ import annotations

import lightgbm
import msgspec
import numpy as np
import pytest

from tests.learning.samples import customers
from xinheng.learning import boosting, calibration, contributions, trees
from xinheng.learning.boosting import BoostedModel, Plan
from xinheng.learning.columns import LearningError
from xinheng.learning.trees import Tree

PLAN = Plan("challenger", rounds=40, shapes={"late": "falling", "age": "rising"})


@pytest.fixture(scope="module")
def model() -> BoostedModel:
    return boosting.learn_calibrated(*customers(), PLAN)


@pytest.mark.parametrize("missing", [True, False])
def test_scores_and_contributions_are_lightgbms(missing: bool) -> None:
    """Without missing values in training LightGBM takes a later NaN for zero; so do we."""
    columns, bad = customers()
    table = np.column_stack([columns[key] for key in ("late", "use", "age", "noise")])
    rows = table if missing else np.nan_to_num(table, nan=3.0)
    parameters = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, bad.astype(float)), 60)
    ours = boosting.copied(booster)
    raw = trees.raw_score(ours, table, "learnt")
    assert np.abs(raw - booster.predict(table, raw_score=True)).max() < 1e-9
    theirs = np.asarray(booster.predict(table[:150], pred_contrib=True))
    added = contributions.contributions(ours, table[:150])
    assert np.abs(added - theirs[:, :-1]).max() < 1e-6
    assert contributions.base_score(ours) == pytest.approx(theirs[0, -1], abs=1e-9)


def test_contributions_add_up_to_the_score(model: BoostedModel) -> None:
    columns, _ = customers(200, seed=9)
    base, added = boosting.explain(model, columns)
    raw = boosting.raw_score(model, columns, "learnt")
    assert np.abs(base + added.sum(axis=1) - raw).max() < 1e-9


def test_reasons_are_what_raised_the_risk_most(model: BoostedModel) -> None:
    keys = [one.key for one in model.features]
    added = np.array([0.3, -0.9, 0.0, 0.7, 0.3])
    assert boosting.reasons(model, added) == (keys[3], keys[0], keys[4])


def test_the_worked_split() -> None:
    stump = Tree((0,), (15.0,), (True,), (-1,), (-2,), (10,), (-1.2, 0.8), (5, 5))
    table = np.array([[10.0], [15.0], [16.0], [np.nan]])
    assert trees.raw_score((stump,), table, "learnt").tolist() == [-1.2, -1.2, 0.8, -1.2]
    assert trees.raw_score((stump,), table, "worst").tolist() == [-1.2, -1.2, 0.8, 0.8]
    low, high = trees.span((stump,), table)
    assert (low[3], high[3]) == (-1.2, 0.8)


def test_a_missing_value_never_helps_and_widens_the_band(model: BoostedModel) -> None:
    """Broken build: `missing="learnt"` as the default lets silence of `use` lower the risk."""
    columns, _ = customers(400, seed=5)
    told = boosting.raw_score(model, columns)
    table = boosting.table_of(model.features, columns)
    low, high = trees.span(model.trees, table)
    for i, key in enumerate(columns):
        nothing = np.full(400, np.nan) if key != "trade" else np.full(400, "", dtype=object)
        silent = columns | {key: nothing}
        assert (boosting.raw_score(model, silent) >= told - 1e-12).all()
        blank = table.copy()
        blank[:, i] = np.nan
        lower, higher = trees.span(model.trees, blank)
        assert (lower <= low + 1e-12).all() and (higher >= high - 1e-12).all()


@pytest.mark.parametrize(("key", "sign"), [("late", 1), ("age", -1)])
def test_worse_values_never_score_better(model: BoostedModel, key: str, sign: int) -> None:
    columns, _ = customers(1, seed=4)
    values = np.linspace(-20.0, 120.0, 800)
    many = {name: np.repeat(column, 800) for name, column in columns.items()} | {key: values}
    p = boosting.probability(model, many)
    assert (sign * np.diff(p) >= 0).all()


def test_learning_twice_gives_the_same_bytes(model: BoostedModel) -> None:
    again = boosting.learn_calibrated(*customers(), PLAN)
    assert boosting.dump(again) == boosting.dump(model)
    assert boosting.load(boosting.dump(model)) == model


def test_an_uncalibrated_model_gives_no_probability() -> None:
    columns, bad = customers()
    with pytest.raises(LearningError, match="not calibrated"):
        boosting.probability(boosting.learn(columns, bad, Plan("raw", rounds=2)), columns)


def test_calibrated_probabilities_are_right_on_average(model: BoostedModel) -> None:
    columns, bad = customers(6_000, seed=99)
    p = boosting.probability(model, columns)
    assert p.mean() == pytest.approx(bad.mean(), abs=0.02)
    assert ((p > 0) & (p < 1)).all()


def test_pools_only_rise() -> None:
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    found = calibration.isotonic(np.repeat(scores, 4), np.repeat([0, 1, 0, 1], 4).astype(bool), 4)
    assert found.scores == (1.0, 2.5, 4.0)
    assert found.rates == (0.125, 0.5, 0.875)


def test_a_lone_row_makes_no_pool() -> None:
    """Broken build: with `least_rows` 1 one lucky row at the bottom would set the whole curve."""
    scores = np.arange(1_000.0)
    bad = np.random.default_rng(0).random(1_000) < scores / 1_000
    found = calibration.isotonic(scores, bad)
    assert calibration.probability(found, scores).mean() == pytest.approx(bad.mean(), abs=0.01)
    assert 0.0 < found.rates[0] < 0.05 and 0.95 < found.rates[-1] < 1.0


def test_platt_finds_the_curve_that_is_there() -> None:
    chance = np.random.default_rng(0)
    scores = chance.normal(size=20_000)
    bad = chance.random(20_000) < 1 / (1 + np.exp(-(1.5 * scores - 1.0)))
    found = calibration.platt(scores, bad)
    assert found.scores[0] == pytest.approx(1.5, abs=0.06)
    assert found.rates[0] == pytest.approx(-1.0, abs=0.06)
    backwards = calibration.platt(-scores, bad)
    assert backwards.scores[0] == 0.0


TREE = Tree(
    (0, 0), (5.0, 2.0), (True, False), (1, -1), (-2, -3), (9, 6), (0.1, 0.2, 0.3), (3, 3, 3)
)


@pytest.mark.parametrize(
    "changes",
    [
        {"left": (0, -1)},  # a node that is its own child: it would turn in circles
        {"left": (1, 0)},
        {"left": (-1, -1)},  # a leaf reached twice, a node never
        {"feature": (0, 7)},
        {"threshold": (5.0,)},
        {"threshold": (5.0, float("inf"))},
        {"leaf": (0.1, float("nan"), 0.3)},
        {"cover": (9, 0)},
        {"leaf_cover": (3, 3)},
    ],
)
def test_a_tree_with_a_surprise_is_refused(changes: dict[str, object]) -> None:
    trees.check((TREE,), 1)
    with pytest.raises(LearningError, match="Tree 0 is not valid"):
        trees.check((msgspec.structs.replace(TREE, **changes),), 1)


def test_a_model_file_with_a_surprise_is_refused(model: BoostedModel) -> None:
    raw = msgspec.json.decode(boosting.dump(model))
    falling = raw["calibration"] | {"rates": raw["calibration"]["rates"][::-1]}
    surprises = [
        b"\x80\x04pickle",
        msgspec.json.encode(raw | {"code": "import os"}),
        msgspec.json.encode(raw | {"form": 9}),
        msgspec.json.encode(raw | {"features": raw["features"][:1]}),
        msgspec.json.encode(raw | {"calibration": falling | {"kind": "isotonic"}}),
        boosting.dump(model).replace(b'"version":1', b'"version":NaN'),
    ]
    for one in surprises:
        with pytest.raises(LearningError):
            boosting.load(one)
