"""From a yes to a reservation: what is promised, and what the tables shall check once more.

A promise is guarded in the nearest limit and in every further one above the order's account: used
before, what the order adds, and the ceiling that both together may not pass. Each line that it is
measured on grows its version, so that no two promises can have seen the same state. Example: 300.00
on an account without a limit of its own: guarded on the customer's line (880.00 + 300.00 of
1,200.00) and in the group's (4,000.00 + 300.00 of 5,000.00), booked on the account.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from xinheng.credit.decide import Facts, Order, ceiling_of, counts
from xinheng.decisions.asked import Asked
from xinheng.decisions.ground import Ground, is_set
from xinheng.limits.values import LockedLine, NewLevel, NewReservation


class Guard(NamedTuple):
    """What the tables shall check once more: the nearest limit, then each one above."""

    limit_line_id: int
    used_before_minor: int
    counts_minor: int
    ceiling_minor: int | None
    unlimited: bool
    levels: tuple[NewLevel, ...]


def promise(
    ground: Ground,
    id_: str,
    account_id: int,
    asked: Asked,
    facts: Facts,
    order: Order,
    *,
    used_minor: int,
    override_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> NewReservation | None:
    """A reservation of what neither documents nor an earlier promise of this order carry yet; None
    where nothing is left to promise, or one stands already. The orders after it see it taken.
    """
    amount = asked.to_promise_minor
    if not amount or asked.ref in ground.promised:
        return None
    guard = guard_of(ground, account_id, facts, order, used_minor)
    overridden = override_id is not None
    ground.promised.add(asked.ref)
    ground.take(account_id, amount, asked.delivery_on)
    return NewReservation(
        id_,
        account_id,
        asked.ref,
        asked.version,
        amount,
        guard.used_before_minor,
        guard.ceiling_minor,
        guard.unlimited,
        override_id,
        ground.next_version(account_id),
        expires_at or ground.at + timedelta(days=ground.policy.reservation_days),
        guard.counts_minor,
        guard.limit_line_id,
        asked.delivery_on,
        asked.carried.covered_minor,
        tuple(level._replace(overridden=overridden) for level in guard.levels),
    )


def guard_of(ground: Ground, account_id: int, facts: Facts, order: Order, used_minor: int) -> Guard:
    """The nearest limit and all above it, as the tables check them."""
    by_line = guarded(ground, account_id, facts, order, used_minor)
    levels = []
    for limit_line, used_before, adds in by_line:
        if limit_line.id == account_id:
            continue
        version = ground.next_version(limit_line.id)
        levels.append(
            NewLevel(
                limit_line.id,
                adds,
                used_before,
                ceiling_of(limit_line.limit),
                limit_line.limit.unlimited,
                False,
                version,
            )
        )
    nearest, used_before, adds = by_line[0]
    return Guard(
        nearest.id,
        used_before,
        adds,
        ceiling_of(nearest.limit),
        nearest.limit.unlimited,
        tuple(levels),
    )


def guarded(
    ground: Ground, account_id: int, facts: Facts, order: Order, used_minor: int
) -> list[tuple[LockedLine, int, int]]:
    """(limit line, used before, what the order adds) of every set limit, nearest first; the limit
    line itself where none is set.
    """
    account, line = ground.lines[account_id], ground.limit_line(account_id)
    adds = counts(order, ground.today, ground.policy)
    if account.root_id is None:
        return [(line, used_minor, adds)]
    levels = iter(facts.levels)
    found = []
    for one in ground.upwards(account):
        if one.id == line.id:
            if is_set(line.limit):
                found.append((line, used_minor, adds))
        elif is_set(one.limit):
            level = next(levels)
            found.append((one, level.used_minor, level.adds_minor))
    return found or [(line, used_minor, adds)]
