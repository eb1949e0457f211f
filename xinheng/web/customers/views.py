"""The customer list: find, filter, sort, page, open.

The same address gives the whole page or, to htmx, only the listing; everything chosen stays in
the address, so a view can be sent to a colleague. Grades, limits and overdue amounts are of one
currency, the company's own unless chosen.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.credit.scale import GRADES
from xinheng.customers.models import Customer
from xinheng.customers.queries import search
from xinheng.people.models import BusinessUnit
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.customers import rows
from xinheng.web.frame.currencies import base_currency, currencies_in_use, currency_of
from xinheng.web.frame.tables import (
    PAGE_ROWS,
    Column,
    heads,
    page_of,
    sorting_of,
    tabs,
    unpack,
    url_with,
)
from xinheng.web.templatetags.xinheng import STATUSES

TEXT_MAX: Final = 80
SUGGESTIONS: Final = 8
COUNTED_MAX: Final = 20_000  # beyond it, counts on the tabs would cost more than the list
COLUMNS: Final = (
    Column("code", T("编码", "Code"), "code", css="not-narrow"),
    Column("name", T("客户", "Customer"), "name"),
    Column("grade", T("等级", "Grade"), "grade"),
    Column("limit", T("授信额度", "Limit"), "limit", numeric=True, css="not-narrow"),
    Column("used", T("信用占用", "Exposure"), "used", numeric=True, css="not-narrow"),
    Column("share", T("使用率", "Usage"), "share", numeric=True, css="not-narrow"),
    Column("headroom", T("可用额度", "Headroom"), "headroom", numeric=True),
    Column("overdue", T("逾期", "Overdue"), "overdue", numeric=True),
    Column("days", T("最长逾期天数", "Oldest, days"), "days", numeric=True, css="not-narrow"),
    Column("complete", T("档案完整", "File, %"), "complete", numeric=True, css="not-narrow"),
)
VIEWS: Final = (
    ("", T("全部", "All")),
    ("overdue", T("有逾期", "Overdue")),
    ("over", T("超额度", "Over limit")),
    ("expired", T("额度已过期", "Limit expired")),
    ("unset", T("未设额度", "No limit")),
    ("merged", T("已并入其他", "Merged away")),
)
FILES: Final = (
    ("under60", T("不到 60%", "Under 60 %")),
    ("under80", T("不到 80%", "Under 80 %")),
    ("from80", T("80% 起", "80 % and more")),
    ("none", T("还没有档案", "Nothing yet")),
)


@require_safe
def customers(request: HttpRequest) -> HttpResponse:
    """The list, whole or (to htmx) its listing alone."""
    wanted = wanted_of(request)
    sorting = sorting_of(request, COLUMNS, "-used")
    after = unpack(request.GET.get("after", ""), 2)
    found = rows.page(request.user, wanted, sort=sorting.word, after=after, limit=PAGE_ROWS + 1)
    page = page_of(request, found, PAGE_ROWS, lambda row: [row.key, row.id])
    words = (wanted.text, wanted.view, wanted.grade, wanted.status)
    context = {
        "wanted": wanted,
        "heads": heads(request, COLUMNS, sorting),
        "page": page,
        "currency": wanted.currency,
        "clear_url": request.path,
        "narrowed": any((*words, wanted.unit, wanted.file)),
        "sort": sorting.word,
    }
    if request.headers.get("HX-Target") == "listing":
        return render(request, "customers/listing.html", context)
    return render(request, "customers/list.html", context | choices(request, wanted))


def wanted_of(request: HttpRequest) -> rows.Wanted:
    """What the address asks for; words that are not ours mean nothing."""
    said = request.GET
    view, grade, status = said.get("view", ""), said.get("grade", ""), said.get("status", "")
    file = said.get("file", "")
    return rows.Wanted(
        currency=currency_of(request),
        today=today(timezone.now()),
        text=said.get("q", "").strip()[:TEXT_MAX],
        view=view if view in rows.VIEWS else "",
        grade=grade if grade in (*GRADES, "none") else "",
        status=status if status in STATUSES else "",
        unit=said.get("unit", "")[:40],
        file=file if file in rows.FILES else "",
    )


def choices(request: HttpRequest, wanted: rows.Wanted) -> dict[str, object]:
    """The filters and what they offer."""
    counts = status_counts(request.user)
    total = sum(counts.values())
    held = (
        rows.view_counts(request.user, wanted.currency, wanted.today)
        if total <= COUNTED_MAX
        else {}
    )
    return {
        "views": tabs(request, "view", [(word, label, held.get(word)) for word, label in VIEWS]),
        "grades": [(grade, grade) for grade in GRADES] + [("none", T("未评级", "Not rated"))],
        "statuses": [(code, label, counts.get(code, 0)) for code, label in STATUSES.items()],
        "files": FILES,
        "total": total,
        "may_edit": request.user.may("customers.edit"),
        "units": BusinessUnit.objects.order_by("code") if request.user.sees_all_units else [],
        "currencies": currencies_in_use(request.user),
        "search_text": wanted.text,
        "base_currency": base_currency(),
        "all_url": url_with(request, status=None),
    }


def status_counts(user: Any) -> dict[str, int]:
    """Customers by status; of a large book, up to a minute old."""
    place = f"status-counts:{user.pk}"
    counts: dict[str, int] | None = cache.get(place)
    if counts is None:
        counts = rows.status_counts(user)
        if sum(counts.values()) > COUNTED_MAX:
            cache.set(place, counts, 60)
    return counts


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """The first matches for the search box, the exact code before all."""
    text = request.GET.get("q", "").strip()[:TEXT_MAX]
    found: list[Customer] = []
    if text:
        exact = Customer.objects.visible_to(request.user).filter(code__iexact=text)[:1]
        found = list(exact)
        known = {customer.pk for customer in found}
        more = search(request.user, text, limit=SUGGESTIONS).items
        found += [customer for customer in more if customer.pk not in known]
    return render(
        request, "customers/suggestions.html", {"found": found[:SUGGESTIONS], "text": text}
    )
