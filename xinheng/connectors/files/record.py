"""Which room takes which rows, which customers a batch touched, and how a batch is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q
from msgspec import Struct

from xinheng.almanac import actions as almanac
from xinheng.applications.importing import record_applications, withdraw_imported
from xinheng.applications.trail import WRITE
from xinheng.connectors.files.fields import ALMANAC
from xinheng.connectors.files.statement_rows import MAKERS as STATEMENTS
from xinheng.customers import actions as customers
from xinheng.customers.models import Customer
from xinheng.decisions.models import Decision
from xinheng.dossiers import actions as dossiers
from xinheng.dossiers import fact_import, facts
from xinheng.dossiers.models import Statement
from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import tables_of
from xinheng.intake.refusals import IntakeRefusal
from xinheng.limits.models import CreditLine
from xinheng.people.actor import Actor
from xinheng.receivables import actions as receivables
from xinheng.receivables.models import Bill, Delivery, Guarantee, Invoice, Order, Receipt
from xinheng.receivables.rows import InvoiceRow
from xinheng.refusals import Refused


def _opening_balances(
    rows: Sequence[Any], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """What was owed are invoices, what was paid ahead are receipts."""
    how: dict[str, Any] = {"batch": batch, "actor": actor, "at": at}
    owed = [row for row in rows if isinstance(row, InvoiceRow)]
    paid = [row for row in rows if not isinstance(row, InvoiceRow)]
    counts = receivables.record_invoices(owed, **how)
    return counts + receivables.record_receipts(paid, **how)


_RECORD: dict[str, Any] = {
    "customers": customers.record_customers,
    "orders": receivables.record_orders,
    "deliveries": receivables.record_deliveries,
    "invoices": receivables.record_invoices,
    "credit_notes": receivables.record_invoices,
    "receipts": receivables.record_receipts,
    "bills": receivables.record_bills,
    "guarantees": receivables.record_guarantees,
    "opening_balances": _opening_balances,
    "statements": dossiers.record_statements,
    **dict.fromkeys(STATEMENTS, dossiers.record_statements),
    "facts": fact_import.record_facts,
    "applications": record_applications,
    "rates": almanac.record_rates,
    "holidays": almanac.record_holidays,
    "terms": almanac.record_terms,
}
_DOCUMENTS = (Invoice, Receipt, Order, Delivery, Bill, Guarantee)
# Where the customer of a changed record stands.
_OWNERS = {
    "customers_customer": "id",
    "customers_othername": "customer_id",
    "receivables_invoice": "customer_id",
    "receivables_receipt": "customer_id",
    "receivables_order": "customer_id",
    "receivables_delivery": "customer_id",
    "receivables_bill": "customer_id",
    "receivables_guarantee": "customer_id",
    "dossiers_statement": "customer_id",
}


class UndoResult(Struct, frozen=True, kw_only=True):
    """Records taken away, records restored, customers kept because others refer to them now."""

    batch_id: int
    removed: int
    restored: int
    customers_kept: int
    facts_kept: int = 0  # verified meanwhile: they stay
    applications_kept: int = 0  # somebody deals with them: they stay
    assessed: int = 0


def require(kind: str, actor: Actor) -> None:
    """Whether the actor may bring this kind. Refuses NOT_ALLOWED, before a file is looked at."""
    for word in filter(None, ("imports.run", permission_of(kind))):
        if not actor.may(word):
            raise Refused(IntakeRefusal.NOT_ALLOWED, permission=word)


def permission_of(kind: str) -> str | None:
    """What a kind asks for besides `imports.run`."""
    if kind in ALMANAC:
        return almanac.PERMISSION
    return {"facts": facts.ENTER, "applications": WRITE}.get(kind)


def record(
    kind: str, rows: Sequence[Any], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    counts: Counts = _RECORD[kind](rows, batch=batch, actor=actor, at=at)
    return counts


def touched(batch: ImportBatch) -> set[int]:
    """The customers whose records the batch created or updated."""
    found: set[int] = set()
    with connection.cursor() as cursor:
        for table in tables_of(batch):
            if table in _OWNERS:
                cursor.execute(
                    f"select distinct t.{_OWNERS[table]} from intake_change c"
                    f' join {table} t on t.id = c."row"::bigint'
                    ' where c.batch_id = %s and c."table" = %s',
                    [batch.pk, table],
                )
                found.update(row[0] for row in cursor.fetchall())
    return found


def still_there(ids: Iterable[int]) -> list[int]:
    return list(Customer.objects.filter(pk__in=list(ids)).values_list("pk", flat=True))


def undo(batch: ImportBatch, *, actor: Actor, at: datetime) -> UndoResult:
    """Documents first, then the customers that they named; each room restores its own."""
    if batch.kind == "applications":
        taken = withdraw_imported(batch, actor=actor, at=at)
        return UndoResult(
            batch_id=batch.pk,
            removed=taken.withdrawn,
            restored=0,
            customers_kept=0,
            applications_kept=taken.kept,
        )
    if batch.kind == "facts":
        gone = fact_import.withdraw_facts(batch, actor=actor, at=at)
        return UndoResult(
            batch_id=batch.pk,
            removed=gone.rejected,
            restored=0,
            customers_kept=0,
            facts_kept=gone.kept,
        )
    restored = _count_restored(batch)
    total = sum(tables_of(batch).values())
    receivables.undo_batch(batch, actor=actor, at=at)
    dossiers.undo_batch(batch, actor=actor, at=at)
    almanac.undo_batch(batch, actor=actor, at=at)
    done = customers.undo_batch(batch, actor=actor, at=at, in_business=_in_business)
    return UndoResult(
        batch_id=batch.pk,
        removed=total - restored - len(done.kept),
        restored=restored,
        customers_kept=len(done.kept),
    )


def _in_business(ids: list[int]) -> set[int]:
    """Of some customers, those with a document, a decision or a granted line."""
    granted = Q(amount_minor__isnull=False) | Q(unlimited=True)
    busy: set[int] = set()
    for model in (*_DOCUMENTS, Statement, Decision, CreditLine):
        rows: Any = model.objects.filter(customer_id__in=ids)
        rows = rows.filter(granted) if model is CreditLine else rows
        busy.update(rows.values_list("customer_id", flat=True).distinct())
    return busy


def _count_restored(batch: ImportBatch) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from intake_change where batch_id = %s and before is not null",
            [batch.pk],
        )
        counted: int = cursor.fetchone()[0]
    return counted
