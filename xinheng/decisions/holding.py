"""The steps that every end of a held order shares: lock its line, end the hold, write the entry.

Two people at one hold: both wait for the line; the first ends the hold by compare-and-swap
(waiting -> released), the second finds nothing waiting and is told so. `end_hold` is the only place
where a hold ends by a person's word.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from xinheng.decisions.facts import lock_orders
from xinheng.decisions.models import Decision, Hold, ReviewRequest
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.limits.actions import end_reservations
from xinheng.limits.locking import lock_lines
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

REASON_CHARACTERS_MIN = 4


def locked_decision(decision_id: UUID, actor: Actor) -> Decision:
    """The decision with its order number and its lines locked, or UNKNOWN_DECISION for what the
    actor may not see.
    """
    found = Decision.objects.select_related("customer").filter(pk=decision_id)
    decision: Decision | None = found.first()
    if decision is None or not actor.reaches(decision.customer.business_unit_id):
        raise Refused(DecisionRefusal.UNKNOWN_DECISION)
    with connections["default"].cursor() as cursor:
        lock_orders(cursor, [decision.order_ref])
    lock_lines([line_of(decision)])
    decision.refresh_from_db()
    return decision


def line_of(decision: Decision) -> int:
    if decision.line_id is None:
        raise Refused(DecisionRefusal.UNKNOWN_DECISION)
    return decision.line_id


def end_hold(
    decision: Decision, state: str, reason: str, entry_id: UUID, actor: Actor, at: datetime
) -> bool:
    """End a waiting hold by compare-and-swap, and keep its ledger entry; False where none waits."""
    ended = Hold.objects.filter(pk=decision.pk, state="waiting").update(
        state=state,
        reason=reason,
        ended_at=at,
        ended_by_id=actor.person_id,
        ended_entry_id=entry_id,
    )
    return ended == 1


def open_hold(
    decision: Decision,
    kind: str,
    codes: str,
    *,
    sla_hours: int,
    at: datetime,
    reason: str = "",
    forced: bool = False,
) -> None:
    """Put an order into the queue, also one whose earlier hold has ended."""
    Hold.objects.update_or_create(
        decision=decision,
        defaults={
            "customer_id": decision.customer_id,
            "kind": kind,
            "state": "waiting",
            "codes": codes,
            "codes_left": codes,
            "reason": reason,
            "forced": forced,
            "opened_at": at,
            "due_at": at + timedelta(hours=sla_hours),
            "ready": False,
            "seen": "",
            "evaluated_at": None,
            "escalated_at": None,
            "ended_at": None,
            "ended_by": None,
            "ended_entry_id": None,
        },
    )


def end_reserved(decision: Decision, *, at: datetime) -> bool:
    """Give back the credit that an order still holds; False where it holds none."""
    held = decision.reservation_id
    return held is not None and bool(end_reservations([held], "voided", at=at))


def answer_review(decision: Decision, words: str, actor: Actor, at: datetime) -> bool:
    """Who ends a hold by hand has looked at the order: an open request for that is answered."""
    answered = ReviewRequest.objects.filter(pk=decision.pk, answered_at__isnull=True).update(
        answered_by_id=actor.person_id, answer=words, answered_at=at
    )
    return answered == 1


def record(
    decision: Decision, kind: str, clear: dict[str, Any], values: dict[str, str], *, at: datetime
) -> UUID:
    """Append one ledger entry about a decision."""
    with connections["default"].cursor() as cursor:
        return append([entry_about(decision, kind, clear, values)], at=at, cursor=cursor)[0]


def entry_about(
    decision: Decision, kind: str, clear: dict[str, Any], values: dict[str, str]
) -> NewEntry:
    """An entry about a decision, under its customer's key."""
    return NewEntry(
        kind=kind,
        clear=clear,
        fields={
            "customer": decision.customer.code,
            "decision": str(decision.pk),
            "order": f"{decision.order_ref}#{decision.version}",
            **values,
        },
        data_key_id=decision.customer.data_key_id,
    )
