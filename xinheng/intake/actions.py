"""Batches are opened, filled with the changes they made, finished, and marked undone.

The rooms that own the rows write and restore them; here stands only what happened: which record a
batch created or updated, and what it was before. Functions that a room calls inside its own
action (`note_changes`) neither authorise nor record in the ledger: the outermost action, the
import, has done both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connections, transaction

from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.intake.refusals import IntakeRefusal
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

__all__ = [
    "Counts",
    "claim_waiting",
    "close_interrupted",
    "confirm_trial",
    "finish_batch",
    "mark_undone",
    "note_changes",
    "note_trial",
    "open_batch",
    "require_undoable",
    "try_again",
    "withdraw_trials",
]

FILE_NAME_MAX = 255
MESSAGE_MAX = 2_000
UNFINISHED = ("trial", "running")
TRIAL_KEPT = timedelta(days=1)


def open_batch(
    kind: str,
    file_name: str,
    sha256: str,
    options: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
    simulated: bool = False,
    trial: bool = False,
) -> ImportBatch:
    """Insert a running batch, or a trial. Refuses (NOT_ALLOWED) an actor without `imports.run`."""
    if not actor.may("imports.run"):
        raise Refused(IntakeRefusal.NOT_ALLOWED, permission="imports.run")
    if kind not in ImportBatch.KINDS:
        raise ValueError(f"kind {kind!r}: one of {', '.join(ImportBatch.KINDS)}")
    return ImportBatch.objects.create(
        kind=kind,
        file_name=file_name[-FILE_NAME_MAX:],
        file_sha256=sha256,
        options=dict(options),
        state="trial" if trial else "running",
        simulated=simulated,
        started_by_id=actor.person_id,
        started_at=at,
    )


def finish_batch(
    batch: ImportBatch,
    counts: Counts,
    *,
    actor: Actor,
    at: datetime,
    state: str = "done",
    errors_file: str = "",
    message: str = "",
) -> None:
    """Close a running batch as done, refused or failed, with its counts. Only a running one
    moves.
    """
    changed = ImportBatch.objects.filter(pk=batch.pk, state="running").update(
        state=state,
        read=counts.read,
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged,
        rejected=counts.rejected,
        errors_file=errors_file,
        message=message[:MESSAGE_MAX],
        progress=100,
        finished_at=at,
    )
    if changed != 1:
        raise AssertionError(f"batch {batch.pk} was not running when {actor.ref} finished it")
    batch.refresh_from_db()


def note_changes(
    batch: ImportBatch,
    table: str,
    changes: Iterable[tuple[Any, Mapping[str, Any] | None]],
    *,
    using: str = "default",
) -> int:
    """COPY what the batch did: (primary key, values before | None for a created record)."""
    encode = msgspec.json.Encoder(decimal_format="string").encode
    noted = 0
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        sql = 'copy intake_change (batch_id, "table", "row", before) from stdin'
        with cursor.copy(sql) as copy:
            for row, before in changes:
                old = None if before is None else encode(before).decode()
                copy.write_row((batch.pk, table, str(row), old))
                noted += 1
    return noted


def require_undoable(batch_id: int, *, actor: Actor, at: datetime) -> ImportBatch:
    """Lock a finished batch for undoing, in the caller's transaction.

    Refuses: NOT_ALLOWED (no `imports.undo`), BATCH_UNKNOWN, BATCH_NOT_DONE, CHANGED_LATER where a
    later batch that still stands changed one of the same records: undoing the earlier one would
    restore values that nobody had.
    """
    if not actor.may("imports.undo"):
        raise Refused(IntakeRefusal.NOT_ALLOWED, permission="imports.undo")
    batch = ImportBatch.objects.select_for_update(no_key=True).filter(pk=batch_id).first()
    if batch is None:
        raise Refused(IntakeRefusal.BATCH_UNKNOWN, batch=batch_id)
    if batch.state != "done":
        raise Refused(IntakeRefusal.BATCH_NOT_DONE, batch=batch_id, state=batch.state)
    later = _changed_later(batch)
    if later is not None:
        raise Refused(IntakeRefusal.CHANGED_LATER, batch=batch_id, later=later[0], count=later[1])
    return batch


def _changed_later(batch: ImportBatch) -> tuple[int, int] | None:
    """The newest standing batch that touched the same records, and how many of them."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select later.batch_id, count(*) from intake_change mine"
            ' join intake_change later on later."table" = mine."table" and later."row" = mine."row"'
            " and later.batch_id > mine.batch_id"
            " join intake_importbatch b on b.id = later.batch_id and b.state = 'done'"
            " where mine.batch_id = %s group by 1 order by 1 desc limit 1",
            [batch.pk],
        )
        found: tuple[int, int] | None = cursor.fetchone()
    return found


