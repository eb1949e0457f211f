"""An installation that runs already: the permission words for asking outsiders, contracts and
talks, and the role of the analyst, the third pair of eyes that a critical fact needs.
"""

from django.db import migrations

ADD = """
update people_role r set permissions = r.permissions || array(
  select word from unnest(n.words) with ordinality as w(word, place)
  where not word = any(r.permissions::text[]) order by place)::varchar[]
from (values ('credit_manager', array['inquiries.ask', 'inquiries.review', 'reports.buy',
    'contracts.edit', 'talks.write']),
  ('finance_director', array['inquiries.review', 'reports.buy']),
  ('sales', array['inquiries.ask', 'contracts.edit', 'talks.write']),
  ('collector', array['talks.write'])) as n(code, words)
where r.code = n.code and not r.permissions::text[] @> n.words;
insert into people_role (code, name, name_en, permissions)
select 'analyst', '信用分析员', 'Credit analyst', array['portfolio.view', 'customers.view',
  'decisions.view', 'policies.view', 'imports.run', 'facts.enter', 'facts.verify', 'documents.add',
  'inquiries.ask', 'inquiries.review', 'reports.buy', 'talks.write']::varchar[]
where exists (select from people_role) on conflict (code) do nothing
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0006_words_for_papers")]
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
