"""Pictures are written anew from what makes the picture; what tells about its maker stays outside.

A JPEG keeps its tables, frames and scans, and from its EXIF only which way is up; GPS, names of
cameras, previews, comments and whatever follows the end are left out. A PNG keeps the chunks of
the picture itself; its pixels are unpacked and counted, so that a short file or a bomb is found.
Example: 4,000 × 3,000 with 8-bit RGB is 3,000 × (1 + 4,000 × 3) = 36,003,000 bytes unpacked, and
neither one more nor one less.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from xinheng.dossiers.refusals import DossierRefusal
from xinheng.refusals import Refused

PIXELS_MAX: Final = 50_000_000
SIDE_MAX: Final = 20_000
SCANS_MAX: Final = 100
PIECE: Final = 1 << 20

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
PNG_KEPT: Final = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"),
    *(b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs"),
}
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS: Final = {
    0: (1, 2, 4, 8, 16),
    2: (8, 16),
    3: (1, 2, 4, 8),
    4: (8, 16),
    6: (8, 16),
}
_ADAM7: Final = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
_OTHER_FILE: Final = re.compile(
    rb"%PDF-|<\s*(?:script|html|svg|\?php)|PK\x03\x04|Rar!\x1a|7z\xbc\xaf", re.IGNORECASE
)

# JPEG: frames that readers know; the rest (hierarchical, lossless, arithmetic) nobody hands over.
_FRAMES: Final = (0xC0, 0xC1, 0xC2)
_TABLES: Final = (0xC4, 0xDB, 0xDD)
_NEXT_MARKER: Final = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_ORIENTATION_TAG: Final = 0x0112


# --- PNG


def clean_png(content: bytes) -> tuple[bytes, int, int]:
    """The picture's own chunks, its width and height. Refuses UPLOAD_CUT, UPLOAD_MIXED,
    UPLOAD_PIXELS, UPLOAD_BOMB.
    """
    kept, packed = [PNG_SIGNATURE], []
    header: bytes | None = None
    after = 0
    for kind, body, after in _chunks(content):  # noqa: B007 – where the last one ends
        if header is None:
            if kind != b"IHDR" or len(body) != 13:
                raise _cut("PNG")
            header = body
            _require_size(*struct.unpack(">II", body[:8]))
        if kind == b"IDAT":
            packed.append(body)
        if kind in PNG_KEPT:
            kept.append(_chunk(kind, body))
        elif not kind[0] & 0x20:  # critical, and we don't know it
            raise _cut("PNG")
    if header is None:
        raise _cut("PNG")
    _require_alone(content[after:], "PNG")
    _require_pixels(b"".join(packed), _unpacked_bytes(header))
    width, height = struct.unpack(">II", header[:8])
    return b"".join(kept), width, height


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """(kind, body, where it ends) up to and with IEND; each with a right check sum."""
    at = len(PNG_SIGNATURE)
    while True:
        if at + 12 > len(content):
            raise _cut("PNG")
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        end = at + 12 + length
        if end > len(content) or not kind.isalpha():
            raise _cut("PNG")
        body = content[at + 8 : end - 4]
        if zlib.crc32(kind + body) != struct.unpack(">I", content[end - 4 : end])[0]:
            raise _cut("PNG")
        yield kind, body, end
        if kind == b"IEND":
            return
        at = end


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", check)


def _unpacked_bytes(header: bytes) -> int:
    """How many bytes the pixels are: per row one for the filter, then depth × channels bits each,
    rounded up to whole bytes.
    """
    width, height, depth, colour, packing, filtering, lacing = struct.unpack(">IIBBBBB", header)
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or lacing > 1:
        raise _cut("PNG")
    bits = depth * _CHANNELS[colour]
    passes = _ADAM7 if lacing else ((0, 0, 1, 1),)
    total = 0
    for left, top, across, down in passes:
        columns = -(-(width - left) // across) if width > left else 0
        rows = -(-(height - top) // down) if height > top else 0
        if columns:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _require_pixels(packed: bytes, wanted: int) -> None:
    unpacker = zlib.decompressobj()
    found, given = 0, packed
    try:
        while given and not unpacker.eof:
            found += len(unpacker.decompress(given, PIECE))
            if found > wanted:
                raise Refused(DossierRefusal.UPLOAD_BOMB, most=wanted // 1024 // 1024 + 1)
            given = unpacker.unconsumed_tail
    except zlib.error as error:
        raise _cut("PNG") from error
    if found != wanted:
        raise _cut("PNG")


# --- JPEG


def clean_jpeg(content: bytes) -> tuple[bytes, int, int]:
    """Tables, frame and scans, upright as before; width and height. Refuses UPLOAD_CUT,
    UPLOAD_MIXED, UPLOAD_PIXELS.
    """
    kept: list[bytes] = []
    size: tuple[int, int] | None = None
    turned, scans, at = 1, 0, 2
    while True:
        marker, body, at = _segment(content, at)
        if marker == 0xD9:
            break
        if marker == 0xDA:
            scans += 1
            end = _end_of_scan(content, at)
            kept.append(_marked(marker, body) + content[at:end])
            at = end
        elif marker in _FRAMES:
            size = _frame_size(body, size)
            kept.append(_marked(marker, body))
        elif marker in _TABLES or (marker == 0xEE and body[:5] == b"Adobe"):
            kept.append(_marked(marker, body))
        elif marker == 0xE1 and body[:6] == b"Exif\x00\x00":
            turned = orientation(body[6:])
        elif not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            raise _cut("JPEG")
    if size is None or not 0 < scans <= SCANS_MAX:
        raise _cut("JPEG")
    _require_alone(content[at:], "JPEG")
    head = b"\xff\xd8" + _marked(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    upright = b"" if turned == 1 else _marked(0xE1, _exif_of(turned))
    return b"".join([head, upright, *kept, b"\xff\xd9"]), *size


def _segment(content: bytes, at: int) -> tuple[int, bytes, int]:
    """(marker, body, where the next begins); the end of the image has no body."""
    if content[at : at + 1] != b"\xff":
        raise _cut("JPEG")
    while content[at : at + 1] == b"\xff":
        at += 1
    if at >= len(content):
        raise _cut("JPEG")
    marker = content[at]
    if marker == 0xD9:
        return marker, b"", at + 1
    length = int.from_bytes(content[at + 1 : at + 3], "big")
    end = at + 1 + length
    if length < 2 or end > len(content):
        raise _cut("JPEG")
    return marker, content[at + 3 : end], end


def _marked(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _end_of_scan(content: bytes, at: int) -> int:
    found = _NEXT_MARKER.search(content, at)
    if found is None:
        raise _cut("JPEG")
    return found.start()


def _frame_size(body: bytes, before: tuple[int, int] | None) -> tuple[int, int]:
    if before is not None or len(body) < 6:
        raise _cut("JPEG")
    _, height, width = struct.unpack(">BHH", body[:5])
    _require_size(width, height)
    return width, height


def orientation(tiff: bytes) -> int:
    """Which way is up, 1 to 8, from the first directory of an EXIF block; 1 where it is unclear."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    start = struct.unpack(order + "I", tiff[4:8])[0]
    if start + 2 > len(tiff):
        return 1
    count = struct.unpack(order + "H", tiff[start : start + 2])[0]
    for place in range(min(count, 200)):
        entry = tiff[start + 2 + 12 * place : start + 14 + 12 * place]
        if len(entry) == 12 and struct.unpack(order + "H", entry[:2])[0] == _ORIENTATION_TAG:
            told: int = struct.unpack(order + "H", entry[8:10])[0]
            return told if 1 <= told <= 8 else 1
    return 1


def _exif_of(turned: int) -> bytes:
    """An EXIF block that says which way is up and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION_TAG, 3, 1, turned, 0)
    return b"Exif\x00\x00MM\x00*" + struct.pack(">IH", 8, 1) + entry + b"\x00\x00\x00\x00"


# --- Both


def _require_size(width: int, height: int) -> None:
    if not width or not height:
        raise _cut("JPEG / PNG")
    if width > SIDE_MAX or height > SIDE_MAX or width * height > PIXELS_MAX:
        raise Refused(
            DossierRefusal.UPLOAD_PIXELS,
            size=f"{width} × {height}",
            most=f"{PIXELS_MAX:,}",
            side=f"{SIDE_MAX:,}",
        )


def _require_alone(rest: bytes, form: str) -> None:
    """What follows the picture is left out anyway; another file there is refused."""
    if _OTHER_FILE.search(rest):
        raise Refused(DossierRefusal.UPLOAD_MIXED, form=form)


def _cut(form: str) -> Refused:
    return Refused(DossierRefusal.UPLOAD_CUT, form=form)
