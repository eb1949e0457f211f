"""What moved is posted to the credit lines: the difference between two balances, and orders
fulfilled.

Lines are locked here, last in an import and for the shortest time. Example: before, customer 7 owed
80.00 due 1 Oct; now 30.00 of it and 50.00 due 1 Nov: open_items +0.00 needs no movement, the due
dates shift by −50.00 and +50.00.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from xinheng.limits.actions import ensure_lines, lock_lines, post, post_reservations
from xinheng.limits.queries import pending_of_orders
from xinheng.limits.values import DueShift, Move
from xinheng.receivables import settling
from xinheng.receivables.staging import INVOICES, ORDERS, RECEIPTS, Pair, Table


class Fulfilled(NamedTuple):
    """A part of an order that became a document of its own."""

    order_number: str
    amount_minor: int
    customer_id: int
    currency: str


def fulfilled(cursor: Any, table: Table) -> list[Fulfilled]:
    """(order number, amount, customer, currency) that documents take out of pending reservations,
    read before they are written. A known document counts with what it grew by.

    An invoice goes to the ERP's own open order first: only what that does not cover was promised.
    """
    if table is RECEIPTS:
        return []
    cursor.execute(_INVOICED if table is INVOICES else _ORDERED)
    return [Fulfilled(*row) for row in cursor.fetchall()]


_INVOICED = f"""
select s.order_number, sum(s.grown)::bigint - coalesce(o.open_minor, 0), s.customer_id, s.currency
from (
  select n.order_number, n.customer_id, n.currency, n.amount_minor - case
    when t.order_number = n.order_number then greatest(t.amount_minor, 0) else 0 end as grown
  from {INVOICES.stage} n left join {INVOICES.name} t on t.number = n.number
  where n.order_number <> '' and n.amount_minor > 0
) s
left join {ORDERS.name} o on o.number = s.order_number and o.customer_id = s.customer_id
  and o.currency = s.currency
where s.grown > 0 group by s.order_number, s.customer_id, s.currency, o.open_minor
having sum(s.grown) > coalesce(o.open_minor, 0)
"""
_ORDERED = f"""
select s.number, s.amount_minor - coalesce(t.amount_minor, 0), s.customer_id, s.currency
from {ORDERS.stage} s left join {ORDERS.name} t on t.number = s.number
where s.amount_minor > coalesce(t.amount_minor, 0)
"""


def post_difference(
    cursor: Any,
    pairs: set[Pair],
    before: settling.Balances,
    document: str,
    cause: str,
    taken_over: Sequence[Fulfilled],
    *,
    at: datetime,
) -> None:
    """Lock the lines and move them by what changed between `before` and now."""
    after = settling.balances(cursor)
    lines = ensure_lines(pairs, at=at)
    lock_lines(lines.values())
    post_reservations(_pending(taken_over, lines), at=at)
    shifts = [
        DueShift(lines[key[0], key[1]], key[2], delta)
        for key, delta in _deltas(before.due, after.due)
    ]
    moves = [
        Move(lines[pair], component, delta, cause, document)
        for component, old, new in (
            ("open_items", _by_pair(before.due), _by_pair(after.due)),
            ("unapplied", before.unapplied, after.unapplied),
            ("orders", before.orders, after.orders),
        )
        for pair, delta in _deltas(old, new)
    ]
    post(moves, shifts, at=at)


def _deltas(old: dict[Any, int], new: dict[Any, int]) -> list[tuple[Any, int]]:
    changed = ((key, new.get(key, 0) - old.get(key, 0)) for key in sorted(old.keys() | new.keys()))
    return [(key, delta) for key, delta in changed if delta]


def _by_pair(due: dict[tuple[int, str, date], int]) -> dict[Pair, int]:
    total: dict[Pair, int] = {}
    for (customer, currency, _), amount in due.items():
        total[customer, currency] = total.get((customer, currency), 0) + amount
    return total


def _pending(taken_over: Sequence[Fulfilled], lines: dict[Pair, int]) -> list[tuple[str, int]]:
    """Only reservations on the document's own line: another customer's order of the same number
    keeps what it was promised.
    """
    pending = pending_of_orders([one.order_number for one in taken_over]) if taken_over else {}
    return [
        (one.order_number, one.amount_minor)
        for one in taken_over
        if one.order_number in pending
        and pending[one.order_number][1] == lines[one.customer_id, one.currency]
    ]
