"""Gather: everything the core may know about the orders of a batch, read once, set-based, after the
lock.

Rows become frozen `Facts`; what is missing is `UNKNOWN` or None, never a guess. The statements cost
the same for a customer with ten open items or a hundred thousand: overdue is read from the line's
open items per due date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from xinheng.credit.decide import Facts
from xinheng.decisions.values import Ask
from xinheng.limits.arrays import numbers, texts
from xinheng.limits.values import LockedLine


class Party(NamedTuple):
    """The customer an order names, found by code within the actor's sight; line None: none exists
    yet.
    """

    customer_id: int
    unit_id: int | None
    unit_code: str | None
    data_key_id: UUID
    line_id: int | None
    pending_line_id: int | None  # where the order's earlier version still holds credit


class Pending(NamedTuple):
    """Credit that an order's earlier version still holds."""

    id: UUID | str
    line_id: int
    version: int
    promised_minor: int


class Earlier(NamedTuple):
    """A decision that was already made on an order."""

    id: UUID | str
    version: int
    request_sha256: bytes
    answer: bytes
    unit_id: int | None  # of the customer that it was made for


class Standing(NamedTuple):
    """How a customer stands: status, rating, and what is overdue on the line."""

    status: str
    grade: str | None
    rating_valid_until: str | None
    overdue_minor: int
    overdue_days_max: int


_PARTIES = """
select a.o, c.id, c.business_unit_id, u.code, c.data_key_id, l.id, r.line_id
from unnest(%s::text[], %s::text[], %s::text[]) with ordinality as a(code, currency, order_ref, o)
join customers_customer c on c.code = a.code
left join people_businessunit u on u.id = c.business_unit_id
left join limits_creditline l on l.customer_id = c.id and l.currency = a.currency
left join lateral (
  select h.line_id from limits_reservation h
  where h.order_ref = a.order_ref and h.state = 'pending' limit 1
) r on true
"""

# One row per order and earlier version: what was decided, what it still holds, and what the ERP's
# own open order of that number counts already. OFFSET 0 keeps each look-up by itself: a plan made
# while a table was empty must not join everything with everything when it has grown.
_EARLIER = """
select a.ref, d.id, d.version, d.request_sha256, d.answer, d.unit_id,
  r.id, r.line_id, r.order_version, r.amount_minor - r.posted_minor,
  o.customer_id, o.currency, o.open_minor
from unnest(%s::text[]) as a(ref)
left join lateral (
  select e.id, e.version, e.request_sha256, e.answer,
    (select c.business_unit_id from customers_customer c where c.id = e.customer_id) as unit_id
  from decisions_decision e where e.order_ref = a.ref offset 0
) d on true
left join lateral (
  select h.* from limits_reservation h
  where h.order_ref = a.ref and h.state = 'pending' limit 1
) r on true
left join lateral (
  select n.* from receivables_order n where n.number = a.ref and n.open_minor > 0 offset 0
) o on true
where d.id is not null or o.id is not null
order by d.version
"""

_STANDING = """
with clock as materialized (
  select t.now, (t.now at time zone %s)::date as today
  from (select coalesce(%s::timestamptz, clock_timestamp()) as now) t
)
select l.id, clock.now, clock.today, c.status, r.grade, r.valid_until::text,
  coalesce(o.total, 0)::bigint, coalesce(clock.today - o.oldest, 0)
from clock, limits_creditline l
join customers_customer c on c.id = l.customer_id
left join decisions_rating r on r.customer_id = l.customer_id
left join lateral (
  select sum(d.open_minor) as total, min(d.due_on) as oldest from limits_opendue d
  where d.line_id = l.id and d.due_on < clock.today and d.open_minor > 0
) o on true
where l.id = any(%s::bigint[])
"""


def find_parties(cursor: Any, asks: Sequence[Ask]) -> list[Party | None]:
    """The customer and line of each ask, None where the code is unknown. Read before the lock."""
    cursor.execute(
        _PARTIES,
        [
            texts([ask.customer_code for ask in asks]),
            texts([ask.currency for ask in asks]),
            texts([ask.order_ref for ask in asks]),
        ],
    )
    parties: list[Party | None] = [None] * len(asks)
    for row in cursor.fetchall():
        parties[row[0] - 1] = Party(*row[1:])
    return parties


def find_earlier(
    cursor: Any, order_refs: Sequence[str]
) -> tuple[dict[str, list[Earlier]], dict[str, Pending], dict[tuple[str, int, str], int]]:
    """What these orders left behind: decisions made on them, oldest version first; credit that they
    still hold; and what the ERP's own open orders of these numbers count already, by (number,
    customer, currency) in minor units. The order that is asked about must not count twice.
    """
    cursor.execute(_EARLIER, [texts(sorted(set(order_refs)))])
    found: dict[str, list[Earlier]] = {}
    pending: dict[str, Pending] = {}
    on_order: dict[tuple[str, int, str], int] = {}
    for ref, id_, version, digest, answer, unit, *rest in cursor.fetchall():
        if id_ is not None:
            made = Earlier(id_, version, bytes(digest), bytes(answer), unit)
            found.setdefault(ref, []).append(made)
        if rest[0] is not None:
            pending[ref] = Pending(*rest[:4])
        if rest[4] is not None:
            on_order[ref, rest[4], rest[5]] = rest[6]
    return found, pending, on_order


def find_standings(
    cursor: Any, line_ids: Sequence[int], time_zone: str, at: datetime | None
) -> tuple[datetime | None, date | None, dict[int, Standing]]:
    """The database's clock, the company's day, and how each locked line's customer stands.

    A statement of its own after the lock, so that its snapshot contains what the lock waited for.
    """
    cursor.execute(_STANDING, [time_zone, at, numbers(line_ids)])
    rows = cursor.fetchall()
    if not rows:
        return at, None, {}
    return rows[0][1], rows[0][2], {row[0]: Standing(*row[3:]) for row in rows}


def facts_of(line: LockedLine, standing: Standing, today: str) -> Facts:
    """The frozen facts that one order on this line is decided from."""
    return Facts(
        standing.status,
        line.limit,
        line.components,
        standing.overdue_minor,
        standing.overdue_days_max,
        standing.grade or None,
        standing.rating_valid_until,
        today,
    )
