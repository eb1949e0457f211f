"""Ways out of a waiting hold, as things stand now: today's facts, the live policy, open invoices.

A decision's record says why it was held then; what would release it depends on today. Nothing is
locked and nothing is written: the steps are a proposal, and the next order check decides for
itself. `passes_now` says that the order would be approved as it is: send it again as its next
version.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from xinheng.credit.decide import Facts, Limit, Order, decide, decode
from xinheng.credit.money import to_text
from xinheng.credit.policy import Policy
from xinheng.credit.way_text import text
from xinheng.credit.ways_out import Due, Step, apply, find
from xinheng.decisions.batch import with_orders
from xinheng.decisions.facts import facts_of, find_earlier, find_standings
from xinheng.decisions.governing import live_policy
from xinheng.decisions.models import Decision, Hold
from xinheng.limits.models import CreditLine
from xinheng.limits.queries import components_of
from xinheng.limits.values import LockedLine
from xinheng.receivables.queries import open_items


class ToldStep(NamedTuple):
    """A step with its sentence in both languages."""

    step: Step
    text: dict[str, str]


class Outlook(NamedTuple):
    """What would turn the order into a yes today. No way and not `passes_now`: a person decides."""

    today: str
    policy: Policy
    outcome: str
    ways: tuple[tuple[ToldStep, ...], ...]

    @property
    def passes_now(self) -> bool:
        return self.outcome == "approve"


def of_decision(decision: Decision, *, at: datetime) -> Outlook | None:
    """The ways out of a decision that the caller may see; None where no hold waits."""
    waits = Hold.objects.filter(pk=decision.pk, state="waiting").exists()
    line = CreditLine.objects.filter(pk=decision.line_id or 0).first()
    if not waits or line is None:
        return None
    governing = live_policy()
    with connection.cursor() as cursor:
        _, day, standings = find_standings(cursor, [line.pk], governing.time_zone, at)
        _, _, on_order = find_earlier(cursor, [decision.order_ref])
    assert day is not None, "the line was read a moment ago"
    order = decode(bytes(decision.order_bytes), Order)
    counted = on_order.get((order.ref, decision.customer_id, order.currency), 0)
    seen = with_orders(_as_locked(line), -counted)
    facts = facts_of(seen, standings[line.pk], day.isoformat())
    items = tuple(
        Due(item.number, item.due_on.isoformat(), item.open_minor)
        for item in open_items(decision.customer_id, day, currency=order.currency)
        if item.open_minor > 0
    )
    return _outlook(facts, order, governing.policy, items)


def _as_locked(line: CreditLine) -> LockedLine:
    """The line as decisions read it under the lock; here it is only looked at."""
    limit = Limit(
        line.amount_minor,
        line.unlimited,
        line.valid_from.isoformat() if line.valid_from else None,
        line.valid_until.isoformat() if line.valid_until else None,
        line.single_order_cap_minor,
        line.terms_days_max,
        line.overdue_allowed_minor,
        line.overdue_days_allowed,
        line.forced_hold,
    )
    return LockedLine(
        line.pk, line.customer_id, line.currency, limit, components_of(line), line.line_version
    )


def _outlook(facts: Facts, order: Order, policy: Policy, items: tuple[Due, ...]) -> Outlook:
    ways = find(facts, order, policy, items)
    return Outlook(
        facts.today,
        policy,
        decide(facts, order, policy).outcome,
        tuple(_told(way.steps, facts, order, items) for way in ways),
    )


def _told(
    steps: tuple[Step, ...], facts: Facts, order: Order, items: tuple[Due, ...]
) -> tuple[ToldStep, ...]:
    """Each step in words, told by the invoices that are open when its turn comes."""
    told = []
    for step in steps:
        told.append(ToldStep(step, text(step, order.currency, items)))
        facts, order, items = apply(step, facts, order, items)
    return tuple(told)


def as_values(outlook: Outlook, currency: str) -> dict[str, Any]:
    """For scripts: amounts as decimal strings, both languages of each sentence."""

    def figures(step: Step) -> dict[str, str]:
        amounts = {"amount": step.amount_minor, "of": step.of_minor}
        return {name: to_text(minor, currency) for name, minor in amounts.items() if minor}

    return {
        "today": outlook.today,
        "policy": f"{outlook.policy.name} v{outlook.policy.version}",
        "outcome_now": outlook.outcome,
        "ways": [
            [{"code": told.step.code, **figures(told.step), "text": told.text} for told in steps]
            for steps in outlook.ways
        ],
    }
