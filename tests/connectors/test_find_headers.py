"""Columns are found by their headers; two that look alike are never chosen between."""

from __future__ import annotations

import pytest

from xinheng.connectors.files.fields import FIELDS
from xinheng.connectors.files.headers import aliases, find, parse_mapping, profiles
from xinheng.refusals import Refused

INVOICE_HEADERS = [
    "发票号,客户编码,客户名称,币种,金额,开票日期,到期日",
    "发票号码,客户代码,购货单位,币别,价税合计（元）,发票日期,到期日期",
    "单据编号,客户编号,客户,原币币种,应收金额,业务日期,应收日期",
    "invoiceNumber,customerID,customerName,currency,InvoiceAmount,InvoiceDate,DueDate",
    "Invoice No.,Customer No,Customer Name,Currency Code,Amount,Invoice Date,Due Date",
    "doc_no,cust_number,name_customer,invoice_currency,amount,posting_date,due_in_date",
    "ＩｎｖｏｉｃｅＮｏ,Customer Code,Customer,Curr,Total Amount (CNY),Document Date,Net Due Date",
    "invoice,customer,name,ccy,total,date,due",
]
WANTED = ["number", "customer_code", "customer_name", "currency", "amount", "issued_on", "due_on"]


@pytest.mark.parametrize("line", INVOICE_HEADERS)
def test_the_usual_headers_are_known(line: str) -> None:
    layout = find("invoices", [line.split(","), ["1"] * 7])
    assert {name: source.column for name, source in layout.sources.items()} == {
        name: column for column, name in enumerate(WANTED)
    }


def test_a_title_above_the_table_does_no_harm() -> None:
    rows = [["应收账款明细表"], ["制表人", "李"], INVOICE_HEADERS[0].split(","), ["1"] * 7]
    assert find("invoices", rows).header_row == 3


def test_a_missing_column_is_named_with_headers_that_would_do() -> None:
    with pytest.raises(Refused) as refused:
        find("invoices", [["发票号", "金额", "开票日期", "到期日", "备注"]])
    assert refused.value.code.name == "COLUMNS_MISSING"
    assert "customercode" in refused.value.text.en
    assert "备注" in refused.value.text.zh


def test_two_columns_for_one_field_are_asked_about_and_a_mapping_answers() -> None:
    headers = [*INVOICE_HEADERS[0].split(","), "价税合计"]
    with pytest.raises(Refused, match="COLUMN_TWICE"):
        find("invoices", [headers])
    layout = find("invoices", [headers], parse_mapping("invoices", "amount=价税合计"))
    assert layout.sources["amount"].column == 7
    assert "金额" in layout.unused


def test_a_mapping_overrides_names() -> None:
    headers = ["row", "cust_number", "due_in_date", "total_open_amount"]
    mapping = parse_mapping("invoices", "number=row, issued_on=due_in_date")
    layout = find("invoices", [headers], mapping)
    assert layout.sources["number"].column == 0
    assert layout.sources["issued_on"].column == layout.sources["due_on"].column == 2
    for wrong in ("nonsense", "colour=row", "number="):
        with pytest.raises(Refused, match="MAPPING_WRONG"):
            parse_mapping("invoices", wrong)
    with pytest.raises(Refused, match="MAPPING_WRONG"):
        find("invoices", [headers], {"number": "not there"})


def test_a_profile_is_recognised_by_its_signature() -> None:
    signature = profiles()[0]["signature"]
    layout = find("invoices", [signature])
    assert layout.profile == "highradius-closed"
    assert layout.sources["issued_on"].minus_days == signature.index("net_days_mode")
    assert find("invoices", [INVOICE_HEADERS[0].split(",")]).profile == ""


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_no_header_means_two_fields_of_one_kind(kind: str) -> None:
    # Broken build this catches: an alias written under two fields, one of which would silently win.
    owners: dict[str, str] = {}
    for name, known in aliases(kind).items():
        for alias in known:
            assert owners.setdefault(alias, name) == name, alias
