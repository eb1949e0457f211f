"""The reasons inside the person's own workbook: bad cells red, two columns added, the rest as is.

Widths, colours, other sheets and drop-downs stay; formulas become their last values and links plain
text, because what a stranger wrote must not run where it comes back. Up to 20,000 rows, since every
cell is held in memory; a longer file is written anew without its looks (errors.py). Example: row 7
has 金额 "12,50": its cell turns red with the reason as a comment, and row 7 says 错误原因.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from xinheng.connectors.files.rows import RowError

ROWS_MAX: Final = 20_000
COMMENTS_MAX: Final = 500  # a spreadsheet with thousands of them opens slowly
ENDINGS: Final = (".xlsx", ".xlsm")
_RED: Final = "FEE4E2"
_INK: Final = "B42318"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def can_mark(source: Path | None, rows: int) -> bool:
    """Whether the file is a workbook of today that may be held as a whole."""
    return source is not None and source.suffix.lower() in ENDINGS and rows <= ROWS_MAX


def mark(
    source: Path,
    path: Path,
    header_row: int,
    reasons: Mapping[int, Sequence[RowError]],
    said: Mapping[int, Sequence[str]],
) -> bool:
    """Write the marked workbook; False where it can't be opened for writing.

    `said`: what the two added columns hold, by row.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException
    from openpyxl.writer.excel import save_workbook

    try:
        book = openpyxl.load_workbook(source, data_only=True, keep_links=False)
    except (InvalidFileException, BadZipFile, KeyError, ValueError, TypeError, OSError):
        return False
    shown = [one for one in book.worksheets if one.sheet_state == "visible"]
    sheet = (shown or book.worksheets)[0]
    width = sheet.max_column
    for one in book.worksheets:
        _disarm(one)
    _add_columns(sheet, width, said)
    _paint(sheet, header_row, reasons)
    book.active = book.worksheets.index(sheet)
    save_workbook(book, path)
    return True


def _disarm(sheet: Any) -> None:
    """No links, and nothing that would be read as a formula."""
    for row in sheet.iter_rows():
        for cell in row:
            if getattr(cell, "hyperlink", None) is not None:
                cell.hyperlink = None
            if cell.data_type == "f":
                cell.data_type = "s"


def _add_columns(sheet: Any, width: int, said: Mapping[int, Sequence[str]]) -> None:
    from openpyxl.styles import Font, PatternFill

    ink, red = Font(color=_INK), PatternFill("solid", fgColor=_RED)
    for row, texts in said.items():
        for place, text in enumerate(texts, width + 1):
            cell = sheet.cell(row, place)
            cell.value = _CONTROL.sub(" ", text)
            cell.data_type = "s"
            cell.font, cell.fill = ink, red
    for place in (width + 1, width + 2):
        sheet.column_dimensions[sheet.cell(1, place).column_letter].width = 42


def _leading(sheet: Any, row: int, place: int) -> Any:
    """The cell itself; of merged cells the first, the only one that is seen and may be noted on."""
    cell = sheet.cell(row, place)
    for area in sheet.merged_cells.ranges:
        if cell.coordinate in area:
            return sheet.cell(area.min_row, area.min_col)
    return cell


def _paint(sheet: Any, header_row: int, reasons: Mapping[int, Sequence[RowError]]) -> None:
    """The cell that each reason speaks of; a reason about the row has none."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    red, commented = PatternFill("solid", fgColor=_RED), 0
    places = {str(cell.value).strip(): cell.column for cell in sheet[header_row] if cell.value}
    for row, errors in reasons.items():
        for error in errors:
            place = places.get(error.column.strip())
            if place is None:
                continue
            cell = _leading(sheet, row, place)
            cell.fill = red
            if commented < COMMENTS_MAX:
                text = _CONTROL.sub(" ", f"{error.reason.zh}\n{error.reason.en}")
                cell.comment = Comment(text, "信衡 Xinheng")
                commented += 1
