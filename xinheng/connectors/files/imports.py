"""One file comes in: read → columns → rows → checks → one transaction → assessment.

The command line, the web and the demonstration book call the same function. All or nothing: one
bad row refuses the file, unless the person chose to skip bad rows; either way the file comes back
with the reasons. The same file again changes nothing. The batch is opened before the work and
closed with it, so that a stopped process leaves a batch that says so, and not one row.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction

from xinheng.almanac.queries import living_terms
from xinheng.connectors.files import headers, record
from xinheng.connectors.files.build import Built, build
from xinheng.connectors.files.checks import check
from xinheng.connectors.files.collector import collector_rests
from xinheng.connectors.files.errors import write_errors
from xinheng.connectors.files.fields import KINDS, UNSCORED
from xinheng.connectors.files.headers import Layout
from xinheng.connectors.files.read import Sheet, read
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.connectors.files.result import ImportResult, describe
from xinheng.connectors.files.rows import Options, Table, parse
from xinheng.decisions.assess import assess as assess_customers
from xinheng.intake.actions import (
    finish_batch,
    mark_undone,
    open_batch,
    require_undoable,
)
from xinheng.intake.counts import Counts
from xinheng.intake.models import ImportBatch
from xinheng.ledger.actions import append_one
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import company
from xinheng.people.queries import today as today_of
from xinheng.refusals import Refused
from xinheng.texts import T

Progress = Callable[[int, T], None]
log = logging.getLogger(__name__)

_READING = T("读取文件", "Reading the file")
_CHECKING = T("逐行检查", "Checking the rows")
_WRITING = T("写入并核销", "Writing and applying cash")
_TRYING = T("试写、核销，不保存", "Writing and applying cash on trial; nothing is kept")
_ASSESSING = T("评估客户", "Assessing customers")
_DONE = T("完成", "Done")
_BROKEN = T(
    "出现意外错误，没有写入任何数据。请把批次号 {batch} 告诉管理员，原因在日志里。",
    "Something unexpected happened; nothing was written. "
    "Tell your administrator batch {batch}: the log has the cause.",
)


@collector_rests()
def run_import(
    kind: str,
    path: Path,
    *,
    actor: Actor,
    at: datetime,
    dry_run: bool = False,
    skip_bad: bool = False,
    mapping: Mapping[str, str] | None = None,
    default_currency: str | None = None,
    date_order: str = "",
    simulated: bool = False,
    assess: bool = True,
    file_name: str = "",
    batch: ImportBatch | None = None,
    on_progress: Progress | None = None,
) -> ImportResult:
    """Import one file. A dry run does all of it and rolls back, so its counts are the real ones.

    Refuses: NOT_ALLOWED, and what FileRefusal names where a file can't be taken as a whole. Bad
    rows without `skip_bad` are no refusal but a result with `refused` set and nothing written.
    `batch`: an opened one, for an import that was queued (queue.py).
    """
    if kind not in KINDS:
        raise Refused(FileRefusal.KIND_UNKNOWN, kind=kind, kinds=", ".join(KINDS))
    record.require(kind, actor)
    work = _Work(kind, Path(path), file_name or Path(path).name, actor, at, on_progress)
    options = _options(kind, default_currency, date_order, simulated, at)
    with work.phase("read", _READING, 2):
        sheet, sha256 = read(work.path), _sha256(work.path)
        layout = headers.find(kind, sheet.rows, dict(mapping or {}))
    with work.phase("check", _CHECKING, 20):
        table = parse(kind, sheet, layout, options)
        built = check(table, build(table, simulated=simulated), actor)
    result = describe(work.name, sheet, layout, table, built)
    result.dry_run = dry_run
    told: dict[str, Any] = {"skip_bad": skip_bad}
    told["default_currency"] = options.default_currency
    told |= {"date_order": date_order, "mapping": dict(mapping or {}), "profile": layout.profile}
    with transaction.atomic(durable=False):
        if batch is None:
            batch = open_batch(
                kind, work.name, sha256, told, actor=actor, at=at, simulated=simulated
            )
        if dry_run:
            _dry_run(work, batch, built, table, result, skip_bad)
            transaction.set_rollback(True)
    if table.bad:
        result.errors_file = str(_errors_file(work, sheet, layout, table, batch, sha256, dry_run))
    if not dry_run:
        result.batch_id = batch.pk
        _carry_out(work, batch, built, table, result, skip_bad, sha256, assess)
    result.seconds = work.seconds
    work.tell(100, _DONE)
    return result


class _Work:
    """Who imports what, and how long each phase took."""

    def __init__(
        self, kind: str, path: Path, name: str, actor: Actor, at: datetime, tell: Progress | None
    ) -> None:
        self.kind, self.path, self.name, self.actor, self.at = kind, path, name, actor, at
        self.tell: Progress = tell or (lambda percent, phase: None)
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str, text: T, percent: int) -> Iterator[None]:
        self.tell(percent, text)
        started = perf_counter()
        yield
        self.seconds[name] = round(perf_counter() - started, 3)


def _options(
    kind: str, currency: str | None, date_order: str, simulated: bool, at: datetime
) -> Options:
    seller = company()
    return Options(
        default_currency=currency or (seller.base_currency if seller else ""),
        date_order=date_order,
        today=today_of(at),
        simulated=simulated,
        terms=living_terms() if kind == "invoices" else {},
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dry_run(
    work: _Work,
    batch: ImportBatch,
    built: Built,
    table: Table,
    result: ImportResult,
    skip_bad: bool,
) -> None:
    """Do it inside the transaction that the caller rolls back."""
    with work.phase("write", _TRYING, 40):
        _write(work, batch, built, table, result, skip_bad)


def _carry_out(
    work: _Work,
    batch: ImportBatch,
    built: Built,
    table: Table,
    result: ImportResult,
    skip_bad: bool,
    sha256: str,
    assess: bool,
) -> None:
    """Write, record, close the batch: one transaction. A failure closes it as failed."""
    try:
        with transaction.atomic():
            with work.phase("write", _WRITING, 40):
                _write(work, batch, built, table, result, skip_bad)
            if not result.refused:
                _record_in_ledger(work, batch, built, result.counts, sha256)
            finish_batch(
                batch,
                result.counts,
                actor=work.actor,
                at=work.at,
                state="refused" if result.refused else "done",
                errors_file=Path(result.errors_file).name if result.errors_file else "",
            )
    except BaseException as error:
        said = told_of(error, batch.pk)
        finish_batch(batch, Counts(), actor=work.actor, at=work.at, state="failed", message=said)
        raise
    if assess and result.counts.changed and work.kind not in UNSCORED:
        with work.phase("assess", _ASSESSING, 85):
            _assess(work, batch, result)


def told_of(error: BaseException, batch_id: int) -> str:
    """What a batch says of an error: a refusal in its own words, else where to look."""
    text = error.text if isinstance(error, Refused) else _BROKEN.format(batch=batch_id)
    return f"{text.zh} / {text.en}"


def _write(
    work: _Work,
    batch: ImportBatch,
    built: Built,
    table: Table,
    result: ImportResult,
    skip_bad: bool,
) -> None:
    """Hand the rows to their room, unless bad ones forbid it."""
    if table.bad and not skip_bad:
        result.refused = True
        return
    counts = record.record(work.kind, built.rows, batch=batch, actor=work.actor, at=work.at)
    result.counts = Counts(
        read=len(table.lines),
        created=counts.created,
        updated=counts.updated,
        unchanged=counts.unchanged + built.repeated,
        rejected=len(table.bad),
        quarantined=counts.quarantined,
    )


def _record_in_ledger(
    work: _Work, batch: ImportBatch, built: Built, counts: Counts, sha256: str
) -> None:
    """One entry over the Merkle root of the rows, in the order of the file."""
    encode = msgspec.json.Encoder(order="deterministic").encode
    root = root_of([hash_leaf(encode(row)) for row in built.rows])
    append_one(
        "import.done",
        clear={
            "kind": work.kind,
            "rows": len(built.rows),
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "rejected": counts.rejected,
            "quarantined": counts.quarantined,
        },
        fields={
            "actor": work.actor.ref,
            "batch": str(batch.pk),
            "file": work.name,
            # committed, not in the clear: the root of a file of one row can be guessed
            "rows_root": root.hex(),
            "sha256": sha256,
        },
        at=work.at,
    )


def _assess(work: _Work, batch: ImportBatch, result: ImportResult) -> None:
    """Score those whose documents changed. What can't be done now, the jobs find by state later."""
    try:
        touched = record.touched(batch)
        as_of = today_of(work.at)
        result.assessed = assess_customers(touched, as_of=as_of, actor=work.actor, at=work.at)
    except Refused as refusal:
        result.note = refusal.text
        log.warning("batch %s: not assessed: %s", batch.pk, refusal)


