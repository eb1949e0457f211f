"""The calendar of freshness: which facts are stale or grow so, by day or by customer, with a file.

Somebody who refreshes files works through it from the top: the form that enters the field anew is
one step away. Everything stands in the address. Example: `?span=7&tier=watch` is what grows stale
within a week at customers on watch; `?by=customer` adds it up per file, the most points first.
"""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.dossiers.fields import Field, catalogue
from xinheng.dossiers.freshness import (
    ROWS_MAX,
    SPANS,
    DueFact,
    DueFile,
    Tally,
    Window,
    due_facts,
    due_files,
    tally,
)
from xinheng.dossiers.measures import TIERS
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.frame.answers import download
from xinheng.web.frame.tables import PAGE_ROWS, Page, Tab, page_of, tabs, unpack, url_with
from xinheng.web.verification.places import block_href, enter_href, field_href, pages

TEXT_MAX: Final = 80
CUSTOMER: Final = "customer"
NEVER_FIRST: Final = ("=", "+", "-", "@", "\t", "\r")
NAMES: Final = {
    "stale": T("已过期", "Stale"),
    "7": T("7 天内", "Within 7 days"),
    "30": T("30 天内", "Within 30 days"),
    "90": T("90 天内", "Within 90 days"),
}
TIER_NAMES: Final = {
    "normal": T("一般客户", "Normal"),
    "watch": T("关注客户", "On watch"),
}
HEAD: Final = (
    *(T("最后有效日", "Fresh until"), T("天数", "Days"), T("客户编码", "Customer code")),
    *(T("客户", "Customer"), T("档次", "Tier"), T("栏目", "Block"), T("字段", "Field")),
    *(T("来源", "Source"), T("取得日", "Observed on")),
)


class Row(Struct, frozen=True):
    """A fact of the calendar, with where to mend it."""

    due: DueFact
    field: Field
    block: T
    source: str
    days: int  # until its last fresh day; negative: for how long it has been stale
    when: T
    field_href: str
    again: str


class FileRow(Struct, frozen=True):
    """A customer's share of the calendar."""

    due: DueFile
    days: int
    when: T
    blocks: list[tuple[T, str]]


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Facts of the window, the most urgent first; or customers, the most points first."""
    day, window = today(timezone.now()), window_of(request)
    by_customer = request.GET.get("by") == CUSTOMER
    told = tally(request.user, day, window)
    page = (_files if by_customer else _facts)(request, day, window)
    context = {
        "day": day,
        "window": window,
        "tally": told,
        "by_customer": by_customer,
        "by_day_href": url_with(request, by=None),
        "by_customer_href": url_with(request, by=CUSTOMER),
        "tabs": _tabs(request, window, told),
        "blocks": [(b, told.blocks.get(b.code, 0)) for b in catalogue().blocks],
        "tiers": [(tier, TIER_NAMES[tier], told.tiers.get(tier, 0)) for tier in TIERS],
        "tier_names": TIER_NAMES,
        "page": page,
        "pages": pages(request, "freshness"),
        "total": told.spans[window.span],
        "may_enter": request.user.may("facts.enter"),
        "csv_query": request.GET.urlencode(),
    }
    return render(request, "verification/calendar.html", context)


def _tabs(request: HttpRequest, window: Window, told: Tally) -> list[Tab]:
    found = tabs(request, "span", [(span, NAMES[span], told.spans[span]) for span in SPANS])
    return [
        Tab(tab.label, tab.href, span == window.span, tab.count)
        for span, tab in zip(SPANS, found, strict=True)
    ]


def window_of(request: HttpRequest) -> Window:
    """From the address; words that are not ours mean the usual."""
    said = request.GET
    span, block, tier = said.get("span", ""), said.get("block", ""), said.get("tier", "")
    return Window(
        span=span if span in SPANS else "30",
        block=block if block in {one.code for one in catalogue().blocks} else "",
        tier=tier if tier in TIERS else "",
        text=said.get("q", "").strip()[:TEXT_MAX],
    )


def _facts(request: HttpRequest, day: date, window: Window) -> Page:
    told = unpack(request.GET.get("after", ""), 2)
    after = _day_key(told)
    found = due_facts(request.user, day, window, limit=PAGE_ROWS + 1, **after)
    page = page_of(request, found, PAGE_ROWS, lambda one: [one.due_on.isoformat(), one.fact])
    return Page([_row(one, day) for one in page.rows], page.next_url, page.first_url)


def _day_key(told: list[Any] | None) -> dict[str, Any]:
    """Where the page starts; a forged key: at the first."""
    if told is None or not (isinstance(told[0], str) and isinstance(told[1], int)):
        return {}
    try:
        return {"after": (date.fromisoformat(told[0]), told[1])}
    except ValueError:
        return {}


def _row(due: DueFact, day: date) -> Row:
    days = (due.due_on - day).days
    return Row(
        due,
        catalogue().fields[due.field],
        _block(due.block),
        words.source(due.source),
        days,
        when_of(days),
        field_href(due.customer, due.field),
        enter_href(due.customer, due.field),
    )


def when_of(days: int) -> T:
    """How long until the last fresh day, or since it."""
    if days < 0:
        said = T("已过期 {n} 天", "stale for {n} days" if days < -1 else "stale since yesterday")
        return said.format(n=-days)
    if days == 0:
        return T("今天是最后一天", "today is the last day")
    return T("还有 {n} 天", "{n} days left" if days > 1 else "1 day left").format(n=days)


def _block(code: str) -> T:
    return next(one.name for one in catalogue().blocks if one.code == code)


def _files(request: HttpRequest, day: date, window: Window) -> Page:
    told = unpack(request.GET.get("after", ""), 2)
    fine = told is not None and all(isinstance(one, int) and 0 <= one < 2**31 for one in told)
    after = {"after": (told[0], told[1])} if told is not None and fine else {}
    found = due_files(request.user, day, window, limit=PAGE_ROWS + 1, **after)
    page = page_of(request, found, PAGE_ROWS, lambda one: [one.points, one.id])
    rows = [
        FileRow(
            one,
            (one.first - day).days,
            when_of((one.first - day).days),
            [(_block(code), block_href(one.customer, code)) for code in one.blocks],
        )
        for one in page.rows
    ]
    return Page(rows, page.next_url, page.first_url)


@require_safe
def calendar_file(request: HttpRequest) -> HttpResponse:
    """The facts of the window as CSV, without their values."""
    day, window = today(timezone.now()), window_of(request)
    found = due_facts(request.user, day, window, limit=ROWS_MAX)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([str(one) for one in HEAD])
    for due in found:
        row = _row(due, day)
        name = due.name or due.name_en
        line = [due.due_on, row.days, due.customer, name, TIER_NAMES[due.tier], row.block]
        line += [row.field.name, row.source, due.observed_on]
        writer.writerow([_tame(str(one)) for one in line])
    name = str(T("信息到期日历 {day}.csv", "Freshness {day}.csv").format(day=day))
    return download(f"\ufeff{text.getvalue()}".encode(), name, "text/csv")


def _tame(text: str) -> str:
    """A name of somebody else never becomes a formula; our own negative numbers stay numbers."""
    ours = text[:1] == "-" and text[1:].isdecimal()
    return f"'{text}" if text.startswith(NEVER_FIRST) and not ours else text
