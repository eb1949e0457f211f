"""The hold queue as a page reads it: waiting holds, oldest first, with every reason at once.

Tabs count by kind and by reason code over the user's own units; the list pages by key (opened_at,
decision), so that a queue of any length costs the same. The reasons are those of the kept answer,
word for word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from xinheng.decisions.models import Decision, Hold
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.decisions.reading import Answer, askers, open_answer
from xinheng.web.frame.tables import Column, Page, Sorting, page_by_key, tabs
from xinheng.web.frame.tables import Tab as FilterTab

OLDEST_FIRST = Sorting(Column("opened", T("等待", "Waiting"), "opened_at"), False)
COUNTED_MAX = 10_000


@dataclass(frozen=True)
class Row:
    """A waiting hold with the answer that opened it."""

    hold: Hold
    answer: Answer
    waited_days: int
    mine: bool
    asked_by: str

    @property
    def decision(self) -> Decision:
        return self.hold.decision

    @property
    def stale(self) -> bool:
        return self.waited_days >= 3


@dataclass(frozen=True)
class Queue:
    """One page of the queue."""

    tabs: list[FilterTab]
    rows: list[Row]
    page: Page
    total: int


def waiting(user: Any) -> QuerySet[Hold]:
    """Every waiting hold that this user may see."""
    rows: QuerySet[Hold] = Hold.objects.visible_to(user).filter(state="waiting")
    return rows


def read(request: HttpRequest, *, at: datetime) -> Queue:
    """The page of the queue that the address asks for (`tab`, `after`)."""
    user = request.user
    all_rows = list(waiting(user).values_list("kind", "codes", "decision__person_id")[:COUNTED_MAX])
    rows = _filtered(waiting(user), request.GET.get("tab", ""), user)
    page = page_by_key(request, rows.select_related("customer", "decision"), OLDEST_FIRST)
    return Queue(
        tabs=[
            one
            for one in tabs(request, "tab", _choices(all_rows, user))
            if one.count or one.current
        ],
        rows=open_rows(page.rows, user, at=at),
        page=page,
        total=len(all_rows),
    )


def open_rows(holds: Sequence[Hold], user: Any, *, at: datetime) -> list[Row]:
    """Holds with their answers opened."""
    asked_by = askers([hold.decision for hold in holds])
    return [_row(hold, user, asked_by[hold.pk], at) for hold in holds]


def _row(hold: Hold, user: Any, asked_by: str, at: datetime) -> Row:
    decision = hold.decision
    return Row(
        hold=hold,
        answer=open_answer(bytes(decision.answer), decision.amount_minor, decision.currency),
        waited_days=(at - hold.opened_at).days,
        mine=decision.person_id == user.pk,
        asked_by=asked_by,
    )


def _choices(rows: list[tuple[str, str, int | None]], user: Any) -> list[tuple[str, T, int]]:
    kinds = Counter(kind for kind, _, _ in rows)
    codes = Counter(code for _, found, _ in rows for code in found.split(",") if code)
    named = [
        (f"code-{code}", words.CODES.get(code, T(code, code)), n)
        for code, n in codes.most_common(8)
    ]
    return [
        ("", T("全部", "All"), len(rows)),
        ("hold", words.OUTCOMES["hold"].text, kinds["hold"]),
        ("refer", words.OUTCOMES["refer"].text, kinds["refer"]),
        *named,
        ("mine", T("我提出的", "Asked by me"), sum(person == user.pk for _, _, person in rows)),
    ]


def _filtered(rows: QuerySet[Hold], tab: str, user: Any) -> QuerySet[Hold]:
    if tab in ("hold", "refer"):
        return rows.filter(kind=tab)
    if tab == "mine":
        return rows.filter(decision__person_id=user.pk)
    if tab.startswith("code-"):
        code = tab.removeprefix("code-")
        return rows.filter(
            Q(codes=code)
            | Q(codes__startswith=f"{code},")
            | Q(codes__endswith=f",{code}")
            | Q(codes__contains=f",{code},")
        )
    return rows
