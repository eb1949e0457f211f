"""Checking the whole log again from its entries.

`fsck` believes nothing that is stored but the leaves: it hashes every one, builds every tile and
root again and compares. The log is grown twice side by side, once from leaves and once from stored
tile hashes; where a leaf and its tile disagree, the signed checkpoints say which of the two was
changed: the one that no longer leads to what was signed. Each damage names its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from psycopg import IsolationLevel

from xinheng.ledger.sequencer import Connection
from xinheng.ledger.signer import LastSigned
from xinheng.merkle.note import Key, NoteError, parse_checkpoint, parse_note
from xinheng.merkle.tiles import WIDTH, cut
from xinheng.merkle.tree import HASH_BYTES, Frontier, hash_leaf, root_of
from xinheng.texts import T

DAMAGES_MAX = 200
CHUNK = 2_000
NO_HASH = bytes(HASH_BYTES)

CheckRow = Callable[[UUID, bytes], T | None]
"""An upper room's comparison of a leaf with the row it is about: None, or what differs."""


@dataclass(frozen=True, slots=True)
class Damage:
    """where: "entry 17", "tile 1/0", "checkpoint 300", "head" …; text says what is wrong."""

    where: str
    text: T


@dataclass(slots=True)
class Findings:
    """What fsck has found; keeps DAMAGES_MAX in words and counts the rest."""

    damages: list[Damage] = field(default_factory=list)
    count: int = 0

    def add(self, where: str, zh: str, en: str) -> None:
        self.count += 1
        if len(self.damages) < DAMAGES_MAX:
            self.damages.append(Damage(where, T(zh, en)))


@dataclass(frozen=True, slots=True)
class FsckReport:
    """size: entries checked; damage_count may exceed the damages listed."""

    size: int
    checkpoints: int
    pending: int
    root: str
    damages: tuple[Damage, ...]
    damage_count: int

    @property
    def sound(self) -> bool:
        return self.damage_count == 0


def fsck(
    connection: Connection,
    key: Key,
    *,
    last_signed: LastSigned | None,
    check_row: CheckRow | None = None,
) -> FsckReport:
    """Compute everything again from the entries, on one snapshot, changing nothing.

    connection: an idle one of its own (`sequencer.connect`). check_row compares leaves with the
    rows that they are about, which only an upper room can.
    """
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    findings = Findings()
    with connection.transaction():
        connection.execute("set transaction read only")
        signed = _signed_roots(connection, key, findings)
        checkpoints = len(signed)
        if last_signed is not None:
            signed.setdefault(last_signed.size, []).append(("last-signed", last_signed.root))
        walk = Walk(signed, check_row, findings)
        for number, rows in _bundles(connection):
            walk.take(number, rows, cut(_tile(connection, 0, number)))
        walk.finish()
        _check_upper_tiles(connection, walk.tile_roots, findings)
        _check_no_other_tiles(connection, walk.size, findings)
        _check_head(connection, walk, findings)
        _check_disclosures(connection, findings)
        pending = _count(connection, "select count(*) from ledger_pendingentry")
    root = walk.by_entry.root().hex()
    damages = tuple(findings.damages)
    return FsckReport(walk.size, checkpoints, pending, root, damages, findings.count)


Signed = dict[int, list[tuple[str, bytes]]]
"""For each signed size, which roots are on record for it, and where."""


def _signed_roots(connection: Connection, key: Key, findings: Findings) -> Signed:
    """Every root that was published; notes that aren't good are damages themselves."""
    signed: Signed = {}
    public_key = Ed25519PublicKey.from_public_bytes(key.public_key)
    rows = connection.execute("select size, root, note from ledger_checkpoint order by size")
    for size, root, content in rows.fetchall():
        signed[size] = [("checkpoint", bytes(root))]
        problem = _note_problem(content, key, public_key, size, bytes(root))
        if problem:
            findings.add(
                f"checkpoint {size}",
                f"检查点无效：{problem}",
                f"the checkpoint is not valid: {problem}",
            )
    return signed


