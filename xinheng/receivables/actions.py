"""Every write to documents and to what follows from them, for any number of rows at once.

The record_* actions are steps of an import (or of an API batch, or of the demonstration book): the
caller has authorised them, holds the transaction and appends the one ledger entry, over the Merkle
root of the rows. The order inside is always: take the room's write lock → stage → write documents →
settle (which cash pays what, order chains, what counts today) → lock the credit lines → post the
difference. The lines are locked last and for the shortest time, so that order checks go on during
an import.

Example: importing invoice I1 over 120,000.00 posts open_items +120,000.00 on its line, and takes
the invoiced part out of what is unbilled, on order or promised: value moves, none appears.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from django.db import connection, transaction

from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.ledger.actions import append_one
from xinheng.people.actor import Actor, system
from xinheng.receivables import chains, counted, quarantine
from xinheng.receivables.balances import balances
from xinheng.receivables.bringing_in import (
    begin,
    changes_of,
    lock_room,
    pairs_of,
    post,
    record,
    restore,
    settle,
)
from xinheng.receivables.models import Quarantined
from xinheng.receivables.posting import lock_accounts, post_difference, take_over
from xinheng.receivables.reconciling import Off, carried, differences, touch_customers
from xinheng.receivables.recorded import Recorded
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.receivables.row_checks import check_rows
from xinheng.receivables.rows import (
    BillRow,
    DeliveryRow,
    GuaranteeRow,
    InvoiceRow,
    OrderRow,
    ReceiptRow,
)
from xinheng.receivables.tables import BY_KIND, TABLES, Table
from xinheng.refusals import Refused

ROWS_MAX: Final = 500_000
PAIRS_MAX: Final = 2_000  # that one look of a round brings up to date
RETRIES_MAX: Final = 1_000
REBUILD_MAX: Final = 20_000
REASON_MIN: Final = 4
REASON_MAX: Final = 1_000


def record_orders(
    rows: Sequence[OrderRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Orders of the ERP come in; open ones count until delivered, invoiced, closed or cancelled.

    An order whose check reserved credit takes over from its reservation, so that it never counts
    twice. Refuses as `record_documents`.
    """
    return record_documents("orders", rows, batch=batch, actor=actor, at=at).counts


