"""What follows from the documents of some customers: allocations, open and unapplied amounts.

All of it is computed again from the documents, for the (customer, currency) pairs that were
touched, and only differences are written. So the order in which files arrive changes nothing, and
undoing a file is only: take its rows away and settle again. Example: a receipt of 100.00 arrives
before its invoice of 80.00; whichever file came first, the invoice is open at 0.00, 20.00 stay
unapplied, and the line carries −20.00.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from xinheng.credit.cash_application import Allocation, Invoice, Receipt, apply
from xinheng.receivables.staging import ANALYZE_FROM
from xinheng.receivables.tables import Pair


class _Found(NamedTuple):
    """What differs between the stored application and the computed one."""

    dead: list[int]
    born: list[Allocation]
    open_minor: list[tuple[int, int]]
    unapplied_minor: list[tuple[int, int]]


def touch(cursor: Any, pairs: Iterable[Pair]) -> None:
    """Name the pairs that the following statements are about."""
    cursor.execute("drop table if exists touched_pair")
    cursor.execute(
        "create temp table touched_pair (customer_id bigint, currency varchar(3),"
        " primary key (customer_id, currency)) on commit drop"
    )
    with cursor.copy("copy touched_pair (customer_id, currency) from stdin") as copy:
        for pair in sorted(pairs):
            copy.write_row(pair)
    cursor.execute("analyze touched_pair")


def settle(cursor: Any) -> None:
    """Apply the cash of the touched pairs again; what has not come in yet pays nothing."""
    found = _Found([], [], [], [])
    stored = _stored(cursor)
    receipts = _receipts(cursor, found.unapplied_minor)
    for pair, invoices in _invoices(cursor, set(receipts) | set(stored)):
        _differences(found, invoices, receipts.get(pair, []), stored.get(pair, {}))
    _write(cursor, found)


Stored = dict[tuple[int, int], tuple[int, Allocation]]


def _stored(cursor: Any) -> dict[Pair, Stored]:
    cursor.execute(
        "select r.customer_id, r.currency, a.id, a.receipt_id, a.invoice_id, a.amount_minor,"
        " a.applied_on, a.rule from receivables_allocation a"
        " join receivables_receipt r on r.id = a.receipt_id"
        " join touched_pair p on p.customer_id = r.customer_id and p.currency = r.currency"
    )
    stored: dict[Pair, Stored] = defaultdict(dict)
    for row in cursor.fetchall():
        stored[row[0], row[1]][row[3], row[4]] = (row[2], Allocation._make(row[3:]))
    return stored


def _receipts(cursor: Any, outside: list[tuple[int, int]]) -> dict[Pair, list[tuple[Receipt, int]]]:
    cursor.execute(
        "select customer_id, currency, unapplied_minor, entered and confirmed, id, number,"
        " amount_minor, received_on, reference,"
        " method = 'settlement' and starts_with(number, 'settled:'), prepayment"
        " from receivables_receipt"
        " join touched_pair using (customer_id, currency)"
    )
    found: dict[Pair, list[tuple[Receipt, int]]] = defaultdict(list)
    for row in cursor.fetchall():
        receipt = Receipt._make(row[4:])
        if row[3]:
            found[row[0], row[1]].append((receipt, row[2]))
        elif row[2] != receipt.amount_minor:
            outside.append((receipt.key, receipt.amount_minor))
    return found


Claims = list[tuple[Invoice, int]]


def _invoices(cursor: Any, others: set[Pair]) -> Iterator[tuple[Pair, Claims]]:
    """Claims of each pair with their stored open amount; other pairs come with none."""
    cursor.execute(
        "select customer_id, currency, open_minor, id, number, amount_minor, issued_on, due_on,"
        " order_number from receivables_invoice join touched_pair using (customer_id, currency)"
        " where amount_minor > 0"
    )
    claims: dict[Pair, Claims] = defaultdict(list)
    for row in cursor.fetchall():
        claims[row[0], row[1]].append((Invoice._make(row[3:]), row[2]))
    for pair in others - set(claims):
        claims[pair] = []
    yield from claims.items()


def _differences(
    found: _Found, claims: Claims, receipts: list[tuple[Receipt, int]], stored: Stored
) -> None:
    done = apply([one for one, _ in claims], [one for one, _ in receipts])
    same = set()
    for allocation in done.allocations:
        old = stored.get((allocation.receipt, allocation.invoice))
        if old is not None and old[1] == allocation:
            same.add(old[0])
        else:
            found.born.append(allocation)
    found.dead.extend(key for key, _ in stored.values() if key not in same)
    for invoice, was in claims:
        if done.open_minor[invoice.key] != was:
            found.open_minor.append((invoice.key, done.open_minor[invoice.key]))
    for receipt, was in receipts:
        if done.unapplied_minor[receipt.key] != was:
            found.unapplied_minor.append((receipt.key, done.unapplied_minor[receipt.key]))


def _write(cursor: Any, found: _Found) -> None:
    if found.dead:
        cursor.execute("delete from receivables_allocation where id = any(%s)", [found.dead])
    if found.born:
        columns = "receipt_id, invoice_id, amount_minor, applied_on, rule"
        with cursor.copy(f"copy receivables_allocation ({columns}) from stdin") as copy:
            for allocation in found.born:
                copy.write_row(allocation)
    if len(found.born) >= ANALYZE_FROM:
        # An assessment follows at once, long before the server counts the rows by itself.
        cursor.execute("analyze receivables_allocation")
    _set(cursor, "receivables_invoice", "open_minor", found.open_minor)
    _set(cursor, "receivables_receipt", "unapplied_minor", found.unapplied_minor)


def _set(cursor: Any, table: str, column: str, values: list[tuple[int, int]]) -> None:
    if values:
        cursor.execute(
            f"update {table} t set {column} = v.value"
            " from unnest(%s::bigint[], %s::bigint[]) as v(id, value) where t.id = v.id",
            [[row[0] for row in values], [row[1] for row in values]],
        )
