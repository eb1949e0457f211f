"""How a line's ceiling goes on: a small drawing of the days ahead, from the plan of dated limits
and covers.

Each span is a time for which nothing changes: its width is its days, its height the ceiling, what
covers add on top. After the last day of a limit and its grace the ceiling is zero, and the drawing
shows it. Example: base 1,000,000.00 to 2027-11-22, temporary 1,200,000.00 for 1–10 December → three
spans: until 30 November, ten days of 1,200,000.00, then 1,000,000.00 until it runs out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from xinheng.credit.money import divide_half_up
from xinheng.limits.in_force import Covering, Planned, added_to, limit_on

WIDTH: Final = 1000
HEIGHT: Final = 64
DAYS_AHEAD: Final = 450  # what lies further is named in the list, not drawn
SPANS_MAX: Final = 24
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Days with one ceiling. `limit_minor` None: unlimited, or unset; a span in its grace still
    gives. x, width: thousandths; heights of limit and cover in units of the drawing.
    """

    starts: date
    ends: date | None  # None: beyond what is drawn
    kind: str  # base | temporary | grace | expired | unset
    limit_minor: int | None
    unlimited: bool
    covered_minor: int
    x: int = 0
    width: int = 0
    limit_height: int = 0
    cover_height: int = 0

    @property
    def ceiling_minor(self) -> int | None:
        return None if self.limit_minor is None else self.limit_minor + self.covered_minor

    @property
    def limit_y(self) -> int:
        return HEIGHT - self.limit_height

    @property
    def cover_y(self) -> int:
        return self.limit_y - self.cover_height


def plan_ahead(limits: Sequence[Planned], covers: Sequence[Covering], day: date) -> list[Span]:
    """The spans from `day` on, drawn to one scale. `limits` and `covers`: what was not ended."""
    last = day + timedelta(days=DAYS_AHEAD)
    turns = [turn for turn in _turns(limits, covers) if day < turn <= last]
    starts = [day, *turns]
    spans: list[Span] = []
    for start, following in zip(starts, [*turns, None], strict=True):
        ends = following - ONE_DAY if following else None
        span = _span(limits, covers, start, ends)
        if spans and _same(spans[-1], span):
            before = spans.pop()
            span = _span(limits, covers, before.starts, ends)
        spans.append(span)
    return _drawn(spans[:SPANS_MAX], day, last)


def _turns(limits: Sequence[Planned], covers: Sequence[Covering]) -> list[date]:
    turns = {row.valid_from for row in (*limits, *covers)}
    turns |= {row.valid_until + ONE_DAY for row in covers}
    for row in limits:
        if row.valid_until is not None:
            turns.add(row.valid_until + ONE_DAY)
            turns.add(row.valid_until + ONE_DAY + timedelta(days=row.grace_days))
    return sorted(turns)


def _span(
    limits: Sequence[Planned], covers: Sequence[Covering], start: date, ends: date | None
) -> Span:
    held = limit_on(limits, start)
    if held is None:
        return Span(start, ends, "unset", None, False, 0)
    kind = _kind(held, start)
    if kind == "expired":
        return Span(start, ends, kind, 0, False, 0)
    covered = 0 if held.unlimited else added_to(held, covers, start)
    return Span(start, ends, kind, held.amount_minor, held.unlimited, covered)


def _kind(held: Planned, day: date) -> str:
    if held.valid_until is not None and day > held.valid_until:
        return "grace" if day <= held.valid_until + timedelta(days=held.grace_days) else "expired"
    return "temporary" if held.temporary else "base"


def _same(one: Span, other: Span) -> bool:
    return (one.kind, one.limit_minor, one.unlimited, one.covered_minor) == (
        other.kind,
        other.limit_minor,
        other.unlimited,
        other.covered_minor,
    )


def _drawn(spans: Sequence[Span], day: date, last: date) -> list[Span]:
    top = max((span.ceiling_minor or 0 for span in spans), default=0) or 1
    end = _end(spans, last)
    days = max((end - day).days, 1)

    def x_of(when: date) -> int:
        return min(WIDTH, divide_half_up((when - day).days * WIDTH, days))

    drawn = []
    for span in spans:
        left = x_of(span.starts)
        right = x_of(span.ends + ONE_DAY) if span.ends else WIDTH
        room = HEIGHT - 4
        whole = room if span.unlimited else divide_half_up((span.limit_minor or 0) * room, top)
        drawn.append(
            Span(
                span.starts,
                span.ends,
                span.kind,
                span.limit_minor,
                span.unlimited,
                span.covered_minor,
                left,
                max(right - left, 1),
                whole,
                divide_half_up(span.covered_minor * room, top),
            )
        )
    return drawn


def _end(spans: Sequence[Span], last: date) -> date:
    """Where the drawing ends: a month after the last change, so that what comes then is seen."""
    latest = max((span.starts for span in spans), default=last)
    return min(last, latest + timedelta(days=30)) if len(spans) > 1 else last
