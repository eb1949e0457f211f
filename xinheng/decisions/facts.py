"""Gather: everything the core may know about the orders of a batch, read once, set-based, after the
lock.

What is missing is None, never a guess; `ground.py` makes frozen `Facts` of it. The statements cost
the same for a customer with ten open items or a hundred thousand: overdue is read from the line's
open items per due date, what an order's documents carry from its chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from xinheng.credit.case import FileStanding
from xinheng.credit.decide import Order, decode
from xinheng.credit.policy import Policy
from xinheng.decisions.values import Ask
from xinheng.limits.arrays import numbers, texts
from xinheng.limits.locking import COLUMNS, WIDTH, locked_of
from xinheng.limits.values import LockedLine


class Party(NamedTuple):
    """The customer an order names, found by code within the actor's sight, and the line its order
    is booked on: the payer's, in the order's currency and scope. Line None: none exists yet.
    """

    customer_id: int
    unit_id: int | None
    unit_code: str | None
    data_key_id: UUID
    status: str
    payer_id: int  # itself, mostly
    payer_unit_id: int | None
    line_id: int | None
    path: list[int]
    pending_line_id: int | None  # where the order's earlier version still holds credit
    pending_path: list[int]


class Pending(NamedTuple):
    """Credit that an order's live reservation holds; 0 once documents took over all of it."""

    id: UUID | str
    line_id: int
    promised_minor: int
    delivery_on: str | None


class Earlier(NamedTuple):
    """A decision that was already made on an order, at one of its check points."""

    id: UUID | str
    version: int
    request_sha256: bytes
    answer: bytes
    unit_id: int | None  # of the customer that it was made for
    point: str = "order"
    document: str = ""
    outcome: str = ""
    decided_on: datetime | None = None
    amount_minor: int = 0
    line_id: int | None = None
    terms_days: int | None = None
    override_id: UUID | str | None = None
    released_on: datetime | None = None
    released_until: datetime | None = None  # where more than a limit was approved specially
    cancelled: bool = False
    held: str = ""  # "kept" by a person's hand | "waiting" | "rejected"


class OnOrder(NamedTuple):
    """What documents of the order's number carry already, and in which of the customer's scopes:
    the ERP may know none where the check does. An order that the ERP closed is on order no more:
    only what was delivered or invoiced covers it.
    """

    scope: str
    open_minor: int
    delivery_on: str | None
    fulfilled_minor: int
    covered_minor: int


class Standing(NamedTuple):
    """How a line stands: its customer's status and rating, what is overdue on it, and what of its
    orders lies beyond the horizon.
    """

    status: str
    grade: str | None
    rating_valid_until: str | None
    overdue_minor: int
    overdue_days_max: int
    later_minor: int = 0
    code: str = ""
    unit_id: int | None = None
    complete_bps: int | None = None  # of the credit file, None: nothing verified stands in it
    fresh_until: str | None = None
    licence_until: str | None = None

    @property
    def file(self) -> FileStanding | None:
        """How the credit file stood when it was counted last."""
        if self.complete_bps is None:
            return None
        whole, part = divmod(self.complete_bps, 100)
        return FileStanding(f"{whole}.{part:02}", self.fresh_until, self.licence_until)


_PARTIES = """
select a.o, c.id, c.business_unit_id, u.code, c.data_key_id, c.status, p.id, p.business_unit_id,
  l.id, coalesce(l.path, '{}'), r.line_id, coalesce(r.path, '{}')
from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) with ordinality
  as a(code, currency, order_ref, payer, scope, o)
join customers_customer c on c.code = a.code
left join people_businessunit u on u.id = c.business_unit_id
left join lateral (
  select n.id, n.business_unit_id from customers_customer n
  where n.id = case when a.payer = '' then coalesce(c.payer_id, c.id)
    else (select y.id from customers_customer y where y.code = a.payer) end
  offset 0
) p on true
left join lateral (
  select k.id, k.path from limits_creditline k
  where k.customer_id = p.id and k.currency = a.currency and k.scope = a.scope offset 0
) l on true
left join lateral (
  select h.line_id, (select k.path from limits_creditline k where k.id = h.line_id) as path
  from limits_reservation h
  where h.order_ref = a.order_ref and h.state in ('pending', 'posted') limit 1
) r on true
"""

