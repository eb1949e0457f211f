"""A list as a file: one way for every list of the house, as a workbook or as CSV.

A list is its title, its columns and its rows; what stands in a cell is said once, here: codes are
text (an 18-digit number keeps its last digit), amounts are numbers with their currency in a column
beside them, days are days. CSV is UTF-8 with a mark, or GB18030 for a spreadsheet that wants it. A
cell that begins with = + - @ is never run. Example: "=1+1" as a name is the text =1+1 in a
workbook and '=1+1 in CSV.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any, Final, Literal, NamedTuple

from django.utils import timezone

from xinheng.credit.money import to_decimal, to_text
from xinheng.papers.workbook import OPTIONS, looks_of, sheet_name
from xinheng.texts import T

ROWS_MAX: Final = 50_000
CELL_MAX: Final = 2_000
SAFE: Final = 10**15  # beyond it a spreadsheet rounds: such an amount stays text
NEVER_FIRST: Final = ("=", "+", "-", "@", "\t", "\r")
ENCODINGS: Final = {"csv": "utf-8-sig", "csv-gb18030": "gb18030"}
CUT: Final = T("共 {m} 行，只导出前 {n} 行。", "{m} rows; the first {n} of them.")

Form = Literal["text", "money", "number", "day", "moment"]


class Column(NamedTuple):
    """A column: of `money` the value is (minor units or None, currency)."""

    name: T
    value: Callable[[Any], Any]
    form: Form = "text"
    width: int = 16


class Listing(NamedTuple):
    """A list ready to be written: `lines` say for whom, when, and how it was narrowed."""

    title: T
    columns: Sequence[Column]
    rows: Sequence[Any]
    total: int
    lines: Sequence[str] = ()

    @property
    def cut(self) -> str:
        """What was left out, in a sentence; "" where nothing was."""
        if self.total <= len(self.rows):
            return ""
        return str(CUT.format(m=f"{self.total:,}", n=f"{len(self.rows):,}"))


def as_workbook(listing: Listing) -> bytes:
    """One sheet: the lines, the head (frozen, with filters), the rows."""
    import xlsxwriter

    out = BytesIO()
    with xlsxwriter.Workbook(out, dict(OPTIONS)) as book:
        looks = looks_of(book) | {
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "plain": book.add_format({"num_format": "@"}),
        }
        sheet = book.add_worksheet(sheet_name(str(listing.title), set()))
        first = _top(sheet, listing, looks)
        for at, row in enumerate(listing.rows, start=first + 1):
            for place, column in enumerate(listing.columns):
                _put(sheet, at, place, column, column.value(row), looks)
        last = max(first, first + len(listing.rows))
        sheet.autofilter(first, 0, last, len(listing.columns) - 1)
        sheet.freeze_panes(first + 1, 0)
    return out.getvalue()


def _top(sheet: Any, listing: Listing, looks: dict[str, Any]) -> int:
    """Title, lines and head; returns the row of the head."""
    sheet.write_string(0, 0, str(listing.title), looks["title"])
    lines = [*listing.lines, *([listing.cut] if listing.cut else [])]
    for at, line in enumerate(lines, start=1):
        sheet.write_string(at, 0, line, looks["quiet"])
    first = len(lines) + 1
    for place, column in enumerate(listing.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(first, place, str(column.name), looks["head"])
    return first


def _put(
    sheet: Any, row: int, place: int, column: Column, value: Any, looks: dict[str, Any]
) -> None:
    if column.form == "money":
        minor, currency = value
        if minor is None:
            return
        amount = to_decimal(minor, currency)
        places = max(0, -int(amount.as_tuple().exponent))
        if abs(minor) < SAFE:
            sheet.write_number(row, place, float(amount), looks[f"number{places}"])
        else:
            sheet.write_string(row, place, to_text(minor, currency), looks["plain"])
    elif value in (None, ""):
        return
    elif column.form == "number":
        sheet.write_number(row, place, float(value), looks["number0"])
    elif column.form == "day":
        sheet.write_datetime(row, place, _midnight(value), looks["day"])
    elif column.form == "moment":
        sheet.write_datetime(row, place, _wall(value), looks["moment"])
    else:
        sheet.write_string(row, place, str(value)[:CELL_MAX], looks["plain"])


def _wall(value: datetime) -> datetime:
    """The clock on the wall: a spreadsheet knows no zones."""
    return timezone.localtime(value).replace(tzinfo=None)


def _midnight(value: date | datetime) -> datetime:
    day = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 a day of a spreadsheet


def as_csv(listing: Listing, encoding: str = ENCODINGS["csv"]) -> bytes:
    """Head and rows; what GB18030 can't hold does not exist, it holds all of Unicode."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([tame(str(column.name)) for column in listing.columns])
    for row in listing.rows:
        writer.writerow([_said(column, column.value(row)) for column in listing.columns])
    if listing.cut:
        writer.writerow([listing.cut])
    return out.getvalue().encode(encoding)


def _said(column: Column, value: Any) -> str:
    if column.form == "money":
        minor, currency = value
        return "" if minor is None else to_text(minor, currency)
    if value is None:
        return ""
    if column.form == "day":
        return f"{_midnight(value):%Y-%m-%d}"
    if column.form == "moment":
        return f"{_wall(value):%Y-%m-%d %H:%M}"
    return str(value) if column.form == "number" else tame(str(value)[:CELL_MAX])


def tame(text: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(NEVER_FIRST) else text


def first_of(rows: Iterable[Any], most: int = ROWS_MAX) -> list[Any]:
    """At most so many of them."""
    return [row for row, _ in zip(rows, range(most), strict=False)]
