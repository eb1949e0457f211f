"""One application: wish, checklist, what was assessed, the proposal, its stages, trail and papers.

The page shows to each reader what they may do next, and nothing else. Example: Fang, who analyses
SX-2026-000123, sees the checklist with its forms; Bob, who applied, sees the same list without
them; Alice, whose voice is asked for, sees the form of a vote at the top.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.applications import clauses, queries, trail
from xinheng.applications.assessing import payload_of
from xinheng.applications.models import Application, Proposal, Snapshot
from xinheng.applications.proposing import suggestion
from xinheng.applications.queries import Whole
from xinheng.credit.capitals import capitals
from xinheng.dossiers.queries import documents_of
from xinheng.ledger.queries import statuses
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.applications.board import clock_of
from xinheng.web.applications.proposal_form import ProposeForm
from xinheng.web.applications.step_words import MODES, VERDICTS, VOTES, red_line, said, who_of
from xinheng.web.applications.words import KINDS, SOURCES, STATES, TONES
from xinheng.web.limits.reading import decisive_of, method_of

ANALYSTS_MAX: Final = 200


class Method(Struct, frozen=True):
    """One limit method beside the others; `share` of the largest value, in per cent."""

    code: str
    name: T
    value_minor: int | None
    why_not: T | None
    share: int
    decisive: bool


@require_safe
def application(request: HttpRequest, number: str) -> HttpResponse:
    """The page."""
    return page(request, whole_of(request, number))


def whole_of(request: HttpRequest, number: str) -> Whole:
    """Everything about it, or 404."""
    found = queries.one(request.user, number, at=timezone.now())
    if found is None:
        raise Http404("no such application")
    return found


def page(
    request: HttpRequest,
    whole: Whole,
    *,
    wrong: T | None = None,
    where: str = "",
    form: ProposeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with what was refused beside the form that it is about."""
    at, row, user = timezone.now(), whole.row, request.user
    mine = next((seat for view in whole.stages for seat in view.seats if seat.mine), None)
    context = {
        "whole": whole,
        "row": row,
        "customer": row.customer,
        "kind": KINDS[row.kind],
        "source": SOURCES[row.source],
        "state": (STATES[row.state], TONES[row.state]),
        "clock": clock_of(row, at),
        "capitals": capitals(row.asked_minor, row.currency),
        "forecast": _forecast(row),
        "may": _may(request, whole),
        "may_prove": user.may("ledger.verify"),
        "may_decide": user.may(trail.DECIDE),
        "seat": mine,
        "today": today(at),
        "wrong": wrong,
        "where": where,
        "typed": request.POST,
        "stages": _stages(whole),
        "trail": _trail(whole),
        "analysts": _analysts(whole) if user.may(trail.INVESTIGATE) else [],
        "documents": _documents(request, row) if whole.tasks else [],
        **_assessed(whole),
        **_proposal(request, whole, form, at),
    }
    return render(request, "applications/one.html", context, status=status)


def _may(request: HttpRequest, whole: Whole) -> dict[str, bool]:
    """What this reader can do with it now; the actions ask again."""
    row, user = whole.row, request.user
    mine = row.applicant_id == user.pk
    investigates = user.may(trail.INVESTIGATE)
    analyses = investigates and row.analyst_id == user.pk
    writes = user.may(trail.WRITE) and (mine or row.applicant_id is None)
    return {
        "change": writes and row.state in ("draft", "returned"),
        "withdraw": writes and row.state in ("draft", *trail.OPEN),
        "take": investigates and not mine and row.state == "submitted",
        "tasks": investigates and not mine and row.state in ("investigating", "assessed"),
        "assess": analyses and row.state in ("investigating", "assessed", "deciding"),
        "propose": analyses and row.state in ("assessed", "deciding"),
        "hand_over": investigates and not mine and row.state in ("investigating", "assessed"),
        "nudge": row.state == "deciding",
        "try_again": whole.agreed and user.may(trail.DECIDE),
        "ask_human": row.state == "rejected"
        and row.automatic
        and row.human_asked_at is None
        and user.may(trail.WRITE),
        "letter": user.may(trail.WRITE),
    }


