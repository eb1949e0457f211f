"""A person changes a limit: base, temporary, a group's, a sub-limit; withdraws one; holds a line.

More credit takes two people: what one enters (`raising.raises`) waits as a proposal until another
with authority grants it, unless somebody else, or a calculation, has proposed as much already. Less
credit takes one, within the authority. A forced hold is placed by one person, nothing lifts it by
itself, and who placed it is kept. Example: a limit of 1,000,000.00 is lowered to 400,000.00 from 1
January by Alice alone; that it shall be 1,500,000.00 she proposes and Fred grants.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import connections, transaction

from xinheng.credit.money import MoneyError, exponent, to_text
from xinheng.ledger.actions import append_one
from xinheng.limits import plan_sql
from xinheng.limits.conditions import latest_end, temporary_end, usual
from xinheng.limits.held_back import HeldBack, planned, refuse_increase
from xinheng.limits.in_force import Planned, bring_in_force
from xinheng.limits.locking import lock_lines
from xinheng.limits.models import CreditLine, DatedLimit, Proposal
from xinheng.limits.planning import come_into_force, dated, enter_plan, hold_lines, plans_of
from xinheng.limits.proposing import (
    check_amount,
    check_reason,
    put_forward,
    require_grant,
    seen_customer,
)
from xinheng.limits.queries import covers, entered_by
from xinheng.limits.raising import footing, raises
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.tree import arrange
from xinheng.limits.values import Conditions, Entered, NewDated, NewLimit, NewProposal
from xinheng.people.actor import Actor
from xinheng.people.queries import authority, today
from xinheng.refusals import Refused

SCOPE = re.compile(r"(|group|(unit|product|project):[^\s:][^\x00-\x1f]{0,49})")
DUE_MAX = 5_000


def grant_limit(
    asked: NewLimit,
    *,
    held_back: HeldBack,
    conditions: Conditions | None = None,
    actor: Actor,
    at: datetime,
) -> Entered:
    """Enter a limit for a period, from today on or ahead; live at once where it gives no more than
    what stands, else a proposal that another person grants.

    Refuses NOT_ALLOWED, NEEDS_PERSON, NEEDS_REASON, BAD_AMOUNT, BAD_TERMS, BAD_SCOPE,
    BAD_CURRENCY, BAD_PERIOD, PAST_PERIOD, TOO_LONG, UNKNOWN_CUSTOMER, HELD_BACK, ABOVE_AUTHORITY.
    """
    require_grant(actor)
    with transaction.atomic():
        day = today(at)
        _check(asked, day)
        customer = seen_customer(asked.customer_id, actor)
        key = (asked.customer_id, asked.currency, asked.scope)
        line_id = hold_lines([key], at=at)[key]
        standing = plans_of([line_id])[line_id]
        terms = conditions or _kept(standing, asked) or usual()
        row = _dated(line_id, asked, terms, actor)
        refuse_increase(row, asked.customer_id, standing, held_back, day)
        supported = None
        if _gives_more(row, standing, day):
            supported = _supporting(asked, actor)
            if supported is None and actor.kind != "system":
                waiting = put_forward(_proposal(asked, actor), asked.reason, actor=actor, at=at)
                return Entered(line_id, waiting)
        require_authority(asked.amount_minor, asked.currency, actor, day)
        if supported is not None:
            row = row._replace(proposed_by=supported.proposed_by)
            _close(supported, actor, at)
        enter_plan([row], {asked.customer_id}, actor, today=day, at=at)
        _record("line.granted", asked, customer.data_key_id, actor, at)
    return Entered(line_id, None)


def withdraw_limit(dated_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """End a dated limit; one in force ends with all that it had replaced, so that nothing returns
    by itself. Where that would give more credit it takes two: propose a limit instead.

    Refuses NOT_ALLOWED, NEEDS_REASON, UNKNOWN_LIMIT, RAISES.
    """
    require_grant(actor)
    check_reason(reason)
    with transaction.atomic():
        day = today(at)
        line = _line_of_dated(dated_id, actor)
        customer = line.customer
        hold_lines([(line.customer_id, line.currency, line.scope)], at=at)
        ending = _ending(line.pk, dated_id, day)
        standing = plans_of([line.pk])[line.pk]
        left = [one for one in standing if one.id not in ending]
        line.refresh_from_db()
        more = raises(standing, left, footing(line.scope, line.path), day)
        if more and actor.kind != "system":
            raise Refused(LimitRefusal.RAISES)
        with connections["default"].cursor() as cursor:
            cursor.execute(plan_sql.END_DATED, [at, actor.ref, reason.strip(), sorted(ending)])
        come_into_force([line.pk], {line.customer_id}, today=day, at=at)
        fields = _named(line, actor) | {"reason": reason.strip(), "limits": str(len(ending))}
        append_one(
            "line.withdrawn",
            {"currency": line.currency},
            fields,
            at=at,
            key_id=customer.data_key_id,
        )


def force_hold(line_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """Hold every order on a line, and on all lines below it, until a person lifts it.

    Refuses NOT_ALLOWED, NEEDS_PERSON, NEEDS_REASON, UNKNOWN_LINE, HELD_ALREADY.
    """
    _switch_hold(line_id, reason, True, actor=actor, at=at)


def lift_hold(line_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """End a forced hold; the reason and who placed it stand in the ledger.

    Refuses NOT_ALLOWED, NEEDS_PERSON, NEEDS_REASON, UNKNOWN_LINE, NOT_HELD.
    """
    _switch_hold(line_id, reason, False, actor=actor, at=at)


def bring_due_in_force(*, today: date, at: datetime) -> int:
    """Lines whose limit in force is another since midnight, at most DUE_MAX; returns how many
    became another. Lines that a limit begun meanwhile takes out of a main line find their place.
    """
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute(plan_sql.DUE, [today, DUE_MAX])
        due = [row[0] for row in cursor.fetchall()]
        lock_lines(due)
        changed = bring_in_force(due, today=today, at=at)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        cursor.execute(plan_sql.OUT_OF_PLACE, [DUE_MAX])
        arrange([row[0] for row in cursor.fetchall()], alone=True, at=at)
    return len(changed)


def require_authority(amount: int | None, currency: str, actor: Actor, day: date) -> None:
    """Refuses ABOVE_AUTHORITY where the person's own, or one stood in for, does not reach it."""
    if actor.kind == "system":
        return
    if actor.person_id is None:
        raise Refused(LimitRefusal.NEEDS_PERSON)
    if not covers(authority(actor.person(), "grant_line", currency, day=day), amount):
        text = "∞" if amount is None else to_text(amount, currency)
        raise Refused(LimitRefusal.ABOVE_AUTHORITY, amount=text, currency=currency)


