"""An installation that runs already: the shipped roles get the permission words for documents of
the credit file. Whatever else was edited stays.
"""

from django.db import migrations

ADD = """
update people_role r set permissions = r.permissions || array(
  select word from unnest(n.words) with ordinality as w(word, place)
  where not word = any(r.permissions::text[]) order by place)::varchar[]
from (values ('credit_manager', array['documents.add', 'documents.view.secret']),
  ('finance_director', array['documents.view.secret']),
  ('auditor', array['documents.view.secret']),
  ('sales', array['documents.add']),
  ('collector', array['documents.add'])) as n(code, words)
where r.code = n.code and not r.permissions::text[] @> n.words
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0005_words_for_facts")]
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
