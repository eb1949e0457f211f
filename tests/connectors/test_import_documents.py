"""Files of everything between an order and its cash: read, tried, counted, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from xinheng.connectors.files.fields import FIELDS, KINDS
from xinheng.connectors.files.headers import find
from xinheng.connectors.files.imports import undo_import
from xinheng.customers.models import Customer
from xinheng.intake.models import ImportBatch
from xinheng.limits.models import CreditLine
from xinheng.people.actor import system
from xinheng.receivables.models import (
    Bill,
    Delivery,
    Guarantee,
    Invoice,
    Order,
    Quarantined,
    Receipt,
)
from xinheng.receivables.queries import reconcile

from .conftest import AT

Bring = Callable[..., Any]
ROOT = system("test")

CUSTOMERS = "客户编码,客户名称\nC1,长江建材\nC2,黄河建材\n"
FILES = {
    "orders": "订单号,客户编码,客户名称,币种,金额,订单日期,交货日期,额度范围,版本号\n"
    "SO1,C1,长江建材,CNY,300.00,2026-10-01,2026-12-01,,1\n",
    "deliveries": "出库单号,客户编码,币别,价税合计,出库日期,销售订单号,单据状态\n"
    "DN1,C1,CNY,200.00,2026-10-20,SO1,已审核\n",
    "invoices": "发票号,客户编码,币种,金额,开票日期,到期日,订单号\n"
    "I1,C1,CNY,150.00,2026-10-21,2026-11-20,SO1\n",
    "credit_notes": "红字发票号,客户编码,币种,红字金额,红票日期,原发票号\n"
    "CN1,C1,CNY,10.00,2026-10-25,I1\n",
    "receipts": "收款单号,客户编码,币种,到账金额,到账日期,核销发票号,预收款,银行已确认\n"
    "R1,C1,CNY,40.00,2026-11-01,I1,否,是\nR2,C1,CNY,5.00,2026-11-01,,是,是\n",
    "bills": "票据号,客户编码,币种,票面金额,收票日期,票据到期日,票据种类,票据状态,核销发票,承兑人\n"
    "B1,C1,CNY,30.00,2026-11-02,2027-05-02,银承,在手,I1,某城商行\n",
    "guarantees": "保函号,客户编码,币种,保函金额,开立日期,有效期至,受益人\n"
    "G1,C1,CNY,70.00,2026-10-05,2027-10-05,某业主\n",
    "opening_balances": "客户编码,币种,期初余额,到期日,截止日期\n"
    "C2,CNY,80.00,2026-12-31,2026-11-01\nC2,CNY,-25.00,2026-11-02,2026-11-01\n",
}
AFTER = {"orders": 100_00, "unbilled": 50_00, "open_items": 70_00, "bank_bills": 30_00}
AFTER |= {"bills": 0, "guarantees": 70_00, "unapplied": 0, "prepaid": 5_00}


def counters(code: str) -> dict[str, int]:
    line = CreditLine.objects.get(customer__code=code, currency="CNY", scope="")
    return {name: getattr(line, f"{name}_minor") for name in AFTER}


@pytest.fixture
def book(bring: Bring) -> dict[str, Any]:
    """Every kind of file once, in order; the results by kind."""
    bring("customers", CUSTOMERS)
    return {kind: bring(kind, content) for kind, content in FILES.items()}


def test_every_kind_of_document_goes_in_by_file(book: dict[str, Any]) -> None:
    for kind, result in book.items():
        rows = FILES[kind].count("\n") - 1
        assert (result.counts.read, result.counts.created) == (rows, rows), kind
        assert not result.unused, kind
    assert counters("C1") == AFTER
    assert reconcile() == []
    note = Invoice.objects.get(number="CN1")
    assert (note.amount_minor, note.credits, note.due_on) == (-10_00, "I1", date(2026, 10, 25))
    assert Bill.objects.get().kind == "bank"


def test_opening_balances_are_an_open_item_or_cash_not_applied_yet(book: dict[str, Any]) -> None:
    owed = Invoice.objects.get(customer__code="C2")
    paid = Receipt.objects.get(customer__code="C2")
    assert (owed.number, owed.amount_minor) == ("opening:C2:CNY:2026-12-31", 80_00)
    assert (owed.issued_on, owed.due_on) == (date(2026, 11, 1), date(2026, 12, 31))
    assert (paid.number, paid.amount_minor) == ("opening:C2:CNY:2026-11-02", 25_00)
    line = CreditLine.objects.get(customer__code="C2")
    assert line.open_items_minor - line.unapplied_minor == 55_00


def test_the_same_files_again_change_nothing(bring: Bring, book: dict[str, Any]) -> None:
    for kind, content in FILES.items():
        again = bring(kind, content)
        assert again.counts.unchanged == again.counts.read, kind
        assert again.counts.changed == 0, kind
    assert counters("C1") == AFTER


def test_each_file_can_be_taken_back_in_turn(bring: Bring, book: dict[str, Any]) -> None:
    for kind in reversed(FILES):
        undo_import(book[kind].batch_id, actor=ROOT, at=AT, assess=False)
        assert reconcile() == [], kind
    for model in (Order, Delivery, Invoice, Receipt, Bill, Guarantee):
        assert not model.objects.exists()
    assert set(counters("C1").values()) == {0}
    assert Customer.objects.filter(code="C1", status="active").exists()


@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_trial_tells_the_real_counts_and_writes_nothing(bring: Bring, kind: str) -> None:
    bring("customers", CUSTOMERS)
    result = bring(kind, FILES[kind], dry_run=True)
    assert result.counts.created == FILES[kind].count("\n") - 1
    assert result.preview
    for model in (Order, Delivery, Invoice, Receipt, Bill, Guarantee):
        assert not model.objects.exists()
    assert ImportBatch.objects.count() == 1


BAD = [
    ("orders", "金额", "300.00", "-1.00", "negative"),
    ("orders", "额度范围", ",,1\n", ",team:7,1\n", "unit:CODE"),
    ("deliveries", "价税合计", "200.00", "0.00", "zero"),
    ("deliveries", "单据状态", "已审核", "丢失", "posted"),
    ("credit_notes", "红字金额", "10.00", "0", "zero"),
    ("receipts", "到账金额", "40.00", "12 00", "not understood"),
    ("bills", "票面金额", "30.00", "-30.00", "above zero"),
    ("bills", "票据到期日", "2027-05-02", "2026-05-02", "before"),
    ("bills", "票据种类", "银承", "支票", "listed"),
    ("guarantees", "有效期至", "2027-10-05", "2025-10-05", "before"),
    ("guarantees", "客户编码", "C1", "C9", "no customer C9"),
    ("opening_balances", "期初余额", "80.00", "0.00", "zero"),
]


@pytest.mark.parametrize(("kind", "column", "good", "bad", "said"), BAD)
def test_a_bad_cell_is_an_error_of_its_row(
    bring: Bring, kind: str, column: str, good: str, bad: str, said: str
) -> None:
    bring("customers", CUSTOMERS)
    content = FILES[kind].replace(good, bad, 1)
    assert content != FILES[kind]
    result = bring(kind, content)
    assert result.refused and result.counts.rejected == 1, result.errors
    assert (result.errors[0].column, said in result.errors[0].reason.en) == (column, True), (
        result.errors
    )


def test_a_credit_note_can_not_take_the_number_of_an_invoice(
    bring: Bring, book: dict[str, Any]
) -> None:
    # Broken build this catches: without the check invoice I1 turns into -150.00.
    result = bring("credit_notes", FILES["credit_notes"].replace("CN1", "I1"))
    assert result.refused and "is an invoice already" in result.errors[0].reason.en
    assert Invoice.objects.get(number="I1").amount_minor == 150_00


def test_an_opening_balance_does_not_change_its_sign(bring: Bring, book: dict[str, Any]) -> None:
    # Broken build this catches: the new receipt would stand beside the old invoice.
    result = bring("opening_balances", FILES["opening_balances"].replace("80.00", "-80.00"))
    assert result.refused and "other sign" in result.errors[0].reason.en
    assert Receipt.objects.filter(customer__code="C2").count() == 1


def test_a_column_that_is_not_there_leaves_what_is_known(
    bring: Bring, book: dict[str, Any]
) -> None:
    bring(
        "invoices",
        "发票号,客户编码,币种,金额,开票日期,到期日\nI1,C1,CNY,150.00,2026-10-21,2026-11-25\n",
    )
    invoice = Invoice.objects.get(number="I1")
    assert (invoice.order_number, invoice.due_on) == ("SO1", date(2026, 11, 25))
    bring("invoices", FILES["invoices"].replace("SO1", ""))
    invoice.refresh_from_db()
    assert invoice.order_number == ""


def test_of_two_revisions_in_one_file_the_newer_counts(bring: Bring, book: dict[str, Any]) -> None:
    head = FILES["orders"].split("\n")[0] + "\n"
    rows = "SO2,C1,,CNY,{},2026-10-01,,,{}\n"
    told = [rows.format("10.00", 2), rows.format("30.00", 4), rows.format("20.00", 3)]
    result = bring("orders", head + "".join(told))
    assert (result.counts.created, result.counts.unchanged) == (1, 2)
    assert Order.objects.get(number="SO2").amount_minor == 30_00
    late = bring("orders", head + rows.format("99.00", 3))
    assert late.counts.unchanged == 1
    assert Order.objects.get(number="SO2").amount_minor == 30_00


def test_a_contradiction_goes_to_quarantine_and_the_rest_goes_in(
    bring: Bring, book: dict[str, Any]
) -> None:
    # SO1 is C1's order: a delivery of it for C2 contradicts, and its neighbour is not held up.
    head = FILES["deliveries"].split("\n")[0] + "\n"
    rows = "DN2,C2,CNY,9.00,2026-10-22,SO1,已审核\nDN3,C1,CNY,1.00,2026-10-22,,已审核\n"
    result = bring("deliveries", head + rows)
    assert (result.counts.created, result.counts.quarantined) == (1, 1)
    waits = Quarantined.objects.get()
    assert (waits.number, waits.code, waits.batch_id) == (
        *("DN2", "ORDER_OF_ANOTHER"),
        result.batch_id,
    )


HEADERS = {
    "orders": ["销售订单号,客户编码,含税金额,下单日期", "SO No.,Sold-to,Order Amount,Order Date"],
    "deliveries": [
        "出库单编号,购货单位编码,价税合计,单据日期,销售订单号",
        "Delivery,Sold-to party,Net value,Actual goods issue date",
        "vbeln,kunnr,Amount,wadat_ist",
    ],
    "credit_notes": [
        "红票号,客户代码,价税合计（元）,红票日期,对应蓝字发票",
        "Credit Memo No,Customer,Amount,Date",
    ],
    "bills": [
        "汇票号码,客户编号,票据金额,收票日,汇票到期日,承兑银行",
        "Bill No,Customer No,Face Value,Received on,Maturity",
    ],
    "guarantees": [
        "保函编号,客户编码,担保金额,开具日期,失效日期",
        "LG No,Customer ID,Guarantee Amount,Issue Date,Expiry Date",
    ],
    "opening_balances": [
        "往来单位编码,期末余额,到期日期,余额日期",
        "Customer Code,Open Balance,Due Date,As of",
    ],
    "rates": [
        "日期,货币名称,中行折算价,单位",
        "Valid from,From currency,To currency,Exchange rate,Rate type",
        "fcurr,tcurr,ukurs,date",
    ],
    "holidays": ["日期,节日,休/班", "Date,Holiday,Calendar"],
    "terms": ["付款条件代码,计算规则,付款条件", "Payment term,Rule,Description"],
}


@pytest.mark.parametrize(
    ("kind", "line"), [(kind, line) for kind, lines in HEADERS.items() for line in lines]
)
def test_headers_of_usual_systems_are_known(kind: str, line: str) -> None:
    headers = line.split(",")
    layout = find(kind, [headers, ["1"] * len(headers)])
    assert not layout.unused


def test_every_kind_of_file_is_a_kind_of_batch() -> None:
    assert set(KINDS) == set(FIELDS) <= set(ImportBatch.KINDS)
