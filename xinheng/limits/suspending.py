"""Limits set to zero for as long as something is missing, and given back when it is there again.

A suspension is a temporary limit of zero beside what stands: it takes nobody's row out of the plan,
and says by whom it was set, so that only the same actor's end. Covers add nothing to it either. It
runs as long as a temporary limit may; whoever suspends looks again. Example: 1,000,000.00 of C-7
and 450,000.00 that an insurer vouches for, suspended on 1 March, are 0.00 from that moment; on 4
March the suspension ends and the 1,450,000.00 are in force again, untouched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connections, transaction
from django.db.models import QuerySet

from xinheng.ledger.actions import append_one
from xinheng.limits import plan_sql
from xinheng.limits.conditions import temporary_end
from xinheng.limits.locking import lock_lines
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.limits.planning import come_into_force, enter_plan
from xinheng.limits.proposing import check_reason, require_grant
from xinheng.limits.tree import hold_trees
from xinheng.limits.values import NewDated
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import today


def suspend_lines(line_ids: Sequence[int], reason: str, *, actor: Actor, at: datetime) -> int:
    """Set limits to zero from today on, until the same actor resumes them. Returns how many lines
    gave more than zero and give no more.

    Refuses NOT_ALLOWED, NEEDS_REASON. One ledger entry, where anything was suspended.
    """
    require_grant(actor)
    check_reason(reason)
    with transaction.atomic():
        day = today(at)
        lines = [line for line in _held(line_ids, actor) if _gives(line)]
        if not lines:
            return 0
        rows = [_zero(line, day, reason.strip(), actor) for line in lines]
        customers = {line.customer_id for line in lines}
        enter_plan(rows, customers, actor, beside=True, today=day, at=at)
        _record("lines.suspended", lines, reason, actor, at)
    return len(lines)


def resume_lines(line_ids: Sequence[int], reason: str, *, actor: Actor, at: datetime) -> int:
    """End the suspensions that this actor set; what stands beside them is in force again. Returns
    how many lines had one.

    Refuses NOT_ALLOWED, NEEDS_REASON. One ledger entry, where anything was suspended.
    """
    require_grant(actor)
    check_reason(reason)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        day = today(at)
        lines = {line.pk: line for line in _held(line_ids, actor)}
        ending = dict(suspensions(actor, day).filter(line__in=lines).values_list("pk", "line_id"))
        if not ending:
            return 0
        cursor.execute(plan_sql.END_DATED, [at, actor.ref, reason.strip(), sorted(ending)])
        resumed = [lines[pk] for pk in sorted(set(ending.values()))]
        customers = {line.customer_id for line in resumed}
        come_into_force([line.pk for line in resumed], customers, today=day, at=at)
        _record("lines.resumed", resumed, reason, actor, at)
    return len(resumed)


def suspensions(actor: Actor, day: date) -> QuerySet[DatedLimit]:
    """The suspensions of an actor that have neither ended nor run out."""
    mine = DatedLimit.objects.filter(granted_by=actor.ref, temporary=True, amount_minor=0)
    return mine.filter(ended_at__isnull=True, valid_until__gte=day)


def _held(line_ids: Sequence[int], actor: Actor) -> list[CreditLine]:
    """The lines that the actor reaches, in id order, as they stand under their trees' locks."""
    found = CreditLine.objects.filter(pk__in=line_ids).select_related("customer")
    seen = [one for one in found if actor.reaches(one.customer.business_unit_id)]
    hold_trees({one.customer_id for one in seen})
    lock_lines([one.pk for one in seen])
    return list(found.filter(pk__in=[one.pk for one in seen]).order_by("pk"))


def _gives(line: CreditLine) -> bool:
    """An unset line gives nothing, whatever covers it."""
    if line.amount_minor is None:
        return line.unlimited
    return line.amount_minor + line.covered_minor > 0


def _zero(line: CreditLine, day: date, reason: str, actor: Actor) -> NewDated:
    """Nothing at all, with the conditions as they are: an order is told one reason, not five."""
    return NewDated(
        line.pk,
        True,
        0,
        False,
        day,
        temporary_end(day),
        0,
        None,
        line.terms_days_max,
        line.overdue_allowed_minor,
        line.overdue_days_allowed,
        reason,
        actor.ref,
    )


def _record(
    kind: str, lines: Sequence[CreditLine], reason: str, actor: Actor, at: datetime
) -> None:
    """One entry: every line as a Merkle root, and how many."""
    leaves = [f"{line.customer_id}|{line.currency}|{line.scope}" for line in lines]
    root = root_of([hash_leaf(leaf.encode()) for leaf in leaves]).hex()
    fields = {"rows_root": root, "reason": reason.strip(), "actor": actor.ref}
    append_one(kind, {"lines": len(lines)}, fields, at=at)
