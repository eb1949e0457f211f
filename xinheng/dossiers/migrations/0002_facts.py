"""Facts with a source, conflict cases, and the trigger by which a fact never changes.

What is null may be written once, in the columns that later steps fill; nothing is rewritten, and
only the demonstration's facts may be deleted.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


NEVER_CHANGES = """
create function dossiers_fact_keep() returns trigger language plpgsql as $$
declare
  o jsonb := to_jsonb(old);
  n jsonb;
  k text;
begin
  if tg_op = 'DELETE' then
    if old.simulated then return old; end if;
    raise exception 'fact % can''t be deleted', old.id using errcode = 'restrict_violation',
      hint = 'A mistake is corrected by a further fact.';
  end if;
  n := to_jsonb(new);
  select x into k from jsonb_object_keys(n) x
  where o->x is distinct from n->x and not (o->>x is null and x in (
    'verified_by_id', 'verified_at', 'how', 'confidence', 'second_reviewer_id', 'seconded_at',
    'rejected_by_id', 'rejected_at', 'reject_reason', 'known_since', 'known_until')) limit 1;
  if k is not null then
    raise exception 'fact %: % never changes', old.id, k using errcode = 'restrict_violation',
      hint = 'A mistake is corrected by a further fact.';
  end if;
  return new;
end $$;
create trigger dossiers_fact_never_changes before update or delete on dossiers_fact
  for each row execute function dossiers_fact_keep();
"""
TAKE_BACK = """
drop trigger dossiers_fact_never_changes on dossiers_fact;
drop function dossiers_fact_keep();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_life_of_a_line'),
        ('dossiers', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=40)),
                ('value', models.TextField(null=True)),
                ('value_sealed', models.BinaryField(null=True)),
                ('valid_from', models.DateField(null=True)),
                ('valid_until', models.DateField(null=True)),
                ('observed_on', models.DateField()),
                ('source', models.CharField(max_length=60)),
                ('reliability', models.CharField(max_length=1)),
                ('evidence', models.CharField(blank=True, max_length=200)),
                ('legal_basis', models.CharField(blank=True, max_length=20)),
                ('secrecy', models.SmallIntegerField()),
                ('critical', models.BooleanField()),
                ('reason', models.CharField(blank=True, max_length=1000)),
                ('entered_by', models.CharField(max_length=60)),
                ('entered_at', models.DateTimeField()),
                ('simulated', models.BooleanField(default=False)),
                ('verified_at', models.DateTimeField(null=True)),
                ('how', models.CharField(max_length=20, null=True)),
                ('confidence', models.SmallIntegerField(null=True)),
                ('seconded_at', models.DateTimeField(null=True)),
                ('rejected_at', models.DateTimeField(null=True)),
                ('reject_reason', models.CharField(max_length=1000, null=True)),
                ('known_since', models.DateTimeField(null=True)),
                ('known_until', models.DateTimeField(null=True)),
                ('corrects', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dossiers.fact')),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('entered_person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rejected_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('second_reviewer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('verified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ConflictCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=40)),
                ('opened_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=1000)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer')),
                ('resolved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('chosen', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dossiers.fact')),
                ('opened_by_fact', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='dossiers.fact')),
            ],
        ),
        migrations.AddIndex(
            model_name='fact',
            index=models.Index(fields=['customer', 'field'], name='fact_of_customer'),
        ),
        migrations.AddIndex(
            model_name='fact',
            index=models.Index(condition=models.Q(('known_since__isnull', True), ('rejected_at__isnull', True)), fields=['entered_at', 'id'], name='fact_waiting'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.UniqueConstraint(condition=models.Q(('known_since__isnull', False), ('known_until__isnull', True)), fields=('customer', 'field', 'source'), name='fact_current_once'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('value__isnull', True), ('value_sealed__isnull', True), _connector='XOR'), name='fact_has_one_value'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__isnull', True), ('valid_from__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='fact_valid_in_order'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('known_until__isnull', True), ('known_until__gt', models.F('known_since')), _connector='OR'), name='fact_known_in_order'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('reliability__in', ['A', 'B', 'C', 'D']), ('secrecy__in', [1, 2, 3]), models.Q(('confidence__isnull', True), ('confidence__range', (0, 100)), _connector='OR')), name='fact_grades_known'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('how__isnull', True), ('how__in', ['customer', 'third_party', 'public_record', 'site_visit']), _connector='OR'), name='fact_how_known'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('verified_by__isnull', True), ('entered_person__isnull', True), models.Q(('verified_by', models.F('entered_person')), _negated=True), _connector='OR'), name='fact_verified_by_another'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('second_reviewer__isnull', True), models.Q(models.Q(('second_reviewer', models.F('verified_by')), _negated=True), models.Q(('entered_person__isnull', True), models.Q(('second_reviewer', models.F('entered_person')), _negated=True), _connector='OR')), _connector='OR'), name='fact_seconded_by_a_third'),
        ),
        migrations.AddConstraint(
            model_name='fact',
            constraint=models.CheckConstraint(condition=models.Q(('known_since__isnull', True), models.Q(('confidence__isnull', False), ('how__isnull', False), ('rejected_at__isnull', True), ('verified_at__isnull', False), ('verified_by__isnull', False), models.Q(('critical', False), ('second_reviewer__isnull', False), _connector='OR')), _connector='OR'), name='fact_verified_before_known'),
        ),
        migrations.AddConstraint(
            model_name='conflictcase',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('customer', 'field'), name='conflict_open_once'),
        ),
        migrations.AddConstraint(
            model_name='conflictcase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('chosen__isnull', True), ('resolved_at__isnull', True), ('resolved_by__isnull', True)), models.Q(('chosen__isnull', False), ('resolved_at__isnull', False), ('resolved_by__isnull', False)), _connector='OR'), name='conflict_resolved_whole'),
        ),
        migrations.RunSQL(NEVER_CHANGES, TAKE_BACK),
    ]
