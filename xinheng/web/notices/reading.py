"""Notices as a page tells them: one sentence each about an order, newest first.

A notice is told once and names no figure that could change since: kind, order, customer. Which page
it leads to depends on what became of the hold. Example: "订单 PO-77（长江建材）被冻结，等您处理".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from xinheng.decisions.models import Notice
from xinheng.decisions.notices import of_user
from xinheng.texts import T
from xinheng.web.frame.tables import Column, Page, Sorting, page_by_key
from xinheng.web.holds.words import name_of

NEWEST_FIRST: Final = Sorting(Column("told", T("时间", "When"), "told_at"), True)

# kind → sentence, icon, meaning colour
KINDS: Final[dict[str, tuple[T, str, str]]] = {
    "held": (T("订单 {ref}（{who}）被冻结", "Order {ref} ({who}) is held"), "hand-stop", "act"),
    "released": (
        T("订单 {ref}（{who}）已放行", "Order {ref} ({who}) was released"),
        "circle-check",
        "within",
    ),
    "rejected": (T("订单 {ref}（{who}）被拒绝", "Order {ref} ({who}) was rejected"), "ban", "stop"),
    "ready": (
        T("订单 {ref}（{who}）的条件已满足", "Nothing stands against order {ref} ({who}) any more"),
        "check",
        "within",
    ),
    "overdue": (
        T("订单 {ref}（{who}）的冻结已超时", "The hold of order {ref} ({who}) is late"),
        "clock",
        "stop",
    ),
    "review_asked": (
        T("订单 {ref}（{who}）：请人复核", "Order {ref} ({who}): a person's review was asked for"),
        "message",
        "watch",
    ),
}
OTHER: Final = (T("订单 {ref}（{who}）有新情况", "News of order {ref} ({who})"), "bell", "none")


@dataclass(frozen=True)
class Line:
    """One notice in words."""

    notice: Notice
    text: T
    icon: str
    tone: str


def read(request: HttpRequest) -> tuple[list[Line], Page]:
    """One page of notices, the newest first; `?tab=unread` narrows."""
    rows = of_user(request.user).select_related("decision__customer", "decision__hold")
    rows = rows.defer("decision__facts", "decision__order_bytes", "decision__answer")
    if request.GET.get("tab") == "unread":
        rows = rows.filter(read_at__isnull=True)
    page = page_by_key(request, rows, NEWEST_FIRST)
    return [_line(row) for row in page.rows], page


def _line(row: Notice) -> Line:
    text, icon, tone = KINDS.get(row.kind, OTHER)
    who = name_of(row.decision.customer)
    ref = row.decision.order_ref
    told = T(text.zh.format(ref=ref, who=who.zh), text.en.format(ref=ref, who=who.en))
    return Line(row, told, icon, tone)
