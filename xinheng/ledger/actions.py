"""Append: the one way into the ledger, inside the transaction that decides.

The caller holds its locks already, so pending ids follow the order of decisions per customer. Two
inserts in one statement, and all leaves travel as one parameter that SQL cuts up by offsets: lists
of bytea through UNNEST cost several times as much, and this runs once per order (speed.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection

from xinheng.ledger.entries import NewEntry, instant_text, seal_entry
from xinheng.merkle.commitment import SEED_BYTES
from xinheng.vault.actions import system_key
from xinheng.vault.queries import open_keys
from xinheng.vault.seal import random_bytes

APPEND_MAX = 10_000

# The version and variant bits of a random UUID, so that the hex text is one too.
_VERSION_CLEAR = ~((0xF << 76) | (0x3 << 62))
_VERSION_BITS = (0x4 << 76) | (0x2 << 62)

_INSERT = """
with cut as (
  select encode(substring(%s::bytea from 16 * (o - 1)::int + 1 for 16), 'hex')::uuid as entry_id,
         leaf_at, leaf_len, sealed_at, sealed_len, key_id, o
  from unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::uuid[])
       with ordinality as t(leaf_at, leaf_len, sealed_at, sealed_len, key_id, o)
), kept as (
  insert into ledger_disclosure (entry_id, data_key_id, sealed)
  select entry_id, key_id, substring(%s::bytea from sealed_at for sealed_len) from cut
)
insert into ledger_pendingentry (entry_id, leaf)
select entry_id, substring(%s::bytea from leaf_at for leaf_len) from cut order by o
"""


def append(
    entries: Sequence[NewEntry],
    *,
    at: datetime,
    cursor: Any,
    random: Callable[[int], bytes] = random_bytes,
    ids: Sequence[str] | None = None,
) -> list[UUID]:
    """Record entries in the caller's open transaction; returns their ids in the same order.

    Changes: one pending and one disclosure row per entry. Must hold: the caller's locks are taken
    and its data keys live (KeyGone otherwise). Works with client-side and server-side binding. The
    ids are random, so nobody reads volume or order from them; `ids` (32 hex digits each, from
    `new_ids`) is for a caller whose committed values name their own entry.
    """
    if not entries:
        return []
    if len(entries) > APPEND_MAX:
        raise ValueError(f"{len(entries)} entries in one append; at most {APPEND_MAX}")
    keys = open_keys({entry.data_key_id for entry in entries}, cursor=cursor)
    at_text = instant_text(at)
    seeds = random(SEED_BYTES * len(entries))
    own_ids = ids is None
    ids = new_ids(len(entries), random) if ids is None else list(ids)
    leaves: list[bytes] = []
    sealed: list[bytes] = []
    for position, entry in enumerate(entries):
        leaf, disclosure = seal_entry(
            entry,
            entry_hex=ids[position],
            at_text=at_text,
            seed=seeds[SEED_BYTES * position : SEED_BYTES * (position + 1)],
            key=keys[entry.data_key_id],
        )
        leaves.append(leaf)
        sealed.append(disclosure)
    key_ids = "{" + ",".join([str(entry.data_key_id) for entry in entries]) + "}"
    _insert(cursor, ids, leaves, sealed, key_ids)
    return [UUID(text) for text in ids] if own_ids else []


def append_one(
    kind: str,
    clear: Mapping[str, Any],
    fields: Mapping[str, str],
    *,
    at: datetime,
    key_id: UUID | None = None,
) -> None:
    """Record one entry in the transaction open on the default connection: what most actions end
    with. `key_id`: the data key of whom it is about; without one it is about nobody.
    """
    entry = NewEntry(kind, clear, fields, key_id or system_key(at=at))
    with connection.cursor() as cursor:
        append([entry], at=at, cursor=cursor)


def new_ids(count: int, random: Callable[[int], bytes] = random_bytes) -> list[str]:
    """Random version-4 ids as 32 hex digits each."""
    pool = random(16 * count)
    numbers = (int.from_bytes(pool[i : i + 16], "big") for i in range(0, len(pool), 16))
    return [f"{number & _VERSION_CLEAR | _VERSION_BITS:032x}" for number in numbers]


def _insert(
    cursor: Any, ids: list[str], leaves: list[bytes], sealed: list[bytes], key_ids: str
) -> None:
    leaf_at, leaf_len = _offsets(leaves)
    sealed_at, sealed_len = _offsets(sealed)
    cursor.execute(
        _INSERT,
        [
            bytes.fromhex("".join(ids)),
            leaf_at,
            leaf_len,
            sealed_at,
            sealed_len,
            key_ids,
            b"".join(sealed),
            b"".join(leaves),
        ],
    )


def _offsets(parts: list[bytes]) -> tuple[str, str]:
    """Where each part starts in the joined bytes (from 1, as SQL counts), and its length."""
    lengths = [len(part) for part in parts]
    starts = list(accumulate(lengths, initial=1))[:-1]
    return _array(starts), _array(lengths)


def _array(numbers: list[int]) -> str:
    """As text, so that the parameter's type never depends on how large the numbers are."""
    return "{" + ",".join(map(str, numbers)) + "}"
