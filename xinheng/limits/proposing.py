"""Proposals: suggested limits, made live or turned down by a person.

An assessment or an import suggests (`propose`, a step); a person enters an amount of their own
(`propose_amount`), for an own limit, a group's, a sub-limit or a period; another person with
authority grants it (`grant_proposals`) or turns it down. A grant writes the limit into the line's
plan, from its first day on. Example: 453 proposals of CNY 12,345,678.00, granted at once from 22
November 2026 to 22 November 2027, are 453 dated limits and one ledger entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import connections, transaction

from xinheng.credit.money import MAX_MINOR
from xinheng.customers.models import Customer
from xinheng.ledger.actions import append_one
from xinheng.limits import plan_sql
from xinheng.limits.conditions import latest_end, shipped
from xinheng.limits.held_back import HeldBack, as_dated, refuse_proposal, sift
from xinheng.limits.models import Proposal
from xinheng.limits.planning import enter_plan, hold_lines
from xinheng.limits.queries import judge_grant
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.tree import hold_trees
from xinheng.limits.values import Conditions, Granted, NewProposal
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

PROPOSALS_MAX = 50_000
REASON_MIN = 4
REASON_MAX = 1000


def propose(
    proposals: Sequence[NewProposal], *, judged: Sequence[int] = (), actor: Actor, at: datetime
) -> int:
    """Suggest limits; a waiting suggestion for the same line is superseded, unless a person entered
    it and this one is calculated. Returns how many wait anew.

    judged: customers assessed anew; calculated proposals of theirs that are not among these end.

    Changes no line. What was rejected is not suggested again with the same figures. The caller (an
    assessment, an import) appends the ledger entry of its own.
    """
    keys = [
        (p.customer_id, p.currency, p.scope, p.temporary, "by_hand" in p.workings)
        for p in proposals
    ]
    rows = [
        (
            *key,
            p.amount_minor,
            p.unlimited,
            p.terms_days,
            p.valid_from,
            p.valid_until,
            p.proposed_by,
        )
        for key, p in zip(keys, proposals, strict=True)
    ]
    workings = _json([p.workings for p in proposals])
    with transaction.atomic(), connections["default"].cursor() as cursor:
        _withdraw(judged, _columns(keys, 5)[:2], at)
        cursor.execute(plan_sql.SUPERSEDE_PROPOSALS, [at, *_columns(keys, 5)])
        cursor.execute(plan_sql.ADD_PROPOSALS, [at, *_columns(rows, 11), workings])
        return int(cursor.rowcount)


def _asked(p: NewProposal) -> tuple[Any, ...]:
    return (p.amount_minor, p.unlimited, p.terms_days, p.valid_from, p.valid_until, p.proposed_by)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


def _withdraw(judged: Sequence[int], columns: list[list[Any]], at: datetime) -> None:
    """Nobody grants by mistake what nothing suggests any more; what a person entered stays."""
    with connections["default"].cursor() as cursor:
        cursor.execute(plan_sql.WITHDRAW_PROPOSALS, [list(judged), at, *columns])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def propose_amount(
    customer_id: int,
    currency: str,
    amount_minor: int,
    terms_days: int | None,
    reason: str,
    *,
    held_back: HeldBack,
    actor: Actor,
    at: datetime,
) -> int:
    """A person enters an amount of their own, with a reason; returns the proposal's id.

    It takes the place of what waits for the customer and currency, and another person grants it.
    Refuses NOT_ALLOWED, NEEDS_PERSON, NEEDS_REASON, BAD_AMOUNT, BAD_TERMS, UNKNOWN_CUSTOMER,
    HELD_BACK.
    """
    require_grant(actor)
    check_reason(reason)
    check_amount(amount_minor, terms_days)
    row = NewProposal(customer_id, currency, amount_minor, terms_days, {}, actor.ref)
    with transaction.atomic():
        seen_customer(customer_id, actor)
        refuse_proposal(row, held_back, today(at))
        return put_forward(row, reason, actor=actor, at=at)


def put_forward(row: NewProposal, reason: str, *, actor: Actor, at: datetime) -> int:
    """A person's own proposal with its reason, and its ledger entry; a step of who checked it."""
    if actor.kind != "user":
        raise Refused(LimitRefusal.NEEDS_PERSON)
    customer = seen_customer(row.customer_id, actor)
    mine = {
        "customer_id": row.customer_id,
        "currency": row.currency,
        "scope": row.scope,
        "temporary": row.temporary,
        "state": "proposed",
    }
    stood = Proposal.objects.select_for_update().filter(**mine).first()
    workings = row.workings | _by_hand(stood, reason.strip(), actor.person())
    propose([row._replace(workings=workings)], actor=actor, at=at)
    fields = {
        "customer": str(row.customer_id),
        "amount_minor": "unlimited" if row.unlimited else str(row.amount_minor),
        "terms_days": str(row.terms_days),
        "reason": reason.strip(),
        "actor": actor.ref,
    }
    if row.scope or row.temporary or row.valid_from:
        fields["scope"] = row.scope
        fields["period"] = f"{row.valid_from}..{row.valid_until}"
    append_one(
        "line.proposed", {"currency": row.currency}, fields, at=at, key_id=customer.data_key_id
    )
    return int(Proposal.objects.get(**mine).pk)