def _errors_file(
    work: _Work,
    sheet: Sheet,
    layout: Layout,
    table: Table,
    batch: ImportBatch,
    sha256: str,
    dry_run: bool,
) -> Path:
    stem = f"dry-{sha256[:16]}-errors" if dry_run else f"batch-{batch.pk}-errors"
    folder: Path = settings.XINHENG_IMPORTS_DIR
    return write_errors(sheet, layout.header_row, table.errors, folder / stem, work.path)


@collector_rests()
def undo_import(
    batch_id: int, *, actor: Actor, at: datetime, assess: bool = True
) -> record.UndoResult:
    """Take back a finished batch: rows, cash application, exposure; one ledger entry.

    Refuses what `require_undoable` refuses, and CHANGED_BY_HAND. Customers touched are assessed
    again afterwards.
    """
    with transaction.atomic():
        batch = require_undoable(batch_id, actor=actor, at=at)
        touched = record.touched(batch)
        result = record.undo(batch, actor=actor, at=at)
        append_one(
            "import.undone",
            clear={"kind": batch.kind, "restored": result.restored, "removed": result.removed},
            fields={"actor": actor.ref, "batch": str(batch.pk), "sha256": batch.file_sha256},
            at=at,
        )
        mark_undone(batch, actor=actor, at=at)
    if assess:
        result = msgspec.structs.replace(result, assessed=_assess_again(touched, actor, at))
    return result


def _assess_again(touched: set[int], actor: Actor, at: datetime) -> int:
    try:
        there = record.still_there(touched)
        return assess_customers(there, as_of=today_of(at), actor=actor, at=at)
    except Refused as refusal:
        log.warning("after undo: not assessed: %s", refusal)
        return 0
