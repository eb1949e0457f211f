"""Photos that tell when and where they were taken, made byte by byte."""

from __future__ import annotations

import struct

from tests.dossiers.corpus import jpeg, segment


def photo_told(
    taken: str = "2026:11:20 09:30:00",
    offset: str = "+08:00",
    sides: tuple[str, str] = ("N", "W"),
    degrees: int = 31,
    seconds: tuple[int, int] = (4944, 100),
    order: str = ">",
) -> bytes:
    """31° 13' 49.44" N, 121° 28' 25.32" W (so that a sign is seen), at half past nine in China."""
    first, exif_at, gps_at, heap_at = 8, 40, 80, 140
    heap = b""

    def put(content: bytes) -> int:
        nonlocal heap
        at = heap_at + len(heap)
        heap += content
        return at

    def entry(tag: int, kind: int, content: bytes, number: int) -> bytes:
        where = content.ljust(4, b"\x00")
        if len(content) > 4:
            where = struct.pack(order + "I", put(content))
        return struct.pack(order + "HHI", tag, kind, number) + where

    def text(tag: int, told: str) -> bytes:
        content = told.encode() + b"\x00"
        return entry(tag, 2, content, len(content))

    def fractions(tag: int, *numbers: int) -> bytes:
        return entry(tag, 5, struct.pack(order + "6I", *numbers), 3)

    def directory(*entries: bytes) -> bytes:
        return struct.pack(order + "H", len(entries)) + b"".join(entries) + b"\x00" * 4

    def pointer(tag: int, at: int) -> bytes:
        return entry(tag, 4, struct.pack(order + "I", at), 1)

    parts = {
        first: directory(pointer(0x8769, exif_at), pointer(0x8825, gps_at)),
        exif_at: directory(text(0x9003, taken), text(0x9011, offset)),
        gps_at: directory(
            text(1, sides[0]),
            fractions(2, degrees, 1, 13, 1, *seconds),
            text(3, sides[1]),
            fractions(4, 121, 1, 28, 1, 2532, 100),
        ),
    }
    head = b"MM\x00*" if order == ">" else b"II*\x00"
    tiff = bytearray(head + struct.pack(order + "I", first)).ljust(heap_at, b"\x00")
    for at, content in parts.items():
        tiff[at : at + len(content)] = content
    return jpeg(extra=segment(0xE1, b"Exif\x00\x00" + bytes(tiff) + heap))


GPS_PHOTO = photo_told()
