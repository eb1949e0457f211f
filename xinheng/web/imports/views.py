"""Imports: hand over a file, see what it would do, let it be done, take it back.

A file is first tried as a whole and shown: columns found, counts, first rows, and every row that
can't be taken, with a reason; only then is it imported. The jobs process does both; the page looks
at the batch, so it can be left and found again. The history undoes a batch.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.connectors.files import templates
from xinheng.connectors.files.fields import BATCH_KINDS, FIELDS, KINDS
from xinheng.connectors.files.headers import parse_mapping
from xinheng.connectors.files.imports import undo_import
from xinheng.connectors.files.queue import forget_files, queue_import
from xinheng.connectors.files.read import FILE_BYTES_MAX, ROWS_MAX
from xinheng.connectors.files.record import UndoResult, permission_of
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.intake.actions import confirm_trial, try_again, withdraw_trials
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import history, tables_of, trials_of
from xinheng.receivables.queries import quarantined
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.answers import download
from xinheng.web.imports.quarantine import SHOWN_MAX, shown

UNDO_WORDS = ("撤销", "undo")
CONTENT_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".csv": "text/csv",
}
TABLES = {
    "customers_customer": T("客户", "customers"),
    "customers_othername": T("其他名称", "other names"),
    "receivables_invoice": T("发票", "invoices"),
    "receivables_receipt": T("收款", "receipts"),
    "receivables_order": T("订单", "orders"),
    "receivables_delivery": T("发货", "deliveries"),
    "receivables_bill": T("票据", "bills"),
    "receivables_guarantee": T("保函", "guarantees"),
    "almanac_rate": T("汇率", "rates"),
    "almanac_holiday": T("节假日", "holidays"),
    "almanac_paymentterm": T("付款条件", "payment terms"),
    "dossiers_statement": T("报表", "statements"),
    "applications_application": T("授信申请", "applications"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Templates, the upload form, files that wait, history."""
    error: T | None = None
    if request.method == "POST":
        try:
            return redirect("import", batch_id=_handed_over(request).pk)
        except Refused as refused:
            error = refused.text
    before = request.GET.get("before", "")
    batches = history(51, int(before) if before.isdecimal() and len(before) < 12 else None)
    context = {
        "kinds": {
            kind: label
            for kind, label in KINDS.items()
            if (word := permission_of(kind)) is None or request.user.may(word)
        },
        "batch_kinds": BATCH_KINDS,
        "may_look_up": request.user.may("portfolio.view"),
        "quarantined": quarantined(request.user).count(),
        "kind": request.POST.get("kind", request.GET.get("kind", "invoices")),
        "error": error,
        "options": _typed(request),
        "waiting": trials_of(request.user.pk),
        "batches": batches[:50],
        "next_before": batches[49].pk if len(batches) > 50 else None,
        "largest": FILE_BYTES_MAX // 1024 // 1024,
        "most_rows": ROWS_MAX,
    }
    return render(request, "imports/imports.html", context, status=422 if error else 200)


