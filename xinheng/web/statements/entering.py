"""Entering a statement: the template as a form, sums as one goes, refused only when it is saved.

The sums are reckoned on the server: each change sends the form, and the answer replaces the sums,
the mistakes beside their lines and the line that says by how much the two sides differ. Without
script a button does the same. Nothing typed is lost, whatever is wrong.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from xinheng.customers.models import Customer
from xinheng.dossiers.models import Statement
from xinheng.dossiers.queries import documents_of
from xinheng.dossiers.statement_filing import file_statement
from xinheng.dossiers.statement_templates import opinions, parts
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files.finding import base_currency, customer_of
from xinheng.web.frame.access import actor_of
from xinheng.web.statements.entry import (
    Typed,
    first_typed,
    form_parts,
    last_year_of,
    require_source,
    state_of,
    typed_from,
    typed_of,
)
from xinheng.web.statements.words import FORMS, UNITS


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str) -> HttpResponse:
    """The form; saved where everything adds up, else back with what is wrong."""
    customer = customer_of(request, code)
    if request.method != "POST":
        return _form(request, customer, _first(request, customer))
    typed = typed_of(request.POST.dict())
    if "look" in request.POST:
        return _form(request, customer, typed)
    require_source(typed)
    refusal: T | None = None
    if not typed.errors:
        try:
            row = typed.row(customer)
            pk = file_statement(row, actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            refusal = refused.text
        else:
            messages.success(request, str(_SAVED))
            return redirect("statement", code=customer.code, statement=pk)
    return _form(request, customer, typed, refusal=refusal, refused=True)


_SAVED = T("已保存，等待另一人核验。", "Saved; it waits for another person to verify it.")


@require_POST
def sums(request: HttpRequest, code: str) -> HttpResponse:
    """Sums, mistakes and the difference of the two sides; the whole form where its head changed."""
    customer = customer_of(request, code)
    typed = typed_of(request.POST.dict())
    whole = request.GET.get("whole") == "1"
    template = "statements/_entry.html" if whole else "statements/_sums.html"
    return render(request, template, _context(request, customer, typed))


def _first(request: HttpRequest, customer: Customer) -> Typed:
    """An empty form, or one that begins with an earlier version."""
    asked = request.GET.get("from", "")
    if asked.isdecimal() and len(asked) < 12:
        rows = Statement.objects.all().visible_to(request.user).filter(customer=customer)
        found = rows.filter(pk=int(asked)).first()
        if found is not None:
            return typed_from(found)
    return first_typed(base_currency(), today(timezone.now()))


def _form(
    request: HttpRequest,
    customer: Customer,
    typed: Typed,
    *,
    refusal: T | None = None,
    refused: bool = False,
) -> HttpResponse:
    context = _context(request, customer, typed)
    context |= {"refusal": refusal, "refused": refused}
    status = 422 if refused else 200
    return render(request, "statements/entry.html", context, status=status)


def _context(request: HttpRequest, customer: Customer, typed: Typed) -> dict[str, Any]:
    before = last_year_of(customer, typed)
    state = state_of(typed, before)
    papers = [
        (str(one.id), one.title or "–")
        for one in documents_of(request.user, customer.pk)
        if one.withdrawn_at is None
    ]
    names = {line.code: line.name for line in typed.template.lines}
    return {
        "customer": customer,
        "typed": typed,
        "state": state,
        "form_parts": form_parts(typed, state, before, parts()),
        "wrong_lines": [
            (code, names[code], text) for code, text in typed.errors.items() if code in names
        ],
        "forms": FORMS,
        "units": {str(number): name for number, name in UNITS.items()},
        "opinions": opinions(),
        "papers": papers,
        "has_last_year": bool(before),
    }
