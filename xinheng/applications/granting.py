"""The end of an application: the limit is granted through the limits room, or it is refused.

Before the grant the group is measured again under one lock of the group: where it has moved into a
higher cell meanwhile (another application was granted, the grade fell), nobody agreed to that, and
the grant is refused. The limits room may refuse as well: a licence ended, a file too old. Then the
application stays where it is, the reason is told, and the grant can be tried again. Example: two
sisters ask for 150,000.00 each at the same time, each by itself for a credit officer; the second
grant finds 300,000.00 and is measured anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from xinheng.applications import letters
from xinheng.applications.applying import close_stages
from xinheng.applications.assessing import payload_of
from xinheng.applications.gathering import reason_words
from xinheng.applications.measuring import Wanted, head_of, live_matrix, measure
from xinheng.applications.models import Application, Proposal
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.telling import tell_concerned
from xinheng.applications.trail import DECIDE, locked, move, note, require, require_state
from xinheng.decisions.file_gaps import held_back
from xinheng.decisions.models import Rating
from xinheng.limits.granting import grant_limit
from xinheng.limits.models import DatedLimit
from xinheng.limits.values import NewLimit
from xinheng.people.actor import Actor, system
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

SYSTEM = system("applications")
_LOCK = 0x5358  # "SX": the first key of this room's advisory locks


def finish(row: Application, proposal: Proposal, *, automatic: bool, at: datetime) -> None:
    """A step: the last stage passed, or there was none. What was proposed comes true."""
    if proposal.verdict == "refuse":
        reject(row, proposal, proposal.why, automatic=automatic, at=at)
    else:
        _try_grant(row, proposal, automatic, at)


def try_again(number: str, *, actor: Actor, at: datetime) -> Application:
    """Grant what was agreed to and could not be granted then. Ledger entries of the grant.

    Refuses NOT_ALLOWED, UNKNOWN_APPLICATION, WRONG_STATE.
    """
    require(actor, DECIDE)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "deciding")
        proposal = agreed(row)
        if proposal is None:
            raise Refused(ApplicationRefusal.WRONG_STATE, state=T("审批中", "being decided"))
        note(row, "tried_again", actor=actor, at=at)
        _try_grant(row, proposal, not proposal.stages.exists(), at)
    return row


def agreed(row: Application) -> Proposal | None:
    """The standing proposal whose stages have all passed, where it was not granted."""
    found: Proposal | None = Proposal.objects.filter(
        application=row, withdrawn_at__isnull=True, verdict="grant"
    ).first()
    if found is None or found.stages.exclude(state="passed").exists():
        return None
    return found


def reject(
    row: Application, proposal: Proposal | None, why: str, *, automatic: bool, at: datetime
) -> None:
    """A step: it is refused; the customer is told the main reasons, the applicant all of it."""
    close_stages(row, at)
    move(row, "rejected", at, end_reason=why[:1_000], automatic=automatic)
    step = note(row, "rejected", actor=SYSTEM, at=at, words=why[:1_000], automatic=automatic)
    reasons = _reasons(row, proposal)
    text = letters.refusal_text(row, reasons, human=automatic)
    told: dict[str, Any] = {"by": SYSTEM.ref, "at": at, "entry_id": step.entry_id}
    letters.put_letter(row.customer, "refusal", text, application=row, **told)
    tell_concerned(row, "rejected", at)


def _try_grant(row: Application, proposal: Proposal, automatic: bool, at: datetime) -> None:
    try:
        with transaction.atomic():
            _hold_group(row)
            _require_same_cell(row, proposal, at)
            dated = _grant(row, proposal, at)
    except Refused as refused:
        told = refused.text
        note(
            row,
            "grant_refused",
            actor=SYSTEM,
            at=at,
            words=told.zh,
            code=refused.code.name,
            **told.both(),
        )
        tell_concerned(row, f"grant_refused:{at.date()}", at)
        return
    Proposal.objects.filter(pk=proposal.pk).update(valid_from=dated.valid_from)
    proposal.valid_from = dated.valid_from
    move(row, "granted", at, granted_dated_id=dated.pk, automatic=automatic, end_reason="")
    step = note(row, "granted", actor=SYSTEM, at=at, limit=dated.pk, automatic=automatic)
    text = letters.grant_text(row, proposal)
    told_by: dict[str, Any] = {"by": SYSTEM.ref, "at": at, "entry_id": step.entry_id}
    letters.put_letter(row.customer, "grant", text, application=row, **told_by)
    tell_concerned(row, "granted", at)


def _grant(row: Application, proposal: Proposal, at: datetime) -> DatedLimit:
    day = today(at)
    asked = NewLimit(
        row.customer_id,
        row.currency,
        proposal.amount_minor,
        max(proposal.valid_from, day),
        proposal.valid_until,
        f"{row.number} {proposal.why}"[:1_000],
        temporary=proposal.temporary,
        terms_days=proposal.terms_days,
    )
    entered = grant_limit(asked, held_back=held_back, actor=SYSTEM, at=at)
    mine = DatedLimit.objects.filter(line_id=entered.line_id, granted_by=SYSTEM.ref)
    return mine.filter(temporary=proposal.temporary, ended_at__isnull=True).latest("pk")


def _hold_group(row: Application) -> None:
    """One grant at a time for a group, so that two can't be measured without each other."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, head_of(row.customer_id)])


def _require_same_cell(row: Application, proposal: Proposal, at: datetime) -> None:
    """Nobody agreed to a higher band or a worse column than the proposal's."""
    day, matrix, was = today(at), live_matrix(), proposal.measured
    found = Rating.objects.filter(customer=row.customer_id).first()
    grade = found.grade if found is not None and day <= found.valid_until else ""
    period = (max(proposal.valid_from, day), proposal.valid_until)
    wanted = Wanted(
        row.customer_id, row.currency, proposal.amount_minor, proposal.temporary, *period
    )
    now = measure(wanted, grade, unsecured=was["unsecured"], matrix=matrix, day=day, at=at)
    if was["route"] == matrix.lowering and now.total_minor == was["total_minor"]:
        return
    if now.band > was["band"] or now.column > was["column"]:
        raise Refused(ApplicationRefusal.ROUTE_OUTDATED, route=now.route)


def _reasons(row: Application, proposal: Proposal | None) -> list[T]:
    """What the customer is told: of its file and of how it pays, never our grade or score."""
    snapshot = proposal.snapshot if proposal is not None else None
    if snapshot is None:
        snapshot = row.snapshots.filter(superseded_at__isnull=True).first()
    if snapshot is None:
        return []
    payload = payload_of(snapshot)
    gaps = payload["file"]["gaps"]
    told = [T(gaps["zh"], gaps["en"])] if gaps else []
    return told + [T(one["zh"], one["en"]) for one in reason_words(payload)]
