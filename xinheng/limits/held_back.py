"""Customers whom a gap elsewhere keeps from more credit: a credit file out of date, for one.

This room knows no files. Who calls an action that may give more says how to ask (`HeldBack`), and
the action asks after its locks. What is asked about is an *increase*: on some day to come more than
the customer has today, whether the limit runs on or not. Example: 1,000,000.00 until December.
600,000.00 until next June is no increase, 1,000,000.00 until next June isn't either, a temporary
1,200,000.00 for ten days is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from xinheng.limits.conditions import latest_end, usual
from xinheng.limits.in_force import Planned, limit_on
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.planning import dated, plans_of
from xinheng.limits.raising import footing, raises
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.values import Conditions, NewDated, NewProposal
from xinheng.refusals import Refused
from xinheng.texts import T

# Customers → those who get no more credit on a day, and why.
HeldBack = Callable[[Collection[int], date], Mapping[int, T]]
NEW_ID: Final = 1 << 62  # a row not yet written counts as the latest of its day


def nobody(customer_ids: Collection[int], day: date) -> Mapping[int, T]:
    """Where nothing holds anybody back: an installation without files, a test of limits alone."""
    return {}


def refuse_increase(
    row: NewDated,
    customer_id: int,
    standing: Sequence[Planned],
    held_back: HeldBack,
    day: date,
) -> None:
    """Refuses HELD_BACK where the row gives more than the customer has and something is missing."""
    if not increases(row, standing, day):
        return
    why = held_back([customer_id], day).get(customer_id)
    if why is not None:
        raise Refused(LimitRefusal.HELD_BACK, why=why)


def refuse_proposal(row: NewProposal, held_back: HeldBack, day: date) -> None:
    """The same for a limit that a person proposes, under the conditions that stand: what could not
    be granted is not even put forward.
    """
    why = held_back([row.customer_id], day).get(row.customer_id)
    if why is None:
        return
    line = CreditLine.objects.filter(
        customer_id=row.customer_id, currency=row.currency, scope=row.scope
    )
    line_id, path = line.values_list("pk", "path").first() or (0, [])
    standing = plans_of([line_id])[line_id]
    period = (day, latest_end(day))
    new = planned(dated(line_id, row.amount_minor, period, usual(), terms_days=row.terms_days))
    if (now := limit_on(standing, day)) is not None:
        kept = ("single_order_cap_minor", "overdue_allowed_minor", "overdue_days_allowed")
        new = new._replace(**{name: getattr(now, name) for name in kept})
    if more_than_stands(new, standing, row.scope, path, day):
        raise Refused(LimitRefusal.HELD_BACK, why=why)


def increases(row: NewDated, standing: Sequence[Planned], day: date) -> bool:
    """Whether the plan with this row gives, some day, more than what stands today running on."""
    scope, path = CreditLine.objects.values_list("scope", "path").get(pk=row.line_id)
    return more_than_stands(planned(row), standing, scope, path, day)


def more_than_stands(
    new: Planned, standing: Sequence[Planned], scope: str, path: Sequence[int], day: date
) -> bool:
    """The same for a row that is planned already."""
    running_on = [_running_on(one, day) for one in standing]
    return raises(running_on, [*running_on, new], footing(scope, path), day)


def _running_on(one: Planned, day: date) -> Planned:
    """A base limit that has not run out yet, as if it never would."""
    if one.temporary or one.valid_until is None:
        return one
    over = one.valid_until + timedelta(days=one.grace_days) < day
    return one if over else one._replace(valid_until=None)


def planned(row: NewDated) -> Planned:
    """A new row as the plan would show it."""
    return Planned(
        NEW_ID,
        row.temporary,
        row.amount_minor,
        row.unlimited,
        row.valid_from,
        row.valid_until,
        row.grace_days,
        row.single_order_cap_minor,
        row.terms_days_max,
        row.overdue_allowed_minor,
        row.overdue_days_allowed,
    )


def sift(
    proposals: Sequence[Proposal],
    period: tuple[date, date],
    terms: Conditions,
    why: Mapping[int, T],
    day: date,
) -> tuple[list[Proposal], list[tuple[Proposal, T]]]:
    """Proposals that nothing holds back, and the others with the reason. `period` is for those
    that name none of their own.
    """
    asked = [one for one in proposals if one.customer_id in why]
    lines = _lines_of(asked)
    plans = plans_of([line for line, _ in lines.values()])
    refused: list[tuple[Proposal, T]] = []
    for one in asked:
        line_id, path = lines.get((one.customer_id, one.currency, one.scope), (0, []))
        row = planned(as_dated(one, line_id, period, terms, day))
        if more_than_stands(row, plans.get(line_id, []), one.scope, path, day):
            text: T = LimitRefusal.HELD_BACK.value
            refused.append((one, text.format(why=why[one.customer_id])))
    kept = {one.pk for one, _ in refused}
    return [one for one in proposals if one.pk not in kept], refused


def _lines_of(
    proposals: Sequence[Proposal],
) -> dict[tuple[int, str, str], tuple[int, list[int]]]:
    found = CreditLine.objects.filter(customer_id__in={one.customer_id for one in proposals})
    rows = found.values_list("customer_id", "currency", "scope", "pk", "path")
    return {(customer, money, scope): (pk, path) for customer, money, scope, pk, path in rows}


def as_dated(
    proposal: Proposal, line_id: int, period: tuple[date, date], terms: Conditions, day: date
) -> NewDated:
    """A proposal as the row of the plan that it becomes."""
    return dated(
        line_id,
        None if proposal.unlimited else proposal.amount_minor,
        _period_of(proposal, period, day),
        terms,
        terms_days=proposal.terms_days,
        temporary=proposal.temporary,
        reason=((proposal.workings or {}).get("by_hand") or {}).get("reason", ""),
        proposed_by=proposal.proposed_by,
    )


def _period_of(proposal: Proposal, given: tuple[date, date], day: date) -> tuple[date, date]:
    """Its own, from today at the earliest; a base limit without a last day gets the given one."""
    if proposal.valid_from is None:
        return given
    return (max(proposal.valid_from, day), proposal.valid_until or given[1])