def mark_undone(batch: ImportBatch, *, actor: Actor, at: datetime) -> None:
    """Done → undone. Its changes stay as the record of what had been done. One ledger entry: the
    caller's.
    """
    changed = ImportBatch.objects.filter(pk=batch.pk, state="done").update(
        state="undone", undone_at=at
    )
    if changed != 1:
        raise AssertionError(f"batch {batch.pk} was not done when {actor.ref} undid it")
    batch.refresh_from_db()


def close_interrupted(*, started_before: datetime, actor: Actor, at: datetime) -> int:
    """Queued batches that a stopped jobs process left running become failed: their transaction
    never committed. Those that still wait are left to wait, and those that a command runs itself
    are that command's to close.
    """
    taken = ImportBatch.objects.filter(
        state__in=UNFINISHED, started_at__lt=started_before, options__waiting=False
    )
    return taken.update(
        state="failed",
        finished_at=at,
        message="导入中断，未写入任何数据，请重新导入。"
        " / Interrupted; nothing was written: import it again.",
    )


def claim_waiting() -> ImportBatch | None:
    """Take the oldest batch that waits to be run; two processes never take the same one."""
    with transaction.atomic():
        batch = (
            ImportBatch.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state__in=UNFINISHED, options__waiting=True)
            .select_related("started_by")
            .order_by("pk")
            .first()
        )
        if batch is None:
            return None
        batch.options = batch.options | {"waiting": False}
        batch.save(update_fields=["options"])
    return batch


def note_trial(batch: ImportBatch, found: Mapping[str, Any]) -> None:
    """Keep what a trial found with its batch, which from now on waits for its owner, not for us."""
    options = {name: told for name, told in batch.options.items() if name != "waiting"}
    ImportBatch.objects.filter(pk=batch.pk, state="trial").update(
        options=options | {"found": dict(found)}, progress=100, message=""
    )


def try_again(
    batch_id: int, options: Mapping[str, Any], *, actor: Actor, at: datetime
) -> ImportBatch:
    """Queue an answered trial anew with other options. Refuses NOT_ALLOWED and TRIAL_GONE."""
    with transaction.atomic():
        batch = _own_trial(batch_id, actor)
        batch.options = {"kept": batch.options["kept"], **options, "waiting": True}
        batch.progress, batch.started_at = 0, at
        batch.save(update_fields=["options", "progress", "started_at"])
    return batch


def confirm_trial(batch_id: int, *, skip_bad: bool, actor: Actor, at: datetime) -> ImportBatch:
    """Trial → running, and waiting to be imported. Refuses NOT_ALLOWED and TRIAL_GONE, also where
    the trial found that the file can't be taken.
    """
    with transaction.atomic():
        batch = _own_trial(batch_id, actor)
        if "counts" not in batch.options["found"]:
            raise Refused(IntakeRefusal.TRIAL_GONE, batch=batch_id)
        told = {name: value for name, value in batch.options.items() if name != "found"}
        batch.options = told | {"skip_bad": skip_bad, "waiting": True}
        batch.state, batch.progress, batch.started_at = "running", 0, at
        batch.save(update_fields=["options", "state", "progress", "started_at"])
    return batch


def _own_trial(batch_id: int, actor: Actor) -> ImportBatch:
    """The actor's own trial that has its answer, locked."""
    if not actor.may("imports.run"):
        raise Refused(IntakeRefusal.NOT_ALLOWED, permission="imports.run")
    own = ImportBatch.objects.select_for_update(no_key=True)
    batch = own.filter(pk=batch_id, state="trial", started_by_id=actor.person_id).first()
    if batch is None or "found" not in batch.options:
        raise Refused(IntakeRefusal.TRIAL_GONE, batch=batch_id)
    return batch


def withdraw_trials(
    *, actor: Actor, at: datetime, batch_id: int | None = None, older_than: timedelta = TRIAL_KEPT
) -> list[str]:
    """Remove the actor's own trial, or (without a number) everybody's trials that grew old.

    They have written nothing. Returns the names of the files kept for them. Refuses NOT_ALLOWED.
    """
    if not actor.may("imports.run"):
        raise Refused(IntakeRefusal.NOT_ALLOWED, permission="imports.run")
    gone = ImportBatch.objects.filter(state="trial", options__has_key="found")
    if batch_id is None:
        gone = gone.filter(started_at__lt=at - older_than)
    else:
        gone = gone.filter(pk=batch_id, started_by_id=actor.person_id)
    with transaction.atomic():
        rows = list(gone.select_for_update(of=("self",)))
        ImportBatch.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return [row.options["kept"] for row in rows]
