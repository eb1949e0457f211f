"""Every write to the credit file's papers by file: financial statements come in, checked, and can
be taken back.

A step of an import: the caller has authorised it and appends the one ledger entry over the rows. A
statement is identified by customer, period end, currency and scope; other figures for the same
period are a new version, and the old one stays readable (statement_versions.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from django.db import transaction

from xinheng.customers.actions import ensure_customers
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_versions import (
    TABLE,
    bring_in,
    checked,
    lock_room,
    names_of,
    roots_of,
    take_back,
)
from xinheng.intake.actions import note_changes
from xinheng.intake.counts import Counts
from xinheng.intake.models import Change, ImportBatch
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

STATEMENTS_MAX: Final = 50_000


def record_statements(
    rows: Sequence[StatementRow], *, batch: ImportBatch, actor: Actor, at: datetime
) -> Counts:
    """Record statements; unknown customers are created. All or nothing.

    Each must balance and foot to the minor unit; what is not told and follows is derived and
    marked. Refuses NOT_ALLOWED, TOO_MANY, REPEATED, and what `statement_versions.checked` refuses.
    """
    if not actor.may("imports.run"):
        raise Refused(DossierRefusal.NOT_ALLOWED)
    if len(rows) > STATEMENTS_MAX:
        raise Refused(DossierRefusal.TOO_MANY, limit=STATEMENTS_MAX)
    _require_once(rows)
    wanted = [checked(row) for row in rows]
    with transaction.atomic():
        lock_room()
        names = [(row.customer_code, row.customer_name) for row in rows]
        customers = ensure_customers(
            names, batch=batch, actor=actor, at=at, simulated=batch.simulated
        )
        for statement, row in zip(wanted, rows, strict=True):
            statement.customer_id = customers[row.customer_code]
            statement.source = row.source or f"file:{batch.file_name}"[:120]
            statement.entered_by, statement.entered_person_id = actor.ref, actor.person_id
        brought = bring_in(wanted, at)
        ended = [(old.pk, {"known_until": None}) for _, old in brought.pairs if old is not None]
        note_changes(batch, TABLE, [*((new.pk, None) for new, _ in brought.pairs), *ended])
    return Counts(
        read=len(rows),
        created=len(brought.pairs) - len(ended),
        updated=len(ended),
        unchanged=brought.unchanged,
    )


def undo_batch(batch: ImportBatch, *, actor: Actor, at: datetime) -> int:
    """Take back what a batch did to statements: its versions end, those before stand again as
    versions of their own. What a person has succeeded since is left. The caller checked that it may
    be undone.
    """
    if not actor.may("imports.undo"):
        raise Refused(DossierRefusal.NOT_ALLOWED)
    changes = list(Change.objects.filter(batch=batch, table=TABLE).values_list("row", "before"))
    brought = [int(row) for row, before in changes if before is None]
    ended = [int(row) for row, before in changes if before is not None]
    with transaction.atomic():
        lock_room()
        take_back(brought, ended, _gone(ended), at)
    return len(brought)


def _gone(rows: Sequence[int]) -> set[int]:
    """Of some versions, those that a file brought which has been taken back since."""
    first = [str(row) for row in roots_of(rows)]
    brought = Change.objects.filter(table=TABLE, row__in=first, before__isnull=True)
    undone = brought.filter(batch__state="undone").values_list("row", flat=True)
    return {int(row) for row in undone}


def _require_once(rows: Sequence[StatementRow]) -> None:
    seen: set[tuple[str, date, str, bool]] = set()
    for row in rows:
        key = (row.customer_code, row.period_end, row.currency, row.consolidated)
        if key in seen:
            raise Refused(DossierRefusal.REPEATED, **names_of(row))
        seen.add(key)
