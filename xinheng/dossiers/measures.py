"""The four measures of a credit file: complete 全面, timely 及时, accurate 准确, secure 安全.

Complete = weight of the fields that are present and verified ÷ weight of all. Of the present
weight: timely is what is not older than its block allows in the customer's tier, accurate what is
in no conflict, from a reliable source, checked elsewhere than at the customer and with confidence
enough, secure what names its legal basis and is sealed where it is personal. Per cent, two digits,
HALF_UP. Example: points present 18 + 8 + 12 + 10 + 10 + 6 + 7 + 5 of 100 are 76.00 %.

A file is measured here, the whole book in one statement of SQL; a law holds the two equal.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from msgspec import Struct

from xinheng.credit.money import round_half_up
from xinheng.dossiers.credit_file import CreditFile, Held, SeenFact
from xinheng.dossiers.fields import Field, catalogue

TIERS: Final = ("normal", "watch")
CALENDAR_MAX: Final = 500


class Measures(Struct, frozen=True):
    """Per cent of weight; None where nothing is present that could be measured."""

    complete: Decimal
    timely: Decimal | None
    accurate: Decimal | None
    secure: Decimal | None
    files: int = 1


class Due(Struct, frozen=True):
    """A fact that is stale after `due_on`."""

    customer: str
    block: str
    field: str
    tier: str
    due_on: date


def tier_of(status: str) -> str:
    """The watch list is looked at more often."""
    return "watch" if status == "watch" else "normal"


def present(file: CreditFile) -> list[tuple[Field, Held, SeenFact]]:
    """Fields with a verified fact that speaks of the day; with the fact that is shown first."""
    fields = catalogue().fields
    return [
        (fields[held.field], held, held.facts[0])
        for held in file.fields
        if held.state in ("held", "conflict")
    ]


def points_by_block(file: CreditFile) -> dict[str, int]:
    """Points present of each block, in the order of the page."""
    points = {block.code: 0 for block in catalogue().blocks}
    for field, _, _ in present(file):
        points[field.block] += field.weight
    return points


def measure(file: CreditFile, tier: str) -> Measures:
    """The four measures of one file on its day, for a customer of this tier."""
    found = present(file)
    whole = sum(field.weight for field in catalogue().fields.values())
    there = sum(field.weight for field, _, _ in found)
    timely = sum(f.weight for f, _, fact in found if file.valid_on <= due_on(f, fact, tier))
    accurate = sum(f.weight for f, held, fact in found if _is_accurate(held, fact))
    secure = sum(f.weight for f, _, fact in found if _is_secure(f, fact))
    return measures_of(whole, there, timely, accurate, secure, 1)


def due_on(field: Field, fact: SeenFact, tier: str) -> date:
    """The last day on which a fact is fresh."""
    return fact.observed_on + timedelta(days=field.max_age_days[tier])


def stale(file: CreditFile, tier: str) -> list[tuple[str, date]]:
    """(field, last fresh day) of what has grown too old, the oldest first."""
    due = [(field.code, due_on(field, fact, tier)) for field, _, fact in present(file)]
    return sorted((row for row in due if row[1] < file.valid_on), key=lambda row: row[1])


def _is_accurate(held: Held, fact: SeenFact) -> bool:
    wanted = catalogue().accuracy
    return (
        held.state == "held"
        and fact.reliability in wanted.reliability
        and fact.how in wanted.how
        and (fact.confidence or 0) >= wanted.confidence_min
    )


def _is_secure(field: Field, fact: SeenFact) -> bool:
    return bool(fact.legal_basis) and (fact.sealed or not field.personal)


def measures_of(
    whole: int, there: int, timely: int, accurate: int, secure: int, files: int
) -> Measures:
    return Measures(
        _percent(there, whole) or Decimal("0.00"),
        _percent(timely, there),
        _percent(accurate, there),
        _percent(secure, there),
        files,
    )


def _percent(part: int, whole: int) -> Decimal | None:
    return round_half_up(Decimal(100 * part) / Decimal(whole), 2) if whole else None


# --- The whole book. One row per customer and field: the fact that is shown first. Only where there
# are several facts of a field is anything sorted; that keeps a million facts to a second or two.

SHOWN = """
with kinds as materialized (
  select * from unnest(%(codes)s::text[], %(blocks)s::text[], %(weights)s::int[],
    %(normal)s::int[], %(watch)s::int[], %(personal)s::bool[])
    as k(code, block, weight, normal, watch, personal)
), book as (
  select c.id, c.code, c.business_unit_id as unit_id,
    case when c.status = 'watch' then 'watch' else 'normal' end as tier
  from customers_customer c
  where c.merged_into_id is null and c.status <> 'closed'
    and (%(unit)s::bigint is null or c.business_unit_id = %(unit)s)
), several as materialized (
  select customer_id, field from dossiers_fact
  where known_since is not null and known_until is null
  group by customer_id, field having count(*) > 1
), valid as not materialized (
  select b.code, b.tier, k.code as field, k.block, k.weight, k.personal, b.unit_id, f.customer_id,
    f.id as fact, f.source, f.reliability, f.how, f.confidence, f.legal_basis, f.observed_on,
    f.known_since, f.value_sealed is not null as sealed, v.field is not null as one_of_several,
    f.observed_on + case when b.tier = 'watch' then k.watch else k.normal end as due_on
  from dossiers_fact f join book b on b.id = f.customer_id join kinds k on k.code = f.field
  left join several v on v.customer_id = f.customer_id and v.field = f.field
  where f.known_since is not null and f.known_until is null
    and (f.valid_from is null or f.valid_from <= %(day)s)
    and (f.valid_until is null or f.valid_until >= %(day)s)
), shown as not materialized (
  select * from valid where not one_of_several
  union all (
    select distinct on (customer_id, field) * from valid where one_of_several
    order by customer_id, field, reliability, observed_on desc, known_since desc, fact desc
  )
)
"""
_BOOK = (
    SHOWN
    + """
