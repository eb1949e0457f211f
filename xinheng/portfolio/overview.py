"""What a credit manager looks at first: exposure, grades, the largest customers, what changed.

Exposure is read from the credit lines' counters, every component in full (a policy may weigh less);
open items and lateness from the sales ledger as of the day. Headroom is added up line by line and
never below zero: what one customer does not use helps no other. Example: lines of 100.00 used at
120.00 and 50.00 used at 10.00 → limit 150.00, used 130.00, headroom 40.00, excess 20.00.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from xinheng.credit.ageing import LATENESS_BUCKETS, share_pct
from xinheng.credit.scale import grade_rank
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.portfolio.book import Book, book, bucket_sql, narrow, scope
from xinheng.receivables.as_of import open_parts_sql, rows

TOP_MAX = 100
CURRENCIES_MAX = 30
NOT_RATED = ""

COUNTED = (
    *("open_items", "unbilled", "orders", "bills", "guarantees", "bank_bills", "listed_bills"),
    *("unapplied", "prepaid"),
)
_BOOKED = " + ".join(f"{{0}}.{name}_minor" for name in COUNTED[:-2]) + (
    " - {0}.unapplied_minor - {0}.prepaid_minor"
)
# A customer's own line with what is booked on its sub-limits; most lines stand alone (no root).
USED = (
    f"({_BOOKED.format('l')} + case when l.root_id is null then 0 else coalesce((select"
    f" sum({_BOOKED.format('s')}) from limits_creditline s where s.customer_id = l.customer_id"
    " and s.currency = l.currency and s.scope <> ''), 0)::bigint end)"
)
OWN = "l.scope = ''"
IN_FORCE = (
    "((l.amount_minor is not null or l.unlimited)"
    " and coalesce(l.valid_from, %(as_of)s) <= %(as_of)s"
    " and coalesce(l.valid_until + l.grace_days, %(as_of)s) >= %(as_of)s)"
)
LIMIT = (
    f"(case when {IN_FORCE} and not l.unlimited then l.amount_minor + l.covered_minor else 0 end)"
)
ENDLESS = f"(l.unlimited and {IN_FORCE})"


class Exposure(Struct, frozen=True):
    """All lines of a currency. A line that is unset, expired or not yet valid gives no credit."""

    currency: str
    used_minor: int
    limit_minor: int
    headroom_minor: int
    excess_minor: int  # used beyond the limits in force
    components: dict[str, int]
    lines: int
    lines_in_force: int
    lines_exceeded: int
    unlimited: int


class GradeShare(Struct, frozen=True):
    """One grade of the master scale, best first; "" is not rated, or rated too long ago."""

    grade: str
    customers: int
    used_minor: int


class TopCustomer(Struct, frozen=True):
    customer_id: int
    code: str
    name: str
    name_en: str
    grade: str
    open_minor: int
    overdue_minor: int
    oldest_dpd: int
    share_pct: Decimal | None  # of all that is open
    used_minor: int
    limit_minor: int
    unlimited: bool


class Concentration(Struct, frozen=True):
    """How much of what is open stands with the largest customer and with the ten largest."""

    top_1_pct: Decimal | None
    top_10_pct: Decimal | None


class NewlyOverdue(Struct, frozen=True):
    customer_id: int
    code: str
    name: str
    name_en: str
    overdue_minor: int
    oldest_dpd: int


class Week(Struct, frozen=True):
    """The book now and seven days before, who fell behind in between, and what was decided."""

    before: Book
    now: Book
    newly_overdue: list[NewlyOverdue]  # customers with nothing overdue a week ago, worst first
    newly_overdue_customers: int
    decisions: dict[str, int]  # by outcome
    holds_waiting: int


def currencies(user: Any = None) -> list[str]:
    """Currencies with open items or limits, the one with most lines first."""
    values = scope(user)
    found = rows(
        f"select l.currency from limits_creditline l where true {narrow('l', values)}"
        " group by 1 order by count(*) desc, 1 limit %(limit)s",
        values | {"limit": CURRENCIES_MAX},
        date.max,
    )
    return [row[0] for row in found]


def exposure_totals(as_of: date, currency: str, user: Any = None) -> Exposure:
    """Used, limits in force (with covers) and headroom of all customers' own lines of a currency;
    counters are today's, and those of sub-limits count with the line that they lie in.
    """
    values = {"currency": currency, **scope(user)}
    sums = ", ".join(f"coalesce(sum(l.{name}_minor), 0)::bigint" for name in COUNTED)
    of_all = f"from limits_creditline l where l.currency = %(currency)s {narrow('l', values)}"
    row = rows(
        f"select coalesce(sum({USED}), 0)::bigint, coalesce(sum({LIMIT}), 0)::bigint,"
        f" coalesce(sum(greatest({LIMIT} - {USED}, 0)) filter (where not {ENDLESS}), 0)::bigint,"
        f" coalesce(sum(greatest({USED} - {LIMIT}, 0)) filter (where not {ENDLESS}), 0)::bigint,"
        f" count(*), count(*) filter (where {IN_FORCE}),"
        f" count(*) filter (where {USED} > {LIMIT} and not {ENDLESS}),"
        f" count(*) filter (where {ENDLESS}) {of_all} and {OWN}",
        values,
        as_of,
    )[0]
    whole = rows(f"select {sums} {of_all}", values, as_of)[0]
    components = dict(zip(COUNTED, whole, strict=True))
    return Exposure(currency, *row[:4], components, *row[4:8])


def rating_mix(as_of: date, currency: str, user: Any = None) -> list[GradeShare]:
    """Customers and their exposure by the grade in force; an expired rating counts as none."""
    values = {"currency": currency, **scope(user)}
    found = rows(
        "select coalesce(case when g.valid_until >= %(as_of)s then g.grade end, '') as grade,"
        f" count(*), sum({USED})::bigint from limits_creditline l"
        " left join decisions_rating g on g.customer_id = l.customer_id"
        f" where {OWN} and l.currency = %(currency)s {narrow('l', values)} group by 1",
        values,
        as_of,
    )
    return sorted((GradeShare(*row) for row in found), key=lambda share: grade_rank(share.grade))


def top_customers(
    as_of: date, currency: str, user: Any = None, limit: int = 10
) -> list[TopCustomer]:
    """Who owes most: open, overdue, share of the whole, grade, and use of the line."""
    values = {"currency": currency, **scope(user), "limit": min(limit, TOP_MAX)}
    where = narrow("i", values) + " and i.currency = %(currency)s"
    found = rows(
        f"with owing as ({_owing(where)})"
        " select c.id, c.code, c.name, c.name_en,"
        " coalesce(case when g.valid_until >= %(as_of)s then g.grade end, ''),"
        " o.open_minor, o.overdue_minor, o.oldest_dpd,"
        f" (select sum(open_minor) from owing)::bigint, coalesce({USED}, 0),"
        f" coalesce({LIMIT}, 0), coalesce({ENDLESS}, false)"
        " from (select * from owing order by open_minor desc, customer_id limit %(limit)s) o"
        " join customers_customer c on c.id = o.customer_id"
        " left join decisions_rating g on g.customer_id = c.id"
        " left join limits_creditline l on l.customer_id = c.id and l.currency = %(currency)s"
        f" and {OWN}"
        " order by o.open_minor desc, c.id",
        values,
        as_of,
    )
    return [TopCustomer(*row[:8], share_pct(row[5], row[8]), *row[9:]) for row in found]


def _owing(where: str) -> str:
    """(customer_id, open, overdue, oldest days past due) as of the day."""
    return (
        "select p.customer_id, sum(p.part)::bigint as open_minor,"
        " coalesce(sum(p.part) filter (where p.due_on < %(as_of)s), 0)::bigint as overdue_minor,"
        " greatest(max(%(as_of)s - p.due_on), 0) as oldest_dpd"
        f" from ({open_parts_sql(where)}) p group by 1"
    )


def concentration(top: list[TopCustomer]) -> Concentration:
    """From `top_customers` with at least ten rows (or all of them)."""
    shares = [one.share_pct for one in top[:10] if one.share_pct is not None]
    if not shares:
        return Concentration(None, None)
    return Concentration(shares[0], sum(shares, Decimal(0)))


def ageing_of(customer_ids: list[int], as_of: date, currency: str) -> dict[int, dict[str, int]]:
    """Minor units per lateness bucket, all seven keys, of each customer with open items."""
    where = "and i.customer_id = any(%(customers)s) and i.currency = %(currency)s"
    found = rows(
        f"select p.customer_id, {bucket_sql('p.due_on')}, sum(p.part)::bigint"
        f" from ({open_parts_sql(where)}) p group by 1, 2",
        {"customers": customer_ids, "currency": currency},
        as_of,
    )
    ageing: dict[int, dict[str, int]] = {}
    for customer, bucket, part in found:
        ageing.setdefault(customer, dict.fromkeys(LATENESS_BUCKETS, 0))[bucket] = part
    return ageing


def week_changes(as_of: date, currency: str, user: Any = None, limit: int = 10) -> Week:
    """What changed in the seven days up to and including `as_of`."""
    values = {"currency": currency, **scope(user)}
    before = as_of - timedelta(days=7)
    fell, count = _newly_overdue(values, as_of, before, min(limit, TOP_MAX))
    return Week(
        book(before, currency, user),
        book(as_of, currency, user),
        fell,
        count,
        _decisions(values, before, as_of),
        _holds_waiting(values),
    )


def _newly_overdue(
    values: dict[str, Any], as_of: date, before: date, limit: int
) -> tuple[list[NewlyOverdue], int]:
    where = narrow("i", values) + " and i.currency = %(currency)s and i.due_on < %(as_of)s"
    late = open_parts_sql(where).replace("%(as_of)s", "%(before)s")
    found = rows(
        f"with owing as ({_owing(where)}), fell as (select owing.* from owing"
        f" where not exists (select 1 from ({late}) p where p.customer_id = owing.customer_id))"
        " select c.id, c.code, c.name, c.name_en, f.overdue_minor, f.oldest_dpd,"
        " (select count(*) from fell) from fell f join customers_customer c on c.id = f.customer_id"
        " order by f.overdue_minor desc, c.id limit %(limit)s",
        values | {"before": before, "limit": limit},
        as_of,
    )
    return [NewlyOverdue(*row[:6]) for row in found], found[0][6] if found else 0


def _decisions(values: dict[str, Any], after: date, until: date) -> dict[str, int]:
    """Order checks by outcome, by the company's calendar."""
    seller = company()
    zone = ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
    first, last = (
        datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone) for day in (after, until)
    )
    found = rows(
        "select d.outcome, count(*) from decisions_decision d where d.currency = %(currency)s"
        f" and d.decided_at >= %(first)s and d.decided_at < %(last)s {narrow('d', values)}"
        " group by 1",
        values | {"first": first, "last": last},
        until,
    )
    return dict.fromkeys(("approve", "refer", "hold", "decline"), 0) | dict(found)


def _holds_waiting(values: dict[str, Any]) -> int:
    found = rows(
        "select count(*) from decisions_hold h join decisions_decision d on d.id = h.decision_id"
        f" where h.state = 'waiting' and d.currency = %(currency)s {narrow('h', values)}",
        values,
        date.max,
    )
    return int(found[0][0])
