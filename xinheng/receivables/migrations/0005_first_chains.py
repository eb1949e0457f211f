"""Chains of the orders that are there already, and what of them was covered when a pending
reservation was made beside them (what documents took over since is in its posted_minor).
"""

from django.db import migrations

FILL = """
insert into receivables_orderchain (customer_id, currency, number, scope, delivery_on, ended,
  ordered_minor, delivered_minor, invoiced_minor, open_minor, unbilled_minor)
select customer_id, currency, number, '', max(delivery_on), bool_or(ended), sum(ordered), 0,
  sum(invoiced), case when bool_or(ended) then 0 else greatest(sum(ordered) - sum(invoiced), 0) end,
  0
from (
  select customer_id, currency, number, delivery_on, state <> 'open' as ended,
    amount_minor as ordered, 0 as invoiced from receivables_order
  union all
  select customer_id, currency, order_number, null, false, 0, amount_minor
  from receivables_invoice where order_number <> '' and amount_minor > 0
) p
group by 1, 2, 3
on conflict (number, customer_id, currency) do nothing
"""
COVERED = """
update limits_reservation r set covered_before_minor
  = greatest(greatest(c.ordered_minor, c.invoiced_minor) - r.posted_minor, 0)
from limits_creditline l, receivables_orderchain c
where r.state = 'pending' and l.id = r.line_id and c.number = r.order_ref
  and c.customer_id = l.customer_id and c.currency = l.currency and not c.ended
"""


class Migration(migrations.Migration):
    dependencies = [
        ("limits", "0004_order_chain"),
        ("receivables", "0004_documents_in_force"),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(COVERED, migrations.RunSQL.noop),
    ]
