"""Every write of the decision room: check orders, cancel, release or reject a hold, let
reservations expire.

`check_orders` takes a list; one order is a list of one. Authority → lock once → gather → decide →
write → append to the ledger → COMMIT, and only then does anybody learn the answer. The same key and
body give the same bytes for ever; another body under a used key is refused (422); a twin that
arrives at the same instant waits for the line and reads the first one's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DatabaseError, connections, transaction

from xinheng.credit.exposure import used
from xinheng.credit.money import display, to_text
from xinheng.credit.policy import Policy, load
from xinheng.decisions import sql
from xinheng.decisions.batch import Batch, SameOrderTwice, dashed, with_orders
from xinheng.decisions.facts import (
    Party,
    find_earlier,
    find_parties,
    find_standings,
)
from xinheng.decisions.models import Decision, Hold, Override
from xinheng.decisions.pipeline import pipelined
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.values import Answer, Ask
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.limits.actions import end_reservations, ensure_lines, lock_lines, reserve
from xinheng.limits.actions import expire_due as expire_reservations
from xinheng.limits.arrays import numbers, plain, texts
from xinheng.limits.values import LockedLine, NewReservation
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import DEFAULT_TIME_ZONE, authority, company
from xinheng.policies.queries import live
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key

ASKS_MAX = 1_000
REASON_CHARACTERS_MIN = 4
TRIES = 5
IDS_PER_ORDER = 3  # decision, ledger entry, reservation
RETRIED_STATES = {"23505", "40P01", "40001"}  # a simultaneous twin, a deadlock, a serialisation


class LineMoved(Exception):
    """Between reading and locking, an order's reservation appeared on another line."""


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


class LivePolicy(NamedTuple):
    """The policy that governs, by the id that decisions keep, and the company's time zone."""

    id: int
    policy: Policy
    time_zone: str


def live_policy(using: str = "default") -> LivePolicy:
    """The live order-check policy; NO_LIVE_POLICY where there is none, because none is assumed."""
    found = live("order_check", using=using)
    if found is None:
        raise Refused(DecisionRefusal.NO_LIVE_POLICY)
    seller = company(using=using)
    zone = seller.time_zone if seller else DEFAULT_TIME_ZONE
    return LivePolicy(found.pk, parsed_policy(found.pk, found.body), zone)


_parsed: dict[int, Policy] = {}


def parsed_policy(policy_id: int, body: dict[str, Any]) -> Policy:
    """A policy's document, checked and frozen; a version never changes, so once per process."""
    if policy_id not in _parsed:
        _parsed[policy_id] = load(body)
    return _parsed[policy_id]


def _check(
    asks: Sequence[Ask], governing: LivePolicy, actor: Actor, at: datetime | None, using: str
) -> list[Answer]:
    with connections[using].cursor() as cursor:
        parties = _parties_with_lines(cursor, asks, at, using)
        line_ids = {party.line_id for party in parties if party and party.line_id}
        line_ids |= {party.pending_line_id for party in parties if party and party.pending_line_id}
        lines = lock_lines(line_ids, using=using)
        clock, today, standings = find_standings(cursor, list(lines), governing.time_zone, at)
        if clock is None or today is None:
            return [Answer(404, b"", None)] * len(asks)
        earlier, pending, on_order = find_earlier(cursor, [ask.order_ref for ask in asks])
        if any(held.line_id not in lines for held in pending.values()):
            raise LineMoved
        batch = Batch(
            policy=governing.policy,
            actor=actor,
            at=clock,
            today=today.isoformat(),
            lines=lines,
            standings=standings,
            earlier=earlier,
            pending=pending,
            on_order=on_order,
            fresh_ids=new_ids(IDS_PER_ORDER * len(asks)),
        )
        answers = [batch.answer(ask, party) for ask, party in zip(asks, parties, strict=True)]
        _write(cursor, batch, governing.id, using)
    return answers


def _parties_with_lines(
    cursor: Any, asks: Sequence[Ask], at: datetime | None, using: str
) -> list[Party | None]:
    """Parties; who has no line in the order's currency gets an unset one, so there is a lock."""
    parties = find_parties(cursor, asks)
    missing = {
        (party.customer_id, ask.currency)
        for ask, party in zip(asks, parties, strict=True)
        if party and party.line_id is None
    }
    if missing:
        ensure_lines(missing, at=at or datetime.now(UTC), using=using)
        parties = find_parties(cursor, asks)
    return parties


