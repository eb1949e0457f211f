"""A person's stop: an order is held, or kept held, because somebody wants it so.

Whatever becomes of the customer's credit, such a hold is never released by itself; when nothing
else stands against the order it is shown as ready and still waits. Lifting the stop releases
nothing either: the hold waits on as any other, and the next look may free it. Example: an approved
order of 80,000.00 is stopped because the goods left for another address; its 80,000.00 return to
the line at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from xinheng.decisions.governing import live_policy
from xinheng.decisions.holding import (
    REASON_CHARACTERS_MIN,
    end_reserved,
    locked_decision,
    open_hold,
    record,
)
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.releasing import Done, act_on_each
from xinheng.people.actor import Actor
from xinheng.refusals import Refused


def place_hold(decision_id: UUID, reason: str, *, actor: Actor, at: datetime) -> Decision:
    """Stop an approved order, so that its reservation ends; or keep one that is held already.

    Must hold: the decision is the order's newest one and was not cancelled, and its credit is still
    promised (what documents have taken over whole can't be stopped here). Refuses NOT_ALLOWED,
    UNKNOWN_DECISION, REASON_REQUIRED, NOTHING_TO_HOLD, SUPERSEDED.
    """
    _may(actor, reason)
    with transaction.atomic():
        decision = locked_decision(decision_id, actor)
        require_newest(decision)
        kept = Hold.objects.filter(pk=decision.pk, state="waiting").update(
            forced=True, reason=reason
        )
        if not kept:
            _stop(decision, reason, at=at)
        values = {"actor": actor.ref, "reason": reason}
        record(decision, "hold.kept" if kept else "hold.placed", {}, values, at=at)
    return decision


def lift_forced(decision_id: UUID, reason: str, *, actor: Actor, at: datetime) -> Decision:
    """Take a person's stop away; the hold waits on, and is looked at again. Refuses NOT_ALLOWED,
    UNKNOWN_DECISION, REASON_REQUIRED, NOT_FORCED.
    """
    _may(actor, reason)
    with transaction.atomic():
        decision = locked_decision(decision_id, actor)
        lifted = Hold.objects.filter(pk=decision.pk, state="waiting", forced=True).update(
            forced=False, seen="", reason=""
        )
        if not lifted:
            raise Refused(DecisionRefusal.NOT_FORCED)
        record(decision, "hold.lifted", {}, {"actor": actor.ref, "reason": reason}, at=at)
    return decision


def force_holds(
    decision_ids: Sequence[UUID], reason: str, *, actor: Actor, at: datetime
) -> list[Done]:
    """Stop or keep many, each in a transaction of its own. Refuses NOT_ALLOWED, TOO_MANY."""

    def place(one: UUID) -> Decision:
        return place_hold(one, reason, actor=actor, at=at)

    return act_on_each(decision_ids, place, actor)


def require_newest(decision: Decision) -> None:
    """An older version of the order no longer decides anything."""
    later = Decision.objects.filter(
        order_ref=decision.order_ref, point=decision.point, version__gt=decision.version
    )
    if later.exists():
        raise Refused(DecisionRefusal.SUPERSEDED)


def _may(actor: Actor, reason: str) -> None:
    if not actor.may("holds.release") or actor.person_id is None:
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        raise Refused(DecisionRefusal.REASON_REQUIRED, least=REASON_CHARACTERS_MIN)


def _stop(decision: Decision, reason: str, *, at: datetime) -> None:
    """Give the promised credit back, and put the order into the queue."""
    if not end_reserved(decision, at=at):
        raise Refused(DecisionRefusal.NOTHING_TO_HOLD)
    hours = live_policy().policy.sla_hours
    open_hold(decision, "hold", "", sla_hours=hours, at=at, reason=reason, forced=True)
