"""Receipts that invoices bring with them: settlements, and credit notes as receipts.

`credit.cash_application.own_receipt` says which; here they are kept in line with their invoices, so
that one mechanism applies all cash. Example: invoice I3 that came with a settlement date of 9
September has the receipt "settled:I3" of that day; a later file without the date takes it away.

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
        "select number, amount_minor, issued_on, settled_on, customer_id, currency, simulated"
        " from receivables_invoice join touched_pair using (customer_id, currency)"
        " where settled_on is not null or amount_minor < 0"
    )
    rows = []
    for number, amount, issued_on, settled_on, customer, currency, simulated in cursor.fetchall():
        own = own_receipt(number, amount, issued_on, settled_on)
        assert own is not None
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
