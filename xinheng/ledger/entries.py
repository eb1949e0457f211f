"""What an action hands to the ledger, and how it becomes a leaf and a sealed disclosure.

`clear` is what anybody may read in the log for ever: outcome, rule version, reason codes; never a
customer, an amount or a name. `fields` are strings that the leaf only commits to: they can be shown
later to whoever may see them, and closed for ever by destroying the data key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from xinheng.merkle.commitment import SEED_BYTES, build_leaf, canonical
from xinheng.vault.seal import OpenKey, seal


class NewEntry(NamedTuple):
    """One fact or decision to record.

    kind: "order_check.decided"; data_key_id: the key of the person or company it is about (a key of
    kind `system` where it is about nobody). keep_values=False seals only the 32-byte seed: right
    where a row of the caller's own keeps the values and can give them back word for word.
    """

    kind: str
    clear: Mapping[str, Any]
    fields: Mapping[str, str]
    data_key_id: UUID
    keep_values: bool = True


def instant_text(at: datetime) -> str:
    """UTC in milliseconds, as it stands in a leaf: 2026-11-22T14:17:00.123Z."""
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone: pass the database's clock, in UTC")
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def where(entry_hex: str) -> str:
    """The place that a disclosure is sealed for; `entry_hex` has 32 digits, no dashes."""
    return "ledger_disclosure.sealed." + entry_hex


def seal_entry(
    entry: NewEntry, *, entry_hex: str, at_text: str, seed: bytes, key: OpenKey
) -> tuple[bytes, bytes]:
    """The leaf's bytes and the sealed disclosure (seed, then the values if they are kept)."""
    leaf = build_leaf(
        kind=entry.kind,
        entry_id=entry_hex,
        at=at_text,
        clear=entry.clear,
        fields=entry.fields,
        seed=seed,
    )
    opening = seed + canonical(entry.fields).encode() if entry.keep_values else seed
    return leaf, seal(key, where(entry_hex), opening)


def split_opening(opening: bytes) -> tuple[bytes, bytes]:
    """The seed, and the kept values as JSON bytes (empty where they weren't kept)."""
    return opening[:SEED_BYTES], opening[SEED_BYTES:]
