"""The simulated book written as files, so that it comes in by the door that every customer's data
uses.

Headers are Chinese, as an ERP here would export them. Example: an invoice line reads
INV-536365,U17850,CNY,1279.87,2025-11-12,2025-12-12,N30,SO-536365,否
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from xinheng.connectors.demo.model import ORDERS_KEPT_DAYS
from xinheng.connectors.demo.quoting import SOURCE
from xinheng.connectors.demo.values import Book, Sale
from xinheng.credit.money import to_text
from xinheng.dossiers.statement_templates import template

# In the order in which they are imported: rates, who, what they own, ordered, owe and paid.
KINDS = ("rates", "customers", "statements", "statements_cas", "orders", "invoices", "receipts")
DELIVERY_DAYS = 7


def write_all(book: Book, folder: Path) -> dict[str, Path]:
    """One CSV per kind in `folder`; returns kind → file."""
    writers = {
        "rates": _rates,
        "customers": _customers,
        "statements": _statements,
        "statements_cas": _sheets,
        "orders": _orders,
        "invoices": _invoices,
        "receipts": _receipts,
    }
    return {kind: _write(folder / f"demo-{kind}.csv", *writers[kind](book)) for kind in KINDS}


def order_number(sale: Sale) -> str:
    return f"SO-{sale.number}"


def invoice_number(sale: Sale) -> str:
    return f"INV-{sale.number}" if sale.amount_minor > 0 else f"CN-{sale.number}"


def _rates(book: Book) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    return ["日期", "外币", "折算币种", "汇率", "来源"], (
        (one.day.isoformat(), one.base, one.quote, str(one.rate), SOURCE) for one in book.quotes
    )


def _customers(book: Book) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    header = [
        "客户编码",
        "客户名称",
        "英文名称",
        "统一社会信用代码",
        "国家",
        "城市",
        "行业",
        "状态",
        "业务单元",
    ]
    return header, (
        (b.code, b.name, b.name_en, b.uscc, b.country, b.city, b.industry, b.status, b.unit)
        for b in book.buyers
    )


def _statements(book: Book) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    figures = list(book.accounts[0].figures) if book.accounts else ["资产总计", "负债合计"]
    return ["客户编码", "报表日期", "月数", "币种", *figures], (
        (
            one.buyer.code,
            one.period_end.isoformat(),
            "12",
            one.buyer.currency,
            *(f"{amount:.2f}" for amount in one.figures.values()),
        )
        for one in book.accounts
    )


def _sheets(book: Book) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    told = {code for one in book.sheets for code in one.lines}
    lines = [line for line in template("cas").lines if line.code in told]
    header = ["客户编码", "报表日期", "月数", "币种", "审计意见", "会计师事务所"]
    return [*header, *(line.name.zh for line in lines)], (
        (
            one.buyer.code,
            one.period_end.isoformat(),
            "12",
            one.buyer.currency,
            one.opinion,
            one.auditor,
            *(
                to_text(one.lines[line.code], one.buyer.currency) if line.code in one.lines else ""
                for line in lines
            ),
        )
        for one in book.sheets
    )


def _orders(book: Book) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    since = book.until - timedelta(days=ORDERS_KEPT_DAYS)
    return ["订单号", "客户编码", "币种", "金额", "订单日期", "交货日期", "状态"], (
        (
            order_number(sale),
            sale.buyer.code,
            sale.buyer.currency,
            to_text(sale.amount_minor, sale.buyer.currency),
            sale.ordered_on.isoformat(),
            (sale.invoiced_on or sale.ordered_on + timedelta(days=DELIVERY_DAYS)).isoformat(),
            "closed" if sale.invoiced_on else "open",
        )
        for sale in book.sales
        if sale.amount_minor > 0 and (sale.ordered_on >= since or not sale.invoiced_on)
    )


def _invoices(book: Book) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    header = [
        "发票号",
        "客户编码",
        "币种",
        "金额",
        "开票日期",
        "到期日",
        "付款条件",
        "订单号",
        "有争议",
    ]
    return header, (
        (
            invoice_number(sale),
            sale.buyer.code,
            sale.buyer.currency,
            to_text(sale.amount_minor, sale.buyer.currency),
            sale.invoiced_on.isoformat(),
            sale.due_on.isoformat(),
            sale.buyer.terms if sale.amount_minor > 0 else "",
            order_number(sale) if sale.amount_minor > 0 else "",
            "是" if sale.disputed else "否",
        )
        for sale in book.sales
        if sale.invoiced_on and sale.due_on
    )


def _receipts(book: Book) -> tuple[Sequence[str], Iterable[Sequence[str]]]:
    return ["收款单号", "客户编码", "币种", "金额", "收款日期", "核销发票号", "收款方式"], (
        (
            one.number,
            one.buyer.code,
            one.buyer.currency,
            to_text(one.amount_minor, one.buyer.currency),
            one.received_on.isoformat(),
            f"INV-{one.reference}" if one.reference else "",
            "bank",
        )
        for one in book.payments
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path
