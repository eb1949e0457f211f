"""What documents of an order cover is not promised any more; what they hand back is promised again.

    still promised = amount − (covered now − covered when it was promised), between 0 and amount

It is a function of what stands and not of how it came: the same document twice, a late one or a
reversal leave what the documents say. Example: 500 promised, then 200 invoiced: 300 promised. The
invoice is corrected to 150: 350. The order is closed: 0, and the reservation is `posted`: it lives
on, because somebody may open the order again.

A step of the action in receivables that changed the documents: it holds the locks of the lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connections

from xinheng.limits.actions import post
from xinheng.limits.arrays import numbers, texts
from xinheng.limits.values import Move, OrderShift

# By the customer and currency of the line, not by the line itself: an order that was promised on a
# sub-limit is the same order when the ERP books it on the customer's own line.
_TAKE_OVER = """
with told as (
  select t.order_ref, k.customer_id, k.currency, t.covered
  from unnest(%s::text[], %s::bigint[], %s::bigint[]) as t(order_ref, line_id, covered)
  join limits_creditline k on k.id = t.line_id
), found as (
  select r.id, r.posted_minor as was, case when t.covered is null then r.amount_minor
    else least(greatest(t.covered - r.covered_before_minor, 0), r.amount_minor) end as posted
  from told t cross join lateral (
    select h.* from limits_reservation h
    where h.order_ref = t.order_ref and h.state in ('pending', 'posted') offset 0
  ) r
  join limits_creditline l on l.id = r.line_id
  where l.customer_id = t.customer_id and l.currency = t.currency
)
update limits_reservation r set posted_minor = f.posted,
  state = case when f.posted = r.amount_minor then 'posted' else 'pending' end
from found f where r.id = f.id and f.posted <> f.was
returning r.line_id, r.order_ref, r.order_version, r.delivery_on, f.was - f.posted
"""


class Taken(NamedTuple):
    """How much more (or less, below zero) a reservation promises than before."""

    line_id: int
    order_ref: str
    order_version: int
    delivery_on: date | None
    delta_minor: int


def cover_reservations(
    chains: Iterable[tuple[str, int, int | None]], *, at: datetime, using: str = "default"
) -> list[Taken]:
    """Bring live reservations in line with what documents cover of their orders.

    chains: (order, a line of its customer and currency, covered minor units; None: all of it, the
    order has ended). The orders counter, the journal and the delivery days move with them.
    """
    told = sorted(chains, key=lambda chain: chain[:2])
    if not told:
        return []
    refs, lines, covered = zip(*told, strict=True)
    with connections[using].cursor() as cursor:
        cursor.execute(_TAKE_OVER, [texts(refs), numbers(lines), numbers(covered)])
        taken = sorted((Taken(*row) for row in cursor.fetchall()), key=_place)
    moves = [Move(t.line_id, "orders", t.delta_minor, "post", _document(t)) for t in taken]
    shifts = [OrderShift(t.line_id, t.delivery_on, t.delta_minor) for t in taken if t.delivery_on]
    post(moves, order_shifts=shifts, at=at, using=using)
    return taken


def _place(taken: Taken) -> Any:
    return taken.line_id, taken.order_ref


def _document(taken: Taken) -> str:
    return f"order:{taken.order_ref}#{taken.order_version}"
