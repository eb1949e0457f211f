"""Does a change of a plan give more credit on any day? Then it takes two people.

Two plans are compared on every day from today on where either of them turns. More is a higher
amount, a longer validity, a longer grace, a looser condition. Example: 900,000.00 until December
instead of 1,000,000.00 until June is less now and more in July: it raises.

What *unset* means depends on where the line lies. Alone it is no credit; of a sub-limit it is no
restriction; within a group it is whatever stands above. There, going from set to unset or back
counts as more both ways, because nobody can tell by looking at one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum

from xinheng.limits.in_force import Planned, limit_on

UNLIMITED = 1 << 80


class Footing(Enum):
    """Where a line lies, as far as it matters for what unset means."""

    ALONE = "alone"
    WITHIN = "within"  # an own line with a limit above it, or a group's
    SUB = "sub"


def footing(scope: str, path: Sequence[int]) -> Footing:
    if scope == "":
        return Footing.WITHIN if path else Footing.ALONE
    return Footing.WITHIN if scope == "group" else Footing.SUB


def raises(before: Sequence[Planned], after: Sequence[Planned], on: Footing, today: date) -> bool:
    """Whether `after` gives more than `before` on any day from today on."""
    return any(
        _more(limit_on(before, day), limit_on(after, day), on, day)
        for day in _days((*before, *after), today)
    )


def _days(rows: Sequence[Planned], today: date) -> list[date]:
    found = {today}
    for row in rows:
        found.add(row.valid_from)
        if row.valid_until is not None:
            found.add(row.valid_until + timedelta(days=1))
            found.add(row.valid_until + timedelta(days=row.grace_days + 1))
    return sorted(day for day in found if day >= today)


def _more(before: Planned | None, after: Planned | None, on: Footing, day: date) -> bool:
    if before is None or after is None:
        if before is after:
            return False
        if on is Footing.WITHIN:
            return True
        if on is Footing.SUB:
            return after is None
        return after is not None and _gives(after, day) > 0
    had, gets = _gives(before, day), _gives(after, day)
    return gets > had or (gets > 0 and _looser(before, after))


def _gives(row: Planned, day: date) -> int:
    if row.valid_until is not None and day > row.valid_until + timedelta(days=row.grace_days):
        return 0
    return UNLIMITED if row.unlimited else (row.amount_minor or 0)


def _looser(before: Planned, after: Planned) -> bool:
    """A higher order cap, longer terms, or more overdue borne; none agreed is the loosest."""
    pairs = (
        (before.single_order_cap_minor, after.single_order_cap_minor),
        (before.terms_days_max, after.terms_days_max),
        (before.overdue_allowed_minor, after.overdue_allowed_minor),
        (before.overdue_days_allowed, after.overdue_days_allowed),
    )
    return any(_above(new, old) for old, new in pairs)


def _above(new: int | None, old: int | None) -> bool:
    return old is not None and (new is None or new > old)