select (select count(*) from book), coalesce(sum(s.weight), 0),
  coalesce(sum(s.weight) filter (where s.due_on >= %(day)s), 0),
  coalesce(sum(s.weight) filter (where s.reliability = any(%(reliable)s)
    and s.how = any(%(hows)s) and s.confidence >= %(confidence)s and d.id is null), 0),
  coalesce(sum(s.weight) filter (where s.legal_basis <> '' and (s.sealed or not s.personal)), 0)
from shown s left join dossiers_conflictcase d
  on d.customer_id = s.customer_id and d.field = s.field and d.resolved_at is null
"""
)
_CALENDAR = (
    SHOWN
    + """
select code, block, field, tier, due_on from shown where due_on <= %(until)s
order by due_on, code, field limit %(limit)s
"""
)


def book_measures(user: Any, day: date) -> Measures:
    """The four measures over all files in sight: weights added up over the book, closed and merged
    customers left out. A customer without any fact weighs in with nothing present.
    """
    asked = parameters(user, day)
    if asked is None:
        return Measures(Decimal("0.00"), None, None, None, 0)
    with connection.cursor() as cursor:
        cursor.execute(_BOOK, asked)
        files, there, timely, accurate, secure = (int(figure) for figure in cursor.fetchone())
    whole = files * sum(field.weight for field in catalogue().fields.values())
    return measures_of(whole, there, timely, accurate, secure, files)


def calendar(user: Any, day: date, *, days: int = 30, limit: int = CALENDAR_MAX) -> list[Due]:
    """Facts that are stale or grow so within `days`, the most urgent first."""
    asked = parameters(user, day)
    if asked is None:
        return []
    asked |= {"until": day + timedelta(days=days), "limit": min(limit, CALENDAR_MAX)}
    with connection.cursor() as cursor:
        cursor.execute(_CALENDAR, asked)
        return [Due(*row) for row in cursor.fetchall()]


def parameters(user: Any, day: date) -> dict[str, Any] | None:
    """The statement's parameters; None for somebody who sees no customer at all."""
    sees_all = user.is_authenticated and user.sees_all_units
    if not sees_all and (not user.is_authenticated or user.business_unit_id is None):
        return None
    fields = list(catalogue().fields.values())
    wanted = catalogue().accuracy
    return {
        "unit": None if sees_all else user.business_unit_id,
        "day": day,
        "codes": [field.code for field in fields],
        "blocks": [field.block for field in fields],
        "weights": [field.weight for field in fields],
        "normal": [field.max_age_days["normal"] for field in fields],
        "watch": [field.max_age_days["watch"] for field in fields],
        "personal": [field.personal for field in fields],
        "reliable": list(wanted.reliability),
        "hows": list(wanted.how),
        "confidence": wanted.confidence_min,
    }
