"""An order's answer: facts + order + policy → verdict. The same three always give the same
verdict, byte for byte.

Every check of the policy is made, so that all reasons are told at once; the worst outcome wins:
decline > hold > refer > approve (warnings ride along). Exceeded means `>`: an order that fills
the line to the last cent passes. No limit set is no credit, zero is zero, unlimited is a word.
What is `UNKNOWN` can only refer or decline, and a forced hold holds whatever the policy says. The
values stand in `case`, the checks one by one in `checks`; both are taken from here.

An order must fit into every limit above its line as well (`Level`): its group's, a sub-limit's.
What counts of it is its amount less what documents under its number carry already, and less what
lies beyond the policy's horizon.

Worked: used 880,000.00 of 1,000,000.00, order 180,000.00 → after 1,060,000.00 > 1,000,000.00 →
headroom_exceeded.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from xinheng.credit.case import (
    UNKNOWN,
    Facts,
    Level,
    Limit,
    Order,
    Reason,
    Step,
    Unknown,
    Verdict,
    ceiling_of,
    decode,
    encode,
    inherits,
    last_day,
)
from xinheng.credit.checks import CHECKS, SKIP, Finding
from xinheng.credit.exposure import used, weighted
from xinheng.credit.money import to_text
from xinheng.credit.policy import Check, Policy

__all__ = [
    "UNKNOWN",
    "WIDER",
    "Facts",
    "Level",
    "Limit",
    "Order",
    "Reason",
    "Step",
    "Unknown",
    "Verdict",
    "ceiling_of",
    "counts",
    "decide",
    "decode",
    "encode",
    "facts_after",
    "horizon",
    "inherits",
    "is_later",
    "replay",
]

WIDER: Final = ("group", "own")  # levels that are more than a part of the customer's own line
_SEVERITY: Final = {"warn": 0, "refer": 1, "hold": 2, "decline": 3}
_OUTCOMES: Final = ("approve", "refer", "hold", "decline")


def decide(facts: Facts, order: Order, policy: Policy) -> Verdict:
    """The verdict on one order. Pure: it reserves nothing; see `facts_after` for the next order
    of a batch.
    """
    if order.amount_minor < 0:
        raise ValueError(
            "an order's amount is not negative; returns and credit notes are not order-checked"
        )
    in_use = used(facts.components, policy.exposure)
    after = in_use + counts(order, facts.today, policy)
    trace: list[Step] = []
    reasons: list[Reason] = []
    made = policy.points.get(facts.point)
    for check in policy.checks:
        if made is not None and check.code not in made:
            continue
        outcome, code, measured, threshold = CHECKS[check.kind](facts, order, check, after)
        trace.append(Step(check.code, outcome, measured, threshold))
        if outcome != "pass" and outcome != "skip":
            reasons.append(Reason(code, measured, threshold, outcome, check.code))
    limit = facts.limit
    if isinstance(limit, Limit) and limit.forced_hold:
        reasons.append(Reason("limit_forced_hold", None, None, "hold"))
        trace.append(Step("forced_hold", "hold", None, None))
    if facts.held:
        kept = facts.held == "kept"
        reasons.append(_KEPT if kept else _NOT_APPROVED)
        trace.append(Step("order_itself", "hold", facts.held, None))
    if facts.levels or facts.rates_missing:
        _look_above(facts, policy, trace, reasons)
    if reasons and (facts.point == "invoice" or _excused(facts, order, reasons)):
        reasons = [replace(reason, outcome="warn") for reason in reasons]
        reasons += _excuses(facts, order)
    ceiling = ceiling_of(limit)
    return Verdict(
        _worst(reasons) if reasons else "approve",
        _once(reasons) if len(reasons) > 1 else tuple(reasons),
        tuple(trace),
        in_use,
        ceiling,
        None if ceiling is None else ceiling - in_use,
        after,
        policy.rule,
    )


_KEPT: Final = Reason("order_held_by_person", None, None, "hold")
_NOT_APPROVED: Final = Reason("order_not_approved", None, None, "hold")
_BY_PERSON: Final = ("limit_forced_hold", "order_held_by_person", "order_not_approved")


def _excused(facts: Facts, order: Order, reasons: list[Reason]) -> bool:
    """A change within the tolerance of what a person released, or an answer that still holds. What
    declines, and a hold that a person placed, are never excused.
    """
    if any(r.outcome == "decline" or r.code in _BY_PERSON for r in reasons):
        return False
    if facts.passed_on is not None:
        return True
    return facts.tolerated_minor is not None and order.amount_minor <= facts.tolerated_minor


def _excuses(facts: Facts, order: Order) -> list[Reason]:
    if facts.point == "invoice":
        return []  # delivered goods stay invoiceable; the reasons themselves ride along
    if facts.passed_on is not None:
        return [Reason("checked_recently", facts.passed_on, None, "warn")]
    measured = to_text(order.amount_minor, order.currency)
    threshold = to_text(facts.tolerated_minor or 0, order.currency)
    return [Reason("within_tolerance", measured, threshold, "warn")]


def counts(order: Order, today: str, policy: Policy) -> int:
    """What the order adds to the exposure: its amount less what documents carry already; if it is
    to be delivered beyond the horizon, only the policy's share of that.
    """
    adds = max(order.amount_minor - order.fulfilled_minor, 0)
    if is_later(order.delivery_on, today, policy):
        return weighted(adds, policy.exposure.later)
    return weighted(adds, policy.exposure.orders)


def is_later(delivery_on: str | None, today: str, policy: Policy) -> bool:
    """Whether a delivery day lies beyond the policy's horizon; an order without one never does."""
    if delivery_on is None or policy.order_horizon_days is None:
        return False
    return delivery_on > horizon(today, policy.order_horizon_days)


