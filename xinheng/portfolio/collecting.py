"""Which collections free most orders: of all that waits, what so much money would release.

For each family of lines (a customer alone, or all who share a limit) it is tried which of its
waiting orders could go and what least receipts that takes, by deciding the orders one after the
other on the ground as it would be then: what is freed first takes room from the next. Then the best
families are chosen within the budget (`credit.ways_out_book`). Money is counted on the oldest due
invoices first, as cash application does; a hold that money can't lift needs a person and is only
counted.

Worked: A waits with 80.00 for 50.00 of overdue, B with 30.00 for 30.00; with 60.00 to collect:
collect 50.00 from A, which frees 80.00; the other 10.00 are not needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, Final, NamedTuple

from xinheng.credit.way_changes import Due, Items, in_turn, paid_by
from xinheng.credit.ways_out_book import Choice, Chosen, choose
from xinheng.customers.models import Customer
from xinheng.decisions.models import Decision, Hold
from xinheng.decisions.scenes import Stood, scenes_of
from xinheng.portfolio.collecting_trials import (
    Family,
    Payments,
    Waiting,
    least_payments,
    only_money_helps,
)

HOLDS_MAX: Final = 2_000  # oldest first
EVERY_SET_MAX: Final = 4  # waiting orders of a family of which every set is tried
CHAIN_MAX: Final = 20  # of more, sets that grow one order at a time, cheapest for its value first


class Freed(NamedTuple):
    """A waiting order that the plan frees."""

    decision: Decision
    amount_minor: int


class Collect(NamedTuple):
    """Money to collect from one customer, and the invoices that it settles (`whole`: what each has
    open now).
    """

    customer: Customer
    amount_minor: int
    invoices: tuple[tuple[Due, int], ...]


class PlanStep(NamedTuple):
    """What to collect in one family, and what that frees."""

    collect: tuple[Collect, ...]
    freed: tuple[Freed, ...]

    @property
    def cost_minor(self) -> int:
        return sum(one.amount_minor for one in self.collect)

    @property
    def value_minor(self) -> int:
        return sum(one.amount_minor for one in self.freed)


class CollectionPlan(NamedTuple):
    """The chosen steps, most value first. `exact`: no other choice within the budget frees more;
    else `bound_minor` is what none can exceed. `by_person`: orders that no money frees;
    `beyond`: those that money could free, but not with this budget beside the others.
    """

    currency: str
    budget_minor: int
    steps: tuple[PlanStep, ...]
    exact: bool
    bound_minor: int
    waiting: int
    waiting_minor: int
    by_person: int
    beyond: int

    @property
    def cost_minor(self) -> int:
        return sum(step.cost_minor for step in self.steps)

    @property
    def value_minor(self) -> int:
        return sum(step.value_minor for step in self.steps)

    @property
    def left_minor(self) -> int:
        return self.budget_minor - self.cost_minor

    @property
    def freed(self) -> int:
        return sum(len(step.freed) for step in self.steps)


def plan_collections(
    user: Any, currency: str, budget_minor: int, *, at: datetime
) -> CollectionPlan:
    """The plan for what this user may see, in one currency. Nothing is written."""
    decisions = _waiting(user, currency)
    stood = scenes_of(decisions, at=at)
    families, by_person = _families(decisions, stood, _payers(user, decisions, stood))
    sets = [_sets(family, budget_minor) for family in families]
    options = [
        [Choice(sum(pays.values()), _worth(held), key) for key, (held, pays) in enumerate(tried)]
        for tried in sets
    ]
    chosen = choose(options, budget_minor)
    steps = _steps(families, sets, chosen)
    freed = sum(len(step.freed) for step in steps)
    every_set = all(len(family.waiting) <= EVERY_SET_MAX for family in families)
    bound = chosen.bound_minor if every_set else _bound(families, budget_minor)
    return CollectionPlan(
        currency,
        budget_minor,
        tuple(sorted(steps, key=lambda step: -step.value_minor)),
        chosen.exact and every_set,
        bound,
        len(decisions),
        sum(row.amount_minor for row in decisions),
        by_person,
        len(decisions) - by_person - freed,
    )


def _waiting(user: Any, currency: str) -> list[Decision]:
    """The decisions of waiting holds, oldest first; those kept by a person are not counted on."""
    rows = Hold.objects.visible_to(user).filter(
        state="waiting", forced=False, decision__currency=currency
    )
    found = rows.select_related("decision", "decision__customer").order_by("opened_at", "pk")
    return [hold.decision for hold in found[:HOLDS_MAX]]


def _payers(user: Any, decisions: Sequence[Decision], stood: Stood) -> Mapping[int, Customer]:
    """Who pays for these orders, as far as the user may see them."""
    if stood.again is None:
        return {}
    lines = stood.again.ground.lines
    ids = {lines[row.line_id].customer_id for row in decisions if row.line_id}
    return {one.pk: one for one in Customer.objects.visible_to(user).filter(pk__in=ids)}


def _families(
    decisions: Sequence[Decision], stood: Stood, payers: Mapping[int, Customer]
) -> tuple[list[Family], int]:
    """The orders that money alone would free, by the tree of lines that they share; and how many
    others there are.
    """
    by_top: dict[int, list[Waiting]] = defaultdict(list)
    for row in decisions:
        scene = stood.scenes.get(row.pk)
        if stood.again is None or scene is None or row.line_id is None:
            continue
        line = stood.again.ground.lines[row.line_id]
        payer = payers.get(line.customer_id)
        if payer is not None and only_money_helps(scene.verdict()):
            waiting = Waiting(row, row.line_id, stood.again.asked[row.pk], payer)
            by_top[line.root_id or line.id].append(waiting)
    families = []
    for held in by_top.values():
        assert stood.again is not None
        items = {
            one.payer.pk: stood.items.get((one.payer.pk, one.asked.currency), ()) for one in held
        }
        families.append(Family(stood.again.ground, tuple(held), items))
    return families, len(decisions) - sum(len(held) for held in by_top.values())


Tried = tuple[tuple[Waiting, ...], Payments]


def _sets(family: Family, budget_minor: int) -> list[Tried]:
    """Sets of the family's orders that money can free together, with the least money for each. What
    is too dear alone is too dear together.
    """
    if len(family.waiting) > EVERY_SET_MAX:
        return _chain(family)
    found: list[Tried] = []
    hopeless: list[set[int]] = []
    places = range(len(family.waiting))
    for size in range(1, len(family.waiting) + 1):
        for chosen in combinations(places, size):
            if any(small <= set(chosen) for small in hopeless):
                continue
            held = tuple(family.waiting[place] for place in chosen)
            pays = least_payments(family, held)
            if pays is None or sum(pays.values()) > budget_minor:
                hopeless.append(set(chosen))
            else:
                found.append((held, pays))
    return found


def _chain(family: Family) -> list[Tried]:
    """One order more each time: those that are cheapest for their value come first, of equal ones
    the smallest, so that a set within the budget is as full as it can be.
    """
    alone = []
    for one in family.waiting:
        pays = least_payments(family, (one,))
        if pays is not None:
            cost = sum(pays.values())
            alone.append((cost * 1_000_000 // one.worth_minor, cost, one))
    found: list[Tried] = []
    held: tuple[Waiting, ...] = ()
    for _, _, one in sorted(alone, key=lambda told: told[:2])[:CHAIN_MAX]:
        pays = least_payments(family, (*held, one))
        if pays is not None:
            held = (*held, one)
            found.append((held, pays))
    return found


def _bound(families: Sequence[Family], budget_minor: int) -> int:
    """What no plan can exceed, where not every set was tried: an order in a set costs at least what
    it costs alone, so for so much money a family frees at most the orders that cost no more.
    """
    groups = []
    for family in families:
        alone = [(least_payments(family, (one,)), one) for one in family.waiting]
        costs = sorted(
            (sum(pays.values()), one.worth_minor) for pays, one in alone if pays is not None
        )
        worth, group = 0, []
        for cost, minor in costs:
            worth += minor
            group.append(Choice(cost, worth))
        groups.append(group)
    return choose(groups, budget_minor).bound_minor


def _worth(held: Iterable[Waiting]) -> int:
    return sum(one.worth_minor for one in held)


def _steps(
    families: Sequence[Family], sets: Sequence[Sequence[Tried]], chosen: Chosen
) -> list[PlanStep]:
    steps = []
    for family, tried, pick in zip(families, sets, chosen.picks, strict=True):
        if pick is None:
            continue
        held, pays = tried[pick.key]
        payers = {one.payer.pk: one.payer for one in family.waiting}
        collect = tuple(
            Collect(payers[payer], amount, _invoices(amount, family.items[payer]))
            for payer, amount in pays.items()
            if amount
        )
        steps.append(PlanStep(collect, tuple(Freed(one.decision, one.worth_minor) for one in held)))
    return steps


def _invoices(amount_minor: int, items: Items) -> tuple[tuple[Due, int], ...]:
    whole = {item.number: item.open_minor for item in in_turn(items)}
    return tuple((part, whole[part.number]) for part in paid_by(amount_minor, items))
