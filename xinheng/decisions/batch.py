"""One batch of order checks, decided in order under the lock: each order sees what the ones before
it reserved.

The batch only collects; nothing is written before every order has its verdict. "Check everything,
then change everything": reservations, decisions, holds and ledger entries go out in one multi-row
write each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from xinheng.credit.decide import Facts, Order, Verdict, decide, encode
from xinheng.credit.exposure import WHOLE_BPS
from xinheng.credit.money import divide_half_up, to_text
from xinheng.credit.policy import Policy
from xinheng.decisions.answering import answer_bytes
from xinheng.decisions.asked import Asked, carried_by
from xinheng.decisions.facts import Account, Earlier, OnOrder, Party, Pending
from xinheng.decisions.ground import Ground
from xinheng.decisions.promising import promise
from xinheng.decisions.values import Answer, Ask
from xinheng.ledger.entries import NewEntry
from xinheng.limits.values import NewReservation
from xinheng.people.actor import Actor

REASON_CODES_MAX = 300
LATER = ("release", "dispatch", "invoice")  # check points after the order's own


@dataclass
class Batch:
    """What a batch stands on, what was there before, and what it will write."""

    ground: Ground
    actor: Actor
    earlier: dict[str, list[Earlier]]
    pending: dict[str, Pending]
    # what documents of an order's number carry already: never counted, never promised twice
    on_order: dict[Account, OnOrder]
    fresh_ids: list[str]  # random ids, taken from the end
    replaced: list[UUID | str] = field(default_factory=list)
    superseded: list[UUID | str] = field(default_factory=list)
    reservations: list[NewReservation] = field(default_factory=list)
    decisions: list[tuple[Any, ...]] = field(default_factory=list)
    bytes_of: list[tuple[bytes, bytes, bytes, bytes]] = field(default_factory=list)
    holds: list[tuple[str, int, str, str, bool]] = field(default_factory=list)
    entries: list[NewEntry] = field(default_factory=list)

    def answer(self, ask: Ask, party: Party | None) -> Answer:
        """The answer to one ask; what it changes is collected for the batch's writes."""
        if party is None or party.line_id is None or not _within_sight(ask, party, self.actor):
            return Answer(404, b"", None)
        account_id = self._account(ask, party.line_id)
        if not self.actor.reaches(self.ground.standings[account_id].unit_id):
            return Answer(404, b"", None)
        history = self.earlier.get(ask.order_ref, [])
        if not all(self.actor.reaches(decision.unit_id) for decision in history):
            return Answer(422, b"", None)  # somebody else's order: neither told nor replaced
        for decision in history:
            if _same_question(decision, ask):
                if decision.request_sha256 == ask.body_sha256:
                    return Answer(200, decision.answer, decision.id, replayed=True)
                return Answer(422, b"", decision.id)
        orders = [decision for decision in history if decision.point == "order"]
        if orders and orders[-1].version > ask.version:
            return Answer(409, b"", orders[-1].id)
        if ask.point == "order":
            self._replace_earlier(ask)
        return self._decide(ask, party, account_id)

    def _account(self, ask: Ask, line_id: int) -> int:
        """Where the order counts: the line of who pays, in its scope. Later in its life, where its
        credit is held: the warehouse knows the number, and neither the project nor who pays.
        """
        if ask.point in LATER:
            held = self.pending.get(ask.order_ref)
            if held is not None and self.ground.lines[held.line_id].currency == ask.currency:
                return held.line_id
        return line_id

    def _replace_earlier(self, ask: Ask) -> None:
        """A new version takes the place of the old one: its reservation returns, its holds are
        moot.
        """
        before = [d.id for d in self.earlier.get(ask.order_ref, []) if d.point != "quote"]
        if before and any(made[0] in before for made in self.decisions):
            raise SameOrderTwice(ask.order_ref)
        self.superseded.extend(before)
        reservation = self.pending.pop(ask.order_ref, None)
        if reservation is None:
            return
        self.replaced.append(reservation.id)
        self.ground.take(reservation.line_id, -reservation.promised_minor, reservation.delivery_on)

    def _decide(self, ask: Ask, party: Party, line_id: int) -> Answer:
        policy = self.ground.policy
        asked = self._asked(ask, party, line_id)
        facts, order = self.ground.facts(line_id, asked)
        verdict = decide(facts, order, policy)
        decision_id, entry_id = dashed(self.fresh_ids.pop()), self.fresh_ids.pop()
        reservation = None
        if verdict.outcome == "approve":
            reservation = self._promise(ask, asked, facts, order, verdict, line_id)
        answer = answer_bytes(
            decision_id=decision_id,
            entry_id=dashed(entry_id),
            facts=facts,
            order=order,
            verdict=verdict,
            policy=policy,
            reservation=reservation,
            decided_at=self.ground.at,
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

    def _asked(self, ask: Ask, party: Party, line_id: int) -> Asked:
        """The order with what it must not count against itself, and what excuses it."""
        line = self.ground.lines[line_id]
        return Asked(
            ask.order_ref,
            ask.version,
            ask.amount_minor,
            ask.currency,
            ask.terms_days,
            ask.requested_on,
            ask.delivery_on,
            ask.point,
            party.status if line.customer_id != party.customer_id else None,
            carried_by(
                self.on_order.get((ask.order_ref, line.customer_id, line.currency)),
                self.pending.get(ask.order_ref),
                line,
                self.ground.lines,
                point=ask.point,
            ),
            self._tolerated(ask, line_id),
            self._passed_on(ask, line_id),
            self._held(ask),
        )

    def _held(self, ask: Ask) -> str:
        """Whether a person keeps this order held, whatever its version; or its newest version was
        not let through, which only concerns the points after it.
        """
        history = self.earlier.get(ask.order_ref, [])
        if any(made.held == "kept" for made in history):
            return "kept"
        orders = [made for made in history if made.point == "order"]
        if ask.point in ("release", "dispatch") and orders:
            return orders[-1].held
        return ""

    def _tolerated(self, ask: Ask, line_id: int) -> int | None:
        """Up to which amount a change of a released order is not asked about again: by value and
        within days, on the same line, with terms no longer than those released, as long as a
        special approval lasts.
        """
        rule = self.ground.policy.tolerance
        released = self._released(ask)
        if released is None or released.released_on is None or not rule.days:
            return None
        until = released.released_until
        if until is not None and until <= self.ground.at:
            return None
        age = (self.ground.at - released.released_on).days
        longer = (ask.terms_days or 0) > (released.terms_days or 0)
        if age > rule.days or longer or released.line_id != line_id:
            return None
        over = divide_half_up(released.amount_minor * rule.value_bps, WHOLE_BPS)
        return released.amount_minor + over

    def _released(self, ask: Ask) -> Earlier | None:
        """The newest earlier version of the order that a person released. Who cancels an order
        gives up what was released before.
        """
        history = self.earlier.get(ask.order_ref, [])
        given_up = [made.version for made in history if made.cancelled and made.point == "order"]
        found = [
            made
            for made in history
            if made.released_on is not None
            and not made.cancelled
            and made.point != "quote"
            and made.version > max(given_up, default=-1)
        ]
        return max(found, key=_released_last, default=None)

    def _passed_on(self, ask: Ask, line_id: int) -> str | None:
        """The day of an answer on this version that still holds at a later check point."""
        days = self.ground.policy.quiet_days
        held = self.pending.get(ask.order_ref)
        if not days or ask.point not in ("release", "dispatch"):
            return None
        if held is None or held.line_id != line_id:
            return None
        for made in reversed(self.earlier.get(ask.order_ref, [])):
            passed = made.decided_on if made.outcome == "approve" else made.released_on
            if made.point == "quote" or made.version != ask.version or passed is None:
                continue
            if made.cancelled:
                continue
            if b'"checked_recently"' in made.answer:
                continue  # it was excused itself; else each day would excuse the next
            within = (self.ground.at - passed).days <= days
            if within and made.line_id == line_id and ask.amount_minor <= made.amount_minor:
                return passed.date().isoformat()
        return None

    def _promise(
        self, ask: Ask, asked: Asked, facts: Facts, order: Order, verdict: Verdict, line_id: int
    ) -> NewReservation | None:
        """Promise what neither documents nor an earlier promise of this order carry yet."""
        if ask.point in ("quote", "invoice"):
            return None
        excused = any(reason.code == "within_tolerance" for reason in verdict.reasons)
        released = self._released(ask) if excused else None
        reservation = promise(
            self.ground,
            dashed(self.fresh_ids.pop()),
            line_id,
            asked,
            facts,
            order,
            used_minor=verdict.used_minor,
            override_id=UUID(str(released.override_id)) if released else None,
            expires_at=released.released_until if released else None,
        )
        if reservation is None:
            return None
        self.reservations.append(reservation)
        self.pending[order.ref] = Pending(
            reservation.id, line_id, reservation.amount_minor, ask.delivery_on
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
        held = reservation.id if reservation else None
        self.decisions.append(
            (
                *(decision_id, ask.order_ref, ask.version, party.customer_id, line_id),
                *(ask.amount_minor, ask.currency, verdict.outcome, held, entry_id),
                *(ask.point, ask.document),
            )
        )
        self.bytes_of.append(kept)
        codes = [reason.code for reason in verdict.reasons]
        if self._waits(ask, verdict, codes):
            text = ",".join(codes)[:REASON_CODES_MAX]
            by_hand = "order_held_by_person" in codes
            self.holds.append((decision_id, party.customer_id, verdict.outcome, text, by_hand))
        self.entries.append(
            decision_entry(
                ask.customer_code,
                order,
                verdict.outcome,
                codes,
                self.ground.policy,
                self.actor.ref,
                kept,
                party.data_key_id,
            )
        )
        self.earlier.setdefault(ask.order_ref, []).append(
            Earlier(
                decision_id,
                ask.version,
                ask.body_sha256,
                kept[3],
                party.unit_id,
                ask.point,
                ask.document,
                verdict.outcome,
                self.ground.at,
                ask.amount_minor,
                line_id,
            )
        )

    @staticmethod
    def _waits(ask: Ask, verdict: Verdict, codes: Sequence[str]) -> bool:
        """Whether a person must look. An order that waits already does not wait twice."""
        if verdict.outcome not in ("hold", "refer") or ask.point == "quote":
            return False
        return list(codes) != ["order_not_approved"]


def _same_question(made: Earlier, ask: Ask) -> bool:
    return (made.version, made.point, made.document) == (ask.version, ask.point, ask.document)


def _released_last(made: Earlier) -> tuple[int, datetime]:
    assert made.released_on is not None
    return made.version, made.released_on


def dashed(digits: str) -> str:
    """32 hex digits as an id is written; made by hand, because a UUID object costs ten times it."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


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
        "amount": _amount_asked(order),
        "answer": answer.decode(),
        "customer": customer_code,
        "facts": facts.decode(),
        "order": f"{order.ref}#{order.version}",
        "request_sha256": digest.hex(),
    }


def _amount_asked(order: Order) -> str:
    """In the order's own currency, as it was asked."""
    if order.asked_minor is None or order.asked_currency is None:
        return f"{to_text(order.amount_minor, order.currency)} {order.currency}"
    return f"{to_text(order.asked_minor, order.asked_currency)} {order.asked_currency}"


def _within_sight(ask: Ask, party: Party, actor: Actor) -> bool:
    """A customer outside the actor's unit, or not of the unit the ask names, does not exist for
    it.
    """
    if not actor.reaches(party.unit_id) or not actor.reaches(party.payer_unit_id):
        return False
    return ask.business_unit is None or ask.business_unit == party.unit_code
