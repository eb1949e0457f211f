"""Weighted scores of an expert's card, and what the unknown ones leave open.

    points = score × weight      pct = Σ points ÷ Σ (most × weight) × 100, over what is answered

What is missing leaves both sums, so that ignorance is not punished silently; beside it stand the
share with zeros in its place, and the band [lowest, highest] that the missing answers could still
make of it, each at its lowest and its highest score. A class that counts is taken from `lowest`:
so silence never helps, whatever the true answer is. CAM-2 (one of 18 unknown, weight 7): pct 65.70
of coverage 0.93, zero-filled 61.10, band [61.80, 68.10]. All figures are exact fractions here.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from xinheng.credit.money import divide_half_up


class AnswerError(ValueError):
    """Answers or weights that can't be used; `zh` and `en` say how to mend them."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class Point(Struct, frozen=True):
    """One item: its score (None: not known), weight, points, the most it could earn, and what was
    lost against that.
    """

    key: str
    score: int | None
    weight: Decimal
    points: Decimal
    most: Decimal
    lost: Decimal


class Weighed:
    """The exact shares of one card, in per cent; `pct` is None where nothing is answered."""

    __slots__ = ("coverage", "highest", "lowest", "pct", "points", "zero_filled")

    def __init__(self, points: Sequence[Point], lowest: int, highest: int) -> None:
        known = [one for one in points if one.score is not None]
        silent = sum((Fraction(one.weight) for one in points if one.score is None), Fraction(0))
        answered = sum((Fraction(one.weight) for one in known), Fraction(0))
        earned = sum((Fraction(one.points) for one in known), Fraction(0))
        whole = highest * (answered + silent)
        self.points = tuple(points)
        self.pct = 100 * earned / (highest * answered) if answered else None
        self.zero_filled = 100 * earned / whole
        self.lowest = 100 * (earned + lowest * silent) / whole
        self.highest = 100 * (earned + highest * silent) / whole
        self.coverage = answered / (answered + silent)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(one.key for one in self.points if one.score is None)


def weigh(
    weights: Mapping[str, Decimal], scores: Mapping[str, int | None], lowest: int, highest: int
) -> Weighed:
    """The card's shares; an item that is absent or None in `scores` is not known."""
    _look_at_weights(weights)
    _look_at_scores(weights, scores, lowest, highest)
    points = [_point(key, weight, scores.get(key), highest) for key, weight in weights.items()]
    return Weighed(points, lowest, highest)


def at_least(text: str, share: Fraction) -> bool:
    """Is the exact share at or above the bound of a data file? 0.596 is not at least 0.60."""
    return share >= Fraction(text)


def places(value: Fraction, digits: int) -> Decimal:
    """HALF_UP to `digits` decimals, rounded once from the exact value."""
    over = value.numerator * 10**digits
    return Decimal(divide_half_up(over, value.denominator)).scaleb(-digits)


def worst_first(points: Sequence[Point], most: int) -> tuple[Point, ...]:
    """The items that lost most, ties in the card's order; one not known counts as lost whole."""
    losing = [one for one in points if one.lost > 0]
    return tuple(sorted(losing, key=lambda one: -one.lost)[:most])


def _point(key: str, weight: Decimal, score: int | None, highest: int) -> Point:
    most = weight * highest
    points = weight * (score or 0)
    return Point(key, score, weight, points, most, most - points)


def _look_at_weights(weights: Mapping[str, Decimal]) -> None:
    wrong = [key for key, weight in weights.items() if not weight.is_finite() or weight < 0]
    total = sum((weight for weight in weights.values() if weight.is_finite()), Decimal(0))
    if wrong or total != 100:
        raise AnswerError(
            f"权重须不小于零且合计为 100（现为 {total}）。",
            f"Weights must not be negative and must add up to 100 (they add up to {total}).",
        )


def _look_at_scores(
    weights: Mapping[str, Decimal], scores: Mapping[str, int | None], lowest: int, highest: int
) -> None:
    unknown = sorted(set(scores) - set(weights))
    if unknown:
        named = ", ".join(unknown)
        raise AnswerError(f"没有这些项目：{named}。", f"The card has no {named}; take them out.")
    for key, score in scores.items():
        whole = isinstance(score, int) and not isinstance(score, bool)
        if score is not None and not (whole and lowest <= score <= highest):
            raise AnswerError(
                f"{key}：请填 {lowest} 至 {highest} 的整数；不清楚请留空。",
                f"{key}: give a whole number from {lowest} to {highest}, or leave it empty.",
            )
