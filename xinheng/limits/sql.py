"""The room's set-based statements: one for each write, however many lines it concerns.

Arrays in, rows out; every identifier is written out, so that a prepared plan is the same for one
order and for two hundred. `FOR NO KEY UPDATE` does not block foreign-key inserts that only
reference the line.
"""

MISSING_LINES = """
insert into limits_creditline (customer_id, currency, scope, unlimited, overdue_allowed_minor,
  overdue_days_allowed, forced_hold, forced_hold_reason, open_items_minor, unbilled_minor,
  orders_minor, bills_minor, guarantees_minor, unapplied_minor, prepaid_minor, line_version,
  updated_at)
select c, k, s, false, 0, 0, false, '', 0, 0, 0, 0, 0, 0, 0, 0, %s::timestamptz
from unnest(%s::bigint[], %s::text[], %s::text[]) as wanted(c, k, s)
where not exists (
  select 1 from limits_creditline l where l.customer_id = c and l.currency = k and l.scope = s
)
order by c, k, s
on conflict (customer_id, currency, scope) do nothing
returning customer_id
"""

FIND_LINES = """
select l.customer_id, l.currency, l.scope, l.id
from unnest(%s::bigint[], %s::text[], %s::text[]) as wanted(c, k, s)
join limits_creditline l on l.customer_id = c and l.currency = k and l.scope = s
"""

# The lines above those that are named: they are locked with them, all in one order.
PATHS = """
select distinct unnest(path) from limits_creditline where id = any(%s::bigint[])
"""

# A line as `values.LockedLine` holds it: WIDTH columns of `limits_creditline l`.
COLUMNS = """l.id, l.customer_id, l.currency, l.amount_minor, l.unlimited, l.valid_from::text,
  l.valid_until::text, l.single_order_cap_minor, l.terms_days_max, l.overdue_allowed_minor,
  l.overdue_days_allowed, l.forced_hold, l.grace_days, l.covered_minor, l.temporary,
  l.open_items_minor, l.unbilled_minor, l.orders_minor, l.bills_minor, l.guarantees_minor,
  l.unapplied_minor, l.prepaid_minor, l.bank_bills_minor, l.listed_bills_minor,
  l.line_version, l.scope, l.path, l.root_id, l.in_force_until::text"""
WIDTH = 29

LOCK_LINES = f"""
select {COLUMNS}
from limits_creditline l where l.id = any(%s::bigint[]) order by l.id for no key update
"""

ADD_TO_COUNTERS = """
update limits_creditline l set
  open_items_minor = l.open_items_minor + d.open_items,
  unbilled_minor = l.unbilled_minor + d.unbilled,
  orders_minor = l.orders_minor + d.orders, bills_minor = l.bills_minor + d.bills,
  guarantees_minor = l.guarantees_minor + d.guarantees,
  unapplied_minor = l.unapplied_minor + d.unapplied, prepaid_minor = l.prepaid_minor + d.prepaid,
  bank_bills_minor = l.bank_bills_minor + d.bank_bills,
  listed_bills_minor = l.listed_bills_minor + d.listed_bills,
  updated_at = %s::timestamptz
from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
            %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
  as d(line_id, open_items, unbilled, orders, bills, guarantees, unapplied, prepaid, bank_bills,
       listed_bills)
where l.id = d.line_id
"""

ADD_MOVEMENTS = """
insert into limits_movement (line_id, component, delta_minor, cause, document, at)
select line_id, component, delta, cause, document, %s::timestamptz
from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[]) with ordinality
  as m(line_id, component, delta, cause, document, o)
order by o
"""

SHIFT_DUE = """
insert into limits_opendue as d (line_id, due_on, open_minor)
select line_id, due_on, sum(delta)::bigint
from unnest(%s::bigint[], %s::date[], %s::bigint[]) as s(line_id, due_on, delta)
group by line_id, due_on having sum(delta) <> 0 order by line_id, due_on
on conflict (line_id, due_on) do update set open_minor = d.open_minor + excluded.open_minor
"""

EMPTY_DUE = "delete from limits_opendue where open_minor = 0 and line_id = any(%s::bigint[])"

SHIFT_ORDER_DUE = """
insert into limits_orderdue as d (line_id, due_on, open_minor)
select line_id, due_on, sum(delta)::bigint
from unnest(%s::bigint[], %s::date[], %s::bigint[]) as s(line_id, due_on, delta)
group by line_id, due_on having sum(delta) <> 0 order by line_id, due_on
on conflict (line_id, due_on) do update set open_minor = d.open_minor + excluded.open_minor
"""

EMPTY_ORDER_DUE = "delete from limits_orderdue where open_minor = 0 and line_id = any(%s::bigint[])"

