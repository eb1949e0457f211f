"""Measures: the reference's vectors, intervals against brute force, and the whole report."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.learning.samples import BAD, GOOD, counted, customers
from xinheng.learning import boosting, card, develop, measures, protocol, validation
from xinheng.learning.measures import Point

PDS = (0.03, 0.08, 0.17, 0.40, 0.60)


def test_the_reference_vectors() -> None:
    days, bad = counted()
    found = measures.discrimination(days, bad)
    assert round(found.value, 4) == 0.8393
    assert round(2 * found.value - 1, 4) == 0.6785
    assert round(measures.ks(days, bad), 4) == 0.5556
    p = np.repeat(PDS, [g + b for g, b in zip(GOOD, BAD, strict=True)])
    value, skill = measures.brier(p, bad)
    assert (round(value, 5), round(skill, 4)) == (0.09105, 0.2564)
    groups = [Point(g + b, b, pd, 0.0) for g, b, pd in zip(GOOD, BAD, PDS, strict=True)]
    fit = measures.hosmer_lemeshow(groups, fitted_on=True)
    assert (round(fit.chi2, 4), fit.df, round(fit.p, 4)) == (1.5072, 3, 0.6806)
    assert measures.hosmer_lemeshow(groups, fitted_on=False).df == 5


@pytest.mark.parametrize(
    ("actual", "value"),
    [((0.08, 0.15, 0.37, 0.25, 0.15), 0.0526), ((0.05, 0.1, 0.3, 0.3, 0.25), 0.3107)],
)
def test_psi_of_the_reference(actual: tuple[float, ...], value: float) -> None:
    assert round(measures.psi((0.1, 0.2, 0.4, 0.2, 0.1), actual), 4) == value


def test_few_rows_get_an_interval_and_many_do_not() -> None:
    few = measures.stability([10, 20, 40, 20, 10], [8, 15, 37, 25, 15], seed=1)
    assert few.interval is not None and few.interval[0] < few.psi < few.interval[1]
    assert few == measures.stability([10, 20, 40, 20, 10], [8, 15, 37, 25, 15], seed=1)
    many = measures.stability([1_000] * 5, [990] * 5, seed=1)
    assert (many.reading, many.interval) == ("stable", None)
    assert measures.stability([500, 500], [900, 100], seed=1).reading == "shift"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=4, max_size=40))
def test_auc_counts_pairs_with_ties_as_half(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([one for one, _ in rows], dtype=float)
    bad = np.array([two for _, two in rows])
    if not 0 < bad.sum() < len(bad):
        return
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in scores[bad] for b in scores[~bad]]
    found = measures.discrimination(scores, bad)
    assert found.value == pytest.approx(np.mean(pairs))
    assert found.low <= found.value <= found.high


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    """300 samples of a known AUC (two normals one apart: .7602); 95 % intervals."""
    chance = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        bad = np.arange(200) < 80
        found = measures.discrimination(chance.normal(size=200) + bad, bad)
        held += found.low <= 0.76025 <= found.high
    assert 0.90 <= held / 300 <= 0.99


def test_cut_offs_account_for_every_row() -> None:
    p, bad = np.array([0.1, 0.2, 0.2, 0.9]), np.array([False, True, False, True])
    (one,) = measures.confusion(p, bad, [0.2])
    assert (one.caught, one.missed, one.false_alarms, one.let_through) == (2, 0, 1, 1)


def test_migration_counts_from_and_to() -> None:
    table = measures.migration(["A", "A", "B"], ["A", "B", "A"], ["A", "B"])
    assert table == ((1, 1), (1, 0))


def test_folds_share_the_bads_and_come_back_alike() -> None:
    bad = np.arange(1_000) < 300
    fold = protocol.folds(bad, seed=0)
    assert np.bincount(fold).tolist() == [200] * 5
    assert np.bincount(fold[bad]).tolist() == [60] * 5
    assert (fold == protocol.folds(bad, seed=0)).all()
    assert (fold != protocol.folds(bad, seed=1)).any()


def test_no_row_helps_to_score_itself() -> None:
    columns, bad = customers(300)
    seen: list[set[float]] = []

    def trial(known, outcome, unseen):  # type: ignore[no-untyped-def]
        assert not set(known["row"]) & set(unseen["row"])
        seen.append(set(unseen["row"]))
        return unseen["row"]

    rows = columns | {"row": np.arange(300.0)}
    scores = protocol.out_of_fold(rows, bad, protocol.folds(bad, 3), trial)
    assert scores.tolist() == list(range(300))
    assert sum(len(one) for one in seen) == 300


def test_the_newest_fifth_comes_after_all_others() -> None:
    days = np.random.default_rng(0).permutation(500)
    held = protocol.newest(days)
    assert held.sum() == 100
    assert days[held].min() > days[~held].max()


def test_a_card_comes_with_its_report() -> None:
    columns, bad = customers()
    made = develop.scorecard(columns, bad, card.Plan("learnt"))
    report = made.report
    assert 0.58 < report.auc.low < report.auc.value < report.auc.high < 0.95
    assert report.rows == 1_500 and report.bads == bad.sum()
    assert sum(one.rows for one in report.curve) == 1_500
    assert report.missing_pct["late"] == pytest.approx(10, abs=3)
    assert report.stability.reading == "stable"
    read = msgspec.json.decode(validation.dump(report))
    assert read["protocol"].startswith("5-fold stratified")
    assert validation.dump(report) == validation.dump(
        develop.scorecard(columns, bad, card.Plan("learnt")).report
    )


def test_a_challenger_comes_with_its_report() -> None:
    columns, bad = customers(800)
    made = develop.challenger(columns, bad, boosting.Plan("c", rounds=15))
    assert made.model.calibration is not None
    assert 0.55 < made.report.auc.value < 0.95


@pytest.mark.parametrize("code", ["few_bads", "weak", "too_good", "calibration", "shift"])
def test_a_reader_is_warned(code: str) -> None:
    chance = np.random.default_rng(0)
    bad = np.arange(600) < (60 if code == "few_bads" else 200)
    scores = chance.normal(size=600) + bad * {"weak": 0.2, "too_good": 6.0}.get(code, 1.2)
    p = 1 / (1 + np.exp(-(scores - 1.2)))
    if code == "calibration":
        p = p / 3
    known = p / 10 if code == "shift" else p
    x = {"x": scores}
    trial = validation.Trialled("m", 1, "a test", p, bad, x, known, x)
    assert code in {one.code for one in validation.report(trial).limits}
