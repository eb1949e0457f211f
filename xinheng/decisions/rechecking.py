"""Held orders are looked at again when the state they were judged on has changed.

Money or documents came, a limit or a status changed, a day went by: a round finds the waiting holds
whose state is another one (`moved`), locks their lines, and decides them again with the facts of
now, in the order that the policy states: oldest, smallest or earliest delivery first. Each sees
what the one before it would take. So when 30,000.00 come in for three held orders of 30,000.00
each, exactly one becomes ready: the first in that order. Where the policy says so it is released by
itself, reserved without an override, because the rule says yes now; what a person keeps is not.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from xinheng.credit.decide import Facts, Order, Verdict, decide, decode, encode
from xinheng.decisions.again import Again, see_again
from xinheng.decisions.batch import dashed
from xinheng.decisions.facts import lock_orders
from xinheng.decisions.governing import LivePolicy, live_policy, parsed_policy
from xinheng.decisions.ground import LineMoved
from xinheng.decisions.holding import end_reserved, open_hold, record
from xinheng.decisions.models import Decision, Hold, Recheck, ReviewRequest
from xinheng.decisions.moved import moved, note_seen
from xinheng.decisions.promising import promise
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.ledger.actions import new_ids
from xinheng.limits.actions import reserve
from xinheng.limits.values import NewReservation
from xinheng.people.actor import Actor
from xinheng.people.queries import company, today
from xinheng.policies.queries import version_of
from xinheng.refusals import Refused

TREES_A_ROUND = 50
# Of one tree; those behind wait until the ones before them are dealt with.
HOLDS_OF_A_TREE = 1_000
ORDERS_A_ROUND = 200
CODES_MAX = 300
PASSED = "重新检查通过，按策略自动放行 / Passed when checked again: released by the policy"
log = logging.getLogger(__name__)


class Looked(NamedTuple):
    """A hold decided again, and what came of it."""

    decision: Decision
    hold: Hold
    facts: Facts
    order: Order
    verdict: Verdict
    reservation: NewReservation | None
    released: bool

    @property
    def codes_left(self) -> str:
        return codes_of(self.verdict) if self.verdict.outcome != "approve" else ""

    @property
    def ready(self) -> bool:
        return self.verdict.outcome == "approve"

    @property
    def changed(self) -> bool:
        before = (self.hold.codes_left, self.hold.ready)
        return self.released or before != (self.codes_left, self.ready)


def recheck_due(*, at: datetime) -> int:
    """Look again at the waiting holds whose state has changed, at most TREES_A_ROUND trees of
    lines, each in a transaction of its own. Returns how many holds were looked at.
    """
    governing = _governing()
    if governing is None:
        return 0
    looked = 0
    for one in moved(governing.id, today(at), trees_max=TREES_A_ROUND):
        try:
            looked += _look_again(one.decision_ids, governing, "moved", at)
        except (LineMoved, DatabaseError) as error:
            log.info("the holds of tree %s moved meanwhile; the next round: %s", one.top, error)
    return looked


def recheck_hold(decision_id: UUID, *, actor: Actor, at: datetime) -> Hold:
    """A person wants a held order looked at now, with all that wait in its tree of lines.

    Refuses NOT_ALLOWED, UNKNOWN_DECISION, NOT_WAITING, NO_LIVE_POLICY.
    """
    if not actor.may("orders.check"):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    hold: Hold | None = Hold.objects.select_related("customer").filter(pk=decision_id).first()
    if hold is None or not actor.reaches(hold.customer.business_unit_id):
        raise Refused(DecisionRefusal.UNKNOWN_DECISION)
    if hold.state != "waiting":
        raise Refused(DecisionRefusal.NOT_WAITING, state=hold.state)
    _look_again(_in_one_tree_with(hold), live_policy(), "person", at)
    hold.refresh_from_db()
    return hold


def _in_one_tree_with(hold: Hold) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_SAME_TREE, [hold.pk])
        return [row[0] for row in cursor.fetchall()]


_SAME_TREE = """
with here as (
  select coalesce(l.root_id, l.id) as top from decisions_decision d
  join limits_creditline l on l.id = d.line_id where d.id = %s
)
select h.decision_id from decisions_hold h
join decisions_decision d on d.id = h.decision_id
join limits_creditline l on l.id = d.line_id
where h.state = 'waiting' and coalesce(l.root_id, l.id) = (select top from here)
"""


def _governing() -> LivePolicy | None:
    """The live policy; None before set-up, when nothing can be decided."""
    if company() is None:
        return None
    try:
        return live_policy()
    except Refused:
        return None


# --- One tree


def _look_again(ids: Sequence[UUID], governing: LivePolicy, cause: str, at: datetime) -> int:
    with transaction.atomic():
        decisions = _locked(ids)
        again = see_again(decisions, governing, at=at, lock=True)
        waiting = Hold.objects.filter(pk__in=ids, state="waiting").select_related("customer")
        holds = {hold.pk: hold for hold in waiting}
        mine = [row for row in decisions if row.pk in holds]
        if again is None or not mine:
            return 0
        looked = [
            _decide_again(row, holds[row.pk], again, governing)
            for row in _in_order(mine, again, governing.policy.release_order)
        ]
        _write(looked, governing, cause, at)
        note_seen(holds, governing.id, today(at), at=at)
    return len(looked)


def _locked(ids: Sequence[UUID]) -> list[Decision]:
    """The decisions with their order numbers locked: lines come after orders, for everybody."""
    found = Decision.objects.filter(pk__in=ids).select_related("customer").order_by("pk")
    refs = list(found.values_list("order_ref", flat=True))
    with connection.cursor() as cursor:
        lock_orders(cursor, refs)
    return list(found)


def _in_order(rows: Sequence[Decision], again: Again, order: str) -> list[Decision]:
    """As the policy states: who comes first takes first. The oldest breaks every tie."""

    def place(row: Decision) -> tuple[object, ...]:
        oldest = (row.decided_at, str(row.pk))
        if order == "smallest":
            return (again.facts(row)[1].amount_minor, *oldest)
        if order == "delivery":
            return (again.asked[row.pk].delivery_on or "9999-12-31", *oldest)
        return oldest

    return sorted(rows, key=place)[:HOLDS_OF_A_TREE]


def _decide_again(row: Decision, hold: Hold, again: Again, governing: LivePolicy) -> Looked:
    """Today's verdict; what passes is taken, so that the next one no longer finds that room. What
    a person keeps takes none: nobody knows when it will be released.
    """
    facts, order = again.facts(row)
    verdict = decide(facts, order, governing.policy)
    passes = verdict.outcome == "approve" and not hold.forced
    released = passes and governing.policy.auto_release
    made = None
    if passes and row.line_id is not None:
        made = promise(
            again.ground,
            dashed(new_ids(1)[0]),
            row.line_id,
            again.asked[row.pk],
            facts,
            order,
            used_minor=verdict.used_minor,
        )
    return Looked(row, hold, facts, order, verdict, made if released else None, released)


def codes_of(verdict: Verdict) -> str:
    return ",".join(reason.code for reason in verdict.reasons)[:CODES_MAX]


def _write(looked: Sequence[Looked], governing: LivePolicy, cause: str, at: datetime) -> None:
    """Reservations, holds, a record of each look that changed something."""
    reserve([one.reservation for one in looked if one.reservation is not None], at=at)
    changed = [one for one in looked if one.changed]
    kept = []
    for one in changed:
        entry_id = _release(one, governing, at) if one.released else None
        kept.append(_record_of(one, governing, cause, entry_id, at))
        one.hold.codes_left, one.hold.ready = one.codes_left, one.ready
    Recheck.objects.bulk_create(kept)
    holds = [one.hold for one in changed]
    Hold.objects.bulk_update(holds, ["codes_left", "ready"], batch_size=200)


def _release(one: Looked, governing: LivePolicy, at: datetime) -> UUID:
    """The rule says yes now: end the hold, no override."""
    if one.reservation is not None:
        reservation_id = UUID(str(one.reservation.id))
        Decision.objects.filter(pk=one.decision.pk).update(reservation_id=reservation_id)
    policy = governing.policy
    clear = {"policy": f"{policy.name} v{policy.version}"}
    entry_id = record(one.decision, "hold.released_by_recheck", clear, _values(one), at=at)
    Hold.objects.filter(pk=one.hold.pk, state="waiting").update(
        state="released", reason=PASSED, ended_at=at, ended_by=None, ended_entry_id=entry_id
    )
    ReviewRequest.objects.filter(pk=one.decision.pk, answered_at__isnull=True).update(
        answer=PASSED, answered_at=at
    )
    return entry_id


def _values(one: Looked) -> dict[str, str]:
    return {
        "actor": "system:jobs",
        "codes_before": one.hold.codes_left,
        "facts": encode(one.facts).decode(),
        "asked": encode(one.order).decode(),
    }


def _record_of(
    one: Looked, governing: LivePolicy, cause: str, entry_id: UUID | None, at: datetime
) -> Recheck:
    return Recheck(
        id=UUID(new_ids(1)[0]),
        decision=one.decision,
        cause=cause,
        at=at,
        outcome=one.verdict.outcome,
        codes=codes_of(one.verdict),
        released=one.released,
        facts=encode(one.facts),
        order_bytes=encode(one.order),
        policy_id=governing.id,
        entry_id=entry_id,
    )


def replays(recheck: Recheck) -> bool:
    """Whether the record gives the same outcome and codes again."""
    row = version_of(recheck.policy_id)
    facts, order = decode(bytes(recheck.facts), Facts), decode(bytes(recheck.order_bytes), Order)
    verdict = decide(facts, order, parsed_policy(row.pk, row.body))
    return (verdict.outcome, codes_of(verdict)) == (recheck.outcome, recheck.codes)


# --- Orders that come within the horizon


def recheck_horizon(*, at: datetime) -> int:
    """Decide again the orders that were promised credit while their delivery lay beyond the
    policy's horizon and now lies within it: one that no longer fits is held, and its credit
    returns. What a person released stands. Returns how many were looked at.
    """
    governing = _governing()
    if governing is None or governing.policy.order_horizon_days is None:
        return 0
    last = today(at) + timedelta(days=governing.policy.order_horizon_days)
    with connection.cursor() as cursor:
        cursor.execute(_COME_NEAR, [last, ORDERS_A_ROUND])
        ids = [row[0] for row in cursor.fetchall()]
    looked = 0
    for one in ids:
        try:
            looked += _look_at_near(one, governing, at)
        except (LineMoved, DatabaseError) as error:
            log.info("order of %s moved meanwhile; the next round: %s", one, error)
    return looked


# Promised for less than the whole amount, because of the horizon; looked at once.
_COME_NEAR = """
select d.id from limits_reservation r
join decisions_decision d on d.order_ref = r.order_ref and d.reservation_id = r.id
where r.state = 'pending' and r.override_id is null and r.counts_minor < r.amount_minor
  and r.delivery_on <= %s::date
  and not exists (select 1 from decisions_recheck k where k.decision_id = d.id
    and k.cause = 'horizon' and k.at >= r.created_at)
order by r.delivery_on, d.id limit %s
"""


def _look_at_near(decision_id: UUID, governing: LivePolicy, at: datetime) -> int:
    with transaction.atomic():
        rows = _locked([decision_id])
        again = see_again(rows, governing, at=at, lock=True)
        if again is None:
            return 0
        decision = rows[0]
        facts, order = again.facts(decision)
        verdict = decide(facts, order, governing.policy)
        entry_id = None
        if verdict.outcome != "approve" and end_reserved(decision, at=at):
            kind = "refer" if verdict.outcome == "refer" else "hold"
            hours = governing.policy.sla_hours
            open_hold(decision, kind, codes_of(verdict), sla_hours=hours, at=at)
            values = {"actor": "system:jobs", "codes": codes_of(verdict)}
            entry_id = record(decision, "hold.opened_by_recheck", {}, values, at=at)
        hold = Hold(decision=decision)
        one = Looked(decision, hold, facts, order, verdict, None, False)
        _record_of(one, governing, "horizon", entry_id, at).save(force_insert=True)
    return 1
