"""The measures of a large book from sums kept with each file, so that nobody waits for a pass.

Per file and per block four weights are kept: present, timely, accurate, secure; first those of the
whole file, then block by block. They count the file's own facts, as `measures.SHOWN` does, and a
law holds both equal. A round counts a file again when it changed and on the day after one of its
facts was last fresh. Example: 100,000 files are added up from 100,000 rows of 36 numbers, where
the pass over their million facts takes seconds. A small book is measured as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from xinheng.customers.models import Customer
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.measures import Measures, measures_of, parameters
from xinheng.people.queries import WholeBook

LIVE_MAX: Final = 2_000  # up to so many customers the pass over the facts takes no time

# `place` 0 is the whole file; s.sums[4 * place + 1 .. 4] are its four weights.
KEPT = """
with book as (
  select c.id, c.code, c.business_unit_id as unit_id,
    case when c.status = 'watch' then 'watch' else 'normal' end as tier
  from customers_customer c
  where c.merged_into_id is null and c.status <> 'closed'
    and (%(unit)s::bigint is null or c.business_unit_id = %(unit)s)
), sums as not materialized (
  select b.id as customer_id, b.unit_id, k.block, s.sums[4 * k.place + 1]::bigint as there,
    s.sums[4 * k.place + 2]::bigint as timely, s.sums[4 * k.place + 3]::bigint as accurate,
    s.sums[4 * k.place + 4]::bigint as secure
  from book b join dossiers_filestanding s on s.customer_id = b.id
  cross join (
    select block, ordinality - 1 as place
    from unnest(%(places)s::text[]) with ordinality as p(block, ordinality)
  ) k
  where s.sums is not null
    and case when %(each)s then k.block <> '' else k.block = %(block)s end
)
"""
_BOOK = """
select count(*), coalesce(sum(s.sums[1]), 0), coalesce(sum(s.sums[2]), 0),
  coalesce(sum(s.sums[3]), 0), coalesce(sum(s.sums[4]), 0)
from customers_customer c left join dossiers_filestanding s on s.customer_id = c.id
where c.merged_into_id is null and c.status <> 'closed'
  and (%(unit)s::bigint is null or c.business_unit_id = %(unit)s)
"""
_KEEP = """
with kinds as materialized (
  select * from unnest(%(codes)s::text[], %(blocks)s::text[], %(weights)s::int[],
    %(normal)s::int[], %(watch)s::int[], %(personal)s::bool[])
    as k(code, block, weight, normal, watch, personal)
), shown as (
  select distinct on (f.customer_id, f.field) f.customer_id, f.field, f.reliability, f.how,
    f.confidence, f.legal_basis, f.value_sealed is not null as sealed, k.block, k.weight,
    k.personal, f.observed_on + case when c.status = 'watch' then k.watch else k.normal end
      as due_on
  from dossiers_fact f join kinds k on k.code = f.field
  join customers_customer c on c.id = f.customer_id
  where f.customer_id = any(%(ids)s::bigint[])
    and f.known_since is not null and f.known_until is null
    and (f.valid_from is null or f.valid_from <= %(day)s)
    and (f.valid_until is null or f.valid_until >= %(day)s)
  order by f.customer_id, f.field, f.reliability, f.observed_on desc, f.known_since desc, f.id desc
), cell as (
  select s.customer_id, coalesce(s.block, '') as block, sum(s.weight) as there,
    sum(s.weight) filter (where s.due_on >= %(day)s) as timely,
    sum(s.weight) filter (where s.reliability = any(%(reliable)s) and s.how = any(%(hows)s)
      and s.confidence >= %(confidence)s and d.id is null) as accurate,
    sum(s.weight) filter (where s.legal_basis <> '' and (s.sealed or not s.personal)) as secure
  from shown s left join dossiers_conflictcase d
    on d.customer_id = s.customer_id and d.field = s.field and d.resolved_at is null
  group by grouping sets ((s.customer_id), (s.customer_id, s.block))
), told as (
  select a.id, array_agg(coalesce(v.weight, 0)::int order by p.place, v.nth) as sums
  from unnest(%(ids)s::bigint[]) as a(id)
  cross join unnest(%(places)s::text[]) with ordinality as p(block, place)
  left join cell n on n.customer_id = a.id and n.block = p.block
  cross join lateral (values (1, n.there), (2, n.timely), (3, n.accurate), (4, n.secure))
    as v(nth, weight)
  group by a.id
), turning as (
  select customer_id, min(due_on) + 1 as day from shown where due_on >= %(day)s group by 1
)
update dossiers_filestanding s set sums = t.sums, stale_on = n.day
from told t left join turning n on n.customer_id = t.id
where s.customer_id = t.id
"""


def keep_sums(cursor: Any, ids: Sequence[int], today: date) -> None:
    """A step of counting files: the weights of these files as of today."""
    asked = parameters(WholeBook(), today) or {}
    cursor.execute(_KEEP, {**asked, **places(), "ids": list(ids)})


def is_large() -> bool:
    """Whether the book is too large to be measured while somebody waits."""
    return Customer.objects.order_by()[LIVE_MAX : LIVE_MAX + 1].exists()


def kept_measures(user: Any, day: date) -> Measures:
    """The four measures over all files in sight, as they were counted last."""
    asked = parameters(user, day)
    if asked is None:
        return Measures(Decimal("0.00"), None, None, None, 0)
    with connection.cursor() as cursor:
        cursor.execute(_BOOK, asked)
        files, *sums = (int(figure) for figure in cursor.fetchone())
    whole = files * sum(field.weight for field in catalogue().fields.values())
    return measures_of(whole, *sums, files)


def places() -> dict[str, Any]:
    """What the kept weights are of, in their order: "" is the whole file."""
    return {"places": ["", *(block.code for block in catalogue().blocks)]}
