"""Notices as a page tells them: one sentence each about an order or a customer, newest first.

A notice is told once and names no figure that could change since: kind, what it is about, whom it
concerns; the words are in kinds.py. Example: "订单 PO-77（长江建材）被冻结，等您处理".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.http import HttpRequest

from xinheng.decisions.models import Notice
from xinheng.decisions.notices import of_user
from xinheng.texts import T
from xinheng.web.frame.tables import Column, Page, Sorting, page_by_key
from xinheng.web.notices.kinds import kind_of

NEWEST_FIRST: Final = Sorting(Column("told", T("时间", "When"), "told_at"), True)


@dataclass(frozen=True)
class Line:
    """One notice in words."""

    notice: Notice
    text: T
    icon: str
    tone: str


def read(request: HttpRequest) -> tuple[list[Line], Page]:
    """One page of notices, the newest first; `?tab=unread` narrows."""
    rows = with_what_it_concerns(of_user(request.user))
    if request.GET.get("tab") == "unread":
        rows = rows.filter(read_at__isnull=True)
    page = page_by_key(request, rows, NEWEST_FIRST)
    return [_line(row) for row in page.rows], page


def with_what_it_concerns(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """The order with its hold, or the customer, in the same statement: all that a kind may read."""
    rows = rows.select_related("decision__customer", "decision__hold", "customer")
    return rows.defer("decision__facts", "decision__order_bytes", "decision__answer")


def _line(row: Notice) -> Line:
    kind = kind_of(row)
    return Line(row, kind.tells(row), kind.icon, kind.tone)
