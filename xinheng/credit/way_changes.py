"""What a step changes: a scene (facts, order, open invoices) as it would be once it is taken.

Changes are never more generous than the world. Money received settles the oldest due invoices
first, as cash application does, or the invoices that it names; waiting makes open items later, lets
further ones fall due and ends the patience with disputed ones, because nobody is assumed to pay or
to agree meanwhile; what is overdue without a known invoice stays overdue. In another currency money
frees a minor unit less, for the world may round the other way.

Example: invoices of 60.00 (10 days late) and 30.00 (due tomorrow); receive 70.00 → 20.00 open, none
of it overdue. Were the first in an accepted dispute, it would not count as overdue to begin with.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from xinheng.credit.decide import (
    UNKNOWN,
    Facts,
    Level,
    Limit,
    Order,
    Unknown,
    Verdict,
    counts,
    decide,
)
from xinheng.credit.exposure import WHOLE_BPS, Components, used, weighted
from xinheng.credit.policy import Policy
from xinheng.credit.rates import convert


class Due(Struct, frozen=True):
    """An open invoice of the line: number, ISO due date, what is open in minor units. `disputed`:
    in an accepted dispute that is young enough to be left out of the overdue test today. `scope`:
    the sub-limit that it counts in, such as "product:CEM-42".
    """

    number: str
    due_on: str
    open_minor: int
    disputed: bool = False
    scope: str = ""


class Ahead(Struct, frozen=True):
    """The limit that will be in force from a day on, as it is planned today."""

    day: str
    limit: Limit | Unknown


class Step(Struct, frozen=True, omit_defaults=True):
    """One step of a way out. `amount_minor`: to receive, to prepay, to ship, to be covered, or the
    new limit; `of_minor`: the whole order, or the limit as it is; `on`: the invoices that a receipt
    names; `level`: kind and name of the limit above that it is about, in `currency`.
    """

    code: str
    amount_minor: int = 0
    of_minor: int = 0
    day: str = ""
    days: int = 0
    grade: str = ""
    status: str = ""
    on: tuple[str, ...] = ()
    level: str = ""
    currency: str = ""


Items = tuple[Due, ...]
WHOLE_KINDS: Final = ("group", "own")  # limits that all of the line counts in


class Scene(Struct, frozen=True):
    """An order before its decision, and all that steps may change or need to know."""

    facts: Facts
    order: Order
    policy: Policy
    items: Items = ()
    ahead: tuple[Ahead, ...] = ()

    def after(self, step: Step) -> "Scene":
        return _CHANGES[step.code](step, self)

    def verdict(self) -> Verdict:
        return decide(self.facts, self.order, self.policy)


def apply(step: Step, scene: Scene) -> Scene:
    """The scene after the step."""
    return scene.after(step)


def paid_by(amount_minor: int, items: Items, on: tuple[str, ...] = ()) -> Items:
    """What of each invoice an amount settles, oldest due date first; `on`: of these alone."""
    paid = []
    for item in in_turn(items):
        if amount_minor <= 0:
            break
        if not on or item.number in on:
            part = min(amount_minor, item.open_minor)
            paid.append(replace(item, open_minor=part))
            amount_minor -= part
    return tuple(paid)


def in_turn(items: Items) -> list[Due]:
    """In the order in which money settles them: due date, then number."""
    return sorted(items, key=lambda item: (item.due_on, item.number))


def level_key(level: Level) -> str:
    """How a step names a limit above: "group:C1", "product:CEM-42"."""
    return f"{level.kind}:{level.name}"


# --- Money


def _receive(step: Step, scene: Scene) -> Scene:
    facts, items = scene.facts, scene.items
    left = _left(step, items)
    settled = sum(item.open_minor for item in items) - sum(item.open_minor for item in left)
    components = replace(
        facts.components,
        open_items=facts.components.open_items - settled,
        unapplied=facts.components.unapplied + step.amount_minor - settled,
    )
    overdue = facts.overdue_minor
    if not isinstance(overdue, str):
        still = _late(left, facts.today)
        overdue = max(overdue - (_late(items, facts.today) - still), still)
    days = _days_left(facts, left, overdue)
    facts = replace(facts, overdue_minor=overdue, overdue_days_max=days)
    return replace(_lighter(scene, facts, components, left), items=left)


def _left(step: Step, items: Items) -> Items:
    """What stays open of each invoice after the money."""
    paid = {part.number: part.open_minor for part in paid_by(step.amount_minor, items, step.on)}
    left = []
    for item in items:
        part = paid.get(item.number)
        if part is None:
            left.append(item)
        elif part < item.open_minor:
            left.append(replace(item, open_minor=item.open_minor - part))
    return tuple(left)


def _days_left(facts: Facts, left: Items, overdue_minor: int | Unknown) -> int | Unknown:
    """Days past due of the oldest that is left; as before while some of it is not on the list."""
    known = _late(left, facts.today)
    if isinstance(overdue_minor, str) or isinstance(facts.overdue_days_max, str):
        return facts.overdue_days_max
    return facts.overdue_days_max if overdue_minor > known else _oldest(left, facts.today)


def _prepay(step: Step, scene: Scene) -> Scene:
    components = scene.facts.components
    more = replace(components, prepaid=components.prepaid + step.amount_minor)
    return _lighter(scene, scene.facts, more, scene.items)


def _lighter(scene: Scene, facts: Facts, components: Components, left: Items) -> Scene:
    """Other components on the line, and so much less in use on every limit above it. In a sub-limit
    only what settles its own invoices counts; money in advance does not.
    """
    facts = replace(facts, components=components)
    if not facts.levels:
        return replace(scene, facts=facts)
    weights = scene.policy.exposure
    freed = used(scene.facts.components, weights) - used(components, weights)

    def relieved(level: Level) -> Level:
        if level.kind in WHOLE_KINDS:
            return _relieved(level, freed, scene)
        inside = _inside(level, scene.items) - _inside(level, left)
        return _relieved(level, weighted(inside, weights.open_items), scene)

    levels = tuple(relieved(level) for level in facts.levels)
    return replace(scene, facts=replace(facts, levels=levels))


def _inside(level: Level, items: Items) -> int:
    return sum(item.open_minor for item in items if item.scope == level_key(level))


def _relieved(level: Level, freed_minor: int, scene: Scene) -> Level:
    """Where something is rounded on the way up, a minor unit less for each rounding."""
    weights = scene.policy.exposure
    freed = _converted(freed_minor, level.currency, scene)
    freed -= level.currency != scene.order.currency
    freed -= any(w % WHOLE_BPS for w in (weights.open_items, weights.unapplied, weights.prepaid))
    return replace(level, used_minor=level.used_minor - max(freed, 0))


def _converted(amount_minor: int, currency: str, scene: Scene) -> int:
    """From the line's currency into a limit's, by the rate that the facts were converted with; 0
    where there is none.
    """
    if currency == scene.order.currency:
        return amount_minor
    for rate in scene.facts.rates:
        if (rate.base, rate.quote) == (scene.order.currency, currency):
            return convert(amount_minor, rate.base, rate.quote, Decimal(rate.rate))
    return 0


def _member_pays(step: Step, scene: Scene) -> Scene:
    """Another member of the group pays: what is in use on that limit falls, on this line nothing
    does; limits between the two are not counted on.
    """

    def paid(level: Level) -> Level:
        paid_here = step.amount_minor if level_key(level) == step.level else 0
        return replace(level, used_minor=level.used_minor - paid_here)

    return _with_levels(scene, paid)


# --- The order


def _ship_part(step: Step, scene: Scene) -> Scene:
    return _with_order(scene, replace(scene.order, amount_minor=step.amount_minor))


def _shorten_terms(step: Step, scene: Scene) -> Scene:
    return replace(scene, order=replace(scene.order, terms_days=step.days))


def _deliver_later(step: Step, scene: Scene) -> Scene:
    return _with_order(scene, replace(scene.order, delivery_on=step.day))


def _with_order(scene: Scene, order: Order) -> Scene:
    """Another order, and what that one adds to every limit above. Where no rate is known, as much
    as before.
    """
    before = counts(scene.order, scene.facts.today, scene.policy)
    now = counts(order, scene.facts.today, scene.policy)

    def adding(level: Level) -> Level:
        less = _converted(before, level.currency, scene) - _converted(now, level.currency, scene)
        return replace(level, adds_minor=level.adds_minor - less)

    return replace(_with_levels(scene, adding), order=order)


# --- Time


def _wait(step: Step, scene: Scene) -> Scene:
    facts, items = scene.facts, scene.items
    overdue, days = facts.overdue_minor, facts.overdue_days_max
    unlisted = sum(item.open_minor for item in items) < facts.components.open_items
    if isinstance(overdue, str) or isinstance(days, str) or unlisted:
        facts = replace(facts, overdue_minor=UNKNOWN, overdue_days_max=UNKNOWN)
    else:
        stood = tuple(replace(item, disputed=False) for item in items)
        falls_due = _late(stood, step.day) - _late(items, facts.today)
        older = days + _days(facts.today, step.day) if days or overdue else 0
        oldest = max(older, _oldest(stood, step.day))
        facts = replace(facts, overdue_minor=overdue + falls_due, overdue_days_max=oldest)
        items = stood
    components = facts.components
    near = replace(components, orders=components.orders + components.later, later=0)
    facts = replace(facts, today=step.day, components=near, limit=_limit_on(step.day, scene))
    return replace(scene, facts=facts, items=items)


def _limit_on(day: str, scene: Scene) -> Limit | Unknown | None:
    """The limit in force on a later day: the last one planned by then, else the one of today."""
    planned = [change for change in scene.ahead if change.day <= day]
    return max(planned, key=lambda change: change.day).limit if planned else scene.facts.limit


def _late(items: Items, today: str) -> int:
    return sum(item.open_minor for item in items if item.due_on < today and not item.disputed)


def _oldest(items: Items, today: str) -> int:
    late = [item.due_on for item in items if item.due_on < today and not item.disputed]
    return _days(min(late), today) if late else 0


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


# --- What a person grants


def _renew_rating(step: Step, scene: Scene) -> Scene:
    rated = replace(scene.facts, grade=step.grade, rating_valid_until=step.day)
    return replace(scene, facts=rated)


def _restore_status(step: Step, scene: Scene) -> Scene:
    return replace(scene, facts=replace(scene.facts, customer_status=step.status))


def _renew_limit(step: Step, scene: Scene) -> Scene:
    return _with_limit(scene, valid_until=step.day)


def _raise_limit(step: Step, scene: Scene) -> Scene:
    return _with_limit(scene, amount_minor=step.amount_minor)


def _temporary_limit(step: Step, scene: Scene) -> Scene:
    """It replaces the limit from today; caps and terms stay as agreed, covers add to it."""
    return _with_limit(
        scene,
        amount_minor=step.amount_minor,
        unlimited=False,
        valid_from=step.day,
        valid_until=step.day,
        temporary=True,
    )


def _cover(step: Step, scene: Scene) -> Scene:
    limit = scene.facts.limit
    before = limit.covered_minor if isinstance(limit, Limit) else 0
    return _with_limit(scene, covered_minor=before + step.amount_minor)


def _grant_limit(step: Step, scene: Scene) -> Scene:
    if scene.facts.limit is None:
        return replace(scene, facts=replace(scene.facts, limit=Limit(step.amount_minor)))
    return _with_limit(scene, amount_minor=step.amount_minor, valid_from=None, valid_until=None)


def _lift_hold(step: Step, scene: Scene) -> Scene:
    return _with_limit(scene, forced_hold=False)


def _with_limit(scene: Scene, **changes: object) -> Scene:
    """A limit that is unknown or missing stays so."""
    limit = scene.facts.limit
    if not isinstance(limit, Limit):
        return scene
    return replace(scene, facts=replace(scene.facts, limit=replace(limit, **changes)))


def _raise_above(step: Step, scene: Scene) -> Scene:
    def raised(level: Level) -> Level:
        if level_key(level) != step.level:
            return level
        return replace(level, limit=replace(level.limit, amount_minor=step.amount_minor))

    return _with_levels(scene, raised)


def _with_levels(scene: Scene, change: Callable[[Level], Level]) -> Scene:
    levels = tuple(change(level) for level in scene.facts.levels)
    return replace(scene, facts=replace(scene.facts, levels=levels))


_CHANGES: Final[dict[str, Callable[[Step, Scene], Scene]]] = {
    "wait": _wait,
    "deliver_later": _deliver_later,
    "shorten_terms": _shorten_terms,
    "renew_rating": _renew_rating,
    "renew_limit": _renew_limit,
    "receive_on": _receive,
    "receive": _receive,
    "member_pays": _member_pays,
    "prepay": _prepay,
    "ship_part": _ship_part,
    "lift_hold": _lift_hold,
    "restore_status": _restore_status,
    "cover": _cover,
    "temporary_limit": _temporary_limit,
    "raise_limit": _raise_limit,
    "raise_above": _raise_above,
    "grant_limit": _grant_limit,
}
