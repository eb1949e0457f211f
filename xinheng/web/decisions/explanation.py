"""The page that a customer may be shown, and the wish that a person looks.

Printable, in the reader's language, without what the seller keeps to itself; the form below it asks
for a human review in the customer's words (`decisions.reviewing`).
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.decisions import queries, reviewing
from xinheng.decisions.explaining import explanation_of
from xinheng.ledger import queries as ledger
from xinheng.people.queries import company
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of


@require_safe
def explanation(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """What the customer may be told about one decision."""
    return _page(request, decision_id)


def _page(
    request: HttpRequest, decision_id: UUID, *, typed: str = "", wrong: T | None = None
) -> HttpResponse:
    found = explanation_of(request.user, decision_id, at=timezone.now())
    if found is None:
        raise Http404("no such decision")
    context = {
        "told": found,
        "seller": company(),
        "proof": ledger.status(found.proof),
        "may_ask": request.user.may("orders.check") and found.outcome != "approve",
        "typed": typed,
        "wrong": wrong,
    }
    return render(request, "decisions/explanation.html", context, status=422 if wrong else 200)


@require_POST
def ask_review(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Ask for a person, in the customer's words; what was typed is kept where it is refused."""
    if queries.find(request.user, decision_id) is None:
        raise Http404("no such decision")
    typed = request.POST.get("words", "").strip()[: reviewing.WORDS_MAX]
    try:
        reviewing.ask_review(decision_id, typed, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, decision_id, typed=typed, wrong=T(refused.text.zh, refused.text.en))
    messages.success(request, str(T("已转给人工处理。", "A person will look at it.")))
    return redirect("decision-explanation", decision_id=decision_id)
