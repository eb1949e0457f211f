"""Every write to the value on credit lines: post movements, reserve, and end reservations.

Counters, journal and reservations change together or not at all; the lines are locked before
(`locking.lock_lines`). Worked: reserving 180,000.00 on a line that uses 880,000.00 of 1,000,000.00
is impossible: used_before + amount <= ceiling is a CHECK of the table.

All of them are steps of other rooms' transactions (decisions, receivables): the caller holds the
transaction, the lock and the right to act, and appends the ledger entry. What changes *limits*
stands beside: `proposing`, `granting`, `covering`, `adjusting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from xinheng.credit.exposure import COUNTERS
from xinheng.limits import sql
from xinheng.limits.arrays import instants, numbers, plain, texts
from xinheng.limits.locking import lock_lines
from xinheng.limits.tree import arrange
from xinheng.limits.values import (
    DisputedShift,
    DueShift,
    Ended,
    Move,
    NewReservation,
    OrderShift,
)

LineKey = tuple[int, str] | tuple[int, str, str]
EXPIRE_MAX = 500


def ensure_lines(
    keys: Iterable[LineKey], *, at: datetime, using: str = "default"
) -> dict[LineKey, int]:
    """The line of each (customer, currency) or (customer, currency, scope), by the key as given.

    Missing ones appear as *unset*, which is no credit of its own, and take their place in the tree.
    """
    wanted = {key: (key[0], key[1], key[2] if len(key) > 2 else "") for key in keys}
    if not wanted:
        return {}
    columns = _columns(sorted(set(wanted.values())), 3)
    with connections[using].cursor() as cursor:
        cursor.execute(sql.MISSING_LINES, [at, *columns])
        new = sorted({row[0] for row in cursor.fetchall()})
        arrange(new, at=at, using=using)
        cursor.execute(sql.FIND_LINES, columns)
        found = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
    return {key: found[whole] for key, whole in wanted.items()}


def post(
    moves: Sequence[Move],
    due_shifts: Sequence[DueShift] = (),
    *,
    order_shifts: Sequence[OrderShift] = (),
    disputed_shifts: Sequence[DisputedShift] = (),
    at: datetime,
    using: str = "default",
) -> None:
    """Write movements to the journal and add them to the counters; shift open items per due date,
    orders per delivery day, and what is in an accepted dispute.

    The caller holds the lines' locks. Each component's movements add up to its counter, always.
    """
    with connections[using].cursor() as cursor:
        # A line is touched also where only days shift, so that who looks for lines that moved (the
        # rechecks of held orders) sees it.
        touched = {one.line_id for one in moves} | {one.line_id for one in due_shifts}
        touched |= {one.line_id for one in order_shifts} | {one.line_id for one in disputed_shifts}
        totals: dict[int, dict[str, int]] = {line: dict.fromkeys(COUNTERS, 0) for line in touched}
        for move in moves:
            totals[move.line_id][move.component] += move.delta_minor
        if totals:
            lines = sorted(totals)
            columns = [[totals[line][name] for line in lines] for name in COUNTERS]
            cursor.execute(sql.ADD_TO_COUNTERS, [at, lines, *columns])
        if moves:
            cursor.execute(sql.ADD_MOVEMENTS, [at, *_columns(moves, 5)])
        for shifts, width, shift, empty in (
            (due_shifts, 3, sql.SHIFT_DUE, sql.EMPTY_DUE),
            (order_shifts, 3, sql.SHIFT_ORDER_DUE, sql.EMPTY_ORDER_DUE),
            (disputed_shifts, 4, sql.SHIFT_DISPUTED, sql.EMPTY_DISPUTED),
        ):
            if shifts:
                cursor.execute(shift, _columns(shifts, width))
                cursor.execute(empty, [sorted({one[0] for one in shifts})])


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


# How the columns of NewReservation travel, in its order; its levels go by themselves.
_BINDINGS: Final[tuple[Callable[[Any], str], ...]] = (
    *(plain, numbers, texts, numbers, numbers, numbers, numbers, plain, plain, numbers, instants),
    *(numbers, numbers, plain, numbers),
)


def reserve(
    reservations: Sequence[NewReservation], *, at: datetime, using: str = "default"
) -> None:
    """Promise credit: reservations, the orders counter, the journal, in one statement; the further
    limits above them in a second one where there are any.

    Must hold: the lines are locked and each reservation carries the version that follows the
    locked one. The tables refuse what exceeds a ceiling (IntegrityError: an invariant, a bug).
    """
    if not reservations:
        return
    columns = list(zip(*reservations, strict=True))
    with connections[using].cursor() as cursor:
        cursor.execute(
            sql.RESERVE,
            [*[bind(c) for bind, c in zip(_BINDINGS, columns, strict=False)], at, at, at],
        )
        above = [(one.id, *level) for one in reservations for level in one.levels]
        if above:
            cursor.execute(sql.RESERVE_LEVELS, _columns(above, 8))


def end_reservations(
    ids: Sequence[UUID | str], state: str, *, at: datetime, using: str = "default"
) -> list[Ended]:
    """Void, expire or replace reservations; what was still promised returns to the line.

    state: "voided", "expired" or "replaced". One that has ended already is left alone and not
    returned; one that documents have taken over whole ends only by being replaced.
    """
    cause = {"voided": "void", "expired": "expire", "replaced": "replace"}[state]
    if not ids:
        return []
    values: list[Any] = [state, at, list(ids), state == "replaced", at, cause, at]
    with connections[using].cursor() as cursor:
        cursor.execute(sql.END_RESERVATIONS, values)
        return [Ended(*row) for row in cursor.fetchall()]


def expire_due(*, at: datetime, using: str = "default") -> list[Ended]:
    """End the reservations whose time is over; call it in a transaction of its own."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql.PENDING_DUE, [at, EXPIRE_MAX])
        due = cursor.fetchall()
    lock_lines([row[1] for row in due], using=using)
    return end_reservations([row[0] for row in due], "expired", at=at, using=using)
