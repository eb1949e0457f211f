"""“A human, please” 人工复核: who was answered by a rule alone may ask that a person looks.

A natural person may refuse a purely automatic refusal, and anybody may ask. The wish opens the
order's hold for a person (a declined order has none yet) and is answered in words: by who releases
or rejects the hold, or by itself where the answer stands. Example: a declined order of a closed
account; the customer writes that it was closed by mistake; a credit manager answers and, once the
account is open again, releases.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from xinheng.credit.decide import Facts, Order, decide, decode
from xinheng.decisions.forcing import require_newest
from xinheng.decisions.governing import live_policy
from xinheng.decisions.holding import (
    REASON_CHARACTERS_MIN,
    answer_review,
    locked_decision,
    open_hold,
    record,
)
from xinheng.decisions.models import Decision, Hold, ReviewRequest
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.replaying import policy_of
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

WORDS_MAX = 2_000
CODES_MAX = 300


def ask_review(decision_id: UUID, words: str, *, actor: Actor, at: datetime) -> ReviewRequest:
    """Ask that a person looks at an automatic answer; asking twice changes nothing.

    Must hold: the answer was no plain yes, no person has judged it yet, and it is the order's
    newest. Refuses NOT_ALLOWED, UNKNOWN_DECISION, REASON_REQUIRED, SUPERSEDED, NOTHING_TO_REVIEW,
    JUDGED_BY_PERSON.
    """
    if not actor.may("orders.check"):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    with transaction.atomic():
        decision = locked_decision(decision_id, actor)
        asked = ReviewRequest.objects.filter(pk=decision.pk).first()
        if asked is not None:
            return asked
        said = _said(words)
        require_newest(decision)
        _open_hold(decision, at=at)
        made = ReviewRequest.objects.create(
            decision=decision, asked_by=actor.ref, words=said, asked_at=at
        )
        record(decision, "review.asked", {}, {"actor": actor.ref, "words": said}, at=at)
    return made


def answer(decision_id: UUID, words: str, *, actor: Actor, at: datetime) -> ReviewRequest:
    """A person answers in words; the hold is untouched (releasing or rejecting it answers too).

    Refuses NOT_ALLOWED, UNKNOWN_DECISION, REASON_REQUIRED, REQUESTER_MAY_NOT_RELEASE (who asked for
    the review does not answer it), NO_REVIEW_ASKED.
    """
    if not actor.may("holds.release") or actor.person_id is None:
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    with transaction.atomic():
        decision = locked_decision(decision_id, actor)
        said = _said(words)
        asked = ReviewRequest.objects.filter(pk=decision.pk).first()
        if asked is not None and asked.asked_by == actor.ref:
            raise Refused(DecisionRefusal.REQUESTER_MAY_NOT_RELEASE)
        if not answer_review(decision, said, actor, at):
            raise Refused(DecisionRefusal.NO_REVIEW_ASKED)
        record(decision, "review.answered", {}, {"actor": actor.ref, "words": said}, at=at)
    return ReviewRequest.objects.get(pk=decision.pk)


def review_of(decision_id: UUID) -> ReviewRequest | None:
    """What was asked and answered about a decision that the reader may see already."""
    found: ReviewRequest | None = ReviewRequest.objects.filter(pk=decision_id).first()
    return found


def _said(words: str) -> str:
    said = words.strip()
    if not REASON_CHARACTERS_MIN <= len(said) <= WORDS_MAX:
        raise Refused(DecisionRefusal.REASON_REQUIRED, least=REASON_CHARACTERS_MIN)
    return said


def _open_hold(decision: Decision, *, at: datetime) -> None:
    """A waiting hold is kept as it is; a declined order gets one for a person to refer to."""
    hold = Hold.objects.filter(pk=decision.pk).first()
    if hold is not None and hold.state == "waiting":
        return
    if hold is not None and hold.state in ("released", "rejected"):
        raise Refused(DecisionRefusal.JUDGED_BY_PERSON)
    if hold is not None or decision.outcome != "decline" or decision.cancelled_at is not None:
        raise Refused(DecisionRefusal.NOTHING_TO_REVIEW)
    open_hold(decision, "refer", _codes(decision), sla_hours=live_policy().policy.sla_hours, at=at)


def _codes(decision: Decision) -> str:
    """The reasons of the kept answer, worst first as they were told."""
    facts = decode(bytes(decision.facts), Facts)
    order = decode(bytes(decision.order_bytes), Order)
    verdict = decide(facts, order, policy_of(decision))
    return ",".join(reason.code for reason in verdict.reasons)[:CODES_MAX]
