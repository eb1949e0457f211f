"""An installation that runs already: whoever may release holds may approve a tenth of it beyond the
limit, for 30 days, until somebody edits the rows. Without them nobody could release such an order.
"""

from django.db import migrations

ADD = """
insert into people_authority (role_id, action, currency, up_to_minor, unlimited, days_max)
select role_id, 'special_approval', currency, up_to_minor / 10, unlimited, 30
from people_authority a where action = 'release_hold' and not exists (
  select 1 from people_authority s where s.role_id = a.role_id and s.currency = a.currency
    and s.action = 'special_approval')
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0002_life_of_a_line")]
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
