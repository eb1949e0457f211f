"""The trigger by which a statement never changes: versions end, verification is written once.

Only the demonstration's statements may be deleted.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


NEVER_CHANGES = """
create function dossiers_statement_keep() returns trigger language plpgsql as $$
declare
  o jsonb := to_jsonb(old);
  n jsonb;
  k text;
begin
  if tg_op = 'DELETE' then
    if old.simulated then return old; end if;
    raise exception 'statement % can''t be deleted', old.id using errcode = 'restrict_violation',
      hint = 'Other figures are a further version.';
  end if;
  n := to_jsonb(new);
  select x into k from jsonb_object_keys(n) x
  where o->x is distinct from n->x and not (o->>x is null and x in (
    'verified_by_id', 'verified_at', 'how', 'known_until')) limit 1;
  if k is not null then
    raise exception 'statement %: % never changes', old.id, k using errcode = 'restrict_violation',
      hint = 'Other figures are a further version.';
  end if;
  return new;
end $$;
create trigger dossiers_statement_never_changes before update or delete on dossiers_statement
  for each row execute function dossiers_statement_keep();
"""
TAKE_BACK = """
drop trigger dossiers_statement_never_changes on dossiers_statement;
drop function dossiers_statement_keep();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_prospects'),
        ('dossiers', '0004_versions_of_statements'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='statement',
            name='restores',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dossiers.statement'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('known_until__isnull', True), ('known_until__gt', models.F('known_since')), _connector='OR'), name='statement_known_in_order'),
        ),
        migrations.RunSQL(NEVER_CHANGES, TAKE_BACK),
    ]
