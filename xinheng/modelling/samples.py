"""Samples: rows with known outcomes, from a file that a person hands over or from the own ledger.

A sample is kept as one CSV, compressed, in pieces sealed under the system's key, and never changes:
its SHA-256 stands in the ledger and with every model learnt from it. Beside it lies what pages show
without opening it: each column's kind, gaps and a small histogram. The own book is asked for here
and drawn by the jobs process, because a large one takes its minutes. Example: german.csv, 1,000
rows, 300 bads by creditability = bad; 20 columns of which 7 are numbers.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction

from xinheng.ledger.actions import append, append_one
from xinheng.ledger.entries import NewEntry
from xinheng.modelling import own_book
from xinheng.modelling.models import Sample
from xinheng.modelling.refusals import ModelRefusal
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key
from xinheng.vault.queries import open_keys
from xinheng.vault.seal import OVERHEAD_BYTES, key_id_of, open_sealed, seal

if TYPE_CHECKING:
    from xinheng.learning.preparing import Prepared, Wish
    from xinheng.learning.reading import Table

EDIT: Final = "models.edit"
NAME_MAX: Final = 80
FILE_BYTES_MAX: Final = 20 * 1024 * 1024
_PIECE: Final = 1_000_000
_BARS: Final = 10


def keep_file(
    name: str, file_name: str, content: bytes, wish: Wish, *, actor: Actor, at: datetime
) -> Sample:
    """Keep an uploaded file as a sample; one ledger entry with its hash and counts.

    Refuses NOT_ALLOWED, NAMED_PERSON, BAD_NAME, TOO_LARGE, FILE (with what is wrong with it).
    """
    person = _require(actor)
    named = checked_name(name)
    if len(content) > FILE_BYTES_MAX:
        raise Refused(ModelRefusal.TOO_LARGE, most=FILE_BYTES_MAX >> 20)
    from xinheng.learning.columns import LearningError
    from xinheng.learning.preparing import prepare
    from xinheng.learning.reading import read

    try:
        table = read(content)
        rows = prepare(table, wish)
    except LearningError as error:
        raise Refused(ModelRefusal.FILE, zh=error.zh, en=error.en) from error
    outcome = {
        "column": wish.target,
        "bad": rows.bad_word,
        "drop": list(wish.drop),
        "codes": dict(wish.codes),
        "group": wish.group,
    }
    with transaction.atomic():
        sample = Sample.objects.create(
            name=named,
            source="file",
            file_name=file_name[-200:],
            outcome=outcome,
            columns=[],
            rows=0,
            bads=0,
            time_column=wish.time,
            content_sealed=b"",
            sha256=b"",
            made_by_id=person,
            made_at=at,
        )
        _fill(sample, table.columns, rows, actor, at)
    return sample


def ask_own_book(name: str, *, actor: Actor, at: datetime) -> Sample:
    """Ask for a sample of the own ledger; the jobs process draws it. One ledger entry
    now, another when it is drawn.

    Refuses NOT_ALLOWED, NAMED_PERSON, BAD_NAME.
    """
    person = _require(actor)
    named = checked_name(name)
    with transaction.atomic():
        sample = Sample.objects.create(
            name=named,
            source="own_book",
            outcome={"column": own_book.OUTCOME, "bad": own_book.BAD, "group": own_book.CUSTOMER}
            | {"rules": own_book.RULES["version"]},
            columns=[],
            rows=0,
            bads=0,
            time_column=own_book.DAY,
            content_sealed=b"",
            sha256=b"",
            made_by_id=person,
            made_at=at,
        )
        append_one("sample.asked", {"sample": sample.pk}, {"by": actor.ref, "name": named}, at=at)
    return sample


def draw_waiting(*, actor: Actor, at: datetime) -> int:
    """Draw one own-book sample that waits; returns how many were. A fault stands with the sample in
    words and is not tried again.
    """
    from xinheng.learning.columns import LearningError
    from xinheng.learning.preparing import prepare
    from xinheng.learning.reading import Table

    with transaction.atomic():
        waiting = Sample.objects.select_for_update(skip_locked=True).filter(
            source="own_book", sha256=b"", outcome__failed__isnull=True
        )
        sample = waiting.order_by("pk").first()
        if sample is None:
            return 0
        columns = own_book.draw()
        try:
            if not columns:
                raise LearningError("young", *_TOO_YOUNG)
            table = Table(columns, len(columns[own_book.OUTCOME]))
            rows = prepare(table, wish_of(sample))
        except LearningError as error:
            sample.outcome = sample.outcome | {"failed": {"zh": error.zh, "en": error.en}}
            sample.save(update_fields=["outcome"])
            return 1
        _fill(sample, columns, rows, actor, at)
    return 1


_TOO_YOUNG: Final = (
    "账本不足 15 个月，没有一个观察日之后满一年：请先导入更早的发票和收款。",
    "The ledger is younger than 15 months: no day has a whole year after it. Import older"
    " invoices and receipts.",
)


def wish_of(sample: Sample) -> Wish:
    """What was said when the sample was made."""
    from xinheng.learning.preparing import Wish

    said = sample.outcome
    return Wish(
        said["column"],
        said["bad"],
        tuple(said.get("drop", ())),
        said.get("codes", {}),
        sample.time_column,
        said.get("group", ""),
    )


def opened(sample: Sample) -> Table:
    """The sample's columns again; a changed byte raises."""
    from xinheng.learning.reading import Table

    raw = bytes(sample.content_sealed)
    pieces: list[bytes] = []
    at = 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        pieces.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    ids = {key_id_of(piece[:OVERHEAD_BYTES]) for piece in pieces}
    with connection.cursor() as cursor:
        keys = open_keys(ids, cursor=cursor)
    packed = b"".join(
        open_sealed(keys[key_id_of(piece)], place_of(sample.pk, n), piece)
        for n, piece in enumerate(pieces)
    )
    text = zlib.decompress(packed)
    if hashlib.sha256(text).digest() != bytes(sample.sha256):
        raise ValueError(f"sample {sample.pk} is not what was kept")
    rows = list(csv.reader(io.StringIO(text.decode(), newline="")))
    columns = {key: [row[i] for row in rows[1:]] for i, key in enumerate(rows[0])}
    return Table(columns, len(rows) - 1)