SHIFT_DISPUTED = """
insert into limits_disputeddue as d (line_id, due_on, accepted_on, open_minor)
select line_id, due_on, accepted_on, sum(delta)::bigint
from unnest(%s::bigint[], %s::date[], %s::date[], %s::bigint[])
  as s(line_id, due_on, accepted_on, delta)
group by line_id, due_on, accepted_on having sum(delta) <> 0 order by line_id, due_on, accepted_on
on conflict (line_id, due_on, accepted_on)
  do update set open_minor = d.open_minor + excluded.open_minor
"""

EMPTY_DISPUTED = (
    "delete from limits_disputeddue where open_minor = 0 and line_id = any(%s::bigint[])"
)

# The counter, the line's version and the journal move in the statement that makes the promise.
RESERVE = """
with asked as (
  select * from unnest(%s::uuid[], %s::bigint[], %s::text[], %s::int[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bool[], %s::uuid[], %s::bigint[], %s::timestamptz[], %s::bigint[],
    %s::bigint[], %s::date[], %s::bigint[]) with ordinality
    as r(id, line_id, order_ref, order_version, amount, used_before, ceiling, unlimited,
         override_id, line_version, expires_at, counts, limit_line_id, delivery_on, covered, o)
), added as (
  select line_id, sum(amount)::bigint as amount, max(line_version) as line_version
  from asked group by line_id
), counted as (
  update limits_creditline l set orders_minor = l.orders_minor + added.amount,
    line_version = greatest(l.line_version, added.line_version), updated_at = %s::timestamptz
  from added where l.id = added.line_id
), moved as (
  insert into limits_movement (line_id, component, delta_minor, cause, document, at)
  select line_id, 'orders', amount, 'reserve', 'order:' || order_ref || '#' || order_version,
    %s::timestamptz
  from asked order by o
), dated as (
  insert into limits_orderdue as d (line_id, due_on, open_minor)
  select line_id, delivery_on, sum(amount)::bigint from asked where delivery_on is not null
  group by 1, 2 order by 1, 2
  on conflict (line_id, due_on) do update set open_minor = d.open_minor + excluded.open_minor
)
insert into limits_reservation (id, line_id, order_ref, order_version, amount_minor,
  used_before_minor, ceiling_minor, unlimited, override_id, line_version, state, posted_minor,
  created_at, expires_at, counts_minor, limit_line_id, delivery_on, covered_before_minor)
select id, line_id, order_ref, order_version, amount, used_before, ceiling, unlimited, override_id,
  line_version, 'pending', 0, %s::timestamptz, expires_at, coalesce(counts, amount),
  coalesce(limit_line_id, line_id), delivery_on, covered
from asked order by o
"""

# Each further limit above the reservation's own, guarded by its own check, and its version grows.
RESERVE_LEVELS = """
with asked as (
  select * from unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bool[], %s::bool[], %s::bigint[])
    as r(reservation_id, line_id, counts, used_before, ceiling, unlimited, overridden, line_version)
), grown as (
  update limits_creditline l set line_version = greatest(l.line_version, a.line_version)
  from (select line_id, max(line_version) as line_version from asked group by 1) a
  where l.id = a.line_id
)
insert into limits_reservationlevel (reservation_id, line_id, counts_minor, used_before_minor,
  ceiling_minor, unlimited, overridden, line_version)
select reservation_id, line_id, counts, used_before, ceiling, unlimited, overridden, line_version
from asked
"""

# What is still promised goes back to the line; the state check makes each ending happen once.
# A reservation that documents have covered (posted) ends only by being replaced.
END_RESERVATIONS = """
with ended as (
  update limits_reservation r set state = %s, ended_at = %s::timestamptz
  where r.id = any(%s::uuid[]) and (r.state = 'pending' or (r.state = 'posted' and %s))
  returning r.id, r.line_id, r.order_ref, r.order_version, r.amount_minor - r.posted_minor as freed,
    r.delivery_on
), given as (
  select line_id, sum(freed)::bigint as freed from ended group by line_id
), counted as (
  update limits_creditline l set orders_minor = l.orders_minor - given.freed,
    updated_at = %s::timestamptz
  from given where l.id = given.line_id and given.freed <> 0
), moved as (
  insert into limits_movement (line_id, component, delta_minor, cause, document, at)
  select line_id, 'orders', -freed, %s, 'order:' || order_ref || '#' || order_version,
    %s::timestamptz
  from ended where freed <> 0 order by order_ref
), dated as (
  update limits_orderdue d set open_minor = d.open_minor - s.freed
  from (select line_id, delivery_on, sum(freed)::bigint as freed from ended
    where delivery_on is not null group by 1, 2) s
  where d.line_id = s.line_id and d.due_on = s.delivery_on
)
select id, line_id, order_ref, freed from ended
"""

PENDING_DUE = """
select id, line_id from limits_reservation
where state = 'pending' and expires_at <= %s order by expires_at limit %s
"""
