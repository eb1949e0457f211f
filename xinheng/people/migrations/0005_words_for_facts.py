"""An installation that runs already: the shipped roles get the permission words for the credit
file's facts, so that somebody may enter and verify them. Whatever else was edited stays.
"""

from django.db import migrations

ADD = """
update people_role r set permissions = r.permissions || array(
  select word from unnest(n.words) with ordinality as w(word, place)
  where not word = any(r.permissions::text[]) order by place)::varchar[]
from (values ('credit_manager', array['facts.enter', 'facts.verify']),
  ('finance_director', array['facts.verify']),
  ('sales', array['facts.enter']),
  ('collector', array['facts.enter'])) as n(code, words)
where r.code = n.code and not r.permissions::text[] @> n.words
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0004_words_for_almanac_and_documents")]
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
