"""What a step changes: the facts and the order as they would be once it is taken.

Changes are never more generous than the world. Money received settles the oldest due invoices
first, as cash application does; waiting makes open items later and lets further ones fall due,
because nobody is assumed to pay meanwhile; what is overdue without a known invoice stays overdue.

Example: invoices of 60.00 (10 days late) and 30.00 (due tomorrow); receive 70.00 → 20.00 open, none
of it overdue.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from xinheng.credit.decide import UNKNOWN, Facts, Limit, Order, Unknown


class Due(Struct, frozen=True):
    """An open invoice of the line: number, ISO due date, what is open in minor units."""

    number: str
    due_on: str
    open_minor: int


class Step(Struct, frozen=True, omit_defaults=True):
    """One step of a way out. `amount_minor`: to receive, to prepay, to ship, or the new limit;
    `of_minor`: the whole order, or the limit as it is.
    """

    code: str
    amount_minor: int = 0
    of_minor: int = 0
    day: str = ""
    days: int = 0
    grade: str = ""
    status: str = ""


Items = tuple[Due, ...]
Changed = tuple[Facts, Order, Items]


def apply(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    """Facts, order and open invoices after the step."""
    return _CHANGES[step.code](step, facts, order, items)


def paid_by(amount_minor: int, items: Items) -> Items:
    """What of each invoice an amount settles, oldest due date first."""
    paid = []
    for item in sorted(items, key=lambda i: (i.due_on, i.number)):
        part = min(amount_minor, item.open_minor)
        if part > 0:
            paid.append(replace(item, open_minor=part))
            amount_minor -= part
    return tuple(paid)


def _receive(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    paid = {item.number: item.open_minor for item in paid_by(step.amount_minor, items)}
    left = tuple(
        replace(item, open_minor=item.open_minor - paid.get(item.number, 0))
        for item in items
        if item.open_minor > paid.get(item.number, 0)
    )
    settled = sum(paid.values())
    components = replace(
        facts.components,
        open_items=facts.components.open_items - settled,
        unapplied=facts.components.unapplied + step.amount_minor - settled,
    )
    overdue = facts.overdue_minor
    late = _overdue(items, facts.today)
    if not isinstance(overdue, str):
        still = _overdue(left, facts.today)
        overdue = max(overdue - (late - still), still)
    changed = replace(
        facts,
        components=components,
        overdue_minor=overdue,
        overdue_days_max=_days_left(facts, left, overdue),
    )
    return changed, order, left


def _days_left(facts: Facts, left: Items, overdue_minor: int | Unknown) -> int | Unknown:
    """Days past due of the oldest that is left; as before while some of it is not on the list."""
    known = _overdue(left, facts.today)
    if isinstance(overdue_minor, str) or isinstance(facts.overdue_days_max, str):
        return facts.overdue_days_max
    return facts.overdue_days_max if overdue_minor > known else _oldest(left, facts.today)


def _overdue(items: Items, today: str) -> int:
    return sum(item.open_minor for item in items if item.due_on < today)


def _oldest(items: Items, today: str) -> int:
    return max((_days(item.due_on, today) for item in items if item.due_on < today), default=0)


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


def _wait(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    overdue, days = facts.overdue_minor, facts.overdue_days_max
    unlisted = sum(item.open_minor for item in items) < facts.components.open_items
    if isinstance(overdue, str) or isinstance(days, str) or unlisted:
        changed = replace(facts, today=step.day, overdue_minor=UNKNOWN, overdue_days_max=UNKNOWN)
        return changed, order, items
    falls_due = _overdue(items, step.day) - _overdue(items, facts.today)
    older = days + _days(facts.today, step.day) if days or overdue else 0
    changed = replace(
        facts,
        today=step.day,
        overdue_minor=overdue + falls_due,
        overdue_days_max=max(older, _oldest(items, step.day)),
    )
    return changed, order, items


def _prepay(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    more = replace(facts.components, prepaid=facts.components.prepaid + step.amount_minor)
    return replace(facts, components=more), order, items


def _ship_part(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    return facts, replace(order, amount_minor=step.amount_minor), items


def _shorten_terms(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    return facts, replace(order, terms_days=step.days), items


def _renew_rating(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    return replace(facts, grade=step.grade, rating_valid_until=step.day), order, items


def _renew_limit(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    return _with_limit(facts, valid_until=step.day), order, items


def _raise_limit(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    return _with_limit(facts, amount_minor=step.amount_minor), order, items


def _grant_limit(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    if facts.limit is None:
        return replace(facts, limit=Limit(step.amount_minor)), order, items
    anew = _with_limit(facts, amount_minor=step.amount_minor, valid_from=None, valid_until=None)
    return anew, order, items


def _lift_hold(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    return _with_limit(facts, forced_hold=False), order, items


def _restore_status(step: Step, facts: Facts, order: Order, items: Items) -> Changed:
    return replace(facts, customer_status=step.status), order, items


def _with_limit(facts: Facts, **changes: object) -> Facts:
    """A limit that is unknown or missing stays so."""
    limit = facts.limit
    return replace(facts, limit=replace(limit, **changes)) if isinstance(limit, Limit) else facts


_CHANGES: Final[dict[str, Callable[[Step, Facts, Order, Items], Changed]]] = {
    "wait": _wait,
    "shorten_terms": _shorten_terms,
    "renew_rating": _renew_rating,
    "renew_limit": _renew_limit,
    "receive": _receive,
    "prepay": _prepay,
    "ship_part": _ship_part,
    "lift_hold": _lift_hold,
    "restore_status": _restore_status,
    "raise_limit": _raise_limit,
    "grant_limit": _grant_limit,
}
