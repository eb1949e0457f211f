"""The credit file: one question, who is this and how far do I trust them; every figure opens.

The customer is found through `visible_to`, so a stranger's file is 404. Lists behind the figures
are pages of their own and, where the page asks with htmx, a panel under the figure.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.credit.ageing import LATENESS_BUCKETS
from xinheng.credit.money import EXPONENTS
from xinheng.customers.models import Customer
from xinheng.decisions.governing import live_policy
from xinheng.dossiers import queries as dossiers
from xinheng.limits.models import CreditLine
from xinheng.people.queries import today
from xinheng.portfolio.exposure import explain_line
from xinheng.receivables.queries import payments_of
from xinheng.texts import T
from xinheng.web.files import items as documents
from xinheng.web.files import reading
from xinheng.web.files import timeline as history
from xinheng.web.files.block import panels_of
from xinheng.web.files.finding import base_currency, customer_of
from xinheng.web.files.governed import governed
from xinheng.web.files.head import Standing, head_of
from xinheng.web.files.journal import CAUSES
from xinheng.web.files.looking_back import step_of, view_of
from xinheng.web.files.needs import needs_of
from xinheng.web.frame.drawings import AGEING, COMPONENTS, REDUCTIONS
from xinheng.web.frame.tables import Column, Sorting, heads, page_by_key, sorting_of, tabs

TIMELINE_SHOWN = 12
NEWEST_FIRST = Sorting(Column("id", T("时间", "Time"), "pk"), True)


@require_safe
def credit_file(request: HttpRequest, code: str) -> HttpResponse:
    """The file of one customer: what needs somebody, then how things stand."""
    customer = customer_of(request, code)
    step = step_of(request, customer)
    if step is not None:
        return redirect(request.path + step)
    view = view_of(request)
    head = head_of(request, customer, view, "", base_currency())
    context = {
        "customer": customer,
        "head": head,
        "view": view,
        "needs": needs_of(request.user, customer, head, view),
        "may_check": request.user.may("orders.check"),
        "may_apply": request.user.may("applications.write"),
    }
    if head.standing is not None:
        context |= _standing(request, customer, head.standing, view.today)
        context["panels"] = panels_of(request, customer, view, "")
    else:
        context["governed"] = governed(request.user, customer, view.seen)
    return render(request, "files/file.html", context)


def _standing(
    request: HttpRequest, customer: Customer, standing: Standing, day: date
) -> dict[str, Any]:
    """What the overview shows of today, and of no other day."""
    file = reading.read(request.user, customer, standing, day)
    statements = dossiers.statements_of(request.user, customer.pk, 3)
    items_url = f"{reverse('file-items', args=[customer.code])}?currency={file.currency}&bucket="
    return {
        "file": file,
        "today": day,
        "items_url": items_url,
        "ageing_links": {name: items_url + name.replace("+", "%2B") for name in LATENESS_BUCKETS},
        "statements": statements,
        "ratios": dossiers.ratios(statements[0].figures) if statements else [],
        "statement_rows": reading.statement_rows(statements),
        "events": history.read(request.user, customer, imports=False, most=TIMELINE_SHOWN),
    }


@require_safe
def items(request: HttpRequest, code: str) -> HttpResponse:
    """Open invoices, sorted and paged; `invoice` gives the payments of one of them."""
    customer = customer_of(request, code)
    day = today(timezone.now())
    currency = request.GET.get("currency") or base_currency()
    if EXPONENTS.get(currency) is None:
        raise Http404("no such currency")
    bucket = request.GET.get("bucket", "")
    rows = documents.open_invoices(request.user, customer, currency, bucket, day)
    if request.GET.get("invoice", "")[:20].isdecimal():
        invoice = get_object_or_404(rows, pk=int(request.GET["invoice"][:20]))
        context = {"payments": payments_of(invoice.pk, day), "invoice": invoice}
        return render(request, "files/_payments.html", context)
    sorting = sorting_of(request, documents.ITEM_COLUMNS, "due")
    choices = [
        ("", T("全部", "All"), None),
        ("overdue", T("逾期", "Overdue"), None),
        *((name, label, None) for name, label in AGEING.items()),
    ]
    page = page_by_key(request, rows, sorting)
    for row in page.rows:
        row.days_late = (day - row.due_on).days
    context = {
        "customer": customer,
        "currency": currency,
        "today": day,
        "page": page,
        "heads": heads(request, documents.ITEM_COLUMNS, sorting),
        "tabs": tabs(request, "bucket", choices),
        "count": rows.count(),
        "total": documents.total_open(rows),
    }
    return render(request, "files/items.html", context)


@require_safe
def movements(request: HttpRequest, code: str) -> HttpResponse:
    """The journal behind one component of exposure, and what is reserved for orders."""
    customer = customer_of(request, code)
    currency = request.GET.get("currency") or base_currency()
    component = request.GET.get("component", "open_items")
    title = (COMPONENTS | REDUCTIONS).get(component)
    if title is None:
        raise Http404("no such component")
    line = get_object_or_404(CreditLine, customer=customer, currency=currency, scope="")
    rows = documents.movements_of(line, component)
    told = explain_line(line, live_policy().policy, today(timezone.now()))
    part = next(part for part in told.parts if part.component == component)
    context = {
        "customer": customer,
        "currency": currency,
        "component": component,
        "title": title,
        "part": part,
        "counter": part.amount_minor,
        "page": page_by_key(request, rows, NEWEST_FIRST, 25 if request.htmx else 50),
        "reservations": documents.reservations_of(line) if component == "orders" else [],
        "causes": CAUSES,
    }
    template = "files/_movements.html" if request.htmx else "files/movements.html"
    return render(request, template, context)


@require_safe
def timeline(request: HttpRequest, code: str) -> HttpResponse:
    """The whole timeline, imports included."""
    customer = customer_of(request, code)
    events = history.read(request.user, customer, imports=True)
    template = "files/_timeline.html" if request.htmx else "files/timeline.html"
    return render(request, template, {"customer": customer, "events": events})
