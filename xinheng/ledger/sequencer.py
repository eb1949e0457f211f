"""The sequencer: recorded entries get their place, the tree grows, a checkpoint is signed.

Order is fixed here and nowhere else, in these steps (reliability.md §5.5): take pending rows by
existence; give contiguous indexes; write entries, tiles and the head in one transaction, the head
by compare-and-swap on (size, epoch) so that two sequencers can't both win; after the COMMIT read
the new entries back and hash them again; verify consistency with the last signed checkpoint; only
then sign. Any doubt (a notice at COMMIT, a lost connection, a hash that differs) stops the round
before the signature: the next one starts from what the database really holds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connections

from xinheng.ledger.signer import LastSigned, Signer, SignerError, load_signer
from xinheng.merkle.tiles import ReadTile, grow, hash_from_tiles, read_frontier
from xinheng.merkle.tree import (
    EMPTY_ROOT,
    Frontier,
    HashOf,
    ProofError,
    hash_leaf,
    prove_consistency,
)
from xinheng.vault.keyring import KeyringError

BATCH_MAX = 2_000
POLL_SECONDS = 0.15
BACK_OFF_SECONDS_MAX = 15.0
REREAD_MAX = 10_000

log = logging.getLogger(__name__)
Connection = psycopg.Connection[tuple[Any, ...]]


class SequencerError(Exception):
    """The stored log isn't what it must be, or the outcome of a COMMIT is unknown."""


class LostRace(SequencerError):
    """Another sequencer moved the head first; nothing was written."""


def connect(using: str = "default") -> Connection:
    """A plain autocommit connection with the settings of a Django alias: COPY and notices."""
    wrapper = connections[using]
    given = wrapper.get_connection_params()
    known = ("dbname", "user", "password", "host", "port", "sslmode")
    return psycopg.connect(
        **{name: given[name] for name in known if name in given},
        autocommit=True,
        application_name="xinheng sequencer",
        connect_timeout=5,
    )


def run_once(
    connection: Connection, signer: Signer, *, at: datetime, epoch: int | None = None
) -> int:
    """Sequence one batch and sign what is new; returns how many entries got their place.

    epoch: the one this sequencer claimed, so that a deposed one can't write; None takes the head's.
    """
    ensure_head(connection)
    count = integrate(connection, epoch=epoch)
    publish(connection, signer, at=at)
    return count


def ensure_head(connection: Connection) -> None:
    """The single head row; the migration makes it, a flushed test database lacks it."""
    connection.execute(
        "insert into ledger_head (one, size, root, epoch)"
        " select true, 0, %s, 0 where not exists (select from ledger_entry)"
        " on conflict do nothing",
        [EMPTY_ROOT],
    )


def claim(connection: Connection) -> int:
    """Become the sequencer: a new epoch, which deposes whoever held the last one."""
    ensure_head(connection)
    row = connection.execute("update ledger_head set epoch = epoch + 1 returning epoch").fetchone()
    if row is None:
        raise SequencerError("ledger_head is empty although entries exist: restore a backup")
    return int(row[0])


def integrate(connection: Connection, *, epoch: int | None = None) -> int:
    """Move pending rows into the log in one transaction; returns how many."""
    with WatchedCommit(connection), connection.transaction():
        size, root, found_epoch = read_head(connection)
        rows = _take(connection)
        if not rows:
            return 0
        read, hash_of = tile_reader(connection)
        frontier = checked_frontier(size, root, hash_of)
        growth = grow(size, frontier, read, [hash_leaf(leaf) for _, leaf in rows])
        _write_entries(connection, size, rows)
        _write_tiles(connection, growth.tiles)
        moved = move_head(
            connection,
            old=(size, found_epoch if epoch is None else epoch),
            new=(growth.frontier.size, growth.frontier.root()),
        )
        if not moved:
            raise LostRace(f"another sequencer has moved the head from size {size}")
    return len(rows)


def _take(connection: Connection) -> list[tuple[UUID, bytes]]:
    """Take what exists, oldest id first. Never "id > last": ids commit out of order."""
    rows = connection.execute(
        "delete from ledger_pendingentry where id in"
        " (select id from ledger_pendingentry order by id limit %s)"
        " returning id, entry_id, leaf",
        [BATCH_MAX],
    ).fetchall()
    return [(entry_id, bytes(leaf)) for _, entry_id, leaf in sorted(rows)]


def read_head(connection: Connection) -> tuple[int, bytes, int]:
    row = connection.execute("select size, root, epoch from ledger_head").fetchone()
    if row is None:
        raise SequencerError("ledger_head is empty although entries exist: restore a backup")
    return int(row[0]), bytes(row[1]), int(row[2])


def tile_reader(connection: Connection) -> tuple[ReadTile, HashOf]:
    """Reads tiles once each; the hash function over them."""
    seen: dict[tuple[int, int], bytes] = {}

    def read(level: int, number: int) -> bytes:
        if (level, number) not in seen:
            row = connection.execute(
                "select h from ledger_tile where lvl = %s and n = %s", [level, number]
            ).fetchone()
            seen[level, number] = bytes(row[0]) if row else b""
        return seen[level, number]

    return read, hash_from_tiles(read)


def checked_frontier(size: int, root: bytes, hash_of: HashOf) -> Frontier:
    """The stored tree's right edge, if it really leads to the stored root."""
    frontier = read_frontier(size, hash_of)
    if frontier.root() != root:
        raise SequencerError(f"the tiles don't lead to the root of size {size}: run the fsck")
    return frontier


