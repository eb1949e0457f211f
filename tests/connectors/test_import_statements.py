"""Statements of a standard by file: one a row or one line a row, checked cell by cell."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.world import AT, make_customer, make_world
from xinheng.connectors.files.headers import find
from xinheng.connectors.files.imports import run_import, undo_import
from xinheng.connectors.files.read import read
from xinheng.connectors.files.statement_fields import FIELDS, LONG, WIDE, lines_of
from xinheng.connectors.files.templates import write_template
from xinheng.dossiers.models import Statement
from xinheng.people.actor import system

pytestmark = pytest.mark.django_db
WHOLE = [
    ("货币资金", "300.00"),
    ("应收账款", "700.00"),
    ("流动资产合计", "1,000.00"),
    ("固定资产", "500.00"),
    ("资产总计", "1,500.00"),
    ("短期借款", "600.00"),
    ("实收资本（或股本）", "800.00"),
    ("未分配利润", "100.00"),
    ("负债和所有者权益总计", "1,500.00"),
    ("一、营业收入", "2,000.00"),
    ("减：营业成本", "1,500.00"),
    ("存货", ""),
]


@pytest.fixture(autouse=True)
def world() -> Any:
    made = make_world()
    make_customer("C1", unit=made.units["EAST"])
    make_customer("C2", unit=made.units["EAST"])
    return made


def bring(tmp_path: Path, kind: str, rows: list[list[str]], **how: Any) -> Any:
    path = tmp_path / "in.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return run_import(kind, path, actor=system("import"), at=AT, assess=False, **how)


def long(*statements: tuple[str, list[tuple[str, str]]]) -> list[list[str]]:
    rows = [["客户编码", "报表日期", "审计意见", "项目", "金额"]]
    for code, lines in statements:
        rows += [[code, "2025-12-31", "保留意见", name, amount] for name, amount in lines]
    return rows


def test_lines_become_one_statement_and_can_be_taken_back(tmp_path: Path) -> None:
    result = bring(tmp_path, "lines_cas", long(("C1", WHOLE)))
    assert not result.refused, [
        (one.row, one.reason.zh) for one in result.errors if "同一份" not in one.reason.zh
    ]
    assert (result.counts.read, result.counts.created) == (12, 1)
    row = Statement.objects.get()
    assert (row.standard, row.audit_opinion, row.source) == ("cas", "qualified", "file:in.csv")
    assert row.lines["operating_profit"] == 50_000 and "inventory" not in row.lines
    assert row.figures["total_assets"] == 150_000
    again = bring(tmp_path, "lines_cas", long(("C1", WHOLE)))
    assert (again.counts.created, again.counts.updated) == (0, 0)
    undo_import(result.batch_id, actor=system("import"), at=AT, assess=False)
    assert not Statement.objects.all().known().exists()


@pytest.mark.parametrize(
    ("change", "row", "said"),
    [
        (("流动资产合计", "1,000.01"), 4, "“流动资产合计”填 1,000.01，各行相加 1,000.00"),
        (("资产总计", "1,499.00"), 6, "相差 1.00 CNY"),
        (("流动货币", "1"), 14, "“流动货币”不在模板里"),
        (("货币资金", "5"), 14, "第 2 行已经有了"),
        (("固定资产", "12 00"), 14, "金额 12 00 无法识别"),
    ],
)
def test_what_is_wrong_is_said_at_its_row_and_the_statement_stays_out(
    tmp_path: Path, change: tuple[str, str], row: int, said: str
) -> None:
    known = [name for name, _ in WHOLE]
    place = known.index(change[0]) if row < 14 else len(WHOLE)
    lines = [*WHOLE[:place], change, *WHOLE[place + 1 :]]
    result = bring(tmp_path, "lines_cas", long(("C1", lines), ("C2", WHOLE)))
    assert result.refused and not Statement.objects.exists()
    at_row = [one.reason.zh for one in result.errors if one.row == row]
    assert any(said in one for one in at_row), result.errors
    skipping = bring(tmp_path, "lines_cas", long(("C1", lines), ("C2", WHOLE)), skip_bad=True)
    assert [s.customer.code for s in Statement.objects.all()] == ["C2"]
    assert skipping.counts.rejected == len(lines)


def test_a_row_in_ten_thousands_is_exact(tmp_path: Path) -> None:
    header = ["客户编码", "报表日期", "单位", "货币资金", "短期借款", "实收资本（或股本）", "备注"]
    row = ["C1", "2025-12-31", "万元", "12.345678", "2.345678", "10", "x"]
    result = bring(tmp_path, "statements_cas", [header, row])
    assert not result.refused, result.errors
    assert Statement.objects.get().figures["total_assets"] == 12_345_678
    assert result.unused == ["备注"]
    wrong = bring(tmp_path, "statements_cas", [header, [*row[:3], "12.345679", *row[4:]]])
    assert wrong.refused and "相差 0.01 CNY" in wrong.errors[0].reason.zh


def test_by_function_and_by_nature_are_not_mixed(tmp_path: Path) -> None:
    balance = [("Cash and cash equivalents", "10"), ("Issued capital", "10")]
    balance += [("Trade payables", "0")]
    nature = [("Revenue", "5"), ("Raw materials and consumables used", "3")]
    bring(tmp_path, "lines_ifrs", long(("C1", balance + nature)))
    assert Statement.objects.get().lines["operating_profit"] == 200
    mixed = bring(tmp_path, "lines_ifrs", long(("C2", [*balance, *nature, ("Cost of sales", "1")])))
    assert mixed.refused and any("按性质" in one.reason.zh for one in mixed.errors)


@pytest.mark.parametrize("kind", [*WIDE, *LONG])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_template_is_recognised_whole(tmp_path: Path, kind: str, suffix: str) -> None:
    path = write_template(kind, tmp_path / f"{kind}.{suffix}")
    sheet = read(path)
    layout = find(kind, sheet.rows)
    assert set(layout.sources) == {field.name for field in FIELDS[kind]}
    if kind in LONG:
        column = layout.sources["line"].column
        names = [row[column] for row in sheet.rows[1:] if len(row) > column and row[column]]
        assert names == [line.name.zh for line in lines_of(LONG[kind])]


@pytest.mark.parametrize("kind", list(WIDE))
def test_english_headers_are_recognised_as_well(kind: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([field.label.en for field in FIELDS[kind]])
    header = next(csv.reader(io.StringIO(out.getvalue())))
    assert set(find(kind, [header]).sources) == {field.name for field in FIELDS[kind]}
