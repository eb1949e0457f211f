"""The statements behind the plan of limits and the tree of lines: one each, however many lines.

Arrays in, rows out, as in `sql.py`. `BRING_IN_FORCE` writes only what differs, so that a line
whose limit did not change keeps its `updated_at` (waiting holds are judged again when it moves).
"""

PLANNED = """
select d.line_id, d.ended_at is not null, d.id, d.temporary, d.amount_minor, d.unlimited,
  d.valid_from, d.valid_until, d.grace_days, d.single_order_cap_minor, d.terms_days_max,
  d.overdue_allowed_minor, d.overdue_days_allowed
from limits_datedlimit d where d.line_id = any(%s::bigint[])
"""

COVERING = """
select c.line_id, c.amount_minor, c.share_bps, c.valid_from, c.valid_until
from limits_cover c where c.line_id = any(%s::bigint[]) and c.ended_at is null
"""

BRING_IN_FORCE = """
with held as (
  select h.line_id,
    case when h.planned then h.amount else l.amount_minor end as amount,
    case when h.planned then h.unlimited else l.unlimited end as unlimited,
    case when h.planned then h.begins else l.valid_from end as begins,
    case when h.planned then h.ends else l.valid_until end as ends,
    case when h.planned then h.grace else l.grace_days end as grace,
    case when h.planned then h.temporary else l.temporary end as temporary,
    case when h.planned then h.cap else l.single_order_cap_minor end as cap,
    case when h.planned then h.terms else l.terms_days_max end as terms,
    case when h.planned then h.overdue else l.overdue_allowed_minor end as overdue,
    case when h.planned then h.days else l.overdue_days_allowed end as days,
    h.covered, h.until,
    (l.covered_minor <> h.covered or h.planned and (l.amount_minor, l.unlimited, l.valid_from,
      l.valid_until, l.grace_days, l.temporary, l.single_order_cap_minor, l.terms_days_max,
      l.overdue_allowed_minor, l.overdue_days_allowed)
      is distinct from (h.amount, h.unlimited, h.begins, h.ends, h.grace, h.temporary, h.cap,
        h.terms, h.overdue, h.days)) as changed,
    l.in_force_until is distinct from h.until as dated
  from unnest(%s::bigint[], %s::bool[], %s::bigint[], %s::bool[], %s::date[], %s::date[], %s::int[],
    %s::bool[], %s::bigint[], %s::int[], %s::bigint[], %s::int[], %s::bigint[], %s::date[])
    as h(line_id, planned, amount, unlimited, begins, ends, grace, temporary, cap, terms, overdue,
      days, covered, until)
  join limits_creditline l on l.id = h.line_id
)
update limits_creditline l set amount_minor = h.amount, unlimited = h.unlimited,
  valid_from = h.begins, valid_until = h.ends, grace_days = h.grace, temporary = h.temporary,
  single_order_cap_minor = h.cap, terms_days_max = h.terms, overdue_allowed_minor = h.overdue,
  overdue_days_allowed = h.days, covered_minor = h.covered, in_force_until = h.until,
  updated_at = case when h.changed then %s::timestamptz else l.updated_at end
from held h where l.id = h.line_id and (h.changed or h.dated)
returning l.id, h.changed
"""

# All who belong together, over parents and merges in both directions. Locked in id order, so that
# nobody enters a relation or makes a line beside what is being arranged.
RELATED = """
with recursive near(id) as (
  select unnest(%s::bigint[])
  union
  select other.id from near n cross join lateral (
    select below.id from customers_customer below where below.parent_id = n.id
    union all
    select merged.id from customers_customer merged where merged.merged_into_id = n.id
    union all
    select next.id from customers_customer own
    cross join unnest(array[own.parent_id, own.merged_into_id]) as next(id)
    where own.id = n.id and next.id is not null
  ) other
)
select c.id, c.parent_id, c.merged_into_id from customers_customer c
where c.id in (select id from near) order by c.id
"""
RELATED_SHARED = RELATED + " for share of c"
RELATED_ALONE = RELATED + " for no key update of c"

# Lines of these customers, and lines that still lie in one tree with them from before.
TREE_LINES = """
with mine as (
  select id, root_id, path from limits_creditline where customer_id = any(%s::bigint[])
), known as (
  select id from mine
  union select unnest(path) from mine
  union select l.id from limits_creditline l
    where l.root_id in (select root_id from mine where root_id is not null)
)
select l.id, l.customer_id, l.currency, l.scope,
  case when l.temporary then exists (
    select 1 from limits_datedlimit d where d.line_id = l.id and not d.temporary
      and d.ended_at is null and d.valid_from <= %s::date)
  else l.unlimited or l.amount_minor is not null end,
  l.within_id, l.path, l.root_id
from limits_creditline l where l.id in (select id from known) order by l.id
"""

