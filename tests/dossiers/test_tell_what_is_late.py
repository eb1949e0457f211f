"""Late is what waits for over two working days, by the seller's calendar and clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.web.verification.staged import desk, entered, person
from xinheng.almanac.models import Holiday
from xinheng.dossiers.waiting import Wanted, late_before, narrowed, survey
from xinheng.people import queries
from xinheng.people.models import Company

pytestmark = pytest.mark.django_db
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def world(db: None) -> None:
    desk()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026 in Shanghai; the 16th and the 23rd are Mondays."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "late"),
    [
        (at(18, 10), at(16, 10)),  # Wednesday → Monday
        (at(17, 10), at(13, 10)),  # Tuesday → Friday
        (at(16, 10), at(12, 10)),  # Monday → Thursday
        (at(16, 0), at(12, 0)),
        (at(15, 10), at(12, 0)),  # Sunday: Friday's end → Wednesday's end
        (at(14, 1), at(12, 0)),
    ],
)
def test_two_working_days_back(now: datetime, late: datetime) -> None:
    # Catches 48 hours on the clock, and a weekend that counts.
    assert late_before(now) == late


def test_holidays_and_worked_saturdays_count_as_the_calendar_says() -> None:
    for day, working in ((14, True), (17, False)):
        Holiday.objects.create(
            calendar="CN",
            day=date(2026, 11, day),
            working=working,
            name="调休",
            entered_by="system:tests",
            entered_at=at(1, 8),
        )
    assert late_before(at(18, 10)) == at(14, 10)  # Wednesday, Monday, Saturday that is worked
    assert late_before(at(17, 10)) == at(14, 0)  # a holiday: Monday's end, hence Friday's


def test_the_clock_is_the_company_s() -> None:
    # Monday 20:00 UTC is Tuesday in Shanghai: two days before is Friday, not Thursday.
    monday = datetime(2026, 11, 16, 20, tzinfo=UTC)
    assert late_before(monday) == monday - timedelta(days=4)
    Company.objects.update(time_zone="UTC")
    queries.forget()
    assert late_before(monday) == monday - timedelta(days=4)  # Thursday 20:00 UTC, as it happens
    tuesday = datetime(2026, 11, 17, 20, tzinfo=UTC)  # Wednesday there
    assert late_before(tuesday) == tuesday - timedelta(days=4)
    Company.objects.update(time_zone="Asia/Shanghai")
    queries.forget()
    assert late_before(tuesday) == tuesday - timedelta(days=2)


@pytest.mark.parametrize(("minutes", "is_late"), [(-1, True), (0, False), (1, False)])
def test_the_tab_and_its_count_take_what_is_over_two_days(minutes: int, is_late: bool) -> None:
    fact = entered("goods_bought", "水泥", at=at(13, 10) + timedelta(minutes=minutes))
    now, alice = at(17, 10), person("alice")
    found = narrowed(alice, Wanted(tab="late"), at=now).values_list("pk", flat=True)
    assert list(found) == [fact] * is_late
    assert survey(alice, Wanted(), at=now).tabs["late"] == is_late
