"""When and where a photo was taken, as the picture itself says; read before it is written anew.

A JPEG's EXIF block has a first directory that points to two more: one with the time in local
digits ("2026:11:20 09:30:00"), sometimes with its offset ("+08:00"), one with latitude and
longitude as degrees, minutes and seconds, each a fraction. Example: 31/1, 13/1, 4944/100 north is
31.230400. Whatever is damaged, absent or impossible is not told; nothing here refuses a picture,
and nothing is believed more than the file deserves: metadata can be forged.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Final, NamedTuple

SEGMENTS_MAX: Final = 100
ENTRIES_MAX: Final = 200
_EXIF_POINTER, _GPS_POINTER = 0x8769, 0x8825
_TAKEN, _OFFSET = 0x9003, 0x9011
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8}
_PLACES: Final = Decimal("0.000001")
_DAMAGE: Final = (struct.error, ValueError, ArithmeticError)


class PictureFacts(NamedTuple):
    """What a picture tells; None where it doesn't."""

    taken_at: datetime | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None


class Directory(NamedTuple):
    """An EXIF block and the entries of one of its directories: tag → (kind, count, bytes)."""

    order: str
    tiff: bytes
    entries: dict[int, tuple[int, int, bytes]]


def told_by_picture(content: bytes, zone: tzinfo) -> PictureFacts:
    """When and where, from a JPEG's EXIF; `zone` is taken where the picture names no offset."""
    tiff = _exif(content)
    taken_at: datetime | None = None
    position: tuple[Decimal | None, Decimal | None] = (None, None)
    with suppress(*_DAMAGE):
        first = _directory(tiff, None)
        with suppress(*_DAMAGE):
            taken_at = _taken(_inner(first, _EXIF_POINTER), zone)
        with suppress(*_DAMAGE):
            position = _position(_inner(first, _GPS_POINTER))
    return PictureFacts(taken_at, *position)


def _exif(content: bytes) -> bytes:
    """The TIFF part of the first EXIF segment; empty where there is none."""
    if content[:2] != b"\xff\xd8":
        return b""
    for marker, body in _segments(content):
        if marker == 0xE1 and body[:6] == b"Exif\x00\x00":
            return body[6:]
    return b""


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) of what stands before the picture itself."""
    at = 2
    for _ in range(SEGMENTS_MAX):
        while content[at : at + 2] == b"\xff\xff":
            at += 1
        if content[at : at + 1] != b"\xff" or at + 4 > len(content) or content[at + 1] == 0xDA:
            return
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        yield content[at + 1], content[at + 4 : at + 2 + length]
        at += 2 + length


def _directory(tiff: bytes, start: int | None) -> Directory | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    start = struct.unpack(order + "I", tiff[4:8])[0] if start is None else start
    count = struct.unpack(order + "H", tiff[start : start + 2])[0]
    entries = {}
    for place in range(min(count, ENTRIES_MAX)):
        at = start + 2 + 12 * place
        tag, kind, number = struct.unpack(order + "HHI", tiff[at : at + 8])
        size = _SIZES.get(kind, 0) * number
        if not 0 < size <= 4096:
            continue
        where = at + 8 if size <= 4 else struct.unpack(order + "I", tiff[at + 8 : at + 12])[0]
        entries[tag] = (kind, number, tiff[where : where + size])
    return Directory(order, tiff, entries)


def _inner(first: Directory | None, pointer: int) -> Directory | None:
    found = first.entries.get(pointer) if first else None
    if first is None or found is None or found[0] != 4:
        return None
    return _directory(first.tiff, struct.unpack(first.order + "I", found[2])[0])


def _text(directory: Directory, tag: int) -> str:
    kind, _, told = directory.entries.get(tag, (0, 0, b""))
    return told.split(b"\x00")[0].decode("ascii").strip() if kind == 2 else ""


def _taken(exif: Directory | None, zone: tzinfo) -> datetime | None:
    if exif is None or not (told := _text(exif, _TAKEN)):
        return None
    naive = datetime.strptime(told, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 – its zone follows
    offset = _text(exif, _OFFSET)
    if len(offset) == 6 and offset[0] in "+-":
        ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
        return naive.replace(tzinfo=timezone(ahead if offset[0] == "+" else -ahead))
    return naive.replace(tzinfo=zone)


def _position(gps: Directory | None) -> tuple[Decimal | None, Decimal | None]:
    if gps is None:
        return None, None
    latitude = _degrees(gps, 2, _text(gps, 1), ("N", "S"), 90)
    longitude = _degrees(gps, 4, _text(gps, 3), ("E", "W"), 180)
    if latitude is None or longitude is None:
        return None, None
    return latitude, longitude


def _degrees(
    gps: Directory, tag: int, side: str, sides: tuple[str, str], most: int
) -> Decimal | None:
    """Degrees, minutes and seconds as one number, negative to the south and west."""
    kind, count, told = gps.entries.get(tag, (0, 0, b""))
    if kind != 5 or count != 3 or side not in sides:
        return None
    numbers = struct.unpack(gps.order + "6I", told)
    degrees, minutes, seconds = (
        Decimal(numbers[place]) / Decimal(numbers[place + 1]) for place in (0, 2, 4)
    )
    value = (degrees + minutes / 60 + seconds / 3600).quantize(_PLACES)
    if value > most or minutes >= 60 or seconds >= 60:
        return None
    return -value if side == sides[1] else value