LOCK_TREES = """
select id from limits_creditline where id = any(%s::bigint[]) order by id for no key update
"""

PLACE_LINES = """
update limits_creditline l set within_id = p.within, path = p.path::bigint[], root_id = p.root,
  updated_at = %s::timestamptz
from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[]) as p(line_id, within, path, root)
where l.id = p.line_id
"""

PATHS_OF = "select id, path from limits_creditline where id = any(%s::bigint[])"

# Lines and all below them, with their counters; orders beyond the horizon are told apart.
BOOKED = """
select l.id, l.currency, l.path, coalesce((select sum(o.open_minor) from limits_orderdue o
    where o.line_id = l.id and o.due_on > %s::date), 0)::bigint,
  l.open_items_minor, l.unbilled_minor, l.orders_minor, l.bills_minor, l.guarantees_minor,
  l.unapplied_minor, l.prepaid_minor, l.bank_bills_minor, l.listed_bills_minor
from limits_creditline l
where l.id = any(%s::bigint[]) or l.root_id in (
  select t.root_id from limits_creditline t where t.id = any(%s::bigint[]))
"""

# A limit that stands in the line but in no plan, as it would be the first row of one.
_BEFORE_PLANS = """
from limits_creditline l
where l.id = any(%s::bigint[]) and (l.unlimited or l.amount_minor is not null)
  and not exists (select from limits_datedlimit d where d.line_id = l.id)
"""

STANDING = f"""
select d.line_id, d.id, d.temporary, d.amount_minor, d.unlimited, d.valid_from, d.valid_until,
  d.grace_days, d.single_order_cap_minor, d.terms_days_max, d.overdue_allowed_minor,
  d.overdue_days_allowed
from limits_datedlimit d where d.line_id = any(%s::bigint[]) and d.ended_at is null
union all
select l.id, 0, false, l.amount_minor, l.unlimited, coalesce(l.valid_from, l.updated_at::date),
  l.valid_until, l.grace_days, l.single_order_cap_minor, l.terms_days_max, l.overdue_allowed_minor,
  l.overdue_days_allowed {_BEFORE_PLANS}
"""

KEEP_BASE = f"""
insert into limits_datedlimit (line_id, temporary, amount_minor, unlimited, valid_from, valid_until,
  grace_days, single_order_cap_minor, terms_days_max, overdue_allowed_minor, overdue_days_allowed,
  reason, granted_by, granted_at)
select l.id, false, l.amount_minor, l.unlimited, coalesce(l.valid_from, l.updated_at::date),
  l.valid_until, l.grace_days, l.single_order_cap_minor, l.terms_days_max, l.overdue_allowed_minor,
  l.overdue_days_allowed, '', 'system:before', %s::timestamptz {_BEFORE_PLANS}
"""

REPLACE_DATED = """
update limits_datedlimit d set ended_at = %s::timestamptz, ended_by = %s
from unnest(%s::bigint[], %s::bool[], %s::date[]) as n(line_id, temporary, valid_from)
where d.ended_at is null and d.line_id = n.line_id and d.temporary = n.temporary
  and d.valid_from = n.valid_from
"""

ADD_DATED = """
insert into limits_datedlimit (line_id, temporary, amount_minor, unlimited, valid_from, valid_until,
  grace_days, single_order_cap_minor, terms_days_max, overdue_allowed_minor, overdue_days_allowed,
  reason, proposed_by, granted_by, granted_at)
select n.*, %s, %s::timestamptz
from unnest(%s::bigint[], %s::bool[], %s::bigint[], %s::bool[], %s::date[], %s::date[], %s::int[],
  %s::bigint[], %s::int[], %s::bigint[], %s::int[], %s::text[], %s::text[])
  as n(line_id, temporary, amount, unlimited, begins, ends, grace, cap, terms, overdue, days,
    reason, proposed_by)
"""

END_DATED = """
update limits_datedlimit set ended_at = %s::timestamptz, ended_by = %s, end_reason = %s
where id = any(%s::bigint[]) and ended_at is null
"""

# --- Proposals

# A person's own amount waits until a person deals with it: no calculation takes its place.
SUPERSEDE_PROPOSALS = """
update limits_proposal p set state = 'superseded', decided_at = %s::timestamptz
from unnest(%s::bigint[], %s::text[], %s::text[], %s::bool[], %s::bool[])
  as n(customer_id, currency, scope, temporary, by_hand)
where p.state = 'proposed' and p.customer_id = n.customer_id and p.currency = n.currency
  and p.scope = n.scope and p.temporary = n.temporary
  and (n.by_hand or not jsonb_exists(p.workings, 'by_hand'))
"""

