"""Every write to the credit file's papers: financial statements come in, checked, and can be taken
back.

A step of an import: the caller has authorised it and appends the one ledger entry over the rows. A
statement is identified by customer, period end and currency; the same one again with other figures
replaces it, and the batch keeps the old figures for undoing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from django.db import connection, transaction

from xinheng.credit.money import to_text
from xinheng.customers.actions import ensure_customers
from xinheng.dossiers.balance import Completed, complete
from xinheng.dossiers.models import Statement
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import StatementRow
from xinheng.intake.actions import note_changes
from xinheng.intake.counts import Counts
from xinheng.intake.models import Change, ImportBatch
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

STATEMENTS_MAX: Final = 50_000
TABLE: Final = "dossiers_statement"
FIELDS: Final = ("months", "figures", "derived", "source", "simulated")

Key = tuple[int, date, str]


def record_statements(
    rows: Sequence[StatementRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Record statements; unknown customers are created. All or nothing.

    Each must balance to the minor unit; equity that is not told is derived and marked. Refuses
    NOT_ALLOWED, TOO_MANY, REPEATED, INCOMPLETE, UNBALANCED (with the difference).
    """
    if not actor.may("imports.run"):
        raise Refused(DossierRefusal.NOT_ALLOWED)
    if len(rows) > STATEMENTS_MAX:
        raise Refused(DossierRefusal.TOO_MANY, limit=STATEMENTS_MAX)
    _require_once(rows)
    completed = [_balanced(row) for row in rows]
    with transaction.atomic():
        _lock_room()
        names = [(row.customer_code, row.customer_name) for row in rows]
        customers = ensure_customers(
            names, batch=batch, actor=actor, at=at, simulated=batch.simulated
        )
        wanted = [
            _statement(customers[row.customer_code], row, done, at)
            for row, done in zip(rows, completed, strict=True)
        ]
        created, updated = _write(wanted, batch)
    return Counts(
        read=len(rows), created=created, updated=updated, unchanged=len(rows) - created - updated
    )


def undo_batch(batch: ImportBatch, *, actor: Actor, at: datetime) -> int:
    """Take back what a batch did to statements. The caller checked that it may be undone."""
    if not actor.may("imports.undo"):
        raise Refused(DossierRefusal.NOT_ALLOWED)
    changes = list(Change.objects.filter(batch=batch, table=TABLE).values_list("row", "before"))
    with transaction.atomic():
        _lock_room()
        created = [int(row) for row, before in changes if before is None]
        Statement.objects.filter(pk__in=created).delete()
        for row, before in changes:
            if before is not None:
                Statement.objects.filter(pk=int(row)).update(**before)
    return len(changes)


def _lock_room() -> None:
    """One writer at a time, taken before customers' rows by imports and undoing alike."""
    with connection.cursor() as cursor:
        cursor.execute(f"lock table {TABLE} in share row exclusive mode")


def _require_once(rows: Sequence[StatementRow]) -> None:
    seen: set[tuple[str, date, str]] = set()
    for row in rows:
        key = (row.customer_code, row.period_end, row.currency)
        if key in seen:
            raise Refused(DossierRefusal.REPEATED, **_names(row))
        seen.add(key)


def _names(row: StatementRow) -> dict[str, object]:
    return {"customer": row.customer_code, "period_end": row.period_end, "currency": row.currency}


def _balanced(row: StatementRow) -> Completed:
    done = complete(row.figures)
    if done is None:
        raise Refused(DossierRefusal.INCOMPLETE, **_names(row))
    if done.difference_minor:
        difference = to_text(done.difference_minor, row.currency)
        raise Refused(DossierRefusal.UNBALANCED, **_names(row), difference=difference)
    return done


def _statement(
    customer_id: int, row: StatementRow, done: Completed, at: datetime
) -> Statement:
    return Statement(
        customer_id=customer_id,
        period_end=row.period_end,
        months=row.months,
        currency=row.currency,
        figures=done.figures,
        derived=done.derived,
        source=row.source,
        simulated=row.simulated,
        known_since=at,
    )


def _write(wanted: list[Statement], batch: ImportBatch) -> tuple[int, int]:
    """Insert new statements and update those that differ; (created, updated)."""
    known = _known({statement.customer_id for statement in wanted})
    fresh: list[Statement] = []
    changed: list[Statement] = []
    changes: list[tuple[Any, dict[str, Any] | None]] = []
    for statement in wanted:
        old = known.get(_key(statement))
        if old is None:
            fresh.append(statement)
        elif _values(old) != _values(statement):
            changes.append((old.pk, _values(old)))
            statement.pk = old.pk
            changed.append(statement)
    Statement.objects.bulk_create(fresh, batch_size=2_000)
    Statement.objects.bulk_update(changed, FIELDS, batch_size=500)
    note_changes(batch, TABLE, [*((statement.pk, None) for statement in fresh), *changes])
    return len(fresh), len(changed)


def _known(customers: set[int]) -> dict[Key, Statement]:
    found = Statement.objects.select_for_update(no_key=True).filter(customer_id__in=customers)
    return {_key(statement): statement for statement in found.order_by("pk")}


def _key(statement: Statement) -> Key:
    return statement.customer_id, statement.period_end, statement.currency


def _values(statement: Statement) -> dict[str, Any]:
    values = {name: getattr(statement, name) for name in FIELDS}
    return dict(msgspec.to_builtins(values))
