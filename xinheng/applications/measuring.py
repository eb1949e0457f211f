"""What the authority matrix is asked: how much a customer's whole group could owe after a grant.

The group are all companies under the same head. For each line the largest limit that its plan gives
on any day from today on counts, with what covers add; a group's own limit counts where it is more
than its members' together; never less than what is in use. A temporary limit granted within the
last 30 days that has ended counts as well: two of 900,000.00 one after the other are measured as
two. All in the matrix's currency at the day's rates; a missing rate is refused, never guessed.
Worked: members 500,000.00 and 300,000.00, asked 800,000.00 for the first: 1,100,000.00.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from xinheng.almanac.queries import rates_for
from xinheng.applications.models import Application, Proposal
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.credit import authority_matrix
from xinheng.credit.authority_matrix import Cell, Matrix
from xinheng.credit.exposure import used
from xinheng.credit.policy import Policy
from xinheng.credit.rates import convert
from xinheng.customers.models import Customer
from xinheng.decisions.governing import live_policy
from xinheng.limits.in_force import Planned, limit_on
from xinheng.limits.models import CreditLine, DatedLimit
from xinheng.limits.planning import plans_of
from xinheng.limits.queries import components_of
from xinheng.policies.queries import live
from xinheng.refusals import Refused

GROUP_MAX: Final = 2_000
LEVELS_MAX: Final = 50
_NEW: Final = 1 << 62  # a row not yet written counts as the latest of its day


class Wanted(NamedTuple):
    """A limit as it would be granted; amount None: nothing is granted."""

    customer_id: int
    currency: str
    amount_minor: int | None
    temporary: bool
    valid_from: date
    valid_until: date


class Measured(Struct, frozen=True):
    """What was measured. `total_minor` None: unlimited. `before_minor`: what the line gave before
    (None: unlimited), in the application's currency.
    """

    currency: str
    total_minor: int | None
    limits_minor: int | None
    used_minor: int
    recent_minor: int
    before_minor: int | None
    members: int
    grade: str
    unsecured: bool
    band: int
    column: int
    route: str
    matrix: str


def live_matrix() -> Matrix:
    """The matrix that governs. Refuses NO_MATRIX."""
    found = live("authority_matrix")
    if found is None:
        raise Refused(ApplicationRefusal.NO_MATRIX)
    return authority_matrix.load(found.body)


def measure(
    wanted: Wanted, grade: str, *, unsecured: bool, matrix: Matrix, day: date, at: datetime
) -> Measured:
    """The group's exposure after a grant, and the cell of the matrix that it stands in."""
    members = group_of(wanted.customer_id)
    money = Money(matrix.currency, day, live_policy().policy)
    lines = list(CreditLine.objects.filter(customer_id__in=members))
    plans = plans_of([line.pk for line in lines])
    before = _given(lines, plans, None, day)
    after = _given(lines, plans, wanted, day)
    limits = _together(after, money)
    in_use = _used(lines, money)
    recent = _recent(members, matrix, money, day, at)
    total = None if limits is None else max(limits, in_use) + recent
    cell = authority_matrix.cell(matrix, total, grade, unsecured=unsecured)
    key = (wanted.customer_id, wanted.currency)
    return Measured(
        matrix.currency,
        total,
        limits,
        in_use,
        recent,
        before.get(key, {}).get("", 0),
        len(members),
        grade,
        unsecured,
        cell.band,
        cell.column,
        cell.route,
        f"{matrix.name} v{matrix.version}",
    )


def cell_of(measured: Measured) -> Cell:
    return Cell(measured.band, measured.column, measured.route)


def group_of(customer_id: int) -> list[int]:
    """Everybody under the same head, the customer included; records merged into them as well."""
    top = customer_id
    for _ in range(LEVELS_MAX):
        above = Customer.objects.values_list("parent_id", flat=True).get(pk=top)
        if above is None or above == customer_id:
            break
        top = above
    found, level = {top, customer_id}, {top, customer_id}
    while level and len(found) < GROUP_MAX:
        below = Customer.objects.filter(parent__in=level) | Customer.objects.filter(
            merged_into__in=level
        )
        level = set(below.values_list("pk", flat=True)) - found
        found |= level
    return sorted(found)


def head_of(customer_id: int) -> int:
    """One number that all of a group share: what is locked while a grant is measured."""
    return group_of(customer_id)[0]