def seen_customer(customer_id: int, actor: Actor) -> Customer:
    """The customer, if the actor sees it."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None or not actor.reaches(customer.business_unit_id):
        raise Refused(LimitRefusal.UNKNOWN_CUSTOMER)
    return customer


def require_grant(actor: Actor) -> None:
    if not actor.may("lines.grant"):
        raise Refused(LimitRefusal.NOT_ALLOWED)


def check_reason(reason: str) -> None:
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refused(LimitRefusal.NEEDS_REASON)


def check_amount(amount_minor: int, terms_days: int | None) -> None:
    if not 0 <= amount_minor <= MAX_MINOR:
        raise Refused(LimitRefusal.BAD_AMOUNT)
    most = shipped()["terms_days_max"]
    if terms_days is not None and not 0 <= terms_days <= most:
        raise Refused(LimitRefusal.BAD_TERMS, most=most)


def _by_hand(stood: Proposal | None, reason: str, person: int) -> dict[str, Any]:
    """The workings of the calculation, if there was one, with what the person says instead."""
    before = dict(stood.workings or {}) if stood else {}
    earlier = before.get("by_hand")
    model = earlier["model_minor"] if earlier else (stood.amount_minor if stood else None)
    return before | {"by_hand": {"reason": reason, "person": person, "model_minor": model}}


def grant_proposals(
    proposal_ids: Sequence[int] | None,
    *,
    held_back: HeldBack,
    valid_from: date,
    valid_until: date,
    conditions: Conditions,
    actor: Actor,
    at: datetime,
) -> Granted:
    """Make proposed limits live, all that wait (None) or those named, as far as the actor sees.

    A proposal with a period of its own keeps it; the others get the one given. Authority is judged
    on each amount, whoever entered an amount by hand may not grant it, and who is `held_back` gets
    no more than it has: what is not allowed is left waiting and told. Refuses NOT_ALLOWED,
    BAD_PERIOD, TOO_LONG, NO_PROPOSALS, TOO_MANY. One ledger entry over all lines granted.
    """
    require_grant(actor)
    if valid_until < valid_from:
        raise Refused(LimitRefusal.BAD_PERIOD)
    if valid_until > (latest := latest_end(valid_from)):
        raise Refused(LimitRefusal.TOO_LONG, until=latest)
    with transaction.atomic():
        day = today(at)
        judged, refused = judge_grant(_lock_waiting(proposal_ids, actor), actor)
        allowed = [proposal for proposal in judged if not _over(proposal, day)]
        refused = refused + [(p, _period_over(p)) for p in judged if _over(p, day)]
        customers = {proposal.customer_id for proposal in allowed}
        if why := held_back(customers, day):
            hold_trees(customers)
            allowed, kept = sift(allowed, (valid_from, valid_until), conditions, why, day)
            refused = refused + kept
        if allowed:
            _make_live(allowed, (valid_from, valid_until), conditions, actor, today=day, at=at)
            _decide(allowed, "granted", actor, at=at)
            _record_grant(allowed, valid_until, actor, at=at)
    total: dict[str, int] = defaultdict(int)
    for proposal in allowed:
        total[proposal.currency] += proposal.amount_minor
    return Granted(len(allowed), dict(total), [(proposal.pk, why) for proposal, why in refused])


def reject_proposals(
    proposal_ids: Sequence[int] | None, reason: str, *, actor: Actor, at: datetime
) -> int:
    """Turn proposals down for a stated reason, all that wait (None) or those named; lines stay.

    Returns how many. Refuses NOT_ALLOWED, NEEDS_REASON, NO_PROPOSALS, TOO_MANY. One ledger entry.
    """
    require_grant(actor)
    check_reason(reason)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        proposals = _lock_waiting(proposal_ids, actor)
        ids = [proposal.pk for proposal in proposals]
        cursor.execute(plan_sql.REJECT_PROPOSALS, [actor.person_id, at, reason.strip(), ids])
        fields = {"rows_root": _root(proposals), "reason": reason.strip(), "actor": actor.ref}
        append_one("lines.rejected", {"lines": len(ids)}, fields, at=at)
    return len(ids)


def _lock_waiting(proposal_ids: Sequence[int] | None, actor: Actor) -> list[Proposal]:
    """The waiting proposals meant, locked in key order; those of other units are not there."""
    waiting = Proposal.objects.select_for_update().filter(state="proposed")
    if not actor.all_units:
        waiting = waiting.filter(customer__in=Customer.objects.filter(**_own_unit(actor)))
    if proposal_ids is not None:
        waiting = waiting.filter(pk__in=proposal_ids)
    proposals = list(waiting.order_by("pk")[: PROPOSALS_MAX + 1])
    if not proposals:
        raise Refused(LimitRefusal.NO_PROPOSALS)
    if len(proposals) > PROPOSALS_MAX:
        raise Refused(LimitRefusal.TOO_MANY, most=f"{PROPOSALS_MAX:,}")
    return proposals


def _own_unit(actor: Actor) -> dict[str, Any]:
    return {"business_unit_id": actor.unit_id, "business_unit__isnull": False}


def _over(proposal: Proposal, day: date) -> bool:
    return proposal.valid_until is not None and proposal.valid_until < day


def _period_over(proposal: Proposal) -> T:
    text: T = LimitRefusal.PERIOD_OVER.value
    return text.format(until=proposal.valid_until)


def _make_live(
    proposals: Sequence[Proposal],
    period: tuple[date, date],
    terms: Conditions,
    actor: Actor,
    *,
    today: date,
    at: datetime,
) -> None:
    lines = hold_lines([(p.customer_id, p.currency, p.scope) for p in proposals], at=at)
    rows = [
        as_dated(p, lines[p.customer_id, p.currency, p.scope], period, terms, today)
        for p in proposals
    ]
    enter_plan(rows, {p.customer_id for p in proposals}, actor, today=today, at=at)


def _decide(proposals: Sequence[Proposal], state: str, actor: Actor, *, at: datetime) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            plan_sql.DECIDE_PROPOSALS, [state, actor.person_id, at, [p.pk for p in proposals]]
        )


def _record_grant(
    proposals: Sequence[Proposal], valid_until: date, actor: Actor, *, at: datetime
) -> None:
    """One entry: every line's key and amount, as a Merkle root over the granted rows."""
    clear = {"lines": len(proposals), "valid_until": valid_until.isoformat()}
    fields = {"rows_root": _root(proposals), "actor": actor.ref}
    append_one("lines.granted", clear, fields, at=at)


def _root(proposals: Sequence[Proposal]) -> str:
    return root_of([hash_leaf(_row(p).encode()) for p in proposals]).hex()


def _row(p: Proposal) -> str:
    """customer|currency|amount|terms, and scope and period where it has them."""
    row = f"{p.customer_id}|{p.currency}|{'unlimited' if p.unlimited else p.amount_minor}"
    row += f"|{p.terms_days}"
    if p.scope or p.temporary or p.valid_from:
        row += f"|{p.scope}|{p.temporary}|{p.valid_from}|{p.valid_until}"
    return row