def _note_problem(
    content: str, key: Key, public_key: Ed25519PublicKey, size: int, root: bytes
) -> str:
    """Empty if the note states size and root and is signed by the key."""
    try:
        note = parse_note(content)
        checkpoint = parse_checkpoint(note.text)
        (signature,) = [s for s in note.signatures if (s.name, s.key_id) == (key.name, key.key_id)]
        public_key.verify(signature.signature, note.text.encode())
    except NoteError as error:
        return str(error)
    except (InvalidSignature, ValueError):
        return f"not signed by {key.name}"
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != (key.name, size, root):
        return "its row says something else than its note"
    return ""


Rows = dict[int, tuple[UUID, bytes]]


def _bundles(connection: Connection) -> Iterator[tuple[int, Rows]]:
    """Stored entries by level-0 tile, in order; where entries are missing, rows are."""
    number, rows = 0, Rows()
    with connection.cursor("fsck_entries") as cursor:
        cursor.itersize = CHUNK
        cursor.execute("select idx, entry_id, leaf from ledger_entry order by idx")
        for idx, entry_id, leaf in cursor:
            while idx >= (number + 1) * WIDTH:
                yield number, rows
                number, rows = number + 1, {}
            rows[idx] = (entry_id, bytes(leaf))
    if rows:
        yield number, rows


class Walk:
    """The log grown from leaves and from tile hashes, compared at every signed size."""

    def __init__(self, signed: Signed, check_row: CheckRow | None, findings: Findings) -> None:
        self._signed = signed
        self._check_row = check_row
        self._findings = findings
        self._blamed: set[str] = set()
        self.by_entry = Frontier()
        self.by_tile = Frontier()
        self.tile_roots: list[bytes] = []

    @property
    def size(self) -> int:
        return self.by_entry.size

    def take(self, number: int, rows: Rows, tile: list[bytes]) -> None:
        """The entries of one level-0 tile, and its stored hashes."""
        low = number * WIDTH
        count = max(max(rows, default=low) + 1 - low, len(tile))
        tile = tile + [NO_HASH] * (count - len(tile))
        fresh = [self._hash(low + n, rows.get(low + n), tile[n]) for n in range(count)]
        stops = [size for size in range(low + 1, low + count) if size in self._signed]
        done = low
        for stop in [*stops, low + count]:
            self.by_entry = self.by_entry.extended(fresh[done - low : stop - low])
            self.by_tile = self.by_tile.extended(tile[done - low : stop - low])
            done = stop
            self._compare(stop)
        if count == WIDTH:
            self.tile_roots.append(root_of(fresh))

    def _hash(self, idx: int, row: tuple[UUID, bytes] | None, kept: bytes) -> bytes:
        """The leaf's hash, after noting whatever doesn't fit at this index."""
        where = f"entry {idx}"
        if row is None:
            self._findings.add(where, "条目缺失", "the entry is missing")
            return NO_HASH
        entry_id, leaf = row
        found = hash_leaf(leaf)
        if found != kept:
            self._findings.add(
                where, "条目与哈希块中的哈希不符", "the entry and its hash in the tile differ"
            )
        if f'"entry":"{entry_id.hex}"'.encode() not in leaf:
            self._findings.add(where, "编号与存证内容不符", "its id is not the one in its leaf")
        if self._check_row and (what := self._check_row(entry_id, leaf)):
            self._findings.add(
                where, f"业务记录与存证不符：{what.zh}", f"its row says something else: {what.en}"
            )
        return found

    def _compare(self, size: int) -> None:
        """Both roots with what was signed for this size; each kind of blame is laid once."""
        for record, root in self._signed.pop(size, []):
            entries_fit = self.by_entry.root() == root
            tiles_fit = self.by_tile.root() == root
            if not entries_fit and tiles_fit:
                self._blame(record, size, "条目在签名之后被改动", "entries were changed after it")
            elif entries_fit and not tiles_fit:
                self._blame(record, size, "哈希块在签名之后被改动", "tiles were changed after it")
            elif not entries_fit:
                self._blame(
                    record,
                    size,
                    "条目与哈希块都得不出已签名的根",
                    "neither entries nor tiles lead to the signed root",
                )

    def _blame(self, record: str, size: int, zh: str, en: str) -> None:
        if en not in self._blamed:
            self._blamed.add(en)
            self._findings.add(f"{record} {size}", zh, en)

    def finish(self) -> None:
        """What was signed for more entries than there are."""
        for size, records in sorted(self._signed.items()):
            for record, _ in records:
                self._findings.add(
                    f"{record} {size}",
                    f"账本只有 {self.size} 条，少于已签名的 {size} 条",
                    f"the log has {self.size} entries, fewer than the {size} that were signed",
                )


