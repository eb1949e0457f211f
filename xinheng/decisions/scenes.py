"""Scenes: waiting orders as things stand now, for many decisions at once and without a lock.

A decision's record says why it was held then; what would release it depends on today: today's
facts, the live policy, the open invoices, and the limits that are planned. Nothing is written; the
next order check reads under its lock and decides for itself. Example: an order held on Monday for
an invoice that was paid on Tuesday has, on Wednesday, a scene that is approved.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from xinheng.credit.decide import Limit
from xinheng.credit.policy import Policy
from xinheng.credit.way_changes import Ahead, Due, Items, Scene
from xinheng.decisions.again import Again, see_again
from xinheng.decisions.governing import live_policy
from xinheng.decisions.models import Decision
from xinheng.limits.in_force import Covering, InForce, Planned, in_force_on
from xinheng.limits.models import Cover, DatedLimit
from xinheng.limits.values import LockedLine
from xinheng.receivables.as_of import open_items_sql, rows

ITEMS_MAX: Final = 2_000  # open invoices of one customer that are looked at, oldest due first
TURNS_MAX: Final = 6  # changes of a limit that are looked ahead


class Stood(NamedTuple):
    """What waiting orders stand on now, their scenes, and the open invoices by payer and currency.
    `again` None: none of them has a line.
    """

    again: Again | None
    scenes: Mapping[UUID, Scene]
    items: Mapping[tuple[int, str], Items]


def scenes_of(decisions: Sequence[Decision], *, at: datetime) -> Stood:
    """The scene of each decision that has a line; the others are left out."""
    again = see_again(decisions, live_policy(), at=at, lock=False)
    if again is None:
        return Stood(None, {}, {})
    ground = again.ground
    day = date.fromisoformat(ground.today)
    plans = _plans(ground.lines.values(), day)
    for line_id, (held, *_) in plans.items():  # should be in force, if no check came by yet
        ground.lines[line_id] = ground.lines[line_id]._replace(limit=held.limit)
    payers = {ground.lines[row.line_id].customer_id for row in decisions if row.line_id}
    items = _items(payers, day, ground.policy)
    scenes = {}
    for row in decisions:
        if row.line_id is None:
            continue
        facts, order = again.facts(row)
        payer = ground.lines[row.line_id].customer_id
        ahead = plans.get(ground.limit_line(row.line_id).id, ())[1:]
        planned = tuple(Ahead(turn.day, turn.limit) for turn in ahead)
        due = items.get((payer, order.currency), ())
        scenes[row.pk] = Scene(facts, order, ground.policy, due, planned)
    return Stood(again, scenes, items)


_OPEN = """
with open_item as ({items})
select customer_id, currency, number, due_on::text, open_minor, young, scope from (
  select i.customer_id, i.currency, i.number, i.due_on, o.open_minor, i.scope,
    coalesce(%(as_of)s - i.dispute_accepted_on <= %(dispute_days)s, false) as young,
    row_number() over (partition by i.customer_id, i.currency order by i.due_on, i.number) as turn
  from open_item o join receivables_invoice i on i.id = o.id where o.open_minor > 0
) t where turn <= %(most)s order by customer_id, currency, turn
"""


def _items(customer_ids: Iterable[int], day: date, policy: Policy) -> dict[tuple[int, str], Items]:
    """The open invoices by customer and currency, in the order in which money settles them."""
    found = rows(
        _OPEN.format(items=open_items_sql("and i.customer_id = any(%(customers)s)")),
        {
            "customers": list(customer_ids),
            "dispute_days": policy.dispute_days_max,
            "most": ITEMS_MAX,
        },
        day,
    )
    items: dict[tuple[int, str], list[Due]] = defaultdict(list)
    for customer_id, currency, *due in found:
        items[customer_id, currency].append(Due(*due))
    return {key: tuple(due) for key, due in items.items()}


class Turn(NamedTuple):
    """The limit that is in force from a day on."""

    day: str
    limit: Limit


def _plans(lines: Iterable[LockedLine], day: date) -> dict[int, tuple[Turn, ...]]:
    """Of each line whose limit will change (or should have): what holds today, then what is
    planned.
    """
    changing = {line.id: line for line in lines if line.in_force_until is not None}
    rows_of: dict[int, list[Planned]] = defaultdict(list)
    for row in DatedLimit.objects.filter(line__in=changing, ended_at__isnull=True):
        rows_of[row.line_id].append(Planned(*(getattr(row, name) for name in Planned._fields)))
    covers: dict[int, list[Covering]] = defaultdict(list)
    for cover in Cover.objects.filter(line__in=changing, ended_at__isnull=True):
        values = (getattr(cover, name) for name in Covering._fields)
        covers[cover.line_id].append(Covering(*values))
    return {
        line_id: _turns(line.limit, rows_of[line_id], covers[line_id], day)
        for line_id, line in changing.items()
    }


def _turns(
    limit: Limit, plan: Sequence[Planned], covers: Sequence[Covering], day: date
) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    turn: date | None = day
    while turn is not None and len(turns) <= TURNS_MAX:
        held = in_force_on(plan, covers, turn)
        turns.append(Turn(turn.isoformat(), _limit(held, limit, planned=bool(plan))))
        turn = held.until + timedelta(days=1) if held.until is not None else None
    return tuple(turns)


def _limit(held: InForce, limit: Limit, *, planned: bool) -> Limit:
    """The limit that the plan says; a line without a plan keeps its own, only covers change."""
    limit = replace(limit, covered_minor=held.covered_minor)
    if not planned:
        return limit
    row = held.limit
    if row is None:
        return Limit(None, forced_hold=limit.forced_hold)
    return replace(
        limit,
        amount_minor=row.amount_minor,
        unlimited=row.unlimited,
        valid_from=row.valid_from.isoformat(),
        valid_until=row.valid_until.isoformat() if row.valid_until else None,
        single_order_cap_minor=row.single_order_cap_minor,
        terms_days_max=row.terms_days_max,
        overdue_allowed_minor=row.overdue_allowed_minor,
        overdue_days_allowed=row.overdue_days_allowed,
        grace_days=row.grace_days,
        temporary=row.temporary,
    )
