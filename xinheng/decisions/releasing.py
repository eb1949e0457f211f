"""What a person does to held orders: release them against the rule, or reject them, one or many.

The rule said 0.00 free for 30,000.00; a credit manager says yes with a reason, and the order is
reserved with an override, so that the journal shows a yes against the rule and by whose authority.
Two authorities are asked: to release, measured on what the whole group uses afterwards; and, where
the order passes a limit, to approve specially 特批, measured on the excess and capped in days: then
the reservation ends with the approval. Who asked about the order, at any version, may not release
it, nor may a deputy in that person's place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from xinheng.credit.decide import Facts, Order
from xinheng.credit.exposure import used
from xinheng.credit.money import display, to_text
from xinheng.credit.policy import Policy
from xinheng.decisions.again import Again, see_again
from xinheng.decisions.batch import dashed
from xinheng.decisions.facts import lock_orders
from xinheng.decisions.governing import live_policy
from xinheng.decisions.holding import (
    REASON_CHARACTERS_MIN,
    answer_review,
    end_hold,
    line_of,
    locked_decision,
    record,
)
from xinheng.decisions.models import Decision, Hold, Override
from xinheng.decisions.promising import promise
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.weighing import (
    TOGETHER_DAYS,
    Beyond,
    Exchange,
    Family,
    Mandates,
    approved_before,
    beyond,
    family_in,
    requesters,
)
from xinheng.ledger.actions import new_ids
from xinheng.limits.actions import reserve
from xinheng.limits.locking import lock_lines
from xinheng.limits.models import Reservation
from xinheng.limits.values import NewReservation
from xinheng.people.actor import Actor
from xinheng.people.queries import Mandate, today
from xinheng.refusals import Refused
from xinheng.texts import T

AT_ONCE_MAX = 200
CLOSED = ("prospect", "blocked", "closed")  # whose orders nobody releases
UNSAID = "（预览）"  # the reason of a release that is only judged


class Grounds(NamedTuple):
    """On what a release stands: the order as things are now, by whose authority, and what is
    approved specially for how long.
    """

    again: Again
    facts: Facts
    order: Order
    used_minor: int
    words: str
    excess_minor: int
    until: datetime | None


class Done(NamedTuple):
    """One of many: released (or rejected), or why not."""

    decision_id: UUID
    order_ref: str
    refused: T | None
    excess_minor: int = 0
    until: datetime | None = None
    authority: str = ""  # by which it was released, in words


def release_hold(
    decision_id: UUID, reason: str, *, days: int | None = None, actor: Actor, at: datetime
) -> Decision:
    """A person's yes against the rule: reserve the order with an override, end the hold.

    days: for how long what exceeds the limit is approved; None: as long as the authority allows.
    Must hold: the hold waits, the reason is in words, the person is not one who asked, the group's
    use after the release is within the person's authority, and the excess, if any, within the one
    for special approval. Refuses NOT_ALLOWED, UNKNOWN_DECISION, NOT_WAITING, REASON_REQUIRED,
    REQUESTER_MAY_NOT_RELEASE, CUSTOMER_CLOSED, NO_AUTHORITY, ABOVE_AUTHORITY, RATE_MISSING,
    NO_SPECIAL_AUTHORITY, ABOVE_SPECIAL_AUTHORITY, TOO_MANY_DAYS.
    """
    return _release(decision_id, reason, days, Mandates(today(at)), actor, at)


def _release(
    decision_id: UUID, reason: str, days: int | None, mandates: Mandates, actor: Actor, at: datetime
) -> Decision:
    with transaction.atomic():
        decision = _waiting_decision(decision_id, reason, actor)
        asked = requesters(decision)
        if actor.person_id in asked:
            raise Refused(DecisionRefusal.REQUESTER_MAY_NOT_RELEASE)
        grounds = _grounds(decision, asked, days, mandates, actor, at)
        override = _override(decision, grounds, reason, actor, at)
        reservation = _overriding(decision, grounds, override)
        if reservation is not None:
            reserve([reservation], at=at)
            decision.reservation_id = UUID(str(reservation.id))
            decision.save(update_fields=["reservation_id"])
        if not end_hold(decision, "released", reason, override.entry_id, actor, at):
            raise Refused(DecisionRefusal.NOT_WAITING, state="superseded")
        answer_review(decision, reason, actor, at)
    return decision


def reject_hold(decision_id: UUID, reason: str, *, actor: Actor, at: datetime) -> Decision:
    """A person's no: the hold ends, nothing is reserved. Refuses as `release_hold`, but the one who
    asked may withdraw it this way."""
    with transaction.atomic():
        decision = _waiting_decision(decision_id, reason, actor)
        values = {"actor": actor.ref, "reason": reason}
        entry_id = record(decision, "hold.rejected", {}, values, at=at)
        if not end_hold(decision, "rejected", reason, entry_id, actor, at):
            raise Refused(DecisionRefusal.NOT_WAITING, state="superseded")
        answer_review(decision, reason, actor, at)
    return decision


# --- Many at once


def release_holds(
    decision_ids: Sequence[UUID],
    reason: str,
    *,
    days: int | None = None,
    actor: Actor,
    at: datetime,
) -> list[Done]:
    """Release many, each in a transaction of its own, in the order given: what is refused stays in
    the queue with the reason told. Refuses NOT_ALLOWED, TOO_MANY.
    """

    def release(one: UUID) -> Decision:
        return release_hold(one, reason, days=days, actor=actor, at=at)

    return act_on_each(decision_ids, release, actor)


def reject_holds(
    decision_ids: Sequence[UUID], reason: str, *, actor: Actor, at: datetime
) -> list[Done]:
    """Reject many, each in a transaction of its own. Refuses NOT_ALLOWED, TOO_MANY."""

    def reject(one: UUID) -> Decision:
        return reject_hold(one, reason, actor=actor, at=at)

    return act_on_each(decision_ids, reject, actor)


def judge_releases(
    decision_ids: Sequence[UUID], *, days: int | None = None, actor: Actor, at: datetime
) -> list[Done]:
    """What `release_holds` would do now: it is done, and taken back before anybody sees it, so
    that the summary before can't differ from the one after. Only authorities are looked up once
    for all of them; each release asks for its own.
    """
    mandates = Mandates(today(at))

    def release(one: UUID) -> Decision:
        return _release(one, UNSAID, days, mandates, actor, at)

    with transaction.atomic():
        rows = Decision.objects.filter(pk__in=decision_ids, line_id__isnull=False)
        with connection.cursor() as cursor:  # orders, then lines, as everybody does
            lock_orders(cursor, list(rows.values_list("order_ref", flat=True)))
        lock_lines(rows.values_list("line_id", flat=True))
        told = act_on_each(decision_ids, release, actor)
        transaction.set_rollback(True)
    return told


def act_on_each(
    decision_ids: Sequence[UUID], act: Callable[[UUID], Decision], actor: Actor
) -> list[Done]:
    """Do it to each, at most AT_ONCE_MAX, and tell what came of it."""
    if not actor.may("holds.release"):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    wanted = list(dict.fromkeys(decision_ids))
    if len(wanted) > AT_ONCE_MAX:
        raise Refused(DecisionRefusal.TOO_MANY, most=AT_ONCE_MAX)
    seen = Decision.objects.filter(pk__in=wanted).select_related("customer")
    refs = {row.pk: row.order_ref for row in seen if actor.reaches(row.customer.business_unit_id)}
    told = []
    for one in wanted:
        try:
            decision = act(one)
        except Refused as refused:
            told.append(Done(one, refs.get(one, ""), refused.text))
        else:
            told.append(_told(decision))
    return told


def _told(decision: Decision) -> Done:
    made = Override.objects.filter(decision=decision).order_by("-at").first()
    if made is None:
        return Done(decision.pk, decision.order_ref, None)
    told = (made.excess_minor, made.valid_until, made.authority)
    return Done(decision.pk, decision.order_ref, None, *told)


# --- What must hold


def _waiting_decision(decision_id: UUID, reason: str, actor: Actor) -> Decision:
    if not actor.may("holds.release") or actor.person_id is None:
        raise Refused(DecisionRefusal.NOT_ALLOWED)  # machines ask, people release
    decision = locked_decision(decision_id, actor)
    hold = Hold.objects.filter(pk=decision.pk).first()
    if hold is None or hold.state != "waiting":
        raise Refused(DecisionRefusal.NOT_WAITING, state=hold.state if hold else "-")
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        raise Refused(DecisionRefusal.REASON_REQUIRED, least=REASON_CHARACTERS_MIN)
    return decision


def _grounds(
    decision: Decision,
    asked: set[int],
    days: int | None,
    mandates: Mandates,
    actor: Actor,
    at: datetime,
) -> Grounds:
    """Gather under the lock, and ask both authorities."""
    again = see_again([decision], live_policy(), at=at, lock=True)
    if again is None:
        raise Refused(DecisionRefusal.UNKNOWN_DECISION)
    ground, asked_now = again.ground, again.asked[decision.pk]
    facts, order = again.facts(decision)
    for status in (decision.customer.status, facts.payer_status):  # who pays may be another
        if status in CLOSED:
            raise Refused(DecisionRefusal.CUSTOMER_CLOSED, status=status)
    for pair in facts.rates_missing:
        base, quote = pair.split("/")
        raise Refused(DecisionRefusal.RATE_MISSING, base=base, quote=quote)
    exchange = Exchange(mandates.day, ground.policy)
    family = family_in(ground, line_of(decision))
    currencies = (family.currency, decision.currency)
    person = Person(actor.person(), frozenset(asked), mandates, currencies)
    words = _release_words(decision, family, asked_now.further_minor, person, exchange)
    before = used(facts.components, ground.policy.exposure)
    passed = beyond(facts, order, ground.policy, before)
    if not passed:
        return Grounds(again, facts, order, before, words, 0, None)
    special, excess = _special(decision, passed, family, person, exchange, at)
    until = at + timedelta(days=_approved_days(days, special, ground.policy))
    words = f"{words}; special approval {special.words()}"
    return Grounds(again, facts, order, before, words, excess, until)


class Person(NamedTuple):
    """Who releases, in whose place not, by which authorities, and the currencies to be measured
    in.
    """

    id: int
    barred: frozenset[int]
    mandates: Mandates
    currencies: tuple[str, ...]

    def mandate(self, action: str) -> Mandate | None:
        """The authority in the currency of the group's top, else in the order's own."""
        for currency in self.currencies:
            found = self.mandates.of(self.id, action, currency, self.barred)
            if found is not None:
                return found
        return None


def _release_words(
    decision: Decision, family: Family, adds_minor: int, person: Person, exchange: Exchange
) -> str:
    """The authority to release, in words; measured on the group's use after the release."""
    found = person.mandate("release_hold")
    if found is None:
        raise Refused(DecisionRefusal.NO_AUTHORITY, currency=decision.currency)
    adds = exchange.into(found.currency, adds_minor, decision.currency)
    after = family.use_in(found.currency, exchange) + adds
    if not found.covers(after):
        raise Refused(
            DecisionRefusal.ABOVE_AUTHORITY,
            amount=display(after, found.currency),
            currency=found.currency,
            limit=display(found.up_to_minor or 0, found.currency),
        )
    return found.words()


