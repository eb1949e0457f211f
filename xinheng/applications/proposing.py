"""The analyst's proposal: how much, on which terms and conditions, or no; and its way to a yes.

It stands on the current snapshot. Above what the methods together suggest it is the analyst's own
amount, with words for it; never more than was asked for. What it means for the group's exposure is
measured, and the authority matrix says who has to agree; the automatic cell grants by itself where
nothing speaks against it. Example: suggested 620,000.00, proposed 600,000.00 for one year, group
900,000.00 after it, BBB: one stage, any credit officer.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
from django.db import transaction

from xinheng.applications import clauses, granting, staging
from xinheng.applications.applying import TERMS_MAX, close_stages
from xinheng.applications.assessing import current, payload_of, require_analyst
from xinheng.applications.measuring import Measured, Money, Wanted, live_matrix, measure
from xinheng.applications.models import Application, Proposal, Snapshot
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import NewProposal
from xinheng.applications.telling import tell_turn
from xinheng.applications.trail import (
    INVESTIGATE,
    locked,
    move,
    note,
    require,
    require_state,
    words_of,
)
from xinheng.credit.authority_matrix import AUTO, Case, Matrix, against_automatic, stages_of
from xinheng.credit.money import display, to_text
from xinheng.decisions.governing import live_policy
from xinheng.decisions.models import Rating
from xinheng.limits.conditions import latest_end, temporary_end
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

WHY = T("理由", "why")
OWN, COMBINED = "own", "combined"
WHY_OWN_MIN = 10


def propose(number: str, new: NewProposal, *, actor: Actor, at: datetime) -> Proposal:
    """Put a proposal forward; its first stage opens, or it is granted at once where the matrix and
    the figures say so. The proposal before is withdrawn. One ledger entry besides the grant's.

    Refuses NOT_ALLOWED, UNKNOWN_APPLICATION, WRONG_STATE, NOT_ANALYST, NO_SNAPSHOT, BAD_KIND,
    BAD_AMOUNT, BAD_TERMS, BAD_PERIOD, ABOVE_ASKED, ABOVE_SUGGESTION, UNKNOWN_METHOD, NEEDS_WORDS,
    UNKNOWN_CLAUSE, CLAUSE_MISSING, NO_MATRIX, RATE_MISSING, NO_QUORUM, NOBODY_TO_DECIDE.
    """
    require(actor, INVESTIGATE)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "assessed", "deciding")
        require_analyst(row, actor)
        snapshot = current(row)
        _check(row, new, snapshot, today(at))
        return put_forward(row, snapshot, new, actor=actor, at=at)


def put_forward(
    row: Application, snapshot: Snapshot, new: NewProposal, *, actor: Actor, at: datetime
) -> Proposal:
    """A step of proposing, by the analyst or by the automatic way."""
    day, matrix = today(at), live_matrix()
    grade = grade_in_force(row, day)
    conditions, unsecured = clauses.settle(new.conditions, new.waived, grade)
    if new.verdict == "refuse":
        conditions, unsecured = [], False
    measured = measure_for(row, new, grade, unsecured, matrix, at)
    route, against = _route(row, new, snapshot, measured, matrix)
    close_stages(row, at)
    told = _plain(measured) | {"route": route, "against_automatic": list(against)}
    move(row, "deciding", at)
    step = note(
        row, "proposed", actor=actor, at=at, words=new.why.strip()[:1_000], **_told(row, new, told)
    )
    made: Proposal = Proposal.objects.create(
        application=row,
        snapshot=snapshot,
        verdict=new.verdict,
        amount_minor=new.amount_minor if new.verdict == "grant" else 0,
        terms_days=new.terms_days,
        temporary=new.temporary,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        method=new.method if new.verdict == "grant" else "",
        why=new.why.strip(),
        conditions=conditions,
        made_by_id=actor.person_id,
        made_at=at,
        measured=told,
        entry_id=step.entry_id,
    )
    stages = stages_of(matrix, route)
    if not stages:
        granting.finish(row, made, automatic=True, at=at)
        return made
    staging.lay_stages(row, made, stages, matrix, actor=actor, at=at)
    tell_turn(row, staging.open_stage(row), at)
    return made


def foresee(
    row: Application, new: NewProposal, *, at: datetime
) -> tuple[Measured, str, tuple[str, ...]]:
    """What a proposal would be measured at, its route, and what speaks against the automatic one;
    nothing is written. Refuses as `propose`.
    """
    day, matrix, snapshot = today(at), live_matrix(), current(row)
    grade = grade_in_force(row, day)
    _, unsecured = clauses.settle(new.conditions, new.waived, grade)
    refused = new.verdict == "refuse"
    measured = measure_for(row, new, grade, unsecured and not refused, matrix, at)
    return measured, *_route(row, new, snapshot, measured, matrix)


def measure_for(
    row: Application, new: NewProposal, grade: str, unsecured: bool, matrix: Matrix, at: datetime
) -> Measured:
    """What the matrix is asked about a proposal; a refusal is measured as things stand."""
    amount = new.amount_minor if new.verdict == "grant" else None
    period = (new.valid_from, new.valid_until)
    wanted = Wanted(row.customer_id, row.currency, amount, new.temporary, *period)
    return measure(wanted, grade, unsecured=unsecured, matrix=matrix, day=today(at), at=at)


def grade_in_force(row: Application, day: date) -> str:
    """The grade that counts today; one that ran out counts as none."""
    found = Rating.objects.filter(customer=row.customer_id).first()
    return found.grade if found is not None and day <= found.valid_until else ""


def _route(
    row: Application, new: NewProposal, snapshot: Snapshot, measured: Measured, matrix: Matrix
) -> tuple[str, tuple[str, ...]]:
    """The route, and what spoke against the automatic one where the cell would allow it."""
    if new.verdict == "refuse":
        return matrix.refusing, ()
    if lowers(new.amount_minor, measured):
        return matrix.lowering, ()
    if measured.route != AUTO:
        return measured.route, ()
    against = against_automatic(matrix, case_of(row, new, snapshot))
    return (matrix.automatic.otherwise, against) if against else (AUTO, ())


def lowers(amount_minor: int, measured: Measured) -> bool:
    """Whether the line gives no more than before on any day (and gave something before)."""
    before = measured.before_minor
    return before is None or (before > 0 and amount_minor <= before)


def case_of(row: Application, new: NewProposal, snapshot: Snapshot) -> Case:
    """The figures that the automatic route looks at, from the snapshot."""
    payload = payload_of(snapshot)
    file = payload["file"]
    return Case(
        new.amount_minor,
        suggestion(row, payload) if new.method == COMBINED else None,
        tuple(payload["limits"]["red_lines"]) or (("file",) if file["gaps"] else ()),
        file["complete_bps"],
        file["age_days"],
        payload["rating"]["override"] is not None,
    )


def suggestion(row: Application, payload: dict[str, Any]) -> int | None:
    """What all methods together suggest, in the application's currency; None: nothing, or it is in
    another currency without a rate.
    """
    limits = payload["limits"]
    if limits["limit_minor"] is None:
        return None
    day = date.fromisoformat(payload["as_of"])
    try:
        money = Money(row.currency, day, live_policy().policy)
        return money.of(limits["limit_minor"], limits["currency"])
    except Refused:
        return None


def _check(row: Application, new: NewProposal, snapshot: Snapshot, day: date) -> None:
    if new.verdict not in ("grant", "refuse"):
        raise Refused(ApplicationRefusal.BAD_KIND, kind=new.verdict, allowed="grant, refuse")
    words_of(new.why, WHY, most=2_000)
    if new.verdict == "refuse":
        return
    least = 0 if row.kind == "decrease" else 1
    if new.amount_minor < least:
        amount = to_text(new.amount_minor, row.currency)
        raise Refused(ApplicationRefusal.BAD_AMOUNT, amount=amount)
    if new.amount_minor > row.asked_minor:
        amount, asked = (display(x, row.currency) for x in (new.amount_minor, row.asked_minor))
        raise Refused(ApplicationRefusal.ABOVE_ASKED, amount=amount, asked=asked)
    if not 0 <= new.terms_days <= TERMS_MAX:
        raise Refused(ApplicationRefusal.BAD_TERMS, most=TERMS_MAX)
    last = (temporary_end if new.temporary else latest_end)(new.valid_from)
    if not day <= new.valid_from <= new.valid_until <= last:
        raise Refused(ApplicationRefusal.BAD_PERIOD, first=day, last=last)
    _check_method(row, new, payload_of(snapshot))


def _check_method(row: Application, new: NewProposal, payload: dict[str, Any]) -> None:
    """A method that has a value, or one's own amount with words; above the suggestion only so."""
    values = {one["method"]: one["value_minor"] for one in payload["limits"]["methods"]}
    if new.method == OWN:
        words_of(new.why, WHY, least=WHY_OWN_MIN, most=2_000)
        return
    if new.method != COMBINED and values.get(new.method) is None:
        raise Refused(ApplicationRefusal.UNKNOWN_METHOD, method=new.method)
    suggested = suggestion(row, payload)
    if suggested is None or new.amount_minor > suggested:
        told = "-" if suggested is None else f"{row.currency} {display(suggested, row.currency)}"
        raise Refused(ApplicationRefusal.ABOVE_SUGGESTION, suggested=told)


def _told(row: Application, new: NewProposal, measured: dict[str, Any]) -> dict[str, Any]:
    return {
        "verdict": new.verdict,
        "amount": f"{to_text(new.amount_minor, row.currency)} {row.currency}",
        "terms_days": new.terms_days,
        "period": f"{new.valid_from}..{new.valid_until}",
        "method": new.method,
        "waived": list(new.waived),
        "route": measured["route"],
        "total_minor": measured["total_minor"],
        "grade": measured["grade"],
    }


def _plain(measured: Measured) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(measured)
    return found
