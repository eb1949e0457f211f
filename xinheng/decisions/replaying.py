"""Replay: a past decision made again from its record, byte for byte.

What was kept (facts, order, the policy's version, ids and the clock of that moment) goes once more
through `credit.decide` and `answering`; the bytes must equal those that were sent. If one byte
differs, either the record was changed or the rules no longer say what they said, and `Difference`
names the first place: `exposure.used: kept "880000.00", again "880000.01"`. Nothing from today is
read but the amount that a reservation was made for, which never changes.

A decision whose customer was erased can't be replayed, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import zip_longest
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from xinheng.credit.decide import Facts, Order, decide, decode
from xinheng.credit.policy import Policy
from xinheng.decisions.answering import answer_bytes
from xinheng.decisions.governing import parsed_policy
from xinheng.decisions.models import Decision
from xinheng.limits.models import Reservation
from xinheng.limits.values import NewReservation
from xinheng.policies.queries import version_of
from xinheng.vault.queries import open_living_keys

ABSENT = "(absent)"


class Difference(NamedTuple):
    """The first place where both answers differ: a path into the JSON, or a byte's position."""

    place: str
    kept: str
    again: str


class Replay(NamedTuple):
    """How a replay ended: identical, different (then `difference` says where) or erased."""

    decision_id: UUID
    result: str
    policy: str
    outcome: str
    answer_bytes: int
    difference: Difference | None


def replay_decision(decision: Decision) -> Replay:
    """Recompute one decision, found by a caller who may see it."""
    kept = bytes(decision.answer)
    policy = policy_of(decision)
    name = f"{policy.name} v{policy.version}"
    if is_erased(decision):
        return Replay(decision.pk, "erased", name, decision.outcome, len(kept), None)
    difference = first_difference(kept, recomputed(decision, policy, _made(decision)))
    result = "different" if difference else "identical"
    return Replay(decision.pk, result, name, decision.outcome, len(kept), difference)


def _made(decision: Decision) -> Reservation | None:
    """The reservation that the answer told: the first one of its version. An order that a person
    stopped and released again has a later one.
    """
    if decision.reservation_id is None:
        return None
    held: Reservation | None = Reservation.objects.filter(pk=decision.reservation_id).first()
    if held is None or held.created_at == decision.decided_at:
        return held
    same = {"order_ref": held.order_ref, "order_version": held.order_version}
    return Reservation.objects.filter(**same, line_id=held.line_id).order_by("line_version").first()


def policy_of(decision: Decision) -> Policy:
    """The version that decided, which never changes."""
    row = version_of(decision.policy_id)
    return parsed_policy(row.pk, row.body)


def is_erased(decision: Decision) -> bool:
    """Whether the customer's key was destroyed, or the record was emptied."""
    if not (decision.facts and decision.order_bytes and decision.answer):
        return True
    key_id = decision.customer.data_key_id
    return key_id not in open_living_keys([key_id])


def recomputed(decision: Decision, policy: Policy, made: Reservation | None) -> bytes:
    """The answer as it would be sent for the kept facts; `made`: the decision's reservation row."""
    facts = decode(bytes(decision.facts), Facts)
    order = decode(bytes(decision.order_bytes), Order)
    return answer_bytes(
        decision_id=str(decision.pk),
        entry_id=str(decision.entry_id),
        facts=facts,
        order=order,
        verdict=decide(facts, order, policy),
        policy=policy,
        reservation=_promised(decision, policy, made),
        decided_at=decision.decided_at,
    )


def _promised(
    decision: Decision, policy: Policy, made: Reservation | None
) -> NewReservation | None:
    """The reservation as the answer told it. A later release makes one too, which it did not. One
    that leans on a special approval ends with that; all others after the policy's days.
    """
    if made is None or decision.outcome != "approve":
        return None
    days = timedelta(days=policy.reservation_days)
    return NewReservation(
        made.pk,
        made.line_id,
        made.order_ref,
        made.order_version,
        made.amount_minor,
        made.used_before_minor,
        made.ceiling_minor,
        made.unlimited,
        made.override_id,
        made.line_version,
        made.expires_at if made.override_id else decision.decided_at + days,
    )


def first_difference(kept: bytes, again: bytes) -> Difference | None:
    """None for equal bytes. Equal values in other bytes are told by their position."""
    if kept == again:
        return None
    try:
        found = next(_differences("", msgspec.json.decode(kept), msgspec.json.decode(again)), None)
    except msgspec.DecodeError:
        found = None
    return found or _first_byte(kept, again)


def _differences(path: str, kept: Any, again: Any) -> Iterator[Difference]:
    if isinstance(kept, dict) and isinstance(again, dict):
        for name in dict.fromkeys((*kept, *again)):
            inner = f"{path}.{name}" if path else name
            yield from _differences(inner, kept.get(name, ABSENT), again.get(name, ABSENT))
    elif isinstance(kept, list) and isinstance(again, list):
        for number, (one, other) in enumerate(zip_longest(kept, again, fillvalue=ABSENT)):
            yield from _differences(f"{path}[{number}]", one, other)
    elif kept != again:
        yield Difference(path, _shown(kept), _shown(again))


def _shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _first_byte(kept: bytes, again: bytes) -> Difference:
    position = next(
        (n for n, (one, other) in enumerate(zip(kept, again, strict=False)) if one != other),
        min(len(kept), len(again)),
    )
    near = slice(max(0, position - 10), position + 20)
    return Difference(f"byte {position}", repr(kept[near]), repr(again[near]))
