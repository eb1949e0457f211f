"""The person's own workbook back: bad cells red, reasons beside, its looks kept, nothing runs."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.styles import Font

from xinheng.connectors.files import marking
from xinheng.connectors.files.errors import COLUMNS, write_errors
from xinheng.connectors.files.read import read
from xinheng.connectors.files.rows import RowError
from xinheng.texts import T

BAD = [RowError(3, "金额", T("金额 12,50 无法识别", "amount 12,50 is not understood"))]


def own_file(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["发票号", "金额", "备注"])
    sheet.append(["I-1", 100, "=1+1"])
    sheet.append(["I-2", "12,50", "见合同"])
    sheet["A1"].font = Font(bold=True, color="FF00AA00")
    sheet.column_dimensions["C"].width = 33
    sheet["C3"].hyperlink = "http://evil.example/"
    book.create_sheet("说明").append(["=2+2"])
    path = folder / "发票.xlsx"
    book.save(path)
    return path


def marked(folder: Path) -> Path:
    source = own_file(folder)
    return write_errors(read(source), 1, BAD, folder / "back", source)


def test_the_bad_cell_is_red_and_says_why_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(marked(tmp_path)).worksheets[0]
    assert [cell.value for cell in sheet[1]] == ["发票号", "金额", "备注", *COLUMNS]
    assert sheet["D3"].value == "金额：金额 12,50 无法识别" and "amount" in sheet["E3"].value
    assert sheet["D2"].value is None
    assert sheet["B3"].fill.fgColor.rgb.endswith("FEE4E2") and "12,50" in sheet["B3"].comment.text
    assert sheet["B2"].fill.fill_type is None
    assert sheet["A1"].font.bold and sheet.column_dimensions["C"].width == 33


def test_what_comes_back_neither_runs_nor_leads_anywhere(tmp_path: Path) -> None:
    with ZipFile(marked(tmp_path)) as parts:
        told = b"".join(parts.read(name) for name in parts.namelist() if name.endswith(".xml"))
        rels = b"".join(parts.read(name) for name in parts.namelist() if name.endswith(".rels"))
    assert b"<f>" not in told and b"<hyperlink" not in told and b"evil.example" not in rels


def test_it_can_be_mended_and_handed_over_again(tmp_path: Path) -> None:
    rows = read(marked(tmp_path)).rows
    assert rows[2][:2] == ["I-2", "12,50"]


def test_a_long_file_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marking, "ROWS_MAX", 2)
    sheet = openpyxl.load_workbook(marked(tmp_path)).worksheets[0]
    assert sheet["D3"].value == "金额：金额 12,50 无法识别" and not sheet["A1"].font.bold


def test_a_file_that_only_looks_like_a_workbook_is_written_anew(tmp_path: Path) -> None:
    source = own_file(tmp_path)
    sheet = read(source)
    source.write_bytes(b"PK\x03\x04 broken")
    path = write_errors(sheet, 1, BAD, tmp_path / "back", source)
    assert openpyxl.load_workbook(path).worksheets[0]["D3"].value == "金额：金额 12,50 无法识别"
