"""The ledger page: how far it has come, what it holds, and how to check it without us."""

from __future__ import annotations

from time import perf_counter

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.ledger import queries
from xinheng.ledger.models import Entry
from xinheng.ledger.verifying import check_log
from xinheng.web.frame.answers import download
from xinheng.web.ledger import reading

CHECKED_HERE_MAX = 200_000


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """Checkpoint, backlog, newest entries, public key."""
    before = request.GET.get("before", "")
    start = int(before) if before.isdecimal() and len(before) < 16 else None
    at = timezone.now()
    context = {"page": reading.read(start, at=at), "now": at, "first": start is None}
    return render(request, "ledger/ledger.html", context)


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """The figures at the top as a fragment, asked for every few seconds."""
    at = timezone.now()
    return render(request, "ledger/_status.html", {"page": reading.read(0, at=at), "now": at})


@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Compute the whole log again from its entries; a large log is the command line's work."""
    if queries.published_size() > CHECKED_HERE_MAX:
        context = {"too_large": CHECKED_HERE_MAX}
    else:
        started = perf_counter()
        report = check_log()
        context = {"report": report, "seconds": f"{perf_counter() - started:.1f}"}
    if request.htmx:
        return render(request, "ledger/_check.html", context)
    at = timezone.now()
    context |= {"page": reading.read(None, at=at), "now": at, "first": True}
    return render(request, "ledger/ledger.html", context)


@require_safe
def checkpoint_file(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint as it was published, byte for byte."""
    newest = queries.newest_checkpoint()
    if newest is None:
        raise Http404("no checkpoint yet")
    return download(newest.note.encode(), f"checkpoint-{newest.size}.txt", "text/plain")


@require_safe
def key_file(request: HttpRequest) -> HttpResponse:
    """The log's public key."""
    key = reading.public_key()
    if not key:
        raise Http404("no key yet")
    return download(f"{key}\n".encode(), "ledger.vkey", "text/plain")


@require_safe
def entry_proof(request: HttpRequest, idx: int) -> HttpResponse:
    """The proof of one entry: leaf, index, path and checkpoint in one file."""
    row = get_object_or_404(Entry, pk=idx)
    if idx >= queries.published_size():
        raise Http404("not yet signed")
    return download(queries.proof(row.entry_id), f"entry-{idx}.tlog-proof", "text/plain")
