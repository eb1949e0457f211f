"""The blocks of a paper as a workbook: a sheet for each section, codes as text, figures as numbers.

What is a number on paper ("1,234,567.00" in a column of amounts) is a number here, with the same
digits; everything else is text and stays text, whatever it begins with: `=`, `+`, `-`, `@` at the
start of a cell are never run. Example: "=HYPERLINK(…)" in a customer's name is those letters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any, Final

from xinheng.papers.layout import (
    Block,
    Cell,
    Figures,
    Notice,
    Pairs,
    Section,
    Sheet,
    Toned,
    Words,
)

_NUMBER: Final = re.compile(r"[−-]?[0-9][0-9,]{0,24}(\.[0-9]{1,8})?")
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
NAME_MAX: Final = 31
DIGITS_SAFE: Final = 15  # a spreadsheet's numbers hold no more
WIDEST: Final = 46
OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook(title: str, lines: Sequence[str], blocks: Sequence[Block]) -> bytes:
    """The workbook; `lines` stand at the top of its first sheet: for whom, when, which entry."""
    import xlsxwriter

    out = BytesIO()
    with xlsxwriter.Workbook(out, dict(OPTIONS)) as book:
        looks = looks_of(book)
        page = _Page(book, book.add_worksheet(sheet_name(title, set())), looks)
        page.line(title, "title")
        for line in lines:
            page.line(line, "quiet")
        for block in blocks:
            page = page.take(block)
        page.end()
    return out.getvalue()


def looks_of(book: Any) -> dict[str, Any]:
    """The few looks of a cell."""
    return {
        "title": book.add_format({"bold": True, "font_size": 15}),
        "head": book.add_format(
            {"bold": True, "bg_color": "#EFF2F1", "bottom": 1, "text_wrap": True, "valign": "top"}
        ),
        "quiet": book.add_format({"font_color": "#586663"}),
        "text": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        "sum": book.add_format({"bold": True, "bg_color": "#EFF2F1"}),
        **{
            f"number{digits}": book.add_format(
                {"num_format": "#,##0" + ("." + "0" * digits if digits else ""), "valign": "top"}
            )
            for digits in range(9)
        },
    }


class _Page:
    """A worksheet that is filled from the top."""

    def __init__(self, book: Any, sheet: Any, looks: dict[str, Any]) -> None:
        self.book, self.sheet, self.looks = book, sheet, looks
        self.row = 0
        self.widths: dict[int, int] = {}

    def line(self, text: str, look: str = "text") -> None:
        self.sheet.write_string(self.row, 0, _bare(text), self.looks[look])
        self.row += 1

    def cells(self, told: Sequence[Cell], numeric: Sequence[bool], look: str = "text") -> None:
        for column, cell in enumerate(told):
            text = _bare(cell.t if isinstance(cell, Toned) else cell)
            size = sum(2 if ord(sign) > 255 else 1 for sign in text) + 2
            self.widths[column] = min(WIDEST, max(self.widths.get(column, 8), size))
            write_cell(self.sheet, self.row, column, text, numeric[column], self.looks, look)
        self.row += 1

    def take(self, block: Block) -> _Page:
        """Write the block; a section begins a sheet of its own."""
        if isinstance(block, Section):
            self.end()
            taken = {one.get_name().lower() for one in self.book.worksheets()}
            page = _Page(self.book, self.book.add_worksheet(sheet_name(block.t, taken)), self.looks)
            page.line(block.t, "title")
            if block.note:
                page.line(block.note, "quiet")
            return page
        if isinstance(block, Words | Notice):
            self.line(block.t, "quiet" if isinstance(block, Notice) else "text")
        elif isinstance(block, Figures):
            for one in block.items:
                self.cells([one.name, one.value, one.note], [False, True, False])
            self.row += 1
        elif isinstance(block, Pairs):
            for name, value in block.rows:
                if name:
                    self.cells([name, value], [False, False])
            self.row += 1
        elif isinstance(block, Sheet):
            self._table(block)
        return self

    def _table(self, block: Sheet) -> None:
        numeric = [one.right for one in block.head]
        self.cells([one.t for one in block.head], [False] * len(numeric), "head")
        for row in block.rows:
            self.cells(row, numeric)
        if block.note:
            self.line(block.note, "quiet")
        self.row += 1

    def end(self) -> None:
        for column, width in self.widths.items():
            self.sheet.set_column(column, column, width)


def write_cell(
    sheet: Any, row: int, column: int, text: str, numeric: bool, looks: dict[str, Any], look: str
) -> None:
    """A number where the column holds numbers and the text is one; else the text itself."""
    digits = sum(sign.isdigit() for sign in text)
    if numeric and digits <= DIGITS_SAFE and _NUMBER.fullmatch(text):
        plain = text.replace(",", "").replace("−", "-")
        places = len(plain.partition(".")[2])
        sheet.write_number(row, column, float(plain), looks[f"number{places}"])
    elif text:
        sheet.write_string(row, column, text, looks[look])


def _bare(text: str) -> str:
    """Without the marks that let a paper break long words."""
    return text.replace("\u200b", "")[:32_000]


def sheet_name(title: str, taken: set[str]) -> str:
    """A sheet's name: short, without what a spreadsheet forbids, and only once."""
    plain = _FORBIDDEN.sub(" ", title).strip()[:NAME_MAX] or "1"
    name, number = plain, 2
    while name.lower() in taken:
        tail = f" {number}"
        name, number = plain[: NAME_MAX - len(tail)] + tail, number + 1
    return name
