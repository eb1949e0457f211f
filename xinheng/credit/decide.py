"""An order's answer: facts + order + policy → verdict. The same three always give the same
verdict, byte for byte.

Every check of the policy is made, so that all reasons are told at once; the worst outcome wins:
decline > hold > refer > approve (warnings ride along). Exceeded means `>`: an order that fills
the line to the last cent passes. No limit set is no credit, zero is zero, unlimited is a word.
What is `UNKNOWN` can only refer or decline, and a forced hold holds whatever the policy says.
Amounts are minor units of the credit line's currency (the caller has converted the order); days
are ISO texts, which compare as they are written.

Worked: used 880,000.00 of 1,000,000.00, order 180,000.00 → after 1,060,000.00 > 1,000,000.00 →
headroom_exceeded.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeVar

import msgspec
from msgspec import Struct

from xinheng.credit.exposure import Components, used
from xinheng.credit.money import to_text
from xinheng.credit.policy import Check, Policy
from xinheng.credit.scale import grade_rank

Unknown = Literal["unknown"]
UNKNOWN: Final[Unknown] = "unknown"
# A text that may also be UNKNOWN. (One JSON string can't tell the two types apart, so the word is
# reserved: no status, grade or date is ever spelled "unknown".)
TextOrUnknown = str


class Order(Struct, frozen=True):
    """What is asked for, in the credit line's currency. `terms_days` None: the agreed terms
    apply.
    """

    ref: str
    version: int
    amount_minor: int
    currency: str
    terms_days: int | None
    requested_on: str


class Limit(Struct, frozen=True):
    """The line in force today (a temporary line replaces the base). `amount_minor` None: never
    set, no credit.

    `single_order_cap_minor` and `terms_days_max` None: no such restriction was agreed. Both dates
    are inclusive.
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


class Facts(Struct, frozen=True):
    """All that a decision may know: figures, dates and codes, never names. `limit` None: the
    customer has no line.
    """

    customer_status: TextOrUnknown
    limit: Limit | Unknown | None
    components: Components
    overdue_minor: int | Unknown
    overdue_days_max: int | Unknown
    grade: TextOrUnknown | None
    rating_valid_until: TextOrUnknown | None
    today: str


class Reason(Struct, frozen=True):
    """Why the answer is not a plain yes. `rule` is the code of the policy's check ("" for a
    forced hold).
    """

    code: str
    measured: str | None
    threshold: str | None
    outcome: str
    rule: str = ""


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
_SEVERITY: Final = {"warn": 0, "refer": 1, "hold": 2, "decline": 3}
_OUTCOMES: Final = ("approve", "refer", "hold", "decline")


def decide(facts: Facts, order: Order, policy: Policy) -> Verdict:
    """The verdict on one order. Pure: it reserves nothing; see `facts_after` for the next order
    of a batch.
    """
    amount = order.amount_minor
    if amount < 0:
        raise ValueError(
            "an order's amount is not negative; returns and credit notes are not order-checked"
        )
    in_use = used(facts.components, policy.exposure)
    after = in_use + amount
    trace: list[Step] = []
    reasons: list[Reason] = []
    for check in policy.checks:
        outcome, code, measured, threshold = _TESTS[check.kind](facts, order, check, after)
        trace.append(Step(check.code, outcome, measured, threshold))
        if outcome != "pass" and outcome != "skip":
            reasons.append(Reason(code, measured, threshold, outcome, check.code))
    limit = facts.limit
    if isinstance(limit, Limit) and limit.forced_hold:
        reasons.append(Reason("limit_forced_hold", None, None, "hold"))
        trace.append(Step("forced_hold", "hold", None, None))
    ceiling = _ceiling(limit)
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


def facts_after(facts: Facts, order: Order) -> Facts:
    """What the next order on the line must see once this one is approved and reserved."""
    c = facts.components
    components = Components(
        c.open_items,
        c.unbilled,
        c.orders + order.amount_minor,
        c.bills,
        c.guarantees,
        c.unapplied,
        c.prepaid,
    )
    return Facts(
        facts.customer_status,
        facts.limit,
        components,
        facts.overdue_minor,
        facts.overdue_days_max,
        facts.grade,
        facts.rating_valid_until,
        facts.today,
    )


def _ceiling(limit: Limit | Unknown | None) -> int | None:
    if isinstance(limit, Limit):
        return None if limit.unlimited else (limit.amount_minor or 0)
    return 0 if limit is None else None


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
    status = facts.customer_status
    if status == UNKNOWN:
        return (check.outcome_on_unknown, "status_unknown", None, None)
    if status in check.params.passing:
        return ("pass", "", status, None)
    outcome = check.params.outcomes.get(status, check.outcome_on_fail)
    return (outcome, "status_not_active", status, None)


def _limit_valid(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    limit = facts.limit
    if not isinstance(limit, Limit):
        return _without_limit(limit, check)
    today = facts.today
    if limit.amount_minor is None and not limit.unlimited:
        return (check.outcome_on_fail, "limit_unset", None, None)
    if limit.valid_from is not None and today < limit.valid_from:
        return (check.outcome_on_fail, "limit_not_yet_valid", today, limit.valid_from)
    if limit.valid_until is not None and today > limit.valid_until:
        return (check.outcome_on_fail, "limit_expired", today, limit.valid_until)
    return ("pass", "", today, limit.valid_until)


def _headroom(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    limit = facts.limit
    if limit == UNKNOWN:
        return (check.outcome_on_unknown, "limit_unknown", None, None)
    ceiling = _ceiling(limit)
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
