"""An order's answer: facts + order + policy → verdict. The same three always give the same
verdict, byte for byte.

Every check of the policy is made, so that all reasons are told at once; the worst outcome wins:
decline > hold > refer > approve (warnings ride along). Exceeded means `>`: an order that fills
the line to the last cent passes. No limit set is no credit, zero is zero, unlimited is a word.
What is `UNKNOWN` can only refer or decline, and a forced hold holds whatever the policy says.
Amounts are minor units of the credit line's currency (the caller has converted the order); days
are ISO texts, which compare as they are written.

An order must fit into every limit above its line as well (`Level`): its group's, a sub-limit's.
What counts of it is its amount less what documents under its number carry already, and less what
lies beyond the policy's horizon.

Worked: used 880,000.00 of 1,000,000.00, order 180,000.00 → after 1,060,000.00 > 1,000,000.00 →
headroom_exceeded.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from xinheng.credit.exposure import Components, used, weighted
from xinheng.credit.money import to_text
from xinheng.credit.policy import Check, Policy
from xinheng.credit.rates import RateUsed
from xinheng.credit.scale import grade_rank

Unknown = Literal["unknown"]
UNKNOWN: Final[Unknown] = "unknown"
# A text that may also be UNKNOWN. (One JSON string can't tell the two types apart, so the word is
# reserved: no status, grade or date is ever spelled "unknown".)
TextOrUnknown = str


class Order(Struct, frozen=True, omit_defaults=True):
    """What is asked for, in the credit line's currency. `terms_days` None: the agreed terms
    apply. `fulfilled_minor`: delivered or invoiced under its number already, and counted there.
    `asked_*`: the order's own amount and currency, where it was converted.
    """

    ref: str
    version: int
    amount_minor: int
    currency: str
    terms_days: int | None
    requested_on: str
    delivery_on: str | None = None
    fulfilled_minor: int = 0
    asked_minor: int | None = None
    asked_currency: str | None = None


class Limit(Struct, frozen=True, omit_defaults=True):
    """The line in force today (a temporary line replaces the base). `amount_minor` None: never
    set, no credit.

    `single_order_cap_minor` and `terms_days_max` None: no such restriction was agreed. Both dates
    are inclusive, and `grace_days` follow the last. `covered_minor`: what insurance, guarantees and
    the like add today; `temporary`: it replaces the base limit for a while.
    """

    amount_minor: int | None
    unlimited: bool = False
    valid_from: str | None = None
    valid_until: str | None = None
    single_order_cap_minor: int | None = None
    terms_days_max: int | None = None
    overdue_allowed_minor: int = 0
    overdue_days_allowed: int = 0
    forced_hold: bool = False
    grace_days: int = 0
    covered_minor: int = 0
    temporary: bool = False


class Level(Struct, frozen=True, omit_defaults=True):
    """A further limit that the order must fit into, in that limit's own currency: the group's, a
    sub-limit's. `adds_minor`: what this order adds there.
    """

    kind: str  # group | own (of the company it was merged into) | unit | product | project
    name: str
    currency: str
    limit: Limit
    used_minor: int
    adds_minor: int


class Facts(Struct, frozen=True, omit_defaults=True):
    """All that a decision may know: figures, dates and codes, never names. `limit` None: the
    customer has no line. `payer_status`: of who pays, where that is somebody else; `rates`: those
    that converted; `rates_missing`: pairs without one, which makes the exposure unknown; `point`:
    where in the order's life it is asked. `tolerated_minor`: a person released this order before,
    and up to this amount a change is not asked about again; `passed_on`: the day of an answer that
    still holds at this check point; `held`: a person keeps this order ("kept"), or its newest
    version was not let through.
    """

    customer_status: TextOrUnknown
    limit: Limit | Unknown | None
    components: Components
    overdue_minor: int | Unknown
    overdue_days_max: int | Unknown
    grade: TextOrUnknown | None
    rating_valid_until: TextOrUnknown | None
    today: str
    payer_status: str | None = None
    levels: tuple[Level, ...] = ()
    rates: tuple[RateUsed, ...] = ()
    rates_missing: tuple[str, ...] = ()
    point: str = "order"
    tolerated_minor: int | None = None
    passed_on: str | None = None
    held: str = ""


class Reason(Struct, frozen=True):
    """Why the answer is not a plain yes. `rule` is the code of the policy's check ("" for a
    forced hold). `currency`: of its figures, where it is not the line's.
    """

    code: str
    measured: str | None
    threshold: str | None
    outcome: str
    rule: str = ""
    currency: str | None = None


class Step(Struct, frozen=True, array_like=True):
    """One line of the trace, as a JSON array to stay short: [check, result, measured, threshold].

    `result` is "pass", "skip" (nothing agreed to compare with) or the outcome of the failed check.
    """

    check: str
    result: str
    measured: str | None
    threshold: str | None


class Verdict(Struct, frozen=True):
    """The answer. `ceiling_minor` and `headroom_minor` None: unlimited, or the limit is unknown
    (then a reason says so).
    """

    outcome: str
    reasons: tuple[Reason, ...]
    trace: tuple[Step, ...]
    used_minor: int
    ceiling_minor: int | None
    headroom_minor: int | None
    after_minor: int
    rule: str


# (outcome or "pass" or "skip", reason code, measured, threshold)
Finding = tuple[str, str, str | None, str | None]
_SKIP: Final[Finding] = ("skip", "", None, None)
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
        outcome, code, measured, threshold = _TESTS[check.kind](facts, order, check, after)
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
        return _SKIP
    if limit.valid_until is not None and today > _last_day(limit.valid_until, limit.grace_days):
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


def inherits(facts: Facts) -> bool:
    """An own limit that was never set leaves it to the group's, if that one gives credit today."""
    limit = facts.limit
    if isinstance(limit, Limit) and (limit.amount_minor is not None or limit.unlimited):
        return False
    if limit == UNKNOWN:
        return False
    return any(
        level.kind == "group"
        and not (level.limit.valid_from is not None and facts.today < level.limit.valid_from)
        for level in facts.levels
    )


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


