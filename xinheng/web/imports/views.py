"""Imports: hand over a file, see what it would do, let it be done, take it back.

A file is first checked as a whole (a dry run in the background) and shown: columns found, counts,
first rows, and every row that can't be taken, with a reason; only then is it imported. The history
undoes a batch.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from xinheng.connectors.files import templates
from xinheng.connectors.files.fields import FIELDS, KINDS
from xinheng.connectors.files.imports import undo_import
from xinheng.connectors.files.read import FILE_BYTES_MAX, ROWS_MAX
from xinheng.connectors.files.record import UndoResult
from xinheng.intake.models import ImportBatch
from xinheng.intake.queries import history, tables_of
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.answers import download
from xinheng.web.imports import uploads, work

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
    "dossiers_statement": T("报表", "statements"),
}


@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Templates, the upload form, files that wait, history."""
    error: T | None = None
    if request.method == "POST":
        file, kind = request.FILES.get("file"), request.POST.get("kind", "")
        if kind not in KINDS:
            error = T("请选择导入什么。", "Choose what the file holds.")
        elif file is None:
            error = T("请选择一个文件。", "Choose a file.")
        else:
            try:
                upload = uploads.store(
                    file, kind, _options(request), request.user.pk, at=timezone.now()
                )
            except Refused as refused:
                error = refused.text
            else:
                work.check(upload, actor=actor_of(request), at=timezone.now())
                return redirect("import-preview", token=upload.token)
    before = request.GET.get("before", "")
    batches = history(51, int(before) if before.isdecimal() and len(before) < 12 else None)
    context = {
        "kinds": KINDS,
        "kind": request.POST.get("kind", request.GET.get("kind", "invoices")),
        "error": error,
        "options": _options(request),
        "waiting": uploads.mine(request.user.pk) if uploads.folder().is_dir() else [],
        "batches": batches[:50],
        "next_before": batches[49].pk if len(batches) > 50 else None,
        "largest": FILE_BYTES_MAX // 1024 // 1024,
        "most_rows": ROWS_MAX,
    }
    return render(request, "imports/imports.html", context, status=422 if error else 200)


def _options(request: HttpRequest) -> dict[str, str]:
    given = request.POST
    order = given.get("date_order", "")
    return {
        "currency": given.get("currency", "").strip().upper()[:3],
        "date_order": order if order in ("dmy", "mdy") else "",
        "mapping": given.get("mapping", "").strip()[:2000],
    }


def _upload(request: HttpRequest, token: str) -> uploads.Upload:
    found = uploads.load(token, request.user.pk)
    if found is None:
        raise Http404("no such upload")
    return found


@require_GET
def template_file(request: HttpRequest, kind: str, suffix: str) -> HttpResponse:
    """A template to fill in: notes, a sample row, drop-downs."""
    if kind not in KINDS or f".{suffix}" not in CONTENT_TYPES:
        raise Http404("no such template")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.{suffix}"
        templates.write_template(kind, path)
        return download(path.read_bytes(), f"xinheng-{path.name}", CONTENT_TYPES[path.suffix])


@require_http_methods(["GET", "POST"])
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """What the file would do. POST: check it again with other options, or take it back."""
    upload = _upload(request, token)
    if request.method == "POST":
        if request.POST.get("take_back"):
            uploads.forget(upload)
            return redirect("imports")
        upload.options = _options(request)
        work.check(upload, actor=actor_of(request), at=timezone.now())
        return redirect("import-preview", token=token)
    if upload.state in ("running", "done"):
        return redirect("import-running", token=token)
    fields = ", ".join(wanted.name for wanted in FIELDS[upload.kind])
    context = {"upload": upload, "kind": KINDS[upload.kind], "fields": fields}
    template = "imports/_check.html" if request.htmx else "imports/preview.html"
    return render(request, template, context)


@require_GET
def preview_errors(request: HttpRequest, token: str) -> HttpResponse:
    """The person's own file back, with the reason beside each bad row."""
    return _errors(_upload(request, token).found.get("errors_file") or "")


def _errors(name: str) -> HttpResponse:
    folder = Path(settings.XINHENG_IMPORTS_DIR).resolve()
    path = (folder / name).resolve() if name else folder
    if path.parent != folder or not path.is_file():
        raise Http404("no such file")
    kind = CONTENT_TYPES.get(path.suffix, "application/octet-stream")
    return download(path.read_bytes(), path.name, kind)


@require_POST
def run(request: HttpRequest, token: str) -> HttpResponse:
    """Import the checked file."""
    upload = _upload(request, token)
    if upload.state == "checked":
        skip_bad = request.POST.get("skip_bad") == "1"
        work.carry_out(upload, skip_bad=skip_bad, actor=actor_of(request), at=timezone.now())
    return redirect("import-running", token=token)


@require_GET
def running(request: HttpRequest, token: str) -> HttpResponse:
    """How far the import is; leads to the batch when it is done."""
    upload = _upload(request, token)
    if upload.state == "done" and upload.batch_id is not None:
        if not request.htmx:
            return redirect("import", batch_id=upload.batch_id)
        response = HttpResponse(status=204)
        response["HX-Redirect"] = f"/imports/{upload.batch_id}/"
        return response
    template = "imports/_progress.html" if request.htmx else "imports/running.html"
    return render(request, template, {"upload": upload, "kind": KINDS[upload.kind]})


@require_GET
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """What a batch did."""
    row = get_object_or_404(ImportBatch.objects.select_related("started_by"), pk=batch_id)
    return render(request, "imports/batch.html", _batch_context(request, row))


def _batch_context(request: HttpRequest, row: ImportBatch) -> dict[str, object]:
    touched = [
        (TABLES.get(table, T(table, table)), count) for table, count in tables_of(row).items()
    ]
    may_undo = row.state == "done" and request.user.may("imports.undo")
    return {"batch": row, "kind": KINDS[row.kind], "touched": touched, "may_undo": may_undo}


@require_GET
def errors_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The batch's file with reasons."""
    return _errors(get_object_or_404(ImportBatch, pk=batch_id).errors_file)


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
            messages.success(request, str(_undone(result)))
            return redirect("import", batch_id=row.pk)
    context = _batch_context(request, row) | {"undo_error": error}
    return render(request, "imports/batch.html", context, status=422)


def _undone(result: UndoResult) -> T:
    said = T(
        "批次 {b} 已撤销：删除 {r} 条，还原 {s} 条，占用和评级已重算。",
        "Batch {b} is undone: {r} records removed, {s} restored; exposure and ratings follow.",
    ).format(b=result.batch_id, r=result.removed, s=result.restored)
    if not result.customers_kept:
        return said
    kept = T(
        "{n} 个客户已有评估或其他记录，保留下来。",
        " {n} customers stay: assessments or other records refer to them.",
    ).format(n=result.customers_kept)
    return T(said.zh + kept.zh, said.en + kept.en)
