"""Records: everything that an assessment read, kept small, so that it can be judged again.

A record is a zlib-compressed JSON text of two parts: `read` (behaviour figures, statements, facts,
covers, the days, which versions of card, settings and limit methods) and `said` (what came out of
it besides the columns of the row: limit, methods' values, red lines). Nothing of it is looked up
again but the bodies of the policies, which never change and whose SHA-256 the record names.
Example: 1,100 bytes of text for a customer with twelve months of invoices lie in 520.
"""

from __future__ import annotations

import zlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from xinheng.receivables.behaviour import Behaviour

VERSION: Final = 1


class Told(Struct, frozen=True, omit_defaults=True):
    """A financial statement as far as an assessment reads it; figures are minor units."""

    id: int
    verified: bool
    period_end: date
    currency: str
    figures: dict[str, int]
    capital_minor: int | None = None  # paid in


class Further(Struct, frozen=True, omit_defaults=True):
    """What the file and the books know beyond payments and statements."""

    orders: dict[str, int] = {}  # ordered within 90 days, by currency
    purchases: tuple[int, str] | None = None  # of a year, and their currency
    our_share_pct: Decimal | None = None
    peers: tuple[int, ...] = ()  # what other suppliers grant at least, minor units of peers_in
    peers_in: str = ""
    covers: tuple[tuple[str, int, int], ...] = ()  # currency, amount, basis points that count


class Used(Struct, frozen=True):
    """The policies by id, and one SHA-256 over the three bodies'."""

    card: int
    settings: int
    limit: int
    sha256: str


class Read(Struct, frozen=True, omit_defaults=True):
    """One customer as it was read: `as_of` was asked for, `day` is the one it was judged by."""

    customer: int
    as_of: date
    day: date
    known_at: datetime
    base_currency: str
    used: Used
    manufacturing: bool = False
    paying: Behaviour | None = None
    statement: Told | None = None
    verified: Told | None = None  # the newest verified one, where `statement` is not
    further: Further | None = None


class Said(Struct, frozen=True, omit_defaults=True):
    """What came out besides the columns of the assessment. `statement`: "verified", "used" (not
    verified), "left_out" (not verified, and it would have helped), "" (none).
    """

    limit_minor: int | None
    terms_days: int
    median_minor: int | None
    decisive: str
    values: dict[str, int | None]
    caps: dict[str, int] = {}
    secured_minor: int = 0
    red_lines: tuple[str, ...] = ()
    statement: str = ""


class Record(Struct, frozen=True):
    v: int
    read: Read
    said: Said


def packed(read: Read, said: Said) -> bytes:
    """The bytes that the row keeps."""
    return zlib.compress(_text(Record(VERSION, read, said)), 6)


def unpacked(kept: bytes | memoryview) -> Record:
    """The record again. ValueError where the bytes are no record of a version that we read."""
    try:
        record = msgspec.json.decode(zlib.decompress(bytes(kept)), type=Record)
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(f"not a record of an assessment: {error}") from error
    if record.v != VERSION:
        raise ValueError(f"record version {record.v}; this release reads {VERSION}")
    return record


def said_bytes(said: Said) -> bytes:
    """For the comparison byte for byte."""
    return _text(said)


def _text(value: Any) -> bytes:
    return msgspec.json.encode(value, order="deterministic")
