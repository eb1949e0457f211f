"""Items fall into buckets by lateness and, apart from that, into bands by age (AGE-1)."""

from datetime import date
from decimal import Decimal

import pytest

from xinheng.credit.ageing import (
    AGE_BANDS,
    LATENESS_BUCKETS,
    Item,
    age,
    age_band_of,
    bucket_of,
    share_pct,
)

AS_OF = date(2026, 10, 31)


def item(amount: int, issued_on: str, due_on: str) -> Item:
    return Item(amount * 100, date.fromisoformat(issued_on), date.fromisoformat(due_on))


AGE_1 = [
    item(120_000, "2026-09-01", "2026-10-01"),
    item(60_000, "2026-08-01", "2026-08-31"),
    item(50_000, "2026-06-15", "2026-07-15"),
    item(200_000, "2026-10-10", "2026-11-24"),
    item(30_000, "2025-10-01", "2025-10-31"),
    item(10_000, "2026-09-30", "2026-10-31"),
]


def test_age_1_falls_into_its_buckets() -> None:
    found = age(AGE_1, AS_OF)
    amounts = {name: minor // 100 for name, minor in found.by_lateness.items()}
    assert amounts == {
        "not_due": 210_000,
        "1-30": 120_000,
        "31-60": 0,
        "61-90": 60_000,
        "91-180": 50_000,
        "181-365": 30_000,
        "365+": 0,
    }
    assert (found.total_minor, found.overdue_minor) == (47_000_000, 26_000_000)
    assert share_pct(found.overdue_minor, found.total_minor) == Decimal("55.32")
    assert found.weighted_dpd_overdue == Decimal("90.81")
    assert found.weighted_dpd_all == Decimal("50.23")
    assert found.oldest_dpd == 365


def test_the_two_axes_are_not_mixed() -> None:
    found = age(AGE_1, AS_OF)
    assert found.by_age["1y"] == 44_000_000
    assert found.by_age["1-2y"] == 3_000_000  # invoiced 2025-10-01, although only 365 days late
    assert sum(found.by_age.values()) == sum(found.by_lateness.values())


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-24, "not_due"),
        (0, "not_due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "91-180"),
        (180, "91-180"),
        (181, "181-365"),
        (365, "181-365"),
        (366, "365+"),
        (9999, "365+"),
    ],
)
def test_a_number_of_days_has_one_bucket(days: int, bucket: str) -> None:
    assert bucket_of(days) == bucket


@pytest.mark.parametrize(
    ("issued_on", "as_of", "band"),
    [
        ("2025-10-31", "2026-10-31", "1y"),
        ("2025-10-30", "2026-10-31", "1-2y"),
        ("2024-02-29", "2025-02-28", "1y"),
        ("2024-02-29", "2025-03-01", "1-2y"),
        ("2021-10-31", "2026-10-31", "4-5y"),
        ("2021-10-30", "2026-10-31", "5y+"),
        ("2026-12-01", "2026-10-31", "1y"),
    ],
)
def test_age_goes_by_anniversaries(issued_on: str, as_of: str, band: str) -> None:
    assert age_band_of(date.fromisoformat(issued_on), date.fromisoformat(as_of)) == band


def test_a_late_credit_note_lowers_its_bucket_but_makes_nobody_late() -> None:
    found = age([item(-100, "2026-01-01", "2026-01-31")], AS_OF)
    assert found.by_lateness["181-365"] == -10_000
    assert (found.oldest_dpd, found.weighted_dpd_overdue) == (0, None)


def test_an_empty_ledger_has_empty_buckets() -> None:
    found = age([], AS_OF)
    assert tuple(found.by_lateness) == LATENESS_BUCKETS and tuple(found.by_age) == AGE_BANDS
    assert (found.total_minor, found.weighted_dpd_all, share_pct(0, 0)) == (0, None, None)
