"""How rows come in, and how a batch goes out again: the steps that every action of this room takes.

The order is always: the room's write lock → stage → write documents → settle (own receipts, what
counts today, which cash pays what, order chains) → lock the credit lines → post the difference. The
difference is taken between two readings of the same balances, so that what is posted is what the
documents moved. Example: pair (C-7, CNY) had 80,000.00 open before and 200,000.00 after:
+120,000.00 on `open_items`.

Only `actions.py` calls this; it has authorised. All but `record` run in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.db import connection, transaction

from xinheng.customers.actions import ensure_customers
from xinheng.intake.actions import note_changes
from xinheng.intake.counts import Counts
from xinheng.intake.models import Change, ImportBatch
from xinheng.people.actor import Actor
from xinheng.people.queries import today as company_day
from xinheng.receivables import chains, counted, own_receipts, quarantine, settling
from xinheng.receivables.balances import Balances, balances
from xinheng.receivables.chains import Covered
from xinheng.receivables.posting import lock_accounts, post_difference, take_over
from xinheng.receivables.recorded import Recorded, newest_of_each, outcomes_of, with_disputes
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.receivables.staging import (
    Difference,
    compare,
    delete,
    drop,
    find_behind,
    insert_new,
    known_numbers,
    stage,
    update_changed,
)
from xinheng.receivables.tables import INVOICES, Pair, Table

Before = tuple[int, dict[str, Any] | None]  # a row of a batch, and its values before; None: new


def record(
    table: Table,
    told: Sequence[Any],
    *,
    batch: ImportBatch,
    actor: Actor,
    at: datetime,
    tell: bool = False,
    again: bool = False,
) -> Recorded:
    """Rows of one kind come in, in a transaction of their own. `tell`: what became of each;
    `again`: they wait in quarantine already.
    """
    rows = newest_of_each(told)
    if table is INVOICES:
        rows = with_disputes(rows)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_room(cursor)
        names = [(row.customer_code, row.customer_name) for row in rows]
        customers = ensure_customers(
            names, batch=batch, actor=actor, at=at, simulated=batch.simulated
        )
        stage(cursor, table, _values(table, rows, customers))
        known = known_numbers(cursor, table) if tell else set()
        behind = find_behind(cursor, table)
        drop(cursor, table, behind.older)
        why = quarantine.contradictions(cursor, table, behind.taken)
        drop(cursor, table, list(why))
        found = compare(cursor, table)
        drop(cursor, table, found.reused)
        why |= dict.fromkeys(found.reused, ReceivablesRefusal.REVISION_REUSED)
        if found.new or found.changed:
            _take_in(cursor, table, found, batch, at=at)
        if why and not again:
            quarantine.put_aside(table, {row.number: row for row in rows}, why, batch, at=at)
        quarantine.resolve(table, rows, why, at=at)
    changed = {before["number"] for _, before in found.changed}
    outcomes = outcomes_of(rows, known, changed, behind.older, why) if tell else {}
    return Recorded(
        Counts(
            read=len(told),
            created=found.new,
            updated=len(found.changed),
            unchanged=len(told) - found.new - len(found.changed) - len(why),
            quarantined=len(why),
        ),
        outcomes,
    )


def _values(
    table: Table, rows: Sequence[Any], customers: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    """The rows as their table's columns; the second is the customer."""
    read = attrgetter(*table.columns[2:])
    for row in rows:
        yield (row.number, customers[row.customer_code], *read(row))


def lock_room(cursor: Any) -> None:
    """One writer at a time, readers unhindered: what we compute from is what we then change.

    Taken before customers' rows, as undoing does, so that an import and an undo never wait for
    each other in a circle.
    """
    cursor.execute(
        "lock table receivables_invoice, receivables_receipt, receivables_order,"
        " receivables_delivery, receivables_bill, receivables_guarantee"
        " in share row exclusive mode"
    )


def _take_in(
    cursor: Any, table: Table, found: Difference, batch: ImportBatch, *, at: datetime
) -> None:
    before = begin(cursor, found.pairs)
    created = insert_new(cursor, table)
    if found.changed:
        update_changed(cursor, table)
    note_changes(batch, table.name, [*((key, None) for key in created), *found.changed])
    covered = settle(cursor, at, money=table.money, chain=table.chain)
    post(cursor, found.pairs, before, covered, f"batch:{batch.pk}", table.cause, at=at)


def begin(cursor: Any, pairs: set[Pair]) -> Balances:
    """Mark the pairs that are about to change; what their documents amount to now."""
    settling.touch(cursor, pairs)
    return balances(cursor)


def settle(
    cursor: Any,
    at: datetime,
    *,
    today: date | None = None,
    money: bool = True,
    chain: bool = True,
) -> list[Covered]:
    """What follows from the documents of the touched pairs: own receipts, what counts today, which
    cash pays what, order chains. The chains that changed.
    """
    if money:
        own_receipts.bring_in_line(cursor)
    counted.count(cursor, today or company_day(at), money=money)
    if money:
        settling.settle(cursor)
    return chains.link(cursor) if chain else []


def post(
    cursor: Any,
    pairs: set[Pair],
    before: Balances,
    covered: Sequence[Covered],
    document: str,
    cause: str,
    *,
    at: datetime,
) -> None:
    """Lock the credit lines last, and move them by what the documents amount to more or less."""
    after = balances(cursor)
    lines = lock_accounts(cursor, pairs, [before, after], at=at)
    take_over(covered, lines, at=at)
    post_difference(lines, before, after, document, cause, at=at)


# --- How a batch is taken back


def changes_of(batch: ImportBatch, table: Table) -> list[Before]:
    """What the batch did to a table."""
    found = Change.objects.filter(batch=batch, table=table.name).values_list("row", "before")
    return [(int(row), before) for row, before in found]


def pairs_of(cursor: Any, table: Table, changes: list[Before]) -> list[Pair]:
    cursor.execute(
        f"select distinct customer_id, currency from {table.name} where id = any(%s)",
        [[row for row, _ in changes]],
    )
    return [(row[0], row[1]) for row in cursor.fetchall()]


def restore(cursor: Any, table: Table, changes: list[Before]) -> None:
    """New rows go, changed ones get their old values."""
    delete(cursor, table, [row for row, before in changes if before is None])
    old = [before for _, before in changes if before is not None]
    if old:
        # A batch of an earlier release noted fewer columns.
        empty = {"revision": 0} | table.optional
        rows = [[values.get(name, empty.get(name)) for name in table.columns] for values in old]
        stage(cursor, table, rows)
        update_changed(cursor, table)
