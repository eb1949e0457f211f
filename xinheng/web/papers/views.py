"""Papers to take along: each is made when somebody asks for it, and recorded as made.

Asking is a POST, because an entry is written; the answer is the file. Who may see the rows may have
their paper, nobody else: a stranger's is 404. While the press is full the answer is 503 with a
sentence. A paper's QR code leads to `entry`: which paper left, when, with which hash.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from xinheng.applications.models import Application
from xinheng.ledger import queries as ledger
from xinheng.ledger.actions import new_ids
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.merkle.commitment import read_leaf
from xinheng.modelling.models import LearntModel
from xinheng.papers import making, press
from xinheng.papers.layout import Block
from xinheng.papers.making import TITLES, Cover, Made, Reader
from xinheng.papers.workbook import workbook
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.files.finding import customer_of
from xinheng.web.files.looking_back import view_of
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.answers import download
from xinheng.web.papers import approval, credit_report, letter, validation
from xinheng.web.papers.asked import gather

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LANGUAGES = {"zh": "zh-hans", "en": "en"}


@require_POST
def report(request: Any, code: str) -> HttpResponse:
    """The credit report of a customer, as PDF or workbook, of today or a past day."""
    customer = customer_of(request, code)
    if day := request.POST.get("as_of", ""):
        request.GET = request.GET.copy()
        request.GET["as_of"] = day

    def draw() -> HttpResponse:
        asked = gather(request.user, customer, view_of(request), request.GET.get("currency", ""))
        cover, blocks = credit_report.cover(asked), credit_report.blocks(asked)
        reader = reader_of(request)
        if request.POST.get("form") == "xlsx":
            return _sheet(cover, blocks, reader)
        return _paper(cover, blocks, reader)

    return spoken(request, draw)


@require_POST
def limit_letter(request: HttpRequest, limit: int) -> HttpResponse:
    """The letter on a limit that was granted and has not been ended."""
    lines = CreditLine.objects.visible_to(request.user)
    rows = DatedLimit.objects.select_related("line", "line__customer").filter(line__in=lines)
    found = get_object_or_404(rows, pk=limit, ended_at__isnull=True)
    wish = letter.came_of(found)
    number = wish[0].number if wish else f"L-{found.pk}"
    conditions = wish[1].conditions if wish and wish[1] else []

    def draw() -> HttpResponse:
        cover = letter.cover(found, found.line.customer, number)
        return _paper(cover, letter.blocks(found, conditions), reader_of(request))

    return spoken(request, draw)


@require_POST
def approval_form(request: HttpRequest, number: str) -> HttpResponse:
    """The approval form of an application."""
    rows = Application.objects.all().visible_to(request.user)
    rows = rows.select_related("customer", "applicant", "analyst")
    found = get_object_or_404(rows, number=number)

    def draw() -> HttpResponse:
        snapshot, proposal = approval.newest(found)
        cover = approval.cover(found, snapshot, proposal)
        return _paper(cover, approval.blocks(found, snapshot, proposal), reader_of(request))

    return spoken(request, draw)


@require_POST
def validation_report(request: HttpRequest, model: int) -> HttpResponse:
    """The validation report of a learnt model."""
    rows = LearntModel.objects.all().visible_to(request.user).select_related("sample")
    found = get_object_or_404(rows, pk=model)

    def draw() -> HttpResponse:
        return _paper(validation.cover(found), validation.blocks(found), reader_of(request))

    return spoken(request, draw)


def spoken(request: HttpRequest, draw: Callable[[], HttpResponse]) -> HttpResponse:
    """Drawn in the language that the form asks for, else the reader's own; 503 while full."""
    language = LANGUAGES.get(request.POST.get("lang", ""), translation.get_language())
    try:
        with translation.override(language):
            return draw()
    except press.Busy:
        response = render(request, "parts/refused.html", {"text": press.BUSY}, status=503)
        response["Retry-After"] = "3"
        return response


def reader_of(request: Any) -> Reader:
    """Who has the paper made, and where its entry can be looked up."""
    return Reader(
        person_name(request.user),
        actor_of(request),
        timezone.now(),
        lambda entry: request.build_absolute_uri(reverse("paper-entry", args=[entry])),
    )


def _paper(cover: Cover, blocks: Sequence[Block], reader: Reader) -> HttpResponse:
    made = making.make(cover, blocks, reader)
    return _answer(made, cover, reader, "pdf", "application/pdf")


def _sheet(cover: Cover, blocks: Sequence[Block], reader: Reader) -> HttpResponse:
    """The same blocks as a workbook, under the same records."""
    entry = UUID(new_ids(1)[0])
    paper = making.framed(cover, [], reader, entry)
    lines = [paper.subtitle, paper.line, paper.secrecy, *paper.foot]
    with press.lane():
        content = workbook(paper.title, [one for one in lines if one], blocks)
    made = making.record(cover, "xlsx", content, reader, entry)
    return _answer(made, cover, reader, "xlsx", XLSX)


def _answer(made: Made, cover: Cover, reader: Reader, suffix: str, kind: str) -> HttpResponse:
    stamp = timezone.localtime(reader.at).strftime("%Y%m%d-%H%M")
    name = "-".join(one for one in (str(TITLES[cover.kind]), cover.number, stamp) if one)
    response = download(made.content, f"{name}.{suffix}", kind)
    response["Cache-Control"] = "no-store, private"
    return response


@require_safe
def entry(request: Any, entry: UUID) -> HttpResponse:
    """What is recorded of a paper in hand: which, when, its hash, how far the record has come."""
    leaf = ledger.leaf_of(entry)
    if leaf is None:
        raise Http404("no such entry")
    told: dict[str, Any] = read_leaf(leaf)
    if told.get("kind") != "paper.made":
        raise Http404("not a paper")
    clear = told["clear"]
    context = {
        "entry": entry,
        "title": TITLES.get(clear["paper"], T(clear["paper"], clear["paper"])),
        "form": clear["form"],
        "sha256": clear["sha256"],
        "at": datetime.fromisoformat(told["at"]),
        "status": ledger.status(entry),
        "may_prove": request.user.may("ledger.verify"),
    }
    return render(request, "papers/entry.html", context)
