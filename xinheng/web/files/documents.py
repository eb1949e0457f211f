"""The documents of a credit file: the list with what is valid, one added, given out, withdrawn.

A document leaves the house only by a form with a token, as an attachment that no browser opens in
our name: no sniffing, no caching, an empty sandbox. Giving it out leaves a record. Example: a
licence until 2026-12-10 says on 2026-11-20 "20 days left".
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from xinheng.connectors.files.read import read_bytes
from xinheng.customers.models import Customer
from xinheng.dossiers import filing
from xinheng.dossiers.models import Document
from xinheng.dossiers.queries import Filed, documents_of
from xinheng.dossiers.uploads import BYTES_MAX, Accepted, check_upload
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files.document_form import CLASSES, KINDS, DocumentForm
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.answers import download

SOON_DAYS = 30
SEALED_OFF = "sandbox; default-src 'none'; frame-ancestors 'none'"


class Row(Struct, frozen=True):
    """A document as the page shows it: `tone` colours what is said of its validity."""

    filed: Filed
    kind: T
    secrecy: T
    size: str
    by: str
    validity: T
    tone: str
    age_days: int


@require_safe
def documents(request: HttpRequest, code: str) -> HttpResponse:
    """What is there, and the form for one more."""
    return _page(request, _customer(request, code), _form(request))


@require_POST
def add(request: HttpRequest, code: str) -> HttpResponse:
    """One more; a mistake brings the form back with the reason beside its field."""
    customer = _customer(request, code)
    form = _form(request, request.POST, request.FILES)
    if form.is_valid():
        try:
            upload = _checked(form.cleaned_data["file"])
            new = form.told(customer.code)
            filing.add_document(new, upload, actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, str(T("已存入档案。", "It is in the file.")))
            return redirect("file-documents", code=customer.code)
    form.ask_for_the_file_again()
    return _page(request, customer, form, status=422)


def _checked(file: Any) -> Accepted:
    """The upload, looked at by content; a table must also open in the reader of imports."""
    content = file.read(BYTES_MAX + 1)
    upload = check_upload(file.name or "", content)
    if upload.form in ("csv", "xlsx"):
        read_bytes(f"table.{upload.form}", upload.content)
    return upload


@require_POST
def open_document(request: HttpRequest, code: str, document: UUID) -> HttpResponse:
    """The document itself, for the reader to keep."""
    row = _document(request, code, document)
    given = filing.hand_out(row.pk, actor=actor_of(request), at=timezone.now())
    response = download(given.content, given.file_name, given.media_type)
    response["Content-Security-Policy"] = SEALED_OFF
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
def withdraw(request: HttpRequest, code: str, document: UUID) -> HttpResponse:
    """It counts no more."""
    row = _document(request, code, document)
    try:
        reason = request.POST.get("reason", "")
        filing.withdraw_document(row.pk, reason, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        wrong = {"document": row.pk, "text": refused.text}
        return _page(request, row.customer, _form(request), wrong=wrong, status=422)
    messages.success(request, str(T("已撤下，记入存证账本。", "Withdrawn; the ledger says so.")))
    return redirect("file-documents", code=row.customer.code)


# --- What the page shows


def _customer(request: HttpRequest, code: str) -> Customer:
    found: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    return found


def _document(request: HttpRequest, code: str, document: UUID) -> Document:
    rows = Document.objects.all().visible_to(request.user).select_related("customer")
    found: Document = get_object_or_404(rows, pk=document, customer__code=code)
    return found


def _form(request: HttpRequest, *given: Any) -> DocumentForm:
    return DocumentForm(*given, may_keep_secret=request.user.may(filing.SECRET))


def _page(
    request: HttpRequest,
    customer: Customer,
    form: DocumentForm,
    *,
    wrong: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    day = today(timezone.now())
    filed = documents_of(request.user, customer.pk)
    names = _names(one.uploaded_by for one in filed)
    rows = [shown(one, names, day) for one in filed]
    context = {
        "customer": customer,
        "standing": [row for row in rows if row.filed.withdrawn_at is None],
        "withdrawn": [row for row in rows if row.filed.withdrawn_at is not None],
        "form": form,
        "wrong": wrong,
        "may_add": request.user.may(filing.ADD),
        "may_withdraw": request.user.may(filing.WITHDRAW),
        "may_see_secret": request.user.may(filing.SECRET),
    }
    return render(request, "files/file_documents.html", context, status=status)


def shown(filed: Filed, names: dict[str, str], day: date) -> Row:
    validity, tone = validity_of(filed, day)
    return Row(
        filed,
        KINDS[filed.kind],
        CLASSES[filed.secrecy],
        size_text(filed),
        names.get(filed.uploaded_by, filed.uploaded_by),
        validity,
        tone,
        (day - timezone.localdate(filed.uploaded_at)).days,
    )


def validity_of(filed: Filed, day: date) -> tuple[T, str]:
    """What is said of a document's validity on a day, and the colour of it."""
    if filed.valid_from and filed.valid_from > day:
        return T("尚未生效", "not valid yet"), "watch"
    if filed.valid_until is None:
        return T("没有期限", "no end"), "quiet"
    left = (filed.valid_until - day).days
    if left < 0:
        said = T("已过期 {n} 天", "expired {n} days ago") if left < -1 else _YESTERDAY
        return said.format(n=-left), "stop"
    if left == 0:
        return T("今天到期", "ends today"), "act"
    if left <= SOON_DAYS:
        said = T("还有 {n} 天", "{n} days left") if left > 1 else T("明天到期", "ends tomorrow")
        return said.format(n=left), "watch"
    return T("有效", "valid"), "within"


_YESTERDAY = T("昨天过期", "expired yesterday")


def size_text(filed: Filed) -> str:
    """PDF · 12 页 · 1.4 MB."""
    parts = [filed.form.upper()]
    if filed.pages:
        parts.append(str(T("{n} 页", "pages: {n}").format(n=filed.pages)))
    if filed.width:
        parts.append(f"{filed.width} × {filed.height}")
    return " · ".join([*parts, weight_text(filed.bytes_count)])


def weight_text(count: int) -> str:
    """340 KB, 1.4 MB."""
    tenths = (count * 10 + 524_288) // 1_048_576
    return f"{-(-count // 1024)} KB" if tenths < 10 else f"{tenths // 10}.{tenths % 10} MB"


def _names(refs: Any) -> dict[str, str]:
    """ "user:3" → the person's name."""
    ids = {ref: int(ref[5:]) for ref in refs if ref.startswith("user:") and ref[5:].isdecimal()}
    people = User.objects.in_bulk(set(ids.values()))
    return {ref: people[pk].name for ref, pk in ids.items() if pk in people}
