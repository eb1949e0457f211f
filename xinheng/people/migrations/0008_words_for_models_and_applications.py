"""An installation that runs already: the permission words for models, grades and applications, and
the roles that the authority matrix names (domain reference 6.2).
"""

from django.db import migrations

ADD = """
update people_role r set permissions = r.permissions || array(
  select word from unnest(n.words) with ordinality as w(word, place)
  where not word = any(r.permissions::text[]) order by place)::varchar[]
from (values ('credit_manager', array['models.view', 'models.rate', 'models.edit',
    'models.promote', 'grades.override', 'grades.confirm', 'applications.view',
    'applications.write', 'applications.investigate', 'applications.decide']),
  ('finance_director', array['models.view', 'models.promote', 'grades.confirm',
    'applications.view', 'applications.decide']),
  ('sales', array['applications.view', 'applications.write']),
  ('analyst', array['models.view', 'models.rate', 'models.edit', 'grades.override',
    'applications.view', 'applications.write', 'applications.investigate']),
  ('auditor', array['models.view', 'applications.view'])) as n(code, words)
where r.code = n.code and not r.permissions::text[] @> n.words;
insert into people_role (code, name, name_en, permissions)
select * from (values ('credit_officer', '信用专员', 'Credit officer', array['portfolio.view',
    'customers.view', 'decisions.view', 'policies.view', 'facts.enter', 'documents.add',
    'inquiries.ask', 'talks.write', 'models.view', 'models.rate', 'applications.view',
    'applications.write', 'applications.investigate', 'applications.decide']::varchar[]),
  ('sales_director', '销售总监', 'Sales director', array['portfolio.view', 'customers.view',
    'decisions.view', 'applications.view', 'applications.decide']::varchar[]),
  ('general_manager', '总经理', 'General manager', array['portfolio.view', 'customers.view',
    'decisions.view', 'policies.view', 'models.view', 'applications.view',
    'applications.decide']::varchar[]),
  ('committee', '信用委员会委员', 'Member of the credit committee', array['portfolio.view',
    'customers.view', 'decisions.view', 'models.view', 'applications.view',
    'applications.decide']::varchar[]),
  ('board', '董事', 'Director of the board', array['portfolio.view', 'customers.view',
    'decisions.view', 'applications.view', 'applications.decide']::varchar[])) as n(code, name,
    name_en, words)
where exists (select from people_role) on conflict (code) do nothing
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0007_words_for_asking")]
    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
