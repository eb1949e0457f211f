"""The rows of a list of orders, from texts to values, with an error beside each cell that needs
mending.

All rows are read before anything is asked, and all customers are looked up in one query. A customer
is found by its code or by its exact name; for the first rows that match nothing, what comes near is
offered. An order number that is missing gets one, written back into the list, so that sending the
same list again asks about the same orders. Example: row 3, amount "12万" → "金额 12万 无法识别".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Q

from xinheng.connectors.files import values
from xinheng.connectors.files.values import Unreadable
from xinheng.credit.money import MoneyError, to_minor
from xinheng.customers.models import Customer
from xinheng.decisions.values import Ask, ask_of
from xinheng.limits.granting import SCOPE
from xinheng.texts import T
from xinheng.web.orders import forms
from xinheng.web.orders.sheet import COLUMNS, Grid

SUGGESTED_ROWS: Final = 20
VERSION_MAX: Final = 999_999


@dataclass
class Row:
    """One order of the list: its texts, what they mean, what is wrong with them."""

    line: int
    texts: dict[str, str]
    errors: dict[str, T] = field(default_factory=dict)
    customer: Customer | None = None
    payer: Customer | None = None
    amount_minor: int = 0
    currency: str = ""
    terms_days: int | None = None
    delivery_on: date | None = None
    version: int = 1
    numbered: bool = False  # its order number is one that we proposed just now

    @property
    def order_ref(self) -> str:
        return self.texts["order_ref"]

    def ask(self, point: str) -> Ask:
        """The row as an ask; the fields that it does not name are left to what is usual."""
        assert self.customer is not None  # only rows without errors are asked about
        told: dict[str, Any] = {
            "payer": self.payer.code if self.payer else None,
            "scope": self.texts["scope"],
            "delivery_on": self.delivery_on.isoformat() if self.delivery_on else None,
            "point": point if point != "order" else None,
        }
        return ask_of(
            order_ref=self.order_ref,
            version=self.version,
            customer_code=self.customer.code,
            amount_minor=self.amount_minor,
            currency=self.currency,
            terms_days=self.terms_days,
            **{name: value for name, value in told.items() if value},
        )


def read(grid: Grid, user: Any, *, currency: str, at: datetime) -> list[Row]:
    """Every row of the grid. `currency` stands where a row names none."""
    rows = [
        Row(grid.first_line + n, {name: grid.cell(n, name) for name in COLUMNS})
        for n in range(len(grid.rows))
    ]
    _number(rows, user.username, at)
    _find_customers(rows, user, "customer")
    _find_customers(rows, user, "payer")
    for row in rows:
        _read_values(row, currency)
    _find_twins(rows)
    return rows


def _number(rows: list[Row], username: str, at: datetime) -> None:
    base = forms.propose_ref(username, at)
    for n, row in enumerate(rows, 1):
        if not row.order_ref:
            row.texts["order_ref"] = f"{base[: forms.REF_MAX - 4]}-{n}"
            row.numbered = True
        elif len(row.order_ref) > forms.REF_MAX:
            row.errors["order_ref"] = T(
                "订单号最多 80 个字符。", "An order number has at most 80 characters."
            )


def _find_customers(rows: list[Row], user: Any, name: str) -> None:
    """By code, else by exact name; who is out of sight is not found."""
    sought = {row.texts[name] for row in rows} - {""}
    by_code: dict[str, Customer] = {}
    by_name: dict[str, list[Customer]] = {}
    named = Q(code__in=sought) | Q(name__in=sought) | Q(name_en__in=sought)
    for found in Customer.objects.visible_to(user).filter(named) if sought else ():
        by_code[found.code] = found
        for word in {found.name, found.name_en} & sought:
            by_name.setdefault(word, []).append(found)
    unknown: dict[str, T] = {}
    for row in rows:
        text = row.texts[name]
        same = [by_code[text]] if text in by_code else by_name.get(text, [])
        if len(same) == 1:
            setattr(row, name, same[0])
        elif same:
            row.errors[name] = _several(text, same)
        elif text:
            near = forms.find(user, text) if len(unknown) < SUGGESTED_ROWS else []
            row.errors[name] = unknown.setdefault(text, _nobody(text, near))
        elif name == "customer":
            row.errors[name] = T("请填写客户编码或名称。", "Give the customer's code or its name.")


def _several(text: str, same: list[Customer]) -> T:
    codes = ", ".join(sorted(found.code for found in same)[:5])
    return T(
        f"有几个客户叫“{text}”，请写编码：{codes}。",
        f"Several customers are called “{text}”: give the code, one of {codes}.",
    )


def _nobody(text: str, near: list[Customer]) -> T:
    if not near:
        return T(f"没有编码或名称为“{text}”的客户。", f"No customer has the code or name “{text}”.")
    offered = [f"{found.code} {found.name}" for found in near[:3]]
    return T(
        f"没有编码或名称为“{text}”的客户。是不是：{'；'.join(offered)}？",
        f"No customer has the code or name “{text}”. Do you mean: {'; '.join(offered)}?",
    )


def _read_values(row: Row, currency: str) -> None:
    row.currency = _cell(row, "currency", values.currency) or currency
    row.terms_days = _cell(row, "terms_days", lambda t: values.count(_days(t), 0, forms.TERMS_MAX))
    row.version = _cell(row, "version", lambda t: values.count(t, 1, VERSION_MAX)) or 1
    row.delivery_on = _cell(row, "delivery_on", values.day)
    scope = row.texts["scope"]
    if scope == "group" or not SCOPE.fullmatch(scope):
        row.errors["scope"] = T(
            "额度范围写成 product:…、project:… 或 unit:…，或空着。",
            "Write the scope as product:…, project:… or unit:…, or leave it empty.",
        )
    _read_amount(row)


def _days(text: str) -> str:
    """30, "30天" and "net 30" are the same terms."""
    return re.sub(r"(?i)\s*(?:天|days?)$|^(?:net|n)\s*(?=\d)|月结\s*(?=\d)", "", text)


def _cell(row: Row, name: str, reader: Callable[[str], Any]) -> Any:
    try:
        return reader(row.texts[name])
    except Unreadable as error:
        row.errors[name] = error.reason
        return None


def _read_amount(row: Row) -> None:
    found = _cell(row, "amount", values.amount)
    if "amount" in row.errors or "currency" in row.errors:
        return
    if found is None:
        row.errors["amount"] = T(
            "请填写金额，例如 180000.00。", "Give the amount, such as 180000.00."
        )
    elif found <= 0:
        row.errors["amount"] = T(
            "金额必须大于零；退货和红字单据不做订单检查。",
            "The amount must be above zero; returns and credit notes are not checked.",
        )
    else:
        try:
            row.amount_minor = to_minor(found, row.currency)
        except MoneyError as error:
            row.errors["amount"] = T(error.zh, error.en)


def _find_twins(rows: list[Row]) -> None:
    """One order twice in a list: the second is told where the first stands."""
    first: dict[tuple[str, int], int] = {}
    for row in rows:
        line = first.setdefault((row.order_ref, row.version), row.line)
        if line != row.line and "order_ref" not in row.errors:
            row.errors["order_ref"] = T(
                f"第 {line} 行已有同一订单号和版本；订单改了请写更大的版本。",
                f"Line {line} has the same order number and version; an order that has changed "
                "takes a higher version.",
            )
