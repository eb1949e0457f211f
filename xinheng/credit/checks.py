"""The checks that a policy may make on an order: one function per kind, all of one shape.

Each takes (facts, order, check, exposure after the order) and returns a `Finding`. Exceeded means
`>`; what is `UNKNOWN` gets the check's `outcome_on_unknown`; what was never agreed is skipped.
Example: limit 1,000,000.00, after 1,060,000.00 → ("hold", "headroom_exceeded", "1060000.00",
"1000000.00"); after exactly 1,000,000.00 → pass.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from xinheng.credit.case import (
    UNKNOWN,
    Facts,
    Limit,
    Order,
    Unknown,
    ceiling_of,
    inherits,
    last_day,
)
from xinheng.credit.money import to_text
from xinheng.credit.policy import Check
from xinheng.credit.scale import grade_rank

# (outcome or "pass" or "skip", reason code, measured, threshold)
Finding = tuple[str, str, str | None, str | None]
SKIP: Final[Finding] = ("skip", "", None, None)


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
        return SKIP
    if not isinstance(limit, Limit):
        return _without_limit(limit, check)
    today = facts.today
    if limit.amount_minor is None and not limit.unlimited:
        return (check.outcome_on_fail, "limit_unset", None, None)
    if limit.valid_from is not None and today < limit.valid_from:
        return (check.outcome_on_fail, "limit_not_yet_valid", today, limit.valid_from)
    if limit.valid_until is not None and today > limit.valid_until:
        if today > last_day(limit.valid_until, limit.grace_days):
            return (check.outcome_on_fail, "limit_expired", today, limit.valid_until)
        return ("warn", "limit_in_grace", today, limit.valid_until)
    return ("pass", "", today, limit.valid_until)


def _headroom(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    limit = facts.limit
    if limit == UNKNOWN:
        return (check.outcome_on_unknown, "limit_unknown", None, None)
    if facts.levels and inherits(facts):
        return SKIP
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
        return SKIP
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
        return SKIP
    if asked > agreed:
        return (check.outcome_on_fail, "terms_longer", str(asked), str(agreed))
    return ("pass", "", str(asked), str(agreed))


def _file_complete(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    file, least = facts.file, check.params.at_least
    if file is None and check.params.required:
        return (check.outcome_on_fail, "file_missing", None, None)
    if file is None:
        return SKIP
    if least is not None and Decimal(file.complete) < Decimal(least):
        return (check.outcome_on_fail, "file_incomplete", file.complete, least)
    return ("pass", "", file.complete, least)


def _file_fresh(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    file = facts.file
    if file is None or file.fresh_until is None:
        return SKIP
    if facts.today > file.fresh_until:
        return (check.outcome_on_fail, "file_stale", facts.today, file.fresh_until)
    return ("pass", "", facts.today, file.fresh_until)


def _licence_valid(facts: Facts, order: Order, check: Check, after: int) -> Finding:
    file = facts.file
    if file is None or file.licence_until is None:
        return SKIP
    if facts.today > file.licence_until:
        return (check.outcome_on_fail, "licence_expired", facts.today, file.licence_until)
    return ("pass", "", facts.today, file.licence_until)


def _without_limit(limit: Unknown | None, check: Check) -> Finding:
    if limit is None:
        return (check.outcome_on_fail, "limit_missing", None, None)
    return (check.outcome_on_unknown, "limit_unknown", None, None)


CHECKS: Final[dict[str, Callable[[Facts, Order, Check, int], Finding]]] = {
    "customer_status": _customer_status,
    "limit_valid": _limit_valid,
    "headroom": _headroom,
    "single_order_cap": _single_order_cap,
    "overdue_amount": _overdue_amount,
    "overdue_days": _overdue_days,
    "rating_expired": _rating_expired,
    "grade_floor": _grade_floor,
    "terms_longer": _terms_longer,
    "file_complete": _file_complete,
    "file_fresh": _file_fresh,
    "licence_valid": _licence_valid,
}
