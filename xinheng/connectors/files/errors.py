"""The person's own file back, with the reason beside each bad row.

A CSV comes back as CSV (UTF-8 with a mark, so that Excel opens it; the same delimiter), a workbook
as a workbook, with its own looks and its bad cells red (marking.py) unless it is too long for
that. All rows stand where they stood; two columns are added: 错误原因 and reason. Cells that a
spreadsheet would run as a formula are text: in a workbook by their type, in CSV behind an
apostrophe, which the next import takes off again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xinheng.connectors.files.marking import can_mark, mark
from xinheng.connectors.files.read import Sheet
from xinheng.connectors.files.rows import RowError
from xinheng.connectors.files.values import Unreadable, amount

COLUMNS = ("错误原因", "reason")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def write_errors(
    sheet: Sheet,
    header_row: int,
    errors: Iterable[RowError],
    path: Path,
    source: Path | None = None,
) -> Path:
    """Write the file beside `path` with the sheet's own ending; returns where it is. `source`: the
    file that was handed over, to be marked as it is.
    """
    reasons: dict[int, list[RowError]] = {}
    for error in errors:
        reasons.setdefault(error.row, []).append(error)
    path = path.with_suffix(".xlsx" if sheet.form == "xlsx" else ".csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    if source is not None and can_mark(source, len(sheet.rows)):
        rows = [header_row, *sorted(reasons)]
        said = {row: _said(row, header_row, reasons.get(row, [])) for row in rows}
        if mark(source, path, header_row, reasons, said):
            return path
    width = max(map(len, sheet.rows))
    lines = (
        (number, [*row, *[""] * (width - len(row))], reasons.get(number, []))
        for number, row in enumerate(sheet.rows, 1)
    )
    if sheet.form == "xlsx":
        _write_workbook(path, header_row, lines)
    else:
        _write_csv(path, header_row, lines, sheet.delimiter)
    return path


def _said(number: int, header_row: int, errors: list[RowError]) -> list[str]:
    if number == header_row:
        return list(COLUMNS)
    return [
        "；".join(f"{error.column}：{error.reason.zh}" for error in errors),
        "; ".join(f"{error.column}: {error.reason.en}" for error in errors),
    ]


def neutral(cell: Any) -> Any:
    """A cell that no spreadsheet runs: an apostrophe before = + - @, except in plain numbers."""
    if not isinstance(cell, str) or not cell.startswith(_DANGEROUS):
        return cell
    try:
        amount(cell)
    except Unreadable:
        return "'" + cell
    return cell


def _write_csv(path: Path, header_row: int, lines: Iterable[Any], delimiter: str) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        for number, row, errors in lines:
            writer.writerow([*map(neutral, row), *_said(number, header_row, errors)])


def _write_workbook(path: Path, header_row: int, lines: Iterable[Any]) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        sheet = workbook.add_worksheet()
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        red = workbook.add_format({"font_color": "#B42318", "bg_color": "#FEF3F2"})
        for number, row, errors in lines:
            for column, cell in enumerate(row):
                _put(sheet, number - 1, column, cell, day)
            for column, said in enumerate(_said(number, header_row, errors), len(row)):
                if said:
                    sheet.write_string(number - 1, column, said, red)


def _put(sheet: Any, row: int, column: int, cell: Any, day: Any) -> None:
    if isinstance(cell, datetime | date):
        sheet.write_datetime(row, column, cell, day)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    elif cell not in ("", None):
        sheet.write_string(row, column, str(cell))
