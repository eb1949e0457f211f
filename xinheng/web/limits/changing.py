"""Pages that change one line: a limit for a period, a cover, a forced hold, and the end of each.

Each is a form of its own that works without scripts and keeps what was typed; the action judges
authority and whether it takes two, the page says what became of it. Example: a raise by Alice ends
as "proposed, waits for another person", a lowering as "in force".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from xinheng.customers.models import Customer
from xinheng.decisions.file_gaps import held_back
from xinheng.limits import covering, granting
from xinheng.limits.models import Cover, CreditLine, DatedLimit
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.limits.card import COVER_KINDS, address
from xinheng.web.limits.change_forms import CoverForm, LimitForm, ReasonForm, say_refusal
from xinheng.web.limits.views import card_of, customer_of

GET_AND_POST = ["GET", "HEAD", "POST"]


@require_http_methods(GET_AND_POST)
def change(request: HttpRequest, code: str, currency: str) -> HttpResponse:
    """A limit from a day on, or for a period, of the own line, the group's or a part."""
    customer, at = customer_of(request, code, currency), timezone.now()
    day, line = today(at), _line(request, customer, currency)
    form = LimitForm(_said(request), currency=currency, day=day, initial=_initial(request, line))
    if request.method == "POST" and form.is_valid():
        try:
            asked, actor = form.limit(customer.pk), actor_of(request)
            done = granting.grant_limit(asked, held_back=held_back, actor=actor, at=at)
        except Refused as refused:
            say_refusal(form, refused)
        else:
            said = (
                T("额度已登记，按日期生效。", "The limit is entered and holds on its days.")
                if done.live
                else T(
                    "授信会变大，须由两人完成：已提出，等待另一位有权限的人授予。",
                    "It gives more credit, which takes two: proposed, another person grants it.",
                )
            )
            messages.success(request, str(said))
            return redirect("limit", code=code, currency=currency)
    told = {
        "title": T("设定额度", "Set a limit"),
        "gaps": held_back([customer.pk], day).get(customer.pk),
        "lead": T(
            "变小由一人生效；变大须另一位有权限的人授予。",
            "Less takes one person; more waits for another with authority.",
        ),
        "button": T("登记", "Enter"),
    }
    return _form(request, customer, currency, line, form, told)


@require_http_methods(GET_AND_POST)
def cover(request: HttpRequest, code: str, currency: str) -> HttpResponse:
    """An insurance, guarantee, collateral or deposit that secures the line."""
    customer, at = customer_of(request, code, currency), timezone.now()
    line = _line(request, customer, currency) or _no_line()
    form = CoverForm(_said(request), currency=currency, day=today(at))
    if request.method == "POST" and form.is_valid():
        try:
            asked, actor = form.cover(line.pk), actor_of(request)
            covering.enter_cover(asked, held_back=held_back, actor=actor, at=at)
        except Refused as refused:
            say_refusal(form, refused)
        else:
            messages.success(request, str(T("担保已登记。", "The cover is entered.")))
            return redirect(address("limit", customer, line))
    told = {
        "title": T("登记担保或保险", "Enter a cover"),
        "lead": T("有效期内按比例加在额度上。", "It adds its share to the limit on its days."),
        "button": T("登记", "Enter"),
    }
    return _form(request, customer, currency, line, form, told)


@require_http_methods(GET_AND_POST)
def hold(request: HttpRequest, code: str, currency: str) -> HttpResponse:
    """Place a forced hold on the line, or lift the one that stands."""
    customer = customer_of(request, code, currency)
    line = _line(request, customer, currency) or _no_line()
    if line.forced_hold:
        told = {
            "title": T("解除强制冻结", "Lift the hold"),
            "lead": T("解除后订单照常检查。", "Orders are then checked as usual."),
            "button": T("解除", "Lift"),
            "done": T("已解除强制冻结。", "The hold is lifted."),
        }
        return _with_reason(request, customer, line, told, granting.lift_hold, line.pk)
    told = {
        "title": T("强制冻结", "Hold by force"),
        "lead": T(
            "这一级及其下各级的订单都会冻结，直到有人解除。",
            "Orders on this line and on all below it are held until a person lifts it.",
        ),
        "button": T("冻结", "Hold"),
        "done": T("已强制冻结。", "The line is held."),
        "danger": True,
    }
    return _with_reason(request, customer, line, told, granting.force_hold, line.pk)


