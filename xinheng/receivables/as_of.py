"""What was open on a day, said once in SQL for every reader of the book.

    open on day = open now + whatever was applied after it             (invoices issued by the day)
    unapplied on day = unapplied now + whatever was applied after it   (receipts that came by then;
                       prepayments are counted by themselves, what is not confirmed nowhere)

So today's book reads only what is open today, whatever the length of history; the further back, the
more. A credit note is no open item: what is left of it counts as unapplied. Example: invoice 80.00
of 1 Sep, 20.00 applied on 5 Oct and 60.00 on 9 Nov: open at 80.00 on 1 Oct, 60.00 on 31 Oct, 0.00
on 30 Nov.

The fragments read %(as_of)s; `{where}` narrows the invoice `i` or the receipt `r`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection

OPEN_PARTS = """
select i.id, i.customer_id, i.currency, i.due_on, i.open_minor as part from receivables_invoice i
where i.open_minor <> 0 and i.issued_on <= %(as_of)s {where}
union all
select i.id, i.customer_id, i.currency, i.due_on, a.amount_minor from receivables_allocation a
join receivables_invoice i on i.id = a.invoice_id
where a.applied_on > %(as_of)s and i.issued_on <= %(as_of)s {where}
"""

UNAPPLIED = """
select id, sum(part)::bigint as unapplied_minor from (
  select r.id, r.unapplied_minor as part from receivables_receipt r
  where r.unapplied_minor <> 0 and r.received_on <= %(as_of)s and {counts} {where}
  union all
  select r.id, a.amount_minor from receivables_allocation a
  join receivables_receipt r on r.id = a.receipt_id
  where a.applied_on > %(as_of)s and r.received_on <= %(as_of)s and {counts} {where}
) parts group by id
"""


def open_parts_sql(where: str = "") -> str:
    """(id, customer_id, currency, due_on, part): the parts of an invoice add up to its open amount.

    `where` begins with "and". All parts are positive, so sums over groups need no grouping by id.
    """
    return OPEN_PARTS.format(where=where)


def open_items_sql(where: str = "") -> str:
    """(id, open_minor) of each invoice open on the day."""
    return (
        f"select id, sum(part)::bigint as open_minor from ({open_parts_sql(where)}) p group by id"
    )


def unapplied_sql(where: str = "") -> str:
    """(id, unapplied_minor) of each receipt or credit note with money left on the day."""
    return UNAPPLIED.format(where=where, counts="r.confirmed and not r.prepayment")


def prepaid_sql(where: str = "") -> str:
    """(id, unapplied_minor) of each confirmed prepayment with money left on the day."""
    return UNAPPLIED.format(where=where, counts="r.confirmed and r.prepayment")


def rows(statement: str, values: dict[str, Any], as_of: date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "as_of": as_of})
        return list(cursor.fetchall())
