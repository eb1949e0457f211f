"""The triggers by which a run of an expert model and a judgement of pairs never change.

What is null may be written once: who adopted a run, and when a judgement was replaced. Only the
demonstration's runs may be deleted.
"""

from django.db import migrations

NEVER_CHANGES = """
create function modelling_expert_keep() returns trigger language plpgsql as $$
declare
  o jsonb := to_jsonb(old);
  n jsonb;
  k text;
begin
  if tg_op = 'DELETE' then
    if tg_table_name = 'modelling_expertrun' and exists (
      select 1 from customers_customer c where c.id = (o->>'customer_id')::bigint and c.simulated)
    then return old; end if;
    raise exception '% % can''t be deleted', tg_table_name, o->>'id'
      using errcode = 'restrict_violation', hint = 'Another run or judgement follows it.';
  end if;
  n := to_jsonb(new);
  select x into k from jsonb_object_keys(n) x
  where o->x is distinct from n->x and not (o->>x is null and x in (
    'adopted_by_id', 'adopted_at', 'assessment_id', 'replaced_at')) limit 1;
  if k is not null then
    raise exception '% %: % never changes', tg_table_name, o->>'id', k
      using errcode = 'restrict_violation', hint = 'Another run or judgement follows it.';
  end if;
  return new;
end $$;
create trigger modelling_expertrun_never_changes before update or delete on modelling_expertrun
  for each row execute function modelling_expert_keep();
create trigger modelling_ahpjudgement_never_changes
  before update or delete on modelling_ahpjudgement
  for each row execute function modelling_expert_keep();
"""
TAKE_BACK = """
drop trigger modelling_expertrun_never_changes on modelling_expertrun;
drop trigger modelling_ahpjudgement_never_changes on modelling_ahpjudgement;
drop function modelling_expert_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("modelling", "0001_initial")]

    operations = [migrations.RunSQL(NEVER_CHANGES, TAKE_BACK)]
