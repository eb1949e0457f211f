"""Rows go in by COPY: stage them, see what is new or different, then insert and update as sets.

A row whose columns all equal the stored ones is *unchanged* and touches nothing, so that the same
file twice does nothing; one whose revision is behind the stored one is *older* and is put aside.
What a row does not tell (a bit of `untold`) is filled in from the stored document before anything
is compared. Example: 100,000 staged rows of which 3 differ lead to one INSERT of 99,997 and one
UPDATE of 3.

Only `actions.py` calls this; the caller holds the transaction and the room's write lock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from xinheng.receivables.rows import NOT_TOLD
from xinheng.receivables.tables import INVOICES, RECEIPTS, Pair, Table

ANALYZE_FROM: Final = 5_000


class Difference(NamedTuple):
    """What staged rows would do: numbers that are new, and (id, values before) of those that
    change; `reused`: numbers that come with a known revision and other contents.
    """

    new: int
    changed: list[tuple[int, dict[str, Any]]]
    unchanged: int
    pairs: set[Pair]
    reused: list[str]


def stage(cursor: Any, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """COPY the rows into a temporary table that lives until the transaction ends, and fill in what
    they do not tell.
    """
    cursor.execute(f"drop table if exists {table.stage}")
    cursor.execute(
        f"create temp table {table.stage} on commit drop as"
        f" select {table.listed}, 0 as untold from {table.name} with no data"
    )
    untold = 0
    with cursor.copy(f"copy {table.stage} ({table.listed}, untold) from stdin") as copy:
        for row in rows:
            bits = 0
            if NOT_TOLD in row:
                row, bits = _completed(table, row)
                untold |= bits
            copy.write_row((*row, bits))
    cursor.execute(f"create unique index on {table.stage} (number)")
    cursor.execute(f"analyze {table.stage}")
    if untold:
        _keep_untold(cursor, table, untold)


def _completed(table: Table, row: Sequence[Any]) -> tuple[list[Any], int]:
    """The row as a new document would begin, and which of its columns were not told.

    A row with a revision is the whole document as it was then: what it leaves out is empty, or the
    order in which revisions arrive would decide what is known.
    """
    values, bits = list(row), 0
    whole = row[table.columns.index("revision")] > 0
    for place, value in enumerate(row):
        if value is NOT_TOLD:
            values[place] = table.optional[table.columns[place]]
            bits |= 0 if whole else 1 << place
    return values, bits


def _keep_untold(cursor: Any, table: Table, untold: int) -> None:
    """What a row does not tell is what the stored document says."""
    bits = {name: 1 << n for n, name in enumerate(table.columns) if untold >> n & 1}
    keep = ", ".join(
        f"{name} = case when s.untold & {bit} = 0 then s.{name} else t.{name} end"
        for name, bit in bits.items()
    )
    differs = " or ".join(
        f"(s.untold & {bit} <> 0 and s.{name} is distinct from t.{name})"
        for name, bit in bits.items()
    )
    cursor.execute(
        f"update {table.stage} s set {keep} from {table.name} t where t.number = s.number"
        f" and t.customer_id = s.customer_id and t.currency = s.currency and ({differs})"
    )


class Behind(NamedTuple):
    """Staged numbers that can't change what is stored: older ones, and those of another owner."""

    older: list[str]
    taken: list[str]


def find_behind(cursor: Any, table: Table) -> Behind:
    """What of the staged rows is behind the stored revision, or has a number that is taken."""
    theirs = "t.customer_id <> s.customer_id or t.currency <> s.currency"
    cursor.execute(
        f"select s.number, {theirs} from {table.stage} s join {table.name} t"
        f" on t.number = s.number where t.revision > s.revision or {theirs}"
    )
    found = cursor.fetchall()
    return Behind([row[0] for row in found if not row[1]], [row[0] for row in found if row[1]])


def drop(cursor: Any, table: Table, numbers: Sequence[str]) -> None:
    """Take rows off the stage."""
    if numbers:
        cursor.execute(f"delete from {table.stage} where number = any(%s)", [list(numbers)])


def compare(cursor: Any, table: Table) -> Difference:
    """What the staged rows would change; all of them belong to the owner of their number."""
    differs = f"({_of('t', table)}) is distinct from ({_of('s', table)})"
    before = ", ".join(f"'{name}', t.{name}" for name in table.columns)
    joined = f"from {table.name} t join {table.stage} s on s.number = t.number"
    cursor.execute(
        f"select t.id, jsonb_build_object({before}), t.customer_id, t.currency,"
        f" s.revision > 0 and s.revision = t.revision {joined} where {differs}"
    )
    found = cursor.fetchall()
    changed = [(row[0], _json(row[1])) for row in found if not row[4]]
    reused = [_json(row[1])["number"] for row in found if row[4]]
    cursor.execute(f"select count(*) {joined}")
    known = cursor.fetchone()[0]
    cursor.execute(
        f"select s.customer_id, s.currency, count(*) from {table.stage} s"
        f" where not exists (select 1 from {table.name} t where t.number = s.number) group by 1, 2"
    )
    new = cursor.fetchall()
    pairs = {(row[0], row[1]) for row in new} | {(row[2], row[3]) for row in found if not row[4]}
    return Difference(sum(row[2] for row in new), changed, known - len(found), pairs, reused)


def _of(alias: str, table: Table) -> str:
    return ", ".join(f"{alias}.{name}" for name in table.columns)


def _json(value: Any) -> dict[str, Any]:
    return dict(json.loads(value))  # Django's cursor hands jsonb over as text


def insert_new(cursor: Any, table: Table) -> list[int]:
    """Insert the staged rows whose number is new; their ids."""
    columns = ", ".join((*table.columns, *table.born))
    values = ", ".join((_of("s", table), *table.born.values()))
    cursor.execute(
        f"insert into {table.name} ({columns}) select {values} from {table.stage} s"
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


def known_numbers(cursor: Any, table: Table) -> set[str]:
    """Staged numbers that are stored already."""
    cursor.execute(
        f"select s.number from {table.stage} s join {table.name} t on t.number = s.number"
    )
    return {row[0] for row in cursor.fetchall()}