# All that wait for these customers are locked in key order first, as those who grant them do.
WITHDRAW_PROPOSALS = """
with waiting as (
  select id, customer_id, currency, jsonb_exists(workings, 'by_hand') as by_hand
  from limits_proposal where state = 'proposed' and customer_id = any(%s::bigint[])
  order by id for no key update
)
update limits_proposal p set state = 'superseded', decided_at = %s::timestamptz
from waiting w where p.id = w.id and not w.by_hand
  and not exists (select from unnest(%s::bigint[], %s::text[]) as k(customer_id, currency)
    where k.customer_id = w.customer_id and k.currency = w.currency)
"""

# What a person has rejected is not suggested again until its figures change. The workings come as
# one JSON array: in an SQL array each quote of theirs would be escaped, which took half the time.
ADD_PROPOSALS = """
insert into limits_proposal (customer_id, currency, scope, temporary, workings, amount_minor,
  unlimited, terms_days, valid_from, valid_until, proposed_by, state, proposed_at)
select n.customer_id, n.currency, n.scope, n.temporary, n.workings::jsonb, n.amount, n.unlimited,
  n.terms, n.begins, n.ends, n.proposed_by, 'proposed', %s::timestamptz
from rows from (unnest(%s::bigint[], %s::text[], %s::text[], %s::bool[], %s::bool[], %s::bigint[],
    %s::bool[], %s::int[], %s::date[], %s::date[], %s::text[]), json_array_elements(%s::json))
  as n(customer_id, currency, scope, temporary, by_hand, amount, unlimited, terms, begins, ends,
    proposed_by, workings)
where not exists (select from limits_proposal w where w.state = 'proposed'
    and w.customer_id = n.customer_id and w.currency = n.currency and w.scope = n.scope
    and w.temporary = n.temporary)
  and (n.by_hand or not exists (
    select from limits_proposal r where r.state = 'rejected' and r.customer_id = n.customer_id
      and r.currency = n.currency and r.scope = n.scope and r.temporary = n.temporary
      and r.amount_minor = n.amount and r.terms_days is not distinct from n.terms))
"""

DECIDE_PROPOSALS = """
update limits_proposal set state = %s, decided_by_id = %s, decided_at = %s::timestamptz
where id = any(%s::bigint[]) and state = 'proposed'
"""

REJECT_PROPOSALS = """
update limits_proposal set state = 'rejected', decided_by_id = %s, decided_at = %s::timestamptz,
  workings = workings || jsonb_build_object('rejected', jsonb_build_object('reason', %s::text))
where id = any(%s::bigint[]) and state = 'proposed'
"""

# --- In force since midnight, and forced holds

DUE = """
select id from limits_creditline where in_force_until < %s::date
order by in_force_until, id limit %s
"""

# A limit of its own has begun, and the line still lies within another of the same customer; or it
# is the first of the customer, and lines without any do not count on it yet.
OUT_OF_PLACE = """
select l.customer_id from limits_creditline l
join limits_creditline above on above.id = l.within_id
where l.scope = '' and not l.temporary and (l.unlimited or l.amount_minor is not null)
  and above.scope = '' and above.customer_id = l.customer_id
union
select below.customer_id from limits_creditline l
join limits_creditline below on below.customer_id = l.customer_id and below.scope = ''
  and below.id <> l.id and not below.unlimited and below.amount_minor is null
join customers_customer c on c.id = below.customer_id and c.merged_into_id is null
left join limits_creditline above on above.id = below.within_id
where l.scope = '' and not l.temporary and (l.unlimited or l.amount_minor is not null)
  and (above.id is null or above.scope <> '' or above.customer_id <> below.customer_id)
limit %s
"""

SWITCH_HOLD = """
update limits_creditline set forced_hold = %s, forced_hold_reason = %s, forced_hold_by = %s,
  forced_hold_at = %s::timestamptz, updated_at = %s::timestamptz
where id = %s
"""

# --- Covers

ADD_COVER = """
insert into limits_cover (line_id, kind, reference, amount_minor, share_bps, valid_from,
  valid_until, provider, entered_by, entered_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::timestamptz)
on conflict (line_id, kind, reference) where ended_at is null do nothing returning id
"""

END_COVER = """
update limits_cover set ended_at = %s::timestamptz, ended_by = %s, end_reason = %s
where id = %s and ended_at is null
"""

BASE_LIMITS = """
select l.customer_id, l.currency, b.amount_minor, b.terms_days_max
from limits_creditline l cross join lateral (
  select l.amount_minor, l.terms_days_max, l.valid_until where not l.temporary
  union all
  (select d.amount_minor, d.terms_days_max, d.valid_until from limits_datedlimit d
  where l.temporary and d.line_id = l.id and not d.temporary and d.ended_at is null
    and d.valid_from <= %s::date order by d.valid_from desc, d.id desc limit 1)
  offset 0
) b
where l.customer_id = any(%s::bigint[]) and l.scope = ''
  and (b.valid_until is null or b.valid_until >= %s::date)
"""
