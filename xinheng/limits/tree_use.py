"""How much of each limit of a tree is in use: what is booked on the line and on all lines below it,
in the limit's own currency.

Each currency's sum is converted once, by one dated rate that is told; where a rate is missing the
use is unknown, never guessed. Example: a group line of 1,000,000.00 CNY with branches that use
300,000.00 CNY and 10,000.00 EUR at 7.8123 → 378,123.00 in use, 621,877.00 free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connections

from xinheng.almanac.queries import Pair, rates_for
from xinheng.credit.decide import horizon
from xinheng.credit.exposure import COUNTERS, Components, used
from xinheng.credit.policy import Policy
from xinheng.credit.rates import RateUsed, convert
from xinheng.limits import plan_sql


class TreeUse(NamedTuple):
    """The use of one line's limit. `used_minor` None: a rate is missing, see `rates_missing`."""

    line_id: int
    currency: str
    used_minor: int | None
    own_minor: int  # booked on the line itself
    lines_below: int
    rates: tuple[RateUsed, ...]
    rates_missing: tuple[Pair, ...]


def tree_use(
    line_ids: Iterable[int], policy: Policy, *, today: date, using: str = "default"
) -> dict[int, TreeUse]:
    """The use of each line under the policy's weights, horizon and rates."""
    wanted = set(line_ids)
    last = "infinity"
    if policy.order_horizon_days is not None:
        last = horizon(today.isoformat(), policy.order_horizon_days)
    with connections[using].cursor() as cursor:
        cursor.execute(plan_sql.BOOKED, [last, sorted(wanted), sorted(wanted)])
        rows = cursor.fetchall()
    currencies: dict[int, str] = {}
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    own: dict[int, int] = {}
    below: dict[int, int] = defaultdict(int)
    for line, currency, path, later, *counters in rows:
        use = _use(counters, later, policy)
        currencies[line], own[line] = currency, use
        for holder in {line, *path} & wanted:
            sums[holder][currency] += use
            below[holder] += holder != line
    pairs = {(base, currencies[line]) for line in wanted & own.keys() for base in sums[line]}
    rule = policy.rates
    rates = rates_for(sorted(pairs), today, rule.kind, age_days=rule.age_days, using=using)
    return {
        line: _converted(line, currencies[line], own[line], below[line], sums[line], rates)
        for line in sorted(wanted & own.keys())
    }


def _use(counters: list[int], later: int, policy: Policy) -> int:
    parts = dict(zip(COUNTERS, counters, strict=True))
    parts["orders"] -= later
    return used(Components(**parts, later=later), policy.exposure)


def _converted(
    line: int,
    currency: str,
    own: int,
    below: int,
    sums: dict[str, int],
    rates: dict[Pair, RateUsed],
) -> TreeUse:
    total, applied, missing = 0, [], []
    for base, minor in sorted(sums.items()):
        rate = rates.get((base, currency))
        if base == currency or minor == 0:
            total += minor
        elif rate is None:
            missing.append((base, currency))
        else:
            total += convert(minor, base, currency, Decimal(rate.rate))
            applied.append(rate)
    use = None if missing else total
    return TreeUse(line, currency, use, own, below, tuple(applied), tuple(missing))
