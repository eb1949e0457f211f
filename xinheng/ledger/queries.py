"""Reads of the ledger: how far an entry has come, its proof, its opening, the public tiles.

recorded → logged → signed: an entry is *recorded* in the transaction that decided it, *logged* when
the sequencer has given it an index, *signed* when a published checkpoint covers it; only then can
it be proved to an outsider.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from xinheng.ledger.entries import split_opening, where
from xinheng.ledger.models import Checkpoint, Disclosure, Entry, PendingEntry, Tile
from xinheng.merkle.commitment import check_openings, open_fields, read_leaf
from xinheng.merkle.proof import Proof, write_proof
from xinheng.merkle.tiles import WIDTH, hash_from_tiles
from xinheng.merkle.tree import HashOf, prove_inclusion
from xinheng.vault.queries import open_keys
from xinheng.vault.seal import open_sealed

STATUS_IDS_MAX = 10_000
LEVEL_MAX = 7


@dataclass(frozen=True, slots=True)
class Status:
    """state: recorded, logged, signed or unknown; idx once it has one."""

    state: str
    idx: int | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for the sequencer: how many entries, and since when the oldest."""

    count: int
    oldest_at: datetime | None


def statuses(entry_ids: Iterable[UUID]) -> dict[UUID, Status]:
    """The status of each entry; ids that were never recorded are `unknown`."""
    ids = list(entry_ids)
    if len(ids) > STATUS_IDS_MAX:
        raise ValueError(f"{len(ids)} entries at once; at most {STATUS_IDS_MAX}")
    # Pending first: an entry that moves on between the two reads is then found in the second.
    found = {
        entry_id: Status("recorded")
        for entry_id in PendingEntry.objects.filter(entry_id__in=ids).values_list(
            "entry_id", flat=True
        )
    }
    signed_size = published_size()
    logged = Entry.objects.filter(entry_id__in=ids).values_list("entry_id", "idx")
    for entry_id, idx in logged:
        found[entry_id] = Status("signed" if idx < signed_size else "logged", idx)
    return {entry_id: found.get(entry_id, Status("unknown")) for entry_id in ids}


def status(entry_id: UUID) -> Status:
    """The status of one entry."""
    return statuses([entry_id])[entry_id]


def newest_checkpoint() -> Checkpoint | None:
    """The published checkpoint of the largest size."""
    return Checkpoint.objects.order_by("-size").first()


def published_size() -> int:
    """How many entries a published checkpoint covers; 0 before the first."""
    return Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0


def published_tile(level: int, number: int, width: int) -> bytes | None:
    """The hashes of a tile, if the published log has it in that width; else None."""
    if level > LEVEL_MAX:
        return None
    covered = (published_size() >> (8 * level)) - number * WIDTH
    if covered < width:
        return None
    stored = Tile.objects.filter(lvl=level, n=number).values_list("h", flat=True).first()
    return None if stored is None else bytes(stored)[: 32 * width]


def published_leaves(number: int, width: int) -> list[bytes] | None:
    """The leaves under a level-0 tile of that width, if published; else None."""
    first = number * WIDTH
    if published_size() < first + width:
        return None
    rows = Entry.objects.filter(idx__gte=first, idx__lt=first + width).order_by("idx")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def leaf_of(entry_id: UUID) -> bytes | None:
    """The stored bytes of a leaf, pending or logged."""
    for table in (PendingEntry, Entry):
        leaf = table.objects.filter(entry_id=entry_id).values_list("leaf", flat=True).first()
        if leaf is not None:
            return bytes(leaf)
    return None


def disclosure(entry_id: UUID, values: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What opens the leaf: entry id and one opening (name, salt, value) for each field given.

    values: the fields to show, from the row that keeps them; None shows all that the entry itself
    kept. Every opening is checked against the leaf, so a row that was changed since is found out
    here (CommitmentError). Raises KeyGone where the subject has been erased.
    """
    row = Disclosure.objects.get(entry_id=entry_id)
    key = open_keys([row.data_key_id])[row.data_key_id]
    opening = open_sealed(key, where(entry_id.hex), bytes(row.sealed))
    seed, kept = split_opening(opening)
    if values is None:
        values = json.loads(kept) if kept else {}
    openings = open_fields(seed, values)
    leaf = leaf_of(entry_id)
    if leaf is None:
        raise LookupError(f"entry {entry_id} has a disclosure but no leaf: run the ledger's fsck")
    check_openings(leaf, openings)
    return {"entry": entry_id.hex, "fields": openings}


def is_erased(entry_id: UUID) -> bool:
    """Whether what the entry commits to was erased on purpose: its subject's key is destroyed."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_ERASED, [entry_id])
        return cursor.fetchone() is not None


_ERASED = """
select 1 from ledger_disclosure d join vault_datakey k on k.id = d.data_key_id
where d.entry_id = %s and k.destroyed_at is not null
"""


def backlog(*, using: str = "default") -> Backlog:
    """What is recorded and not yet logged, for /readyz and back-pressure."""
    pending = PendingEntry.objects.using(using)
    count = pending.count()
    leaf = pending.order_by("id").values_list("leaf", flat=True).first()
    if leaf is None:
        return Backlog(0, None)
    return Backlog(count, datetime.fromisoformat(read_leaf(bytes(leaf))["at"]))


class NotYetSigned(LookupError):
    """The entry is recorded, but no published checkpoint covers it yet: ask again in a second."""


def proof(entry_id: UUID) -> bytes:
    """The proof file of a signed entry, under the newest checkpoint; complete in itself.

    Raises NotYetSigned, or LookupError for an id that was never recorded.
    """
    found = status(entry_id)
    if found.state == "unknown":
        raise LookupError(f"no entry {entry_id} was ever recorded")
    checkpoint = newest_checkpoint()
    if found.idx is None or checkpoint is None or found.idx >= checkpoint.size:
        raise NotYetSigned(f"entry {entry_id} is {found.state}, not yet signed")
    hashes = prove_inclusion(found.idx, checkpoint.size, stored_hashes())
    leaf = Entry.objects.values_list("leaf", flat=True).get(idx=found.idx)
    return write_proof(Proof(found.idx, tuple(hashes), checkpoint.note, bytes(leaf)))


def stored_hashes() -> HashOf:
    """The hash function over the stored tiles, each read once."""
    seen: dict[tuple[int, int], bytes] = {}

    def read(level: int, number: int) -> bytes:
        if (level, number) not in seen:
            row = Tile.objects.filter(lvl=level, n=number).values_list("h", flat=True).first()
            seen[level, number] = bytes(row) if row is not None else b""
        return seen[level, number]

    return hash_from_tiles(read)
