"""The customer list's rows: who, grade, line, use, what is overdue, in one currency, a page by
key.

Two steps in one statement. `picked` finds the 51 ids of the page with only the joins that its
filter and order need; the outer part then joins everything for those few. Overdue is added up
from `limits_opendue` (open items per due date), so it costs the same for any number of invoices.
Rows come from `customers.queries.matching`, hence from `visible_to(user)`; records merged into
another are away unless the view asks for them. Example: `page(user, Wanted(currency="CNY",
today=…), sort="-overdue")`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Count

from xinheng.credit.scale import GRADES
from xinheng.customers.queries import matching
from xinheng.portfolio.overview import IN_FORCE, USED

VIEWS: Final = ("", "overdue", "over", "expired", "unset", "merged")
FILES: Final = ("", "under60", "under80", "from80", "none")
ROWS_MAX: Final = 1_000  # of one step; a page shows 50

# A word that stands above every amount, for lines without a limit to their credit.
_UNLIMITED = 9 * 10**18
_USED = USED
# What the line allows today, with covers: an expired one, or one not yet valid, nothing.
_IN_FORCE = IN_FORCE.replace("as_of", "today")
_CEILING = f"case when {_IN_FORCE} then coalesce(l.amount_minor + l.covered_minor, 0) else 0 end"
_ENDLESS = f"(l.unlimited and {_IN_FORCE})"
_LINE = (
    "left join limits_creditline l on l.customer_id = c.id and l.currency = %(currency)s"
    " and l.scope = ''"
)
_RATING = "left join decisions_rating r on r.customer_id = c.id"
_FILE = "left join dossiers_filestanding z on z.customer_id = c.id"
_OVERDUE = """left join (
    select d.line_id, sum(d.open_minor)::bigint as overdue, min(d.due_on) as oldest
    from limits_opendue d where d.due_on < %(today)s and d.open_minor > 0
    group by d.line_id) o on o.line_id = l.id"""

# word → (what is sorted by, never null; the joins that it needs)
SORTS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "code": ("c.code", frozenset()),
    "name": ("c.pinyin", frozenset()),
    "grade": ("coalesce(array_position(%(grades)s, r.grade::text), 99)", frozenset({"rating"})),
    "limit": (
        f"case when l.unlimited then {_UNLIMITED} else coalesce(l.amount_minor, -1) end",
        frozenset({"line"}),
    ),
    "used": (f"coalesce({_USED}, 0)", frozenset({"line"})),
    "share": (
        f"coalesce(case when {_ENDLESS} then 0"
        f" when ({_CEILING}) > 0 then {_USED} * 1000 / ({_CEILING})"
        f" when {_USED} > 0 then {10**9} else -1 end, -2)",
        frozenset({"line"}),
    ),
    "headroom": (
        f"case when {_ENDLESS} then {_UNLIMITED} else coalesce(({_CEILING}) - {_USED}, 0) end",
        frozenset({"line"}),
    ),
    "overdue": ("coalesce(o.overdue, 0)", frozenset({"line", "overdue"})),
    "days": ("coalesce(%(today)s - o.oldest, 0)", frozenset({"line", "overdue"})),
    "complete": ("coalesce(z.complete_bps, 0)", frozenset({"file"})),
}
TEXT_SORTS: Final = ("code", "name")
_FILTERS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "overdue": ("o.overdue > 0", frozenset({"line", "overdue"})),
    "over": (f"not {_ENDLESS} and {_USED} > ({_CEILING})", frozenset({"line"})),
    "expired": ("l.valid_until + l.grace_days < %(today)s", frozenset({"line"})),
    "using": (f"{_USED} > 0", frozenset({"line"})),
    "unset": (
        "(l.id is null or (not l.unlimited and l.amount_minor is null))",
        frozenset({"line"}),
    ),
    "merged": ("c.merged_into_id is not null", frozenset()),
}
_COMPLETE: Final[dict[str, str]] = {
    "under60": "coalesce(z.complete_bps, 0) < 6000",
    "under80": "coalesce(z.complete_bps, 0) < 8000",
    "from80": "z.complete_bps >= 8000",
    "none": "coalesce(z.complete_bps, 0) = 0",
}
_STANDS: Final = "c.merged_into_id is null"
# Those who come first in an order: a narrower list that sorts the same way.
_FIRST: Final = {"-overdue": "overdue", "-days": "overdue", "-used": "using"}


@dataclass(frozen=True)
class Wanted:
    """What the reader asked for; every field narrows."""

    currency: str
    today: date
    text: str = ""
    view: str = ""
    grade: str = ""
    status: str = ""
    unit: str = ""
    file: str = ""  # of FILES: how complete the credit file is


@dataclass(frozen=True)
class Row:
    """One line of the list. Amounts are minor units; None where there is no line in this
    currency.
    """

    id: int
    code: str
    name: str
    name_en: str
    status: str
    simulated: bool
    grade: str
    amount_minor: int | None
    unlimited: bool
    valid_until: date | None
    used_minor: int | None
    covered_minor: int | None
    last_day: date | None  # with the days of grace
    complete_bps: int  # 7600: 76.00 % of what a file should hold is verified and there
    overdue_minor: int
    oldest_due: date | None
    key: Any
    today: date

    @property
    def ceiling_minor(self) -> int | None:
        """What the line allows today: nothing once it has expired; None where nothing was
        granted.
        """
        if self.unlimited or self.amount_minor is None:
            return None
        return 0 if self.expired else self.amount_minor + (self.covered_minor or 0)

    @property
    def headroom_minor(self) -> int | None:
        """None where nothing was granted or nothing limits it."""
        return None if self.ceiling_minor is None else self.ceiling_minor - (self.used_minor or 0)

    @property
    def complete(self) -> Decimal:
        """Of a file, in per cent; 0 where nothing has been counted yet."""
        return Decimal(self.complete_bps) / 100

    @property
    def oldest_days(self) -> int:
        return (self.today - self.oldest_due).days if self.oldest_due else 0

    @property
    def expired(self) -> bool:
        return self.last_day is not None and self.last_day < self.today


def page(
    user: Any, wanted: Wanted, *, sort: str, after: Sequence[Any] | None, limit: int
) -> list[Row]:
    """Up to `limit` rows after the key [sort value, id]; `sort` is a word of SORTS, "-" turns it
    round.

    The most overdue come from the overdue alone, and the largest users of credit from those who
    use any; only where they don't fill the page, everybody is sorted.
    """
    if after is not None and not _fits(sort, after):
        after = None  # not a key of ours: the first page
    if sort in _FIRST and not wanted.view:
        found = _page(user, replace(wanted, view=_FIRST[sort]), sort, after, limit)
        if len(found) == limit:
            return found
    return _page(user, wanted, sort, after, limit)


def _fits(sort: str, after: Sequence[Any]) -> bool:
    """A key is text where the sort is by text, else a number that the database can hold."""
    value, row = after
    number = isinstance(row, int) and abs(row) <= _UNLIMITED
    if sort.removeprefix("-") in TEXT_SORTS:
        return number and isinstance(value, str) and "\0" not in value
    return number and isinstance(value, int) and abs(value) <= _UNLIMITED


def _page(
    user: Any, wanted: Wanted, sort: str, after: Sequence[Any] | None, limit: int
) -> list[Row]:
    descending, word = sort.startswith("-"), sort.removeprefix("-")
    expression, needs = SORTS[word]
    where, joins = _where(user, wanted, needs)
    order, compare = ("desc", "<") if descending else ("asc", ">")
    fields: dict[str, Any] = {
        "currency": wanted.currency,
        "today": wanted.today,
        "grades": list(GRADES),
        "grade": wanted.grade,
        "limit": min(limit, ROWS_MAX),
    }
    if after is not None:
        where.append(f"({expression}, c.id) {compare} (%(after)s, %(after_id)s)")
        fields |= {"after": after[0], "after_id": after[1]}
    visible, given = _visible(user, wanted)
    sql = f"""
        with picked as materialized (
            select c.id, {expression} as key from customers_customer c {_joins(joins)}
            where {" and ".join([visible, *where])}
            order by key {order}, c.id {order} limit %(limit)s)
        select c.id, c.code, c.name, c.name_en, c.status, c.simulated, coalesce(r.grade, ''),
               l.amount_minor, coalesce(l.unlimited, false), l.valid_until, {_USED},
               l.covered_minor, l.valid_until + l.grace_days, coalesce(z.complete_bps, 0),
               coalesce(o.overdue, 0), o.oldest, picked.key
        from picked join customers_customer c on c.id = picked.id {_LINE} {_RATING} {_FILE}
        left join lateral (
            select sum(d.open_minor) as overdue, min(d.due_on) as oldest from limits_opendue d
            where d.line_id = l.id and d.due_on < %(today)s and d.open_minor > 0) o on true
        order by picked.key {order}, picked.id {order}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, fields | given)
        return [Row(*_whole(values), today=wanted.today) for values in cursor.fetchall()]


