"""The bands of a card as categories to count in: what drift is measured on.

Whoever falls in which band of a characteristic is counted; "not known" is a band of its own, the
last. The score itself is counted by grade of the master scale, best first, and "not rated" last. A
learnt card also says how many of its sample fell in each band: what is expected. Example: payment
index, seven bands and "too few payments": counts such as [12, 31, 40, 66, 80, 41, 30, 9].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from xinheng.credit import scale
from xinheng.credit.scorecard import Card, Characteristic
from xinheng.learning import binning, columnar
from xinheng.learning.binning import Bins
from xinheng.learning.columns import Column, Columns, Integers, edges
from xinheng.modelling.inputs import Assessed, columns_of, is_rated, of_card

SCORE: Final = ""  # the "characteristic" that is the score itself
BY_SCORE: Final = scale.GRADES[:-1]  # a score alone never gives D
Counts = dict[str, list[int]]


class Words(NamedTuple):
    """A band in both languages."""

    zh: str
    en: str


NOT_RATED: Final = Words("未评级", "Not rated")


def labels(card: Card, bins: Mapping[str, Bins] | None = None) -> dict[str, list[Words]]:
    """The words of each band, in the order of `counts`, the score first."""
    found = {SCORE: [*(Words(grade, grade) for grade in BY_SCORE), NOT_RATED]}
    for one in card.characteristics:
        own = (bins or {}).get(one.key)
        found[one.key] = [*_labels(one, own), Words(one.missing.zh, one.missing.en)]
    return found


def _labels(one: Characteristic, own: Bins | None) -> list[Words]:
    if own is not None and own.words:
        return [Words("、".join(group), ", ".join(group)) for group in own.words]
    if one.values:
        return [Words(choice.zh, choice.en) for choice in one.values]
    return [Words(band.zh, band.en) for band in one.bins]


def counts(card: Card, rows: Sequence[Assessed], bins: Mapping[str, Bins] | None = None) -> Counts:
    """How many of these customers fall in each band, by characteristic; "" is the score."""
    columns = columns_of(rows, of_card(card))
    found = {SCORE: score_counts(card, columns)}
    for one in card.characteristics:
        own = (bins or {}).get(one.key)
        at, size = _places(one, columns[one.key], own)
        found[one.key] = [int(n) for n in np.bincount(at, minlength=size)]
    return found


def score_counts(card: Card, columns: Columns) -> list[int]:
    """Rows by grade that the points alone give, without red lines; the last is not rated."""
    points = columnar.score(card, columns)
    rated = is_rated(card, columns)
    rank = {
        total: scale.grade_rank(scale.grade_of(int(total))) for total in np.unique(points).tolist()
    }
    at = [
        rank[total] if known else len(BY_SCORE)
        for total, known in zip(points.tolist(), rated, strict=True)
    ]
    return [int(n) for n in np.bincount(at, minlength=len(BY_SCORE) + 1)]


def taught(bins: Sequence[Bins]) -> Counts:
    """How many rows of its sample a learnt card saw in each band."""
    return {
        one.key: [good + bad for good, bad in zip(one.goods, one.bads, strict=True)] for one in bins
    }


def _places(one: Characteristic, column: Column, own: Bins | None) -> tuple[Integers, int]:
    """The band of each row, and how many bands there are with the missing one."""
    if own is not None:
        return binning.place(own, column), own.count + 1
    if one.values:
        last = len(one.values)
        at = {choice.value: i for i, choice in enumerate(one.values)}
        return np.array([at.get(str(word), last) for word in column], dtype=np.int64), last + 1
    bounds = tuple(band.high for band in one.bins if band.high is not None)
    found = np.searchsorted(edges(bounds, one.digits), column, side="right")
    found[np.isnan(column)] = len(one.bins)
    return found.astype(np.int64), len(one.bins) + 1