def place_of(sample_id: int, piece: int) -> str:
    """Where a piece is sealed for."""
    return f"modelling_sample.content_sealed.{sample_id}.{piece}"


def checked_name(name: str) -> str:
    """A name without blanks around it, or BAD_NAME."""
    found = " ".join(name.split())
    if not 2 <= len(found) <= NAME_MAX:
        raise Refused(ModelRefusal.BAD_NAME, most=NAME_MAX)
    return found


def _require(actor: Actor) -> int:
    if not actor.may(EDIT):
        raise Refused(ModelRefusal.NOT_ALLOWED, permission=EDIT)
    if actor.person_id is None:
        raise Refused(ModelRefusal.NAMED_PERSON)
    return actor.person_id


def _fill(
    sample: Sample,
    columns: Mapping[str, Sequence[str]],
    rows: Prepared,
    actor: Actor,
    at: datetime,
) -> None:
    """Content, counts and summary into the row, and the one entry."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    text = out.getvalue().encode()
    sample.sha256 = hashlib.sha256(text).digest()
    sample.content_sealed = _sealed(sample.pk, zlib.compress(text, 6), at)
    sample.rows, sample.bads = len(rows.bad), int(rows.bad.sum())
    sample.columns = _summary(columns, rows)
    sample.entry_id = _record(sample, actor, at)
    sample.save()


def _sealed(sample_id: int, packed: bytes, at: datetime) -> bytes:
    key_id = system_key(at=at)
    with connection.cursor() as cursor:
        key = open_keys({key_id}, cursor=cursor)[key_id]
    found = bytearray()
    for n, start in enumerate(range(0, len(packed), _PIECE)):
        piece = seal(key, place_of(sample_id, n), packed[start : start + _PIECE])
        found += len(piece).to_bytes(4, "big") + piece
    return bytes(found)


def _record(sample: Sample, actor: Actor, at: datetime) -> Any:
    clear = {
        "sample": sample.pk,
        "source": sample.source,
        "rows": sample.rows,
        "bads": sample.bads,
        "sha256": bytes(sample.sha256).hex(),
    }
    entry = NewEntry(
        "sample.kept", clear, {"by": actor.ref, "name": sample.name}, system_key(at=at)
    )
    with connection.cursor() as cursor:
        return append([entry], at=at, cursor=cursor)[0]


# --- What pages show of a column


def _summary(columns: Mapping[str, Sequence[str]], rows: Prepared) -> list[dict[str, Any]]:
    """Of each column of the file in its order."""
    why = {one.key: {"zh": one.zh, "en": one.en} for one in rows.told if one.key}
    found = []
    for key, texts in columns.items():
        column = rows.columns.get(key)
        kind = "aside" if column is None else "number" if column.dtype == float else "words"
        known = [text for text in texts if text]
        one: dict[str, Any] = {
            "key": key,
            "kind": kind,
            "missing": len(texts) - len(known),
            "distinct": len(set(known)),
            "why": why.get(key),
        }
        if kind == "number":
            one["bars"] = _number_bars(column)
        elif kind == "words":
            top = Counter(known).most_common(_BARS)
            one["bars"] = [{"label": word[:40], "rows": count} for word, count in top]
        found.append(one)
    return found


def _number_bars(column: Any) -> list[dict[str, Any]]:
    """Equal widths between the first and the last hundredth; what lies beyond is in the ends."""
    import numpy as np

    known = column[~np.isnan(column)]
    low, high = (float(one) for one in np.quantile(known, [0.01, 0.99]))
    if low == high:
        low, high = float(known.min()), float(known.max())
    counts, edges = np.histogram(np.clip(known, low, high), _BARS, (low, max(high, low + 1e-9)))
    return [
        {"label": f"{edges[i]:.4g} – {edges[i + 1]:.4g}", "rows": int(count)}
        for i, count in enumerate(counts)
    ]
