"""One batch of order checks, decided in order under the lock: each order sees what the ones before
it reserved.

The batch only collects; nothing is written before every order has its verdict. "Check everything,
then change everything": reservations, decisions, holds and ledger entries go out in one multi-row
write each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from xinheng.credit.decide import Order, Verdict, decide, encode
from xinheng.credit.exposure import Components
from xinheng.credit.money import to_text
from xinheng.credit.policy import Policy
from xinheng.decisions.answering import answer_bytes
from xinheng.decisions.facts import Earlier, Party, Pending, Standing, facts_of
from xinheng.decisions.values import Answer, Ask
from xinheng.ledger.entries import NewEntry
from xinheng.limits.values import LockedLine, NewReservation
from xinheng.people.actor import Actor

REASON_CODES_MAX = 300


@dataclass
class Batch:
    """What a batch has read, and what it will write. `pending`: order_ref → (id, line, version,
    promised).
    """

    policy: Policy
    actor: Actor
    at: datetime
    today: str  # ISO, in the company's zone
    lines: dict[int, LockedLine]
    standings: dict[int, Standing]
    earlier: dict[str, list[Earlier]]
    pending: dict[str, Pending]
    # what the ERP's own open order of the same number counts already: never counted twice
    on_order: dict[tuple[str, int, str], int]
    fresh_ids: list[str]  # random ids, taken from the end
    voided: list[UUID | str] = field(default_factory=list)
    superseded: list[UUID | str] = field(default_factory=list)
    reservations: list[NewReservation] = field(default_factory=list)
    decisions: list[tuple[Any, ...]] = field(default_factory=list)
    bytes_of: list[tuple[bytes, bytes, bytes, bytes]] = field(default_factory=list)
    holds: list[tuple[str, int, str, str]] = field(default_factory=list)
    entries: list[NewEntry] = field(default_factory=list)

    def answer(self, ask: Ask, party: Party | None) -> Answer:
        """The answer to one ask; what it changes is collected for the batch's writes."""
        if party is None or party.line_id is None or not _within_sight(ask, party, self.actor):
            return Answer(404, b"", None)
        history = self.earlier.get(ask.order_ref, [])
        if not all(self.actor.reaches(decision.unit_id) for decision in history):
            return Answer(422, b"", None)  # somebody else's order: neither told nor replaced
        for decision in history:
            if decision.version == ask.version:
                if decision.request_sha256 == ask.body_sha256:
                    return Answer(200, decision.answer, decision.id, replayed=True)
                return Answer(422, b"", decision.id)
        if history and history[-1].version > ask.version:
            return Answer(409, b"", history[-1].id)
        self._replace_earlier(ask)
        return self._decide(ask, party, party.line_id)

    def _replace_earlier(self, ask: Ask) -> None:
        """A new version takes the place of the old one: its reservation returns, its hold is
        moot.
        """
        replaced = [decision.id for decision in self.earlier.get(ask.order_ref, [])]
        if replaced and any(made[0] in replaced for made in self.decisions):
            raise SameOrderTwice(ask.order_ref)
        self.superseded.extend(replaced)
        reservation = self.pending.pop(ask.order_ref, None)
        if reservation is None:
            return
        self.voided.append(reservation.id)
        self._add_orders(reservation.line_id, -reservation.promised_minor)

    def _add_orders(self, line_id: int, delta_minor: int) -> None:
        self.lines[line_id] = with_orders(self.lines[line_id], delta_minor)

    def _decide(self, ask: Ask, party: Party, line_id: int) -> Answer:
        counted = self.on_order.get((ask.order_ref, party.customer_id, ask.currency), 0)
        line = with_orders(self.lines[line_id], -counted)
        facts = facts_of(line, self.standings[line_id], self.today)
        order = Order(
            ask.order_ref,
            ask.version,
            ask.amount_minor,
            ask.currency,
            ask.terms_days,
            ask.requested_on or facts.today,
        )
        verdict = decide(facts, order, self.policy)
        decision_id, entry_id = dashed(self.fresh_ids.pop()), self.fresh_ids.pop()
        reservation = None
        if verdict.outcome == "approve" and order.amount_minor > counted:
            reservation = self._reserve(order, verdict, line_id, counted)
        answer = answer_bytes(
            decision_id=decision_id,
            entry_id=dashed(entry_id),
            facts=facts,
            order=order,
            verdict=verdict,
            policy=self.policy,
            reservation=reservation,
            decided_at=self.at,
        )
        self._keep(
            ask,
            party,
            line_id,
            order,
            verdict,
            decision_id,
            entry_id,
            reservation,
            (ask.body_sha256, encode(facts), encode(order), answer),
        )
        return Answer(200, answer, decision_id)

    def _reserve(
        self, order: Order, verdict: Verdict, line_id: int, counted_minor: int
    ) -> NewReservation:
        """Promise what the ERP's own open order of this number does not count yet."""
        line = self.lines[line_id]
        version = line.line_version + 1
        reservation = NewReservation(
            dashed(self.fresh_ids.pop()),
            line_id,
            order.ref,
            order.version,
            order.amount_minor - counted_minor,
            verdict.used_minor + counted_minor,
            verdict.ceiling_minor,
            line.limit.unlimited,
            None,
            version,
            self.at + timedelta(days=self.policy.reservation_days),
        )
        self.lines[line_id] = line._replace(line_version=version)
        self._add_orders(line_id, reservation.amount_minor)
        self.reservations.append(reservation)
        self.pending[order.ref] = Pending(
            reservation.id, line_id, order.version, reservation.amount_minor
        )
        return reservation

    def _keep(
        self,
        ask: Ask,
        party: Party,
        line_id: int,
        order: Order,
        verdict: Verdict,
        decision_id: str,
        entry_id: str,
        reservation: NewReservation | None,
        kept: tuple[bytes, bytes, bytes, bytes],
    ) -> None:
        self.decisions.append(
            (
                decision_id,
                ask.order_ref,
                ask.version,
                party.customer_id,
                line_id,
                ask.amount_minor,
                ask.currency,
                verdict.outcome,
                reservation.id if reservation else None,
                entry_id,
            )
        )
        self.bytes_of.append(kept)
        codes = [reason.code for reason in verdict.reasons]
        if verdict.outcome in ("hold", "refer"):
            text = ",".join(codes)[:REASON_CODES_MAX]
            self.holds.append((decision_id, party.customer_id, verdict.outcome, text))
        self.entries.append(
            decision_entry(
                ask.customer_code,
                order,
                verdict.outcome,
                codes,
                self.policy,
                self.actor.ref,
                kept,
                party.data_key_id,
            )
        )
        self.earlier.setdefault(ask.order_ref, []).append(
            Earlier(decision_id, ask.version, ask.body_sha256, kept[3], party.unit_id)
        )


