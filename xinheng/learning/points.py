"""From evidence to points 评分刻度: a card whose points add up to the odds that it promises.

    factor = PDO ÷ ln 2        offset = base score − factor × ln(base odds)        odds = good : bad
    points of bin j of characteristic k = factor × β_k × WOE_kj + (factor × α + offset) ÷ n

The intercept and the offset are spread evenly, so that no characteristic looks better than another
for where it stands. Worked: 600 at 50:1, PDO 20 → factor 28.8539, offset 487.1229. Two
characteristics, α = ln 6, β .8 and .6: the bin of WOE −0.3254 gives 261.90, that of −0.5 gives
260.75; together 522.65, odds 3.4256, PD 22.60 %. Where the population's bad rate is not the
sample's, ln(odds of population ÷ odds of sample) is added: 3 % for 14.2857 % → +48.60 points.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from msgspec import Struct

from xinheng.credit.money import round_half_up
from xinheng.learning.binning import Bins


class Scaling(Struct, frozen=True, forbid_unknown_fields=True):
    """`base` points at `odds` good for one bad; `pdo` more points double the odds."""

    base: float = 600.0
    odds: float = 50.0
    pdo: float = 20.0

    @property
    def factor(self) -> float:
        return self.pdo / math.log(2.0)

    @property
    def offset(self) -> float:
        return self.base - self.factor * math.log(self.odds)

    def score(self, log_odds: float) -> float:
        return self.offset + self.factor * log_odds

    def pd(self, score: float) -> float:
        return 1.0 / (1.0 + math.exp((score - self.offset) / self.factor))


class Label(Struct, frozen=True, forbid_unknown_fields=True):
    """What a characteristic is called."""

    zh: str
    en: str


def prior_shift(population_bad_rate: float, sample_bad_rate: float) -> float:
    """What to add to the log-odds of good: 3 % for a sample of 1 in 7 → 1.6843."""
    population = (1.0 - population_bad_rate) / population_bad_rate
    sample = (1.0 - sample_bad_rate) / sample_bad_rate
    return math.log(population / sample)


def exact_points(
    scaling: Scaling, intercept: float, coefficient: float, woe: Sequence[float], n: int
) -> list[float]:
    """Unrounded points of every bin of one of `n` characteristics."""
    share = (scaling.factor * intercept + scaling.offset) / n
    return [scaling.factor * coefficient * one + share for one in woe]


def whole(points: float) -> int:
    """HALF_UP to whole points, like everything else that is rounded here."""
    return int(round_half_up(Decimal(repr(points)), 0))


def characteristic(bins: Bins, points: Sequence[int], weight: int, label: Label) -> dict[str, Any]:
    """One characteristic as the card's JSON has it; the last of `points` is for missing."""
    shape: dict[str, Any] = {
        "key": bins.key,
        "weight": weight,
        "zh": label.zh,
        "en": label.en,
        "missing": {
            "points": min(points),
            "zh": f"{label.zh}未知",
            "en": f"{label.en} not known",
        },
    }
    if bins.words:
        return shape | {"values": _values(bins, points, label)}
    return shape | {"digits": bins.digits, "bins": _bands(bins, points, label)}


def _values(bins: Bins, points: Sequence[int], label: Label) -> list[dict[str, Any]]:
    return [
        {"value": word, "points": points[i], **_named(label, word)}
        for i, group in enumerate(bins.words)
        for word in group
    ]


def _named(label: Label, word: str) -> dict[str, str]:
    return {"zh": f"{label.zh}：{word}", "en": f"{label.en}: {word}"}


def _bands(bins: Bins, points: Sequence[int], label: Label) -> list[dict[str, Any]]:
    bounds = [None, *(f"{bound:f}" for bound in bins.bounds), None]
    return [
        {"from": low, "to": high, "points": points[i], **_between(label, low, high)}
        for i, (low, high) in enumerate(pairwise(bounds))
    ]


def _between(label: Label, low: str | None, high: str | None) -> dict[str, str]:
    if low is None and high is None:
        return {"zh": label.zh, "en": label.en}
    if low is None:
        return {"zh": f"{label.zh}低于 {high}", "en": f"{label.en} below {high}"}
    if high is None:
        return {"zh": f"{label.zh} {low} 及以上", "en": f"{label.en} of {low} or more"}
    return {"zh": f"{label.zh} {low} 至 {high}", "en": f"{label.en} from {low} to {high}"}
