"""A file of rows with outcomes becomes named columns of texts; nothing about it need be told.

Rules instead of guesses. Encoding: a byte order mark decides, else UTF-8 if every byte fits, else
GB18030. Between cells: of comma, semicolon, tab and bar the one that splits the first lines into
the same number of cells, at least two; else blanks, as in `.data` files. What stands for "not
known" is one short list. Every size has a maximum.

Worked: "年龄;好坏\\r\\n31;1\\r\\n?;0" in GB18030 → columns 年龄 ("31", ""), 好坏 ("1", "0").
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from xinheng.learning.columns import LearningError

BYTES_MAX: Final = 128 * 1024 * 1024
ROWS_MAX: Final = 1_000_000
COLUMNS_MAX: Final = 1_000
# In the order in which they are tried; a blank comes last, because texts have blanks.
_BETWEEN: Final = (",", "\t", ";", "|")
_LOOKED_AT: Final = 50
_NOT_KNOWN: Final = frozenset(
    {"", "?", "na", "n/a", "#n/a", "nan", "null", "none.", ".", "-", "--", "nil", "缺失", "未知"}
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Texts = dict[str, list[str]]


class Table(Struct, frozen=True):
    """Columns in the order of the file; what is not known is "". `told`: what was done on the way,
    in both languages.
    """

    columns: Texts
    rows: int
    told: tuple[tuple[str, str], ...] = ()


def read(content: bytes, *, headed: bool = True) -> Table:
    """The rows of a CSV, or of the one in a zip. `headed` False: the first line is a row already,
    and columns are called c1, c2, …
    """
    if len(content) > BYTES_MAX:
        _refuse_size(f"{BYTES_MAX >> 20} MB", f"{BYTES_MAX >> 20} MB")
    if content[:4] == b"PK\x03\x04":
        content = _unpacked(content)
    lines = _lines(_decoded(content))
    if len(lines) < (2 if headed else 1):
        raise LearningError(
            "empty",
            "文件里没有数据行：第一行应为列名，其后每行一个客户。",
            "The file has no rows: first a line of column names, then a line for each customer.",
        )
    rows = _cells(lines)
    first = rows.pop(0) if headed else [""] * len(rows[0])
    return _table(first, rows)


def _refuse_size(zh: str, en: str) -> None:
    raise LearningError("size", f"文件过大，最多 {zh}。", f"The file is too large: at most {en}.")


def _unpacked(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = [one for one in packed.infolist() if not one.is_dir()]
            inside = [one for one in inside if not one.filename.startswith("__MACOSX")]
            names = {one.filename for one in inside}
            if "xl/workbook.xml" in names:
                raise LearningError(
                    "format",
                    "这是 Excel 工作簿，请另存为 CSV（UTF-8）后再用。",
                    "This is an Excel workbook: save the sheet as CSV (UTF-8) first.",
                )
            if len(inside) != 1:
                raise LearningError(
                    "zip",
                    f"压缩包里有 {len(inside)} 个文件，应只有一个。",
                    f"The zip holds {len(inside)} files; it should hold one.",
                )
            with packed.open(inside[0]) as part:
                found = part.read(BYTES_MAX + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise LearningError(
            "zip", "压缩包损坏或有密码。", "The zip is damaged or has a password."
        ) from error
    if len(found) > BYTES_MAX:
        _refuse_size(f"{BYTES_MAX >> 20} MB", f"{BYTES_MAX >> 20} MB")
    return found


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _as(content, encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _as(content, "gb18030")


def _as(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise LearningError(
            "encoding",
            "文件不是文本，或编码不是 UTF-8、UTF-16、GB18030；请另存为 CSV（UTF-8）。",
            "The file is no text in UTF-8, UTF-16 or GB18030: save it as CSV (UTF-8).",
        ) from error


def _lines(text: str) -> list[str]:
    if "\x00" in text[:10_000]:
        raise LearningError(
            "encoding", "文件不是文本文件。", "The file is not a text file: a CSV is needed."
        )
    found = [line for line in io.StringIO(text, newline=None) if line.strip()]
    if len(found) > ROWS_MAX + 1:
        _refuse_size(f"{ROWS_MAX:,} 行", f"{ROWS_MAX:,} rows")
    return found


def _cells(lines: list[str]) -> list[list[str]]:
    """Every line cut up; what stands between the cells is found from the first lines."""
    between = next((one for one in _BETWEEN if _splits(lines[:_LOOKED_AT], one)), None)
    if between is None:
        between = max(_BETWEEN, key=lines[0].count) if any(map(lines[0].count, _BETWEEN)) else None
    if between is None:
        return [_blank_cells(line) for line in lines]
    return list(csv.reader(lines, delimiter=between, skipinitialspace=True))


def _blank_cells(line: str) -> list[str]:
    return (
        next(csv.reader([" ".join(line.split())], delimiter=" ")) if '"' in line else line.split()
    )


def _splits(lines: Sequence[str], between: str) -> bool:
    """Whether every line has the same number of cells, two at least."""
    counts = {len(row) for row in csv.reader(lines, delimiter=between, skipinitialspace=True)}
    return len(counts) == 1 and counts.pop() > 1


def _table(first: list[str], rows: list[list[str]]) -> Table:
    names = _names(first)
    if len(names) > COLUMNS_MAX:
        raise LearningError(
            "columns",
            f"共有 {len(names)} 列，最多 {COLUMNS_MAX} 列。",
            f"There are {len(names)} columns, at most {COLUMNS_MAX} can be read.",
        )
    width = len(names)
    # A trailing separator makes one empty cell more; anything else is another table.
    rows = [row[:width] if len(row) > width and not any(row[width:]) else row for row in rows]
    wrong = [number for number, row in enumerate(rows, 2) if len(row) != width]
    if len(wrong) > len(rows) // 100:
        raise LearningError(
            "uneven",
            f"第 {wrong[0]} 行有 {len(rows[wrong[0] - 2])} 格，列名有 {width} 个；"
            f"共 {len(wrong)} 行不齐。请检查分隔符和引号。",
            f"Line {wrong[0]} has {len(rows[wrong[0] - 2])} cells for {width} column names; "
            f"{len(wrong)} lines differ. Look at separators and quotes.",
        )
    kept = [row for row in rows if len(row) == width] if wrong else rows
    columns = {name: [_text(row[i]) for row in kept] for i, name in enumerate(names)}
    told: tuple[tuple[str, str], ...] = ()
    if wrong:
        told = ((f"{len(wrong)} 行格数不对，已略过。", f"{len(wrong)} uneven lines left out."),)
    return Table(columns, len(kept), told)


def _text(cell: str) -> str:
    text = cell.strip()
    return "" if text.lower() in _NOT_KNOWN else text


def _names(first: list[str]) -> list[str]:
    """A name for each column: blanks are numbered, a name that comes twice is told apart."""
    found: list[str] = []
    seen: set[str] = set()
    for number, cell in enumerate(first, 1):
        name = " ".join(cell.replace("\ufeff", "").split())[:80] or f"c{number}"
        plain, again = name, 2
        while name in seen:
            name, again = f"{plain} ({again})", again + 1
        seen.add(name)
        found.append(name)
    return found
