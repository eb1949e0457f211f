"""The portfolio: is the book well, what changed, where is the money at risk. And the open items
behind its figures.

Every figure leads to the list it counts: exposure and headroom to customers, ageing to open
items, holds to the queue.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.credit.scale import GRADES
from xinheng.people.queries import today
from xinheng.portfolio.queries import exposure_totals, rating_mix, week_changes
from xinheng.receivables.models import Invoice, Receipt
from xinheng.texts import T
from xinheng.web.customers import rows
from xinheng.web.frame.currencies import currencies_in_use, currency_of
from xinheng.web.frame.drawings import AGEING
from xinheng.web.frame.tables import Column, heads, page_by_key, sorting_of, tabs
from xinheng.web.portfolio import charts, figures, words

TOP: Final = 10
# The days past due that a bucket holds, both ends included.
BUCKET_DAYS: Final[dict[str, tuple[int | None, int | None]]] = {
    "not_due": (None, 0),
    "1-30": (1, 30),
    "31-60": (31, 60),
    "61-90": (61, 90),
    "91-180": (91, 180),
    "181-365": (181, 365),
    "365+": (366, None),
}
ITEM_COLUMNS: Final = (
    Column("number", T("发票号", "Invoice"), "number"),
    Column("customer", T("客户", "Customer"), "customer__code"),
    Column("issued", T("开票日", "Issued"), "issued_on", css="not-narrow"),
    Column("due", T("到期日", "Due"), "due_on"),
    Column("days", T("逾期天数", "Days past due"), numeric=True, css="not-narrow"),
    Column("amount", T("金额", "Amount"), "amount_minor", numeric=True, css="not-narrow"),
    Column("open", T("未结", "Open"), "open_minor", numeric=True),
)


@require_safe
def portfolio(request: HttpRequest) -> HttpResponse:
    """The whole book on one page, in one currency."""
    now = timezone.now()
    day, currency, user = today(now), currency_of(request), request.user
    week = week_changes(day, currency, user, limit=3)
    weeks = figures.due_weeks(user, currency, day)
    mix = rating_mix(day, currency, user)
    top = rows.page(user, rows.Wanted(currency, day), sort="-used", after=None, limit=TOP)
    context = {
        "today": day,
        "now": now,
        "currency": currency,
        "currencies": currencies_in_use(user),
        "book": week.now,
        "week": week,
        "exposure": exposure_totals(day, currency, user),
        "ageing_hrefs": ageing_hrefs(currency),
        "grade_amounts": {share.grade: share.used_minor for share in mix},
        "grade_counts": {share.grade: share.customers for share in mix},
        "grade_hrefs": grade_hrefs(currency),
        "top": top,
        "top_used": sum(max(0, row.used_minor or 0) for row in top),
        "waiting": figures.waiting(user),
        "alarms": figures.alarms(user),
        "intake": figures.intake(user, currency, day, now),
        "due_weeks": weeks,
        "due_next": sum(due.minor for due in weeks[1:5]),
        "due_chart": charts.due_chart(weeks, currency),
    }
    return render(request, "portfolio/portfolio.html", context | words.titles(context))


def ageing_hrefs(currency: str) -> dict[str, str]:
    """Where each age leads: to its open items."""
    base = reverse("open-items")
    return {key: f"{base}?currency={currency}&bucket={key.replace('+', '%2B')}" for key in AGEING}


def grade_hrefs(currency: str) -> dict[str, str]:
    """Where each grade leads: to its customers."""
    base = reverse("customers")
    return {g: f"{base}?currency={currency}&grade={g or 'none'}" for g in (*GRADES, "")}


@require_safe
def open_items(request: HttpRequest) -> HttpResponse:
    """The documents behind open, overdue and each age; `bucket=unapplied` lists receipts not yet
    matched.
    """
    day, currency = today(timezone.now()), currency_of(request)
    bucket = request.GET.get("bucket", "")
    if bucket == "unapplied":
        return unapplied(request, currency)
    sorting = sorting_of(request, ITEM_COLUMNS, "due")
    found = open_invoices(request.user, currency, bucket, day)
    page = page_by_key(request, found.select_related("customer"), sorting)
    for item in page.rows:
        item.days_late = max(0, (day - item.due_on).days)
    context = {
        "currency": currency,
        "bucket": bucket,
        "tabs": bucket_tabs(request, currency, day),
        "heads": heads(request, ITEM_COLUMNS, sorting),
        "page": page,
        "today": day,
    }
    return render(request, "portfolio/open_items.html", context)


def open_invoices(user: Any, currency: str, bucket: str, day: date) -> Any:
    """Invoices with something open on the day, of one age or all."""
    found = Invoice.objects.visible_to(user).filter(
        currency=currency, open_minor__gt=0, issued_on__lte=day
    )
    if bucket == "overdue":
        return found.filter(due_on__lt=day)
    low, high = BUCKET_DAYS.get(bucket, (None, None))
    if low is not None:
        found = found.filter(due_on__lte=day - timedelta(days=low))
    if high is not None:
        found = found.filter(due_on__gte=day - timedelta(days=high))
    return found


def bucket_tabs(request: HttpRequest, currency: str, day: date) -> Any:
    """All, overdue, then the seven ages."""
    choices = [
        ("", T("全部未结", "All open"), None),
        ("overdue", T("逾期", "Overdue"), None),
        *((key, label, None) for key, label in AGEING.items()),
        ("unapplied", T("未核销收款", "Unapplied cash"), None),
    ]
    return tabs(request, "bucket", choices)


RECEIPT_COLUMNS: Final = (
    Column("number", T("收款号", "Receipt"), "number"),
    Column("customer", T("客户", "Customer"), "customer__code"),
    Column("received", T("收款日", "Received"), "received_on"),
    Column("reference", T("付款附言", "Reference"), css="not-narrow"),
    Column("amount", T("金额", "Amount"), "amount_minor", numeric=True, css="not-narrow"),
    Column("open", T("未核销", "Unapplied"), "unapplied_minor", numeric=True),
)


def unapplied(request: HttpRequest, currency: str) -> HttpResponse:
    """Receipts of which a part settles nothing yet."""
    sorting = sorting_of(request, RECEIPT_COLUMNS, "-open")
    found = Receipt.objects.visible_to(request.user).filter(
        currency=currency, unapplied_minor__gt=0
    )
    context = {
        "currency": currency,
        "bucket": "unapplied",
        "tabs": bucket_tabs(request, currency, today(timezone.now())),
        "heads": heads(request, RECEIPT_COLUMNS, sorting),
        "page": page_by_key(request, found.select_related("customer"), sorting),
    }
    return render(request, "portfolio/open_items.html", context)