def _tile(connection: Connection, level: int, number: int) -> bytes:
    row = connection.execute(
        "select h from ledger_tile where lvl = %s and n = %s", [level, number]
    ).fetchone()
    return bytes(row[0]) if row else b""


def _check_upper_tiles(connection: Connection, tile_roots: list[bytes], findings: Findings) -> None:
    """Every level above 0, built again from the roots of full tiles below."""
    level, hashes = 1, tile_roots
    while hashes:
        above: list[bytes] = []
        for start in range(0, len(hashes), WIDTH):
            part, number = hashes[start : start + WIDTH], start // WIDTH
            if _tile(connection, level, number) != b"".join(part):
                findings.add(
                    f"tile {level}/{number}",
                    "哈希块与下层不符",
                    "the tile is not what the level below gives",
                )
            if len(part) == WIDTH:
                above.append(root_of(part))
        level, hashes = level + 1, above


def _check_head(connection: Connection, walk: Walk, findings: Findings) -> None:
    row = connection.execute("select size, root from ledger_head").fetchone()
    size, root = (int(row[0]), bytes(row[1])) if row else (0, Frontier().root())
    if size != walk.size:
        findings.add(
            "head",
            f"头记录为 {size} 条，实有 {walk.size} 条",
            f"the head says {size} entries, there are {walk.size}",
        )
    elif root != walk.by_entry.root():
        findings.add("head", "头记录的根与条目不符", "the head's root is not that of the entries")


def _check_no_other_tiles(connection: Connection, size: int, findings: Findings) -> None:
    """Tiles that no entry leads to: a level of s hashes has s/256 of them, rounded up."""
    rows = connection.execute(
        "select lvl, n from ledger_tile where n * %s >= (%s::bigint >> (8 * lvl)) limit %s",
        [WIDTH, size, DAMAGES_MAX],
    ).fetchall()
    for level, number in rows:
        findings.add(
            f"tile {level}/{number}", "没有条目对应的哈希块", "a tile that no entry leads to"
        )


def _check_disclosures(connection: Connection, findings: Findings) -> None:
    """Every leaf has its sealed opening (readable or erased), and every opening its leaf."""
    for table in ("ledger_entry", "ledger_pendingentry"):
        lonely = connection.execute(
            f"select e.entry_id from {table} e where not exists"
            " (select from ledger_disclosure d where d.entry_id = e.entry_id) limit %s",
            [DAMAGES_MAX],
        ).fetchall()
        for (entry_id,) in lonely:
            findings.add(f"entry {entry_id}", "披露记录缺失", "its disclosure row is missing")
    orphans = connection.execute(
        "select d.entry_id from ledger_disclosure d"
        " where not exists (select from ledger_entry e where e.entry_id = d.entry_id)"
        " and not exists (select from ledger_pendingentry p where p.entry_id = d.entry_id)"
        " limit %s",
        [DAMAGES_MAX],
    ).fetchall()
    for (entry_id,) in orphans:
        findings.add(
            f"entry {entry_id}", "有披露记录而无条目", "it has a disclosure but its leaf is gone"
        )


def _count(connection: Connection, sql: str, *values: int) -> int:
    row = connection.execute(sql, values).fetchone()
    return int(row[0]) if row else 0
