"""Every write to the key table: create keys in bulk, destroy one for ever, move all to a new KEK.

Keys are created before the rows they protect, in the caller's transaction. Destroying a key is the
whole of erasure for what it sealed: the ciphertexts stay and say nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections, transaction

from xinheng.vault import queries
from xinheng.vault.keyring import KeyringError, create_kek, has_keys, load
from xinheng.vault.models import DataKey
from xinheng.vault.seal import KEY_BYTES, random_bytes

CREATE_KEYS_MAX = 200_000
REWRAP_BATCH = 2_000


def start(*, using: str = "default") -> None:
    """Make the first key file. Must hold: no data key exists yet; else the files were lost.

    Refuses (KeyringError) where data keys exist but their files don't, and where a file's mode
    lets others read it. Safe to call at every start.
    """
    directory = settings.XINHENG_KEYS_DIR
    if not has_keys(directory):
        if DataKey.objects.using(using).exists():
            raise KeyringError(
                f"{directory} holds no kek-*.key, but the database holds keys wrapped under one: "
                "restore the directory from the key backup; a new key could open nothing"
            )
        create_kek(directory, 1)
        queries.keyring_in.cache_clear()
    queries.keyring_in(directory)


def create_keys(kind: str, count: int, *, at: datetime, using: str = "default") -> list[UUID]:
    """Insert `count` new data keys and return their ids, in the caller's transaction if any.

    Binary COPY: 100,000 keys in a second or two. No authority is asked: a key gives nobody
    anything; the action that creates its subject has been authorised.
    """
    if kind not in DataKey.KINDS:
        raise ValueError(f"kind {kind!r}: one of {', '.join(DataKey.KINDS)}")
    if not 0 <= count <= CREATE_KEYS_MAX:
        raise ValueError(f"{count} keys at once; at most {CREATE_KEYS_MAX}, call again for more")
    if count == 0:
        return []
    start(using=using)
    ring = queries.keyring_in(settings.XINHENG_KEYS_DIR)
    pool = random_bytes(16 * count)
    ids = [UUID(bytes=pool[i : i + 16], version=4) for i in range(0, 16 * count, 16)]
    rows = [
        (key_id, kind, ring.wrap(key_id, kind, random_bytes(KEY_BYTES)), ring.current_id, at)
        for key_id in ids
    ]
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        _copy(cursor, rows)
    return ids


def _copy(cursor: Any, rows: list[tuple[UUID, str, bytes, int, datetime]]) -> None:
    with cursor.copy(
        "copy vault_datakey (id, kind, wrapped, kek_id, created_at) from stdin (format binary)"
    ) as copy:
        copy.set_types(["uuid", "varchar", "bytea", "int2", "timestamptz"])
        for row in rows:
            copy.write_row(row)


def system_key(*, at: datetime, using: str = "default") -> UUID:
    """The key for entries that are about nobody (imports, grants, policies); made when first asked.

    Two processes that ask at the same moment may make two: both work, the older one is used on.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(
            "select id from vault_datakey where kind = 'system' and destroyed_at is null"
            " order by created_at, id limit 1"
        )
        if row := cursor.fetchone():
            return UUID(str(row[0]))
    return create_keys("system", 1, at=at, using=using)[0]


def destroy_key(key_id: UUID, *, at: datetime, using: str = "default") -> bool:
    """Destroy one data key; what it sealed can never be opened again. True if it lived till now.

    Must hold: `privacy` (or the demonstration's removal) has authorised and recorded it. Other
    processes stop serving the key within queries.SWEEP_SECONDS of the COMMIT.
    """
    changed = (
        DataKey.objects.using(using)
        .filter(id=key_id, destroyed_at__isnull=True)
        .update(wrapped=b"", destroyed_at=at)
    )
    queries.open_key_cache.clear()
    return changed == 1


def rewrap(*, using: str = "default") -> int:
    """Make a new KEK and wrap every living data key under it; returns how many were moved.

    Data keys stay the same, so no ciphertext changes. Interrupted: call `rewrap_rest` to go on.
    Old key files may be deleted once their count in the table is zero and old backups are gone.
    """
    start(using=using)
    directory = settings.XINHENG_KEYS_DIR
    create_kek(directory, load(directory).current_id + 1)
    queries.keyring_in.cache_clear()
    return rewrap_rest(using=using)


def rewrap_rest(*, using: str = "default") -> int:
    """Wrap every living key that is not yet under the newest KEK, in batches of their own."""
    ring = queries.keyring_in(settings.XINHENG_KEYS_DIR)
    moved = 0
    while True:
        with transaction.atomic(using=using):
            batch = list(
                DataKey.objects.using(using)
                .select_for_update(no_key=True)
                .filter(destroyed_at__isnull=True)
                .exclude(kek_id=ring.current_id)
                .order_by("id")[:REWRAP_BATCH]
            )
            for key in batch:
                secret = ring.unwrap(key.id, key.kind, key.kek_id, bytes(key.wrapped))
                key.wrapped = ring.wrap(key.id, key.kind, secret)
                key.kek_id = ring.current_id
            DataKey.objects.using(using).bulk_update(batch, ["wrapped", "kek_id"])
        moved += len(batch)
        if len(batch) < REWRAP_BATCH:
            return moved
