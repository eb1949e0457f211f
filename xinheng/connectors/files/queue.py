"""Files that wait: handed over on a page, tried, confirmed, and imported by the jobs process.

A batch is the whole memory of it: who brought the file, with which options, how far the work is,
what the trial found. So a page can be left and found again, a web process can stop at any time, and
the work is found by state. The file itself lies in the imports folder as `upload-<batch><suffix>`
until its batch has ended, a trial at most a day.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from xinheng.connectors.files.fields import FIELDS, FIGURES
from xinheng.connectors.files.imports import Progress, run_import, told_of
from xinheng.connectors.files.read import FILE_BYTES_MAX
from xinheng.connectors.files.record import require
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.connectors.files.result import ImportResult
from xinheng.connectors.files.rows import RowError
from xinheng.intake.actions import (
    claim_waiting,
    finish_batch,
    note_trial,
    open_batch,
    withdraw_trials,
)
from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.people.actor import Actor, of_user, system
from xinheng.refusals import Refused
from xinheng.texts import T

SHOWN_ERRORS = 50
SWEPT_SECONDS = 3600
AMOUNTS = frozenset({"amount", "purchases", *(figure.name for figure in FIGURES)})
SUFFIXES = (".csv", ".txt", ".xlsx", ".xls", ".zip")
log = logging.getLogger(__name__)


def queue_import(
    kind: str,
    content: bytes,
    file_name: str,
    *,
    actor: Actor,
    at: datetime,
    trial: bool = False,
    skip_bad: bool = False,
    mapping: Mapping[str, str] | None = None,
    default_currency: str | None = None,
    date_order: str = "",
) -> ImportBatch:
    """Keep an uploaded file and open its batch; the jobs process takes it within a second.

    A trial waits for a yes after that. The person who uploaded answers for it. Refuses NOT_ALLOWED,
    TOO_LARGE and FORMAT_UNKNOWN. Old trials go.
    """
    require(kind, actor)
    suffix = Path(file_name).suffix.lower()
    if len(content) > FILE_BYTES_MAX:
        raise Refused(FileRefusal.TOO_LARGE, most=FILE_BYTES_MAX // 1024 // 1024)
    if suffix not in SUFFIXES:
        raise Refused(FileRefusal.FORMAT_UNKNOWN, name=file_name)
    withdraw_trials(actor=system("imports"), at=at)
    _sweep(at)
    told: dict[str, Any] = {"skip_bad": skip_bad, "date_order": date_order, "waiting": True}
    told |= {"default_currency": default_currency, "mapping": dict(mapping or {})}
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        batch = open_batch(kind, file_name, sha256, told, actor=actor, at=at, trial=trial)
        batch.options = told | {"kept": f"upload-{batch.pk}{suffix}"}
        batch.save(update_fields=["options"])
        _keep(batch, content)
    return batch


def _keep(batch: ImportBatch, content: bytes) -> None:
    path = _path(batch)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _path(batch: ImportBatch) -> Path:
    folder: Path = settings.XINHENG_IMPORTS_DIR
    return folder / str(batch.options["kept"])


def _sweep(at: datetime) -> None:
    """Remove files an hour old that no unfinished batch waits for: stopped work, old trials."""
    unfinished = ImportBatch.objects.filter(state__in=("trial", "running"))
    wanted = set(unfinished.values_list("options__kept", flat=True))
    for path in settings.XINHENG_IMPORTS_DIR.glob("upload-*"):
        if path.name not in wanted and path.stat().st_mtime < at.timestamp() - SWEPT_SECONDS:
            path.unlink(missing_ok=True)


def forget_files(names: list[str]) -> None:
    """Remove files whose batches have ended or were withdrawn."""
    for name in names:
        (settings.XINHENG_IMPORTS_DIR / name).unlink(missing_ok=True)


def run_waiting(*, at: datetime) -> int:
    """Try or import the batches that wait, oldest first, each once; returns how many were taken."""
    taken = 0
    while (batch := claim_waiting()) is not None:
        taken += 1
        try:
            result = _run(batch, at)
        except Exception as error:
            # The batch says what happened; the next one must not wait for it.
            log.exception("batch %s failed", batch.pk)
            _close_failed(batch, error, at)
        else:
            if batch.state == "trial":
                note_trial(batch, described(result))
        if batch.state != "trial":
            forget_files([batch.options["kept"]])
    return taken


def _run(batch: ImportBatch, at: datetime) -> ImportResult:
    told, person = batch.options, batch.started_by
    trial = batch.state == "trial"
    return run_import(
        batch.kind,
        _path(batch),
        actor=of_user(person) if person else system("imports"),
        at=at,
        dry_run=trial,
        skip_bad=trial or told["skip_bad"],
        mapping=told["mapping"],
        default_currency=told["default_currency"],
        date_order=told["date_order"],
        file_name=batch.file_name,
        batch=batch,
        on_progress=_progress_of(batch),
    )


def _progress_of(batch: ImportBatch) -> Progress:
    """Written on a connection of its own: the import's transaction shows nothing until it ends."""
    state = batch.state

    def tell(percent: int, phase: T) -> None:
        said = f"{phase.zh} / {phase.en}"
        under_way = ImportBatch.objects.using("door").filter(pk=batch.pk, state=state)
        under_way.update(progress=percent, message=said)

    return tell


def _close_failed(batch: ImportBatch, error: Exception, at: datetime) -> None:
    """A file that could not even be read closes its batch with the reason; a trial keeps it."""
    said = told_of(error, batch.pk)
    if batch.state == "trial":
        note_trial(batch, {"stuck": said})
    elif ImportBatch.objects.filter(pk=batch.pk, state="running").exists():
        state = "refused" if isinstance(error, Refused) else "failed"
        actor = system("imports")
        finish_batch(batch, Counts(), actor=actor, at=at, state=state, message=said)


def described(result: ImportResult) -> dict[str, Any]:
    """What a page shows of a trial, as plain JSON."""
    labels = {wanted.name: wanted.label.both() for wanted in FIELDS[result.kind]}
    told = {name for row in result.preview for name, value in row.items() if value}
    names = [name for name in labels if name in told] + sorted(told - set(labels))
    return {
        "counts": msgspec.to_builtins(result.counts),
        "columns": [
            {"label": _label(labels, name), "header": header}
            for name, header in result.columns.items()
        ],
        "unused": result.unused[:40],
        "profile": result.profile,
        "encoding": result.encoding,
        "errors": [_line(error) for error in result.errors[:SHOWN_ERRORS]],
        "error_count": result.error_count,
        "warnings": [_line(error) for error in result.warnings[:SHOWN_ERRORS]],
        "warning_count": result.warning_count,
        "errors_file": Path(result.errors_file).name if result.errors_file else "",
        "preview_heads": [_label(labels, name) | {"num": name in AMOUNTS} for name in names],
        "preview": [[_cell(name, row.get(name)) for name in names] for row in result.preview],
    }


def _line(error: RowError) -> dict[str, Any]:
    return {"row": error.row, "column": error.column, "reason": error.reason.both()}


def _label(labels: Mapping[str, dict[str, str]], name: str) -> dict[str, Any]:
    return dict(labels.get(name, {"zh": name, "en": name}))


def _cell(name: str, value: Any) -> dict[str, Any]:
    """A value of the first rows: amounts with thousands separators, yes as a tick."""
    if value is None or value is False or value == () or value == "":
        return {"text": "", "num": False}
    if name in AMOUNTS:
        return {"text": f"{Decimal(value):,}".replace("-", "\N{MINUS SIGN}"), "num": True}
    return {"text": "✓" if value is True else str(value), "num": False}
