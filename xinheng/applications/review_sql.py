"""Which customers are due for a look, over the whole book in one statement for each cause.

Each gives rows (customer_id, business_unit_id, about, day). Only customers with credit in force are
looked at; merged and closed ones are not. A review of the same cause and about that is open, or was
made within `again` days, keeps another from coming. Example: a limit until 2026-12-31 gives, from
16 November on, ("expiry", "limit:CNY:2026-12-31").
"""

from __future__ import annotations

from typing import Final

# Credit in force today: own, group or sub-limit, base or temporary. Suspended lines count too: the
# licence that suspends them is what is looked at, and behind them a base limit stands.
CREDITOR: Final = """
with creditor as materialized (
  select c.id, c.business_unit_id, c.status from customers_customer c
  where c.merged_into_id is null and c.status <> 'closed' and exists (
    select 1 from limits_creditline l join limits_datedlimit d on d.line_id = l.id
    where l.customer_id = c.id and d.ended_at is null and not d.temporary
      and (d.unlimited or d.amount_minor > 0) and d.valid_from <= %(today)s
      and (d.valid_until is null or d.valid_until >= %(today)s - %(back)s))
)
"""

_NEW: Final = """
where not exists (select 1 from applications_review v
  where v.customer_id = f.customer_id and v.cause = %(cause)s and v.about = f.about
    and (v.state in ('open', 'started') or v.made_at > %(at)s - make_interval(days => %(again)s)))
order by f.day, f.customer_id limit %(most)s
"""

EXPIRY: Final = (
    CREDITOR
    + """
select f.* from (
  select c.id as customer_id, c.business_unit_id,
    'limit:' || l.currency || case when l.scope = '' then '' else ':' || l.scope end
      || ':' || ends.day as about, ends.day
  from creditor c join limits_creditline l on l.customer_id = c.id
  cross join lateral (
    select nullif(max(coalesce(d.valid_until, 'infinity'::date)), 'infinity') as day
    from limits_datedlimit d where d.line_id = l.id and d.ended_at is null and not d.temporary
      and (d.unlimited or d.amount_minor > 0) offset 0) ends
  where ends.day between %(today)s - %(back)s and %(today)s + %(ahead)s
) f
"""
    + _NEW
)

# Looked at last: the newest grant in force, review done or application ended.
ANNUAL: Final = (
    CREDITOR
    + """
select f.* from (
  select t.id as customer_id, t.business_unit_id, 'since:' || t.looked as about,
    (t.looked + make_interval(months => t.months))::date as day
  from (
    select c.id, c.business_unit_id, greatest(granted.day, reviewed.day, applied.day) as looked,
      case when r.grade = any(%(weak)s) then %(weak_months)s
        when c.status = 'watch' or z.tier = 'watch' then %(watch_months)s
        else %(normal_months)s end as months
    from creditor c
    left join decisions_rating r on r.customer_id = c.id
    left join dossiers_filestanding z on z.customer_id = c.id
    cross join lateral (
      select max(least(d.valid_from, d.granted_at::date)) as day from limits_creditline l
      join limits_datedlimit d on d.line_id = l.id
      where l.customer_id = c.id and d.ended_at is null and not d.temporary
        and (d.unlimited or d.amount_minor > 0) offset 0) granted
    cross join lateral (
      select max(v.ended_at)::date as day from applications_review v
      where v.customer_id = c.id and v.state = 'done' offset 0) reviewed
    cross join lateral (
      select max(a.ended_at)::date as day from applications_application a
      where a.customer_id = c.id and a.state in ('granted', 'rejected') offset 0) applied
  ) t
  where (t.looked + make_interval(months => t.months))::date <= %(today)s + %(lead)s
) f
"""
    + _NEW
)

# The run of the present grade began within the window, and the grade before it was better. A
# person's override is no fall: who made it knew.
GRADE: Final = (
    CREDITOR
    + """
select f.* from (
  select c.id as customer_id, c.business_unit_id,
    'grade:' || was.grade || '>' || now.grade as about, began.day
  from creditor c join decisions_rating r on r.customer_id = c.id
  cross join lateral (
    select coalesce(nullif(r.model_grade, ''), r.grade) as grade offset 0) now
  cross join lateral (
    select a.grade, a.assessed_at from decisions_assessment a
    where a.customer_id = c.id and a.grade <> '' and a.grade <> now.grade
    order by a.assessed_at desc limit 1) was
  cross join lateral (
    select min(a.assessed_at)::date as day, min(a.assessed_at) as instant
    from decisions_assessment a where a.customer_id = c.id and a.grade = now.grade
      and a.assessed_at > was.assessed_at offset 0) began
  where now.grade <> '' and began.instant > %(at)s - make_interval(days => %(within)s)
    and array_position(%(grades)s::text[], was.grade)
      < array_position(%(grades)s::text[], now.grade)
) f
"""
    + _NEW
)

