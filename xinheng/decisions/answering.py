"""The answer: a verdict in the bytes that the customer's systems keep.

The bytes are made once, stored with the decision and repeated as they were for ever. Money is
decimal strings, times are UTC; a limit that is not a number says so in a word ("unlimited"), an
unset one is null. Components that reduce the exposure (unapplied cash, prepayments) are shown with
their minus sign, so that the parts add up to `used`.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec import to_builtins

from xinheng.credit.decide import Facts, Level, Limit, Order, Verdict, ceiling_of, is_later
from xinheng.credit.exposure import explain
from xinheng.credit.money import to_text
from xinheng.credit.policy import Policy
from xinheng.credit.reason_text import text
from xinheng.limits.values import NewReservation

_ENCODER: Final = msgspec.json.Encoder()


@lru_cache(maxsize=256)
def instant(at: datetime) -> str:
    """UTC with milliseconds: 2026-11-22T06:30:00.123Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer_bytes(
    *,
    decision_id: str,
    entry_id: str,
    facts: Facts,
    order: Order,
    verdict: Verdict,
    policy: Policy,
    reservation: NewReservation | None,
    decided_at: datetime,
) -> bytes:
    """The answer as it is sent and stored. `reservation` None: nothing was promised, because the
    order was not approved or an open order of the ERP with its number counts already.
    """
    currency = order.currency
    answer: dict[str, Any] = {
        "decision_id": decision_id,
        "outcome": verdict.outcome,
        "reasons": [
            {
                "code": reason.code,
                "measured": reason.measured,
                "threshold": reason.threshold,
                "text": text(reason, currency),
            }
            for reason in verdict.reasons
        ],
        "exposure": {
            "limit": _limit_text(facts, currency),
            "used": to_text(verdict.used_minor, currency),
            "headroom": _or_none(verdict.headroom_minor, currency),
            "after": to_text(verdict.after_minor, currency),
            "components": _components(facts, policy, currency),
            "rule": verdict.rule,
            **_further(facts, order, policy),
        },
        "reservation": _reservation(reservation, order.asked_currency or currency),
        "policy": {"name": policy.name, "version": policy.version},
        "decided_at": instant(decided_at),
        "ledger": {"entry": entry_id, "status": "recorded"},
    }
    if facts.point != "order":
        answer["point"] = facts.point
    return _ENCODER.encode(answer)


def _further(facts: Facts, order: Order, policy: Policy) -> dict[str, Any]:
    """What only some answers have: other currencies, limits above, covers, what counts later."""
    told: dict[str, Any] = {}
    limit = facts.limit
    if isinstance(limit, Limit) and limit.covered_minor:
        told["covered"] = to_text(limit.covered_minor, order.currency)
    if isinstance(limit, Limit) and limit.temporary:
        told["temporary_limit"] = True
    if order.asked_minor is not None and order.asked_currency is not None:
        told["currency"] = order.currency
        told["asked"] = {
            "amount": to_text(order.asked_minor, order.asked_currency),
            "currency": order.asked_currency,
            "counts": to_text(order.amount_minor, order.currency),
        }
    if facts.rates:
        told["rates"] = [to_builtins(rate) for rate in facts.rates]
    if order.fulfilled_minor:
        told["fulfilled"] = to_text(order.fulfilled_minor, order.currency)
    if is_later(order.delivery_on, facts.today, policy):
        told["counts_later"] = order.delivery_on
    if facts.levels:
        told["levels"] = [_level(level) for level in facts.levels]
    return told


def _level(level: Level) -> dict[str, Any]:
    ceiling = ceiling_of(level.limit)
    after = level.used_minor + level.adds_minor
    return {
        "kind": level.kind,
        "name": level.name,
        "currency": level.currency,
        "limit": "unlimited" if ceiling is None else to_text(ceiling, level.currency),
        "used": to_text(level.used_minor, level.currency),
        "after": to_text(after, level.currency),
        "headroom": None
        if ceiling is None
        else to_text(ceiling - level.used_minor, level.currency),
    }


def _limit_text(facts: Facts, currency: str) -> str | None:
    limit = facts.limit
    if not isinstance(limit, Limit):
        return None
    return "unlimited" if limit.unlimited else _or_none(limit.amount_minor, currency)


def _or_none(amount_minor: int | None, currency: str) -> str | None:
    return None if amount_minor is None else to_text(amount_minor, currency)


def _components(facts: Facts, policy: Policy, currency: str) -> dict[str, str]:
    """What each component adds to (or takes from) the exposure, weighted, in the formula's
    order.
    """
    return {
        line.component: to_text(line.counts_minor, currency)
        for line in explain(facts.components, policy.exposure)
    }


def _reservation(made: NewReservation | None, currency: str) -> dict[str, Any] | None:
    if made is None:
        return None
    return {
        "id": str(made.id),
        "amount": to_text(made.amount_minor, currency),
        "expires_at": instant(made.expires_at),
    }