def _write_entries(connection: Connection, size: int, rows: list[tuple[UUID, bytes]]) -> None:
    try:
        with connection.cursor().copy(
            "copy ledger_entry (idx, entry_id, leaf) from stdin (format binary)"
        ) as copy:
            copy.set_types(["int8", "uuid", "bytea"])
            for position, (entry_id, leaf) in enumerate(rows):
                copy.write_row((size + position, entry_id, leaf))
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name != "ledger_entry_pkey":
            raise
        raise LostRace(f"another sequencer has already filled index {size}") from error


def _write_tiles(connection: Connection, tiles: Any) -> None:
    for (level, number), row in tiles.items():
        connection.execute(
            "insert into ledger_tile (lvl, n, w, h) values (%s, %s, %s, %s)"
            " on conflict (lvl, n) do update set w = excluded.w, h = excluded.h",
            [level, number, len(row) // 32, row],
        )


def move_head(connection: Connection, *, old: tuple[int, int], new: tuple[int, bytes]) -> bool:
    """Compare-and-swap; True if the head was where we thought and is ours."""
    moved = connection.execute(
        "update ledger_head set size = %s, root = %s where size = %s and epoch = %s",
        [*new, *old],
    )
    return moved.rowcount == 1


class WatchedCommit(AbstractContextManager[None]):
    """Any notice until the transaction has ended makes its outcome unknown.

    A synchronous COMMIT whose wait for the standby is cancelled reports success with a warning,
    and the rows may be lost with the primary. So a notice is never taken for success.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._notices: list[str] = []

    def _note(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized in ("WARNING", "ERROR", "FATAL", "PANIC"):
            self._notices.append(notice.message_primary or "")

    def __enter__(self) -> None:
        self._connection.add_notice_handler(self._note)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._connection.remove_notice_handler(self._note)
        if self._notices and error is None:
            raise SequencerError(f"COMMIT came with a notice: {self._notices[0]}")


def publish(connection: Connection, signer: Signer, *, at: datetime) -> int:
    """Sign the head if it is new, after reading it back; returns the published size.

    Also publishes again what was signed but not stored when a crash came between the two.
    """
    last = signer.last_signed()  # before the head, which can then only be as far or further
    size, root, _ = read_head(connection)
    if size == 0 and last is None:
        return 0
    published = _published(connection)
    if last is None and published:
        raise SignerError(
            "checkpoints were published, but the signer's last-signed file is gone: write size "
            f"{published} and its root into it (JSON) after checking them with an outsider's copy"
        )
    if last is not None and last.size == size == published and last.root == root:
        return size
    hash_of = reread(connection, last, size, root)
    proof = prove_consistency(last.size, size, hash_of) if last and last.size <= size else []
    note = signer.sign(size, root, proof, since=last)
    connection.execute(
        "insert into ledger_checkpoint (size, root, note, published_at) values (%s, %s, %s, %s)"
        " on conflict (size) do nothing",
        [size, root, note, at],
    )
    return size


def _published(connection: Connection) -> int:
    row = connection.execute("select coalesce(max(size), 0) from ledger_checkpoint").fetchone()
    return int(row[0]) if row else 0


def reread(connection: Connection, last: LastSigned | None, size: int, root: bytes) -> HashOf:
    """Hash the entries since the last signature again, as they are stored now.

    One flipped bit between memory and disk once ended a public log; here it stops the signature.
    The old edge comes from tiles that must lead to the root that was signed.
    """
    _, hash_of = tile_reader(connection)
    done = last.size if last else 0
    if done > size:
        return hash_of  # the signer refuses: the stored log is shorter than the signed one
    try:
        frontier = checked_frontier(done, last.root if last else EMPTY_ROOT, hash_of)
        while done < size:
            leaf_hashes = _stored_hashes(connection, done, min(size, done + REREAD_MAX))
            for offset, hash_ in enumerate(leaf_hashes):
                if hash_of(done + offset, done + offset + 1) != hash_:
                    raise SequencerError(f"entry {done + offset} isn't what its tile says")
            frontier = frontier.extended(leaf_hashes)
            done += len(leaf_hashes)
    except ProofError as error:
        raise SequencerError(f"the stored tiles are damaged: {error}") from error
    if frontier.root() != root:
        raise SequencerError(f"the entries don't lead to the root of size {size}: run the fsck")
    return hash_of


def _stored_hashes(connection: Connection, low: int, high: int) -> list[bytes]:
    rows = connection.execute(
        "select idx, leaf from ledger_entry where idx >= %s and idx < %s order by idx", [low, high]
    ).fetchall()
    if [row[0] for row in rows] != list(range(low, high)):
        raise SequencerError(f"entries are missing between {low} and {high}: run the fsck")
    return [hash_leaf(bytes(row[1])) for row in rows]


def run_forever(
    stop: threading.Event,
    *,
    open_connection: Callable[[], Connection] = connect,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """The sequencer process: rounds until `stop` is set; survives a PostgreSQL that dies.

    This is a door: it owns the clock. A refusal to sign is repeated loudly and never got round.
    """
    wait = POLL_SECONDS
    while not stop.is_set():
        try:
            _serve(stop, open_connection, clock)
            wait = POLL_SECONDS
        except (psycopg.Error, SequencerError, SignerError, KeyringError, OSError) as error:
            wait = min(wait * 2, BACK_OFF_SECONDS_MAX)
            log.warning("存证 ledger: %s; 重试 trying again in %.1f s", error, wait)
            stop.wait(wait)


def _serve(
    stop: threading.Event,
    open_connection: Callable[[], Connection],
    clock: Callable[[], datetime],
) -> None:
    signer = load_signer(
        settings.LEDGER_ORIGIN, settings.XINHENG_KEYS_DIR, settings.XINHENG_LEDGER_DIR
    )
    with open_connection() as connection:
        epoch = claim(connection)
        while not stop.is_set():
            if run_once(connection, signer, at=clock(), epoch=epoch) < BATCH_MAX:
                stop.wait(POLL_SECONDS)
