"""A PDF that is only looked at: it may hold pages and pictures, and nothing that acts.

The bytes are searched for the names of actions as a reader would read them (`/J#61vaScript` is
`/JavaScript`), also inside compressed object streams. What can't be looked into, an encrypted file
or an object stream packed in an unusual way, is refused, since the uncertain answer is never the
generous one. An opening action that only names a page (`/OpenAction [3 0 R /Fit]`) is harmless and
stays. Example: 12 pages, two object streams → 12; the same with `/S /JavaScript` inside → refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Final

from xinheng.dossiers.refusals import DossierRefusal
from xinheng.refusals import Refused

PAGES_MAX: Final = 300
UNPACKED_BYTES_MAX: Final = 128 * 1024 * 1024
STREAMS_MAX: Final = 50_000
PIECE: Final = 1 << 16
OVERLAP: Final = 64  # longer than any name we look for
DICTIONARY_BYTES_MAX: Final = 16_384

_WORDS: Final = {
    b"JavaScript": ("JavaScript 脚本", "JavaScript"),
    b"Launch": ("启动程序的动作", "an action that starts a program"),
    b"OpenAction": ("打开时执行的动作", "an action on opening"),
    b"EmbeddedFile": ("附件", "attached files"),
    b"EmbeddedFiles": ("附件", "attached files"),
    b"RichMedia": ("多媒体", "media"),
    b"Movie": ("多媒体", "media"),
    b"Sound": ("多媒体", "media"),
    b"Rendition": ("多媒体", "media"),
    b"XFA": ("XFA 表单", "an XFA form"),
    b"SubmitForm": ("提交表单的动作", "an action that sends a form"),
    b"ImportData": ("导入数据的动作", "an action that imports"),
    b"GoToR": ("打开其他文件的动作", "an action that opens other files"),
    b"GoToE": ("打开其他文件的动作", "an action that opens other files"),
}
_NAMES: Final = b"|".join(name for name in _WORDS if name != b"OpenAction")
_ACTIVE: Final = re.compile(
    rb"/(" + _NAMES + rb")(?![A-Za-z0-9_.\-])|/(OpenAction)(?![A-Za-z0-9]|\s{0,32}\[)"
)
_ENCRYPT: Final = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_PAGE: Final = re.compile(rb"/Type\s{0,16}/Page(?![A-Za-z])")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM: Final = re.compile(rb"(?<!end)stream\r?\n")
_PICTURE: Final = re.compile(rb"/Subtype\s{0,16}/Image(?![A-Za-z])")
_OBJECTS: Final = re.compile(rb"/ObjStm(?![A-Za-z])|/First(?![A-Za-z])")
_FILTER: Final = re.compile(rb"/(?:Filter|F)(?![A-Za-z])\s{0,16}([^/]{0,16}/\w+[^/>]{0,16})")
_ONLY_FLATE: Final = re.compile(rb"\[?\s*/(?:FlateDecode|Fl)\s*\]?\s*\Z")
_CLOSE: Final = (b"endobj", b"endstream")


def check_pdf(content: bytes) -> int:
    """How many pages. Refuses UPLOAD_CUT, UPLOAD_MIXED, UPLOAD_LOCKED, UPLOAD_ACTIVE,
    UPLOAD_OPAQUE, UPLOAD_BOMB, UPLOAD_PAGES.
    """
    _require_whole(content)
    plain = unescaped(content)
    if _ENCRYPT.search(plain):
        raise Refused(DossierRefusal.UPLOAD_LOCKED)
    _refuse_active(plain)
    pages = len(_PAGE.findall(plain))
    for piece, fresh in _unpacked(content, plain.count(b"/ObjStm")):
        text = unescaped(piece)
        _refuse_active(text)
        # A page in the overlap was counted with the piece before.
        pages += sum(found.end() > len(text) - fresh for found in _PAGE.finditer(text))
        if pages > PAGES_MAX:
            break
    if pages > PAGES_MAX:
        raise Refused(DossierRefusal.UPLOAD_PAGES, most=PAGES_MAX)
    if pages == 0:
        raise Refused(DossierRefusal.UPLOAD_CUT, form="PDF")
    return pages


def unescaped(text: bytes) -> bytes:
    """Names as a reader reads them: #4a is J."""
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text)


def _require_whole(content: bytes) -> None:
    end = content.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in content:
        raise Refused(DossierRefusal.UPLOAD_CUT, form="PDF")
    if content[end + 5 :].strip(b"\x00 \t\r\n\x1a"):
        raise Refused(DossierRefusal.UPLOAD_MIXED, form="PDF")


def _refuse_active(text: bytes) -> None:
    if found := _ACTIVE.search(text):
        zh, en = _WORDS[found[1] or found[2]]
        raise Refused(DossierRefusal.UPLOAD_ACTIVE, zh=zh, en=en)


def _unpacked(content: bytes, told: int) -> Iterator[tuple[bytes, int]]:
    """What is packed in streams, piece by piece: the text with the end of the piece before, and how
    much of it is new. `told`: how many object streams the file speaks of; each must be found.
    """
    bundles, total = 0, 0
    for place, start in enumerate(_STREAM.finditer(content)):
        if place >= STREAMS_MAX:
            raise Refused(DossierRefusal.UPLOAD_OPAQUE)
        entries = _dictionary(content, start.start())
        if _OBJECTS.search(entries):
            _require_readable(entries)
            bundles += b"/ObjStm" in entries
        elif _PICTURE.search(entries):
            continue
        before = b""
        for piece in inflated(content, start.end()):
            total += len(piece)
            if total > UNPACKED_BYTES_MAX:
                most = UNPACKED_BYTES_MAX // 1024 // 1024
                raise Refused(DossierRefusal.UPLOAD_BOMB, most=most)
            yield before + piece, len(piece)
            before = piece[-OVERLAP:]
    if told > bundles:
        raise Refused(DossierRefusal.UPLOAD_OPAQUE)


def _dictionary(content: bytes, end: int) -> bytes:
    """What stands between the object before and the word `stream`."""
    least = max(0, end - DICTIONARY_BYTES_MAX)
    start = max(least, *(content.rfind(word, least, end) for word in _CLOSE))
    return unescaped(content[start:end])


def _require_readable(told: bytes) -> None:
    """An object stream is plain or packed by Flate alone; else nobody can say what is in it."""
    filters = _FILTER.findall(told)
    packed = b"/Filter" in told
    if packed and not (len(filters) == 1 and _ONLY_FLATE.match(filters[0])):
        raise Refused(DossierRefusal.UPLOAD_OPAQUE)
    if re.search(rb"/(?:DecodeParms|DP)(?![A-Za-z])", told):
        raise Refused(DossierRefusal.UPLOAD_OPAQUE)


def inflated(content: bytes, start: int) -> Iterator[bytes]:
    """A stream unpacked in pieces; nothing where it is not packed by Flate, or damaged."""
    unpacker = zlib.decompressobj()
    view = memoryview(content)
    try:
        while not unpacker.eof and start < len(content):
            given: bytes | memoryview = view[start : start + PIECE]
            start += PIECE
            while given and not unpacker.eof:
                if piece := unpacker.decompress(given, PIECE * 16):
                    yield piece
                given = unpacker.unconsumed_tail
    except zlib.error:
        return