# One row per order and earlier decision: what was decided, what it still holds, and what documents
# of that number carry already. OFFSET 0 keeps each look-up by itself: a plan made while a table was
# empty must not join everything with everything when it has grown.
_EARLIER = """
select a.ref, d.id, d.version, d.request_sha256, d.answer, d.unit_id, d.point, d.document,
  d.outcome, d.decided_at, d.amount_minor, d.line_id, d.order_bytes, d.override_id, d.released_at,
  d.valid_until, d.cancelled_at is not null, d.held,
  r.id, r.line_id, r.amount_minor - r.posted_minor, r.delivery_on::text,
  o.customer_id, o.currency, o.scope, o.open_minor, o.delivery_on::text,
  greatest(o.delivered_minor, o.invoiced_minor, 0),
  greatest(case when o.ended then 0 else o.ordered_minor end, o.delivered_minor,
    o.invoiced_minor, 0)
from unnest(%s::text[]) as a(ref)
left join lateral (
  select e.id, e.version, e.request_sha256, e.answer, e.point, e.document, e.outcome, e.decided_at,
    e.amount_minor, e.line_id, e.order_bytes, e.cancelled_at, v.id as override_id,
    v.at as released_at, v.valid_until, coalesce(w.held, '') as held,
    (select c.business_unit_id from customers_customer c where c.id = e.customer_id) as unit_id
  from decisions_decision e
  left join lateral (
    select w.id, w.at, w.valid_until from decisions_override w where w.decision_id = e.id
    order by w.at desc limit 1
  ) v on true
  left join lateral (
    select case when x.state = 'waiting' and x.forced then 'kept' else x.state end as held
    from decisions_hold x where x.decision_id = e.id and x.state in ('waiting', 'rejected')
  ) w on true
  where e.order_ref = a.ref offset 0
) d on true
left join lateral (
  select h.* from limits_reservation h
  where h.order_ref = a.ref and h.state in ('pending', 'posted') limit 1
) r on true
left join lateral (
  select n.* from receivables_orderchain n where n.number = a.ref offset 0
) o on true
where d.id is not null or r.id is not null or o.id is not null
order by d.version
"""

# How lines stand. What is overdue leaves out items in a dispute that was accepted a short while
# ago; orders beyond the horizon are told apart. Neither costs anything where there are none.
_HOW_THEY_STAND = """
cross join lateral (
  select c.code, c.status, c.business_unit_id, r.grade, r.valid_until::text as valid_until,
    z.complete_bps, z.fresh_until::text as fresh_until, z.licence_until::text as licence_until
  from customers_customer c left join decisions_rating r on r.customer_id = c.id
  left join dossiers_filestanding z on z.customer_id = c.id
    and (z.complete_bps > 0 or z.licence_until is not null)
  where c.id = l.customer_id offset 0
) c
left join lateral (
  select sum(d.open_minor - coalesce(q.disputed, 0))::bigint as total,
    min(d.due_on) filter (where d.open_minor > coalesce(q.disputed, 0)) as oldest
  from limits_opendue d
  left join (
    select x.due_on, sum(x.open_minor) as disputed from limits_disputeddue x
    where x.line_id = l.id and x.accepted_on >= clock.today - %(dispute_days)s group by x.due_on
  ) q on q.due_on = d.due_on
  where d.line_id = l.id and d.due_on < clock.today and d.open_minor > 0
) o on true
left join lateral (
  select sum(d.open_minor)::bigint as later from limits_orderdue d
  where %(horizon)s::int is not null and d.line_id = l.id
    and d.due_on > clock.today + %(horizon)s::int
) w on true
"""

_STANDING = f"""
with clock as materialized (
  select t.now, (t.now at time zone %(zone)s)::date as today
  from (select coalesce(%(at)s::timestamptz, clock_timestamp()) as now) t
)
select l.id, clock.now, clock.today, c.status, c.grade, c.valid_until, coalesce(o.total, 0)::bigint,
  coalesce(clock.today - o.oldest, 0), coalesce(w.later, 0)::bigint, c.code, c.business_unit_id,
  c.complete_bps, c.fresh_until, c.licence_until
from clock, limits_creditline l
{_HOW_THEY_STAND}
where l.id = any(%(lines)s::bigint[])
"""

# All lines of some trees, unlocked: the top of each is locked by whoever promises credit in it.
_RELATIVES = f"""
with clock as materialized (
  select (%(at)s::timestamptz at time zone %(zone)s)::date as today
)
select {COLUMNS}, c.status, c.grade, c.valid_until, coalesce(o.total, 0)::bigint,
  coalesce(clock.today - o.oldest, 0), coalesce(w.later, 0)::bigint, c.code, c.business_unit_id,
  c.complete_bps, c.fresh_until, c.licence_until
from clock, limits_creditline l
{_HOW_THEY_STAND}
where l.root_id = any(%(roots)s::bigint[])
"""


