"""Derived characteristics, behaviour as it was known, and the real files if they are there."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import datasets
from xinheng.credit import scorecard
from xinheng.learning import boosting, card, columnar, features, measures, protocol
from xinheng.learning.columns import LearningError
from xinheng.learning.derived import Derived, extend
from xinheng.learning.features import Invoices

real = pytest.mark.skipif(
    not datasets.there(), reason=f"the benchmark files are not in {datasets.FOLDER}"
)


def test_recipes_build_on_each_other() -> None:
    columns = {"ca": np.array([1200.0, 5.0]), "cl": np.array([800.0, np.nan])}
    columns |= {"ta": np.array([2500.0, 10.0])}
    recipes = [Derived("wc", "difference", ("ca", "cl")), Derived("x1", "ratio", ("wc", "ta"))]
    found = extend(columns, recipes)
    assert found["x1"][0] == pytest.approx(0.16)
    assert np.isnan(found["x1"][1])


def test_a_ratio_over_nothing_is_not_known() -> None:
    found = extend(
        {"loss": np.array([-50.0, -50.0]), "equity": np.array([-100.0, 0.0])},
        [Derived("return", "ratio", ("loss", "equity"))],
    )
    assert np.isnan(found["return"]).all()


@pytest.mark.parametrize(
    "recipe",
    [
        Derived("x", "ratio", ("a", "b")),
        Derived("a", "sum", ("a",)),
        Derived("x", "ratio", ("a",)),
        Derived("x", "sum", ()),
    ],
)
def test_a_recipe_that_can_not_be_followed_is_refused(recipe: Derived) -> None:
    with pytest.raises(LearningError):
        extend({"a": np.ones(2)}, [recipe])


def _invoices(*rows: tuple[str, int, int, int, float]) -> Invoices:
    customer, written, due, cleared, amount = zip(*rows, strict=True)
    return Invoices(
        np.array(customer, dtype=object),
        np.array(written),
        np.array(due),
        np.array(cleared),
        np.array(amount, dtype=float),
        np.full(len(rows), 30.0),
    )


# Days from 1 January = 0: the worked example of features.py, written on 10 March = 68.
EXAMPLE = (
    ("a", 0, 28, 31, 100.0),
    ("a", 10, 50, 50, 200.0),
    ("a", 20, 57, 63, 300.0),
    ("a", 1, 28, 68, 100.0),
    ("a", 68, 98, 100, 250.0),
    ("b", 68, 98, 99, 10.0),
)


def test_only_what_was_cleared_before_the_day_is_known() -> None:
    """Broken build: side="right" in `_of_customer` counts the payment of the day itself."""
    found = features.behaviour(_invoices(*EXAMPLE))
    row = {key: float(column[4]) for key, column in found.items()}
    assert row["paid_count"] == 3
    assert row["late_mean"] == row["late_median"] == 3.0
    assert row["late_share"] == pytest.approx(2 / 3)
    assert row["late_last"] == 6.0
    assert row["late_weighted"] == pytest.approx((3 * 100 + 0 * 200 + 6 * 300) / 600)
    assert row["late_trend"] == pytest.approx(1.5)
    assert row["days_since_paid"] == 5 and row["customer_age"] == 37
    assert row["amount_rank"] == pytest.approx(2 / 3)
    assert found["paid_count"][5] == 0 and np.isnan(found["late_mean"][5])


def test_the_future_changes_no_figure_of_the_past() -> None:
    chance = np.random.default_rng(0)
    due = np.sort(chance.integers(30, 400, 200))
    rows = [
        (f"c{i % 7}", int(d) - 30, int(d), int(d + chance.integers(-5, 40)), float(i))
        for i, d in enumerate(due)
    ]
    before = features.behaviour(_invoices(*rows))
    later = [
        (name, written, d, cleared + (50 if cleared >= 250 else 0), amount)
        for name, written, d, cleared, amount in rows
    ]
    after = features.behaviour(_invoices(*later))
    early = np.array([written <= 250 for _, written, _, _, _ in rows])
    for key in before:
        assert np.array_equal(before[key][early], after[key][early], equal_nan=True), key


def test_what_is_due_about_now_does_not_teach_yet() -> None:
    """Broken build: without the grace only those that paid early are known, and mislead."""
    taught = features.settled(_invoices(*EXAMPLE), day=80, grace=30)
    assert taught.tolist() == [True, True, False, True, False, False]
    assert not features.settled(_invoices(*EXAMPLE), day=31, grace=0)[0]


@real
def test_german_credit_keeps_its_quality() -> None:
    """The whole protocol of the smallest file; the others stand in `make bench ARGS=models`."""
    found = datasets.german()
    fold = protocol.folds(found.bad, 0)
    plan = found.plan()

    def trial(known, outcome, unseen):  # type: ignore[no-untyped-def]
        ready = scorecard.load(card.learn(known, outcome, plan).card)
        return -columnar.score(ready, unseen).astype(float)

    scores = protocol.out_of_fold(found.columns, found.bad, fold, trial)
    assert measures.discrimination(scores, found.bad).value >= 0.785


@real
def test_a_challenger_of_real_firms_is_scored_as_lightgbm_scores() -> None:
    found = datasets.hmeq(bureau_codes=False)
    model = boosting.learn(found.columns, found.bad, boosting.Plan("hmeq", rounds=30))
    raw = boosting.raw_score(model, found.columns, "learnt")
    assert measures.discrimination(raw, found.bad).value > 0.9
