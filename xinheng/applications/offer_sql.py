"""Who may be offered more credit, over the whole book in one statement.

Cheap conditions first (limit in force, rating, file, a waiting suggestion of the assessment), then
for those that are left how much of the limit they used and how late they paid. What was in use on a
day is what was open then, by the documents' own days: orders and bills are left out, which makes
the share smaller, never larger. Example: limit 500,000.00, on average 410,000.00 open over 90 days:
82 %; suggested 800,000.00; offered min(800,000, 500,000 × 1.3) = 650,000.00.
"""

from __future__ import annotations

from typing import Final

# open(t) = open now + what was applied after t; its mean over the window adds each part times the
# days on which it was open.
_USAGE: Final = """
  select (coalesce(sum(part.amount * part.days), 0) / %(usage_days)s)::bigint as mean_minor from (
    select i.open_minor as amount, %(today)s - greatest(i.issued_on, %(from)s) as days
    from receivables_invoice i
    where i.customer_id = k.customer_id and i.currency = k.currency and i.open_minor <> 0
      and i.issued_on < %(today)s
    union all
    select a.amount_minor, least(a.applied_on, %(today)s) - greatest(i.issued_on, %(from)s)
    from receivables_invoice i join receivables_allocation a on a.invoice_id = i.id
    where i.customer_id = k.customer_id and i.currency = k.currency
      and i.due_on > %(old)s and a.applied_on > %(from)s and a.applied_on > i.issued_on
  ) part where part.days > 0
"""

# The most days late of anything paid in the window or open today; null: nothing is known.
_LATEST: Final = """
  select max(late.days) as days from (
    select a.applied_on - i.due_on as days
    from receivables_invoice i join receivables_allocation a on a.invoice_id = i.id
    join receivables_receipt r on r.id = a.receipt_id
    where i.customer_id = k.customer_id and i.due_on > %(old)s and r.method <> 'credit_note'
      and a.applied_on > %(today)s - %(late_window)s and a.applied_on <= %(today)s
    union all
    select %(today)s - i.due_on from receivables_invoice i
    where i.customer_id = k.customer_id and i.open_minor > 0 and i.issued_on <= %(today)s
  ) late
"""

CANDIDATES: Final = f"""
with k as materialized (
  select l.customer_id, c.business_unit_id, l.currency, l.amount_minor, p.amount_minor as suggested,
    r.grade, (a.inputs ->> 'payment_index')::numeric as payment_index, z.complete_bps
  from limits_proposal p
  join limits_creditline l on l.customer_id = p.customer_id and l.currency = p.currency
    and l.scope = ''
  join customers_customer c on c.id = l.customer_id
  join decisions_rating r on r.customer_id = l.customer_id
  join decisions_assessment a on a.id = r.assessment_id
  join dossiers_filestanding z on z.customer_id = l.customer_id
  where p.state = 'proposed' and p.scope = '' and not p.temporary and not p.unlimited
    and not (p.workings ? 'by_hand')
    and c.status = 'active' and c.merged_into_id is null
    and l.amount_minor > 0 and not l.temporary and not l.forced_hold and l.valid_from <= %(today)s
    and (l.valid_until is null or l.valid_until >= %(today)s)
    and p.amount_minor * 100 > l.amount_minor * %(over_pct)s
    and r.grade = any(%(grades)s::text[]) and r.valid_until >= %(today)s
    and (a.inputs ->> 'payment_index')::numeric >= %(index_min)s
    and z.complete_bps >= %(complete_min)s and z.fresh_until >= %(today)s
    and not exists (select 1 from applications_increaseoffer o
      where o.customer_id = l.customer_id and o.currency = l.currency
        and (o.state in ('waiting', 'offered')
          or o.made_at > %(at)s - make_interval(days => %(again)s)))
    and not exists (select 1 from applications_application x
      where x.customer_id = l.customer_id and x.currency = l.currency and x.kind <> 'temporary'
        and x.ended_at is null)
)
select k.customer_id, k.business_unit_id, k.currency, k.amount_minor, k.suggested, k.grade,
  k.payment_index, k.complete_bps, usage.mean_minor, latest.days
from k
cross join lateral ({_USAGE} offset 0) usage
cross join lateral ({_LATEST} offset 0) latest
where usage.mean_minor * 100 >= k.amount_minor * %(usage_pct)s and latest.days <= %(late_max)s
order by usage.mean_minor::numeric / k.amount_minor desc, k.customer_id limit %(most)s
"""

# An offer stands while its day has not passed, the limit is what it was, the grade is good enough
# and nothing is late.
LAPSED: Final = """
update applications_increaseoffer o set state = 'lapsed', decided_at = %(at)s
where o.id in (
  select o.id from applications_increaseoffer o
  where o.state in ('waiting', 'offered') and (
    o.valid_until < %(today)s
    or not exists (select 1 from limits_creditline l where l.customer_id = o.customer_id
      and l.currency = o.currency and l.scope = '' and l.amount_minor = o.from_minor
      and not l.forced_hold and (l.valid_until is null or l.valid_until >= %(today)s))
    or not exists (select 1 from decisions_rating r where r.customer_id = o.customer_id
      and r.grade = any(%(grades)s::text[]) and r.valid_until >= %(today)s)
    or exists (select 1 from customers_customer c where c.id = o.customer_id
      and (c.status <> 'active' or c.merged_into_id is not null))
    or exists (select 1 from limits_opendue d join limits_creditline l on l.id = d.line_id
      where l.customer_id = o.customer_id and d.open_minor > 0
        and d.due_on < %(today)s - %(late_max)s))
  order by o.id limit %(most)s)
"""
