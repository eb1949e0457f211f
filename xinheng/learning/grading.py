"""What a score is called, and why it is not better, for columns of customers at once.

Grades come from the master scale of `credit.scale`, looked up once for every different score. The
reasons of a card are the characteristics that lost most points against their best band, four at
most. Worked: 608 points are BBB, 607 are BB (BBB lies above 607.86).
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from xinheng.credit import scale
from xinheng.credit.scorecard import MAX_REASONS, Card
from xinheng.learning import columnar
from xinheng.learning.columnar import Points
from xinheng.learning.columns import Columns, Floats


def grades_of_points(points: Points) -> list[str]:
    """The grade of each row; the card must stand on the master scale (600 at 50:1, 20)."""
    values, at = np.unique(points, return_inverse=True)
    names = [scale.grade_of(int(one)) for one in values]
    return [names[i] for i in at]


def grades_of_probability(p: Floats) -> list[str]:
    """The grade of each row's probability of bad, kept to six decimals."""
    values, at = np.unique(np.round(p, 6), return_inverse=True)
    names = [scale.grade_of_pd(Decimal(f"{one:.6f}")) for one in values]
    return [names[i] for i in at]


def points_lost(card: Card, columns: Columns) -> list[str]:
    """By row: "debt -31; age -8", the largest loss first, ties in the card's order."""
    table = columnar.losses(card, columns)
    keys = [one.key for one in card.characteristics]
    order = np.argsort(-table, axis=1, kind="stable")[:, :MAX_REASONS]
    lost = np.take_along_axis(table, order, axis=1)
    return [
        "; ".join(f"{keys[i]} -{n}" for i, n in zip(row, points, strict=True) if n > 0)
        for row, points in zip(order.tolist(), lost.tolist(), strict=True)
    ]
