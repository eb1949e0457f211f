"""How each file stands, counted ahead so that an order check reads one row by its key.

Complete (in basis points), the last day on which nothing that weighs is too old, the last day of
the business licence. They are days: an order check compares them with its own today, so that a
licence which ended at midnight holds the first order after it, whatever the rounds did. A trigger
marks the row of a customer whose facts or papers changed, in the same transaction; a round counts
it again. Example: 76 of 100 points present, court cases looked up 80 days ago with 90 allowed,
licence until 31 December → 7600, in ten days, 31 December.

A merged company's facts count in the file of the one it was merged into. Where a licence was told
without an end after the last end that is known, it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q
from msgspec import Struct

from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.kept import keep_sums
from xinheng.dossiers.models import FileStanding

COUNT_MAX: Final = 2_000


class Stood(Struct, frozen=True):
    """How a file stands. `complete_bps`: 7600 is 76.00 %."""

    complete_bps: int
    fresh_until: date | None
    licence_until: date | None


def count_moved(*, today: date, at: datetime) -> int:
    """Count files anew that changed since they were counted, that a new day changes, or whose
    customer went on the watch list or was merged. Returns how many.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MARK_OTHERS)
        cursor.execute(_TAKE, {"today": today, "limit": COUNT_MAX})
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            cursor.execute(_COUNT, {"ids": ids, "today": today, "at": at, **_kinds()})
            keep_sums(cursor, ids, today)
    return len(ids)


def standings_of(customer_ids: Sequence[int]) -> dict[int, Stood]:
    """How these customers' files stand; absent: they hold nothing yet."""
    told = Q(complete_bps__gt=0) | Q(licence_until__isnull=False)
    rows = FileStanding.objects.filter(told, customer_id__in=customer_ids, counted_at__isnull=False)
    return {
        row.customer_id: Stood(row.complete_bps, row.fresh_until, row.licence_until) for row in rows
    }


def _kinds() -> dict[str, Any]:
    fields = list(catalogue().fields.values())
    return {
        "codes": [field.code for field in fields],
        "weights": [field.weight for field in fields],
        "normal": [field.max_age_days["normal"] for field in fields],
        "watch": [field.max_age_days["watch"] for field in fields],
        "whole": sum(field.weight for field in fields),
    }


# A merge or its end changes two files: the company's own and the one that it went into or left.
_MARK_OTHERS = """
with other as (
  select s.customer_id, s.into_id as before, c.merged_into_id as now
  from dossiers_filestanding s join customers_customer c on c.id = s.customer_id
  where s.counted_at is not null and (
    s.tier <> case when c.status = 'watch' then 'watch' else 'normal' end
    or s.into_id is distinct from c.merged_into_id)
), named as (
  select customer_id as id from other union select before from other union select now from other
)
insert into dossiers_filestanding as s (customer_id, moved)
select id, true from named where id is not null
on conflict (customer_id) do update set moved = true where not s.moved
"""
_TAKE = """
select customer_id from dossiers_filestanding
where moved or recount_on <= %(today)s or stale_on <= %(today)s
order by customer_id limit %(limit)s for update skip locked
"""
_COUNT = """
with recursive kinds as materialized (
  select * from unnest(%(codes)s::text[], %(weights)s::int[], %(normal)s::int[], %(watch)s::int[])
    as k(code, weight, normal, watch)
), member as (
  select id as root, id from unnest(%(ids)s::bigint[]) as a(id)
  union
  select m.root, c.id from member m join customers_customer c on c.merged_into_id = m.id
), fact as (
  select m.root, f.* from member m join dossiers_fact f on f.customer_id = m.id
  where f.known_since is not null and f.known_until is null
), shown as (
  select distinct on (f.root, f.field) f.root, k.weight,
    f.observed_on + case when c.status = 'watch' then k.watch else k.normal end as due_on
  from fact f join kinds k on k.code = f.field join customers_customer c on c.id = f.root
  where (f.valid_from is null or f.valid_from <= %(today)s)
    and (f.valid_until is null or f.valid_until >= %(today)s)
  order by f.root, f.field, f.reliability, f.observed_on desc, f.known_since desc, f.id desc
), complete as (
  select root, sum(weight) as there, min(due_on) filter (where weight > 0) as fresh_until
  from shown group by root
), turning as (
  select root, min(day) as day from (
    select root, case when valid_from > %(today)s then valid_from else valid_until + 1 end as day
    from fact where valid_from > %(today)s or valid_until >= %(today)s
    union all
    select m.root, d.valid_from from member m join dossiers_document d on d.customer_id = m.id
    where d.kind = 'licence' and d.withdrawn_at is null and d.valid_from > %(today)s
  ) x group by root
), licence as (
  select root, max(ends) as ends, max(seen) filter (where ends is null) as endless from (
    select root, valid_until as ends, observed_on as seen from fact
    where field = 'business_licence' and (valid_from is null or valid_from <= %(today)s)
    union all
    select m.root, d.valid_until, null from member m join dossiers_document d
      on d.customer_id = m.id
    where d.kind = 'licence' and d.withdrawn_at is null and d.valid_until is not null
      and (d.valid_from is null or d.valid_from <= %(today)s)
  ) x group by root
)
update dossiers_filestanding s set moved = false, counted_at = %(at)s,
  complete_bps = coalesce(round(10000.0 * n.there / %(whole)s), 0),
  fresh_until = n.fresh_until, recount_on = t.day,
  licence_until = case when l.endless > l.ends then null else l.ends end,
  tier = case when c.status = 'watch' then 'watch' else 'normal' end, into_id = c.merged_into_id
from customers_customer c left join complete n on n.root = c.id
left join turning t on t.root = c.id left join licence l on l.root = c.id
where s.customer_id = c.id and c.id = any(%(ids)s::bigint[])
"""
