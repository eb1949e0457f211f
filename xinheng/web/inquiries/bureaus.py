"""Bureaus' reports of a customer, one bought or handed over; and the log of what asking cost.

The tab “external” of a file shows the same panel (`reports_panel`). Buying asks the bureau while
the page waits, at most 20 seconds, outside any transaction. Example: Alice asks for a record that
was bought last month; the page says it is still good and that nothing was paid.
"""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.connectors.bureau import client_of, connected
from xinheng.customers.models import Customer
from xinheng.inquiries import bureaus, reports
from xinheng.inquiries.bureau_rows import RAW_MAX, Kept
from xinheng.inquiries.bureau_terms import terms
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files.fact_words import told
from xinheng.web.frame.access import actor_of
from xinheng.web.inquiries.consents import WithdrawForm, consents_part
from xinheng.web.inquiries.report_forms import BASES, AskForm, HandOverForm

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

OUTCOMES = {
    "fetched": (T("已取得", "fetched"), "within"),
    "kept": (T("仍有效，未购买", "still good, not bought"), "quiet"),
    "failed": (T("未取得", "no report"), "act"),
    "refused": (T("未允许查询", "not asked"), "stop"),
}
SAID = {
    "fetched": T("报告已存入，{n} 项信息待他人核验。", "The report is kept; facts that wait: {n}."),
    "kept": T("已有的报告仍有效，没有花钱。", "The report that is there is still good: no cost."),
}


def reports_panel(
    request: HttpRequest, customer: Customer, seen: Seen, tried: WithdrawForm | None = None
) -> dict[str, Any]:
    """What bureaus say of a customer, as it was known then; asking is for today."""
    now = seen.known_at is None
    table = reports.compared(request.user, customer, known_at=seen.known_at)
    return {
        "reports": reports.reports_of(request.user, customer, seen.day, known_at=seen.known_at),
        "compared": table,
        "compared_rows": [
            (row, [None if one is None else told(row.field, one) for one in row.values])
            for row in table.rows
        ],
        "names": terms().bureaus,
        "may_buy": now and request.user.may(bureaus.BUY),
        "now": now,
        **consents_part(request, customer, now=now, tried=tried),
    }


@require_safe
def reports_page(request: HttpRequest, code: str) -> HttpResponse:
    """All reports, and the two forms."""
    return page_of(request, customer_in_sight(request, code))


@require_POST
def buy(request: HttpRequest, code: str) -> HttpResponse:
    """Ask the bureau."""
    customer = customer_in_sight(request, code)
    form = AskForm(request.POST, user=request.user, customer=customer, prefix="buy")
    if form.is_valid():
        asking, now = form.asking(customer.code), timezone.now()
        client = client_of(asking.bureau, os.environ, now)
        able = client if client and client.connection else None
        try:
            kept = bureaus.buy_report(asking, able, actor=actor_of(request), at=now)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            return _done(request, customer, kept)
    return page_of(request, customer, buying=form, status=422)


@require_POST
def add(request: HttpRequest, code: str) -> HttpResponse:
    """A report that somebody has in hand."""
    customer = customer_in_sight(request, code)
    about = {"user": request.user, "customer": customer, "prefix": "add"}
    form = HandOverForm(request.POST, request.FILES, **about)
    if form.is_valid():
        asking, now = form.asking(customer.code), timezone.now()
        client = client_of(asking.bureau, os.environ, now)
        raw = form.cleaned_data["file"].read(RAW_MAX + 1)
        day = form.cleaned_data["reported_on"]
        try:
            if client is None:
                raise Http404
            who = actor_of(request)
            kept = bureaus.keep_report(asking, raw, client, actor=who, at=now, reported_on=day)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            return _done(request, customer, kept)
    return page_of(request, customer, handing=form, status=422)


def _done(request: HttpRequest, customer: Customer, kept: Kept) -> HttpResponse:
    messages.success(request, str(SAID[kept.outcome].format(n=kept.facts)))
    if kept.left_out:
        left = T("不能取用的内容：{f}。", "Values that can't be taken: {f}.")
        messages.warning(request, str(left.format(f=", ".join(kept.left_out))))
    return redirect("reports", code=customer.code)


def page_of(
    request: HttpRequest,
    customer: Customer,
    *,
    buying: AskForm | None = None,
    handing: HandOverForm | None = None,
    withdrawing: WithdrawForm | None = None,
    status: int = 200,
) -> HttpResponse:
    from xinheng.web.files.panels import Seen

    about = {"user": request.user, "customer": customer}
    context = {
        "customer": customer,
        **reports_panel(request, customer, Seen(today(timezone.now()), None), withdrawing),
        "buying": buying or AskForm(prefix="buy", **about),
        "handing": handing or HandOverForm(prefix="add", **about),
        "handing_open": handing is not None,
        "unconnected": [
            one.name for one in terms().bureaus.values() if not connected(one.code, os.environ)
        ],
    }
    return render(request, "inquiries/reports.html", context, status=status)


def customer_in_sight(request: HttpRequest, code: str) -> Customer:
    found: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    return found


# --- The log


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Who asked whom in a month, about whom and why, and what it cost."""
    month = _month(request.GET.get("month", ""), today(timezone.now()))
    bureau = request.GET.get("bureau", "")
    bureau = bureau if bureau in terms().bureaus else ""
    begin, end = reports.month_of(month.year, month.month)
    rows = reports.cost_log(request.user, begin=begin, end=end, bureau=bureau)
    sums = reports.month_sums(request.user, month.year, month.month)
    context = {
        "month": month,
        "bureau": bureau,
        "bureaus": terms().bureaus,
        "purposes": terms().purposes,
        "bases": BASES,
        "outcomes": OUTCOMES,
        "rows": rows,
        "full": len(rows) == reports.LOG_MAX,
        "sums": [one for one in sums if not bureau or one.bureau == bureau],
        "people": _names({row.asked_by for row in rows}),
        "budget": _budget(request, month),
    }
    return render(request, "inquiries/bureau_log.html", context)


def _budget(request: HttpRequest, month: date) -> list[reports.BudgetUse]:
    """The whole company's spending, for who sees the whole company."""
    if not request.user.sees_all_units:
        return []
    return reports.budget_of_month(month.year, month.month)


def _month(typed: str, day: date) -> date:
    """The first of the month typed as 2026-11; of this month where it is none."""
    try:
        found = date.fromisoformat(f"{typed}-01")
    except ValueError:
        return day.replace(day=1)
    return found if 2000 <= found.year <= day.year + 1 else day.replace(day=1)


def _names(refs: set[str]) -> dict[str, str]:
    """ "user:3" → the person's name."""
    ids = {ref: int(ref[5:]) for ref in refs if ref.startswith("user:") and ref[5:].isdecimal()}
    people = User.objects.in_bulk(set(ids.values()))
    return {ref: people[pk].name for ref, pk in ids.items() if pk in people}