def _check(asked: NewLimit, day: date) -> None:
    check_reason(asked.reason)
    if asked.unlimited == (asked.amount_minor is not None):
        raise Refused(LimitRefusal.BAD_AMOUNT)
    check_amount(asked.amount_minor or 0, asked.terms_days)
    if not SCOPE.fullmatch(asked.scope):
        raise Refused(LimitRefusal.BAD_SCOPE)
    try:
        exponent(asked.currency)
    except MoneyError:
        raise Refused(LimitRefusal.BAD_CURRENCY, currency=asked.currency) from None
    if asked.valid_until < asked.valid_from:
        raise Refused(LimitRefusal.BAD_PERIOD)
    if asked.valid_from < day:
        raise Refused(LimitRefusal.PAST_PERIOD, today=day)
    last = (temporary_end if asked.temporary else latest_end)(asked.valid_from)
    if asked.valid_until > last:
        raise Refused(LimitRefusal.TOO_LONG, until=last)


def _kept(standing: Sequence[Planned], asked: NewLimit) -> Conditions | None:
    """The grace and the overdue days of the base limit that stands; shares are the usual ones."""
    base = [one for one in standing if not one.temporary and one.valid_from <= asked.valid_from]
    if not base:
        return None
    last = max(base, key=lambda one: (one.valid_from, one.id))
    return usual()._replace(
        overdue_days_allowed=last.overdue_days_allowed, grace_days=last.grace_days
    )


def _dated(line_id: int, asked: NewLimit, terms: Conditions, actor: Actor) -> NewDated:
    return dated(
        line_id,
        asked.amount_minor,
        (asked.valid_from, asked.valid_until),
        terms._replace(grace_days=0) if asked.temporary else terms,
        terms_days=asked.terms_days,
        temporary=asked.temporary,
        reason=asked.reason.strip(),
        proposed_by=actor.ref,
    )


