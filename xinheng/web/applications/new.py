"""A new application: chosen customer, form, draft or submitted at once; changing a draft.

While one types, the amount is written out in capital characters below the field, by the server.
Example: "80" in 万元 reads 人民币捌拾万元整.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from xinheng.applications import applying, queries
from xinheng.applications.models import Application
from xinheng.credit.capitals import capitals
from xinheng.credit.money import EXPONENTS, MoneyError, display, to_text
from xinheng.customers.models import Customer
from xinheng.limits.models import CreditLine
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.forms import ApplyForm, minor_of
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.currencies import base_currency

DRAFTED = T("已存为草稿。", "Kept as a draft.")
SENT = T("已提交，等待信用分析受理。", "Submitted; it waits for an analyst.")


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose a customer, then say what is wanted."""
    code = request.GET.get("customer", "")
    if not code:
        return render(request, "applications/choose.html", status=_status(request))
    customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    form = ApplyForm(request.POST or None, initial=_begun(request, customer))
    if request.method == "POST" and form.is_valid():
        row = _kept(request, customer, form, None)
        if row is not None:
            return redirect("application", number=row.number)
    return _page(request, customer, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, number: str) -> HttpResponse:
    """Change a draft, or what came back."""
    row = queries.find(request.user, number)
    if row is None:
        raise Http404("no such application")
    form = ApplyForm(request.POST or None, initial=_as_typed(row))
    if request.method == "POST" and form.is_valid():
        kept = _kept(request, row.customer, form, row)
        if kept is not None:
            return redirect("application", number=row.number)
    return _page(request, row.customer, form, row)


@require_safe
def written_out(request: HttpRequest) -> HttpResponse:
    """The amount that is being typed, in figures and capital characters."""
    said = request.GET
    currency = said.get("currency", "CNY")
    context: dict[str, Any] = {}
    if currency in EXPONENTS and said.get("amount", "").strip():
        try:
            minor = minor_of(said["amount"], said.get("unit", "one"), currency)
            told = f"{currency} {display(minor, currency)}"
            context = {"figures": told, "capitals": capitals(minor, currency)}
        except MoneyError:
            context = {"not_yet": True}
    return render(request, "applications/_written_out.html", context)


def _kept(
    request: HttpRequest, customer: Customer, form: ApplyForm, old: Application | None
) -> Application | None:
    """Drafted or changed, and submitted where that was pressed; None: refused, and said so."""
    actor, at = actor_of(request), timezone.now()
    submits = request.POST.get("then") == "submit"
    try:
        told = form.told(customer)
        if old is not None:
            row = applying.change(old.number, told, actor=actor, at=at)
            if submits:
                row = applying.submit(row.number, actor=actor, at=at)
        else:
            act = applying.apply_at_once if submits else applying.draft
            row = act(told, actor=actor, at=at)
    except Refused as refused:
        form.say_refusal(refused)
        return None
    messages.success(request, str(SENT if submits else DRAFTED))
    return row


def _page(
    request: HttpRequest, customer: Customer, form: ApplyForm, old: Application | None
) -> HttpResponse:
    lines = CreditLine.objects.filter(customer=customer, scope="").order_by("currency")
    context = {"customer": customer, "form": form, "old": old, "lines": lines}
    return render(request, "applications/new.html", context, status=_status(request))


def _status(request: HttpRequest) -> int:
    return 422 if request.method == "POST" else 200


def _begun(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What most would choose: an increase where there is a limit, its currency and terms."""
    line = CreditLine.objects.filter(customer=customer, scope="").order_by("-amount_minor").first()
    has = line is not None and (line.amount_minor is not None or line.unlimited)
    return {
        "kind": request.GET.get("kind") or ("increase" if has else "new"),
        "unit": "wan" if base_currency() == "CNY" else "one",
        "currency": line.currency if line is not None else base_currency(),
        "terms_days": (line.terms_days_max if line is not None else None) or 30,
    }


def _as_typed(row: Application) -> dict[str, Any]:
    bought = row.forecast.get("purchases_year_minor")
    return {
        "kind": row.kind,
        "amount": to_text(row.asked_minor, row.currency),
        "unit": "one",
        "currency": row.currency,
        "terms_days": row.asked_terms_days,
        "purpose": row.purpose,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "purchases": to_text(bought, row.currency) if bought else "",
        "share": row.forecast.get("our_share_pct"),
    }
