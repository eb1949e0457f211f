-- The yardstick (design: speed.md, "The yardstick, defined"): what the product writes for one order, as one
-- PL/pgSQL function and one transaction per order. It locks the line, evaluates the eight checks of the default
-- policy, and writes the same rows with the product's mean byte lengths: decision, reservation, journal row,
-- pending leaf and disclosure. It runs in tables of its own, made LIKE the product's with all their indexes.
drop schema if exists yardstick cascade;
create schema yardstick;
create table yardstick.line (like limits_creditline including all);
create table yardstick.opendue (like limits_opendue including all);
create table yardstick.rating (like decisions_rating including all);
create table yardstick.reservation (like limits_reservation including all);
create table yardstick.movement (like limits_movement including all);
create table yardstick.decision (like decisions_decision including all);
create table yardstick.pending (like ledger_pendingentry including all);
create table yardstick.disclosure (like ledger_disclosure including all);
insert into yardstick.line overriding system value select * from limits_creditline;
insert into yardstick.opendue overriding system value select * from limits_opendue;
insert into yardstick.rating select * from decisions_rating;
update yardstick.line set orders_minor = 0, line_version = 0;
alter table yardstick.reservation drop constraint if exists reservation_line_version;

create function yardstick.check_order(customer bigint, ref text, amount bigint, facts_len int, order_len int,
  answer_len int, leaf_len int, sealed_len int) returns text language plpgsql as $$
declare
  l yardstick.line; r yardstick.rating; c customers_customer; known bytea;
  overdue bigint; oldest date; used bigint; verdict text := 'approve'; reservation uuid; entry uuid;
begin
  select * into l from yardstick.line where customer_id = customer and currency = 'CNY'
    and scope = '' for no key update;
  select answer into known from yardstick.decision where order_ref = ref and version = 1;
  if found then return 'again'; end if;
  perform 1 from yardstick.reservation where order_ref = ref and state in ('pending', 'posted');
  select * into c from customers_customer where id = customer;
  select * into r from yardstick.rating where customer_id = customer;
  select coalesce(sum(open_minor), 0), min(due_on) into overdue, oldest from yardstick.opendue
    where line_id = l.id and due_on < current_date and open_minor > 0;
  used := l.open_items_minor + l.unbilled_minor + l.orders_minor + l.bills_minor + l.guarantees_minor
    - l.unapplied_minor - l.prepaid_minor;
  if c.status <> 'active' then verdict := 'hold';
  elsif l.amount_minor is null or current_date not between l.valid_from and l.valid_until then verdict := 'hold';
  elsif used + amount > l.amount_minor then verdict := 'hold';
  elsif amount > coalesce(l.single_order_cap_minor, amount) then verdict := 'refer';
  elsif overdue > l.overdue_allowed_minor then verdict := 'hold';
  elsif current_date - coalesce(oldest, current_date) > l.overdue_days_allowed then verdict := 'hold';
  elsif r.valid_until < current_date then verdict := 'refer';
  elsif 30 > coalesce(l.terms_days_max, 30) then verdict := 'refer';
  end if;
  entry := gen_random_uuid();
  if verdict = 'approve' then
    reservation := gen_random_uuid();
    update yardstick.line set orders_minor = orders_minor + amount, line_version = line_version + 1,
      updated_at = clock_timestamp() where id = l.id;
    insert into yardstick.movement (line_id, component, delta_minor, cause, document, at)
      values (l.id, 'orders', amount, 'reserve', 'order:' || ref || '#1', clock_timestamp());
    insert into yardstick.reservation (id, line_id, order_ref, order_version, amount_minor, used_before_minor,
        ceiling_minor, unlimited, line_version, state, posted_minor, created_at, expires_at, counts_minor,
        limit_line_id)
      values (reservation, l.id, ref, 1, amount, used, l.amount_minor, false, l.line_version + 1, 'pending', 0,
        clock_timestamp(), clock_timestamp() + interval '30 days', amount, l.id);
  end if;
  insert into yardstick.decision (id, order_ref, version, customer_id, line_id, amount_minor, currency, outcome,
      request_sha256, facts, order_bytes, answer, policy_id, requested_by, decided_at, reservation_id, entry_id)
    values (gen_random_uuid(), ref, 1, customer, l.id, amount, 'CNY', verdict, sha256(ref::bytea),
      convert_to(rpad(ref, facts_len, 'f'), 'utf8'), convert_to(rpad(ref, order_len, 'o'), 'utf8'),
      convert_to(rpad(ref, answer_len, 'a'), 'utf8'), 1, 'key:1', clock_timestamp(), reservation, entry);
  insert into yardstick.pending (entry_id, leaf) values (entry, convert_to(rpad(ref, leaf_len, 'l'), 'utf8'));
  insert into yardstick.disclosure (entry_id, data_key_id, sealed)
    values (entry, c.data_key_id, convert_to(rpad(ref, sealed_len, 's'), 'utf8'));
  return verdict;
end $$;
