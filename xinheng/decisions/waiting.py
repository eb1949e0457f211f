"""The hold queue as rows: which holds wait for this person, narrowed and counted.

`narrowed` gives the query set that a list pages through by key; `survey` reads every waiting hold
once, lean, and counts what tabs and filters offer. Both start from `visible_to(user)`. `mine` means
as far as a list can tell: not asked by oneself, customer open, and the tree's use after a release
within one's authority; the action judges exactly. Example: authority 5,000,000.00 CNY, tree uses
4,900,000.00, order 180,000.00 → 5,080,000.00 after: not `mine`, it waits for somebody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import add
from typing import Any, Final, NamedTuple

from django.db.models import (
    BigIntegerField,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Coalesce

from xinheng.credit.exposure import COUNTERS, REDUCING
from xinheng.customers.models import Customer
from xinheng.customers.queries import WORDS_MAX
from xinheng.customers.search_text import fold, sought
from xinheng.decisions.models import Hold, Rating
from xinheng.limits.models import CreditLine
from xinheng.people.queries import authority, today

COUNTED_MAX: Final = 10_000
FAMILY_STEPS_MAX: Final = 12
OPENED_DAYS: Final = {"1": 1, "3": 3, "7": 7}  # opened within so many days; "7-": longer ago
CLOSED: Final = ("prospect", "blocked", "closed")  # whose orders nobody releases
NOBODY: Final = Q(pk__in=[])

# By how much the order passed its limit, or one above it in the order's currency, when it was
# judged: the kept answer says it.
_EXCESS = """(select greatest(0,
    case when a.e ->> 'limit' = 'unlimited' then 0
      else (a.e ->> 'after')::numeric - coalesce(a.e ->> 'limit', '0')::numeric end,
    (select max((l ->> 'after')::numeric - (l ->> 'limit')::numeric)
      from jsonb_array_elements(a.e -> 'levels') l
      where l ->> 'currency' = a.currency and l ->> 'limit' <> 'unlimited'))
  from (select convert_from(d.answer, 'UTF8')::jsonb -> 'exposure' as e, d.currency
        from decisions_decision d where d.id = decisions_hold.decision_id offset 0) a)"""


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for; every field narrows. Amounts are minor units of `currency`."""

    tab: str = ""
    code: str = ""
    unit: str = ""
    family: str = ""
    currency: str = ""
    grade: str = ""
    person: int | None = None
    opened: str = ""
    text: str = ""
    least_minor: int | None = None
    most_minor: int | None = None


@dataclass(frozen=True)
class Reach:
    """Up to which use after a release a person may release, by currency; None: any amount."""

    person_id: int
    caps: Mapping[str, int | None]

    @property
    def rule(self) -> Q:
        within = reduce(Q.__or__, (_within(*one) for one in self.caps.items()), NOBODY)
        others = Q(decision__person_id__isnull=True) | ~Q(decision__person_id=self.person_id)
        return within & others & ~Q(customer__status__in=CLOSED)

    def covers(self, row: Lean) -> bool:
        """The same rule on a row that was read."""
        if row.currency not in self.caps or row.person_id == self.person_id:
            return False
        cap = self.caps[row.currency]
        return row.status not in CLOSED and (cap is None or row.after <= cap)


def _within(currency: str, cap: int | None) -> Q:
    here = Q(decision__currency=currency)
    return here if cap is None else here & Q(after__lte=cap)


class Lean(NamedTuple):
    """A waiting hold as far as tabs and filters need it."""

    kind: str
    codes: str
    forced: bool
    ready: bool
    due_at: datetime | None
    person_id: int | None
    currency: str
    after: int
    status: str
    unit_id: int | None
    parent_id: int | None


@dataclass
class Survey:
    """What waits, counted by tab and by what it may be narrowed to."""

    total: int = 0
    tabs: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    people: set[int] = field(default_factory=set)
    units: set[int] = field(default_factory=set)
    families: set[int] = field(default_factory=set)
    currencies: Counter[str] = field(default_factory=Counter)
    reach: Reach | None = None

    @property
    def main_currency(self) -> str:
        """The one in which most holds are."""
        return self.currencies.most_common(1)[0][0] if self.currencies else ""


def waiting(user: Any) -> QuerySet[Hold]:
    """Every waiting hold that this user may see, with the instant by which it is promised."""
    rows: QuerySet[Hold] = Hold.objects.visible_to(user).filter(state="waiting")
    return rows.annotate(due=Coalesce("due_at", "opened_at"))


def survey(user: Any, *, at: datetime) -> Survey:
    """One walk over what waits, at most COUNTED_MAX holds, oldest first."""
    fields = (
        *("kind", "codes", "forced", "ready", "due_at", "decision__person_id"),
        *("decision__currency", "after", "customer__status"),
        *("customer__business_unit_id", "customer__parent_id"),
    )
    may_release = user.may("holds.release")
    every = waiting(user)
    every = with_after(every) if may_release else every.annotate(after=Value(0))
    found = every.order_by("opened_at").values_list(*fields)[:COUNTED_MAX]
    rows = list(map(Lean._make, found))
    told = Survey(total=len(rows), currencies=Counter(row.currency for row in rows))
    if may_release:
        told.reach = reach_of(user.pk, told.currencies, today(at))
    told.tabs.update(tab for row in rows for tab in _tabs_of(row, told.reach, user.pk, at))
    told.codes.update(code for row in rows for code in row.codes.split(",") if code)
    told.people = {row.person_id for row in rows if row.person_id is not None}
    told.units = {row.unit_id for row in rows if row.unit_id is not None}
    told.families = {row.parent_id for row in rows if row.parent_id is not None}
    return told