def _forecast(row: Application) -> dict[str, Any]:
    return {
        "purchases": row.forecast.get("purchases_year_minor"),
        "share": row.forecast.get("our_share_pct"),
    }


def _assessed(whole: Whole) -> dict[str, Any]:
    """The snapshot in the shape that the page shows."""
    payload = whole.payload
    if payload is None:
        return {"payload": None}
    limits = payload["limits"]
    values = [one["value_minor"] for one in limits["methods"] if one["value_minor"]]
    largest = max(values, default=0)
    decided = str(limits.get("decisive") or "").split("+")
    methods = [_method(one, largest, decided) for one in limits["methods"]]
    return {
        "payload": payload,
        "methods": methods,
        "method_currency": limits["currency"],
        "decisive": decisive_of(limits),
        "suggested": suggestion(whole.row, payload),
        "red_lines": [red_line(code) for code in limits["red_lines"]],
        "older": [_older(whole, one) for one in whole.snapshots if one.superseded_at is not None],
        "reasons": [T(one["zh"], one["en"]) for one in payload["assessment"]["reasons"]
                    if "zh" in one and "en" in one],
        "group": payload["group"],
        "file": payload["file"],
    }  # fmt: skip


def _older(whole: Whole, snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot that counts no more: what it said, to be compared."""
    payload = payload_of(snapshot)
    return {
        "snapshot": snapshot,
        "grade": payload["rating"]["grade"],
        "suggested": suggestion(whole.row, payload),
        "sha256": bytes(snapshot.sha256).hex(),
    }


def _method(one: dict[str, Any], largest: int, decided: list[str]) -> Method:
    name, value, why = method_of(one)
    share = round(100 * (value or 0) / largest) if largest else 0
    return Method(one["method"], name, value, why, share, one["method"] in decided)


def _proposal(
    request: HttpRequest, whole: Whole, form: ProposeForm | None, at: datetime
) -> dict[str, Any]:
    may = _may(request, whole)["propose"]
    if form is None and may and whole.payload is not None:
        form = ProposeForm(whole=whole, day=today(at))
    proposal = whole.proposal
    return {
        "form": form,
        "proposal": proposal,
        "verdict": VERDICTS[proposal.verdict] if proposal else None,
        "proposal_capitals": capitals(proposal.amount_minor, whole.row.currency)
        if proposal and proposal.verdict == "grant"
        else "",
        "conditions": [T(one["zh"], one["en"]) for one in proposal.conditions] if proposal else [],
        "waived": _waived(whole, proposal),
    }


def _waived(whole: Whole, proposal: Proposal | None) -> list[T]:
    """What the grade asks for and the proposal leaves out, in words."""
    if proposal is None or proposal.verdict != "grant":
        return []
    kept = {one["code"] for one in proposal.conditions}
    grade = str(proposal.measured.get("grade") or "")
    return [T(one["zh"], one["en"]) for one in clauses.asked_for(grade) if one["code"] not in kept]


def _stages(whole: Whole) -> list[dict[str, Any]]:
    return [
        {
            "view": view,
            "mode": MODES[view.stage.mode],
            "seats": [(seat, VOTES.get(seat.seat.vote)) for seat in view.seats],
        }
        for view in whole.stages
    ]


def _trail(whole: Whole) -> list[dict[str, Any]]:
    ids = {step.entry_id for step in whole.trail if step.entry_id}
    proofs = statuses(ids) if ids else {}
    return [
        {
            "step": step,
            "said": said(step),
            "who": who_of(step),
            "proof": proofs.get(step.entry_id) if step.entry_id else None,
        }
        for step in whole.trail
    ]


def _analysts(whole: Whole) -> list[User]:
    """Who could take it over: may investigate, sees the customer, did not apply."""
    unit = whole.row.customer.business_unit_id
    people = User.objects.filter(
        is_active=True, roles__permissions__contains=[trail.INVESTIGATE]
    ).distinct()
    return [
        user
        for user in people.order_by("name")[:ANALYSTS_MAX]
        if user.pk != whole.row.applicant_id
        and (user.sees_all_units or user.business_unit_id == unit)
    ]


def _documents(request: HttpRequest, row: Application) -> list[Any]:
    return [one for one in documents_of(request.user, row.customer_id) if one.withdrawn_at is None]
