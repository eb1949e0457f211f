"""Reads of decisions: one whole decision for its page and the API, the hold queue, a customer's
decisions.

Everything goes through `visible_to(user)`. A decision's trace is not stored: it is computed again
from the facts, the order and the policy version that were, which is also the proof that they
explain the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count, F

from xinheng.credit.decide import Facts, Order, Step, Verdict, decode, replay
from xinheng.credit.policy import Policy
from xinheng.credit.reason_text import text
from xinheng.decisions.batch import committed_values
from xinheng.decisions.governing import parsed_policy
from xinheng.decisions.models import Assessment, Decision, Hold, Override
from xinheng.decisions.waiting import code_rule, waiting
from xinheng.limits.models import Reservation
from xinheng.policies.queries import version_of

HOLDS_MAX = 200


@dataclass(frozen=True)
class DecisionView:
    """One decision with its whole life. `answer` is the parsed answer; `answer_bytes` what was
    sent.
    """

    decision: Decision
    answer: dict[str, Any]
    answer_bytes: bytes
    facts: Facts
    order: Order
    policy: Policy
    verdict: Verdict
    trace: Sequence[Step]
    same_again: bool  # replaying the kept facts gives the answer's outcome and reasons
    reservation: Reservation | None
    hold: Hold | None
    override: Override | None


def find(user: Any, decision_id: UUID) -> Decision | None:
    """The decision, or None for one that does not exist or is not this user's to see."""
    found: Decision | None = (
        Decision.objects.visible_to(user)
        .select_related("customer", "hold", "hold__ended_by")
        .filter(pk=decision_id)
        .first()
    )
    return found


def decision_view(user: Any, decision_id: UUID) -> DecisionView | None:
    """Everything a page or the API tells about a decision, replayed from what was kept."""
    decision = find(user, decision_id)
    if decision is None:
        return None
    policy_row = version_of(decision.policy_id)
    policy = parsed_policy(policy_row.pk, policy_row.body)
    facts_bytes, order_bytes = bytes(decision.facts), bytes(decision.order_bytes)
    verdict = replay(facts_bytes, order_bytes, policy)
    answer = msgspec.json.decode(decision.answer)
    return DecisionView(
        decision=decision,
        answer=answer,
        answer_bytes=bytes(decision.answer),
        facts=decode(facts_bytes, Facts),
        order=decode(order_bytes, Order),
        policy=policy,
        verdict=verdict,
        trace=verdict.trace,
        same_again=_same(answer, verdict),
        reservation=Reservation.objects.filter(pk=decision.reservation_id).first(),
        hold=getattr(decision, "hold", None),
        override=Override.objects.select_related("person").filter(decision=decision).first(),
    )


def _same(answer: dict[str, Any], verdict: Verdict) -> bool:
    told = [(r["code"], r["measured"], r["threshold"]) for r in answer["reasons"]]
    again = [(r.code, r.measured, r.threshold) for r in verdict.reasons]
    return answer["outcome"] == verdict.outcome and told == again


def ledger_values(decision: Decision) -> dict[str, str]:
    """The values that the decision's leaf commits to, given back from its row, word for word."""
    kept = tuple(
        bytes(part)
        for part in (
            decision.request_sha256,
            decision.facts,
            decision.order_bytes,
            decision.answer,
        )
    )
    order = decode(kept[2], Order)
    return committed_values(decision.customer.code, order, decision.requested_by, kept)  # type: ignore[arg-type]


@dataclass(frozen=True)
class WaitingHold:
    """A row of the hold queue: all reasons at once, in words, and by how much the limit is
    passed.
    """

    hold: Hold
    decision: Decision
    reasons: list[dict[str, Any]]
    excess_minor: int | None
    waiting_since: datetime


def waiting_holds(user: Any, *, code: str = "", limit: int = HOLDS_MAX) -> list[WaitingHold]:
    """The queue, oldest first, each with its answer's reasons. code: only holds with this reason.
    Tabs and filters of the page: `decisions.waiting`.
    """
    holds = waiting(user).select_related("decision", "customer", "customer__business_unit")
    if code:
        holds = holds.filter(code_rule(code))
    return [_waiting_hold(hold) for hold in holds.order_by("opened_at", "pk")[:limit]]


def _waiting_hold(hold: Hold) -> WaitingHold:
    decision = hold.decision
    answer = msgspec.json.decode(decision.answer)
    policy_row = version_of(decision.policy_id)
    verdict = replay(
        bytes(decision.facts),
        bytes(decision.order_bytes),
        parsed_policy(policy_row.pk, policy_row.body),
    )
    excess = None
    if verdict.ceiling_minor is not None:
        excess = max(0, verdict.after_minor - verdict.ceiling_minor)
    return WaitingHold(hold, decision, answer["reasons"], excess, hold.opened_at)


def of_customer(user: Any, customer_id: int, limit: int = 50) -> list[Decision]:
    """A customer's latest decisions with their holds."""
    return list(
        Decision.objects.visible_to(user)
        .filter(customer_id=customer_id)
        .select_related("hold")
        .order_by("-decided_at")[:limit]
    )


def outcomes_between(user: Any, start: datetime, end: datetime) -> dict[str, int]:
    """How many decisions ended how, from `start` up to but not including `end`."""
    rows = (
        Decision.objects.visible_to(user)
        .filter(decided_at__gte=start, decided_at__lt=end)
        .values_list("outcome")
        .annotate(n=Count("pk"), first=F("outcome"))
    )
    return {row[0]: row[1] for row in rows}


def reason_texts(verdict: Verdict, currency: str) -> list[dict[str, str]]:
    """The verdict's reasons in both languages."""
    return [text(reason, currency) for reason in verdict.reasons]


ASSESSMENTS_MAX = 200


def find_assessment(user: Any, assessment_id: int) -> Assessment | None:
    """The assessment, or None for one that does not exist or is not this user's to see."""
    rows = Assessment.objects.visible_to(user).select_related("customer")
    found: Assessment | None = rows.filter(pk=assessment_id).first()
    return found


def assessments_of(user: Any, customer_id: int, limit: int = 50) -> list[Assessment]:
    """A customer's assessments, the newest first; a person's ratings among them."""
    rows = Assessment.objects.visible_to(user).filter(customer_id=customer_id)
    newest = rows.select_related("customer").order_by("-assessed_at", "-pk")
    return list(newest[: min(limit, ASSESSMENTS_MAX)])
