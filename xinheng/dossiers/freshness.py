"""When facts grow stale, over the book: a calendar by block, tier and customer, to work through.

A fact is fresh until its day of observation plus the age that its block allows in the customer's
tier. Example: a bureau's grade seen on 1 November is fresh until 30 January, and for a customer on
watch until 2 November. The window tells which days: what is stale already, or what grows so within
7, 30 or 90 days. Only the fact that is shown for a field counts, and it counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.customers.search_text import fold, sought
from xinheng.dossiers.measures import SHOWN, parameters

SPANS: Final = {"stale": -1, "7": 7, "30": 30, "90": 90}  # days ahead; stale: before today
ROWS_MAX: Final = 20_000
NAMED_MAX: Final = 500  # customers that a text may mean


class Window(Struct, frozen=True):
    """Which part of the calendar; empty words mean all."""

    span: str = "30"  # of SPANS; all but "stale" begin with what is stale already
    block: str = ""
    tier: str = ""
    text: str = ""  # of a customer's name, pinyin or code


class DueFact(Struct, frozen=True):
    """A fact that is stale after `due_on`."""

    due_on: date
    fact: int
    customer: str
    name: str
    name_en: str
    tier: str
    block: str
    field: str
    source: str
    observed_on: date


class DueFile(Struct, frozen=True):
    """A customer's facts of the window: how many, how many stale already, their points of 100."""

    points: int
    id: int
    customer: str
    name: str
    name_en: str
    tier: str
    facts: int
    stale: int
    first: date
    blocks: tuple[str, ...]


class Tally(Struct, frozen=True):
    """Facts per span under the filters; per block and tier, and customers, within the span."""

    spans: Mapping[str, int]
    blocks: Mapping[str, int]
    tiers: Mapping[str, int]
    customers: int


_DUE = (
    SHOWN
    + """
, due as (
  select * from shown where due_on <= %(until)s
    and (%(block)s = '' or block = %(block)s) and (%(tier)s = '' or tier = %(tier)s)
    and (%(named)s::bigint[] is null or customer_id = any(%(named)s))
)
"""
)
_FACTS = (
    _DUE
    + """
select d.due_on, d.fact, d.code, c.name, c.name_en, d.tier, d.block, d.field, d.source,
  d.observed_on
from due d join customers_customer c on c.id = d.customer_id
where (d.due_on, d.fact) > (%(after_day)s::date, %(after_id)s::bigint)
order by d.due_on, d.fact limit %(limit)s
"""
)
_FILES = (
    _DUE
    + """
, files as (
  select customer_id, sum(weight)::int as points, count(*)::int as facts, min(due_on) as first,
    (count(*) filter (where due_on < %(day)s))::int as stale,
    array_agg(distinct block) as blocks
  from due group by customer_id
)
select f.points, c.id, c.code, c.name, c.name_en,
  case when c.status = 'watch' then 'watch' else 'normal' end, f.facts, f.stale, f.first, f.blocks
from files f join customers_customer c on c.id = f.customer_id
where (-f.points, f.customer_id) > (-%(after_points)s::int, %(after_id)s::bigint)
order by -f.points, f.customer_id limit %(limit)s
"""
)
_TALLY = (
    SHOWN
    + """
, near as (
  select block, tier, customer_id, due_on from shown where due_on <= %(far)s
    and (%(named)s::bigint[] is null or customer_id = any(%(named)s))
), chosen as (
  select * from near
  where (%(block)s = '' or block = %(block)s) and (%(tier)s = '' or tier = %(tier)s)
)
select 'span', s.span, (select count(*) from chosen where due_on <= s.last)
from unnest(%(spans)s::text[], %(lasts)s::date[]) as s(span, last)
union all
select 'block', block, count(*) from near
where due_on <= %(until)s and (%(tier)s = '' or tier = %(tier)s) group by block
union all
select 'tier', tier, count(*) from near
where due_on <= %(until)s and (%(block)s = '' or block = %(block)s) group by tier
union all
select 'customers', '', count(distinct customer_id) from chosen where due_on <= %(until)s
"""
)


def due_facts(
    user: Any,
    day: date,
    window: Window,
    *,
    limit: int,
    after: tuple[date, int] = (date.min, 0),
) -> list[DueFact]:
    """Facts of the window, the most urgent first, beyond the key `after` (last day, fact)."""
    told = {"after_day": after[0], "after_id": after[1]}
    return [DueFact(*row) for row in _rows(_FACTS, user, day, window, told, limit)]


def due_files(
    user: Any,
    day: date,
    window: Window,
    *,
    limit: int,
    after: tuple[int, int] = (10**6, 0),
) -> list[DueFile]:
    """Customers with facts of the window, the most points first, beyond `after` (points, id)."""
    told = {"after_points": after[0], "after_id": after[1]}
    rows = _rows(_FILES, user, day, window, told, limit)
    return [DueFile(*row[:9], tuple(row[9])) for row in rows]


def _rows(
    statement: str, user: Any, day: date, window: Window, told: dict[str, Any], limit: int
) -> list[Any]:
    asked = _asked(user, day, window)
    if asked is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, asked | told | {"limit": min(limit, ROWS_MAX)})
        return list(cursor.fetchall())


def tally(user: Any, day: date, window: Window) -> Tally:
    """Counts for the tabs and filters of the calendar, in one statement."""
    asked = _asked(user, day, window)
    if asked is None:
        return Tally(dict.fromkeys(SPANS, 0), {}, {}, 0)
    lasts = [day + timedelta(days=days) for days in SPANS.values()]
    asked |= {"spans": list(SPANS), "lasts": lasts, "far": max(lasts)}
    found: dict[str, dict[str, int]] = {"span": {}, "block": {}, "tier": {}, "customers": {}}
    with connection.cursor() as cursor:
        cursor.execute(_TALLY, asked)
        for kind, word, number in cursor.fetchall():
            found[kind][word] = number
    return Tally(found["span"], found["block"], found["tier"], found["customers"][""])


def _asked(user: Any, day: date, window: Window) -> dict[str, Any] | None:
    asked = parameters(user, day)
    if asked is None:
        return None
    named = None
    if window.text.strip():
        seen = Customer.objects.visible_to(user)
        seen = seen.filter(search_text__contains=sought(fold(window.text.strip())))
        named = list(seen.values_list("pk", flat=True)[:NAMED_MAX])
    return asked | {
        "until": day + timedelta(days=SPANS[window.span]),
        "block": window.block,
        "tier": window.tier,
        "named": named,
    }
