"""From a raw score to a probability that means what it says.

`isotonic` joins neighbours until the bad rate only rises with the score (pool adjacent violators)
and reads between their middles in a straight line; `platt` fits one logistic curve, with targets
drawn in a little from 0 and 1: (bads + 1) ÷ (bads + 2) and 1 ÷ (goods + 2). Few rows: platt.
Both are learnt from scores of rows that the model had not seen. Worked: scores 1, 2, 3, 4 with
outcomes 0, 1, 0, 1 → rates 0, ½, ½, 1.
"""

from typing import Final, Literal

import numpy as np
from msgspec import Struct

from xinheng.learning.columns import Floats, LearningError, Truths

ISOTONIC_LEAST_BADS: Final = 200
LEAST_ROWS: Final = 20


class Calibration(Struct, frozen=True, forbid_unknown_fields=True):
    """`knots` of (raw score, probability) for isotonic; (slope, intercept) for Platt."""

    kind: Literal["isotonic", "platt"]
    scores: tuple[float, ...]
    rates: tuple[float, ...]


def fit(scores: Floats, bad: Truths) -> Calibration:
    """Isotonic where there are bads enough for steps, otherwise Platt."""
    return isotonic(scores, bad) if bad.sum() >= ISOTONIC_LEAST_BADS else platt(scores, bad)


def isotonic(scores: Floats, bad: Truths, least_rows: int = LEAST_ROWS) -> Calibration:
    """Knots at the mean score of each pool; equal scores are one observation."""
    values, at = np.unique(scores, return_inverse=True)
    rows = np.bincount(at).astype(np.float64)
    bads = np.bincount(at, weights=bad.astype(np.float64))
    pools: list[list[float]] = []
    for value, count, hit in zip(values, rows, bads, strict=True):
        pools.append([float(value * count), float(count), float(hit)])
        while len(pools) > 1 and pools[-2][2] * pools[-1][1] >= pools[-1][2] * pools[-2][1]:
            _join(pools, len(pools) - 1)
    pools = _large(pools, least_rows)
    rates = [hit / count for _, count, hit in pools]
    # No certainty from a sample: a pool without bads, or without goods, is given half of one.
    if rates[0] == 0.0:
        rates[0] = min([0.5 / pools[0][1], *rates[1:2]])
    if rates[-1] == 1.0:
        rates[-1] = max([1.0 - 0.5 / pools[-1][1], *rates[-2:-1]])
    return Calibration("isotonic", tuple(total / count for total, count, _ in pools), tuple(rates))


def _join(pools: list[list[float]], at: int) -> None:
    """The pool at this place goes into the one before it."""
    last = pools.pop(at)
    pools[at - 1] = [a + b for a, b in zip(pools[at - 1], last, strict=True)]


def _large(pools: list[list[float]], least_rows: int) -> list[list[float]]:
    """Joined until each has rows enough; a joined pool's rate stays between its parts', so they
    rise as before.
    """
    found = [list(one) for one in pools]
    at = 0
    while at < len(found):
        if found[at][1] < least_rows and len(found) > 1:
            _join(found, at or 1)
            at = max(at - 1, 0)
        else:
            at += 1
    return found


def platt(scores: Floats, bad: Truths) -> Calibration:
    """Newton on two numbers; the slope is kept above zero, so that the order of scores stays."""
    bads = float(bad.sum())
    goods = len(bad) - bads
    target = np.where(bad, (bads + 1.0) / (bads + 2.0), 1.0 / (goods + 2.0))
    design = np.column_stack([scores, np.ones(len(scores))])
    beta = np.array([0.0, float(np.log((bads + 1.0) / (goods + 1.0)))])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -500.0, 500.0)))
        slope = design.T @ (p - target)
        curve = design.T @ (design * (p * (1.0 - p))[:, None]) + 1e-9 * np.eye(2)
        move = np.linalg.solve(curve, slope)
        beta = beta - np.clip(move, -2.0, 2.0)
        if np.abs(move).max() < 1e-12:
            break
    return Calibration("platt", (max(float(beta[0]), 0.0),), (float(beta[1]),))


def probability(calibration: Calibration, scores: Floats) -> Floats:
    """The probability of bad; never exactly 0 or 1."""
    if calibration.kind == "platt":
        z = calibration.scores[0] * scores + calibration.rates[0]
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -500.0, 500.0))))
    return np.interp(scores, calibration.scores, calibration.rates)


def check(calibration: Calibration) -> None:
    """What comes from a file rises and stays between 0 and 1."""
    x, y = np.array(calibration.scores), np.array(calibration.rates)
    finite = len(x) == len(y) > 0 and bool(np.isfinite(x).all() and np.isfinite(y).all())
    if calibration.kind == "platt":
        sound = finite and len(x) == 1 and x[0] >= 0.0
    else:
        rises = finite and bool((np.diff(x) > 0).all() and (np.diff(y) >= 0).all())
        sound = rises and bool(y[0] > 0.0 and y[-1] < 1.0)
    if not sound:
        raise LearningError(
            "calibration",
            "校准曲线无效：分数与概率都必须递增，概率在 0 与 1 之间。",
            "The calibration is not valid: scores and rates must rise, rates between 0 and 1.",
        )
