"""Ageing 账龄分析 on two axes that are never mixed: lateness (from the due date) and age (from
the invoice date).

Days past due = as-of date − due date; paying on the due date is on time, so 0 is not due.
Lateness tells who is late, age is what Chinese provisions go by (1年以内 …). Both sets of bounds
are data: ageing_v1.json.

AGE-1, 2026-10-31: open 470,000, of which late 260,000 = 55.32 %; amount-weighted days of the late
part 90.81, of all open items 50.23 (what is not due weighs 0 days). Items carry their sign (a
credit note is negative) and stay in their own bucket; unapplied cash is no item: show it as its
own row, never silently netted.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.money import round_half_up
from xinheng.credit.shipped import document

_BANDS: Final[dict[str, Any]] = document("ageing_v1.json")
_LATE: Final[list[tuple[int, str]]] = [
    (row["up_to"], row["name"]) for row in _BANDS["lateness"] if row["up_to"] is not None
]
_OLD: Final[list[tuple[int, str]]] = [
    (row["years"], row["name"]) for row in _BANDS["age"] if row["years"] is not None
]
LATENESS_BUCKETS: Final[tuple[str, ...]] = tuple(row["name"] for row in _BANDS["lateness"])
AGE_BANDS: Final[tuple[str, ...]] = tuple(row["name"] for row in _BANDS["age"])
NOT_DUE: Final = LATENESS_BUCKETS[0]


class Item(Struct, frozen=True):
    """What is still open of one invoice or credit note, in minor units."""

    open_minor: int
    issued_on: date
    due_on: date


class Ageing(Struct, frozen=True):
    """Minor units per bucket; `total_minor` is the sum of either axis. Weighted days: None where
    nothing is open.
    """

    by_lateness: dict[str, int]
    by_age: dict[str, int]
    total_minor: int
    overdue_minor: int
    oldest_dpd: int
    weighted_dpd_overdue: Decimal | None
    weighted_dpd_all: Decimal | None


def bucket_of(days_past_due: int) -> str:
    """The lateness bucket: 0 → not_due, 1 and 30 → 1-30, 366 → 365+."""
    for up_to, name in _LATE:
        if days_past_due <= up_to:
            return name
    return LATENESS_BUCKETS[-1]


def age_band_of(issued_on: date, as_of: date) -> str:
    """The age band by calendar years: on the first anniversary an invoice is still within one
    year.
    """
    for years, name in _OLD:
        if as_of <= _anniversary(issued_on, years):
            return name
    return AGE_BANDS[-1]


def age(items: Iterable[Item], as_of: date) -> Ageing:
    """Both axes, totals and weighted days of the open items on `as_of`. Items open at 0 change
    nothing.
    """
    late = dict.fromkeys(LATENESS_BUCKETS, 0)
    old = dict.fromkeys(AGE_BANDS, 0)
    oldest = day_money = 0
    for item in items:
        if not item.open_minor:
            continue
        dpd = (as_of - item.due_on).days
        late[bucket_of(dpd)] += item.open_minor
        old[age_band_of(item.issued_on, as_of)] += item.open_minor
        if dpd > 0:
            day_money += dpd * item.open_minor
            # A late credit note is our debt to them, not their lateness.
            oldest = max(oldest, dpd) if item.open_minor > 0 else oldest
    total = sum(late.values())
    overdue = total - late[NOT_DUE]
    return Ageing(
        late, old, total, overdue, oldest, _mean(day_money, overdue), _mean(day_money, total)
    )


def share_pct(part_minor: int, whole_minor: int) -> Decimal | None:
    """A share in percent to 2 decimals, HALF_UP; None where there is no whole. 260,000 of 470,000
    → 55.32.
    """
    return _mean(part_minor * 100, whole_minor)


def _mean(sum_of_products: int, weight: int) -> Decimal | None:
    return round_half_up(Decimal(sum_of_products) / Decimal(weight), 2) if weight > 0 else None


def _anniversary(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February in a common year
        return day.replace(year=day.year + years, day=28)
