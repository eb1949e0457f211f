"""Receipts that other documents bring with them: settlements, credit notes and bills of exchange.

`credit.cash_application.own_receipt` says which an invoice brings; a bill settles invoices as money
would, until it bounces. Here they are kept in line with their documents, so that one mechanism
applies all of it. Example: invoice I3 that came with a settlement date of 9 September has the
receipt "settled:I3" of that day, over what no receipt that names I3 has paid; a later file that
tells the date empty takes it away. Bill B7 has "bill:B7"; when it is returned, I3 is open again.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from xinheng.credit.cash_application import own_receipt
from xinheng.receivables.staging import delete, insert_new, stage, update_changed
from xinheng.receivables.tables import RECEIPTS

PREFIXES: Final = ("settled:", "credit:", "bill:")
BILL: Final = "bill"

# What already pays an invoice by its name: money, bills and credit notes, but no settlement.
_SETTLED = """
select i.number, i.amount_minor, i.issued_on, i.settled_on, coalesce(n.minor, 0)::bigint,
  i.credits, i.customer_id, i.currency, i.simulated
from receivables_invoice i join touched_pair using (customer_id, currency)
left join (
  select customer_id, currency, named, sum(minor) as minor from (
    select r.customer_id, r.currency, r.reference as named, r.amount_minor as minor
    from receivables_receipt r join touched_pair using (customer_id, currency)
    where r.reference <> '' and r.confirmed and not (
      r.method in ('settlement', 'credit_note', 'bill') and starts_with(r.number, case r.method
        when 'settlement' then 'settled:' when 'bill' then 'bill:' else 'credit:' end))
    union all
    select c.customer_id, c.currency, c.credits, -c.amount_minor
    from receivables_invoice c join touched_pair using (customer_id, currency)
    where c.credits <> '' and c.amount_minor < 0
    union all
    select b.customer_id, b.currency, b.reference, b.amount_minor
    from receivables_bill b join touched_pair using (customer_id, currency)
    where b.reference <> '' and b.state not in ('bounced', 'returned')
  ) told group by 1, 2, 3
) n on n.customer_id = i.customer_id and n.currency = i.currency and n.named = i.number
where i.settled_on is not null or i.amount_minor < 0
"""

_BILLS = """
select b.number, b.customer_id, b.currency, b.amount_minor, b.received_on, b.reference, b.simulated
from receivables_bill b join touched_pair using (customer_id, currency)
where b.state not in ('bounced', 'returned')
"""

_GONE = f"""
select r.id from receivables_receipt r join touched_pair using (customer_id, currency)
where r.method in ('settlement', 'credit_note', 'bill') and starts_with(r.number,
  case r.method when 'settlement' then 'settled:' when 'bill' then 'bill:' else 'credit:' end)
and not exists (select 1 from {RECEIPTS.stage} s where s.number = r.number)
"""


def bring_in_line(cursor: Any) -> None:
    """Bring the receipts that documents of the touched pairs carry in line with them."""
    rows = [*_of_invoices(cursor), *_of_bills(cursor)]
    stage(cursor, RECEIPTS, rows)
    cursor.execute(_GONE)
    delete(cursor, RECEIPTS, [row[0] for row in cursor.fetchall()])
    update_changed(cursor, RECEIPTS)
    insert_new(cursor, RECEIPTS)


def _of_invoices(cursor: Any) -> Iterator[tuple[Any, ...]]:
    cursor.execute(_SETTLED)
    for *told, customer, currency, simulated in cursor.fetchall():
        own = own_receipt(*told)
        if own is not None:
            head = (own.number, customer, currency, own.amount_minor, own.received_on)
            yield (*head, own.reference, own.method, False, True, 0, simulated)


def _of_bills(cursor: Any) -> Iterator[tuple[Any, ...]]:
    cursor.execute(_BILLS)
    for number, customer, currency, amount, received_on, reference, simulated in cursor.fetchall():
        head = (f"bill:{number}", customer, currency, amount, received_on)
        yield (*head, reference, BILL, False, True, 0, simulated)
