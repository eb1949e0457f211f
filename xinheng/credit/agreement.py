"""Do two raters agree? Cohen's kappa, plain or weighted, over the items that both have scored.

    κ = 1 − Σ w·observed ÷ Σ w·expected      w_ij = 0 or 1 | |i − j| | (i − j)²

Worked: of 50 files both say yes in 20 and no in 15, one alone says yes in 5, the other in 10:
observed agreement .70, by chance .50, κ = 0.4000. Scores are ordered, so that 8 against 9 is a
small difference ("linear", "quadratic"); a class is the same or not ("none"). Items of one rater
only are counted apart, never as agreement; with no spread at all κ says nothing and is None.
"""

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from msgspec import Struct

from xinheng.credit.expert_card import AnswerError, places

WEIGHTS: Final = ("none", "linear", "quadratic")


class Agreement(Struct, frozen=True):
    """`kappa`, observed and chance agreement to 4 decimals; `items` both have scored, `one_sided`
    only one has, and where they lie farthest apart.
    """

    kappa: Decimal | None
    weights: str
    observed: Decimal | None
    by_chance: Decimal | None
    items: int
    one_sided: tuple[str, ...]
    farthest: tuple[str, ...]


def cohen(
    one: Mapping[str, Hashable | None],
    other: Mapping[str, Hashable | None],
    categories: Sequence[Hashable],
    weights: str = "quadratic",
) -> Agreement:
    """Agreement of two raters' answers by item; `categories` in their order."""
    _look_at(one, other, categories, weights)
    rank = {category: at for at, category in enumerate(categories)}
    keys = list(dict.fromkeys((*one, *other)))
    both = [key for key in keys if one.get(key) is not None and other.get(key) is not None]
    pairs = [(rank[one[key]], rank[other[key]]) for key in both]
    alone = tuple(key for key in keys if (one.get(key) is None) != (other.get(key) is None))
    if not pairs:
        return Agreement(None, weights, None, None, 0, alone, ())
    most = _apart(0, max(1, len(categories) - 1), weights)
    size = len(pairs)
    seen = Fraction(sum(_apart(a, b, weights) for a, b in pairs), size * most)
    chance = Fraction(
        sum(_apart(a, b, weights) for a, _ in pairs for _, b in pairs), size * size * most
    )
    widest = max(abs(a - b) for a, b in pairs)
    far = tuple(
        key for key, (a, b) in zip(both, pairs, strict=True) if widest and abs(a - b) == widest
    )
    return Agreement(
        kappa=places(1 - seen / chance, 4) if chance else None,
        weights=weights,
        observed=places(1 - seen, 4),
        by_chance=places(1 - chance, 4),
        items=size,
        one_sided=alone,
        farthest=far,
    )


def _apart(one: int, other: int, weights: str) -> int:
    if weights == "none":
        return int(one != other)
    return abs(one - other) if weights == "linear" else (one - other) ** 2


def _look_at(
    one: Mapping[str, Hashable | None],
    other: Mapping[str, Hashable | None],
    categories: Sequence[Hashable],
    weights: str,
) -> None:
    if weights not in WEIGHTS:
        raise AnswerError(
            f"没有加权方式 {weights}：请选 {'、'.join(WEIGHTS)}。",
            f"There is no weighting {weights}: choose {', '.join(WEIGHTS)}.",
        )
    given = {mark for mark in (*one.values(), *other.values()) if mark is not None}
    odd = sorted(str(mark) for mark in given - set(categories))
    if odd:
        raise AnswerError(
            f"这些取值不在类别中：{'、'.join(odd)}。",
            f"These answers are none of the categories: {', '.join(odd)}.",
        )
