"""Every write to orders, invoices, receipts and allocations, for any number of rows at once.

Each action is a step of an import (or of the demonstration book): the caller has authorised it,
holds the transaction and appends the one ledger entry, over the Merkle root of the rows. The order
inside is always: take the room's write lock → stage → write documents → settle (which cash pays
what) → lock the credit lines → post the difference. The lines are locked last and for the shortest
time, so that order checks go on during an import.

Example: importing invoice I1 over 120,000.00 posts open_items +120,000.00 on its line, and takes
the invoiced part out of the order (or reservation) that it names: value moves, none appears.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from xinheng.customers.actions import ensure_customers
from xinheng.intake.actions import note_changes
from xinheng.intake.counts import Counts
from xinheng.intake.models import Change, ImportBatch
from xinheng.people.actor import Actor
from xinheng.receivables import own_receipts, settling
from xinheng.receivables.posting import fulfilled, post_difference
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.receivables.rows import NOT_TOLD, ORDER_STATES, InvoiceRow, OrderRow, ReceiptRow
from xinheng.receivables.staging import (
    INVOICES,
    ORDERS,
    RECEIPTS,
    TABLES,
    Difference,
    Pair,
    Table,
    compare,
    delete,
    insert_new,
    stage,
    update_changed,
)
from xinheng.refusals import Refused

ROWS_MAX: Final = 500_000

Row = InvoiceRow | ReceiptRow | OrderRow


def record_invoices(
    rows: Sequence[InvoiceRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Invoices and credit notes (negative) come in; unknown customers are created.

    A row with `settled_on` brings a receipt in full of its own. An invoice that names an order
    frees that part of the order and of its pending reservation. Refuses NOT_ALLOWED, TOO_MANY,
    REPEATED_NUMBER, BAD_AMOUNT, NUMBER_TAKEN; nothing is written then.
    """
    _require(actor, rows)
    _require_amounts(rows, lambda row: row.amount_minor != 0)

    def values(row: InvoiceRow, customer: int) -> tuple[Any, ...]:
        return (
            row.number,
            customer,
            row.currency,
            row.amount_minor,
            row.issued_on,
            row.due_on,
            _told(row.terms, ""),
            _told(row.order_number, ""),
            _told(row.settled_on, None),
            _told(row.disputed, False),
            row.simulated,
            row.source,
        )

    return _record(INVOICES, rows, values, batch=batch, actor=actor, at=at)


