"""Financial statements of a customer: years side by side, one version, and its verification.

Every figure says whose statement it is from: source, auditor's opinion, verified or not; what we
reckoned ourselves is marked. Example: a file that says other sales than the entry of a person
becomes the newer version, and its page shows both side by side.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.dossiers.models import Statement
from xinheng.dossiers.queries import versions_of, year_before
from xinheng.dossiers.statement_checks import Finding, check
from xinheng.dossiers.statement_filing import verify_statement
from xinheng.dossiers.statement_templates import template_for
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files.fact_words import HOW
from xinheng.web.files.finding import customer_of
from xinheng.web.files.looking_back import view_of
from xinheng.web.frame.access import actor_of
from xinheng.web.statements import words
from xinheng.web.statements.charts import earnings_chart, ratio_chart
from xinheng.web.statements.comparing import differences
from xinheng.web.statements.reading import VIEWS, sheet_of, values_of, years


@require_safe
def statements(request: HttpRequest, code: str) -> HttpResponse:
    """Years side by side, as they stand or as they were known on a past day."""
    customer, view = customer_of(request, code), view_of(request)
    asked = request.GET.get("series", ""), request.GET.get("view", "")
    shown = years(request.user, customer.pk, *asked, known_at=view.seen.known_at)
    context = {
        "customer": customer,
        "view": view,
        "years": shown,
        "views": VIEWS,
        "standards": words.STANDARDS,
        "earnings": earnings_chart(shown) if shown else None,
        "trend": ratio_chart(shown) if shown else None,
        "may_enter": request.user.may("facts.enter") and not view.back,
    }
    return render(request, "statements/years.html", context)


def _statement(request: HttpRequest, code: str, pk: int) -> Statement:
    customer = customer_of(request, code)
    rows = Statement.objects.all().visible_to(request.user).filter(customer=customer)
    rows = rows.select_related("customer", "entered_person", "verified_by", "document")
    found: Statement = get_object_or_404(rows, pk=pk)
    return found


@require_safe
def statement(request: HttpRequest, code: str, statement: int) -> HttpResponse:
    """One version with all its lines, what it ended, and who verified it."""
    return _page(request, _statement(request, code, statement))


@require_POST
def verify(request: HttpRequest, code: str, statement: int) -> HttpResponse:
    """Another person says that the figures are those of the paper."""
    row = _statement(request, code, statement)
    try:
        how = request.POST.get("how", "")
        verify_statement(row.pk, how, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, row, wrong=refused.text, status=422)
    messages.success(request, str(T("已核验，记入存证账本。", "Verified; the ledger says so.")))
    return redirect("statement", code=row.customer.code, statement=row.pk)


def _page(
    request: HttpRequest, row: Statement, *, wrong: T | None = None, status: int = 200
) -> HttpResponse:
    versions = versions_of(request.user, row)
    place = next(i for i, one in enumerate(versions) if one.pk == row.pk)
    before = versions[place + 1] if place + 1 < len(versions) else None
    own = row.entered_person_id == request.user.pk
    stands = row.known_until is None
    context = {
        "customer": row.customer,
        "statement": row,
        "marks": words.marks(row),
        "standard": words.STANDARDS[row.standard],
        "sheet": sheet_of(row),
        "warnings": _warnings(row),
        "versions": [(one, words.marks(one)) for one in versions],
        "before": before,
        "before_source": words.source(before.source) if before else "",
        "differences": differences(before, row) if before else [],
        "hows": HOW,
        "may_verify": stands
        and row.verified_at is None
        and not own
        and request.user.may("facts.verify"),
        "own": own and row.verified_at is None,
        "may_enter": stands and request.user.may("facts.enter"),
        "wrong": wrong,
    }
    return render(request, "statements/statement.html", context, status=status)


def _warnings(row: Statement) -> list[Finding]:
    """What differs for reasons that a reader should know: cash, opening balances, equity."""
    if row.standard == "brief":
        return []
    template = template_for(row.standard, row.lines)
    earlier = year_before(row.customer_id, row.period_end, row.currency, row.consolidated)
    known = values_of(earlier, template) if earlier else {}
    return check(template, row.lines, row.currency, known).warnings