class Money:
    """Amounts in one currency on a day; a pair without a rate is refused."""

    def __init__(self, currency: str, day: date, policy: Policy) -> None:
        self.currency, self.day, self.policy = currency, day, policy
        self.known: dict[str, Decimal] = {}

    def of(self, amount_minor: int, base: str) -> int:
        if base == self.currency or amount_minor == 0:
            return amount_minor
        if base not in self.known:
            rule, pair = self.policy.rates, (base, self.currency)
            found = rates_for([pair], self.day, rule.kind, age_days=rule.age_days)
            if pair not in found:
                raise Refused(ApplicationRefusal.RATE_MISSING, base=base, quote=self.currency)
            self.known[base] = Decimal(found[pair].rate)
        return convert(amount_minor, base, self.currency, self.known[base])


# (customer, currency) → scope → what its plan gives at most (None: unlimited)
Given = dict[tuple[int, str], dict[str, int | None]]


def _given(
    lines: Sequence[CreditLine], plans: dict[int, list[Planned]], wanted: Wanted | None, day: date
) -> Given:
    found: Given = defaultdict(dict)
    for line in lines:
        plan = plans.get(line.pk, [])
        if wanted is not None and _is_own(line, wanted):
            plan = _with(plan, wanted)
        most = most_on(plan, day)
        found[line.customer_id, line.currency][line.scope] = (
            None if most is None else most + (line.covered_minor if most else 0)
        )
    if wanted is not None and not any(_is_own(line, wanted) for line in lines):
        key = (wanted.customer_id, wanted.currency)
        found[key][""] = most_on(_with([], wanted), day)
    return found


def _is_own(line: CreditLine, wanted: Wanted) -> bool:
    mine = (line.customer_id, line.currency, line.scope)
    return mine == (wanted.customer_id, wanted.currency, "")


def _with(plan: list[Planned], wanted: Wanted) -> list[Planned]:
    if wanted.amount_minor is None:
        return plan
    row = Planned(
        id=_NEW,
        temporary=wanted.temporary,
        amount_minor=wanted.amount_minor,
        unlimited=False,
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        grace_days=0,
        single_order_cap_minor=None,
        terms_days_max=None,
        overdue_allowed_minor=0,
        overdue_days_allowed=0,
    )
    return [*plan, row]


def most_on(plan: Sequence[Planned], day: date) -> int | None:
    """The largest limit that a plan gives on any day from `day` on; None: unlimited."""
    turns = {day} | {row.valid_from for row in plan if row.valid_from > day}
    ends = {row.valid_until + timedelta(days=1) for row in plan if row.valid_until is not None}
    most = 0
    for turn in turns | {one for one in ends if one > day}:
        held = limit_on(plan, turn)
        if held is None or _over(held, turn):
            continue
        if held.unlimited:
            return None
        most = max(most, held.amount_minor or 0)
    return most


def _over(held: Planned, day: date) -> bool:
    last = held.valid_until
    return last is not None and last + timedelta(days=held.grace_days) < day


def _together(given: Given, money: Money) -> int | None:
    """The members' limits together, or the group's own where that is more; None: unlimited."""
    own, group = 0, 0
    for (_, currency), scopes in given.items():
        if any(most is None for most in scopes.values()):
            return None
        told = {scope: most or 0 for scope, most in scopes.items()}
        inside = [most for scope, most in told.items() if scope not in ("", "group")]
        own += money.of(max(told.get("", 0), sum(inside)), currency)
        group += money.of(told.get("group", 0), currency)
    return max(own, group)


def _used(lines: Iterable[CreditLine], money: Money) -> int:
    parts: dict[str, int] = defaultdict(int)
    for line in lines:
        parts[line.currency] += used(components_of(line), money.policy.exposure)
    return max(0, sum(money.of(minor, currency) for currency, minor in parts.items()))


def _recent(members: Sequence[int], matrix: Matrix, money: Money, day: date, at: datetime) -> int:
    """What was granted to the group within the days that count together and stands no more: a
    temporary limit that ran out, a limit that was withdrawn.
    """
    since = at - timedelta(days=matrix.together_days)
    granted = Application.objects.filter(
        customer__in=members, state="granted", ended_at__gt=since, granted_dated_id__isnull=False
    )
    total = 0
    for one in granted:
        row = DatedLimit.objects.filter(pk=one.granted_dated_id).first()
        if row is None or not _gone(row, day):
            continue
        told = Proposal.objects.filter(application=one).order_by("-pk").first()
        before = (told.measured.get("before_minor") or 0) if told else 0
        total += money.of(max(0, (row.amount_minor or 0) - before), one.currency)
    return total


def _gone(row: DatedLimit, day: date) -> bool:
    ran_out = row.temporary and row.valid_until is not None and row.valid_until < day
    withdrawn = row.ended_at is not None and bool(row.end_reason)
    return ran_out or withdrawn