@lru_cache(maxsize=64)
def horizon(today: str, days: int) -> str:
    """The last day (ISO) that orders count for."""
    return (date.fromisoformat(today) + timedelta(days=days)).isoformat()


def _look_above(facts: Facts, policy: Policy, trace: list[Step], reasons: list[Reason]) -> None:
    """Every further limit on the way up is tested like the line's own, whatever is checked."""
    headroom = next(check for check in policy.checks if check.kind == "headroom")
    if facts.rates_missing:
        pairs = ", ".join(facts.rates_missing)
        outcome = headroom.outcome_on_unknown
        trace.append(Step("exchange_rates", outcome, pairs, None))
        reasons.append(Reason("exchange_rate_unknown", pairs, None, outcome, headroom.code))
    for level in facts.levels:
        outcome, code, measured, threshold = _level(level, facts.today, headroom)
        trace.append(Step(f"{level.kind}:{level.name}", outcome, measured, threshold))
        if outcome != "pass" and outcome != "skip":
            reasons.append(
                Reason(code, measured, threshold, outcome, headroom.code, level.currency)
            )


def _level(level: Level, today: str, headroom: Check) -> Finding:
    limit, fails = level.limit, headroom.outcome_on_fail
    if limit.valid_from is not None and today < limit.valid_from:
        return SKIP
    if limit.valid_until is not None and today > last_day(limit.valid_until, limit.grace_days):
        if level.kind in WIDER:
            return (fails, "group_limit_expired", today, limit.valid_until)
        return (fails, "sublimit_expired", today, limit.valid_until)
    ceiling, after = ceiling_of(limit), level.used_minor + level.adds_minor
    measured = to_text(after, level.currency)
    if ceiling is None:
        return ("pass", "", measured, "unlimited")
    threshold = to_text(ceiling, level.currency)
    if after <= ceiling:
        return ("pass", "", measured, threshold)
    if level.kind in WIDER:
        return (fails, "group_headroom_exceeded", measured, threshold)
    return (fails, "sublimit_exceeded", measured, threshold)


def facts_after(facts: Facts, order: Order, policy: Policy | None = None) -> Facts:
    """What the next order on the line must see once this one is approved and reserved."""
    c = facts.components
    adds = max(order.amount_minor - order.fulfilled_minor, 0)
    if policy is not None and is_later(order.delivery_on, facts.today, policy):
        components = replace(c, later=c.later + adds)
    else:
        components = replace(c, orders=c.orders + adds)
    levels = tuple(
        replace(level, used_minor=level.used_minor + level.adds_minor) for level in facts.levels
    )
    return replace(facts, components=components, levels=levels)


def _worst(reasons: list[Reason]) -> str:
    return _OUTCOMES[max(_SEVERITY[reason.outcome] for reason in reasons)]


def _once(reasons: list[Reason]) -> tuple[Reason, ...]:
    """An unknown limit fails several checks with one and the same reason: tell it once, at its
    worst.
    """
    told: dict[tuple[str, str | None, str | None], Reason] = {}
    for reason in reasons:
        key = (reason.code, reason.measured, reason.threshold)
        before = told.get(key)
        if before is None or _SEVERITY[reason.outcome] > _SEVERITY[before.outcome]:
            told[key] = reason
    return tuple(told.values())


def replay(facts_bytes: bytes, order_bytes: bytes, policy: Policy) -> Verdict:
    """Decide again from what was kept; `encode` of the result equals the bytes kept then, or
    something was changed.
    """
    return decide(decode(facts_bytes, Facts), decode(order_bytes, Order), policy)
