"""A pasted or uploaded list of orders becomes a grid: which column is what, and each cell as text.

Tab or comma separated, with or without heads. The first row is a head where at least two of its
cells are names that we know; without a head the columns stand in the order of `COLUMNS`. Example:
"PO-7<tab>C-1001<tab>180,000.00" is order number, customer and amount; the head 金额 | 订单号 says
that they stand the other way round. Nothing is dropped: `Grid.as_text` writes all cells back.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any, Final

from xinheng.connectors.files.headers import aliases, plain
from xinheng.connectors.files.read import read_bytes
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.connectors.files.values import Unreadable
from xinheng.connectors.files.values import text as cell_text
from xinheng.refusals import Refused
from xinheng.texts import T

ROWS_MAX: Final = 200
CELL_CHARACTERS_MAX: Final = 200
TEXT_BYTES_MAX: Final = 400_000
HEAD_CELLS_LEAST: Final = 2

# In the order in which a list without a head is read.
COLUMNS: Final[dict[str, T]] = {
    "order_ref": T("订单号", "Order number"),
    "customer": T("客户编码或名称", "Customer code or name"),
    "amount": T("金额", "Amount"),
    "currency": T("币种", "Currency"),
    "terms_days": T("账期（天）", "Terms (days)"),
    "delivery_on": T("交货日期", "Delivery day"),
    "version": T("版本", "Version"),
    "payer": T("付款客户", "Payer"),
    "scope": T("额度范围", "Scope"),
}
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "order_ref": ("orderref", "order", "po", "so", "ponumber", "pono", "订单", "单号"),
    "customer": ("客户", "客户编码或名称", "customer", "customercodeorname", "client", "buyer"),
    "amount": ("金额元", "订单金额元", "amount", "value"),
    "terms_days": ("账期", "账期天", "账期天数", "信用期", "付款条件", "terms", "termsdays"),
    "delivery_on": ("交货日", "交货", "交期", "要求交期", "delivery", "deliveryday"),
    "version": ("版本", "版本号", "变更次数", "version", "revision", "rev"),
    "payer": ("付款客户", "付款方", "付款方编码", "付款客户编码", "payer", "payercode", "billto"),
    "scope": ("额度范围", "范围", "产品", "项目", "scope", "sublimit"),
}
_KNOWN_ELSEWHERE: Final = {
    "order_ref": ("number",),
    "customer": ("customer_code", "customer_name"),
    "amount": ("amount",),
    "currency": ("currency",),
    "delivery_on": ("delivery_on",),
}

TOO_MANY = T(
    "一次最多 {n} 张订单，这里有 {rows} 张：请分几次检查。",
    "At most {n} orders at once, and here are {rows}: check them in several goes.",
)
TOO_LONG = T(
    "内容太长：一次最多 {n} 张订单。", "That is too much text: at most {n} orders at once."
)
EMPTY = T(
    "里面没有订单：每行一张，至少写订单号、客户和金额。",
    "There is no order in it: one a line, with order number, customer and amount at least.",
)
UNREADABLE = T("无法读取这段文字：{why}", "This text can't be read: {why}")


@dataclass(frozen=True)
class Grid:
    """Rows of texts and the column of each field; `head` is empty where the list has none."""

    head: list[str]
    places: dict[str, int]
    rows: list[list[str]]
    first_line: int  # the line in which the first order stands, from 1

    def cell(self, row: int, field: str) -> str:
        place = self.places.get(field)
        cells = self.rows[row]
        return cells[place] if place is not None and place < len(cells) else ""

    def with_cells(self, field: str, values: list[str]) -> Grid:
        """The same with other texts in one column, which is added where it was missing."""
        places, head = dict(self.places), list(self.head)
        if field not in places:
            places[field] = max([len(head), *(len(row) for row in self.rows)])
            if head:
                head += [""] * (places[field] - len(head)) + [str(COLUMNS[field])]
        place = places[field]
        rows = [_put(cells, place, value) for cells, value in zip(self.rows, values, strict=True)]
        return Grid(head, places, rows, self.first_line)

    def as_text(self) -> str:
        """Tab separated, as a spreadsheet copies it; reading it again gives the same grid."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerows([self.head, *self.rows] if self.head else self.rows)
        return out.getvalue()


def _put(cells: list[str], place: int, value: str) -> list[str]:
    padded = [*cells, *[""] * (place + 1 - len(cells))]
    padded[place] = value
    return padded


class Unusable(ValueError):
    """The list as a whole can't be taken; `text` says why and how to mend it."""

    def __init__(self, text: T) -> None:
        super().__init__(text.en)
        self.text = text


def of_text(text: str) -> Grid:
    """A pasted list. Where a tab stands in it, tabs separate: amounts may then have commas."""
    content = text.encode("utf-8", "replace")
    if len(content) > TEXT_BYTES_MAX:
        raise Unusable(TOO_LONG.format(n=ROWS_MAX))
    if "\t" not in text:
        return of_file("pasted.csv", content)
    try:
        return _grid([list(row) for row in csv.reader(io.StringIO(text), delimiter="\t")])
    except csv.Error as error:
        raise Unusable(UNREADABLE.format(why=error)) from error


def of_file(name: str, content: bytes) -> Grid:
    """An uploaded one: CSV or a workbook's first sheet."""
    try:
        return _grid(read_bytes(name, content).rows)
    except Refused as refused:
        if refused.code is FileRefusal.TOO_MANY_ROWS:
            raise Unusable(TOO_LONG.format(n=ROWS_MAX)) from refused
        raise Unusable(refused.text) from refused


def _grid(found: list[list[Any]]) -> Grid:
    numbered = [
        (number, cells)
        for number, row in enumerate(found, 1)
        if any(cells := [_text(cell) for cell in row])
    ]
    if not numbered:
        raise Unusable(EMPTY)
    places = _places(numbered[0][1])
    head = numbered[0][1] if places else []
    orders = numbered[1:] if places else numbered
    if not orders:
        raise Unusable(EMPTY)
    if len(orders) > ROWS_MAX:
        raise Unusable(TOO_MANY.format(n=ROWS_MAX, rows=len(orders)))
    names = places or {field: place for place, field in enumerate(COLUMNS)}
    return Grid(head, names, [cells for _, cells in orders], orders[0][0])


def _text(cell: Any) -> str:
    try:
        found = cell_text(cell)
    except Unreadable:
        found = str(cell)
    return "".join(c if c.isprintable() else " " for c in found).strip()[:CELL_CHARACTERS_MAX]


def _places(cells: list[str]) -> dict[str, int]:
    """Field → column by the head's names, or nothing where the row is not a head."""
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        named = plain(cell) or "-"
        field = next((f for f in COLUMNS if f not in places and named in _names(f)), None)
        if field:
            places[field] = place
    return places if len(places) >= HEAD_CELLS_LEAST else {}


def _names(field: str) -> set[str]:
    label = COLUMNS[field]
    known = aliases("orders")
    elsewhere = [name for other in _KNOWN_ELSEWHERE.get(field, ()) for name in known.get(other, ())]
    return {plain(field), plain(label.zh), plain(label.en), *_NAMES.get(field, ()), *elsewhere}
