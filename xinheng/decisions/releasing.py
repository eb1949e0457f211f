"""What a person does to a held order: release it against the rule, or reject it.

The rule said 0.00 free for 30,000.00; a credit manager says yes with a reason, and the order is
reserved with an override, so that the journal shows a yes against the rule and by whose authority.
Judged on the exposure after the release; who asked may not release.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connections, transaction

from xinheng.credit.exposure import used
from xinheng.credit.money import display, to_text
from xinheng.credit.policy import Policy
from xinheng.decisions.batch import dashed, with_orders
from xinheng.decisions.facts import find_earlier
from xinheng.decisions.governing import live_policy
from xinheng.decisions.holding import end_hold, line_of, locked_decision, record
from xinheng.decisions.models import Decision, Hold, Override
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.ledger.actions import new_ids
from xinheng.limits.actions import lock_lines, reserve
from xinheng.limits.values import LockedLine, NewReservation
from xinheng.people.actor import Actor
from xinheng.people.queries import authority
from xinheng.refusals import Refused

REASON_CHARACTERS_MIN = 4


def release_hold(decision_id: UUID, reason: str, *, actor: Actor, at: datetime) -> Decision:
    """A person's yes against the rule: reserve the order with an override, end the hold.

    Must hold: the hold waits, the reason is in words, the person is not the one who asked, and the
    exposure after the release is within the person's authority. Refuses NOT_ALLOWED,
    UNKNOWN_DECISION, NOT_WAITING, REASON_REQUIRED, REQUESTER_MAY_NOT_RELEASE, CUSTOMER_CLOSED,
    NO_AUTHORITY, ABOVE_AUTHORITY.
    """
    with transaction.atomic():
        decision = _waiting_decision(decision_id, reason, actor)
        if decision.person_id is not None and decision.person_id == actor.person_id:
            raise Refused(DecisionRefusal.REQUESTER_MAY_NOT_RELEASE)
        if decision.customer.status in ("blocked", "closed"):
            raise Refused(DecisionRefusal.CUSTOMER_CLOSED, status=decision.customer.status)
        counted = _counted_on_order(decision)
        line = with_orders(lock_lines([line_of(decision)])[line_of(decision)], -counted)
        policy = live_policy().policy
        before = used(line.components, policy.exposure)
        authority_words = _require_authority(actor, decision, before + decision.amount_minor)
        override = _override(decision, line, before, authority_words, reason, actor, at)
        if decision.amount_minor > counted:
            reservation = _overriding(decision, line, before, counted, override, policy, at)
            reserve([reservation], at=at)
            decision.reservation_id = UUID(str(reservation.id))
            decision.save(update_fields=["reservation_id"])
        if not end_hold(decision, "released", reason, actor, at):
            raise Refused(DecisionRefusal.NOT_WAITING, state="superseded")
    return decision


def reject_hold(decision_id: UUID, reason: str, *, actor: Actor, at: datetime) -> Decision:
    """A person's no: the hold ends, nothing is reserved. Refuses as `release_hold`, but the one who
    asked may withdraw it this way."""
    with transaction.atomic():
        decision = _waiting_decision(decision_id, reason, actor)
        if not end_hold(decision, "rejected", reason, actor, at):
            raise Refused(DecisionRefusal.NOT_WAITING, state="superseded")
        values = {"actor": actor.ref, "reason": reason}
        record(decision, "hold.rejected", {}, values, at=at)
    return decision


def _waiting_decision(decision_id: UUID, reason: str, actor: Actor) -> Decision:
    if not actor.may("holds.release") or actor.person_id is None:
        raise Refused(DecisionRefusal.NOT_ALLOWED)  # machines ask, people release
    decision = locked_decision(decision_id, actor)
    hold = Hold.objects.filter(pk=decision.pk).first()
    if hold is None or hold.state != "waiting":
        raise Refused(DecisionRefusal.NOT_WAITING, state=hold.state if hold else "-")
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        raise Refused(DecisionRefusal.REASON_REQUIRED, least=REASON_CHARACTERS_MIN)
    return decision


def _require_authority(actor: Actor, decision: Decision, after_minor: int) -> str:
    """The authority used, in words; measured on the exposure after the release."""
    found = authority(actor.person(), "release_hold", decision.currency)
    if found is None:
        raise Refused(DecisionRefusal.NO_AUTHORITY, currency=decision.currency)
    if not found.unlimited and after_minor > (found.up_to_minor or 0):
        raise Refused(
            DecisionRefusal.ABOVE_AUTHORITY,
            amount=display(after_minor, decision.currency),
            currency=decision.currency,
            limit=display(found.up_to_minor or 0, decision.currency),
        )
    cap = "unlimited" if found.unlimited else to_text(found.up_to_minor or 0, found.currency)
    return f"{found.role_id}: {cap} {found.currency}"


def _counted_on_order(decision: Decision) -> int:
    """What the ERP's own open order of the same number counts already."""
    with connections["default"].cursor() as cursor:
        _, _, found = find_earlier(cursor, [decision.order_ref])
    return found.get((decision.order_ref, decision.customer_id, decision.currency), 0)


def _override(
    decision: Decision,
    line: LockedLine,
    used_minor: int,
    authority_words: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Override:
    ceiling = 0 if line.limit.amount_minor is None else line.limit.amount_minor
    excess = max(0, used_minor + decision.amount_minor - ceiling)
    if line.limit.unlimited:
        excess = 0
    entry_id = record(
        decision,
        "hold.released",
        {},
        {
            "actor": actor.ref,
            "authority": authority_words,
            "excess": f"{to_text(excess, decision.currency)} {decision.currency}",
            "reason": reason,
        },
        at=at,
    )
    return Override.objects.create(
        id=UUID(new_ids(1)[0]),
        decision=decision,
        person_id=actor.person(),
        authority=authority_words,
        reason=reason,
        amount_minor=decision.amount_minor,
        excess_minor=excess,
        at=at,
        entry_id=entry_id,
    )


def _overriding(
    decision: Decision,
    line: LockedLine,
    used_minor: int,
    counted_minor: int,
    override: Override,
    policy: Policy,
    at: datetime,
) -> NewReservation:
    return NewReservation(
        dashed(new_ids(1)[0]),
        line.id,
        decision.order_ref,
        decision.version,
        decision.amount_minor - counted_minor,
        used_minor + counted_minor,
        None if line.limit.unlimited else (line.limit.amount_minor or 0),
        line.limit.unlimited,
        override.id,
        line.line_version + 1,
        at + timedelta(days=policy.reservation_days),
    )
