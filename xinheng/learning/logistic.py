"""Logistic regression that can be reproduced and defended: ridge penalty, coefficients at or above
zero.

    ln(odds of good) = α + Σ β x        minimise  −Σ log-likelihood + ½ ridge Σ β²,  β ≥ 0

Every x is written so that more of it is safer (a WOE, or "lies above this bound"). A coefficient
that would turn negative says that a characteristic only corrects its neighbours; it is held at
zero, and the others are fitted without it. Newton's method; the quadratic model of each step is
minimised by coordinate descent in a fixed order. The lowest point is found far beyond the ten
decimals that are kept, so that another number of threads or another processor gives the same model.

Worked: one x, 90 of 100 good where x = 1 and 50 of 100 where x = 0, no penalty: α = ln(50/50) = 0,
β = ln(90/10) = 2.1972.
"""

from typing import Final

import numpy as np
from msgspec import Struct

from xinheng.learning.columns import Floats, LearningError, Truths

_STEPS: Final = 60
_SWEEPS: Final = 1_000
# A step as small as this is taken whole: the loss is too blunt to judge it, Newton is not.
_SMALL: Final = 1e-3
_ARRIVED: Final = 1e-12
KEPT_DECIMALS: Final = 10


class Fitted(Struct, frozen=True):
    """`intercept` on the log-odds of good; one coefficient per column; how many Newton steps."""

    intercept: float
    coefficients: tuple[float, ...]
    steps: int


def fit(x: Floats, bad: Truths, ridge: float, *, free: bool = False) -> Fitted:
    """The coefficients; `free` lets them be negative (only to show what the rule changed)."""
    good = (~bad).astype(np.float64)
    rate = float(good.mean())
    if not 0.0 < rate < 1.0:
        raise LearningError(
            "one_outcome",
            "样本里只有一种结果，无法拟合。",
            "All rows have the same outcome; a fit needs good and bad ones.",
        )
    design = np.column_stack([np.ones(len(x)), x])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 0.0
    floor = np.full(design.shape[1], -np.inf if free else 0.0)
    floor[0] = -np.inf
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(rate / (1.0 - rate))
    steps = 0
    moved = np.inf
    while steps < _STEPS and moved > _ARRIVED:
        steps += 1
        beta, moved = _newton(design, good, beta, penalty, floor)
    kept = np.round(beta, KEPT_DECIMALS) + 0.0
    return Fitted(float(kept[0]), tuple(float(one) for one in kept[1:]), steps)


def probability(log_odds: Floats) -> Floats:
    """The probability of bad at these log-odds of good."""
    return 1.0 / (1.0 + np.exp(np.clip(log_odds, -500.0, 500.0)))


def _loss(z: Floats, good: Floats, beta: Floats, penalty: Floats) -> float:
    return float((np.logaddexp(0.0, z) - good * z).sum() + 0.5 * (penalty * beta * beta).sum())


def _newton(
    design: Floats, good: Floats, beta: Floats, penalty: Floats, floor: Floats
) -> tuple[Floats, float]:
    """(the next coefficients, by how much they moved); halves a large step until the loss falls."""
    z = design @ beta
    p = 1.0 - probability(z)
    weight = np.maximum(p * (1.0 - p), 1e-10)
    slope = design.T @ (p - good) + penalty * beta
    curve = design.T @ (design * weight[:, None]) + np.diag(penalty + 1e-10)
    move = _within(curve, slope, beta, floor) - beta
    size = float(np.abs(move).max())
    if size < _SMALL:
        return beta + move, size
    loss = _loss(z, good, beta, penalty)
    share = 1.0
    while share > 1e-6:
        tried = beta + share * move
        if _loss(design @ tried, good, tried, penalty) < loss:
            return tried, share * size
        share /= 2.0
    return beta, 0.0


def _within(curve: Floats, slope: Floats, beta: Floats, floor: Floats) -> Floats:
    """The lowest point of the quadratic model with each coefficient at or above its floor."""
    at = beta.copy()
    gradient = slope.copy()
    diagonal = np.diag(curve)
    for _ in range(_SWEEPS):
        largest = 0.0
        for j in range(len(at)):
            to = max(at[j] - gradient[j] / diagonal[j], floor[j])
            change = to - at[j]
            if change != 0.0:
                gradient += curve[:, j] * change
                at[j] = to
                largest = max(largest, abs(change) * float(np.sqrt(diagonal[j])))
        if largest < _ARRIVED:
            break
    return at