def _write(cursor: Any, batch: Batch, policy_id: int, using: str) -> None:
    """One multi-row write each; what was replaced ends before what replaces it begins."""
    end_reservations(batch.voided, "voided", at=batch.at, using=using)
    if batch.superseded:
        cursor.execute(sql.SUPERSEDE_HOLDS, [batch.at, batch.superseded])
    reserve(batch.reservations, at=batch.at, using=using)
    if not batch.decisions:
        return
    _write_decisions(cursor, batch, policy_id)
    if batch.holds:
        ids, customers, kinds, codes = zip(*batch.holds, strict=True)
        cursor.execute(
            sql.ADD_HOLDS, [batch.at, plain(ids), numbers(customers), texts(kinds), texts(codes)]
        )
    append(batch.entries, at=batch.at, cursor=cursor, ids=[row[9] for row in batch.decisions])


def _write_decisions(cursor: Any, batch: Batch, policy_id: int) -> None:
    starts, position = [], 1
    for parts in batch.bytes_of:
        starts.append(position)
        position += len(parts[0]) + len(parts[1]) + len(parts[2]) + len(parts[3])
    ids, refs, versions, customers, lines, amounts, currencies, outcomes, held, entries = zip(
        *batch.decisions, strict=True
    )
    cursor.execute(
        sql.ADD_DECISIONS,
        [
            plain(ids),
            texts(refs),
            numbers(versions),
            numbers(customers),
            numbers(lines),
            numbers(amounts),
            texts(currencies),
            texts(outcomes),
            plain(held),
            plain(entries),
            numbers(starts),
            *[numbers([len(parts[n]) for parts in batch.bytes_of]) for n in (1, 2, 3)],
            policy_id,
            batch.actor.ref,
            batch.actor.person_id,
            batch.at,
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
        decision = _locked_decision(decision_id, actor)
        if decision.cancelled_at:
            return decision
        freed = []
        if decision.reservation_id:
            freed = end_reservations([decision.reservation_id], "voided", at=at)
        ended = _end_hold(decision, "cancelled", "", actor, at)
        if not freed and not ended:
            raise Refused(DecisionRefusal.NOTHING_TO_CANCEL)
        Decision.objects.filter(pk=decision.pk).update(cancelled_at=at)
        decision.cancelled_at = at
        _record(decision, "order_check.cancelled", {}, {"actor": actor.ref}, at=at)
    return decision


def release_hold(decision_id: UUID, reason: str, *, actor: Actor, at: datetime) -> Decision:
    """A person's yes against the rule: reserve the order with an override, end the hold.

    Must hold: the hold waits, the reason is in words, the person is not the one who asked, and the
    exposure after the release is within the person's authority. Refuses NOT_ALLOWED,
    UNKNOWN_DECISION, NOT_WAITING, REASON_REQUIRED, REQUESTER_MAY_NOT_RELEASE, CUSTOMER_CLOSED,
    NO_AUTHORITY, ABOVE_AUTHORITY.
    """
    with transaction.atomic():
        decision = _waiting_decision(decision_id, reason, actor)
        if decision.person_id is not None and decision.person_id == actor.person_id:
            raise Refused(DecisionRefusal.REQUESTER_MAY_NOT_RELEASE)
        if decision.customer.status in ("blocked", "closed"):
            raise Refused(DecisionRefusal.CUSTOMER_CLOSED, status=decision.customer.status)
        counted = _counted_on_order(decision)
        line = with_orders(lock_lines([_line_id(decision)])[_line_id(decision)], -counted)
        policy = live_policy().policy
        before = used(line.components, policy.exposure)
        authority_words = _require_authority(actor, decision, before + decision.amount_minor)
        override = _override(decision, line, before, authority_words, reason, actor, at)
        if decision.amount_minor > counted:
            reservation = _overriding(decision, line, before, counted, override, policy, at)
            reserve([reservation], at=at)
            decision.reservation_id = UUID(str(reservation.id))
            decision.save(update_fields=["reservation_id"])
        if not _end_hold(decision, "released", reason, actor, at):
            raise Refused(DecisionRefusal.NOT_WAITING, state="superseded")
    return decision


def reject_hold(decision_id: UUID, reason: str, *, actor: Actor, at: datetime) -> Decision:
    """A person's no: the hold ends, nothing is reserved. Refuses as `release_hold`, but the one who
    asked may withdraw it this way."""
    with transaction.atomic():
        decision = _waiting_decision(decision_id, reason, actor)
        if not _end_hold(decision, "rejected", reason, actor, at):
            raise Refused(DecisionRefusal.NOT_WAITING, state="superseded")
        values = {"actor": actor.ref, "reason": reason}
        _record(decision, "hold.rejected", {}, values, at=at)
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


def _locked_decision(decision_id: UUID, actor: Actor) -> Decision:
    """The decision with its line locked, or UNKNOWN_DECISION for what the actor may not see."""
    found = Decision.objects.select_related("customer").filter(pk=decision_id)
    decision: Decision | None = found.first()
    if decision is None or not actor.reaches(decision.customer.business_unit_id):
        raise Refused(DecisionRefusal.UNKNOWN_DECISION)
    lock_lines([_line_id(decision)])
    decision.refresh_from_db()
    return decision


def _line_id(decision: Decision) -> int:
    if decision.line_id is None:
        raise Refused(DecisionRefusal.UNKNOWN_DECISION)
    return decision.line_id


def _waiting_decision(decision_id: UUID, reason: str, actor: Actor) -> Decision:
    if not actor.may("holds.release") or actor.person_id is None:
        raise Refused(DecisionRefusal.NOT_ALLOWED)  # machines ask, people release
    decision = _locked_decision(decision_id, actor)
    hold = Hold.objects.filter(pk=decision.pk).first()
    if hold is None or hold.state != "waiting":
        raise Refused(DecisionRefusal.NOT_WAITING, state=hold.state if hold else "-")
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        raise Refused(DecisionRefusal.REASON_REQUIRED, least=REASON_CHARACTERS_MIN)
    return decision


def _require_authority(actor: Actor, decision: Decision, after_minor: int) -> str:
    """The authority used, in words; measured on the exposure after the release."""
    found = authority(actor.person(), "release_hold", decision.currency)
    if found is None:
        raise Refused(DecisionRefusal.NO_AUTHORITY, currency=decision.currency)
    if not found.unlimited and after_minor > (found.up_to_minor or 0):
        raise Refused(
            DecisionRefusal.ABOVE_AUTHORITY,
            amount=display(after_minor, decision.currency),
            currency=decision.currency,
            limit=display(found.up_to_minor or 0, decision.currency),
        )
    cap = "unlimited" if found.unlimited else to_text(found.up_to_minor or 0, found.currency)
    return f"{found.role_id}: {cap} {found.currency}"


def _counted_on_order(decision: Decision) -> int:
    """What the ERP's own open order of the same number counts already."""
    with connections["default"].cursor() as cursor:
        _, _, found = find_earlier(cursor, [decision.order_ref])
    return found.get((decision.order_ref, decision.customer_id, decision.currency), 0)


def _override(
    decision: Decision,
    line: LockedLine,
    used_minor: int,
    authority_words: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Override:
    ceiling = 0 if line.limit.amount_minor is None else line.limit.amount_minor
    excess = max(0, used_minor + decision.amount_minor - ceiling)
    if line.limit.unlimited:
        excess = 0
    entry_id = _record(
        decision,
        "hold.released",
        {},
        {
            "actor": actor.ref,
            "authority": authority_words,
            "excess": f"{to_text(excess, decision.currency)} {decision.currency}",
            "reason": reason,
        },
        at=at,
    )
    return Override.objects.create(
        id=UUID(new_ids(1)[0]),
        decision=decision,
        person_id=actor.person(),
        authority=authority_words,
        reason=reason,
        amount_minor=decision.amount_minor,
        excess_minor=excess,
        at=at,
        entry_id=entry_id,
    )


def _overriding(
    decision: Decision,
    line: LockedLine,
    used_minor: int,
    counted_minor: int,
    override: Override,
    policy: Policy,
    at: datetime,
) -> NewReservation:
    return NewReservation(
        dashed(new_ids(1)[0]),
        line.id,
        decision.order_ref,
        decision.version,
        decision.amount_minor - counted_minor,
        used_minor + counted_minor,
        None if line.limit.unlimited else (line.limit.amount_minor or 0),
        line.limit.unlimited,
        override.id,
        line.line_version + 1,
        at + timedelta(days=policy.reservation_days),
    )


def _end_hold(decision: Decision, state: str, reason: str, actor: Actor, at: datetime) -> bool:
    """End a waiting hold by compare-and-swap; False where none waits."""
    ended = Hold.objects.filter(pk=decision.pk, state="waiting").update(
        state=state, reason=reason, ended_at=at, ended_by_id=actor.person_id
    )
    return ended == 1


def _record(
    decision: Decision, kind: str, clear: dict[str, Any], values: dict[str, str], *, at: datetime
) -> UUID:
    """One ledger entry about a decision, under its customer's key."""
    entry = NewEntry(
        kind=kind,
        clear=clear,
        fields={
            "customer": decision.customer.code,
            "decision": str(decision.pk),
            "order": f"{decision.order_ref}#{decision.version}",
            **values,
        },
        data_key_id=decision.customer.data_key_id,
    )
    with connections["default"].cursor() as cursor:
        return append([entry], at=at, cursor=cursor)[0]
