"""Check an order: the form, the answer, and the customer search behind it.

The page calls `decisions.actions.check_orders` with a list of one, as the API and the command line
do; the answer shown is the kept bytes. Sending the same order again shows the same answer; another
order under the same number and version is refused, and the page offers the next version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from xinheng.decisions import actions
from xinheng.decisions.models import Decision, Rating
from xinheng.decisions.values import Answer, Ask, ask_of
from xinheng.ledger import queries as ledger
from xinheng.limits.models import CreditLine
from xinheng.people.queries import company, today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.decisions import reading
from xinheng.web.frame.access import actor_of
from xinheng.web.limits.standing import policy_now, usage_now
from xinheng.web.orders import forms

RECENT_ROWS = 12
CURRENCIES = ("CNY", "USD", "EUR", "GBP", "HKD", "JPY")

CONFLICTS = {
    404: T("没有这个客户，或您看不到它。", "There is no such customer, or you may not see it."),
    409: T(
        "订单 {ref} 已有更新的版本，第 {v} 版不能再判断。",
        "Order {ref} has a newer version already; version {v} can no longer be checked.",
    ),
    422: T(
        "订单 {ref} 第 {v} 版已经判断过，内容与这次不同，原答案不变。订单改了？请作为新版本检查。",
        "Version {v} of order {ref} has been decided with other contents; that answer stands. "
        "If the order has changed, check it as a new version.",
    ),
}


@dataclass(frozen=True)
class Shown:
    """An answer on the page: opened, with its decision and the state of its proof."""

    answer: reading.Answer
    decision: Decision
    repeated: bool
    proof: dict[str, Any]


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The form; on POST the answer, as a whole page or as the part that htmx swaps in."""
    at = timezone.now()
    if request.method == "GET":
        seller = company()
        currency = seller.base_currency if seller else "CNY"
        typed = forms.empty(request.GET, request.user, currency, today(at))
        return _page(request, typed)
    typed = forms.read(
        request.POST, request.user, proposed_ref=forms.propose_ref(request.user.username, at)
    )
    if typed.errors:
        return _page(request, typed)
    try:
        [answer] = actions.check_orders([_ask(typed)], actor=actor_of(request))
    except Refused as refused:
        typed.errors["form"] = refused.text
        return _page(request, typed)
    if answer.status != 200:
        return _page(request, typed, conflict=_conflict(answer, typed))
    return _page(request, typed, shown=_shown(answer, request.user))


def _ask(typed: forms.Typed) -> Ask:
    assert typed.customer is not None  # forms.read has found it or left an error
    day = typed.requested_on.isoformat() if typed.requested_on else None
    return ask_of(
        order_ref=typed.order_ref,
        version=typed.version,
        customer_code=typed.customer.code,
        amount_minor=typed.amount_minor,
        currency=typed.currency,
        terms_days=typed.terms_days,
        requested_on=day,
    )


def _shown(answer: Answer, user: Any) -> Shown | None:
    row = Decision.objects.visible_to(user).select_related("customer").filter(pk=answer.decision_id)
    decision = row.first()
    if decision is None:
        return None
    return Shown(
        answer=reading.open_answer(answer.body, decision.amount_minor, decision.currency),
        decision=decision,
        repeated=answer.replayed,
        proof={"state": ledger.status(decision.entry_id).state, "idx": None, "asked": 1, "wait": 2},
    )


def _conflict(answer: Answer, typed: forms.Typed) -> dict[str, Any]:
    """Why there is no new answer, the decision that stands, and the version to try instead."""
    newest = (
        Decision.objects.filter(order_ref=typed.order_ref, customer=typed.customer)
        .order_by("-version")
        .first()
    )
    text = CONFLICTS[answer.status].format(ref=typed.order_ref, v=typed.version)
    return {
        "status": answer.status,
        "text": text,
        "decision": newest,
        "next_version": (newest.version if newest else typed.version) + 1,
    }


def _page(
    request: HttpRequest,
    typed: forms.Typed,
    *,
    shown: Shown | None = None,
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:
    context = {
        "typed": typed,
        "shown": shown,
        "conflict": conflict,
        "currencies": CURRENCIES,
        "standing": _standing(typed),
    }
    if request.htmx:
        return render(request, "orders/_swap.html", context)
    context["recent"] = _recent(request.user)
    return render(request, "orders/check.html", context)


def _standing(typed: forms.Typed) -> dict[str, Any] | None:
    """How the chosen customer stands now: rating and line, before the order is asked about."""
    customer = typed.customer
    if customer is None:
        return None
    own = CreditLine.objects.filter(customer=customer, scope="")
    lines = {line.currency: line for line in own}
    line = lines.get(typed.currency)
    return {
        "customer": customer,
        "rating": Rating.objects.filter(customer=customer).first(),
        "line": line,
        "usage": usage_now(line, policy_now(), today(timezone.now())) if line else None,
        "other_currencies": sorted(set(lines) - {typed.currency}),
    }


def _recent(user: Any) -> list[Decision]:
    rows = Decision.objects.visible_to(user).select_related("customer").order_by("-decided_at")
    return list(rows[:RECENT_ROWS])


@require_safe
def find_customer(request: HttpRequest) -> HttpResponse:
    """Suggestions under the customer field, or the chosen customer with its line."""
    code = request.GET.get("code", "")
    seller = company()
    currency = (request.GET.get("currency") or (seller.base_currency if seller else "CNY")).upper()
    if code:
        query = {"customer": code, "currency": currency}
        typed = forms.empty(query, request.user, currency, today(timezone.now()))
        return render(
            request, "orders/_customer.html", {"typed": typed, "standing": _standing(typed)}
        )
    text = request.GET.get("customer", "").strip()[:100]
    found = forms.find(request.user, text) if text else []
    grades = dict(Rating.objects.filter(customer__in=found).values_list("customer_id", "grade"))
    suggestions = [(row, grades.get(row.pk, "")) for row in found]
    context = {"suggestions": suggestions, "asked": text, "currency": currency}
    return render(request, "orders/_suggestions.html", context)
