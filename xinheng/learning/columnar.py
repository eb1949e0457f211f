"""A card over a million rows: the points of `credit.scorecard.score`, column by column.

Each band edge becomes one float (`columns.edge`), a chunk of rows is compared with every edge, and
the number of edges at or below a value is the band it lies in; one look-up gives the points, added
up in whole numbers. Rows go through in chunks small enough for the processor's nearest memory, and
chunks through as many threads as are given. Worked: edges 30, 50, 60 and a value of 57.5 → two
edges at or below → the third band.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from xinheng.credit.scorecard import Card, Characteristic
from xinheng.learning.columns import (
    Column,
    Columns,
    Floats,
    LearningError,
    Truths,
    edges,
    is_number,
)

_CHUNK: Final = 16_384
Points = NDArray[np.int32]


class Compiled(Struct, frozen=True):
    """A characteristic ready for columns: edges and points of numbers, or points of words. The last
    of `points` is for missing.
    """

    key: str
    edges: Floats
    points: Points
    words: dict[str, int]


def compile_card(card: Card) -> tuple[Compiled, ...]:
    """The card once, for as many rows as you like."""
    return tuple(_compiled(one) for one in card.characteristics)


def score(card: Card, columns: Columns, threads: int = 1) -> Points:
    """Total points of each row; a key without a column is missing in every row."""
    compiled = compile_card(card)
    rows = len(next(iter(columns.values())))
    total = np.full(rows, card.base_points, dtype=np.int32)
    ready = [(one, _ready(one, columns.get(one.key), rows)) for one in compiled]

    def part(start: int) -> None:
        end = min(start + _CHUNK, rows)
        for one, column in ready:
            total[start:end] += _points(one, column, start, end)

    _run(part, range(0, rows, _CHUNK), threads)
    return total


def losses(card: Card, columns: Columns) -> Points:
    """rows × characteristics: the points that each lost against its best band."""
    rows = len(next(iter(columns.values())))
    found = []
    for one in compile_card(card):
        column = _ready(one, columns.get(one.key), rows)
        earned = np.broadcast_to(_points(one, column, 0, rows), rows)
        found.append(one.points.max() - earned)
    return np.column_stack(found).astype(np.int32)


def span(card: Card, columns: Columns) -> tuple[Points, Points]:
    """(lowest, highest) total of each row over whatever the missing values may be.

    The lowest is at most what a missing value earns, so the score never lies below the band.
    """
    compiled = compile_card(card)
    rows = len(next(iter(columns.values())))
    low = score(card, columns)
    high = low.copy()
    for one in compiled:
        column = _ready(one, columns.get(one.key), rows)
        earned = np.broadcast_to(_points(one, column, 0, rows), rows)
        room = one.points[:-1].max() - one.points[-1]
        high += np.where(_unknown(one, column, rows), room, 0).astype(np.int32)
        low -= np.where(_unknown(one, column, rows), earned - one.points.min(), 0).astype(np.int32)
    return low, high


def _unknown(one: Compiled, column: Column | None, rows: int) -> Truths:
    if column is None:
        return np.ones(rows, dtype=np.bool_)
    found: Truths = column == len(one.points) - 1 if one.words else np.isnan(column)
    return found


def _run(part: Callable[[int], None], starts: range, threads: int) -> None:
    if threads <= 1:
        for start in starts:
            part(start)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(part, starts):
            pass


def _compiled(one: Characteristic) -> Compiled:
    if one.values:
        points = [choice.points for choice in one.values]
        words = {choice.value: i for i, choice in enumerate(one.values)}
        return Compiled(one.key, np.empty(0), _whole([*points, one.missing.points]), words)
    bounds = tuple(band.high for band in one.bins if band.high is not None)
    points = [band.points for band in one.bins]
    found = _whole([*points, one.missing.points])
    return Compiled(one.key, edges(bounds, one.digits), found, {})


def _whole(points: list[int]) -> Points:
    return np.array(points, dtype=np.int32)


def _ready(one: Compiled, column: Column | None, rows: int) -> Column | None:
    """Words become their positions once; numbers are taken as they are."""
    if column is None:
        return None
    if len(column) != rows:
        raise LearningError(
            "lengths",
            f"{one.key} 的行数与其他列不同。",
            f"{one.key} has another number of rows than the first column.",
        )
    if one.words:
        missing = len(one.points) - 1
        return np.array([one.words.get(str(word), missing) for word in column], dtype=np.uint16)
    if not is_number(column):
        raise LearningError(
            "number", f"{one.key} 应为数值列。", f"{one.key} is a number; words were given."
        )
    return column


def _points(one: Compiled, column: Column | None, start: int, end: int) -> Points | np.int32:
    if column is None:
        return np.int32(one.points[-1])
    values = column[start:end]
    if one.words:
        return one.points[values]
    # Counting comparisons beats a binary search: a card has few bands and no branch is guessed.
    band = np.zeros(end - start, dtype=np.uint8)
    for bound in one.edges:
        band += (values >= bound).view(np.uint8)
    unknown = np.isnan(values)
    if unknown.any():
        band[unknown] = len(one.points) - 1
    return one.points[band]
