"""A rate is found by kind, pair and day, or not at all; working days know 调休; terms give due
dates.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from xinheng.almanac.actions import end_term, record_holidays, record_rates, record_terms
from xinheng.almanac.queries import (
    is_working_day,
    living_terms,
    next_working_day,
    rates_for,
)
from xinheng.almanac.rows import HolidayRow, RateRow, TermRow
from xinheng.almanac.working_days import next_working
from xinheng.credit.rates import RateUsed
from xinheng.people.actor import system
from xinheng.people.models import Company

AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
ROOT = system("test")

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> Company:
    return Company.objects.create(name="远衡", base_currency="CNY", set_up_at=AT)


def told(base: str, quote: str, rate: str, day: date = DAY, kind: str = "mid") -> None:
    row = RateRow(base=base, quote=quote, rate=Decimal(rate), day=day, kind=kind, confirmed=True)
    record_rates([row], actor=ROOT, at=AT)


def look(
    base: str, quote: str, day: date = DAY, age: int = 7, kind: str = "mid"
) -> RateUsed | None:
    return rates_for([(base, quote)], day, kind, age_days=age).get((base, quote))


def test_a_rate_is_direct_inverted_or_crossed_once_over_the_companys_currency(
    seller: Company,
) -> None:
    told("EUR", "CNY", "7.8123")
    told("USD", "CNY", "7.1", DAY - timedelta(days=2))
    table = {
        ("EUR", "CNY"): RateUsed("mid", "EUR", "CNY", "2026-11-20", "7.8123"),
        ("CNY", "EUR"): RateUsed("mid", "CNY", "EUR", "2026-11-20", "0.1280032769", "inverse"),
        # 7.8123 × 0.1408450704, of the older of the two days
        ("EUR", "USD"): RateUsed("mid", "EUR", "USD", "2026-11-18", "1.1003239435", "CNY"),
        ("CNY", "CNY"): RateUsed("mid", "CNY", "CNY", "2026-11-20", "1"),
    }
    assert rates_for([*table, ("EUR", "JPY")], DAY, "mid", age_days=7) == table


def test_the_direct_rate_is_taken_before_a_newer_one_the_other_way_round(seller: Company) -> None:
    told("EUR", "CNY", "7.8", DAY - timedelta(days=3))
    told("CNY", "EUR", "0.12", DAY)
    assert look("EUR", "CNY") == RateUsed("mid", "EUR", "CNY", "2026-11-17", "7.8")


@pytest.mark.parametrize(
    ("day", "age", "found"),
    [
        (DAY, 0, "7.8"),  # of that very day
        (DAY - timedelta(days=1), 7, None),  # a later rate is not known yet
        (DAY + timedelta(days=7), 7, "7.8"),
        (DAY + timedelta(days=8), 7, None),  # older than allowed: not found, never guessed
        (DAY + timedelta(days=40), 60, "8.1"),  # the newest of two
    ],
)
def test_a_rate_counts_from_its_day_until_it_is_too_old(
    seller: Company, day: date, age: int, found: str | None
) -> None:
    told("EUR", "CNY", "7.8")
    told("EUR", "CNY", "8.1", DAY + timedelta(days=30))
    used = look("EUR", "CNY", day, age)
    assert (used.rate if used else None) == found


def test_kinds_do_not_stand_in_for_each_other(seller: Company) -> None:
    told("EUR", "CNY", "7.8", kind="month_end")
    assert look("EUR", "CNY") is None
    assert look("EUR", "CNY", kind="month_end") is not None


def test_a_pair_is_never_crossed_twice_or_over_another_currency(seller: Company) -> None:
    told("EUR", "USD", "1.1")
    told("USD", "JPY", "150")
    assert look("EUR", "JPY") is None


def test_all_pairs_are_found_in_one_statement(seller: Company) -> None:
    told("EUR", "CNY", "7.8123")
    told("USD", "CNY", "7.1")
    pairs = [("EUR", "CNY"), ("USD", "CNY"), ("EUR", "USD"), ("USD", "EUR")] * 50
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(rates_for(pairs, DAY, "mid", age_days=7)) == 4
    assert len(queries) == 1


@pytest.fixture
def china() -> None:
    off = [HolidayRow(calendar="CN", day=date(2026, 10, d), name="国庆节") for d in range(1, 8)]
    worked = HolidayRow(calendar="CN", day=date(2026, 10, 10), name="调休", working=True)
    record_holidays([*off, worked], actor=ROOT, at=AT)


@pytest.mark.parametrize(
    ("day", "working", "following"),
    [
        (date(2026, 9, 30), True, date(2026, 9, 30)),
        (date(2026, 10, 1), False, date(2026, 10, 8)),
        (date(2026, 10, 3), False, date(2026, 10, 8)),
        (date(2026, 10, 10), True, date(2026, 10, 10)),  # Saturday, worked instead
        (date(2026, 10, 11), False, date(2026, 10, 12)),  # Sunday as usual
    ],
)
def test_working_days_follow_the_calendar_and_else_the_weekday(
    china: None, day: date, working: bool, following: date
) -> None:
    assert is_working_day("CN", day) is working
    assert next_working_day("CN", day) == following


def test_another_calendar_knows_nothing_of_it(china: None) -> None:
    assert is_working_day("DE", date(2026, 10, 1))


def test_a_calendar_without_any_working_day_is_a_mistake_and_says_so() -> None:
    always_off = {DAY + timedelta(days=n): False for n in range(100)}
    with pytest.raises(ValueError, match="mend the calendar"):
        next_working(DAY, always_off)


def test_terms_of_the_sellers_own_give_due_dates_on_working_days(china: None) -> None:
    record_terms(
        [
            TermRow(code="A30", rule="N30", name="30 天"),
            TermRow(code="A30W", rule="N30", name="30 天顺延", calendar="CN"),
            TermRow(code="OLD", rule="N60", name="旧"),
        ],
        actor=ROOT,
        at=AT,
    )
    end_term("old", actor=ROOT, at=AT)
    terms = living_terms()
    assert set(terms) == {"A30", "A30W"}
    assert terms["A30"].due_on(date(2026, 9, 3)) == date(2026, 10, 3)
    assert terms["A30W"].due_on(date(2026, 9, 3)) == date(2026, 10, 8)