def record_receipts(
    rows: Sequence[ReceiptRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Money received comes in and is applied. Refuses as `record_invoices`, and RESERVED_NUMBER."""
    _require(actor, rows)
    _require_amounts(rows, lambda row: row.amount_minor > 0)
    for row in rows:
        if row.number.startswith(own_receipts.PREFIXES):
            raise Refused(ReceivablesRefusal.RESERVED_NUMBER, number=row.number)

    def values(row: ReceiptRow, customer: int) -> tuple[Any, ...]:
        return (
            row.number,
            customer,
            row.currency,
            row.amount_minor,
            row.received_on,
            _told(row.reference, ""),
            _told(row.method, ""),
            row.simulated,
        )

    return _record(RECEIPTS, rows, values, batch=batch, actor=actor, at=at)


def record_orders(
    rows: Sequence[OrderRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Orders of the ERP come in; open ones count in exposure until invoiced, closed or cancelled.

    An order whose check reserved credit takes over from its pending reservation, so that it never
    counts twice. Refuses as `record_invoices`, and BAD_STATE.
    """
    _require(actor, rows)
    _require_amounts(rows, lambda row: row.amount_minor >= 0)
    for row in rows:
        if row.state not in ORDER_STATES:
            raise Refused(ReceivablesRefusal.BAD_STATE, number=row.number, state=row.state)

    def values(row: OrderRow, customer: int) -> tuple[Any, ...]:
        return (
            row.number,
            customer,
            row.currency,
            row.amount_minor,
            row.ordered_on,
            _told(row.delivery_on, None),
            row.state,
            row.simulated,
        )

    return _record(ORDERS, rows, values, batch=batch, actor=actor, at=at)


def undo_batch(batch: ImportBatch, *, actor: Actor, at: datetime) -> int:
    """Take back what a batch did to this room: its rows go, rows it changed get their old values.

    Cash is applied again and exposure returned. The caller has checked that the batch may be undone
    (`require_ undoable` of intake) and appends the ledger entry. A reservation that an invoice had
    used up stays used: it was kept, and an order that is wanted again is checked again. Returns how
    many documents changed.
    """
    _require(actor, [], permission="imports.undo")
    with transaction.atomic(), connection.cursor() as cursor:
        _lock_room(cursor)
        undone = {name: _changes(batch, name) for name in TABLES}
        pairs = {pair for name in TABLES for pair in _pairs_of(cursor, name, undone[name])}
        settling.touch(cursor, pairs)
        before = settling.balances(cursor)
        for name, changes in undone.items():
            _restore(cursor, TABLES[name], changes)
        own_receipts.bring_in_line(cursor)
        settling.settle(cursor)
        post_difference(cursor, pairs, before, f"batch:{batch.pk}", "undo", [], at=at)
    return sum(len(changes) for changes in undone.values())


def _told(value: Any, empty: Any) -> Any:
    return empty if value is NOT_TOLD else value


def _require(actor: Actor, rows: Sequence[Row], permission: str = "imports.run") -> None:
    if not actor.may(permission):
        raise Refused(ReceivablesRefusal.NOT_ALLOWED)
    if len(rows) > ROWS_MAX:
        raise Refused(ReceivablesRefusal.TOO_MANY, limit=ROWS_MAX)
    seen: set[str] = set()
    for row in rows:
        if row.number in seen:
            raise Refused(ReceivablesRefusal.REPEATED_NUMBER, number=row.number)
        seen.add(row.number)


def _require_amounts(rows: Iterable[Any], good: Callable[[Any], bool]) -> None:
    for row in rows:
        if not good(row):
            raise Refused(ReceivablesRefusal.BAD_AMOUNT, number=row.number)


def _record(
    table: Table,
    rows: Sequence[Any],
    values: Callable[[Any, int], tuple[Any, ...]],
    *,
    batch: ImportBatch,
    actor: Actor,
    at: datetime,
) -> Counts:
    if not rows:
        return Counts()
    with transaction.atomic(), connection.cursor() as cursor:
        _lock_room(cursor)
        names = [(row.customer_code, row.customer_name) for row in rows]
        customers = ensure_customers(
            names, batch=batch, actor=actor, at=at, simulated=batch.simulated
        )
        stage(cursor, table, (values(row, customers[row.customer_code]) for row in rows))
        found = compare(cursor, table)
        if found.new or found.changed:
            _take_in(cursor, table, found, batch, at=at)
    return Counts(
        read=len(rows), created=found.new, updated=len(found.changed), unchanged=found.unchanged
    )


def _lock_room(cursor: Any) -> None:
    """One writer at a time, readers unhindered: what we compute from is what we then change.

    Taken before customers' rows, as undoing does, so that an import and an undo never wait for
    each other in a circle.
    """
    cursor.execute(
        "lock table receivables_invoice, receivables_receipt, receivables_order"
        " in share row exclusive mode"
    )


def _take_in(
    cursor: Any, table: Table, found: Difference, batch: ImportBatch, *, at: datetime
) -> None:
    settling.touch(cursor, found.pairs)
    before = settling.balances(cursor)
    taken_over = fulfilled(cursor, table)
    created = insert_new(cursor, table)
    if found.changed:
        update_changed(cursor, table)
    note_changes(batch, table.name, [*((key, None) for key in created), *found.changed])
    if table is not ORDERS:
        own_receipts.bring_in_line(cursor)
    settling.settle(cursor)
    cause = _CAUSES[table.name]
    post_difference(cursor, found.pairs, before, f"batch:{batch.pk}", cause, taken_over, at=at)


_CAUSES: Final = {INVOICES.name: "invoice", RECEIPTS.name: "apply", ORDERS.name: "order"}


def _changes(batch: ImportBatch, table: str) -> list[tuple[int, dict[str, Any] | None]]:
    found = Change.objects.filter(batch=batch, table=table).values_list("row", "before")
    return [(int(row), before) for row, before in found]


def _pairs_of(
    cursor: Any, table: str, changes: list[tuple[int, dict[str, Any] | None]]
) -> list[Pair]:
    cursor.execute(
        f"select distinct customer_id, currency from {table} where id = any(%s)",
        [[row for row, _ in changes]],
    )
    return [(row[0], row[1]) for row in cursor.fetchall()]


def _restore(cursor: Any, table: Table, changes: list[tuple[int, dict[str, Any] | None]]) -> None:
    delete(cursor, table, [row for row, before in changes if before is None])
    old = [before for _, before in changes if before is not None]
    if old:
        stage(cursor, table, ([values[name] for name in table.columns] for values in old))
        update_changed(cursor, table)
