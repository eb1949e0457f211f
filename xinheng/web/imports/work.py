"""The work behind the import pages: check a file (a dry run) and import it, beside the request.

A thread of the web process does it with a database connection of its own; the note of the upload
tells the page how far it is. The import itself is one transaction in `connectors.files.imports`, so
a process that dies leaves no row.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from django.db import connections

from xinheng.connectors.files.fields import FIELDS
from xinheng.connectors.files.headers import parse_mapping
from xinheng.connectors.files.imports import run_import
from xinheng.connectors.files.result import ImportResult
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.imports.uploads import Upload, save

SHOWN_ERRORS = 50
log = logging.getLogger(__name__)
FAILED = T(
    "导入时出现意外错误，没有写入任何数据。请把编号 {ref} 告诉管理员。",
    "Something unexpected happened; nothing was written. Tell your administrator the number {ref}.",
)


def check(upload: Upload, *, actor: Actor, at: datetime) -> None:
    """Start the dry run: columns found, counts, first rows, errors. Nothing is written."""
    upload.state, upload.percent, upload.error, upload.found = "checking", 0, {}, {}
    _start(upload, lambda: _checked(upload, actor, at))


def carry_out(upload: Upload, *, skip_bad: bool, actor: Actor, at: datetime) -> None:
    """Start the import itself."""
    upload.state, upload.percent, upload.error = "running", 0, {}
    _start(upload, lambda: _done(upload, skip_bad, actor, at))


def _start(upload: Upload, work: Callable[[], None]) -> None:
    upload.process = os.getpid()
    save(upload)
    threading.Thread(target=_guarded, args=(upload, work), daemon=True).start()


def _guarded(upload: Upload, work: Callable[[], None]) -> None:
    """Whatever happens, the note says so; a bug is logged with the upload's number."""
    try:
        work()
    except Refused as refused:
        upload.state, upload.error = "stuck", refused.text.both()
    except Exception:
        log.exception("import %s", upload.token)
        upload.state, upload.error = "stuck", FAILED.format(ref=upload.token[:8]).both()
    finally:
        save(upload)
        connections.close_all()


def _run(upload: Upload, actor: Actor, at: datetime, **how: Any) -> ImportResult:
    def tell(percent: int, phase: T) -> None:
        upload.percent, upload.phase = percent, phase.both()
        save(upload)

    options = upload.options
    return run_import(
        upload.kind,
        upload.path,
        actor=actor,
        at=at,
        mapping=parse_mapping(upload.kind, options.get("mapping", "")),
        default_currency=options.get("currency") or None,
        date_order=options.get("date_order", ""),
        file_name=upload.name,
        on_progress=tell,
        **how,
    )


def _checked(upload: Upload, actor: Actor, at: datetime) -> None:
    result = _run(upload, actor, at, dry_run=True, skip_bad=True)
    upload.found = described(result)
    upload.state = "checked"


def _done(upload: Upload, skip_bad: bool, actor: Actor, at: datetime) -> None:
    result = _run(upload, actor, at, skip_bad=skip_bad)
    upload.batch_id = result.batch_id
    upload.state = "done"
    save(upload)
    upload.path.unlink(missing_ok=True)


def described(result: ImportResult) -> dict[str, Any]:
    """What a page shows of a dry run, as plain JSON."""
    labels = {wanted.name: wanted.label.both() for wanted in FIELDS[result.kind]}
    told = {name for row in result.preview for name, value in row.items() if value}
    names = [name for name in labels if name in told] + sorted(told - set(labels))
    return {
        "counts": msgspec.to_builtins(result.counts),
        "columns": [
            {"field": name, "label": labels.get(name, {"zh": name, "en": name}), "header": header}
            for name, header in result.columns.items()
        ],
        "unused": result.unused[:40],
        "profile": result.profile,
        "encoding": result.encoding,
        "errors": [_line(error) for error in result.errors[:SHOWN_ERRORS]],
        "error_count": result.error_count,
        "warnings": [_line(error) for error in result.warnings[:SHOWN_ERRORS]],
        "warning_count": result.warning_count,
        "errors_file": result.errors_file,
        "preview_heads": [labels.get(name, {"zh": name, "en": name}) for name in names],
        "preview": [[_cell(row.get(name)) for name in names] for row in result.preview],
    }


def _line(error: Any) -> dict[str, Any]:
    return {"row": error.row, "column": error.column, "reason": error.reason.both()}


def _cell(value: Any) -> str:
    if value is None or value is False or value == () or value == "":
        return ""
    return "✓" if value is True else str(value)
