"""The limit in force: which of a line's dated limits holds on a day, and what covers add to it.

The plan is rows (`DatedLimit`, `Cover`); order checks read columns of the line. `bring_in_force`
copies the rows that hold today into the columns and says until which day that stays true, so that
a check looks at the plan only on the day something changes. Example: a base limit of 1,000,000.00
and a temporary one of 1,200,000.00 from 1 to 10 December: on 22 November the base is in force,
until 30 November; on 1 December the temporary one *replaces* it, until 10 December; then the base
returns and nothing lies ahead.

Covers add to whatever stands, except to a temporary limit of zero: that is a stop (a licence that
ended), and no insurance makes a company fit to trade.

Of base limits the one that began last holds, also once it has run out: then the line is expired,
and what it had replaced does not come back. Before the first one begins the line is unset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections

from xinheng.credit.exposure import WHOLE_BPS
from xinheng.credit.money import divide_half_up
from xinheng.limits import plan_sql


class Planned(NamedTuple):
    """One dated limit that has not been withdrawn, as the plan needs it."""

    id: int
    temporary: bool
    amount_minor: int | None
    unlimited: bool
    valid_from: date
    valid_until: date | None
    grace_days: int
    single_order_cap_minor: int | None
    terms_days_max: int | None
    overdue_allowed_minor: int
    overdue_days_allowed: int


class Covering(NamedTuple):
    """One cover that has not been ended: what it adds while it is valid."""

    amount_minor: int
    share_bps: int
    valid_from: date
    valid_until: date

    @property
    def counts_minor(self) -> int:
        return divide_half_up(self.amount_minor * self.share_bps, WHOLE_BPS)


class InForce(NamedTuple):
    """What holds on a day. `limit` None: nothing has begun yet, which is unset."""

    limit: Planned | None
    covered_minor: int
    until: date | None  # the last day for which this stays true; None: no change ahead


def limit_on(plan: Iterable[Planned], day: date) -> Planned | None:
    """The dated limit that holds on a day: a valid temporary one, else the base that began last."""
    temporary = [p for p in plan if p.temporary and _valid(p, day)]
    base = [p for p in plan if not p.temporary and p.valid_from <= day]
    return max(temporary or base, key=lambda p: (p.valid_from, p.id), default=None)


def _valid(row: Planned | Covering, day: date) -> bool:
    return row.valid_from <= day and (row.valid_until is None or day <= row.valid_until)


def covered_on(covers: Iterable[Covering], day: date) -> int:
    """What covers add on a day; nothing from the day after they end."""
    return sum(cover.counts_minor for cover in covers if _valid(cover, day))


def added_to(limit: Planned | None, covers: Iterable[Covering], day: date) -> int:
    """What covers add to the limit that holds on a day: nothing to a stop."""
    stopped = limit is not None and limit.temporary and limit.amount_minor == 0
    return 0 if stopped else covered_on(covers, day)


def in_force_on(plan: Sequence[Planned], covers: Sequence[Covering], day: date) -> InForce:
    """What holds on a day, and the last day for which exactly that stays true."""
    held = _held(plan, covers, day)
    for turn in _turns((*plan, *covers), day):
        if _held(plan, covers, turn) != held:
            return InForce(*held, turn - timedelta(days=1))
    return InForce(*held, None)


def _held(
    plan: Sequence[Planned], covers: Sequence[Covering], day: date
) -> tuple[Planned | None, int]:
    limit = limit_on(plan, day)
    return limit, added_to(limit, covers, day)


def _turns(rows: Iterable[Planned | Covering], day: date) -> list[date]:
    """The days after `day` on which a row begins or has ended, earliest first."""
    begins = {row.valid_from for row in rows}
    ended = {row.valid_until + timedelta(days=1) for row in rows if row.valid_until is not None}
    return sorted(turn for turn in begins | ended if turn > day)


def bring_in_force(
    line_ids: Iterable[int], *, today: date, at: datetime, using: str = "default"
) -> list[int]:
    """Copy what holds today into the lines; returns those whose limit or cover changed by it.

    A step: the caller holds the lines' locks. Asked again it changes nothing. A line that never
    had a dated limit keeps its columns; only what covers add, and until when, is brought up to
    date.
    """
    ids = sorted(set(line_ids))
    if not ids:
        return []
    with connections[using].cursor() as cursor:
        cursor.execute(plan_sql.PLANNED, [ids])
        planned, plans = _by_line(cursor.fetchall())
        cursor.execute(plan_sql.COVERING, [ids])
        covers: dict[int, list[Covering]] = defaultdict(list)
        for row in cursor.fetchall():
            covers[row[0]].append(Covering(*row[1:]))
        rows = [
            _columns(line, line in planned, in_force_on(plans[line], covers[line], today))
            for line in ids
        ]
        columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(plan_sql.BRING_IN_FORCE, [*columns, at])
        return sorted(row[0] for row in cursor.fetchall() if row[1])


def _by_line(
    rows: Iterable[tuple[Any, ...]],
) -> tuple[set[int], Mapping[int, list[Planned]]]:
    """Lines that ever had a dated limit, and what still stands of each plan."""
    planned: set[int] = set()
    plans: dict[int, list[Planned]] = defaultdict(list)
    for line, ended, *values in rows:
        planned.add(line)
        if not ended:
            plans[line].append(Planned(*values))
    return planned, plans


_UNSET: tuple[Any, ...] = (None, False, None, None, 0, False, None, None, 0, 0)


def _columns(line: int, has_plan: bool, held: InForce) -> tuple[Any, ...]:
    one = held.limit
    limit = _UNSET
    if one is not None:
        limit = (
            one.amount_minor,
            one.unlimited,
            one.valid_from,
            one.valid_until,
            one.grace_days,
            one.temporary,
            one.single_order_cap_minor,
            one.terms_days_max,
            one.overdue_allowed_minor,
            one.overdue_days_allowed,
        )
    return (line, has_plan, *limit, held.covered_minor, held.until)
