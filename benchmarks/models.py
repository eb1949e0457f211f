"""Models learnt from real files, measured by the protocol that issue and reports speak of.

- `models_*_scorecard`, `models_*_boosting`: AUC, five folds stratified, seed 0, pooled out of fold.
  The scorecard's is that of its whole points, by the columnar scorer. The boosting AUC is of scores
  as learnt; beside it `worst`, with silence scored at its worst end, as the product scores.
- `models_receivables`: late or not, and days late, of the newest fifth by due day; features only
  from invoices cleared before the invoice was written; taught by those due 30 days and more before
  the first of the newest was written. Yardstick: each customer's median so far.
- `models_training_30k`: seconds to learn a card and to grow the trees on 30,000 rows (< 20 each).
- `scorecard_score_1m`: a million rows by a card of twelve characteristics, taking turns with
  optbinning 1.0's `score` of the same card (XINHENG_OPTBINNING_PYTHON); equal to the point.

For AUCs `value` is what was reached, `yardstick` what was asked, `ratio` value ÷ yardstick.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks import datasets
from benchmarks.datasets import Dataset
from xinheng.credit import scorecard
from xinheng.learning import boosting, card, columnar, features, measures, protocol, trees
from xinheng.learning.columns import Columns, Floats, Truths

SEED = 0
_FOLDS = "5-fold out of fold"
Figure = dict[str, Any]
# name, reader, asked of the scorecard, asked of boosting, how its trees are grown
TABLE: tuple[tuple[str, Callable[[], Dataset], float, float, dict[str, Any]], ...] = (
    ("german", datasets.german, 0.785, 0.771, {"rounds": 300, "rate": 0.02, "leaves": 7}),
    ("card_default", datasets.card_default, 0.765, 0.780, {"rounds": 300, "rate": 0.03}),
    ("hmeq", datasets.hmeq, 0.905, 0.960, {"rounds": 600, "leaves": 31}),
    ("polish", datasets.polish, 0.910, 0.950, {"rounds": 400}),
    ("us_firms", datasets.us_firms, 0.685, 0.720, {"rounds": 400}),
)
STRICT = (("hmeq_strict", lambda: datasets.hmeq(bureau_codes=False), 0.905),)


def measure() -> dict[str, Figure]:
    if not datasets.there():
        print(f"models: the files are not in {datasets.FOLDER}; set XINHENG_DATASETS")
        return scoring()
    found: dict[str, Figure] = {}
    for name, read, card_asked, trees_asked, grown in TABLE:
        dataset = read()
        found[f"models_{name}_scorecard"] = by_card(dataset, card_asked)
        found[f"models_{name}_boosting"] = by_trees(dataset, trees_asked, grown)
    for name, read, asked in STRICT:
        found[f"models_{name}_scorecard"] = by_card(read(), asked)
    return found | receivables() | training() | scoring()


def by_card(dataset: Dataset, asked: float) -> Figure:
    plan = dataset.plan()
    sizes: list[int] = []

    def trial(known: Columns, outcome: Truths, unseen: Columns) -> Floats:
        model = card.learn(known, outcome, plan)
        sizes.append(len(model.bins))
        return -columnar.score(scorecard.load(model.card), unseen).astype(np.float64)

    fold = protocol.folds(dataset.bad, SEED)
    scores = protocol.out_of_fold(dataset.columns, dataset.bad, fold, trial)
    return _auc(scores, dataset.bad, asked) | {"characteristics": sizes}


def by_trees(dataset: Dataset, asked: float, grown: dict[str, Any]) -> Figure:
    plan = boosting.Plan(dataset.name, **grown)
    worst = np.empty(len(dataset.bad))
    learnt = np.empty(len(dataset.bad))
    fold = protocol.folds(dataset.bad, SEED)
    for one in range(5):
        held = fold == one
        known = protocol.taken(dataset.columns, ~held)
        model = boosting.learn(known, dataset.bad[~held], plan)
        unseen = protocol.taken(dataset.columns, held)
        worst[held] = boosting.raw_score(model, unseen, "worst")
        learnt[held] = boosting.raw_score(model, unseen, "learnt")
    silent = round(measures.discrimination(worst, dataset.bad).value, 4)
    return _auc(learnt, dataset.bad, asked) | {"worst": silent}


def _auc(scores: Floats, bad: Truths, asked: float, how: str = _FOLDS) -> Figure:
    found = measures.discrimination(scores, bad)
    return {
        "value": round(found.value, 4),
        "yardstick": asked,
        "ratio": round(found.value / asked, 3),
        "interval": [round(found.low, 4), round(found.high, 4)],
        "ks": round(measures.ks(scores, bad), 4),
        "unit": f"AUC, {how} (yardstick: what was asked)",
    }


def receivables() -> dict[str, Figure]:
    """The newest fifth by due day; taught by what was settled before its first was written."""
    invoices = datasets.receivables()
    columns = features.behaviour(invoices)
    held = protocol.newest(invoices.due)
    known = features.settled(invoices, int(invoices.written[held].min()))
    late = invoices.days_late > 0
    past, unseen = protocol.taken(columns, known), protocol.taken(columns, held)
    plan = boosting.Plan("late", rounds=300, rate=0.03)
    model = boosting.learn(past, late[known], plan)
    raw = boosting.raw_score(model, unseen, "learnt")
    figure = _auc(raw, late[held], 0.780, "newest fifth")
    table = boosting.table_of(model.features, past)
    days = boosting.Plan("days", rounds=300, leaves=31, objective="amount")
    grown = boosting.grow(table, invoices.days_late[known], model.features, days)
    said = trees.raw_score(grown, boosting.table_of(model.features, unseen), "learnt")
    truth = invoices.days_late[held]
    usual = float(np.median(invoices.days_late[known]))
    fixed = _customer_medians(invoices, known, held, usual)
    rolling = np.where(np.isnan(unseen["late_median"]), usual, unseen["late_median"])
    ours = float(np.abs(said - truth).mean())
    theirs = min(float(np.abs(one - truth).mean()) for one in (fixed, rolling))
    return {
        "models_receivables_late": figure | {"rows": [int(known.sum()), int(held.sum())]},
        "models_receivables_days": {
            "value": round(ours, 3),
            "yardstick": round(theirs, 3),
            "ratio": round(theirs / ours, 3),
            "unit": "mean error in days (yardstick: the better of two customer medians)",
        },
    }


def _customer_medians(
    invoices: features.Invoices, known: Truths, held: Truths, usual: float
) -> Floats:
    medians = {
        one: float(np.median(invoices.days_late[known & (invoices.customer == one)]))
        for one in set(invoices.customer[known])
    }
    return np.array([medians.get(one, usual) for one in invoices.customer[held]])


def training() -> dict[str, Figure]:
    dataset = datasets.card_default()
    begun = time.perf_counter()
    card.learn(dataset.columns, dataset.bad, dataset.plan())
    carded = time.perf_counter() - begun
    begun = time.perf_counter()
    boosting.learn(dataset.columns, dataset.bad, boosting.Plan("trees", rate=0.03))
    grown = time.perf_counter() - begun
    return {
        "models_training_30k": {
            "value": round(max(carded, grown), 2),
            "yardstick": 20,
            "ratio": round(20 / max(carded, grown), 2),
            "seconds": {"scorecard": round(carded, 2), "boosting": round(grown, 2)},
            "unit": "s on 30,000 rows (yardstick: what was asked)",
        }
    }


ROWS = 1_000_000
FITTED_ON = 60_000
ROUNDS = 5


def scoring() -> dict[str, Figure]:
    python = os.environ.get("XINHENG_OPTBINNING_PYTHON")
    if not python or not Path(python).exists():
        print("scorecard_score_1m: set XINHENG_OPTBINNING_PYTHON to a Python with optbinning 1.0")
        return {}
    with tempfile.TemporaryDirectory(prefix="xinheng-score-") as folder:
        table = _twelve(Path(folder))
        child = subprocess.Popen(
            [python, str(Path(__file__).with_name("optbinning_peer.py")), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            return _take_turns(child, table, Path(folder))
        finally:
            child.stdin.close()  # type: ignore[union-attr]
            child.wait(30)


def _twelve(folder: Path) -> Columns:
    """Twelve numbers a row, one in twelve not known; what is not known is worse, as on a card."""
    chance = np.random.default_rng(SEED)
    table = np.round(chance.normal(50.0, 20.0, (ROWS, 12)), 2)
    table[chance.random((ROWS, 12)) < 1 / 12] = np.nan
    first = table[:FITTED_ON]
    risk = np.where(np.isnan(first), 1.5, (50.0 - first) / 40.0) @ np.linspace(0.4, 1.2, 12)
    bad = chance.random(FITTED_ON) < 1.0 / (1.0 + np.exp(2.5 - risk))
    np.save(folder / "table.npy", table)
    np.save(folder / "bad.npy", bad.astype(np.int64))
    return {f"c{i}": np.ascontiguousarray(table[:, i]) for i in range(12)}


def _take_turns(child: subprocess.Popen[str], columns: Columns, folder: Path) -> dict[str, Figure]:
    assert child.stdin is not None and child.stdout is not None
    ready = _same_card(json.loads(child.stdout.readline()))
    threads = os.cpu_count() or 1
    ours: list[float] = []
    single: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        child.stdin.write("score\n")
        child.stdin.flush()
        theirs.append(float(child.stdout.readline()))
        for count, times in ((threads, ours), (1, single)):
            begun = time.perf_counter()
            points = columnar.score(ready, columns, threads=count)
            times.append(time.perf_counter() - begun)
    assert np.array_equal(points, np.load(folder / "scores.npy")), "the two cards part"
    one, many, peer = (statistics.median(times) for times in (single, ours, theirs))
    return {
        "scorecard_score_1m": {
            "value": round(ROWS / many),
            "yardstick": round(ROWS / peer),
            "ratio": round(peer / many, 1),
            "one_thread_ratio": round(peer / one, 1),
            "unit": "rows/s (yardstick: optbinning 1.0 score of the same card, equal to the point)",
        }
    }


def _same_card(described: list[dict[str, Any]]) -> scorecard.Card:
    """The peer's card in our shape: its bands are [a, b) like ours."""
    characteristics = []
    for one in described:
        bounds = [None, *(f"{split:.6f}" for split in one["splits"]), None]
        bands = [
            {"from": low, "to": high, "points": int(points), "zh": "段", "en": "band"}
            for low, high, points in zip(bounds, bounds[1:], one["points"], strict=False)
        ]
        missing = {"points": int(one["missing"]), "zh": "未知", "en": "not known"}
        characteristics.append(
            {"key": one["key"], "weight": 1, "digits": 6, "zh": one["key"], "en": one["key"]}
            | {"bins": bands, "missing": missing}
        )
    named = {"name": "peer", "version": 1, "zh": "同一张卡", "en": "The same card"}
    whole = {"source": "optbinning", "base_points": 0, "min_coverage_pct": 0}
    # Not `load`: only the arithmetic is compared, and the peer lets missing help.
    return msgspec.convert(
        named | whole | {"characteristics": characteristics}, scorecard.Card, strict=False
    )
