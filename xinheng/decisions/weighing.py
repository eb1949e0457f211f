"""What a release would mean: how much the whole group would use, and by how much the order passes
its limits.

The authority to release is measured on the use of the *top* of the order's tree of lines after the
release; the authority to approve specially on what exceeds a limit. Two orders of 400,000.00 that
each pass the limit are measured together: what was specially approved for the same group within
the last 30 days counts, unless it was given back unused. Worked: limit 1,000,000.00, used
1,000,000.00, orders of 400,000.00 and 300,000.00: the first is 400,000.00 beyond, the second
700,000.00, above an authority of 500,000.00 though it is small by itself. Had the customer paid
between the two, it would still be 300,000.00 + 400,000.00.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from xinheng.almanac.queries import rates_for
from xinheng.credit.decide import Facts, Order, ceiling_of, counts, inherits
from xinheng.credit.exposure import used
from xinheng.credit.policy import Policy
from xinheng.credit.rates import convert
from xinheng.decisions.ground import Ground
from xinheng.decisions.models import Decision
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.people.queries import Mandate, authority
from xinheng.refusals import Refused

TOGETHER_DAYS = 30  # special approvals within so many days are measured together


class Beyond(NamedTuple):
    """By how much an order passes one limit, in that limit's currency: all that stands above it
    after the release, and what of it is this order's.
    """

    currency: str
    standing_minor: int
    own_minor: int


class Exchange:
    """Amounts of one currency in another on a day; a pair without a rate is refused, not guessed.

    Rates are looked up once for each pair.
    """

    def __init__(self, day: date, policy: Policy) -> None:
        self.day = day
        self.rule = policy.rates
        self.known: dict[tuple[str, str], Decimal] = {}

    def into(self, currency: str, amount_minor: int, base: str) -> int:
        if base == currency or amount_minor == 0:
            return amount_minor
        pair = (base, currency)
        if pair not in self.known:
            found = rates_for([pair], self.day, self.rule.kind, age_days=self.rule.age_days)
            if pair not in found:
                raise Refused(DecisionRefusal.RATE_MISSING, base=base, quote=currency)
            self.known[pair] = Decimal(found[pair].rate)
        return convert(amount_minor, base, currency, self.known[pair])


class Mandates:
    """The authorities of one day, each looked up once."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.known: dict[tuple[int, str, str, frozenset[int]], Mandate | None] = {}

    def of(
        self, person_id: int, action: str, currency: str, barred: frozenset[int]
    ) -> Mandate | None:
        key = (person_id, action, currency, barred)
        if key not in self.known:
            self.known[key] = authority(person_id, action, currency, day=self.day, barred=barred)
        return self.known[key]


def beyond(facts: Facts, order: Order, policy: Policy, used_minor: int) -> list[Beyond]:
    """Every limit that the order passes, its own line's first. A limit that was never set is
    passed by all of the order, unless the group's stands in for it.
    """
    adds = counts(order, facts.today, policy)
    ceiling = ceiling_of(facts.limit)
    found = []
    if ceiling is not None and not inherits(facts):
        found.append(over(order.currency, used_minor, adds, ceiling))
    for level in facts.levels:
        above = ceiling_of(level.limit)
        if above is not None:
            found.append(over(level.currency, level.used_minor, level.adds_minor, above))
    return [one for one in found if one.standing_minor > 0]


def over(currency: str, used_minor: int, adds_minor: int, ceiling_minor: int) -> Beyond:
    standing = max(0, used_minor + adds_minor - ceiling_minor)
    return Beyond(currency, standing, min(standing, adds_minor))


class Family(NamedTuple):
    """The tree that a line belongs to: its top's currency, its lines, and their use by currency."""

    currency: str
    line_ids: list[int]
    used_minor: dict[str, int]

    def use_in(self, currency: str, exchange: Exchange) -> int:
        parts = self.used_minor.items()
        return sum(exchange.into(currency, minor, base) for base, minor in parts)


def family_in(ground: Ground, account_id: int) -> Family:
    """The tree's use, weighed by the policy; a line that stands alone is its own family."""
    account = ground.lines[account_id]
    top = ground.lines[account.path[-1]] if account.path else account
    lines = [one for one in ground.lines.values() if top.id in (one.id, *one.path)]
    family = Family(top.currency, [one.id for one in lines], {})
    for one in lines:
        use = used(one.components, ground.policy.exposure)
        family.used_minor[one.currency] = family.used_minor.get(one.currency, 0) + use
    return family


_APPROVED = """
select d.currency, sum(o.excess_minor)::bigint from decisions_override o
join decisions_decision d on d.id = o.decision_id
where d.line_id = any(%s) and o.excess_minor > 0 and o.at > %s
  and not exists (select 1 from limits_reservation r where r.override_id = o.id
    and r.state in ('voided', 'expired', 'replaced') and r.posted_minor = 0)
group by d.currency
"""


def approved_before(line_ids: list[int], currency: str, exchange: Exchange, *, at: datetime) -> int:
    """What was specially approved on these lines within TOGETHER_DAYS and not given back unused."""
    with connection.cursor() as cursor:
        cursor.execute(_APPROVED, [line_ids, at - timedelta(days=TOGETHER_DAYS)])
        rows = cursor.fetchall()
    return sum(exchange.into(currency, minor, base) for base, minor in rows)


def requesters(decision: Decision) -> set[int]:
    """Everybody who asked about this order, at whatever version or check point."""
    asked = Decision.objects.filter(order_ref=decision.order_ref, person_id__isnull=False)
    return set(asked.values_list("person_id", flat=True))
