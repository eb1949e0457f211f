"""The order as people know it, from text to values, with an error beside each field that needs
mending.

Nothing typed is lost: `Typed` keeps the texts as they were, `errors` says how to mend them. Amounts
may be typed with thousands separators (1,234,567.00): here, unlike in a file, a person
sees the echo at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from xinheng.credit.money import MoneyError, display, to_minor
from xinheng.customers.models import Customer
from xinheng.customers.queries import matching
from xinheng.texts import T

REF_MAX = 80
CHOICES_MAX = 8
TERMS_MAX = 3650
FIELDS = ("customer", "amount", "currency", "terms_days", "order_ref", "version", "requested_on")


@dataclass
class Typed:
    """What was typed, what it means, and what is wrong with it."""

    texts: dict[str, str]
    errors: dict[str, T] = field(default_factory=dict)
    customer: Customer | None = None
    choices: list[Customer] = field(default_factory=list)
    amount_minor: int = 0
    terms_days: int | None = None
    version: int = 1
    requested_on: date | None = None

    @property
    def currency(self) -> str:
        return self.texts["currency"]

    @property
    def order_ref(self) -> str:
        return self.texts["order_ref"]

    @property
    def amount_shown(self) -> str:
        return display(self.amount_minor, self.currency) if self.amount_minor else ""


def empty(query: Any, user: Any, currency: str, today: date) -> Typed:
    """The form before it is sent: what the address names, otherwise what is usual."""
    texts = {name: str(query.get(name, "")).strip()[:200] for name in FIELDS}
    texts["currency"] = texts["currency"] or currency
    texts["version"] = texts["version"] or "1"
    texts["requested_on"] = texts["requested_on"] or today.isoformat()
    typed = Typed(texts)
    if texts["customer"]:
        typed.customer = Customer.objects.visible_to(user).filter(code=texts["customer"]).first()
    return typed


def read(post: Any, user: Any, *, proposed_ref: str) -> Typed:
    """The form as sent: every field is looked at, so that all errors are told at once."""
    typed = Typed({name: str(post.get(name, "")).strip()[:200] for name in FIELDS})
    typed.texts["currency"] = typed.texts["currency"].upper()
    typed.texts["order_ref"] = typed.texts["order_ref"] or proposed_ref
    _read_customer(typed, user)
    _read_amount(typed)
    _read_terms(typed)
    _read_key(typed)
    _read_day(typed)
    return typed


def _read_customer(typed: Typed, user: Any) -> None:
    text = typed.texts["customer"]
    if not text:
        typed.errors["customer"] = T("请填写客户编码或名称。", "Give the customer's code or name.")
        return
    found = Customer.objects.visible_to(user).filter(code=text).first()
    if found is None:
        typed.choices = find(user, text)
        if len(typed.choices) == 1:
            found = typed.choices[0]
    if found is not None:
        typed.customer, typed.choices = found, []
        typed.texts["customer"] = found.code
    elif typed.choices:
        typed.errors["customer"] = T(
            "有几个客户符合“{q}”，请选定一个。", "Several customers match “{q}”: choose one."
        ).format(q=text)
    else:
        typed.errors["customer"] = T(
            "没有符合“{q}”的客户。可用编码、名称、拼音、首字母或统一社会信用代码查找。",
            "No customer matches “{q}”. Search by code, name, pinyin, initials or USCC.",
        ).format(q=text)


def find(user: Any, text: str) -> list[Customer]:
    """The first of this user's customers that match every word typed, by code."""
    return list(matching(user, text).order_by("code")[:CHOICES_MAX])


def _read_amount(typed: Typed) -> None:
    text = re.sub(r"[,，\s]", "", typed.texts["amount"]).removeprefix("¥").removeprefix("￥")
    if not text:
        typed.errors["amount"] = T(
            "请填写金额，例如 180000.00。", "Give the amount, such as 180000.00."
        )
        return
    try:
        typed.amount_minor = to_minor(text, typed.currency)
    except MoneyError as error:
        where = "currency" if error.code == "currency" else "amount"
        typed.errors[where] = T(error.zh, error.en)
        return
    if typed.amount_minor <= 0:
        typed.errors["amount"] = T(
            "金额必须大于零；退货和红字单据不做订单检查。",
            "The amount must be above zero; returns and credit notes are not checked.",
        )


def _read_terms(typed: Typed) -> None:
    text = typed.texts["terms_days"]
    if not text:
        return
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) > TERMS_MAX:
        typed.errors["terms_days"] = T(
            "账期写天数，例如 30；空着表示按约定账期。",
            "Terms in days, such as 30; empty means as agreed.",
        )
        return
    typed.terms_days = int(text)


def _read_key(typed: Typed) -> None:
    if len(typed.order_ref) > REF_MAX:
        typed.errors["order_ref"] = T(
            "订单号最多 80 个字符。", "An order number has at most 80 characters."
        )
    text = typed.texts["version"] or "1"
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        typed.errors["version"] = T(
            "版本是从 1 开始的整数。", "The version is a whole number from 1."
        )
        return
    typed.version = int(text)


def _read_day(typed: Typed) -> None:
    text = typed.texts["requested_on"]
    if not text:
        return
    try:
        typed.requested_on = date.fromisoformat(text)
    except ValueError:
        typed.errors["requested_on"] = T(
            "日期写成 2026-11-22 的样子。", "Write the date as 2026-11-22."
        )


def propose_ref(username: str, at: datetime) -> str:
    """An order number for an order that has none yet: WEB-20261122-143012-bob."""
    return f"WEB-{at:%Y%m%d-%H%M%S}-{username}"[:REF_MAX]
