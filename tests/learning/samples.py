"""Made-up customers for tests of learning: drawn from a seed, with a known truth behind them."""

from __future__ import annotations

import numpy as np

from xinheng.learning.columns import Column, Truths

# WOE-1 of the reference: good and bad by average days late.
GOOD = (420, 260, 130, 60, 30)
BAD = (10, 20, 30, 40, 50)
DAYS = (-5.0, 10.0, 20.0, 45.0, 90.0)


def counted() -> tuple[Column, Truths]:
    """The 1,050 customers of WOE-1, one row each."""
    days = np.repeat(DAYS, [g + b for g, b in zip(GOOD, BAD, strict=True)])
    bad = np.concatenate(
        [np.arange(g + b) >= g for g, b in zip(GOOD, BAD, strict=True)], dtype=np.bool_
    )
    return days.astype(np.float64), bad


def customers(rows: int = 1_500, seed: int = 7) -> tuple[dict[str, Column], Truths]:
    """Risk rises with `late` and `use`, falls with `age`; `noise` tells nothing; one in ten is not
    known.
    """
    chance = np.random.default_rng(seed)
    late = np.round(chance.exponential(12.0, rows) - 5.0, 1)
    use = np.round(chance.uniform(0.0, 1.2, rows), 3)
    age = np.round(chance.gamma(2.0, 4.0, rows), 2)
    trade = chance.choice(["cement", "steel", "retail", "farm"], rows)
    risk = -2.6 + 0.06 * late + 1.2 * use - 0.06 * age + 0.7 * (trade == "retail")
    bad = chance.random(rows) < 1.0 / (1.0 + np.exp(-risk))
    noise = np.round(chance.normal(size=rows), 2)
    for column in (late, use, age):
        column[chance.random(rows) < 0.1] = np.nan
    words = trade.astype(object)
    words[chance.random(rows) < 0.05] = ""
    return {"late": late, "use": use, "age": age, "noise": noise, "trade": words}, bad