LICENCE: Final = (
    CREDITOR
    + """
select f.* from (
  select c.id as customer_id, c.business_unit_id, 'licence:' || z.licence_until as about,
    z.licence_until as day
  from creditor c join dossiers_filestanding z on z.customer_id = c.id
  where z.licence_until < %(today)s
) f
"""
    + _NEW
)

# Accepted disputes are not overdue.
OVERDUE: Final = (
    CREDITOR
    + """
select f.* from (
  select c.id as customer_id, c.business_unit_id, 'overdue' as about, min(o.due_on) as day
  from limits_opendue o join limits_creditline l on l.id = o.line_id
  join creditor c on c.id = l.customer_id
  where o.open_minor > 0 and o.due_on <= %(today)s - %(oldest)s
    and o.open_minor > coalesce((select sum(x.open_minor) from limits_disputeddue x
      where x.line_id = o.line_id and x.due_on = o.due_on), 0)
  group by c.id, c.business_unit_id
) f
"""
    + _NEW
)

STALE: Final = (
    CREDITOR
    + """
select f.* from (
  select c.id as customer_id, c.business_unit_id, 'stale' as about, z.fresh_until as day
  from creditor c join dossiers_filestanding z on z.customer_id = c.id
  where z.fresh_until < %(today)s
) f
"""
    + _NEW
)

CONFLICT: Final = (
    CREDITOR
    + """
select f.* from (
  select c.id as customer_id, c.business_unit_id, 'conflict:' || k.field as about,
    k.opened_at::date as day
  from creditor c join dossiers_conflictcase k on k.customer_id = c.id
  where k.resolved_at is null and k.opened_at < %(at)s - make_interval(days => %(open)s)
) f
"""
    + _NEW
)

FINDERS: Final = {  # code → (cause, statement)
    "expiry": ("expiry", EXPIRY),
    "annual": ("annual", ANNUAL),
    "licence": ("event", LICENCE),
    "grade": ("event", GRADE),
    "overdue": ("event", OVERDUE),
    "conflict": ("event", CONFLICT),
    "stale": ("event", STALE),
}

# --- What ends by itself: open reviews whose cause has gone, started ones whose application ended.

# A later base limit runs past the end that the review is about.
_RENEWED = """case when v.cause = 'expiry' then exists (
  select 1 from limits_creditline l join limits_datedlimit d on d.line_id = l.id
  where l.customer_id = v.customer_id and d.ended_at is null and not d.temporary
    and 'limit:' || l.currency || case when l.scope = '' then '' else ':' || l.scope end || ':'
      = left(v.about, length(v.about) - 10)
    and (d.valid_until is null or d.valid_until > right(v.about, 10)::date)) else false end"""
_MENDED = """v.cause = 'event' and (
  (v.about = 'stale' and exists (select 1 from dossiers_filestanding z
    where z.customer_id = v.customer_id and z.fresh_until >= %(today)s))
  or (v.about like 'licence:%%' and exists (select 1 from dossiers_filestanding z
    where z.customer_id = v.customer_id and z.licence_until >= %(today)s))
  or (v.about like 'conflict:%%' and not exists (select 1 from dossiers_conflictcase k
    where k.customer_id = v.customer_id and k.resolved_at is null
      and v.about = 'conflict:' || k.field)))"""

GONE: Final = f"""
update applications_review v set state = 'dropped', ended_at = %(at)s, outcome = %(said)s
where v.id in (select v.id from applications_review v where v.state = 'open'
  and ({_RENEWED} or {_MENDED}) order by v.id limit %(most)s)
"""
# What was decided settles the review; an application that was withdrawn or ran out does not, and
# the next round finds the customer again when its time comes.
SETTLED: Final = """
update applications_review v set ended_at = %(at)s,
  state = case when a.state in ('granted', 'rejected') then 'done' else 'dropped' end,
  outcome = a.number || ' ' || a.state
from applications_application a
where a.id = v.application_id and v.state = 'started'
  and a.state in ('granted', 'rejected', 'withdrawn', 'lapsed')
"""
