"""Limits that stood in their lines become the first dated limits."""

from django.db import migrations

COPY = """
insert into limits_datedlimit (line_id, temporary, amount_minor, unlimited, valid_from, valid_until,
  grace_days, single_order_cap_minor, terms_days_max, overdue_allowed_minor, overdue_days_allowed,
  reason, granted_by, granted_at)
select id, false, amount_minor, unlimited, coalesce(valid_from, updated_at::date), valid_until, 0,
  single_order_cap_minor, terms_days_max, overdue_allowed_minor, overdue_days_allowed, '',
  'system:migration', updated_at
from limits_creditline where amount_minor is not null or unlimited
"""


class Migration(migrations.Migration):
    dependencies = [("limits", "0002_life_of_a_line")]
    operations = [migrations.RunSQL(COPY, migrations.RunSQL.noop)]
