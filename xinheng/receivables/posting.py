"""What moved is posted to the credit lines: the difference between two balances of the documents,
and what they took over from reservations, or handed back.

Lines are locked here, last in an import and for the shortest time: all lines of the customers and
currencies concerned, so that whatever is promised under one number is found. Example: before,
customer 7 owed 80.00 due 1 Oct; now 30.00 of it and 50.00 due 1 Nov: open_items +0.00 needs no
movement, the due dates shift by −50.00 and +50.00.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from xinheng.limits.actions import ensure_lines, post
from xinheng.limits.locking import lock_lines
from xinheng.limits.taking_over import cover_reservations
from xinheng.limits.values import DisputedShift, DueShift, Move, OrderShift
from xinheng.receivables.balances import Account, Balances
from xinheng.receivables.chains import Covered
from xinheng.receivables.tables import Pair

_LINES = """
select l.id from limits_creditline l join touched_pair p
  on p.customer_id = l.customer_id and p.currency = l.currency
"""


def lock_accounts(
    cursor: Any, pairs: Iterable[Pair], balances: Iterable[Balances], *, at: datetime
) -> dict[Account, int]:
    """The line of each account that carries something, and of each pair; all of them locked, with
    the other lines of the touched pairs.
    """
    accounts = {(customer, currency, "") for customer, currency in pairs}
    for balance in balances:
        for by_account in balance.components.values():
            accounts |= by_account.keys()
    lines: dict[Any, int] = ensure_lines(accounts, at=at)
    cursor.execute(_LINES)
    lock_lines({*lines.values(), *(row[0] for row in cursor.fetchall())})
    return lines


def post_difference(
    lines: dict[Account, int],
    before: Balances,
    after: Balances,
    document: str,
    cause: str,
    *,
    at: datetime,
) -> None:
    """Move the locked lines by what changed between `before` and `after`."""
    moves = [
        Move(lines[account], component, delta, cause, document)
        for component in after.components
        for account, delta in _deltas(before.components[component], after.components[component])
    ]
    post(
        moves,
        [DueShift(lines[key[:3]], key[3], delta) for key, delta in _deltas(before.due, after.due)],
        order_shifts=[
            OrderShift(lines[key[:3]], key[3], delta)
            for key, delta in _deltas(before.order_due, after.order_due)
        ],
        disputed_shifts=[
            DisputedShift(lines[key[:3]], key[3], key[4], delta)
            for key, delta in _deltas(before.disputed, after.disputed)
        ],
        at=at,
    )


def _deltas(old: dict[Any, int], new: dict[Any, int]) -> list[tuple[Any, int]]:
    changed = ((key, new.get(key, 0) - old.get(key, 0)) for key in sorted(old.keys() | new.keys()))
    return [(key, delta) for key, delta in changed if delta]


def take_over(chains: Sequence[Covered], lines: dict[Account, int], *, at: datetime) -> None:
    """What the chains cover is taken out of their orders' reservations, or handed back to them."""
    cover_reservations(
        [
            (chain.number, lines[chain.customer_id, chain.currency, ""], chain.covered_minor)
            for chain in chains
        ],
        at=at,
    )