def _special(
    decision: Decision,
    passed: Sequence[Beyond],
    family: Family,
    person: Person,
    exchange: Exchange,
    at: datetime,
) -> tuple[Mandate, int]:
    """The authority for what exceeds the limits, and the order's own excess in its currency."""
    found = person.mandate("special_approval")
    if found is None:
        largest = max(passed, key=lambda one: one.standing_minor)
        raise Refused(
            DecisionRefusal.NO_SPECIAL_AUTHORITY,
            amount=display(largest.standing_minor, largest.currency),
            currency=largest.currency,
        )
    currency = found.currency
    standing = max(exchange.into(currency, one.standing_minor, one.currency) for one in passed)
    own = max(exchange.into(currency, one.own_minor, one.currency) for one in passed)
    before = approved_before(family.line_ids, currency, exchange, at=at)
    measured = max(standing, own + before)
    if not found.covers(measured):
        raise Refused(
            DecisionRefusal.ABOVE_SPECIAL_AUTHORITY,
            amount=display(measured, currency),
            own=display(own, currency),
            before=display(before, currency),
            days=TOGETHER_DAYS,
            currency=currency,
            limit=display(found.up_to_minor or 0, currency),
        )
    return found, max(
        exchange.into(decision.currency, one.own_minor, one.currency) for one in passed
    )


