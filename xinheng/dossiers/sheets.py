"""Tables as documents: a CSV without formulas, a workbook without macros, links or bombs.

A workbook is an archive: its parts are measured while they are unpacked, whatever it says of
itself, and the archive must begin with the first byte and end with the last, so that no other file
can share the bytes. Example: 10 MB that unpack to 3 GB are refused after the first 200 MB.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from typing import Final

from xinheng.dossiers.refusals import DossierRefusal
from xinheng.refusals import Refused

UNPACKED_BYTES_MAX: Final = 200 * 1024 * 1024
RATIO_MAX: Final = 200  # unpacked to packed, once more than RATIO_FROM bytes came out
RATIO_FROM: Final = 10 * 1024 * 1024
PARTS_MAX: Final = 2_000
LINES_MAX: Final = 200_000
PIECE: Final = 1 << 20
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22

# Parts of a workbook that act, and what they are called.
_ACTIVE: Final = (
    (re.compile(r"vbaproject|/macrosheets/|/dialogsheets/", re.IGNORECASE), "宏", "macros"),
    (re.compile(r"/embeddings/|/activex/|/ctrlprops/", re.IGNORECASE), "嵌入对象", "objects"),
    (re.compile(r"/externallinks/", re.IGNORECASE), "外部链接", "links to other files"),
    (re.compile(r"(^|/)(connections\.xml|querytables/)", re.IGNORECASE), "数据连接", "connections"),
)
_FORMULA: Final = re.compile(r"""(?m)(?:^|[,;\t])[ "]*(?:=|[@+\-]+[A-Za-z_.]+ ?[(|!])""")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def text_of(content: bytes) -> str | None:
    """The text by byte order mark, else UTF-8, else GB18030; None where it is no text."""
    encodings = ["utf-8-sig", "gb18030"]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def check_csv(content: bytes) -> None:
    """Refuses UPLOAD_FORMULA (with the line) and UPLOAD_TOO_LONG."""
    text = text_of(content) or ""
    if text.count("\n") > LINES_MAX:
        raise Refused(DossierRefusal.UPLOAD_TOO_LONG, most=f"{LINES_MAX:,}")
    if found := _FORMULA.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise Refused(DossierRefusal.UPLOAD_FORMULA, line=line)


def check_workbook(content: bytes) -> None:
    """Refuses UPLOAD_MIXED, UPLOAD_ACTIVE, UPLOAD_LOCKED, UPLOAD_BOMB, UPLOAD_CUT."""
    if content.rfind(_END) != len(content) - _END_BYTES:
        raise Refused(DossierRefusal.UPLOAD_MIXED, form="XLSX")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX:
                raise Refused(DossierRefusal.UPLOAD_BOMB, most=UNPACKED_BYTES_MAX // 1024 // 1024)
            _refuse_active(parts)
            total = 0
            for part in parts:
                total = _measured(archive, part, total, len(content))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, OSError) as error:
        raise Refused(DossierRefusal.UPLOAD_CUT, form="XLSX") from error


def _refuse_active(parts: list[zipfile.ZipInfo]) -> None:
    for part in parts:
        if part.flag_bits & 1:
            raise Refused(DossierRefusal.UPLOAD_LOCKED)
        for pattern, zh, en in _ACTIVE:
            if pattern.search("/" + part.filename):
                raise Refused(DossierRefusal.UPLOAD_ACTIVE, zh=zh, en=en)


def _measured(archive: zipfile.ZipFile, part: zipfile.ZipInfo, total: int, packed: int) -> int:
    """The sum of what came out so far; stops at the maximum. Reading to the end checks the CRC."""
    with archive.open(part) as unpacked:
        while piece := unpacked.read(PIECE):
            total += len(piece)
            if total > UNPACKED_BYTES_MAX or (total > RATIO_FROM and total > RATIO_MAX * packed):
                raise Refused(DossierRefusal.UPLOAD_BOMB, most=UNPACKED_BYTES_MAX // 1024 // 1024)
    return total
