"""Files for tests of documents, made byte by byte: good ones, and each kind of bad one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from xlsxwriter import Workbook

GPS = b"\x00\x02\x00\x00\x00\x03" + b"GPS-31.2304N-121.4737E"
CAMERA = b"Huawei Mate 60 of Wang"


# --- PDF


def pdf(
    *objects: bytes, catalog: bytes = b"", pages: int = 1, trailer: bytes = b"", tail: bytes = b""
) -> bytes:
    """A file with so many empty pages, and further objects or entries."""
    kids = b" ".join(b"%d 0 R" % (10 + place) for place in range(pages))
    bodies = [
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>\nendobj",
        b"2 0 obj\n<< /Type /Pages /Kids [" + kids + b"] /Count %d >>\nendobj" % pages,
    ]
    for place in range(pages):
        bodies.append(b"%d 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj" % (10 + place))
    body = b"%PDF-1.7\n" + b"\n".join([*bodies, *objects])
    return (
        body
        + b"\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Root 1 0 R "
        + trailer
        + b" >>\nstartxref\n%d\n%%%%EOF\n" % (len(body) + 1)
        + tail
    )


def stream(told: bytes, body: bytes, number: int = 900) -> bytes:
    head = b"%d 0 obj\n<< /Length %d " % (number, len(body)) + told
    return head + b" >>\nstream\n" + body + b"\nendstream\nendobj"


def bundle(inside: bytes, told: bytes = b"/Filter /FlateDecode", packed: bytes | None = None):
    """An object stream."""
    body = zlib.compress(inside) if packed is None else packed
    return stream(b"/Type /ObjStm /N 1 /First 4 " + told, body)


# --- PNG


def chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", check)


def png(
    width: int = 3,
    height: int = 2,
    *,
    extra: bytes = b"",
    pixels: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    """An RGB picture; `pixels`: what is packed instead of as many as there must be."""
    rows = (b"\x00" + b"\x10\x80\xf0" * width) * height if pixels is None else pixels
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + extra
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
        + tail
    )


# --- JPEG


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(turned: int = 6) -> bytes:
    """Camera, which way is up, GPS."""
    entries = [
        struct.pack(">HHII", 0x010F, 2, len(CAMERA), 200),
        struct.pack(">HHIHH", 0x0112, 3, 1, turned, 0),
        struct.pack(">HHII", 0x8825, 4, 1, 230),
    ]
    head = b"Exif\x00\x00MM\x00*" + struct.pack(">IH", 8, len(entries))
    return head + b"".join(entries) + b"\x00" * 4 + CAMERA + GPS


def jpeg(
    width: int = 16, height: int = 8, *, extra: bytes = b"", tail: bytes = b"", whole: bool = True
) -> bytes:
    """The frame of a grey picture. Its scan is not a real one: nobody here decodes it."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    parts = [
        b"\xff\xd8",
        segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        extra,
        segment(0xDB, b"\x00" + bytes(range(1, 65))),
        segment(0xC0, frame),
        segment(0xC4, b"\x00" + b"\x01" + b"\x00" * 15 + b"\x05"),
        segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
        b"\x12\x34\xff\x00\x56\xff\xd0\x78",
    ]
    return b"".join(parts) + (b"\xff\xd9" if whole else b"") + tail


# --- XLSX


def workbook(further: dict[str, bytes] | None = None, tail: bytes = b"") -> bytes:
    made = io.BytesIO()
    book = Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["客户", "金额"])
    sheet.write_row(1, 0, ["江南钢构", 1200])
    book.close()
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, body in (further or {}).items():
            archive.writestr(name, body)
    return made.getvalue() + tail
