"""All answers of a list as a file to keep: CSV or a workbook, one row an order, both languages.

Cells that a spreadsheet would run are text: behind an apostrophe in CSV, by their type in a
workbook. Example: PO-7, 1, C-1001, 180000.00, CNY, hold, 超出额度… , Over limit…
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from xinheng.connectors.files.errors import neutral
from xinheng.credit.money import to_text
from xinheng.texts import T

HEADS = (
    T("行", "Line"),
    T("订单号", "Order number"),
    T("版本", "Version"),
    T("客户编码", "Customer code"),
    T("客户名称", "Customer"),
    T("金额", "Amount"),
    T("币种", "Currency"),
    T("结果", "Outcome"),
    T("理由", "Reasons (zh)"),
    T("理由（英文）", "Reasons"),
    T("检查前占用", "Used before"),
    T("额度", "Limit"),
    T("占用额度", "Reserved"),
    T("占用到", "Reserved until"),
    T("此前已判断", "Decided before"),
    T("判断编号", "Decision"),
    T("账本条目", "Ledger entry"),
)


def write(form: str, answered: Sequence[Any]) -> bytes:
    """The file's bytes; `form` is csv or xlsx."""
    rows = [[str(head) for head in HEADS], *(list(_cells(one)) for one in answered)]
    return _csv(rows) if form == "csv" else _workbook(rows)


def _cells(one: Any) -> Iterator[str]:
    row = one.row
    yield from (str(row.line), row.order_ref, str(row.version))
    customer = row.customer
    yield from (customer.code, customer.name) if customer else (row.texts["customer"], "")
    yield to_text(row.amount_minor, row.currency) if row.amount_minor else row.texts["amount"]
    yield row.currency
    if one.opened is None:
        mistakes = [one.trouble, *row.errors.values()]
        yield from ("", " ".join(t.zh for t in mistakes), " ".join(t.en for t in mistakes))
        yield from [""] * 7
        return
    body = one.opened.body
    yield body["outcome"]
    yield " ".join(reason.text.zh for reason in one.opened.reasons)
    yield " ".join(reason.text.en for reason in one.opened.reasons)
    yield body["exposure"]["used"]
    yield body["exposure"]["limit"] or ""
    kept = body.get("reservation") or {}
    yield from (kept.get("amount", ""), kept.get("expires_at", ""))
    yield "yes" if one.repeated else ""
    yield from (body["decision_id"], body["ledger"]["entry"])


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _workbook(rows: list[list[str]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        page = workbook.add_worksheet("订单 Orders")
        page.freeze_panes(1, 0)
        bold = workbook.add_format({"bold": True})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write_string(number, column, cell, bold if number == 0 else None)
    return out.getvalue()
