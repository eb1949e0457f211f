"""The decision page: why this answer, what would change it, is it proven.

Every row is found through `visible_to`, so a stranger's decision is 404. Nothing is decided here:
cancelling calls the same action as the API and the command line.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.decisions import actions, queries
from xinheng.decisions.models import Decision
from xinheng.ledger import queries as ledger
from xinheng.refusals import Refused
from xinheng.vault.queries import KeyGone
from xinheng.web.decisions import reading
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.answers import download

POLL_SECONDS_MAX = 30


def _visible(request: HttpRequest, decision_id: UUID) -> Decision:
    found = queries.find(request.user, decision_id)
    if found is None:
        raise Http404("no such decision")
    return found


@require_safe
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The page of one decision."""
    view = queries.decision_view(request.user, decision_id)
    if view is None:
        raise Http404("no such decision")
    page = reading.read(view)
    context = {
        "page": page,
        "decision": view.decision,
        "proof": _proof(view.decision, 0),
        "may_cancel": _may_cancel(request.user, page),
        "may_release": request.user.may("holds.release")
        and view.decision.person_id != request.user.pk,
    }
    return render(request, "decisions/decision.html", context)


def _may_cancel(user: Any, page: reading.Page) -> bool:
    """Whether the button is worth showing; the action decides."""
    if not user.may("orders.check") or page.decision.cancelled_at:
        return False
    waiting = page.hold is not None and page.hold.state == "waiting"
    return waiting or (page.reservation is not None and page.reservation.state == "pending")


def _proof(row: Decision, asked: int) -> dict[str, Any]:
    """How far the ledger has come, and when to ask again: 2, 4, 6 … 30 seconds."""
    state = ledger.status(row.entry_id)
    return {
        "state": state.state,
        "idx": state.idx,
        "entry_id": row.entry_id,
        "asked": asked + 1,
        "wait": min(2 * (asked + 1), POLL_SECONDS_MAX),
    }


@require_safe
def proof_status(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The proof's state as a fragment, asked for by the page until it is signed."""
    row = _visible(request, decision_id)
    asked = request.GET.get("asked", "0")
    proof = _proof(row, int(asked) if asked.isdecimal() and len(asked) < 5 else 0)
    return render(request, "decisions/_proof.html", {"decision": row, "proof": proof})


@require_safe
def proof_file(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The tlog-proof file of the decision's entry; 404 until a checkpoint covers it."""
    row = _visible(request, decision_id)
    if ledger.status(row.entry_id).state != "signed":
        raise Http404("not yet signed")
    return download(ledger.proof(row.entry_id), f"decision-{row.pk}.tlog-proof", "text/plain")


@require_safe
def disclosure_file(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The openings of the leaf's commitments, for readers who may see this decision."""
    row = _visible(request, decision_id)
    try:
        opened = ledger.disclosure(row.entry_id, queries.ledger_values(row))
    except KeyGone as gone:
        raise Http404("the key was destroyed") from gone
    text = json.dumps(opened, ensure_ascii=False, indent=1)
    return download(text.encode(), f"decision-{row.pk}.disclosure.json", "application/json")


@require_POST
def cancel(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Cancel the order: its reservation is voided, a waiting hold ends."""
    row = _visible(request, decision_id)
    try:
        actions.cancel(row.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.text))
    return redirect("decision", decision_id=row.pk)
