"""The tree that a credit line belongs to, level by level: what each limit carries and leaves.

What a line uses is all that is booked on it and on every line below it: each currency's sum,
weighted by the policy, converted once by the dated rate that is told beside it. Where a rate is
missing the use is unknown (None) and no headroom is told. Example: a group limit of 1,000,000.00
CNY over two branches using 300,000.00 CNY and 10,000.00 EUR at 7.8123 uses 378,123.00 and leaves
621,877.00.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Sum

from xinheng.almanac.queries import Pair, rates_for
from xinheng.credit.exposure import COUNTERS, Components, used
from xinheng.credit.policy import Policy
from xinheng.credit.rates import RateUsed, convert
from xinheng.limits.models import CreditLine, OrderDue

TREE_MAX = 2_000  # lines of one tree that a page looks at


class Level(NamedTuple):
    """One line of the tree. `own_minor`: booked on it; `below_minor`: on lines below, converted;
    None where a rate is missing. `ceiling_minor` None: unlimited or unset.
    """

    line: CreditLine
    depth: int
    own_minor: int
    below_minor: int | None
    ceiling_minor: int | None
    rates: tuple[RateUsed, ...]
    missing: tuple[str, ...]
    in_date: bool

    @property
    def used_minor(self) -> int | None:
        return None if self.below_minor is None else self.own_minor + self.below_minor

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
    parts = components_of(lines, policy, today)
    use = {line.pk: used(parts[line.pk], policy.exposure) for line in lines}
    below: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        for above in line.path:
            below[above][line.currency] += use[line.pk]
    rates = _rates(lines, below, policy, today)
    return [
        _level(line, use[line.pk], below.get(line.pk, {}), rates, today)
        for line in _in_order(lines)
    ]


def _rates(
    lines: Iterable[CreditLine],
    below: Mapping[int, Mapping[str, int]],
    policy: Policy,
    today: date,
) -> dict[Pair, RateUsed]:
    pairs = {
        (base, line.currency)
        for line in lines
        for base, minor in below.get(line.pk, {}).items()
        if minor and base != line.currency
    }
    rule = policy.rates
    return rates_for(sorted(pairs), today, rule.kind, age_days=rule.age_days) if pairs else {}


def _level(
    line: CreditLine,
    own_minor: int,
    below: Mapping[str, int],
    rates: Mapping[Pair, RateUsed],
    today: date,
) -> Level:
    total, applied, missing = 0, [], []
    for base, minor in sorted(below.items()):
        rate = rates.get((base, line.currency))
        if base == line.currency or not minor:
            total += minor
        elif rate is None:
            missing.append(f"{base}/{line.currency}")
        else:
            total += convert(minor, base, line.currency, Decimal(rate.rate))
            applied.append(rate)
    ceiling = None if line.amount_minor is None else line.amount_minor + line.covered_minor
    return Level(
        line,
        len(line.path),
        own_minor,
        None if missing else total,
        None if line.unlimited else ceiling,
        tuple(applied),
        tuple(missing),
        in_date(line, today),
    )


def in_date(line: CreditLine, today: date) -> bool:
    """Whether the limit's dates, grace included, allow new orders on a day."""
    begun = line.valid_from is None or line.valid_from <= today
    if line.valid_until is None:
        return begun
    return begun and today <= line.valid_until + timedelta(days=line.grace_days)


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
