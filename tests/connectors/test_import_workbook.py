"""Workbooks, templates, statements, customers, and what comes back when rows are bad."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.db import connections
from python_calamine import CalamineWorkbook

from tests.connectors.conftest import AT
from xinheng.connectors.files.errors import neutral
from xinheng.connectors.files.fields import FIELDS
from xinheng.connectors.files.imports import undo_import
from xinheng.connectors.files.queue import queue_import, run_waiting
from xinheng.connectors.files.templates import template_csv, template_xlsx
from xinheng.customers.models import Customer, OtherName
from xinheng.dossiers.models import Statement
from xinheng.intake.models import ImportBatch
from xinheng.people.actor import Actor, system
from xinheng.receivables.models import Invoice
from xinheng.refusals import Refused

Bring = Callable[..., Any]


def _workbook(path: Path, rows: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, datetime(cell.year, cell.month, cell.day))  # noqa: DTZ001
                else:
                    sheet.write(number, column, cell)
    return path


HEADERS = ["发票号", "客户编码", "客户名称", "币种", "金额", "开票日期", "到期日"]


def test_a_workbook_comes_in_with_its_dates_and_numbers(bring: Bring, tmp_path: Path) -> None:
    days = [date(2026, 9, 1), date(2026, 10, 1)]
    path = _workbook(tmp_path / "a.xlsx", [HEADERS, [1001, 7, "䶮明", "CNY", 1234.56, *days]])
    assert bring("invoices", path).counts.created == 1
    invoice = Invoice.objects.select_related("customer").get()
    assert (invoice.number, invoice.customer.code, invoice.amount_minor) == ("1001", "7", 123_456)
    assert [invoice.issued_on, invoice.due_on] == days


def test_a_bad_workbook_comes_back_as_a_workbook_with_reasons(bring: Bring, tmp_path: Path) -> None:
    days = [date(2026, 9, 1), date(2026, 10, 1)]
    bad = ["I2", "C1", "=1+1", "CNY", 33.333333, *days]
    path = _workbook(tmp_path / "a.xlsx", [HEADERS, ["I1", "C1", "好", "CNY", 5, *days], bad])
    result = bring("invoices", path)
    assert (result.refused, result.counts.rejected) == (True, 1)
    back = CalamineWorkbook.from_path(result.errors_file).get_sheet_by_index(0).to_python()
    assert back[0][-2:] == ["错误原因", "reason"]
    assert back[1][-1] == ""
    assert "小数位" in back[2][-2]
    assert "decimals" in back[2][-1]
    assert back[2][5] == days[0]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("+cmd|x", "'+cmd|x"), ("-5.00", "-5.00"), ("ok", "ok")],
)
def test_a_cell_that_a_spreadsheet_would_run_is_text(cell: str, safe: str) -> None:
    assert neutral(cell) == safe


@pytest.mark.parametrize("kind", sorted(FIELDS))
@pytest.mark.parametrize("make", [template_xlsx, template_csv])
def test_a_template_is_recognised_when_it_comes_back(
    bring: Bring, kind: str, make: Callable[[str], bytes]
) -> None:
    name = "t.xlsx" if make is template_xlsx else "t.csv"
    result = bring(kind, make(kind), name=name, dry_run=True)
    assert set(result.columns) == {field.name for field in FIELDS[kind]}
    assert not result.unused


def test_customers_are_created_then_changed_only_where_told(bring: Bring) -> None:
    head = "客户编码,客户名称,统一社会信用代码,城市,状态,其他名称\n"
    first = bring("customers", head + "C1,重庆长安,91110000600037341L,重庆,正常,长安；CA\n")
    assert first.counts.created == 1
    again = bring("customers", head + "C1,重庆长安,,,,\n")
    assert again.counts.unchanged == 1
    renamed = bring("customers", head + "C1,重庆长安汽车,,,冻结,\n")
    assert renamed.counts.updated == 1
    customer = Customer.objects.get()
    assert (customer.name, customer.status, customer.city) == ("重庆长安汽车", "blocked", "重庆")
    assert customer.initials == "cqcaqc"
    assert set(OtherName.objects.values_list("name", "kind")) == {
        *(("长安", "spelling"), ("CA", "spelling"), ("重庆长安", "former"))
    }
    undo_import(renamed.batch_id, actor=system("t"), at=AT, assess=False)
    customer.refresh_from_db()
    assert (customer.name, customer.status) == ("重庆长安", "active")
    assert "cqcaqc" not in customer.search_text
    undo_import(first.batch_id, actor=system("t"), at=AT, assess=False)
    assert not Customer.objects.exists()


def test_a_wrong_uscc_and_an_unknown_unit_are_row_errors(bring: Bring) -> None:
    head = "customer code,name,uscc,business unit\n"
    result = bring("customers", head + "C1,A,91110000600037341X,\nC2,B,,NOWHERE\nC3,C,,\n")
    assert [error.row for error in result.errors] == [2, 3]
    assert "NOWHERE" in result.errors[1].reason.en
    assert "“L”" in result.errors[0].reason.zh and "“L”" in result.errors[0].reason.en


def test_a_uscc_is_kept_as_it_is_written_properly_and_an_odd_one_warns(bring: Bring) -> None:
    head = "customer code,name,uscc\n"
    rows = "C1,A,９１11 0000600037341L\nC2,B,913101160529586031\nC3,C,91350203M0001FUE2P\n"
    result = bring("customers", head + rows, skip_bad=True)
    kept = dict(Customer.objects.values_list("code", "uscc"))
    assert kept == {"C1": "91110000600037341L", "C2": "913101160529586031"}
    [warned] = [one for one in result.warnings if "17" in one.reason.zh]
    assert warned.row == 3
    assert [error.row for error in result.errors] == [4]
    assert "理由" in result.errors[0].reason.zh  # issued by a pilot: a person must take it on


def test_a_statement_that_does_not_balance_is_refused_with_the_difference(bring: Bring) -> None:
    head = "客户编码,客户名称,报表日期,币种,资产总计,负债合计,所有者权益合计,营业收入\n"
    good = "C1,甲,2025-12-31,CNY,2500.00,1500.00,1000.00,\n"
    assert bring("statements", head + good).counts.created == 1
    assert Statement.objects.get().figures["total_assets"] == 250_000
    assert "sales" not in Statement.objects.get().figures
    result = bring("statements", head + good.replace("1000.00", "990.00"))
    assert result.refused
    assert "10.00" in result.errors[0].reason.zh


@pytest.mark.django_db(databases=["default", "door"])
def test_a_queued_file_is_imported_once_and_its_batch_says_how(bring: Bring) -> None:
    content = (",".join(HEADERS) + "\nI1,C1,好,CNY,5,2026-09-01,2026-10-01\n").encode("gb18030")
    good = queue_import("invoices", content, "上传.csv", actor=system("t"), at=AT)
    bad = queue_import("invoices", b"a,b\n1,2\n", "bad.csv", actor=system("t"), at=AT)
    assert run_waiting(at=AT) == 2
    assert run_waiting(at=AT) == 0
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, good.created, good.progress) == ("done", 1, 100)
    assert bad.state == "refused"
    assert "缺少必需的列" in bad.message
    connections["door"].close()  # the progress has a connection of its own


def test_who_may_not_import_is_refused_before_the_file_is_read(
    bring: Bring, tmp_path: Path
) -> None:
    bob = Actor("user", 1, 1, frozenset({"customers.view"}))
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        bring("invoices", tmp_path / "none.csv", actor=bob)
    batch = bring("invoices", ",".join(HEADERS) + "\nI1,C1,n,CNY,5,2026-09-01,2026-10-01\n")
    with pytest.raises(Refused, match="NOT_ALLOWED"):
        undo_import(batch.batch_id, actor=bob, at=AT)
    with pytest.raises(Refused, match="BATCH_UNKNOWN"):
        undo_import(99_999, actor=system("t"), at=AT)
    undo_import(batch.batch_id, actor=system("t"), at=AT, assess=False)
    with pytest.raises(Refused, match="BATCH_NOT_DONE"):
        undo_import(batch.batch_id, actor=system("t"), at=AT)


def test_an_import_that_breaks_half_way_leaves_a_failed_batch_and_nothing_else(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Broken build this catches: rows written outside the transaction that the ledger entry closes.
    from xinheng.connectors.files import imports

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(imports, "_record_in_ledger", broken)
    with pytest.raises(OSError, match="disk full"):
        bring("invoices", ",".join(HEADERS) + "\nI1,C1,n,CNY,5,2026-09-01,2026-10-01\n")
    assert ImportBatch.objects.get().state == "failed"
    assert not Invoice.objects.exists()
    assert not Customer.objects.exists()