def _approved_days(days: int | None, special: Mandate, policy: Policy) -> int:
    most = special.days_max
    if days is None:
        return policy.reservation_days if most is None else min(most, policy.reservation_days)
    if days < 1 or (most is not None and days > most):
        raise Refused(DecisionRefusal.TOO_MANY_DAYS, days=days, most="∞" if most is None else most)
    return days


# --- What is written


def _override(
    decision: Decision, grounds: Grounds, reason: str, actor: Actor, at: datetime
) -> Override:
    values = {
        "actor": actor.ref,
        "authority": grounds.words,
        "excess": f"{to_text(grounds.excess_minor, decision.currency)} {decision.currency}",
        "reason": reason,
    }
    if grounds.until is not None:
        values["valid_until"] = grounds.until.isoformat()
    if grounds.again.asked[decision.pk].carried.live:
        values["reservation"] = _standing(decision)
    return Override.objects.create(
        id=UUID(new_ids(1)[0]),
        decision=decision,
        person_id=actor.person(),
        authority=grounds.words,
        reason=reason,
        amount_minor=decision.amount_minor,
        excess_minor=grounds.excess_minor,
        valid_until=grounds.until,
        at=at,
        entry_id=record(decision, "hold.released", {}, values, at=at),
    )


def _standing(decision: Decision) -> str:
    """In words, the credit that the order holds already and keeps as it was promised: a release at
    a later check point promises nothing beside it and does not make it last longer.
    """
    held = Reservation.objects.get(order_ref=decision.order_ref, state__in=["pending", "posted"])
    amount = to_text(held.amount_minor, held.line.currency)
    until = held.expires_at.isoformat()
    version = f"{held.order_ref}#{held.order_version}"
    return f"stands: {version}, {amount} {held.line.currency}, {held.state}, until {until}"


def _overriding(decision: Decision, grounds: Grounds, override: Override) -> NewReservation | None:
    """Only where the order holds no credit yet; what it holds stays as it is (`_standing`)."""
    again = grounds.again
    return promise(
        again.ground,
        dashed(new_ids(1)[0]),
        line_of(decision),
        again.asked[decision.pk],
        grounds.facts,
        grounds.order,
        used_minor=grounds.used_minor,
        override_id=override.id,
        expires_at=grounds.until,
    )
