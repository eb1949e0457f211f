"""Gather: everything the core may know about the orders of a batch, read once, set-based, after the
lock.

Rows become frozen `Facts`; what is missing is `UNKNOWN` or None, never a guess. The statements cost
the same for a customer with ten open items or a hundred thousand: overdue is read from the line's
open items per due date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from xinheng.credit.decide import Facts
from xinheng.decisions.values import Ask
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


class Earlier(NamedTuple):
    """A decision that was already made on an order."""

    id: UUID
    version: int
    request_sha256: bytes
    answer: bytes


class Standing(NamedTuple):
    """How a customer stands: status, rating, and what is overdue on the line."""

    status: str
    grade: str | None
    rating_valid_until: str | None
    overdue_minor: int
    overdue_days_max: int


_PARTIES = """
select a.o, c.id, c.business_unit_id, u.code, c.data_key_id, l.id
from unnest(%s::text[], %s::text[]) with ordinality as a(code, currency, o)
join customers_customer c on c.code = a.code
left join people_businessunit u on u.id = c.business_unit_id
left join limits_creditline l on l.customer_id = c.id and l.currency = a.currency
"""

_EARLIER = """
select order_ref, id, version, request_sha256, answer
from decisions_decision where order_ref = any(%s::text[]) order by version
"""

_STANDING = """
select l.id, c.status, r.grade, r.valid_until::text, coalesce(o.total, 0)::bigint,
  coalesce(%s::date - o.oldest, 0)
from limits_creditline l
join customers_customer c on c.id = l.customer_id
left join decisions_rating r on r.customer_id = l.customer_id
left join lateral (
  select sum(d.open_minor) as total, min(d.due_on) as oldest from limits_opendue d
  where d.line_id = l.id and d.due_on < %s::date and d.open_minor > 0
) o on true
where l.id = any(%s::bigint[])
"""


def find_parties(cursor: Any, asks: Sequence[Ask]) -> list[Party | None]:
    """The customer and line of each ask, None where the code is unknown. Read before the lock."""
    cursor.execute(_PARTIES, [[a.customer_code for a in asks], [a.currency for a in asks]])
    parties: list[Party | None] = [None] * len(asks)
    for row in cursor.fetchall():
        parties[row[0] - 1] = Party(*row[1:])
    return parties


def find_earlier(cursor: Any, order_refs: Iterable[str]) -> dict[str, list[Earlier]]:
    """Decisions already made on these orders, oldest version first."""
    cursor.execute(_EARLIER, [sorted(set(order_refs))])
    found: dict[str, list[Earlier]] = {}
    for ref, id_, version, digest, answer in cursor.fetchall():
        found.setdefault(ref, []).append(Earlier(id_, version, bytes(digest), bytes(answer)))
    return found


def find_standings(cursor: Any, line_ids: Iterable[int], today: date) -> dict[int, Standing]:
    """Status, rating and overdue of each locked line's customer, in a statement of its own after
    the lock, so that its snapshot contains what the lock waited for.
    """
    cursor.execute(_STANDING, [today, today, sorted(set(line_ids))])
    return {row[0]: Standing(*row[1:]) for row in cursor.fetchall()}


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
