"""How each file stands, and the triggers by which a changed file asks to be counted again."""

import django.db.models.deletion
from django.db import migrations, models


MOVED = """
create function dossiers_file_moved() returns trigger language plpgsql as $$
begin
  insert into dossiers_filestanding as s (customer_id, moved)
  select distinct customer_id, true from changed order by 1
  on conflict (customer_id) do update set moved = true where not s.moved;
  return null;
end $$;
create function dossiers_facts_moved() returns trigger language plpgsql as $$
begin
  insert into dossiers_filestanding as s (customer_id, moved)
  select distinct customer_id, true from changed where known_since is not null order by 1
  on conflict (customer_id) do update set moved = true where not s.moved;
  return null;
end $$;
create trigger dossiers_fact_entered after insert on dossiers_fact
  referencing new table as changed for each statement execute function dossiers_facts_moved();
create trigger dossiers_fact_moved after update on dossiers_fact
  referencing new table as changed for each statement execute function dossiers_facts_moved();
create trigger dossiers_document_added after insert on dossiers_document
  referencing new table as changed for each statement execute function dossiers_file_moved();
create trigger dossiers_document_moved after update on dossiers_document
  referencing new table as changed for each statement execute function dossiers_file_moved();
insert into dossiers_filestanding (customer_id, moved)
  select customer_id, true from dossiers_fact union select customer_id, true from dossiers_document;
"""
TAKE_BACK = """
drop trigger dossiers_document_moved on dossiers_document;
drop trigger dossiers_document_added on dossiers_document;
drop trigger dossiers_fact_moved on dossiers_fact;
drop trigger dossiers_fact_entered on dossiers_fact;
drop function dossiers_facts_moved();
drop function dossiers_file_moved();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0005_prospects'),
        ('dossiers', '0005_statements_never_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='FileStanding',
            fields=[
                ('customer', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='customers.customer')),
                ('moved', models.BooleanField(db_default=False)),
                ('complete_bps', models.IntegerField(db_default=0)),
                ('fresh_until', models.DateField(null=True)),
                ('licence_until', models.DateField(null=True)),
                ('recount_on', models.DateField(null=True)),
                ('tier', models.CharField(db_default='normal', max_length=6)),
                ('counted_at', models.DateTimeField(null=True)),
                ('into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='customers.customer')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('moved', True)), fields=['customer'], name='file_standing_moved'), models.Index(fields=['recount_on'], name='file_standing_recount')],
            },
        ),
        migrations.RunSQL(MOVED, TAKE_BACK),
    ]