def _gives_more(row: NewDated, standing: Sequence[Planned], day: date) -> bool:
    """Whether the plan with this row gives more than without it, on any day from today on."""
    line = CreditLine.objects.values_list("scope", "path").get(pk=row.line_id)
    return raises(standing, [*standing, planned(row)], footing(*line), day)


def _supporting(asked: NewLimit, actor: Actor) -> Proposal | None:
    """What waits for the same line, not entered by the actor, for at least as much and as long."""
    found = (
        Proposal.objects.select_for_update()
        .filter(
            customer_id=asked.customer_id,
            currency=asked.currency,
            scope=asked.scope,
            temporary=asked.temporary,
            state="proposed",
        )
        .first()
    )
    if found is None or entered_by(found) == actor.person_id:
        return None
    if not found.unlimited and (asked.unlimited or (asked.amount_minor or 0) > found.amount_minor):
        return None
    early = found.valid_from is not None and asked.valid_from < found.valid_from
    late = found.valid_until is not None and asked.valid_until > found.valid_until
    return None if early or late else found


def _proposal(asked: NewLimit, actor: Actor) -> NewProposal:
    return NewProposal(
        asked.customer_id,
        asked.currency,
        asked.amount_minor or 0,
        asked.terms_days,
        {},
        actor.ref,
        asked.scope,
        asked.unlimited,
        asked.temporary,
        asked.valid_from,
        asked.valid_until,
    )


def _close(proposal: Proposal, actor: Actor, at: datetime) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(plan_sql.DECIDE_PROPOSALS, ["granted", actor.person_id, at, [proposal.pk]])


def _line_of_dated(dated_id: int, actor: Actor) -> CreditLine:
    row = (
        DatedLimit.objects.select_related("line__customer")
        .filter(pk=dated_id, ended_at__isnull=True)
        .first()
    )
    if row is None or not actor.reaches(row.line.customer.business_unit_id):
        raise Refused(LimitRefusal.UNKNOWN_LIMIT)
    found: CreditLine = row.line
    return found


def _ending(line_id: int, dated_id: int, day: date) -> set[int]:
    """The limit, and where it has begun all of its kind that began before it."""
    rows = list(DatedLimit.objects.filter(line_id=line_id, ended_at__isnull=True))
    one = next((row for row in rows if row.pk == dated_id), None)
    if one is None:
        raise Refused(LimitRefusal.UNKNOWN_LIMIT)
    if one.valid_from > day:
        return {one.pk}
    return {
        row.pk
        for row in rows
        if row.temporary == one.temporary and row.valid_from <= one.valid_from
    }


def _switch_hold(line_id: int, reason: str, held: bool, *, actor: Actor, at: datetime) -> None:
    require_grant(actor)
    if actor.kind == "key":
        raise Refused(LimitRefusal.NEEDS_PERSON)
    check_reason(reason)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        lock_lines([line_id])
        line = CreditLine.objects.select_related("customer").filter(pk=line_id).first()
        if line is None or not actor.reaches(line.customer.business_unit_id):
            raise Refused(LimitRefusal.UNKNOWN_LINE)
        if line.forced_hold == held:
            raise Refused(LimitRefusal.HELD_ALREADY if held else LimitRefusal.NOT_HELD)
        placed = (reason.strip()[:400], actor.ref, at) if held else ("", "", None)
        cursor.execute(plan_sql.SWITCH_HOLD, [held, *placed, at, line_id])
        fields = _named(line, actor) | {"reason": reason.strip()}
        if not held:
            fields["placed_by"] = line.forced_hold_by
        kind = "line.held" if held else "line.lifted"
        append_one(
            kind, {"currency": line.currency}, fields, at=at, key_id=line.customer.data_key_id
        )


def _named(line: CreditLine, actor: Actor) -> dict[str, str]:
    return {"customer": str(line.customer_id), "scope": line.scope, "actor": actor.ref}


def _record(kind: str, asked: NewLimit, key_id: UUID, actor: Actor, at: datetime) -> None:
    fields = {
        "customer": str(asked.customer_id),
        "scope": asked.scope,
        "amount_minor": "unlimited" if asked.unlimited else str(asked.amount_minor),
        "period": f"{asked.valid_from}..{asked.valid_until}",
        "reason": asked.reason.strip(),
        "actor": actor.ref,
    }
    clear = {"currency": asked.currency, "temporary": asked.temporary}
    append_one(kind, clear, fields, at=at, key_id=key_id)
