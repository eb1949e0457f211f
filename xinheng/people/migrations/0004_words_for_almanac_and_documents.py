"""An installation that runs already: the shipped roles get the permission words that are newer than
they are, so that somebody may enter rates and deal with documents that contradict. Whatever else
was edited in a role stays; a role that was taken out stays out.
"""

from django.db import migrations

ADD = """
update people_role r set permissions = r.permissions || array(
  select word from unnest(n.words) with ordinality as w(word, place)
  where not word = any(r.permissions::text[]) order by place)::varchar[]
from (values ('credit_manager', array['almanac.edit', 'documents.write']),
  ('finance_director', array['almanac.edit'])) as n(code, words)
where r.code = n.code and not r.permissions::text[] @> n.words
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0003_special_approval")]
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
