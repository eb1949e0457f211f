"""A file becomes a sheet: a list of rows of cells, with everything that is only transport gone.

Rules instead of guesses. Encoding: a byte order mark decides, else UTF-8 if every byte fits, else
GB18030 (a superset of GBK and GB2312: 䶮 and 𬭎 survive), else the person is asked. Delimiter: of
comma, semicolon and tab the one that stands most often in the header line. Every size has a named
maximum, and an archive is measured while it is unpacked, not by what it says about itself.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct

from xinheng.connectors.files.refusals import FileRefusal
from xinheng.refusals import Refused

FILE_BYTES_MAX = 64 * 1024 * 1024
UNPACKED_BYTES_MAX = 256 * 1024 * 1024
ROWS_MAX = 200_000
COLUMNS_MAX = 200
CELL_CHARACTERS_MAX = 2_000

Cell = str | int | float | bool | date | datetime | time | timedelta
SHEET_ENDINGS = (".xlsx", ".xls", ".xlsb", ".xlsm", ".ods")
TEXT_ENDINGS = (".csv", ".tsv", ".txt")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Sheet(Struct):
    """Rows as they stand in the file (row 1 is rows[0]); `form` is csv or xlsx."""

    name: str
    form: str
    rows: list[list[Any]]
    encoding: str = ""
    delimiter: str = ","


def read(path: Path) -> Sheet:
    """The first sheet of a file. Refuses what is too large, damaged or of an unknown format."""
    if not path.is_file():
        raise Refused(FileRefusal.NOT_FOUND, name=path.name)
    if path.stat().st_size > FILE_BYTES_MAX:
        raise Refused(FileRefusal.TOO_LARGE, most=FILE_BYTES_MAX // 1024 // 1024)
    return read_bytes(path.name, path.read_bytes())


def read_bytes(name: str, content: bytes) -> Sheet:
    ending = Path(name).suffix.lower()
    if ending == ".zip":
        name, content = _unpack(name, content)
        ending = Path(name).suffix.lower()
    if ending in SHEET_ENDINGS:
        return _bounded(_read_sheet(name, content))
    if ending in TEXT_ENDINGS:
        return _bounded(_read_text(name, content))
    raise Refused(FileRefusal.FORMAT_UNKNOWN, name=name)


def _unpack(name: str, content: bytes) -> tuple[str, bytes]:
    """The one file of an archive; stops at the maximum whatever the archive declares."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = [
                entry
                for entry in archive.infolist()
                if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")
            ]
            if len(inside) != 1:
                raise Refused(FileRefusal.ZIP_NOT_ONE, count=len(inside))
            with archive.open(inside[0]) as unpacked:
                return Path(inside[0].filename).name, _at_most(unpacked)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise Refused(FileRefusal.DAMAGED, name=name) from error


def _at_most(unpacked: Any) -> bytes:
    content: bytes = unpacked.read(UNPACKED_BYTES_MAX + 1)
    if len(content) > UNPACKED_BYTES_MAX:
        raise Refused(FileRefusal.TOO_LARGE, most=UNPACKED_BYTES_MAX // 1024 // 1024)
    return content


def _read_sheet(name: str, content: bytes) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook

    if content[:2] == b"PK":
        _guard_unpacked(name, content)
    source: BinaryIO = io.BytesIO(content)
    try:
        workbook = CalamineWorkbook.from_filelike(source)
        visible = [s.name for s in workbook.sheets_metadata if "visible" in str(s.visible).lower()]
        sheet = workbook.get_sheet_by_name((visible or workbook.sheet_names)[0])
        if sheet.total_height > ROWS_MAX + 1:
            raise Refused(FileRefusal.TOO_MANY_ROWS, most=ROWS_MAX)
        if sheet.total_width > COLUMNS_MAX:
            raise Refused(FileRefusal.TOO_MANY_COLUMNS, most=COLUMNS_MAX)
        return Sheet(name, "xlsx", sheet.to_python(skip_empty_area=False))
    except CalamineError as error:
        raise Refused(FileRefusal.DAMAGED, name=name) from error


def _guard_unpacked(name: str, content: bytes) -> None:
    """A workbook is an archive too; the parts are summed before a reader unpacks any of them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            total = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Refused(FileRefusal.DAMAGED, name=name) from error
    if total > UNPACKED_BYTES_MAX:
        raise Refused(FileRefusal.TOO_LARGE, most=UNPACKED_BYTES_MAX // 1024 // 1024)
    _guard_far_cells(content)


# Where a cell or row says it stands; the reader makes room for all up to the farthest at once.
_FAR = re.compile(rb"""<(?:\w+:)?(?:c|row)\s[^>]{0,200}?\br=["']([A-Z]{0,3})(\d+)["']""")
_OVERLAP = 256


def _guard_far_cells(content: bytes) -> None:
    """One cell in the last corner of a sheet would take 400 GB of room: its place is read first."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if not re.match(r"/?xl/worksheets/[^/]+\.xml$", entry.filename, re.IGNORECASE):
                continue
            before = b""
            with archive.open(entry) as part:
                while piece := part.read(1 << 20):
                    _guard_places(before + piece)
                    before = piece[-_OVERLAP:]


def _guard_places(text: bytes) -> None:
    for letters, digits in _FAR.findall(text):
        if len(digits) > 7 or int(digits) > ROWS_MAX + 1:
            raise Refused(FileRefusal.TOO_MANY_ROWS, most=ROWS_MAX)
        column = 0
        for letter in letters:
            column = column * 26 + letter - 64
        if column > COLUMNS_MAX:
            raise Refused(FileRefusal.TOO_MANY_COLUMNS, most=COLUMNS_MAX)


def _read_text(name: str, content: bytes) -> Sheet:
    encoding = encoding_of(content)
    text = content.decode(encoding)
    if "\0" in text:
        raise Refused(FileRefusal.DAMAGED, name=name)
    delimiter = delimiter_of(text)
    rows: list[list[Any]] = []
    csv.field_size_limit(1024 * 1024)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > ROWS_MAX + 1:
                raise Refused(FileRefusal.TOO_MANY_ROWS, most=ROWS_MAX)
    except csv.Error as error:
        raise Refused(FileRefusal.DAMAGED, name=name) from error
    return Sheet(name, "csv", rows, encoding, delimiter)


def encoding_of(content: bytes) -> str:
    """By rule: the byte order mark, else UTF-8, else GB18030; refused where none fits."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        content.decode("gb18030")
        return "gb18030"
    except UnicodeDecodeError as error:
        raise Refused(FileRefusal.ENCODING_UNKNOWN, byte=error.start) from error


def delimiter_of(text: str) -> str:
    """Of , ; and tab the one that stands most often in the first line that is not empty."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    counts = [(line.count(mark), mark) for mark in ",;\t"]
    most = max(count for count, _ in counts)
    return next(mark for count, mark in counts if count == most)


def _bounded(sheet: Sheet) -> Sheet:
    if sheet.rows and max(map(len, sheet.rows)) > COLUMNS_MAX:
        raise Refused(FileRefusal.TOO_MANY_COLUMNS, most=COLUMNS_MAX)
    return sheet
