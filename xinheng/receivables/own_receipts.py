"""Receipts that invoices bring with them: settlements, and credit notes as receipts.

`credit.cash_application.own_receipt` says which; here they are kept in line with their invoices, so
that one mechanism applies all cash. Example: invoice I3 that came with a settlement date of 9
September has the receipt "settled:I3" of that day, over what no receipt that names I3 has paid; a
later file without the date takes it away.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from typing import Any, Final

from xinheng.credit.cash_application import own_receipt
from xinheng.receivables.staging import (
    RECEIPTS,
    delete,
    insert_new,
    stage,
    update_changed,
)

PREFIXES: Final = ("settled:", "credit:")


def bring_in_line(cursor: Any) -> None:
    """Bring settlements and credit notes of the touched pairs in line with their invoices."""
    cursor.execute(
        "select i.number, i.amount_minor, i.issued_on, i.settled_on,"
        " coalesce(n.minor, 0)::bigint, i.customer_id, i.currency, i.simulated"
        " from receivables_invoice i join touched_pair using (customer_id, currency)"
        " left join (select r.customer_id, r.currency, r.reference, sum(r.amount_minor) as minor"
        " from receivables_receipt r join touched_pair using (customer_id, currency)"
        " where r.reference <> '' and not starts_with(r.number, 'settled:') group by 1, 2, 3) n"
        " on n.customer_id = i.customer_id and n.currency = i.currency and n.reference = i.number"
        " where i.settled_on is not null or i.amount_minor < 0"
    )
    rows = []
    for *told, customer, currency, simulated in cursor.fetchall():
        own = own_receipt(*told)
        if own is None:
            continue
        rows.append(
            (
                own.number,
                customer,
                currency,
                own.amount_minor,
                own.received_on,
                own.reference,
                own.method,
                simulated,
            )
        )
    stage(cursor, RECEIPTS, rows)
    cursor.execute(
        "select r.id from receivables_receipt r join touched_pair using (customer_id, currency)"
        " where r.method in ('settlement', 'credit_note') and starts_with(r.number,"
        " case r.method when 'settlement' then 'settled:' else 'credit:' end)"
        f" and not exists (select 1 from {RECEIPTS.stage} s where s.number = r.number)"
    )
    delete(cursor, RECEIPTS, [row[0] for row in cursor.fetchall()])
    update_changed(cursor, RECEIPTS)
    insert_new(cursor, RECEIPTS)
