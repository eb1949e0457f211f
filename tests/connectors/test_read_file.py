"""Files are read by rule: encoding, delimiter, workbook, archive, and every size has a maximum."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from xinheng.connectors.files import read as reading
from xinheng.connectors.files.read import delimiter_of, encoding_of, read, read_bytes
from xinheng.refusals import Refused

RARE = "客户,金额\n䶮明𬭎业,1\n"


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_an_encoding_is_found_by_rule_and_no_character_is_lost(written: str, encoding: str) -> None:
    # Broken build this catches: "gbk" in place of "gb18030" fails on 䶮; a guesser says cp949.
    content = RARE.encode(written)
    assert encoding_of(content) == encoding
    assert read_bytes("a.csv", content).rows == [["客户", "金额"], ["䶮明𬭎业", "1"]]


def test_bytes_that_are_neither_are_refused_with_the_place() -> None:
    with pytest.raises(Refused, match="ENCODING_UNKNOWN"):
        encoding_of(b"a,b\n\xff\xff,1")


@pytest.mark.parametrize(
    ("line", "mark"), [("a;b;c,d", ";"), ("a\tb", "\t"), ("a,b", ","), ("a", ",")]
)
def test_the_delimiter_is_the_most_frequent_in_the_header(line: str, mark: str) -> None:
    assert delimiter_of("\n" + line + "\n1;2,3,4,5") == mark


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return out.getvalue()


def test_an_archive_holds_exactly_one_file() -> None:
    assert read_bytes("a.zip", _zip(a_csv=b"x,y\n1,2")).rows == [["x", "y"], ["1", "2"]]
    with pytest.raises(Refused, match="ZIP_NOT_ONE"):
        read_bytes("a.zip", _zip(a_csv=b"x", b_csv=b"y"))
    with pytest.raises(Refused, match="DAMAGED"):
        read_bytes("a.zip", b"PK\x03\x04 nonsense")


def test_an_archive_that_swells_is_stopped_while_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "UNPACKED_BYTES_MAX", 1_000_000)
    with pytest.raises(Refused, match="TOO_LARGE"):
        read_bytes("a.zip", _zip(a_csv=b"0" * 2_000_000))


def test_what_is_too_large_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reading, "ROWS_MAX", 3)
    with pytest.raises(Refused, match="TOO_MANY_ROWS"):
        read_bytes("a.csv", b"a,b\n" + b"1,2\n" * 4)
    with pytest.raises(Refused, match="TOO_MANY_COLUMNS"):
        read_bytes("a.csv", b"a," * 300)
    monkeypatch.setattr(reading, "FILE_BYTES_MAX", 5)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(Refused, match="TOO_LARGE"):
        read(path)
    with pytest.raises(Refused, match="NOT_FOUND"):
        read(tmp_path / "none.csv")
    with pytest.raises(Refused, match="FORMAT_UNKNOWN"):
        read_bytes("a.pdf", b"%PDF")


def test_a_workbook_keeps_what_its_cells_are(tmp_path: Path) -> None:
    from datetime import date, datetime

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["编码", "金额", "日期"])
        sheet.write_string(1, 0, "000123")
        sheet.write_number(1, 1, 1234.56)
        sheet.write_datetime(1, 2, datetime(2026, 11, 2), day)  # noqa: DTZ001 - a cell has no zone
    sheet_read = read(path)
    assert sheet_read.form == "xlsx"
    assert sheet_read.rows[1] == ["000123", 1234.56, date(2026, 11, 2)]


def test_a_damaged_workbook_is_one_clear_refusal() -> None:
    with pytest.raises(Refused, match="DAMAGED"):
        read_bytes("a.xlsx", b"PK\x03\x04")
    with pytest.raises(Refused, match="DAMAGED"):
        read_bytes("a.xls", b"nonsense")
