"""How a dated limit becomes part of a line's plan, and the line of its tree.

Steps of the actions that grant, withdraw or cover: `hold_lines` makes and locks everything that
such a change can touch, customers first and then lines, both in id order; `enter_plan` writes the
rows and brings what holds today into force. Example: a limit of 900,000.00 from 1 January beside
one of 1,000,000.00 in force is one more row; the line changes on 1 January.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connections

from xinheng.credit.exposure import WHOLE_BPS
from xinheng.credit.money import divide_half_up
from xinheng.limits import plan_sql
from xinheng.limits.actions import ensure_lines
from xinheng.limits.in_force import Planned, bring_in_force
from xinheng.limits.locking import lock_lines
from xinheng.limits.tree import LineKey, arrange, hold_trees
from xinheng.limits.values import Conditions, LockedLine, NewDated
from xinheng.people.actor import Actor


def hold_lines(keys: Iterable[LineKey], *, at: datetime) -> dict[LineKey, int]:
    """The line of each key, made where it is missing, all of their trees locked."""
    wanted = sorted(set(keys))
    lines = ensure_lines(wanted, at=at)
    hold_trees({key[0] for key in wanted})
    return {key: lines[key] for key in wanted}


def locked(line_ids: Iterable[int]) -> dict[int, LockedLine]:
    """Lines as they stand under the locks that `hold_lines` took."""
    return lock_lines(line_ids)


def plans_of(line_ids: Sequence[int]) -> dict[int, list[Planned]]:
    """What still stands of each line's plan; a limit that only stands in the line itself (it came
    before there were plans) is told as a row of its own, without an id.
    """
    plans: dict[int, list[Planned]] = {line: [] for line in line_ids}
    with connections["default"].cursor() as cursor:
        cursor.execute(plan_sql.STANDING, [list(line_ids), list(line_ids)])
        for line, *values in cursor.fetchall():
            plans[line].append(Planned(*values))
    return plans


def enter_plan(
    rows: Sequence[NewDated],
    customer_ids: Iterable[int],
    actor: Actor,
    *,
    beside: bool = False,
    today: date,
    at: datetime,
) -> list[int]:
    """Add rows to their lines' plans; one with the same first day, if there is any, is replaced,
    unless the new one stands `beside` it and both are to be told apart later.

    Returns the lines whose limit changed by it today. The caller holds the locks.
    """
    lines = sorted({row.line_id for row in rows})
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    replaced = [columns[0], columns[1], columns[4]]
    with connections["default"].cursor() as cursor:
        cursor.execute(plan_sql.KEEP_BASE, [at, lines])
        if not beside:
            cursor.execute(plan_sql.REPLACE_DATED, [at, actor.ref, *replaced])
        cursor.execute(plan_sql.ADD_DATED, [actor.ref, at, *columns])
    return come_into_force(lines, customer_ids, today=today, at=at)


def come_into_force(
    line_ids: Iterable[int], customer_ids: Iterable[int], *, today: date, at: datetime
) -> list[int]:
    """After any change of a plan: what holds today, and each line in its place."""
    changed = bring_in_force(line_ids, today=today, at=at)
    arrange(customer_ids, alone=True, at=at)
    return changed


def share_of(amount_minor: int | None, bps: int | None) -> int | None:
    """A share of an amount in minor units; of the word unlimited there is none."""
    if bps is None or amount_minor is None:
        return None
    return divide_half_up(amount_minor * bps, WHOLE_BPS)


def dated(
    line_id: int,
    amount_minor: int | None,
    period: tuple[date, date],
    terms: Conditions,
    *,
    terms_days: int | None,
    temporary: bool = False,
    reason: str = "",
    proposed_by: str = "",
) -> NewDated:
    """A row of the plan with its conditions; no amount is the word unlimited."""
    return NewDated(
        line_id,
        temporary,
        amount_minor,
        amount_minor is None,
        *period,
        terms.grace_days,
        share_of(amount_minor, terms.single_order_cap_bps),
        terms_days,
        share_of(amount_minor, terms.overdue_allowed_bps) or 0,
        terms.overdue_days_allowed,
        reason,
        proposed_by,
    )
