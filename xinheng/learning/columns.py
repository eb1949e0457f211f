"""Columns of what is known about many customers, and the exact edge between two bands.

A column is an array: float64 with NaN for "not known", or words with "" for it. A card rounds a
value HALF_UP to its `digits` and then asks `value >= bound`; on a float that is one comparison with
the smallest float whose shortest decimal does it. Worked: bound 30 at 2 digits is met by 29.995
(rounds to 30.00) and not by 29.994, so the edge is 29.995; bound −2 at 0 digits is met above −2.5,
because −2.5 rounds away from zero, to −3. So a million rows are banded like one, to the last bit.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = Mapping[str, Column]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

MOST_DIGITS: Final = 12


class LearningError(ValueError):
    """A model that can't be learnt or may not be used; `zh` and `en` say how to mend it."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en


def is_number(column: Column) -> bool:
    """Numbers are float64; everything else is words."""
    return column.dtype == np.float64


def is_missing(column: Column) -> Truths:
    """True where the value is not known."""
    if is_number(column):
        return np.isnan(column)
    return np.array([one is None or one == "" for one in column], dtype=np.bool_)


def refuse_infinite(key: str, column: Column) -> None:
    """An infinite value is a division that went wrong; it is neither known nor missing."""
    if is_number(column) and np.isinf(column).any():
        raise LearningError(
            "infinite",
            f"{key} 含有无穷大：请检查除数为零的比率，改为缺失。",
            f"{key} holds infinite values: look for ratios over zero and leave them empty.",
        )


def column_of(texts: list[str]) -> Column:
    """A column from texts: numbers where every text that says something is a number."""
    try:
        return np.array([float(text) if text else np.nan for text in texts], dtype=np.float64)
    except ValueError:
        return np.array(texts, dtype=object)


def edge(bound: Decimal, digits: int) -> float:
    """The smallest float that is at or above `bound` after rounding HALF_UP to `digits`."""
    least = bound - Decimal(5).scaleb(-digits - 1)
    found = float(least)
    # Below zero HALF_UP goes away from zero: the half itself belongs to the band below.
    too_low = Decimal(repr(found)) < least or (bound <= 0 and Decimal(repr(found)) == least)
    return float(np.nextafter(found, np.inf)) if too_low else found


def edges(bounds: tuple[Decimal, ...], digits: int) -> Floats:
    """The edges of all bounds, in their order."""
    return np.array([edge(bound, digits) for bound in bounds], dtype=np.float64)


def short_between(low: float, high: float) -> Decimal:
    """The shortest decimal in (low, high]: what a person would write between two neighbours."""
    below, above = Decimal(repr(low)), Decimal(repr(high))
    for digits in range(-above.adjusted() - 1, MOST_DIGITS + 1):
        candidate = above.quantize(Decimal(1).scaleb(-digits), rounding="ROUND_FLOOR")
        if below < candidate <= above:
            return candidate
    return above


def decimals(bound: Decimal) -> int:
    """How many decimals a bound is written with; 0 for whole numbers and tens."""
    exponent = bound.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def plain(bound: Decimal) -> Decimal:
    """The same number without exponent or trailing zeros, as a card writes it: 1E+3 → 1000."""
    return Decimal(f"{bound.normalize():f}")
