"""Which held orders must be looked at again: those whose state is not the one last judged on.

The state is one fingerprint of all that a check reads: every line of the order's tree, the customer
and who pays, the rating, how the credit file stands, the rates, the policy and the day. It is made
of the rows' own versions (PostgreSQL's xmin), not of clocks: an import that began before a hold was
opened and commits after it is noticed, whatever their times say. (A file is counted again and again
without standing otherwise: there the figures themselves count.) Example: 30,000.00 are received for
C-7; the line's row has a new version; the three holds of C-7 have another fingerprint than the one
they keep.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from xinheng.limits.arrays import plain


class Moved(NamedTuple):
    """Waiting holds of one tree of lines, by the id of its top."""

    top: int
    decision_ids: list[UUID]


# One fingerprint for each waiting hold that is meant. Each tree is read once, however many holds it
# has.
_PRINTS = """
with waiting as (
  select h.decision_id, h.seen, h.evaluated_at, h.opened_at, d.customer_id, l.customer_id as payer,
    coalesce(l.root_id, l.id) as top
  from decisions_hold h
  join decisions_decision d on d.id = h.decision_id
  join limits_creditline l on l.id = d.line_id
  where h.state = 'waiting' and (%(ids)s::uuid[] is null or h.decision_id = any(%(ids)s::uuid[]))
), tree as (
  select t.top, (
    select md5(string_agg(x.id || ':' || x.xmin::text, ',' order by x.id))
    from limits_creditline x where x.id = t.top or x.root_id = t.top
  ) as print
  from (select distinct top from waiting) t
), world as (
  select %(policy)s || ':' || %(today)s || ':' || coalesce((select max(id) from almanac_rate), 0)
    as print
), print as (
  select w.decision_id, w.top, w.seen, w.evaluated_at, w.opened_at, md5(world.print || '|'
    || tree.print || '|'
    || (select c.xmin::text from customers_customer c where c.id = w.customer_id) || '|'
    || (select c.xmin::text from customers_customer c where c.id = w.payer) || '|'
    || coalesce((select r.xmin::text from decisions_rating r where r.customer_id = w.payer), '-')
    || coalesce((select '|' || z.complete_bps || '|' || coalesce(z.fresh_until::text, '-') || '|'
      || coalesce(z.licence_until::text, '-') from dossiers_filestanding z
      where z.customer_id = w.payer and z.counted_at is not null), ''))
    as now
  from waiting w join tree on tree.top = w.top cross join world
)
"""

# Trees in which a hold must be looked at again: the one that was looked at longest ago comes first.
_MOVED = (
    _PRINTS
    + """
select p.top, array_agg(p.decision_id) from print p
where p.top = any(array(
  select top from print where seen is distinct from now
  group by top order by min(coalesce(evaluated_at, opened_at)), top limit %(trees)s
)) group by p.top order by p.top
"""
)

_SEEN = (
    _PRINTS
    + """
update decisions_hold h set seen = p.now, evaluated_at = %(at)s::timestamptz from print p
where h.decision_id = p.decision_id
"""
)


def moved(policy_id: int, today: date, *, trees_max: int) -> list[Moved]:
    """The waiting holds of trees in which at least one must be looked at again."""
    meant = {"policy": str(policy_id), "today": today.isoformat(), "ids": None}
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {**meant, "trees": trees_max})
        return [Moved(top, list(ids)) for top, ids in cursor.fetchall()]


def note_seen(decision_ids: Iterable[UUID], policy_id: int, today: date, *, at: datetime) -> None:
    """These holds have been judged on what the open transaction sees; call it after its writes."""
    meant = {"policy": str(policy_id), "today": today.isoformat(), "ids": plain(decision_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {**meant, "at": at})