def _handed_over(request: HttpRequest) -> ImportBatch:
    """Queue the trial of an uploaded file. Refuses what the file or the form does not allow."""
    file, kind = request.FILES.get("file"), request.POST.get("kind", "")
    if kind not in KINDS:
        raise Refused(FileRefusal.KIND_UNKNOWN, kind=kind, kinds=", ".join(KINDS))
    if file is None:
        raise Refused(FileRefusal.NOT_CHOSEN)
    if (file.size or 0) > FILE_BYTES_MAX:
        raise Refused(FileRefusal.TOO_LARGE, most=FILE_BYTES_MAX // 1024 // 1024)
    return queue_import(
        kind,
        file.read(),
        re.sub(r"[\x00-\x1f/\\]", "_", file.name or "file"),
        actor=actor_of(request),
        at=timezone.now(),
        trial=True,
        **_read(kind, _typed(request)),
    )


def _typed(request: HttpRequest) -> dict[str, str]:
    """The options as they were typed."""
    given = request.POST
    order = given.get("date_order", "")
    return {
        "currency": given.get("currency", "").strip().upper()[:3],
        "date_order": order if order in ("dmy", "mdy") else "",
        "mapping": given.get("mapping", "").strip()[:2000],
    }


def _read(kind: str, typed: dict[str, str]) -> dict[str, Any]:
    """What they mean to an import. Refuses MAPPING_WRONG."""
    return {
        "mapping": parse_mapping(kind, typed["mapping"]),
        "default_currency": typed["currency"] or None,
        "date_order": typed["date_order"],
    }


@require_safe
def template_file(request: HttpRequest, kind: str, suffix: str) -> HttpResponse:
    """A template to fill in: notes, a sample row, drop-downs."""
    if kind not in KINDS or f".{suffix}" not in CONTENT_TYPES:
        raise Http404("no such template")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.{suffix}"
        templates.write_template(kind, path)
        return download(path.read_bytes(), f"xinheng-{path.name}", CONTENT_TYPES[path.suffix])


@require_safe
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """A file on its way: what its trial found, how far its import is, what it did."""
    row = _batch(request, batch_id)
    if request.htmx:
        return _moved_on(request, row)
    if row.state == "trial":
        return render(request, "imports/trial.html", _trial_context(row))
    return render(request, "imports/batch.html", _batch_context(request, row))


def _batch(request: HttpRequest, batch_id: int) -> ImportBatch:
    """The batch; a trial only for the person who handed the file over."""
    row = get_object_or_404(ImportBatch.objects.select_related("started_by"), pk=batch_id)
    if row.state == "trial" and row.started_by_id != request.user.pk:
        raise Http404("another person's trial")
    return row


def _moved_on(request: HttpRequest, row: ImportBatch) -> HttpResponse:
    """For a page that looks again each second: the next step of the progress, or a new page."""
    tried = row.state == "trial" and "found" in row.options
    if row.state in ("trial", "running") and not tried:
        return render(request, "imports/_progress.html", {"batch": row})
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def _trial_context(row: ImportBatch, error: T | None = None) -> dict[str, object]:
    told = row.options
    mapping = ",".join(f"{name}={header}" for name, header in told["mapping"].items())
    currency = told["default_currency"] or ""
    return {
        "batch": row,
        "kind": KINDS[row.kind],
        "found": told.get("found"),
        "fields": ", ".join(wanted.name for wanted in FIELDS[row.kind]),
        "options": {"currency": currency, "date_order": told["date_order"], "mapping": mapping},
        "error": error,
    }


@require_POST
def again(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Try the file with other options, or take it back."""
    row, at = _batch(request, batch_id), timezone.now()
    if request.POST.get("take_back"):
        forget_files(withdraw_trials(actor=actor_of(request), at=at, batch_id=batch_id))
        return redirect("imports")
    typed = _typed(request)
    try:
        told = _read(row.kind, typed) | {"skip_bad": False}
        try_again(batch_id, told, actor=actor_of(request), at=at)
    except Refused as refused:
        if row.state != "trial":
            return redirect("import", batch_id=batch_id)
        context = _trial_context(row, refused.text) | {"options": typed}
        return render(request, "imports/trial.html", context, status=422)
    return redirect("import", batch_id=batch_id)


@require_POST
def run(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Import the file that was tried. Whoever clicks twice sees the import under way."""
    row = _batch(request, batch_id)
    skip_bad = request.POST.get("skip_bad") == "1"
    if row.state == "trial":
        with suppress(Refused):
            how = {"actor": actor_of(request), "at": timezone.now()}
            confirm_trial(batch_id, skip_bad=skip_bad, **how)
    return redirect("import", batch_id=batch_id)


def _errors(name: str) -> HttpResponse:
    folder = Path(settings.XINHENG_IMPORTS_DIR).resolve()
    path = (folder / name).resolve() if name else folder
    if path.parent != folder or not path.is_file():
        raise Http404("no such file")
    kind = CONTENT_TYPES.get(path.suffix, "application/octet-stream")
    return download(path.read_bytes(), path.name, kind)


def _batch_context(request: HttpRequest, row: ImportBatch) -> dict[str, object]:
    touched = [
        (TABLES.get(table, T(table, table)), count) for table, count in tables_of(row).items()
    ]
    may_undo = row.state == "done" and request.user.may("imports.undo")
    waits = quarantined(request.user, batch_id=row.pk)
    return {
        "batch": row,
        "kind": BATCH_KINDS[row.kind],
        "touched": touched,
        "may_undo": may_undo,
        "may_see_applications": request.user.may("applications.view"),
        "under_way": row.state == "running",
        "quarantined": [shown(item) for item in waits[:SHOWN_MAX]],
        "quarantined_count": waits.count(),
    }


@require_safe
def errors_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The person's own file back, with the reason beside each bad row."""
    row = _batch(request, batch_id)
    found = row.options.get("found") or {}
    return _errors(found.get("errors_file", "") if row.state == "trial" else row.errors_file)


@require_POST
def undo(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Take the batch back, once the word has been typed."""
    row = get_object_or_404(ImportBatch.objects.select_related("started_by"), pk=batch_id)
    error: T | None = None
    if request.POST.get("word", "").strip().lower() not in UNDO_WORDS:
        error = T("请输入“撤销”二字以确认。", "Type “undo” to confirm.")
    else:
        try:
            result = undo_import(row.pk, actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            error = refused.text
        else:
            messages.success(request, str(_undone(result, row.kind)))
            return redirect("import", batch_id=row.pk)
    context = _batch_context(request, row) | {"undo_error": error}
    return render(request, "imports/batch.html", context, status=422)


def _undone(result: UndoResult, kind: str) -> T:
    if kind == "applications":
        return _withdrawn(result)
    said = T(
        "批次 {b} 已撤销：删除 {r} 条，还原 {s} 条，占用和评级已重算。",
        "Batch {b} is undone: {r} records removed, {s} restored; exposure and ratings follow.",
    ).format(b=result.batch_id, r=result.removed, s=result.restored)
    if result.facts_kept:
        stay = T(
            "{n} 项信息已核验，保留在档案里。",
            " {n} facts were verified meanwhile and stay in the file.",
        ).format(n=result.facts_kept)
        said = T(said.zh + stay.zh, said.en + stay.en)
    if not result.customers_kept:
        return said
    kept = T(
        "{n} 个客户已有评估或其他记录，保留下来。",
        " {n} customers stay: assessments or other records refer to them.",
    ).format(n=result.customers_kept)
    return T(said.zh + kept.zh, said.en + kept.en)


def _withdrawn(result: UndoResult) -> T:
    said = T(
        "批次 {b} 已撤销：撤回 {n} 份申请。", "Batch {b} is undone: {n} applications withdrawn."
    ).format(b=result.batch_id, n=result.removed)
    if not result.applications_kept:
        return said
    stay = T(
        "{n} 份已有人办理，保留。", " {n} stay: somebody deals with them or has ended them."
    ).format(n=result.applications_kept)
    return T(said.zh + stay.zh, said.en + stay.en)