def ceiling_of(limit: Limit | Unknown | None) -> int | None:
    """The limit with what covers add; None: unlimited (or unknown, then a reason says so)."""
    if isinstance(limit, Limit):
        if limit.unlimited:
            return None
        return 0 if limit.amount_minor is None else limit.amount_minor + limit.covered_minor
    return 0 if limit is None else None


@lru_cache(maxsize=256)
def _last_day(valid_until: str, grace_days: int) -> str:
    if not grace_days:
        return valid_until
    return (date.fromisoformat(valid_until) + timedelta(days=grace_days)).isoformat()


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


# --- The tests: one function per kind of check


def _customer_status(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    status, payer = facts.customer_status, facts.payer_status
    if status == UNKNOWN or payer == UNKNOWN:
        return (check.outcome_on_unknown, "status_unknown", None, None)
    if status not in check.params.passing:
        outcome = check.params.outcomes.get(status, check.outcome_on_fail)
        return (outcome, "status_not_active", status, None)
    if payer is not None and payer not in check.params.passing:
        outcome = check.params.outcomes.get(payer, check.outcome_on_fail)
        return (outcome, "payer_not_active", payer, None)
    return ("pass", "", status, None)


def _limit_valid(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    limit = facts.limit
    if facts.levels and inherits(facts):
        return _SKIP
    if not isinstance(limit, Limit):
        return _without_limit(limit, check)
    today = facts.today
    if limit.amount_minor is None and not limit.unlimited:
        return (check.outcome_on_fail, "limit_unset", None, None)
    if limit.valid_from is not None and today < limit.valid_from:
        return (check.outcome_on_fail, "limit_not_yet_valid", today, limit.valid_from)
    if limit.valid_until is not None and today > limit.valid_until:
        if today > _last_day(limit.valid_until, limit.grace_days):
            return (check.outcome_on_fail, "limit_expired", today, limit.valid_until)
        return ("warn", "limit_in_grace", today, limit.valid_until)
    return ("pass", "", today, limit.valid_until)


def _headroom(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    limit = facts.limit
    if limit == UNKNOWN:
        return (check.outcome_on_unknown, "limit_unknown", None, None)
    if facts.levels and inherits(facts):
        return _SKIP
    ceiling = ceiling_of(limit)
    measured = to_text(after, order.currency)
    if ceiling is None:
        return ("pass", "", measured, "unlimited")
    threshold = to_text(ceiling, order.currency)
    if after > ceiling:
        return (check.outcome_on_fail, "headroom_exceeded", measured, threshold)
    return ("pass", "", measured, threshold)


def _single_order_cap(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    limit = facts.limit
    if not isinstance(limit, Limit):
        return _without_limit(limit, check)
    cap = limit.single_order_cap_minor
    if cap is None:
        return _SKIP
    measured, threshold = to_text(order.amount_minor, order.currency), to_text(cap, order.currency)
    if order.amount_minor > cap:
        return (check.outcome_on_fail, "single_order_cap_exceeded", measured, threshold)
    return ("pass", "", measured, threshold)


def _overdue_amount(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    overdue, limit = facts.overdue_minor, facts.limit
    if isinstance(overdue, str):
        return (check.outcome_on_unknown, "overdue_unknown", None, None)
    if limit == UNKNOWN:
        return (check.outcome_on_unknown, "limit_unknown", None, None)
    allowed = limit.overdue_allowed_minor if isinstance(limit, Limit) else 0
    measured, threshold = to_text(overdue, order.currency), to_text(allowed, order.currency)
    if overdue > allowed:
        return (check.outcome_on_fail, "overdue_amount_exceeded", measured, threshold)
    return ("pass", "", measured, threshold)


def _overdue_days(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    days, limit = facts.overdue_days_max, facts.limit
    if isinstance(days, str):
        return (check.outcome_on_unknown, "overdue_unknown", None, None)
    if limit == UNKNOWN:
        return (check.outcome_on_unknown, "limit_unknown", None, None)
    allowed = limit.overdue_days_allowed if isinstance(limit, Limit) else 0
    if days > allowed:
        return (check.outcome_on_fail, "overdue_days_exceeded", str(days), str(allowed))
    return ("pass", "", str(days), str(allowed))


def _rating_expired(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    grade, until = facts.grade, facts.rating_valid_until
    if grade == UNKNOWN or until == UNKNOWN:
        return (check.outcome_on_unknown, "rating_unknown", None, None)
    if grade is None:
        return (check.outcome_on_fail, "rating_missing", None, None)
    if until is None:
        return (check.outcome_on_fail, "rating_undated", grade, None)
    if facts.today > until:
        return (check.outcome_on_fail, "rating_expired", facts.today, until)
    return ("pass", "", facts.today, until)


def _grade_floor(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    grade, worst = facts.grade, check.params.worst_grade
    if grade == UNKNOWN or worst is None:
        return (check.outcome_on_unknown, "rating_unknown", None, None)
    if grade is None:
        return (check.outcome_on_fail, "rating_missing", None, None)
    if grade_rank(grade) > grade_rank(worst):
        return (check.outcome_on_fail, "grade_too_low", grade, worst)
    return ("pass", "", grade, worst)


def _terms_longer(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    limit = facts.limit
    if not isinstance(limit, Limit):
        return _without_limit(limit, check)
    asked, agreed = order.terms_days, limit.terms_days_max
    if asked is None or agreed is None:
        return _SKIP
    if asked > agreed:
        return (check.outcome_on_fail, "terms_longer", str(asked), str(agreed))
    return ("pass", "", str(asked), str(agreed))


def _without_limit(limit: Unknown | None, check: Check) -> Finding:
    if limit is None:
        return (check.outcome_on_fail, "limit_missing", None, None)
    return (check.outcome_on_unknown, "limit_unknown", None, None)


_TESTS: Final[dict[str, Callable[[Facts, Order, Check, int], Finding]]] = {
    "customer_status": _customer_status,
    "limit_valid": _limit_valid,
    "headroom": _headroom,
    "single_order_cap": _single_order_cap,
    "overdue_amount": _overdue_amount,
    "overdue_days": _overdue_days,
    "rating_expired": _rating_expired,
    "grade_floor": _grade_floor,
    "terms_longer": _terms_longer,
}


# --- Replay

T = TypeVar("T", Facts, Order, Verdict)
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODERS: Final = {kind: msgspec.json.Decoder(kind) for kind in (Facts, Order, Verdict)}


def encode(value: Facts | Order | Verdict) -> bytes:
    """Canonical JSON: keys sorted, no blanks, no floats. Equal values have equal bytes."""
    return _ENCODER.encode(value)


def decode(raw: bytes, kind: type[T]) -> T:
    """The inverse of `encode`; raises `msgspec.ValidationError` on another shape."""
    found = _DECODERS[kind].decode(raw)
    assert isinstance(found, kind)
    return found


def replay(facts_bytes: bytes, order_bytes: bytes, policy: Policy) -> Verdict:
    """Decide again from what was kept; `encode` of the result equals the bytes kept then, or
    something was changed.
    """
    return decide(decode(facts_bytes, Facts), decode(order_bytes, Order), policy)
