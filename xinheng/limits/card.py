"""The limit card: everything about one line's limit, with its dates, ready to be shown.

The limit in force and what state it is in, what covers add and until when, dated limits ahead and
past with who granted them, the limits above and below with their use, and a forced hold. Example:
base 1,000,000.00 to 2027-11-22, a temporary 1,200,000.00 until 2026-12-10 in force, insurance of
500,000.00 at 90 % until 2026-12-01 → ceiling 1,650,000.00 today, 1,200,000.00 from 2 December.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from xinheng.credit.policy import Policy
from xinheng.limits.in_force import Covering, Planned, limit_on
from xinheng.limits.models import Cover, CreditLine, DatedLimit
from xinheng.limits.tree_use import TreeUse, tree_use
from xinheng.texts import T

ROWS_MAX = 200
LEVELS_MAX = 100


class LimitState(Enum):
    """What the limit in force is worth today."""

    UNSET = T("未设额度", "No limit set")
    UNLIMITED = T("不限额", "Unlimited")
    VALID = T("有效", "In force")
    TEMPORARY = T("临时额度生效", "Temporary limit in force")
    GRACE = T("已到期，宽限期内", "Run out, within its days of grace")
    EXPIRED = T("已到期", "Expired")
    NOT_YET = T("尚未生效", "Not yet valid")


class DatedRow(NamedTuple):
    """One dated limit. `standing`: in_force | ahead | waiting (behind a temporary one) | past |
    ended.
    """

    row: DatedLimit
    standing: str


class CoverRow(NamedTuple):
    """One cover. `standing`: valid | ahead | past | ended; `counts_minor`: what it adds while
    valid; `days_left`: 0 on its last day.
    """

    row: Cover
    standing: str
    counts_minor: int
    days_left: int


class LevelRow(NamedTuple):
    """A limit above or below, in its own currency. `name`: of the scope, "EAST"; `ceiling_minor`
    None: unlimited, or it restricts nothing (`state` UNSET).
    """

    line: CreditLine
    kind: str  # own | group | unit | product | project
    name: str
    state: LimitState
    ceiling_minor: int | None
    use: TreeUse | None
    headroom_minor: int | None


class LimitCard(NamedTuple):
    """All of it. `ceiling_minor` None: unlimited. `available_minor` None: unlimited, or the use is
    unknown; 0 where the limit gives nothing today. `next_change`: the day on which the limit or
    what covers add becomes another (`in_force_until` + 1).
    """

    line: CreditLine
    state: LimitState
    in_force: DatedLimit | None
    ceiling_minor: int | None
    covered_minor: int
    use: TreeUse | None
    available_minor: int | None
    next_change: date | None
    dated: list[DatedRow]
    covers: list[CoverRow]
    above: list[LevelRow]
    below: list[LevelRow]
    held: bool
    held_reason: str
    held_by: str
    held_at: datetime | None


def state_of(line: CreditLine, today: date) -> LimitState:
    """What the limit in the line's columns is worth on a day (they are true for today)."""
    if line.amount_minor is None and not line.unlimited:
        return LimitState.UNSET
    if line.valid_from is not None and today < line.valid_from:
        return LimitState.NOT_YET
    if line.valid_until is not None and today > line.valid_until:
        last = line.valid_until + timedelta(days=line.grace_days)
        return LimitState.GRACE if today <= last else LimitState.EXPIRED
    if line.unlimited:
        return LimitState.UNLIMITED
    return LimitState.TEMPORARY if line.temporary else LimitState.VALID


GIVING = (LimitState.VALID, LimitState.TEMPORARY, LimitState.GRACE, LimitState.UNLIMITED)


def ceiling_on(line: CreditLine, today: date | None) -> int | None:
    """What the limit gives on a day, with covers: None is unlimited; nothing out of its dates
    (no day: whatever its dates), and covers alone give nothing where no limit is set.
    """
    if today is not None and state_of(line, today) not in GIVING:
        return 0
    if line.amount_minor is None and not line.unlimited:
        return 0
    return None if line.unlimited else (line.amount_minor or 0) + line.covered_minor


def limit_card(line: CreditLine, policy: Policy, *, today: date) -> LimitCard:
    """The card of a line that the reader may see."""
    above = list(CreditLine.objects.filter(pk__in=line.path).select_related("customer"))
    above.sort(key=lambda one: line.path.index(one.pk))
    below = list(
        CreditLine.objects.filter(path__contains=[line.pk])
        .select_related("customer")
        .order_by("customer__code", "currency", "scope")[:LEVELS_MAX]
    )
    use = tree_use([line.pk, *(one.pk for one in (*above, *below))], policy, today=today)
    ceiling = ceiling_on(line, today)
    mine = use.get(line.pk)
    dated = list(DatedLimit.objects.filter(line=line).order_by("-valid_from", "-pk")[:ROWS_MAX])
    held = _in_force(dated, today)
    return LimitCard(
        line,
        state_of(line, today),
        held,
        ceiling,
        line.covered_minor,
        mine,
        _room(ceiling, mine),
        line.in_force_until + timedelta(days=1) if line.in_force_until else None,
        [DatedRow(row, _standing(row, held, today)) for row in dated],
        _covers(line, today),
        [_level(one, use.get(one.pk), today) for one in above],
        [_level(one, use.get(one.pk), today) for one in below],
        line.forced_hold,
        line.forced_hold_reason,
        line.forced_hold_by,
        line.forced_hold_at,
    )


def _room(ceiling: int | None, use: TreeUse | None) -> int | None:
    if ceiling is None or use is None or use.used_minor is None:
        return None
    return max(0, ceiling - use.used_minor)


def _level(line: CreditLine, use: TreeUse | None, today: date) -> LevelRow:
    state = state_of(line, today)
    kind, _, name = (line.scope or "own").partition(":")
    ceiling = None if state is LimitState.UNSET else ceiling_on(line, today)
    return LevelRow(line, kind, name, state, ceiling, use, _room(ceiling, use))


def planned_of(row: DatedLimit) -> Planned:
    """A dated limit as the plan knows it."""
    return Planned(*(getattr(row, name) for name in Planned._fields))


def _in_force(dated: list[DatedLimit], today: date) -> DatedLimit | None:
    held = limit_on([planned_of(row) for row in dated if row.ended_at is None], today)
    return next((row for row in dated if held is not None and row.pk == held.id), None)


def _standing(row: DatedLimit, held: DatedLimit | None, today: date) -> str:
    if row.ended_at is not None:
        return "ended"
    if held is not None and row.pk == held.pk:
        return "in_force"
    if row.valid_from > today:
        return "ahead"
    over = row.valid_until is not None and row.valid_until < today
    replaced = held is not None and (held.temporary == row.temporary or row.temporary)
    return "past" if over or replaced else "waiting"


def _covers(line: CreditLine, today: date) -> list[CoverRow]:
    rows = Cover.objects.filter(line=line).order_by("-valid_until", "-pk")[:ROWS_MAX]
    return [
        CoverRow(
            row,
            _cover_standing(row, today),
            Covering(row.amount_minor, row.share_bps, row.valid_from, row.valid_until).counts_minor,
            max(0, (row.valid_until - today).days),
        )
        for row in rows
    ]


def _cover_standing(row: Cover, today: date) -> str:
    if row.ended_at is not None:
        return "ended"
    if row.valid_from > today:
        return "ahead"
    return "valid" if today <= row.valid_until else "past"
