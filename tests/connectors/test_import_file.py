"""A file comes in whole or not at all, twice as once, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xinheng.customers.models import Customer, OtherName
from xinheng.customers.queries import matching
from xinheng.intake.models import Change, ImportBatch
from xinheng.people.queries import WholeBook
from xinheng.receivables.models import Invoice, Receipt

Bring = Callable[..., Any]

INVOICES = """单据编号,客户编码,客户名称,币别,价税合计,开票日期,到期日,备注
I1,C1,重庆长安贸易有限公司,人民币,"120,000.00",2026-09-01,2026-10-01,a
I2,C1,重庆长安贸易有限公司,CNY,￥８０.50,2026年9月2日,20261002,
I3,C2,Alfreds Futterkiste,EUR,(10.00),2026/9/3,2026/10/3,
I4,C1,长安贸易,CNY,1,2026.9.4,2026-10-04 00:00:00,
"""


def counts(result: Any) -> tuple[int, int, int, int, int]:
    c = result.counts
    return (c.read, c.created, c.updated, c.unchanged, c.rejected)


def test_a_chinese_ledger_comes_in_and_creates_its_customers(bring: Bring) -> None:
    result = bring("invoices", INVOICES)
    assert counts(result) == (4, 4, 0, 0, 0)
    assert result.unused == ["备注"]
    assert dict(Invoice.objects.values_list("number", "amount_minor")) == {
        "I1": 12_000_000,
        "I2": 8_050,
        "I3": -1_000,
        "I4": 100,
    }
    chang_an = Customer.objects.get(code="C1")
    assert (chang_an.name, chang_an.initials) == ("重庆长安贸易有限公司", "cqcamyyxgs")
    assert chang_an.pinyin == "chongqingchanganmaoyiyouxiangongsi"
    assert list(OtherName.objects.values_list("name", flat=True)) == ["长安贸易"]
    assert [c.code for c in matching(WholeBook(), "长安贸易 有限")] == ["C1"]


def test_the_same_file_twice_changes_nothing(bring: Bring) -> None:
    bring("invoices", INVOICES)
    before = list(Customer.objects.order_by("pk").values())
    again = bring("invoices", INVOICES)
    assert counts(again) == (4, 0, 0, 4, 0)
    assert list(Customer.objects.order_by("pk").values()) == before
    assert not Change.objects.filter(batch_id=again.batch_id).exists()


def test_one_bad_row_refuses_the_file_and_comes_back_with_its_reason(bring: Bring) -> None:
    # Broken build this catches: writing good rows before all rows have been looked at.
    bad = INVOICES + "I5,C1,x,CNY,12,34,2026-02-30,2026-10-01,\n" + "I6,C1,x,CNY,abc,2026-01-01,,\n"
    result = bring("invoices", bad)
    assert result.refused
    assert counts(result) == (6, 0, 0, 0, 2)
    assert not Invoice.objects.exists()
    assert not Customer.objects.exists()
    assert ImportBatch.objects.get().state == "refused"
    text = Path(result.errors_file).read_text(encoding="utf-8-sig").splitlines()
    assert text[0].endswith(",错误原因,reason")
    assert text[1].endswith(",a,,,")
    assert "无法识别" in text[6]
    assert "not understood" in text[6]


def test_bad_rows_can_be_left_out(bring: Bring) -> None:
    result = bring("invoices", INVOICES + "I5,C1,x,XXQ,12,2026-01-01,2026-10-01,\n", skip_bad=True)
    assert counts(result) == (5, 4, 0, 0, 1)
    assert ImportBatch.objects.get().state == "done"


def test_a_dry_run_tells_the_real_counts_and_writes_nothing(bring: Bring) -> None:
    result = bring("invoices", INVOICES, dry_run=True)
    assert counts(result) == (4, 4, 0, 0, 0)
    assert result.batch_id is None
    assert result.preview[0]["amount"] == "120000.00"
    assert not ImportBatch.objects.exists()
    assert not Customer.objects.exists()
    assert not Invoice.objects.exists()


def test_a_repeated_row_counts_once_and_a_contradiction_is_an_error(bring: Bring) -> None:
    line = "I1,C1,重庆长安贸易有限公司,人民币,120000,2026-09-01,2026-10-01,zz\n"
    assert counts(bring("invoices", INVOICES + line, dry_run=True)) == (5, 4, 0, 1, 0)
    result = bring("invoices", INVOICES + line.replace("120000", "120001"))
    assert result.refused
    assert "第 2 行" in result.errors[0].reason.zh


def test_a_number_of_another_customer_is_refused_with_its_owner(bring: Bring) -> None:
    bring("invoices", INVOICES)
    stolen = INVOICES.replace("I1,C1", "I1,C9")
    result = bring("invoices", stolen)
    assert result.refused
    assert "C1" in result.errors[0].reason.zh


def test_an_import_can_be_undone_exactly(bring: Bring) -> None:
    from tests.connectors.conftest import AT
    from xinheng.connectors.files.imports import undo_import
    from xinheng.people.actor import system

    first = bring("invoices", INVOICES)
    before = list(Invoice.objects.order_by("pk").values())
    second = bring(
        "invoices",
        INVOICES.replace("120,000.00", "90,000.00") + "I9,C9,n,CNY,5,2026-01-01,2026-02-01,\n",
    )
    assert counts(second) == (5, 1, 1, 3, 0)
    undone = undo_import(second.batch_id, actor=system("test"), at=AT, assess=False)
    assert undone.restored == 1
    assert list(Invoice.objects.order_by("pk").values()) == before
    assert ImportBatch.objects.get(pk=second.batch_id).state == "undone"
    undo_import(first.batch_id, actor=system("test"), at=AT, assess=False)
    assert not Invoice.objects.exists()


def test_a_batch_whose_rows_changed_later_is_not_undone(bring: Bring) -> None:
    from tests.connectors.conftest import AT
    from xinheng.connectors.files.imports import undo_import
    from xinheng.people.actor import system
    from xinheng.refusals import Refused

    first = bring("invoices", INVOICES)
    bring("invoices", INVOICES.replace("120,000.00", "90,000.00"))
    with pytest.raises(Refused, match="CHANGED_LATER"):
        undo_import(first.batch_id, actor=system("test"), at=AT, assess=False)


def test_receipts_pay_what_they_name(bring: Bring) -> None:
    bring("invoices", INVOICES)
    result = bring(
        "receipts",
        "收款单号,客户编码,金额,收款日期,核销发票\nR1,C1,20000.00,2026-10-05,I1\n",
        default_currency="CNY",
    )
    assert counts(result) == (1, 1, 0, 0, 0)
    assert Invoice.objects.get(number="I1").open_minor == 10_000_000
    assert Receipt.objects.get(number="R1").unapplied_minor == 0
    stray = bring("receipts", "收款单号,客户编码,金额,收款日期\nR2,C404,20,2026-10-05\n")
    assert stray.refused
    assert "C404" in stray.errors[0].reason.zh


def test_terms_give_the_due_date_where_none_is_told(bring: Bring) -> None:
    bring(
        "invoices",
        "invoiceNumber,customerID,amount,InvoiceDate,Terms\nI1,C1,5,2026-01-31,net 30\n",
    )
    invoice = Invoice.objects.get()
    assert (str(invoice.due_on), invoice.terms, invoice.currency) == ("2026-03-02", "N30", "CNY")


def test_customers_that_an_undone_file_left_behind_are_closed_until_a_file_names_them(
    bring: Bring,
) -> None:
    from tests.connectors.conftest import AT
    from xinheng.connectors.files.imports import undo_import
    from xinheng.people.actor import system

    first = bring("invoices", INVOICES)
    other = bring(
        "invoices", "发票号,客户编码,金额,开票日期,到期日\nX1,C2,5,2026-09-01,2026-10-01\n"
    )
    undone = undo_import(first.batch_id, actor=system("test"), at=AT, assess=False)
    assert undone.customers_kept == 2  # their credit lines keep the journal
    assert dict(Customer.objects.values_list("code", "status")) == {"C1": "closed", "C2": "active"}
    again = bring("invoices", INVOICES)
    assert again.counts.created == 4
    assert set(Customer.objects.values_list("status", flat=True)) == {"active"}
    undo_import(again.batch_id, actor=system("test"), at=AT, assess=False)
    assert Customer.objects.get(code="C1").status == "closed"
    undo_import(other.batch_id, actor=system("test"), at=AT, assess=False)


def test_a_file_that_waited_in_the_queue_can_be_undone(bring: Bring) -> None:
    # Fails when a customer's own batch counts as a later edit because it ran after it was opened.
    from datetime import timedelta

    from tests.connectors.conftest import AT
    from xinheng.connectors.files.imports import undo_import
    from xinheng.intake.actions import open_batch
    from xinheng.people.actor import system

    clerk = system("test")
    bring("customers", "code,name,city\nC1,Alfreds,Berlin\n")
    early = AT - timedelta(minutes=5)
    waited = open_batch("customers", "b.csv", "0" * 64, {}, actor=clerk, at=early)
    result = bring("customers", "code,name,city\nC1,Alfreds,Bonn\n", batch=waited)
    assert result.counts.updated == 1
    undo_import(result.batch_id, actor=clerk, at=AT + timedelta(minutes=1), assess=False)
    assert Customer.objects.get(code="C1").city == "Berlin"


@pytest.mark.parametrize("torn", ["a\x07b", "\x1b[2J"])
def test_characters_that_no_text_has_are_an_error_of_their_row(bring: Bring, torn: str) -> None:
    # Fails when such a name comes in: no workbook of errors or of customers could be written again.
    result = bring("customers", f"code,name\nC1,{torn}\nC2,Good\n", skip_bad=True)
    assert counts(result) == (2, 1, 0, 0, 1)


@pytest.mark.parametrize(
    "name", ['O\'Neil "& Sons"', "شركة النور", "🏭 工厂", "a\u200fb", "C1; drop"]
)
def test_any_name_comes_in_as_it_is(bring: Bring, name: str) -> None:
    quoted = name.replace('"', '""')
    bring("customers", f'code,name\nC1,"{quoted}"\n')
    assert Customer.objects.get(code="C1").name == name


@pytest.mark.parametrize(
    ("currency", "told", "minor"),
    [("JPY", "1200", 1200), ("KWD", "1.234", 1234), ("CNY", "10000000000000.00", 10**15)],
)
def test_every_currency_has_its_own_decimals(
    bring: Bring, currency: str, told: str, minor: int
) -> None:
    from datetime import date

    from xinheng.portfolio.queries import book

    head = "number,customer_code,customer_name,currency,amount,issued_on,due_on\n"
    bring("invoices", head + f"I1,C1,X,{currency},{told},2026-09-01,2026-10-01\n")
    assert Invoice.objects.get().amount_minor == minor
    assert book(date(2026, 11, 22), currency).in_words()["open"] == told


@pytest.mark.parametrize(
    ("currency", "told"),
    [("JPY", "1200.5"), ("KWD", "1.2345"), ("CNY", "10000000000000.01"), ("CNY", "1e5")],
)
def test_an_amount_that_would_need_rounding_is_refused(
    bring: Bring, currency: str, told: str
) -> None:
    head = "number,customer_code,customer_name,currency,amount,issued_on,due_on\n"
    result = bring("invoices", head + f"I1,C1,X,{currency},{told},2026-09-01,2026-10-01\n")
    assert result.refused


def test_an_import_tells_nothing_in_the_clear_that_could_be_guessed_back(bring: Bring) -> None:
    # Fails when the root of the rows is readable: that of a one-row file gives its amount away.
    from xinheng.ledger.models import PendingEntry
    from xinheng.merkle.commitment import read_leaf

    bring("invoices", "\n".join(INVOICES.splitlines()[:2]))
    leaf = read_leaf(bytes(PendingEntry.objects.latest("pk").leaf))
    assert leaf["kind"] == "import.done"
    counted = {"created", "updated", "unchanged", "quarantined", "rejected"}
    assert leaf["clear"].keys() == {"kind", "rows"} | counted
    assert {"rows_root", "file", "sha256", "actor", "batch"} == leaf["commit"].keys()
