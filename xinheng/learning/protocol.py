"""How a model is tried on rows that it has not seen: the folds, and the last part of the time.

Five folds, each with its share of bads; everything that learns from outcomes (bins, evidence,
coefficients, trees, calibration) is learnt anew from the other four, so that no row ever helps to
score itself. The scores of all folds are pooled and measured once. Where rows have dates the newest
fifth is kept back instead: a model is used on days that come after those it knows.

Worked: 1,000 rows with 300 bads, seed 0 → five folds of 200 rows with 60 bads each.
"""

from collections.abc import Callable

import numpy as np

from xinheng.learning.columns import Column, Columns, Floats, Integers, Truths

# Learns from the first columns and outcomes, and scores the second: higher is worse.
Trial = Callable[[Columns, Truths, Columns], Floats]


def folds(bad: Truths, seed: int, count: int = 5) -> Integers:
    """The fold of each row; each outcome is dealt out evenly, in an order drawn from the seed."""
    chance = np.random.default_rng(seed)
    fold = np.empty(len(bad), dtype=np.int64)
    for outcome in (False, True):
        rows = chance.permutation(np.flatnonzero(bad == outcome))
        fold[rows] = np.arange(len(rows)) % count
    return fold


def taken(columns: Columns, rows: Truths) -> dict[str, Column]:
    """These rows of every column."""
    return {key: column[rows] for key, column in columns.items()}


def out_of_fold(columns: Columns, bad: Truths, fold: Integers, trial: Trial) -> Floats:
    """The score that each row got from a model that never saw it."""
    scores = np.empty(len(bad))
    for one in range(int(fold.max()) + 1):
        held = fold == one
        scores[held] = trial(taken(columns, ~held), bad[~held], taken(columns, held))
    return scores


def newest(days: Integers, share: float = 0.2) -> Truths:
    """True for the newest rows: those from the day on at which at most `share` of them remain."""
    order = np.sort(days, kind="stable")
    first = order[round(len(days) * (1.0 - share))]
    found: Truths = days >= first
    return found