def dashed(digits: str) -> str:
    """32 hex digits as an id is written; made by hand, because a UUID object costs ten times it."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def with_orders(line: LockedLine, delta_minor: int) -> LockedLine:
    """The line as if its orders counted more (or less)."""
    c = line.components
    changed = Components(
        c.open_items,
        c.unbilled,
        c.orders + delta_minor,
        c.bills,
        c.guarantees,
        c.unapplied,
        c.prepaid,
    )
    return line._replace(components=changed)


class SameOrderTwice(Exception):
    """Two versions of one order in one batch: the second needs the first one's writes."""


def decision_entry(
    customer_code: str,
    order: Order,
    outcome: str,
    codes: Sequence[str],
    policy: Policy,
    actor_ref: str,
    kept: tuple[bytes, bytes, bytes, bytes],
    data_key_id: UUID,
) -> NewEntry:
    """The ledger's entry of a decision. Its values can be given back from the decision's row."""
    return NewEntry(
        kind="order_check.decided",
        clear={
            "outcome": outcome,
            "policy": f"{policy.name} v{policy.version}",
            "reasons": list(codes),
        },
        fields=committed_values(customer_code, order, actor_ref, kept),
        data_key_id=data_key_id,
        keep_values=False,
    )


def committed_values(
    customer_code: str, order: Order, actor_ref: str, kept: tuple[bytes, bytes, bytes, bytes]
) -> dict[str, str]:
    """The values that a decision's leaf commits to, word for word."""
    digest, facts, _, answer = kept
    return {
        "actor": actor_ref,
        "amount": f"{to_text(order.amount_minor, order.currency)} {order.currency}",
        "answer": answer.decode(),
        "customer": customer_code,
        "facts": facts.decode(),
        "order": f"{order.ref}#{order.version}",
        "request_sha256": digest.hex(),
    }


def _within_sight(ask: Ask, party: Party, actor: Actor) -> bool:
    """A customer outside the actor's unit, or not of the unit the ask names, does not exist for
    it.
    """
    if not actor.reaches(party.unit_id):
        return False
    return ask.business_unit is None or ask.business_unit == party.unit_code
