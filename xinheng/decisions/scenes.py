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

from django.db import connection
from msgspec.structs import replace

from xinheng.credit.decide import Limit, Order, decode
from xinheng.credit.policy import Policy
from xinheng.credit.way_changes import Ahead, Due, Scene
from xinheng.decisions.batch import with_orders
from xinheng.decisions.facts import facts_of, find_earlier, find_standings
from xinheng.decisions.governing import live_policy
from xinheng.decisions.models import Decision
from xinheng.limits.in_force import Covering, InForce, Planned, in_force_on
from xinheng.limits.locking import read_lines
from xinheng.limits.models import Cover, DatedLimit
from xinheng.limits.values import LockedLine
from xinheng.receivables.as_of import open_items_sql, rows

ITEMS_MAX: Final = 2_000  # open invoices of one customer that are looked at, oldest due first
TURNS_MAX: Final = 6  # changes of a limit that are looked ahead


class Stood(NamedTuple):
    """Scenes by decision, and the policy and day they stand on."""

    scenes: Mapping[UUID, Scene]
    policy: Policy
    today: date


def scenes_of(decisions: Sequence[Decision], *, at: datetime) -> Stood:
    """The scene of each decision that has a line; the others are left out."""
    governing = live_policy()
    ids = {row.line_id for row in decisions if row.line_id}
    lines = read_lines(ids)
    with connection.cursor() as cursor:
        _, day, standings = find_standings(cursor, sorted(ids), governing.time_zone, at)
        _, _, on_order = find_earlier(cursor, [row.order_ref for row in decisions])
    if day is None:
        return Stood({}, governing.policy, at.date())
    items = _items({row.customer_id for row in decisions}, day, governing.policy)
    plans = _plans((lines[line_id] for line_id in ids if line_id in lines), day)
    scenes = {}
    for row in decisions:
        if row.line_id not in standings:
            continue
        plan = plans.get(row.line_id)
        line = lines[row.line_id]
        order = decode(bytes(row.order_bytes), Order)
        counted = on_order.get((order.ref, row.customer_id, order.currency), 0)
        seen = with_orders(line if plan is None else line._replace(limit=plan[0].limit), -counted)
        facts = facts_of(seen, standings[line.id], day.isoformat())
        due = items.get((line.customer_id, line.currency), ())
        scenes[row.pk] = Scene(facts, order, governing.policy, due, plan[1:] if plan else ())
    return Stood(scenes, governing.policy, day)


_OPEN = """
with open_item as ({items})
select customer_id, currency, number, due_on::text, open_minor, young from (
  select i.customer_id, i.currency, i.number, i.due_on, o.open_minor,
    coalesce(%(as_of)s - i.dispute_accepted_on <= %(dispute_days)s, false) as young,
    row_number() over (partition by i.customer_id, i.currency order by i.due_on, i.number) as turn
  from open_item o join receivables_invoice i on i.id = o.id where o.open_minor > 0
) t where turn <= %(most)s order by customer_id, currency, turn
"""


def _items(
    customer_ids: Iterable[int], day: date, policy: Policy
) -> dict[tuple[int, str], tuple[Due, ...]]:
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
    for customer_id, currency, number, due_on, open_minor, young in found:
        items[customer_id, currency].append(Due(number, due_on, open_minor, young))
    return {key: tuple(due) for key, due in items.items()}


def _plans(lines: Iterable[LockedLine], day: date) -> dict[int, tuple[Ahead, ...]]:
    """Of each line whose limit will change (or should have): what holds today, then what is
    planned.
    """
    changing = {line.id: line for line in lines if line.in_force_until is not None}
    rows_of: dict[int, list[Planned]] = defaultdict(list)
    for row in DatedLimit.objects.filter(line__in=changing, ended_at__isnull=True):
        rows_of[row.line_id].append(Planned(*(getattr(row, name) for name in Planned._fields)))
    covers: dict[int, list[Covering]] = defaultdict(list)
    for row in Cover.objects.filter(line__in=changing, ended_at__isnull=True):
        covers[row.line_id].append(Covering(*(getattr(row, name) for name in Covering._fields)))
    return {
        line_id: _turns(line.limit, rows_of[line_id], covers[line_id], day)
        for line_id, line in changing.items()
    }


def _turns(
    limit: Limit, plan: Sequence[Planned], covers: Sequence[Covering], day: date
) -> tuple[Ahead, ...]:
    turns: list[Ahead] = []
    turn: date | None = day
    while turn is not None and len(turns) <= TURNS_MAX:
        held = in_force_on(plan, covers, turn)
        turns.append(Ahead(turn.isoformat(), _limit(held, limit, planned=bool(plan))))
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