def lock_orders(cursor: Any, order_refs: Sequence[str]) -> None:
    """One at a time may decide about an order number: whose lines it concerns may change with it.

    Taken before the lines, in one order for everybody, and given back with the transaction.
    """
    cursor.execute(_LOCK_ORDERS, [texts(sorted(set(order_refs)))])


_LOCK_ORDERS = """
select count(pg_advisory_xact_lock(k.key)) from (
  select distinct hashtextextended(ref, 20261122) as key from unnest(%s::text[]) ref order by 1
) k
"""


def find_parties(cursor: Any, asks: Sequence[Ask]) -> list[Party | None]:
    """The customer, payer and line of each ask, None where a code is unknown. Read before the lock
    of the lines.
    """
    cursor.execute(
        _PARTIES,
        [
            texts([ask.customer_code for ask in asks]),
            texts([ask.currency for ask in asks]),
            texts([ask.order_ref for ask in asks]),
            texts([ask.payer or "" for ask in asks]),
            texts([ask.scope for ask in asks]),
        ],
    )
    parties: list[Party | None] = [None] * len(asks)
    for row in cursor.fetchall():
        if row[6] is not None:
            parties[row[0] - 1] = Party(*row[1:])
    return parties


Account = tuple[str, int, str]  # order number, customer, currency


def find_earlier(
    cursor: Any, order_refs: Sequence[str]
) -> tuple[dict[str, list[Earlier]], dict[str, Pending], dict[Account, OnOrder]]:
    """What these orders left behind: decisions made on them, oldest version first; credit that they
    still hold; and what documents of these numbers carry already. The order that is asked about
    must not count twice.
    """
    cursor.execute(_EARLIER, [texts(sorted(set(order_refs)))])
    found: dict[str, list[Earlier]] = {}
    pending: dict[str, Pending] = {}
    on_order: dict[Account, OnOrder] = {}
    seen: set[Any] = set()
    for ref, id_, *rest in cursor.fetchall():
        if id_ is not None and id_ not in seen:
            seen.add(id_)
            found.setdefault(ref, []).append(_earlier(id_, rest))
        if rest[16] is not None:
            pending[ref] = Pending(*rest[16:20])
        if rest[20] is not None:
            on_order[ref, rest[20], rest[21]] = OnOrder(*rest[22:])
    return found, pending, on_order


def _earlier(id_: Any, row: Sequence[Any]) -> Earlier:
    version, digest, answer, unit, point, document, outcome, decided, amount, line = row[:10]
    order_bytes, override, released, until, cancelled, held = row[10:16]
    terms = decode(bytes(order_bytes), Order).terms_days if override and order_bytes else None
    return Earlier(
        id_,
        version,
        bytes(digest),
        bytes(answer),
        unit,
        point,
        document,
        outcome,
        decided,
        amount,
        line,
        terms,
        override,
        released,
        until,
        cancelled,
        held,
    )


def find_standings(
    cursor: Any, line_ids: Sequence[int], policy: Policy, time_zone: str, at: datetime | None
) -> tuple[datetime | None, date | None, dict[int, Standing]]:
    """The database's clock, the company's day, and how each locked line stands.

    A statement of its own after the lock, so that its snapshot contains what the lock waited for.
    """
    values = {"zone": time_zone, "at": at, "lines": numbers(line_ids), **_rules(policy)}
    cursor.execute(_STANDING, values)
    rows = cursor.fetchall()
    if not rows:
        return at, None, {}
    return rows[0][1], rows[0][2], {row[0]: Standing(*row[3:]) for row in rows}


def find_relatives(
    cursor: Any, root_ids: Sequence[int], policy: Policy, time_zone: str, at: datetime
) -> tuple[dict[int, LockedLine], dict[int, Standing]]:
    """All lines of the trees with these tops, and how they stand."""
    values = {"zone": time_zone, "at": at, "roots": numbers(root_ids), **_rules(policy)}
    cursor.execute(_RELATIVES, values)
    lines, standings = {}, {}
    for row in cursor.fetchall():
        line = locked_of(row[:WIDTH])
        lines[line.id] = line
        standings[line.id] = Standing(*row[WIDTH:])
    return lines, standings


def _rules(policy: Policy) -> dict[str, Any]:
    return {"dispute_days": policy.dispute_days_max, "horizon": policy.order_horizon_days}
