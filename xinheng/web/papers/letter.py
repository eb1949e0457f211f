"""The letter on a credit limit: what a customer is told about a limit that was granted.

Amount in figures and in capital characters, days, terms and conditions; never a grade, a score or a
reason of ours. It leaves the house, so it carries no watermark and no name of who had it made.
Example: CNY 800,000.00 · 人民币捌拾万元整 · 2026-11-20 – 2027-11-19 · 30 天.
"""

from __future__ import annotations

from typing import Any

from xinheng.applications.models import Application, Proposal
from xinheng.credit.capitals import capitals
from xinheng.customers.models import Customer
from xinheng.limits.models import DatedLimit
from xinheng.papers.layout import Block, Gap, Signatures, Words, pairs
from xinheng.papers.making import Cover
from xinheng.people.queries import company
from xinheng.texts import T
from xinheng.web.papers.figures import day, english, money

KIND = "limit_letter"


def cover(limit: DatedLimit, customer: Customer, number: str) -> Cover:
    """Its head: to whom, under which number."""
    name = customer.name_en if english() and customer.name_en else customer.name
    return Cover(
        kind=KIND,
        subtitle=str(T("致：{n}", "To: {n}").format(n=name)),
        line=str(T("日期：{d}", "Date: {d}").format(d=day(limit.granted_at))),
        number=number,
        secrecy=None,
        outside=True,
        key_id=customer.data_key_id,
    )


def came_of(limit: DatedLimit) -> tuple[Application, Proposal | None] | None:
    """The application that this limit was granted on, with its proposal; None: by hand."""
    wish = Application.objects.filter(
        granted_dated_id=limit.pk, customer_id=limit.line.customer_id
    ).first()
    if wish is None:
        return None
    granted = wish.proposals.filter(withdrawn_at__isnull=True, verdict="grant")
    return wish, granted.order_by("-made_at", "-pk").first()


def blocks(limit: DatedLimit, conditions: list[dict[str, Any]]) -> list[Block]:
    """The letter."""
    currency = limit.line.currency
    opening = T(
        "根据双方的业务往来，我公司为贵公司核定授信额度如下，请知悉。",
        "On the business between our houses we have granted you the following credit limit.",
    )
    told: list[Block] = [Words(str(opening), size=10.5), Gap(2), _terms(limit, currency)]
    if conditions:
        told.append(Words(str(T("条件：", "Conditions:")), size=10.5))
        told += [
            Words(f"{place}. {_condition(one)}", size=10)
            for place, one in enumerate(conditions, start=1)
        ]
    told += [Gap(2), *(Words(str(one), size=10) for one in _CLOSING)]
    seller = company()
    name = "" if seller is None else seller.name
    if seller is not None and english() and seller.name_en:
        name = seller.name_en
    signed = str(T("签章 / 日期", "signature and seal / date"))
    places = [(name, signed), (str(T("客户确认", "Acknowledged by the customer")), signed)]
    return [*told, Gap(6), Signatures(places)]


def _terms(limit: DatedLimit, currency: str) -> Block:
    kind = T("授信额度", "Credit limit")
    if limit.temporary:
        kind = T("临时授信额度", "Temporary credit limit")
    amount = f"{currency} {money(limit.amount_minor, currency)}"
    if limit.unlimited:
        amount = str(T("不限额", "without a ceiling"))
    written = "" if limit.amount_minor is None else capitals(limit.amount_minor, currency)
    ends = day(limit.valid_until) if limit.valid_until else str(T("另行通知", "further notice"))
    days = T("{n} 天", "{n} days")
    cap = limit.single_order_cap_minor
    return pairs(
        [
            (kind, amount),
            (T("金额大写", "In capital characters"), written),
            (
                T("有效期", "Valid"),
                str(T("{a} 至 {b}", "{a} to {b}").format(a=day(limit.valid_from), b=ends)),
            ),
            (
                T("账期", "Payment terms"),
                None if limit.terms_days_max is None else str(days.format(n=limit.terms_days_max)),
            ),
            (
                T("单笔订单上限", "Most for one order"),
                None if cap is None else f"{currency} {money(cap, currency)}",
            ),
        ],
        columns=1,
        size=11,
    )


def _condition(row: dict[str, Any]) -> str:
    said = str(row.get("en" if english() else "zh") or row.get("text") or "")
    before = T("（发货前）", " (before the first delivery)") if row.get("before") else ""
    return f"{said}{before}"


_CLOSING = (
    T(
        "该额度用于赊购货款。每笔订单仍会检查：累计占用超过额度，或有逾期货款未付时，发货可能暂缓。",
        "The limit is for goods bought on account. Each order is still checked: what would go"
        " beyond the limit, or comes while something is overdue, may have to wait.",
    ),
    T(
        "额度可因贵公司经营情况或付款情况的变化调整，届时另行通知。",
        "It may be changed when your business or your payments change; we shall tell you.",
    ),
)
