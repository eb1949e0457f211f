"""Open data keys, many at once, from a cache that forgets destroyed ones.

Unwrapping costs a row and a decryption, and the order check asks for the same keys over and over,
so each process keeps up to 100,000 open keys. A key destroyed by another process must not live on
here: at most every `SWEEP_SECONDS` a process counts the destroyed rows (a partial index, a few
microseconds); if the number changed, the whole cache goes. So a destroyed key is served for at most
`SWEEP_SECONDS` after its COMMIT, and the next reader finds no row that opens it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from xinheng.vault.keyring import Keyring, load
from xinheng.vault.seal import OpenKey

CACHED_KEYS_MAX = 100_000
SWEEP_SECONDS = 5.0


class KeyGone(LookupError):
    """A key that was destroyed or never existed; `ids` says which."""

    def __init__(self, ids: list[UUID]) -> None:
        self.ids = ids
        super().__init__(f"{len(ids)} data keys are destroyed or unknown, first {ids[0]}")


class KeyCache:
    """Least-recently-used open keys; `generation` moves when everything is thrown away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._keys: OrderedDict[UUID, OpenKey] = OrderedDict()
        self._lock = threading.Lock()
        self._swept_at: float | None = None
        self._destroyed = 0
        self.generation = 0

    def due(self) -> bool:
        """Whether the destroyed rows must be counted again before serving from here."""
        return self._swept_at is None or self._clock() - self._swept_at >= SWEEP_SECONDS

    def swept(self, destroyed: int, started: float) -> None:
        """Note a count; any change empties the cache. `started`: when the count was asked."""
        with self._lock:
            if destroyed != self._destroyed:
                self._empty()
                self._destroyed = destroyed
            self._swept_at = started

    def clear(self) -> None:
        with self._lock:
            self._empty()

    def _empty(self) -> None:
        self._keys.clear()
        self.generation += 1

    def take(self, ids: Iterable[UUID]) -> tuple[dict[UUID, OpenKey], list[UUID]]:
        """The keys that are here, and the ids that are not."""
        found: dict[UUID, OpenKey] = {}
        missing: list[UUID] = []
        with self._lock:
            for key_id in ids:
                key = self._keys.get(key_id)
                if key is None:
                    missing.append(key_id)
                else:
                    self._keys.move_to_end(key_id)
                    found[key_id] = key
        return found, missing

    def keep(self, keys: dict[UUID, OpenKey], generation: int) -> None:
        """Remember keys read under `generation`; emptied since then, they may be dead."""
        with self._lock:
            if generation != self.generation:
                return
            self._keys.update(keys)
            while len(self._keys) > CACHED_KEYS_MAX:
                self._keys.popitem(last=False)

    def now(self) -> float:
        return self._clock()


open_key_cache = KeyCache()


@cache
def keyring_in(directory: Path) -> Keyring:
    """The key files of a directory, read once a process (`actions.rewrap` clears this)."""
    return load(directory)


def open_keys(
    ids: Iterable[UUID], using: str = "default", *, cursor: Any = None
) -> dict[UUID, OpenKey]:
    """Open keys by id; raises KeyGone if any is destroyed or unknown.

    Give `cursor` where the keys may have been created in that cursor's open transaction, or where
    a second connection would be a waste; else the connection `using` is asked.
    """
    ids = list(ids)
    keys = open_living_keys(ids, using, cursor=cursor)
    gone = [key_id for key_id in ids if key_id not in keys]
    if gone:
        raise KeyGone(gone)
    return keys


def open_living_keys(
    ids: Iterable[UUID], using: str = "default", *, cursor: Any = None
) -> dict[UUID, OpenKey]:
    """Like `open_keys`, but keys of erased subjects are simply absent (for lists and pages)."""
    if cursor is None:
        with connections[using].cursor() as own:
            return _open(dict.fromkeys(ids), own)
    return _open(dict.fromkeys(ids), cursor)


def _open(ids: Iterable[UUID], cursor: Any) -> dict[UUID, OpenKey]:
    cache_ = open_key_cache
    if cache_.due():
        started = cache_.now()
        cursor.execute("select count(*) from vault_datakey where destroyed_at is not null")
        cache_.swept(cursor.fetchone()[0], started)
    generation = cache_.generation
    found, missing = cache_.take(ids)
    if missing:
        fresh = _read(missing, cursor)
        cache_.keep(fresh, generation)
        found.update(fresh)
    return found


def _read(ids: list[UUID], cursor: Any) -> dict[UUID, OpenKey]:
    cursor.execute(
        "select id, kind, kek_id, wrapped from vault_datakey"
        " where id = any(%s::uuid[]) and destroyed_at is null",
        ["{" + ",".join(map(str, ids)) + "}"],
    )
    rows = cursor.fetchall()
    ring = keyring_in(settings.XINHENG_KEYS_DIR)
    if not ring.knows({row[2] for row in rows}):  # another process has made a newer key file
        keyring_in.cache_clear()
        ring = keyring_in(settings.XINHENG_KEYS_DIR)
    return {
        key_id: OpenKey(key_id, ring.unwrap(key_id, kind, kek_id, bytes(wrapped)))
        for key_id, kind, kek_id, wrapped in rows
    }
