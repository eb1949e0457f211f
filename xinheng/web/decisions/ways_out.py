"""The panel of ways out: what would turn a waiting hold into a yes today, each step with a link.

A fragment that the decision page and the hold queue ask for; without scripts it is a page of its
own. The steps come from `decisions.ways_out`; here they only get a place to go.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.credit.decide import Order, decode
from xinheng.credit.money import to_text
from xinheng.credit.way_changes import Step
from xinheng.decisions import queries
from xinheng.decisions.models import Decision
from xinheng.decisions.ways_out import ToldStep, of_decision
from xinheng.texts import T
from xinheng.web.decisions.words import ref

GO = {
    "items": T("未清发票", "Open invoices"),
    "limit": T("额度", "Limit"),
    "file": T("信用档案", "Credit file"),
    "order": T("按此重新检查", "Check it so"),
}
PLACES = {
    "receive": "items",
    "prepay": "file",
    "wait": "limit",
    "renew_limit": "limit",
    "receive_on": "items",
    "member_pays": "file",
    "cover": "limit",
    "temporary_limit": "limit",
    "raise_limit": "limit",
    "raise_above": "limit",
    "grant_limit": "limit",
    "lift_hold": "limit",
    "renew_rating": "file",
    "restore_status": "file",
    "ship_part": "order",
    "shorten_terms": "order",
    "deliver_later": "order",
}


class Shown(NamedTuple):
    """One step on the page: its sentence and where to go for it."""

    text: T
    href: str
    label: T


@require_safe
def ways_out(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The panel for a decision that this person may see."""
    decision = queries.find(request.user, decision_id)
    if decision is None:
        raise Http404("no such decision")
    outlook = of_decision(decision, at=timezone.now())
    may_ask = request.user.may("orders.check")
    ways = (
        [[_shown(told, decision, may_ask) for told in way] for way in outlook.ways]
        if outlook
        else []
    )
    policy = ref(f"{outlook.policy.name} v{outlook.policy.version}") if outlook else None
    context = {"decision": decision, "outlook": outlook, "ways": ways, "policy": policy}
    htmx = request.headers.get("HX-Request") == "true"
    return render(request, f"decisions/{'_' if htmx else ''}ways_out.html", context)


def _shown(told: ToldStep, decision: Decision, may_ask: bool) -> Shown:
    """The step, with where it is done; nowhere for who may not check orders."""
    place = PLACES[told.step.code]
    href = "" if place == "order" and not may_ask else _href(place, told.step, decision)
    return Shown(T(told.text["zh"], told.text["en"]), href, GO[place])


def _form(step: Step, decision: Decision) -> dict[str, str]:
    """The order form filled in with the next version of the order, as the step would have it."""
    asked = decode(bytes(decision.order_bytes), Order)
    changed = step.amount_minor if step.code == "ship_part" else asked.amount_minor
    terms = step.days if step.code == "shorten_terms" else asked.terms_days
    return {
        "customer": decision.customer.code,
        "order_ref": decision.order_ref,
        "version": str(decision.version + 1),
        "amount": to_text(changed, decision.currency),
        "currency": decision.currency,
        "terms_days": "" if terms is None else str(terms),
    }


def _href(place: str, step: Step, decision: Decision) -> str:
    code, currency = decision.customer.code, decision.currency
    if place == "items":
        query = urlencode({"currency": currency, "bucket": ""})
        return f"{reverse('file-items', args=[code])}?{query}"
    if place == "limit":
        return reverse("limit", args=[code, currency])
    if place == "order":
        return f"{reverse('order-check')}?{urlencode(_form(step, decision))}"
    return reverse("customer", args=[code])
