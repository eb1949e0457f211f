"""What orders ask of the decision room: check them, cancel, let reservations expire.

`check_orders` takes a list; one order is a list of one. Authority → lock once → gather → decide →
write → append to the ledger → COMMIT, and only then does anybody learn the answer. The same key and
body give the same bytes for ever; another body under a used key is refused (422); a twin that
arrives at the same instant waits for the line and reads the first one's answer. What persons
do to a held order is in `releasing`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connections, transaction

from xinheng.decisions import sql
from xinheng.decisions.batch import Batch, SameOrderTwice
from xinheng.decisions.facts import Party, find_earlier, find_parties, lock_orders
from xinheng.decisions.governing import LivePolicy, live_policy
from xinheng.decisions.ground import LineMoved, stand_on, whole_paths
from xinheng.decisions.holding import end_hold, entry_about, locked_decision
from xinheng.decisions.models import Decision
from xinheng.decisions.pipeline import pipelined
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.values import Answer, Ask
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.limits.actions import end_reservations, ensure_lines, reserve
from xinheng.limits.actions import expire_due as expire_reservations
from xinheng.limits.arrays import numbers, plain, texts
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key

ASKS_MAX = 1_000
TRIES = 5
IDS_PER_ORDER = 3  # decision, ledger entry, reservation
RETRIED_STATES = {"23505", "40P01", "40001"}  # a simultaneous twin, a deadlock, a serialisation


def check_orders(
    asks: Sequence[Ask], *, actor: Actor, at: datetime | None = None, using: str = "default"
) -> list[Answer]:
    """Decide orders in the order given, reserve what is approved, record everything, COMMIT.

    at: None reads the database's clock under the lock (one clock for all). Refuses NOT_ALLOWED,
    NO_LIVE_POLICY. Each answer stands for itself: an unknown customer or a reused key among the
    asks does not touch its neighbours. A policy that goes live governs within 30 seconds.
    """
    if not actor.may("orders.check"):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    if len(asks) > ASKS_MAX:
        raise ValueError(f"{len(asks)} orders in one call; at most {ASKS_MAX}")
    policy = live_policy(using)
    tries = 0
    while True:
        try:
            with transaction.atomic(using=using, durable=True), pipelined(using):
                return _check(asks, policy, actor, at, using)
        except SameOrderTwice:
            half = max(1, len(asks) // 2)
            first = check_orders(asks[:half], actor=actor, at=at, using=using)
            return first + check_orders(asks[half:], actor=actor, at=at, using=using)
        except (DatabaseError, LineMoved) as error:
            tries += 1
            if tries >= TRIES or not _worth_another_try(error):
                raise


def _worth_another_try(error: Exception) -> bool:
    return isinstance(error, LineMoved) or (
        getattr(error.__cause__, "sqlstate", None) in RETRIED_STATES
    )


def _check(
    asks: Sequence[Ask], governing: LivePolicy, actor: Actor, at: datetime | None, using: str
) -> list[Answer]:
    refs = [ask.order_ref for ask in asks]
    with connections[using].cursor() as cursor:
        lock_orders(cursor, refs)
        parties = _parties_with_lines(cursor, asks, at, using)
        ground = stand_on(
            cursor,
            whole_paths(parties),
            governing.policy,
            governing.time_zone,
            at,
            using=using,
        )
        if ground is None:
            return [Answer(404, b"", None)] * len(asks)
        earlier, pending, on_order = find_earlier(cursor, refs)
        if any(held.line_id not in ground.lines for held in pending.values()):
            raise LineMoved
        fresh = new_ids(IDS_PER_ORDER * len(asks))
        batch = Batch(ground, actor, earlier, pending, on_order, fresh)
        answers = [batch.answer(ask, party) for ask, party in zip(asks, parties, strict=True)]
        _write(cursor, batch, governing.id, using)
    return answers


def _parties_with_lines(
    cursor: Any, asks: Sequence[Ask], at: datetime | None, using: str
) -> list[Party | None]:
    """Parties; where the payer has no line in the order's currency and scope, an unset one is made,
    so that there is something to lock.
    """
    parties = find_parties(cursor, asks)
    missing = {
        (party.payer_id, ask.currency, ask.scope)
        for ask, party in zip(asks, parties, strict=True)
        if party and party.line_id is None
    }
    if missing:
        ensure_lines(missing, at=at or datetime.now(UTC), using=using)
        parties = find_parties(cursor, asks)
    return parties


def _write(cursor: Any, batch: Batch, policy_id: int, using: str) -> None:
    """One multi-row write each; what was replaced ends before what replaces it begins."""
    ground = batch.ground
    end_reservations(batch.replaced, "replaced", at=ground.at, using=using)
    if batch.superseded:
        cursor.execute(sql.SUPERSEDE_HOLDS, [ground.at, batch.superseded])
    reserve(batch.reservations, at=ground.at, using=using)
    if not batch.decisions:
        return
    _write_decisions(cursor, batch, policy_id)
    if batch.holds:
        ids, customers, kinds, codes, kept = zip(*batch.holds, strict=True)
        due = ground.at + timedelta(hours=ground.policy.sla_hours)
        columns = [plain(ids), numbers(customers), texts(kinds), texts(codes), plain(kept)]
        cursor.execute(sql.ADD_HOLDS, [ground.at, due, *columns])
    append(batch.entries, at=ground.at, cursor=cursor, ids=[row[9] for row in batch.decisions])


# How the columns of Batch.decisions travel, in their order.
_BINDINGS: Final[tuple[Callable[[Any], str], ...]] = (
    *(plain, texts, numbers, numbers, numbers, numbers, texts, texts, plain, plain, texts, texts),
)


def _write_decisions(cursor: Any, batch: Batch, policy_id: int) -> None:
    starts, position = [], 1
    for parts in batch.bytes_of:
        starts.append(position)
        position += len(parts[0]) + len(parts[1]) + len(parts[2]) + len(parts[3])
    columns = list(zip(*batch.decisions, strict=True))
    cursor.execute(
        sql.ADD_DECISIONS,
        [
            *[bind(column) for bind, column in zip(_BINDINGS, columns, strict=True)],
            numbers(starts),
            *[numbers([len(parts[n]) for parts in batch.bytes_of]) for n in (1, 2, 3)],
            policy_id,
            batch.actor.ref,
            batch.actor.person_id,
            batch.ground.at,
            b"".join([part for parts in batch.bytes_of for part in parts]),
        ],
    )


def cancel(decision_id: UUID, *, actor: Actor, at: datetime) -> Decision:
    """Give back what a decision holds: void its reservation, end its hold. Twice changes nothing.

    Refuses NOT_ALLOWED, UNKNOWN_DECISION, NOTHING_TO_CANCEL (already invoiced, expired or ended).
    """
    if not actor.may("orders.check"):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    with transaction.atomic():
        decision = locked_decision(decision_id, actor)
        if decision.cancelled_at:
            return decision
        freed = []
        if decision.reservation_id:
            freed = end_reservations([decision.reservation_id], "voided", at=at)
        entry = entry_about(decision, "order_check.cancelled", {}, {"actor": actor.ref})
        with connections["default"].cursor() as cursor:
            [entry_id] = append([entry], at=at, cursor=cursor)
        ended = end_hold(decision, "cancelled", "", entry_id, actor, at)
        if not freed and not ended:
            raise Refused(DecisionRefusal.NOTHING_TO_CANCEL)
        decision.cancelled_at, decision.cancelled_by = at, actor.ref
        decision.cancel_entry_id = entry_id
        decision.save(update_fields=["cancelled_at", "cancelled_by", "cancel_entry_id"])
    return decision


def expire_due(*, at: datetime) -> int:
    """End the reservations whose time is over (at most 500 a call); one ledger entry over all."""
    with transaction.atomic():
        ended = expire_reservations(at=at)
        if ended:
            rows = [f"{row.order_ref}|{row.freed_minor}".encode() for row in ended]
            root = root_of([hash_leaf(row) for row in rows])
            entry = NewEntry(
                kind="reservations.expired",
                clear={"reservations": len(ended)},
                fields={"rows_root": root.hex()},
                data_key_id=system_key(at=at),
            )
            with connections["default"].cursor() as cursor:
                append([entry], at=at, cursor=cursor)
    return len(ended)
