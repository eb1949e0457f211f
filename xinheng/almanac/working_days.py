"""Working days: Monday to Friday, unless the calendar lists the day otherwise.

A listed day is off or worked, whatever its weekday: 调休 makes a Saturday a working day. Worked: in
the calendar CN 2026-10-01…07 are off and Saturday 2026-10-10 is worked; an invoice due on
2026-10-03 is due on the next working day, 2026-10-08. A day of a year that nobody has listed yet
follows its weekday.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

# Longest stretch without a working day that is looked through: a calendar that is off for longer
# is a mistake in the calendar.
STRETCH_MAX: Final = 60
SATURDAY: Final = 5
Listed = Mapping[date, bool]


def is_working(day: date, listed: Listed) -> bool:
    """Whether people work on that day."""
    return listed.get(day, day.weekday() < SATURDAY)


def next_working(day: date, listed: Listed) -> date:
    """The day itself if it is worked, else the next one that is."""
    for ahead in range(STRETCH_MAX + 1):
        found = day + timedelta(days=ahead)
        if is_working(found, listed):
            return found
    raise ValueError(f"no working day within {STRETCH_MAX} days of {day}: mend the calendar")
