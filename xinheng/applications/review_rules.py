"""When a customer is looked at, who is offered more, what speaks for another grade: the numbers.

They are data (reviews_v1.json, offers_v1.json, regrades_v1.json), each with its source; here they
are read once and due dates are reckoned in working days. Example: found on Friday 20 November, due
within 3 working days: Wednesday the 25th. Due 10 working days before a limit ends on 31 December:
the 17th.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from xinheng.almanac.queries import listed_days
from xinheng.almanac.working_days import Listed, is_working

SPAN_DAYS: Final = 120  # further than any due date of ours lies from the day it is found


@cache
def rules(name: str) -> Mapping[str, Any]:
    """The numbers of "reviews", "offers" or "regrades"; callers only read them."""
    text = Path(__file__).with_name(f"{name}_v1.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def days_around(day: date) -> Listed:
    """Which days near `day` are worked against their weekday, in the calendar of reviews."""
    span = timedelta(days=SPAN_DAYS)
    return listed_days(rules("reviews")["calendar"], day - span, day + span)


def after(day: date, working: int, listed: Listed) -> date:
    """The day that many working days after `day`."""
    return _walk(day, working, 1, listed)


def before(day: date, working: int, listed: Listed) -> date:
    """The day that many working days before `day`."""
    return _walk(day, working, -1, listed)


def _walk(day: date, working: int, step: int, listed: Listed) -> date:
    for _ in range(SPAN_DAYS):
        if working == 0:
            return day
        day += timedelta(days=step)
        working -= is_working(day, listed)
    raise ValueError(f"no {working} further working days near {day}: mend the calendar")


def due_day(code: str, about_day: date, today: date, listed: Listed) -> date:
    """Until when a review of this kind is to be done; `about_day` is the day that it is about."""
    rule = rules("reviews")[code]
    soon = after(today, rule["working_days"], listed)
    if code == "annual":
        return max(about_day, soon)
    if code == "expiry":
        return max(before(about_day, rule["before_end_working_days"], listed), soon)
    return soon
