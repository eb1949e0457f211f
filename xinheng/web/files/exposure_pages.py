"""Two pages behind the figure "exposure": where it comes from, and the journal of its movements.

The customer is found through `visible_to`, so a stranger's pages are 404. The line is named by
currency and scope in the address; without, the one that carries most.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.http import require_safe

from xinheng.customers.models import Customer
from xinheng.decisions.governing import live_policy
from xinheng.limits.models import CreditLine
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.decisions.words import ref, rule_text
from xinheng.web.files import exposure, journal
from xinheng.web.frame.tables import Column, Sorting, Tab, page_by_key, url_with
from xinheng.web.frame.waterfall import LABELS

NEWEST_FIRST = Sorting(Column("id", T("编号", "No."), "pk"), True)
JOURNAL_SHOWN = 10


@require_safe
def exposure_page(request: HttpRequest, code: str) -> HttpResponse:
    """Why is it this much: the waterfall, documents, tree and newest movements of one line."""
    customer = _customer(request, code)
    lines = _lines(customer)
    if not lines:
        context = {"customer": customer, "page": None}
        return render(request, "files/exposure.html", context)
    line = _chosen(request, lines)
    day, policy = today(timezone.now()), live_policy().policy
    address = f"{reverse('file-exposure', args=[customer.code])}?{urlencode(_key(line))}"
    asked = request.GET.get("component", "")
    page = exposure.read(request.user, line, policy, day, asked, address)
    context = {
        "customer": customer,
        "currency": line.currency,
        "line": line,
        "page": page,
        "today": day,
        "rule": rule_text(page.told.rule),
        "policy": ref(page.told.policy),
        "tabs": _tabs(request, lines, line),
        "scope": exposure.scope_text(line.scope),
        "labels": LABELS,
        "key": urlencode(_key(line)),
        "newest": journal.with_balance(
            line, list(journal.movements(line, journal.Wanted()).order_by("-pk")[:JOURNAL_SHOWN])
        ),
        "causes": journal.CAUSES,
    }
    part = request.htmx and request.htmx.target == "documents"
    return render(request, "files/_documents.html" if part else "files/exposure.html", context)


@require_safe
def journal_page(request: HttpRequest, code: str) -> HttpResponse:
    """Every movement of one line, newest first, narrowed and paged by key."""
    customer = _customer(request, code)
    line = _chosen(request, _lines(customer))
    wanted = journal.wanted_of(request.GET)
    page = page_by_key(request, journal.movements(line, wanted), NEWEST_FIRST)
    journal.with_balance(line, page.rows)
    context = {
        "customer": customer,
        "currency": line.currency,
        "line": line,
        "scope": exposure.scope_text(line.scope),
        "wanted": wanted,
        "page": page,
        "labels": LABELS,
        "causes": journal.CAUSES,
        "found_causes": journal.causes_of(line),
        "tabs": _tabs(request, _lines(customer), line),
        "key": urlencode(_key(line)),
        "file_query": request.GET.urlencode(),
    }
    return render(request, "files/journal.html", context)


@require_safe
def journal_file(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """The same movements as CSV, for whoever may see them."""
    customer = _customer(request, code)
    line = _chosen(request, _lines(customer))
    rows = journal.as_csv(line, journal.wanted_of(request.GET))
    name = f"journal-{customer.code}-{line.currency}.csv"
    head = content_disposition_header(True, name) or "attachment"
    return StreamingHttpResponse(
        rows, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": head}
    )


def _customer(request: HttpRequest, code: str) -> Customer:
    rows = Customer.objects.visible_to(request.user).select_related("business_unit")
    found: Customer = get_object_or_404(rows, code=code)
    return found


def _lines(customer: Customer) -> list[CreditLine]:
    """The customer's lines: the own one that carries most first, sub-limits after."""
    lines = CreditLine.objects.filter(customer=customer).select_related("customer")
    return sorted(lines, key=lambda line: (line.scope != "", -abs(line.open_items_minor), line.pk))


def _chosen(request: HttpRequest, lines: list[CreditLine]) -> CreditLine:
    """The line that the address names, else the first."""
    asked = request.GET.get("currency", ""), request.GET.get("scope", "")
    if not lines:
        raise Http404("no line")
    if asked == ("", ""):
        return lines[0]
    for line in lines:
        if (line.currency, line.scope) == asked:
            return line
    raise Http404("no such line")


def _key(line: CreditLine) -> dict[str, str]:
    return {"currency": line.currency} | ({"scope": line.scope} if line.scope else {})


def _tabs(request: HttpRequest, lines: list[CreditLine], here: CreditLine) -> list[Tab]:
    if len(lines) < 2:
        return []
    return [
        Tab(
            f"{one.currency} · {exposure.scope_text(one.scope)}" if one.scope else one.currency,
            url_with(request, currency=one.currency, scope=one.scope or None, component=None),
            one.pk == here.pk,
        )
        for one in lines
    ]
