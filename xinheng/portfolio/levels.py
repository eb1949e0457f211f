"""The tree that a credit line belongs to, level by level: what each limit carries and leaves.

What a line uses is all that is booked on it and on every line below it (`limits.tree_use`): each
currency's sum, weighted by the policy, converted once by the dated rate that is told beside it.
Where a rate is missing the use is unknown (None) and no headroom is told. Example: a group limit of
1,000,000.00 CNY over two branches using 300,000.00 CNY and 10,000.00 EUR at 7.8123 uses 378,123.00
and leaves 621,877.00.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Sum

from xinheng.credit.exposure import COUNTERS, Components
from xinheng.credit.policy import Policy
from xinheng.credit.rates import RateUsed
from xinheng.limits.card import LimitState, state_of
from xinheng.limits.models import CreditLine, OrderDue
from xinheng.limits.tree_use import TreeUse, tree_use

TREE_MAX = 2_000  # lines of one tree that a page looks at


class Level(NamedTuple):
    """One line of the tree and its use. `ceiling_minor` None: unlimited or unset; it is the number
    that was set, with what covers add, whether or not its dates (`in_date`) give it today.
    """

    line: CreditLine
    use: TreeUse
    ceiling_minor: int | None
    in_date: bool

    @property
    def depth(self) -> int:
        return len(self.line.path)

    @property
    def own_minor(self) -> int:
        return self.use.own_minor

    @property
    def used_minor(self) -> int | None:
        return self.use.used_minor

    @property
    def below_minor(self) -> int | None:
        """What the lines below add, converted; None where a rate is missing."""
        return None if self.use.used_minor is None else self.use.used_minor - self.use.own_minor

    @property
    def rates(self) -> tuple[RateUsed, ...]:
        return tuple(rate for rate in self.use.rates if rate.base != rate.quote)

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple("/".join(pair) for pair in self.use.rates_missing)

    @property
    def unset(self) -> bool:
        return self.line.amount_minor is None and not self.line.unlimited

    @property
    def headroom_minor(self) -> int | None:
        """What is left; nothing outside the limit's dates; None where there is no number."""
        if self.ceiling_minor is None or self.used_minor is None:
            return None
        left = self.ceiling_minor - self.used_minor
        return left if self.in_date else min(left, 0)


def components_of(
    lines: Sequence[CreditLine], policy: Policy, today: date
) -> dict[int, Components]:
    """The counters of lines, with orders beyond the policy's horizon told apart."""
    last = horizon_of(policy, today)
    later: dict[int, int] = {}
    if last is not None and lines:
        beyond = OrderDue.objects.filter(line__in=[line.pk for line in lines], due_on__gt=last)
        sums = beyond.values("line_id").annotate(minor=Sum("open_minor"))
        later = {row["line_id"]: int(row["minor"]) for row in sums}
    found = {}
    for line in lines:
        counters = {name: getattr(line, f"{name}_minor") for name in COUNTERS}
        beyond_it = later.get(line.pk, 0)
        counters["orders"] -= beyond_it
        found[line.pk] = Components(**counters, later=beyond_it)
    return found


def horizon_of(policy: Policy, today: date) -> date | None:
    """The last delivery day whose orders count whole; None: all do."""
    days = policy.order_horizon_days
    return None if days is None else today + timedelta(days=days)


def tree_of(line: CreditLine, policy: Policy, today: date) -> list[Level]:
    """All lines of the tree, the top first, each with what is booked on and below it; a line that
    stands alone is its own tree. `line` was found by who may see it; the others may be strangers'.
    """
    return _levels(_family(line), policy, today)


def way_up(line: CreditLine, policy: Policy, today: date) -> list[Level]:
    """The line itself and every line above it, nearest first."""
    levels = {level.line.pk: level for level in tree_of(line, policy, today)}
    return [levels[one] for one in (line.pk, *line.path) if one in levels]


def _family(line: CreditLine) -> list[CreditLine]:
    if line.root_id is None:
        return [CreditLine.objects.select_related("customer").get(pk=line.pk)]
    family = CreditLine.objects.filter(root_id=line.root_id).select_related("customer")
    lines = list(family.order_by("id")[:TREE_MAX])
    if line.root_id not in {one.pk for one in lines}:
        lines += list(CreditLine.objects.filter(pk=line.root_id).select_related("customer"))
    return lines


def _levels(lines: Sequence[CreditLine], policy: Policy, today: date) -> list[Level]:
    use = tree_use([line.pk for line in lines], policy, today=today)
    return [
        Level(line, use[line.pk], _ceiling(line), in_date(line, today)) for line in _in_order(lines)
    ]


def _ceiling(line: CreditLine) -> int | None:
    if line.unlimited or line.amount_minor is None:
        return None
    return line.amount_minor + line.covered_minor


def in_date(line: CreditLine, today: date) -> bool:
    """Whether the limit's dates, grace included, allow new orders on a day."""
    return state_of(line, today) not in (LimitState.EXPIRED, LimitState.NOT_YET)


def _in_order(lines: Sequence[CreditLine]) -> list[CreditLine]:
    """Top first, each line followed by those within it."""
    within: dict[int | None, list[CreditLine]] = defaultdict(list)
    known = {line.pk for line in lines}
    for line in lines:
        within[line.within_id if line.within_id in known else None].append(line)
    ordered, waiting = [], list(reversed(within[None]))
    while waiting:
        line = waiting.pop()
        ordered.append(line)
        waiting.extend(reversed(within.get(line.pk, [])))
    return ordered
