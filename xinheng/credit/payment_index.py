"""The payment index 付款指数: 100 pays 30 days early, 80 on the day, 50 a month late, 1 half a
year late.

Each invoice's days beyond terms give an index by straight lines between anchors
(payment_index_v1.json); the customer's index is their amount-weighted mean over 12 months, paid
invoices plus open overdue ones at today's lateness. Fewer than three experiences give no index.
The mean of the indices is taken, not the index of the mean day.

PI-1: 100,000 at −5 (82.50), 50,000 at 10 (73.33), 200,000 at 0 (80), 150,000 at 45 (45) → 69.33.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from xinheng.credit.lateness import Experience
from xinheng.credit.money import divide_half_up
from xinheng.credit.shipped import document

_CHART: Final[dict[str, Any]] = document("payment_index_v1.json")
ANCHORS: Final[tuple[tuple[int, int], ...]] = tuple((d, i) for d, i in _CHART["anchors"])
MINIMUM_EXPERIENCES: Final[int] = _CHART["minimum_experiences"]


def index_of(days_late: int) -> Decimal:
    """The index of one invoice, to 2 decimals: 5 → 76.67, 18 → 65.71, 200 → 1.00."""
    return _two_decimals(_exact(days_late))


def index(experiences: Sequence[Experience]) -> Decimal | None:
    """The customer's index, to 2 decimals, rounded once; None for too few experiences. Amounts ≤
    0 do not count.
    """
    real = [one for one in experiences if one.amount_minor > 0]
    if len(real) < MINIMUM_EXPERIENCES:
        return None
    weighted = sum((one.amount_minor * _exact(one.days_late) for one in real), Fraction(0))
    return _two_decimals(weighted / sum(one.amount_minor for one in real))


def reading(value: Decimal) -> dict[str, str]:
    """What an index says, in both languages: 80–100 low, 50–79 medium, below 50 high risk."""
    row = next(row for row in _CHART["readings"] if value >= row["at_least"])
    return {"zh": row["zh"], "en": row["en"]}


def _exact(days_late: int) -> Fraction:
    if days_late <= ANCHORS[0][0]:
        return Fraction(ANCHORS[0][1])
    for (from_day, from_index), (to_day, to_index) in pairwise(ANCHORS):
        if days_late <= to_day:
            step = Fraction(to_index - from_index, to_day - from_day)
            return from_index + step * (days_late - from_day)
    return Fraction(ANCHORS[-1][1])


def _two_decimals(value: Fraction) -> Decimal:
    hundredths = divide_half_up(value.numerator * 100, value.denominator)
    return Decimal(hundredths).scaleb(-2)
