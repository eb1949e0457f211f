"""The payment index over twelve months: where it came from, and where it is heading.

Each point is the index as documents dated up to that day tell it, reckoned like today's: the last
365 days, paid and still overdue. Fewer than three experiences give no index, and a gap in the line.
Worked: 82.10 in January, 78.40 in June, 71.25 today → down by 10.85.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from xinheng.receivables.behaviour import behaviour
from xinheng.texts import T

POINTS: Final = 12


class Point(Struct, frozen=True):
    """A day and what was known of the paying on it."""

    day: date
    index: Decimal | None
    trend: Decimal | None
    days_late: Decimal | None


class History(Struct, frozen=True):
    """`change`: from the first known index to the last; None where fewer than two are known."""

    points: list[Point]
    change: Decimal | None
    chart: dict[str, Any]


def index_history(customer_id: int, day: date) -> History | None:
    """The last day of each of eleven months, and the day itself; None where no index is known."""
    points = []
    for when in days_of(day):
        found = behaviour([customer_id], when).get(customer_id)
        points.append(
            Point(when, found.payment_index, found.days_late_trend, found.days_late_weighted)
            if found is not None
            else Point(when, None, None, None)
        )
    known = [one.index for one in points if one.index is not None]
    if not known:
        return None
    change = known[-1] - known[0] if len(known) > 1 else None
    return History(points, change, _chart(points))


def days_of(day: date) -> list[date]:
    """2026-11-20 → 2025-12-31, 2026-01-31 … 2026-10-31, 2026-11-20."""
    found, last = [day], day.replace(day=1) - timedelta(days=1)
    while len(found) < POINTS:
        found.append(last)
        last = last.replace(day=1) - timedelta(days=1)
    return found[::-1]


def _chart(points: list[Point]) -> dict[str, Any]:
    """Series and axes; a day without an index is a gap."""
    name = str(T("付款指数", "Payment index"))
    return {
        "xAxis": {"type": "category", "data": [f"{one.day:%y-%m}" for one in points]},
        "yAxis": {"type": "value", "name": name, "min": 0, "max": 100},
        "series": [
            {
                "type": "line",
                "name": name,
                "data": [None if one.index is None else str(one.index) for one in points],
                "lineStyle": {"color": "--xh-c1"},
                "itemStyle": {"color": "--xh-c1"},
            }
        ],
    }