def _whole(values: Sequence[Any]) -> list[Any]:
    """Sums of bigint come back as Decimal; amounts are integers."""
    *most, overdue, oldest, key = values
    return [*most, int(overdue), oldest, key if isinstance(key, str) else int(key)]


def _where(user: Any, wanted: Wanted, needs: frozenset[str]) -> tuple[list[str], set[str]]:
    """Conditions beyond visibility, and the joins they take."""
    where, joins = [], set(needs)
    if wanted.view != "merged":
        where.append(_STANDS)
    if wanted.file in _COMPLETE:
        where.append(_COMPLETE[wanted.file])
        joins.add("file")
    if wanted.view in _FILTERS:
        condition, more = _FILTERS[wanted.view]
        where.append(condition)
        joins |= more
    if wanted.grade:
        joins.add("rating")
        where.append(
            "coalesce(r.grade, '') = ''" if wanted.grade == "none" else "r.grade = %(grade)s"
        )
    return where, joins


def _joins(wanted: set[str]) -> str:
    known = {"line": _LINE, "rating": _RATING, "overdue": _OVERDUE, "file": _FILE}
    return " ".join(sql for name, sql in known.items() if name in wanted)


def _visible(user: Any, wanted: Wanted) -> tuple[str, Mapping[str, Any]]:
    """`visible_to`, search and plain filters as a condition on c, taken from the room's own query
    set.
    """
    found = matching(
        user,
        wanted.text,
        statuses=[wanted.status] if wanted.status else (),
        units=[wanted.unit] if wanted.unit else (),
    )
    if not found.query.where.children:
        return "true", {}
    sql, parameters = found.order_by().values("pk").query.sql_with_params()
    names = {f"v{number}": value for number, value in enumerate(parameters)}
    marks = [f"%({name})s" for name in names]
    return f"c.id in ({sql % tuple(marks)})", names


def view_counts(user: Any, currency: str, today: date) -> dict[str, int]:
    """How many customers each filter tab holds, in one pass over the lines."""
    visible, given = _visible(user, Wanted(currency, today))
    counts = ", ".join(f"count(*) filter (where {_counted(word)})" for word in VIEWS if word)
    sql = f"select {counts} from customers_customer c {_LINE} {_OVERDUE} where {visible}"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"currency": currency, "today": today, **given})
        return dict(zip(VIEWS[1:], cursor.fetchone(), strict=True))


def _counted(word: str) -> str:
    condition = _FILTERS[word][0]
    return condition if word == "merged" else f"{_STANDS} and {condition}"


def status_counts(user: Any) -> dict[str, int]:
    """How many customers of each status the person may see; merged records are no customers."""
    counted = (
        matching(user)
        .filter(merged_into__isnull=True)
        .order_by()
        .values("status")
        .annotate(n=Count("pk"))
    )
    return {row["status"]: row["n"] for row in counted}
