"""What a batch did, read back for undoing it and for its page."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connections

from xinheng.intake.models import Change, ImportBatch


class Undo(NamedTuple):
    """One record to restore: its primary key as text, and what it was (None: it did not exist)."""

    row: str
    before: dict[str, Any] | None


def changes_of(batch: ImportBatch, table: str) -> list[Undo]:
    """Every change that the batch made in one table, oldest first."""
    found = Change.objects.filter(batch=batch, table=table).order_by("pk")
    return [Undo(row, before) for row, before in found.values_list("row", "before")]


def tables_of(batch: ImportBatch) -> dict[str, int]:
    """How many records the batch touched, by table."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            'select "table", count(*) from intake_change where batch_id = %s group by 1 order by 1',
            [batch.pk],
        )
        return dict(cursor.fetchall())


def history(limit: int = 50, before: int | None = None) -> list[ImportBatch]:
    """The newest batches first, by key paging; trials are their owners' own."""
    found = ImportBatch.objects.exclude(state="trial").order_by("-pk")
    found = found.select_related("started_by")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[: min(limit, 200)])


def trials_of(user_id: int, limit: int = 20) -> list[ImportBatch]:
    """The files that this person has handed over and not yet imported, newest first."""
    found = ImportBatch.objects.filter(state="trial", started_by_id=user_id).order_by("-pk")
    return list(found[: min(limit, 200)])