@require_http_methods(GET_AND_POST)
def end(request: HttpRequest, code: str, currency: str) -> HttpResponse:
    """Withdraw a dated limit or end a cover, named by `dated` or `cover`; else back to the card."""
    customer = customer_of(request, code, currency)
    line = _line(request, customer, currency) or _no_line()
    asked = request.POST if request.method == "POST" else request.GET
    if (pk := _number(asked.get("cover", ""))) is not None:
        found = Cover.objects.filter(line=line, pk=pk, ended_at__isnull=True).first()
        if found is not None:
            kind = COVER_KINDS[found.kind]
            told = {
                "title": T("终止担保", "End a cover"),
                "lead": T(f"{kind.zh} {found.reference}", f"{kind.en} {found.reference}"),
                "button": T("终止", "End"),
                "done": T("担保已终止。", "The cover is ended."),
                "hidden": ("cover", pk),
                "danger": True,
            }
            return _with_reason(request, customer, line, told, covering.end_cover, pk)
    if (pk := _number(asked.get("dated", ""))) is not None:
        row = DatedLimit.objects.filter(line=line, pk=pk, ended_at__isnull=True).first()
        if row is not None:
            told = {
                "title": T("撤销额度", "Withdraw a limit"),
                "lead": T(
                    f"{row.valid_from} – {row.valid_until}", f"{row.valid_from} – {row.valid_until}"
                ),
                "button": T("撤销", "Withdraw"),
                "done": T("额度已撤销。", "The limit is withdrawn."),
                "hidden": ("dated", pk),
                "danger": True,
            }
            return _with_reason(request, customer, line, told, granting.withdraw_limit, pk)
    return redirect(address("limit", customer, line))


def _with_reason(
    request: HttpRequest,
    customer: Customer,
    line: CreditLine,
    told: dict[str, Any],
    action: Callable[..., None],
    pk: int,
) -> HttpResponse:
    form = ReasonForm(_said(request))
    if request.method == "POST" and form.is_valid():
        try:
            action(pk, form.cleaned_data["reason"], actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            say_refusal(form, refused)
        else:
            messages.success(request, str(told["done"]))
            return redirect(address("limit", customer, line))
    return _form(request, customer, line.currency, line, form, told)


def _form(
    request: HttpRequest,
    customer: Customer,
    currency: str,
    line: CreditLine | None,
    form: forms.Form,
    told: dict[str, Any],
) -> HttpResponse:
    context = told | {
        "customer": customer,
        "currency": currency,
        "line": line,
        "form": form,
        "page": card_of(request, line),
        "back": address("limit", customer, line) if line else "",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "limits/change.html", context, status=status)


def _line(request: HttpRequest, customer: Customer, currency: str) -> CreditLine | None:
    """The line that the address names; a scope without a line is absent, the own one may be new."""
    scope = request.GET.get("scope", "")
    found = CreditLine.objects.filter(customer=customer, currency=currency, scope=scope)
    line = found.select_related("customer").first()
    if line is None and scope:
        raise Http404("no such line")
    return line


def _no_line() -> CreditLine:
    raise Http404("no line")


def _initial(request: HttpRequest, line: CreditLine | None) -> dict[str, Any]:
    kind, _, name = (line.scope if line else "").partition(":")
    temporary = request.GET.get("kind") == "temporary"
    terms = line.terms_days_max if line else None
    return {
        "scope": kind,
        "name": name,
        "kind": "temporary" if temporary else "base",
        "amount": request.GET.get("amount", "")[:30],
        "terms_days": terms,
    }


def _said(request: HttpRequest) -> Any:
    """What a form is bound to: an empty answer is an answer too."""
    return request.POST if request.method == "POST" else None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else None
