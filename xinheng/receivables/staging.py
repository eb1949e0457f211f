"""Rows go in by COPY: stage them, see what is new or different, then insert and update as sets.

A `Table` names the columns that a file decides; everything else (open amounts) is derived later. A
row whose columns all equal the stored ones is *unchanged* and touches nothing, so that the same
file twice does nothing. Example: 100,000 staged rows of which 3 differ lead to one INSERT of 99,997
and one UPDATE of 3.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.refusals import Refused

ANALYZE_FROM: Final = 5_000


class Table(NamedTuple):
    """A table keyed by `number`; `columns` come from rows in this order."""

    name: str
    columns: tuple[str, ...]
    born: dict[str, str]  # derived column → SQL of its first value over the staged row `s`
    bent: dict[str, str] = {}  # derived column → SQL that keeps it lawful when row `t` becomes `s`

    @property
    def stage(self) -> str:
        return f"staged_{self.name}"

    @property
    def listed(self) -> str:
        return ", ".join(self.columns)


INVOICES: Final = Table(
    "receivables_invoice",
    (
        "number",
        "customer_id",
        "currency",
        "amount_minor",
        "issued_on",
        "due_on",
        "terms",
        "order_number",
        "settled_on",
        "disputed",
        "simulated",
        "source",
    ),
    # A first guess that the cash application confirms: it then has few rows left to correct.
    {"open_minor": "case when s.settled_on is null then greatest(s.amount_minor, 0) else 0 end"},
    {"open_minor": "least(t.open_minor, greatest(s.amount_minor, 0))"},
)
RECEIPTS: Final = Table(
    "receivables_receipt",
    (
        "number",
        "customer_id",
        "currency",
        "amount_minor",
        "received_on",
        "reference",
        "method",
        "simulated",
    ),
    {"unapplied_minor": "case when s.method = 'settlement' then 0 else s.amount_minor end"},
)
ORDERS: Final = Table(
    "receivables_order",
    (
        "number",
        "customer_id",
        "currency",
        "amount_minor",
        "ordered_on",
        "delivery_on",
        "state",
        "simulated",
    ),
    {"open_minor": "0"},
)
TABLES: Final = {table.name: table for table in (INVOICES, RECEIPTS, ORDERS)}

Pair = tuple[int, str]


class Difference(NamedTuple):
    """What staged rows would do: numbers that are new, and (id, values before) of those that
    change.
    """

    new: int
    changed: list[tuple[int, dict[str, Any]]]
    unchanged: int
    pairs: set[Pair]


def stage(cursor: Any, table: Table, rows: Iterable[Sequence[Any]]) -> int:
    """COPY the rows into a temporary table that lives until the transaction ends."""
    cursor.execute(f"drop table if exists {table.stage}")
    cursor.execute(
        f"create temp table {table.stage} on commit drop as"
        f" select {table.listed} from {table.name} with no data"
    )
    count = 0
    with cursor.copy(f"copy {table.stage} ({table.listed}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    cursor.execute(f"create unique index on {table.stage} (number)")
    cursor.execute(f"analyze {table.stage}")
    return count


def compare(cursor: Any, table: Table) -> Difference:
    """What the staged rows would change. Refuses NUMBER_TAKEN: a number of another customer or
    currency.
    """
    _require_same_owner(cursor, table)
    differs = f"({_of('t', table)}) is distinct from ({_of('s', table)})"
    before = ", ".join(f"'{name}', t.{name}" for name in table.columns)
    joined = f"from {table.name} t join {table.stage} s on s.number = t.number"
    cursor.execute(
        f"select t.id, jsonb_build_object({before}), t.customer_id, t.currency {joined}"
        f" where {differs}"
    )
    changed = cursor.fetchall()
    cursor.execute(f"select count(*) {joined}")
    known = cursor.fetchone()[0]
    cursor.execute(
        f"select s.customer_id, s.currency, count(*) from {table.stage} s"
        f" where not exists (select 1 from {table.name} t where t.number = s.number) group by 1, 2"
    )
    new = cursor.fetchall()
    pairs = {(row[0], row[1]) for row in new} | {(row[2], row[3]) for row in changed}
    return Difference(
        sum(row[2] for row in new),
        [(row[0], _json(row[1])) for row in changed],
        known - len(changed),
        pairs,
    )


def _of(alias: str, table: Table) -> str:
    return ", ".join(f"{alias}.{name}" for name in table.columns)


def _json(value: Any) -> dict[str, Any]:
    return dict(json.loads(value))  # Django's cursor hands jsonb over as text


def _require_same_owner(cursor: Any, table: Table) -> None:
    cursor.execute(
        f"select t.number from {table.name} t join {table.stage} s on s.number = t.number"
        " where t.customer_id <> s.customer_id or t.currency <> s.currency order by 1 limit 1"
    )
    if taken := cursor.fetchone():
        raise Refused(ReceivablesRefusal.NUMBER_TAKEN, number=taken[0])


def insert_new(cursor: Any, table: Table) -> list[int]:
    """Insert the staged rows whose number is new; their ids."""
    born = ", ".join(table.born)
    first = ", ".join(table.born.values())
    cursor.execute(
        f"insert into {table.name} ({table.listed}, {born}) select {_of('s', table)}, {first}"
        f" from {table.stage} s"
        f" where not exists (select 1 from {table.name} t where t.number = s.number) returning id"
    )
    ids = [row[0] for row in cursor.fetchall()]
    if len(ids) >= ANALYZE_FROM:
        # The planner would go on believing that the table is as small as it was.
        cursor.execute(f"analyze {table.name}")
    return ids


def update_changed(cursor: Any, table: Table) -> None:
    """Bring the stored rows that differ to the staged values; derived columns stay for later."""
    values = {name: f"s.{name}" for name in table.columns[1:]} | table.bent
    assign = ", ".join(f"{name} = {value}" for name, value in values.items())
    cursor.execute(
        f"update {table.name} t set {assign} from {table.stage} s where s.number = t.number"
        f" and ({_of('t', table)}) is distinct from ({_of('s', table)})"
    )


def delete(cursor: Any, table: Table, ids: Sequence[int]) -> None:
    """Remove documents and the allocations that hang on them; settling makes new ones."""
    if not ids:
        return
    key = {INVOICES.name: "invoice_id", RECEIPTS.name: "receipt_id"}.get(table.name)
    if key:
        cursor.execute(f"delete from receivables_allocation where {key} = any(%s)", [list(ids)])
    cursor.execute(f"delete from {table.name} where id = any(%s)", [list(ids)])
