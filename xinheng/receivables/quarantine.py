"""Messages that contradict what is known: put aside word for word, told, never applied.

Their neighbours go in. When the contradiction is gone (the same message comes again and fits, or a
later revision of it does) the item is resolved; until then it waits for a person. Example: invoice
"I7" comes for customer C-2, but "I7" is C-1's: NUMBER_TAKEN. C-1's import is undone, the next round
tries again, and I7 is C-2's.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db.models import F

from xinheng.customers.models import Customer
from xinheng.intake.models import ImportBatch
from xinheng.receivables.models import Quarantined
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.receivables.tables import DELIVERIES, ORDERS, Table

# A delivery belongs to the order that it names. Whichever of the two comes second is put aside.
_OTHERS: Final = {
    DELIVERIES.name: f"""
        select s.number from {DELIVERIES.stage} s join {ORDERS.name} o on o.number = s.order_number
        where s.order_number <> '' and s.state = 'posted'
          and (o.customer_id <> s.customer_id or o.currency <> s.currency)""",
    ORDERS.name: f"""
        select s.number from {ORDERS.stage} s where exists (
          select from {DELIVERIES.name} d where d.order_number = s.number and d.order_number <> ''
            and d.state = 'posted'
            and (d.customer_id <> s.customer_id or d.currency <> s.currency))""",
}


def contradictions(
    cursor: Any, table: Table, taken: Sequence[str]
) -> dict[str, ReceivablesRefusal]:
    """Staged numbers that can't be what they say, and why; `taken`: those of another owner."""
    found = dict.fromkeys(taken, ReceivablesRefusal.NUMBER_TAKEN)
    if table.name in _OTHERS:
        cursor.execute(_OTHERS[table.name])
        for (number,) in cursor.fetchall():
            found.setdefault(number, ReceivablesRefusal.ORDER_OF_ANOTHER)
    return found


def put_aside(
    table: Table,
    rows: Mapping[str, Any],
    why: Mapping[str, ReceivablesRefusal],
    batch: ImportBatch,
    *,
    at: datetime,
) -> None:
    """Keep the rows; one that waits already is only counted."""
    for number, refusal in sorted(why.items()):
        same = {"kind": table.kind, "number": number, "code": refusal.name}
        told = msgspec.to_builtins(rows[number])
        waiting = Quarantined.objects.filter(**same, row=told, resolved_at__isnull=True)
        if not waiting.update(times=F("times") + 1, seen_at=at):
            Quarantined.objects.create(**same, row=told, batch=batch, seen_at=at)


def resolve(
    table: Table, rows: Sequence[Any], why: Mapping[str, ReceivablesRefusal], *, at: datetime
) -> None:
    """End what waits for rows that went in: they say the same, or are a later revision of it."""
    waiting = Quarantined.objects.filter(kind=table.kind, resolved_at__isnull=True)
    if not waiting.exists():
        return
    went_in = {row.number: row for row in rows if row.number not in why}
    done = [
        item.pk
        for item in waiting.filter(number__in=list(went_in))
        if _overtaken(item.row, went_in[item.number])
    ]
    Quarantined.objects.filter(pk__in=done).update(resolved_at=at, resolved_by="applied")


def _overtaken(told: dict[str, Any], row: Any) -> bool:
    if msgspec.to_builtins(row) == told:
        return True
    same_owner = (told["customer_code"], told["currency"]) == (row.customer_code, row.currency)
    return same_owner and told.get("revision", 0) < row.revision


def withdraw(batch: ImportBatch, *, at: datetime) -> None:
    """What an undone batch brought is nobody's message any more."""
    mine = Quarantined.objects.filter(batch=batch, resolved_at__isnull=True)
    mine.update(resolved_at=at, resolved_by="undo")


def unit_of(item: Quarantined) -> int | None:
    """The business unit of the customer that the message names; None also where it is unknown."""
    customer = Customer.objects.filter(code=item.row["customer_code"]).first()
    return customer.business_unit_id if customer else None