def record_deliveries(
    rows: Sequence[DeliveryRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Goods that left (or came back, below zero) move value from the order to what is unbilled."""
    return record_documents("deliveries", rows, batch=batch, actor=actor, at=at).counts


def record_invoices(
    rows: Sequence[InvoiceRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Invoices and credit notes (negative) come in; unknown customers are created.

    A row with `settled_on` brings a receipt in full of its own. An invoice that names an order
    frees that part of the order and of its reservation. Refuses as `record_documents`.
    """
    return record_documents("invoices", rows, batch=batch, actor=actor, at=at).counts


def record_receipts(
    rows: Sequence[ReceiptRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Money received comes in and is applied; one of a later day on its day (`bring_in_due`)."""
    return record_documents("receipts", rows, batch=batch, actor=actor, at=at).counts


def record_bills(
    rows: Sequence[BillRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Bills of exchange come in: each settles invoices as money would, and counts as a bill until
    it can't come back; one that bounced or was returned opens its invoice again.
    """
    return record_documents("bills", rows, batch=batch, actor=actor, at=at).counts


def record_guarantees(
    rows: Sequence[GuaranteeRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Guarantees that we gave count while they are open, up to their last day."""
    return record_documents("guarantees", rows, batch=batch, actor=actor, at=at).counts


def record_documents(
    kind: str,
    rows: Sequence[Any],
    *,
    batch: ImportBatch,
    actor: Actor,
    at: datetime,
    tell: bool = False,
) -> Recorded:
    """Documents of one kind come in (tables.BY_KIND); `tell`: what became of each, for few rows.

    A row that contradicts what is known is quarantined, its neighbours go in. Refuses NOT_ALLOWED,
    TOO_MANY, REPEATED_NUMBER, BAD_AMOUNT, BAD_STATE, RESERVED_NUMBER; nothing is written then.
    """
    table = BY_KIND[kind]
    _require(actor, "imports.run")
    if len(rows) > ROWS_MAX:
        raise Refused(ReceivablesRefusal.TOO_MANY, limit=ROWS_MAX)
    check_rows(kind, rows)
    if not rows:
        return Recorded(Counts(), {})
    return record(table, rows, batch=batch, actor=actor, at=at, tell=tell)


def undo_batch(batch: ImportBatch, *, actor: Actor, at: datetime) -> int:
    """Take back what a batch did to this room: its rows go, rows it changed get their old values.

    Cash is applied again, exposure returned, and what invoices or deliveries had taken over from an
    order's reservation is promised again while it is live. Messages of the batch leave quarantine.
    The caller has checked that the batch may be undone (`require_undoable` of intake) and appends
    the ledger entry. Returns how many documents changed.
    """
    _require(actor, "imports.undo")
    with transaction.atomic(), connection.cursor() as cursor:
        lock_room(cursor)
        undone = [(table, changes_of(batch, table)) for table in TABLES]
        pairs = {pair for table, changes in undone for pair in pairs_of(cursor, table, changes)}
        before = begin(cursor, pairs)
        for table, changes in undone:
            restore(cursor, table, changes)
        covered = settle(cursor, at)
        post(cursor, pairs, before, covered, f"batch:{batch.pk}", "undo", at=at)
        quarantine.withdraw(batch, at=at)
    return sum(len(changes) for _, changes in undone)


def bring_in_due(*, today: date, at: datetime) -> int:
    """What the day changes by itself: receipts and settlements whose day has come pay, bills whose
    recourse is over and guarantees that ran out count no more. Found by state; returns how many
    customers' books moved, at most PAIRS_MAX in one look.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not counted.due(cursor, today, 1):
            return 0
        lock_room(cursor)
        pairs = counted.due(cursor, today, PAIRS_MAX)
        before = begin(cursor, pairs)
        covered = settle(cursor, at, today=today, chain=False)
        post(cursor, pairs, before, covered, f"day:{today.isoformat()}", "day", at=at)
    return len(pairs)


def retry_quarantined(*, at: datetime) -> int:
    """Try again what waits in quarantine, as part of the batch that brought it; how many went in.

    What still contradicts stays and is not counted as seen again.
    """
    waiting = Quarantined.objects.filter(resolved_at__isnull=True, batch__state="done")
    groups: dict[tuple[str, int], list[Any]] = {}
    for item in waiting.order_by("pk")[:RETRIES_MAX]:
        row = msgspec.convert(item.row, BY_KIND[item.kind].row)
        groups.setdefault((item.kind, item.batch_id), []).append(row)
    went_in = 0
    for (kind, batch_id), rows in groups.items():
        batch = ImportBatch.objects.get(pk=batch_id)
        went_in += _retry(BY_KIND[kind], rows, batch, at=at)
    return went_in


def dismiss_quarantined(item_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """A person says that a message in quarantine shall not be applied, and why.

    Refuses NOT_ALLOWED, NEEDS_REASON, NOT_IN_QUARANTINE. One ledger entry.
    """
    _require(actor, "imports.run")
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refused(ReceivablesRefusal.NEEDS_REASON)
    with transaction.atomic():
        item = Quarantined.objects.select_for_update().filter(pk=item_id, resolved_at=None).first()
        if item is None or not actor.reaches(quarantine.unit_of(item)):
            raise Refused(ReceivablesRefusal.NOT_IN_QUARANTINE, item=item_id)
        Quarantined.objects.filter(pk=item.pk).update(
            resolved_at=at, resolved_by=actor.ref, reason=reason.strip()
        )
        told = {"kind": item.kind, "number": item.number, "code": item.code}
        fields = told | {"reason": reason.strip(), "actor": actor.ref}
        append_one("document.dismissed", {"kind": item.kind}, fields, at=at)


def rebuild(customer_ids: Sequence[int], *, actor: Actor, at: datetime) -> list[Off]:
    """Compute everything of these customers anew from their documents and post only what differs;
    what was off is returned, with both figures.

    The lines are locked and never set to zero: an order check sees the old figure or the right
    one. Refuses NOT_ALLOWED, TOO_MANY. One ledger entry.
    """
    _require(actor, "imports.undo")
    if len(customer_ids) > REBUILD_MAX:
        raise Refused(ReceivablesRefusal.TOO_MANY, limit=REBUILD_MAX)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_room(cursor)
        pairs = touch_customers(cursor, customer_ids)
        settle(cursor, at)
        after = balances(cursor)
        lines = lock_accounts(cursor, pairs, [after, carried(cursor)], at=at)
        take_over(chains.of_touched(cursor), lines, at=at)
        before = carried(cursor)
        off = differences(before, after)
        post_difference(lines, before, after, "rebuild", "rebuild", at=at)
        clear = {"customers": len(customer_ids), "differences": len(off)}
        fields = {"actor": actor.ref, "customers": ",".join(map(str, sorted(customer_ids)))}
        append_one("exposure.rebuilt", clear, fields, at=at)
    return off


def _require(actor: Actor, permission: str) -> None:
    if not actor.may(permission):
        raise Refused(ReceivablesRefusal.NOT_ALLOWED)


def _retry(table: Table, rows: Sequence[Any], batch: ImportBatch, *, at: datetime) -> int:
    actor = system("quarantine")
    done = record(table, rows, batch=batch, actor=actor, at=at, again=True)
    return done.counts.changed
