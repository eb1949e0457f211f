"""Up to 200 orders at once: paste or upload, look at what was understood, see all answers.

The list stays in the form as text, so nothing typed is lost and a reload asks about the same
orders: the same order number, version and contents get the same answer, word for word. All rows
are asked in one call, in the order of the list, so that each sees what the one before it reserved.
"Only try" asks as a quotation does: it decides and reserves nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from xinheng.decisions import actions
from xinheng.decisions.values import Answer
from xinheng.people.queries import company
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.decisions import reading, words
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.answers import download
from xinheng.web.orders import answers_file, many_rows, sheet
from xinheng.web.orders.views import CONFLICTS

UPLOAD_BYTES_MAX = 2 * 1024 * 1024
POINTS = ("order", "quote")
EXAMPLE = "PO-1001\tC-1001\t180000.00\tCNY\t30\nPO-1002\tC-1002\t56000.00"
DOWNLOADS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NO_FILE_OR_TEXT = T("请粘贴订单，或选择一个文件。", "Paste orders or choose a file.")
FILE_TOO_LARGE = T(
    "文件超过 2 MB：一次最多 200 张订单。", "The file is over 2 MB: at most 200 orders at once."
)


@dataclass(frozen=True)
class Answered:
    """A row with its answer; `opened` is None where there is none, and `trouble` says why."""

    row: many_rows.Row
    opened: reading.Answer | None
    decision_id: str
    repeated: bool
    trouble: T | None

    @property
    def outcome(self) -> str:
        return self.opened.outcome.code if self.opened else "none"


@dataclass
class Sent:
    """The form as it was sent, and as far as it could be read."""

    text: str
    point: str
    grid: sheet.Grid | None = None
    rows: list[many_rows.Row] | None = None
    error: T | None = None

    @property
    def good(self) -> list[many_rows.Row]:
        return [row for row in self.rows or [] if not row.errors]

    @property
    def bad(self) -> list[many_rows.Row]:
        return [row for row in self.rows or [] if row.errors]


@require_http_methods(["GET", "HEAD", "POST"])
def check_many(request: HttpRequest) -> HttpResponse:
    """The form, the preview, or all answers; the file of answers with `do=csv` or `do=xlsx`."""
    if request.method != "POST":
        return _page(request, Sent("", "order"))
    sent = _read(request, at=timezone.now())
    wanted = request.POST.get("do", "preview")
    if sent.error or wanted == "preview" or not _ready(sent, request):
        return _page(request, sent, status=422 if sent.error else 200)
    try:
        answered = _answers(request, sent)
    except Refused as refused:
        sent.error = refused.text
        return _page(request, sent, status=409)
    if wanted in DOWNLOADS:
        content = answers_file.write(wanted, answered)
        return download(content, f"xinheng-orders.{wanted}", DOWNLOADS[wanted])
    return _page(request, sent, answered=answered)


def _ready(sent: Sent, request: HttpRequest) -> bool:
    """Whether to ask now: no row needs a look first, or the person leaves those out."""
    if any(row.numbered for row in sent.rows or []):
        return False  # the numbers that we proposed are to be seen before they count
    return bool(sent.good) and (not sent.bad or request.POST.get("skip") == "1")


def _read(request: HttpRequest, *, at: datetime) -> Sent:
    point = request.POST.get("point", "order")
    sent = Sent(request.POST.get("text", ""), point if point in POINTS else "order")
    file = request.FILES.get("file")
    try:
        if file is not None:
            if (file.size or 0) > UPLOAD_BYTES_MAX:
                raise sheet.Unusable(FILE_TOO_LARGE)
            sent.grid = sheet.of_file(file.name or "file", file.read())
            sent.text = sent.grid.as_text()
        elif sent.text.strip():
            sent.grid = sheet.of_text(sent.text)
        else:
            raise sheet.Unusable(NO_FILE_OR_TEXT)
    except sheet.Unusable as unusable:
        sent.error = unusable.text
        return sent
    seller = company()
    currency = seller.base_currency if seller else "CNY"
    sent.rows = many_rows.read(sent.grid, request.user, currency=currency, at=at)
    if any(row.numbered for row in sent.rows):
        sent.grid = sent.grid.with_cells("order_ref", [row.order_ref for row in sent.rows])
        sent.text = sent.grid.as_text()
    return sent


def _answers(request: HttpRequest, sent: Sent) -> list[Answered]:
    """All rows in the order of the list; those with errors are left out and told as such."""
    asked = actions.check_orders(
        [row.ask(sent.point) for row in sent.good], actor=actor_of(request)
    )
    by_line = {row.line: answer for row, answer in zip(sent.good, asked, strict=True)}
    return [_answered(row, by_line.get(row.line)) for row in sent.rows or []]


def _answered(row: many_rows.Row, answer: Answer | None) -> Answered:
    if answer is None:
        left_out = T(
            "这一行有错，没有检查；已通过的不受影响。", "Not asked: this row has mistakes."
        )
        return Answered(row, None, "", False, left_out)
    if answer.status != 200:
        text = CONFLICTS[answer.status].format(ref=row.order_ref, v=row.version)
        return Answered(row, None, "", False, text)
    opened = reading.open_answer(answer.body, row.amount_minor, row.currency)
    return Answered(row, opened, str(answer.decision_id or ""), answer.replayed, None)


def _page(
    request: HttpRequest,
    sent: Sent,
    *,
    answered: list[Answered] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "sent": sent,
        "columns": sheet.COLUMNS,
        "most": sheet.ROWS_MAX,
        "example": EXAMPLE,
        "shown": _shown_columns(sent),
        "totals": _totals(sent.rows or []),
        "proposed": sum(row.numbered for row in sent.rows or []),
        "answered": answered,
    }
    if answered is not None:
        context |= _summary(answered)
    return render(request, "orders/many.html", context, status=status)


def _shown_columns(sent: Sent) -> list[tuple[str, T]]:
    """The columns that the list has, with those that every order needs."""
    needed = {"order_ref", "customer", "amount", "currency"}
    there = {name for row in sent.rows or [] for name, text in row.texts.items() if text}
    return [(name, label) for name, label in sheet.COLUMNS.items() if name in needed | there]


def _totals(rows: list[many_rows.Row]) -> list[tuple[str, int]]:
    sums: Counter[str] = Counter()
    for row in rows:
        if not row.errors:
            sums[row.currency] += row.amount_minor
    return sorted(sums.items())


def _summary(answered: list[Answered]) -> dict[str, Any]:
    """Counts per outcome and, per currency, what was asked and what of it was approved."""
    counts = Counter(one.outcome for one in answered)
    figures = [(words.OUTCOMES[code], counts[code]) for code in words.OUTCOMES]
    approved: Counter[str] = Counter()
    for one in answered:
        if one.outcome == "approve":
            approved[one.row.currency] += one.row.amount_minor
    totals = [(c, minor, approved[c]) for c, minor in _totals([one.row for one in answered])]
    return {
        "figures": figures,
        "unanswered": counts["none"],
        "asked_and_approved": totals,
        "repeated": sum(one.repeated for one in answered),
    }
