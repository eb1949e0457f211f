"""The sequence of application numbers, and triggers: the trail, a snapshot and a vote never change.

Only what belongs to the demonstration's customers may be deleted.
"""

from django.db import migrations

FORWARDS = """
create sequence applications_number;
create function applications_keep() returns trigger language plpgsql as $$
declare
  o jsonb := to_jsonb(old);
  n jsonb;
  k text;
begin
  if tg_op = 'DELETE' then
    if exists (select 1 from applications_application a
      join customers_customer c on c.id = a.customer_id
      where a.id = (o->>'application_id')::bigint and not c.simulated) then
      raise exception '% % can''t be deleted', tg_table_name, old.id
        using errcode = 'restrict_violation';
    end if;
    return old;
  end if;
  n := to_jsonb(new);
  select x into k from jsonb_object_keys(n) x
  where o->x is distinct from n->x and not (o->>x is null and x = any(tg_argv)) limit 1;
  if k is not null then
    raise exception '% %: % never changes', tg_table_name, old.id, k
      using errcode = 'restrict_violation', hint = 'What happened next is a row of its own.';
  end if;
  return new;
end $$;
create trigger applications_step_never_changes before update or delete on applications_step
  for each row execute function applications_keep();
create trigger applications_snapshot_never_changes before update or delete on applications_snapshot
  for each row execute function applications_keep('superseded_at', 'entry_id');
create function applications_keep_vote() returns trigger language plpgsql as $$
begin
  if old.vote <> '' and (new.vote, new.words, new.voted_by_id, new.stood_in_for_id, new.voted_at,
      new.snapshot_sha256) is distinct from (old.vote, old.words, old.voted_by_id,
      old.stood_in_for_id, old.voted_at, old.snapshot_sha256) then
    raise exception 'seat %: a vote never changes', old.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger applications_vote_never_changes before update on applications_seat
  for each row execute function applications_keep_vote();
"""
BACKWARDS = """
drop trigger applications_vote_never_changes on applications_seat;
drop function applications_keep_vote();
drop trigger applications_snapshot_never_changes on applications_snapshot;
drop trigger applications_step_never_changes on applications_step;
drop function applications_keep();
drop sequence applications_number;
"""


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
