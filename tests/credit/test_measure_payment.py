"""Payment index, lateness figures and DSO: the reference's worked numbers and their edges."""

from decimal import Decimal

import pytest

from xinheng.credit import dso, lateness, payment_index
from xinheng.credit.lateness import Experience

PI_1 = [
    Experience(100_000_00, -5),
    Experience(50_000_00, 10),
    Experience(200_000_00, 0),
    Experience(150_000_00, 45),
]


@pytest.mark.parametrize(
    ("days", "index"),
    [
        (-60, "100"),
        (-30, "100"),
        (-20, "90"),
        (-10, "85"),
        (0, "80"),
        (5, "76.67"),
        (15, "70"),
        (18, "65.71"),
        (22, "60"),
        (23, "58.75"),
        (26, "55"),
        (30, "50"),
        (33, "49"),
        (45, "45"),
        (48, "44"),
        (60, "40"),
        (90, "30"),
        (120, "20"),
        (150, "10.5"),
        (180, "1"),
        (200, "1"),
    ],
)
def test_days_late_have_an_index(days: int, index: str) -> None:
    assert payment_index.index_of(days) == Decimal(index)


def test_pi_1_is_the_mean_of_the_indices() -> None:
    assert payment_index.index(PI_1) == Decimal("69.33")
    assert payment_index.reading(Decimal("69.33"))["en"] == "medium risk"


def test_fewer_than_three_experiences_give_no_index() -> None:
    assert payment_index.index(PI_1[:2]) is None
    assert payment_index.index([*PI_1[:2], Experience(-100, 0)]) is None  # a credit note is none
    assert payment_index.index(PI_1[:3]) is not None


def test_pi_1_lateness_is_weighted_by_amount() -> None:
    assert lateness.weighted_days(PI_1, floored=False) == Decimal("13.50")
    assert lateness.weighted_days(PI_1, floored=True) == Decimal("14.50")
    assert lateness.on_time_share_pct(PI_1) == Decimal("60.00")
    assert lateness.on_time_count_pct(PI_1) == Decimal("50.00")
    assert lateness.dpd_max(PI_1) == 45


def test_nothing_paid_has_no_lateness() -> None:
    assert lateness.weighted_days([], floored=True) is None
    assert lateness.on_time_share_pct([Experience(-5, 3)]) is None
    assert lateness.dpd_max([Experience(100, -5)]) == 0


def test_the_trend_is_the_slope_over_months() -> None:
    paid = [
        Experience(100, 5, "2026-01"),
        Experience(100, 7, "2026-02"),
        Experience(100, 9, "2026-03"),
    ]
    assert lateness.trend(paid) == Decimal("2.00")
    assert lateness.trend(list(reversed(paid))) == Decimal("2.00")
    assert lateness.trend(paid[:2]) is None
    assert lateness.slope([Decimal(9), Decimal(9), Decimal(9)]) == 0


SALES = [dso.Month(s, d) for s, d in [(400, 30), (450, 31), (500, 31), (700, 30), (900, 31)]]


def test_dso_1_by_every_method() -> None:
    assert dso.period_average(1950, SALES) == Decimal("85.43")
    assert dso.count_back(1950, SALES) == dso.CountBack(Decimal("82.70"), beyond=False)
    assert dso.best_possible(1400, SALES) == Decimal("61.33")
    assert dso.average_days_delinquent(1950, 1400, SALES) == Decimal("24.10")


@pytest.mark.parametrize(
    ("receivables", "months", "days"),
    [
        (212_000, [(70_000, 30), (80_000, 30), (100_000, 30)], "73.71"),
        (2_100_000, [(700_000, 31), (800_000, 28), (900_000, 31)], "76.71"),
        (100, [(100, 30), (0, 31), (50, 30)], "76.00"),  # a month without sales adds its days
        (0, [(100, 30)], "0.00"),
        (100, [(50, 30), (100, 31)], "31.00"),
    ],
)
def test_count_back_takes_months_from_the_newest(
    receivables: int, months: list[tuple[int, int]], days: str
) -> None:
    found = dso.count_back(receivables, [dso.Month(*month) for month in months])
    assert found == dso.CountBack(Decimal(days), beyond=False)


def test_receivables_beyond_all_history_are_flagged() -> None:
    assert dso.count_back(5000, SALES) == dso.CountBack(Decimal("153.00"), beyond=True)
    assert dso.period_average(5000, [dso.Month(0, 30)]) is None


def test_true_dso_sums_age_by_share_of_its_month() -> None:
    open_items = [dso.OpenInvoice(450, 20, 900), dso.OpenInvoice(350, 50, 700)]
    assert dso.true_dso(open_items) == Decimal("35.00")
    assert dso.true_dso([dso.OpenInvoice(1, 1, 0)]) is None
    assert dso.true_dso([]) is None


def test_ten_days_less_free_a_million() -> None:
    assert dso.cash_freed(10, 36_500_000_00) == 1_000_000_00
