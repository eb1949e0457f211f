"""How long an application may stay where it is: working hours of the company's working days.

A working day has eight hours from 09:00; a calendar lists the days that are not as their weekday.
All figures are data (states_v1.json). Worked: submitted on Friday at 16:00 with eight hours to be
taken up: one hour is left on Friday, so until Monday 16:00; in the night before Tuesday: until
Tuesday 17:00.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from xinheng.almanac.queries import listed_days
from xinheng.almanac.working_days import STRETCH_MAX, Listed, is_working, next_working
from xinheng.people.queries import DEFAULT_TIME_ZONE, company


@cache
def rules() -> dict[str, Any]:
    """The file as it ships; callers only read it."""
    text = Path(__file__).with_name("states_v1.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def due_in_state(state: str, at: datetime) -> datetime | None:
    """The instant by which an application should have left a state that it enters now."""
    hours = rules()["hours"].get(state)
    return None if hours is None else after_hours(at, hours)


def after_hours(at: datetime, hours: int) -> datetime:
    """So many working hours later, in the company's days."""
    zone = _zone()
    local = at.astimezone(zone)
    listed = _listed(local.date(), hours)
    return _walk(local, timedelta(hours=hours), listed, zone).astimezone(at.tzinfo)


def after_days(day: date, count: int) -> date:
    """So many working days later: the first one after Friday is Monday."""
    listed = _listed(day, 8 * count)
    for _ in range(count):
        day = next_working(day + timedelta(days=1), listed)
    return day


def works_on(day: date) -> bool:
    """Whether people work on that day."""
    return is_working(day, listed_days(rules()["calendar"], day, day))


def _walk(local: datetime, left: timedelta, listed: Listed, zone: ZoneInfo) -> datetime:
    begins, length = time.fromisoformat(rules()["day_begins"]), rules()["day_hours"]
    day = local.date()
    while True:
        if is_working(day, listed):
            opens = datetime.combine(day, begins, zone)
            closes = opens + timedelta(hours=length)
            start = max(opens, local)
            if closes - start >= left:
                return start + left
            left -= max(timedelta(), closes - start)
        day = next_working(day + timedelta(days=1), listed)


def _listed(day: date, hours: int) -> Listed:
    last = day + timedelta(days=STRETCH_MAX + 3 * (hours // rules()["day_hours"] + 1))
    return listed_days(rules()["calendar"], day, last)


def _zone() -> ZoneInfo:
    seller = company()
    return ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
