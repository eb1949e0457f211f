"""The clock of a hold: by when it was promised to be judged, in words with their meaning colour.

Never a colour alone: "还有 2 小时 10 分" / "due in 2 h 10 min", "已超时 3 小时" / "3 h late". Two
units at most, the larger first; under a minute counts as one.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from xinheng.texts import T

SOON: Final = timedelta(hours=1)
TODAY: Final = timedelta(hours=4)


class Clock(NamedTuple):
    """What the clock says, and the meaning colour that goes with it."""

    text: T
    tone: str


def clock(due_at: datetime | None, at: datetime) -> Clock | None:
    """How long until, or since, the promised instant; None where nothing was promised."""
    if due_at is None:
        return None
    left = due_at - at
    if left < timedelta(0):
        span = span_text(-left)
        return Clock(T(f"已超时 {span.zh}", f"{span.en} late"), "stop")
    span = span_text(left)
    tone = "act" if left <= SOON else "watch" if left <= TODAY else "none"
    return Clock(T(f"还有 {span.zh}", f"due in {span.en}"), tone)


def span_text(span: timedelta) -> T:
    """A length of time in two units at most: 2 天 3 小时, 2 小时 10 分, 5 分."""
    minutes = max(1, int(span.total_seconds()) // 60)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days:
        more = T(f" {hours} 小时", f" {hours} h") if hours else None
        return _joined(T(f"{days} 天", f"{days} d"), more)
    if hours:
        more = T(f" {minutes} 分", f" {minutes} min") if minutes else None
        return _joined(T(f"{hours} 小时", f"{hours} h"), more)
    return T(f"{minutes} 分钟", f"{minutes} min")


def _joined(first: T, more: T | None) -> T:
    return T(first.zh + more.zh, first.en + more.en) if more else first