def reach_of(person_id: int, currencies: Iterable[str], day: date) -> Reach:
    """The authority to release, one's own or as a deputy, in each currency where there is one."""
    found = {code: authority(person_id, "release_hold", code, day=day) for code in currencies}
    return Reach(
        person_id,
        {code: None if one.unlimited else one.up_to_minor for code, one in found.items() if one},
    )


def _tabs_of(row: Lean, reach: Reach | None, user_id: int, at: datetime) -> list[str]:
    belongs = (
        ("mine", reach is not None and reach.covers(row)),
        ("ready", row.ready),
        ("overdue", row.due_at is not None and row.due_at < at),
        ("refer", row.kind == "refer"),
        ("forced", row.forced),
        ("asked", row.person_id == user_id),
        ("", True),
    )
    return [tab for tab, yes in belongs if yes]


def narrowed(user: Any, wanted: Wanted, *, reach: Reach | None, at: datetime) -> QuerySet[Hold]:
    """The holds that match, unordered."""
    rows = waiting(user)
    if wanted.tab == "mine":
        rows = with_after(rows)
    rows = rows.filter(_tab_rule(wanted.tab, reach, user.pk, at), _opened(wanted.opened, at))
    if wanted.code:
        rows = rows.filter(code_rule(wanted.code))
    if wanted.person is not None:
        rows = rows.filter(decision__person_id=wanted.person)
    if wanted.currency:
        rows = rows.filter(decision__currency=wanted.currency)
    if wanted.least_minor is not None:
        rows = rows.filter(decision__amount_minor__gte=wanted.least_minor)
    if wanted.most_minor is not None:
        rows = rows.filter(decision__amount_minor__lte=wanted.most_minor)
    return _of_customers(rows, user, wanted)


def _tab_rule(tab: str, reach: Reach | None, user_id: int, at: datetime) -> Q:
    rules = {
        "mine": reach.rule if reach else NOBODY,
        "ready": Q(ready=True),
        "overdue": Q(due_at__lt=at),
        "refer": Q(kind="refer"),
        "forced": Q(forced=True),
        "asked": Q(decision__person_id=user_id),
    }
    return rules.get(tab, Q())


def _opened(word: str, at: datetime) -> Q:
    if word in OPENED_DAYS:
        return Q(opened_at__gte=at - timedelta(days=OPENED_DAYS[word]))
    return Q(opened_at__lt=at - timedelta(days=7)) if word == "7-" else Q()


def code_rule(code: str) -> Q:
    """Holds with this reason among theirs; the codes stand in one text, comma separated."""
    return (
        Q(codes=code)
        | Q(codes__startswith=f"{code},")
        | Q(codes__endswith=f",{code}")
        | Q(codes__contains=f",{code},")
    )


def _of_customers(rows: QuerySet[Hold], user: Any, wanted: Wanted) -> QuerySet[Hold]:
    if wanted.unit:
        rows = rows.filter(customer__business_unit__code=wanted.unit)
    if wanted.grade:
        rated = Rating.objects.filter(customer_id=OuterRef("customer_id"), grade=wanted.grade)
        rows = rows.filter(Exists(rated))
    if wanted.family:
        rows = rows.filter(customer_id__in=family_of(user, wanted.family))
    for word in wanted.text.split()[:WORDS_MAX]:
        named = Q(customer__search_text__contains=sought(fold(word)))
        rows = rows.filter(named | Q(decision__order_ref__icontains=word))
    return rows


def family_of(user: Any, code: str) -> set[int]:
    """The customers of a group: its head and everything below, as far as the user may see."""
    seen = Customer.objects.visible_to(user)
    found = set(seen.filter(code=code).values_list("pk", flat=True))
    fresh = found
    for _ in range(FAMILY_STEPS_MAX):
        fresh = set(seen.filter(parent__in=fresh).values_list("pk", flat=True)) - found
        if not fresh:
            break
        found = found | fresh
    return found


def with_excess(rows: QuerySet[Hold]) -> QuerySet[Hold]:
    """Sortable by how far each order passed its limit when it was judged."""
    told = DecimalField(max_digits=30, decimal_places=4)
    return rows.annotate(excess=RawSQL(_EXCESS, [], output_field=told))


def with_after(rows: QuerySet[Hold]) -> QuerySet[Hold]:
    """Adds `after`: what the order's tree of lines would use after a release, every counter at its
    full weight; lines of another currency in the tree are not added.
    """
    line = CreditLine.objects.filter(pk=OuterRef("decision__line_id"))
    root = CreditLine.objects.filter(pk=OuterRef(OuterRef("decision__line_id"))).values("root_id")
    tree = CreditLine.objects.filter(
        root_id=Subquery(root), currency=OuterRef("decision__currency")
    )
    summed = tree.order_by().values("root_id").annotate(all=Sum(_in_use())).values("all")
    use = Coalesce(
        Subquery(summed), Subquery(line.values(one=_in_use())), 0, output_field=BigIntegerField()
    )
    return rows.annotate(after=use + F("decision__amount_minor"))


def _in_use() -> Combinable:
    adding: Combinable = reduce(
        add, (F(f"{name}_minor") for name in COUNTERS if name not in REDUCING)
    )
    return reduce(lambda left, name: left - F(f"{name}_minor"), REDUCING, adding)
