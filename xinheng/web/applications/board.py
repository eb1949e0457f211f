"""The board of applications: columns by state, or a table; what is late stands first.

Everything that is chosen stands in the address. Example: `?tab=late&as=table` is a table of what
should have moved on by now.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.applications import queries, trail
from xinheng.applications.models import Application
from xinheng.texts import T
from xinheng.web.applications.words import COLUMNS, KINDS, SOURCES, STATES, TABS, TONES
from xinheng.web.frame.tables import tabs, url_with

COLUMN_MAX: Final = 20  # cards shown in a column; the rest is in the table
HOUR: Final = 3_600


class Line(Struct, frozen=True):
    """An application as the board shows it."""

    row: Application
    kind: T
    source: T
    state: T
    tone: str
    clock: str
    late: bool
    done: int
    tasks: int


class Heap(Struct, frozen=True):
    """A column of the board."""

    state: str
    name: T
    tone: str
    lines: list[Line]
    more: int
    href: str

    @property
    def count(self) -> int:
        return len(self.lines) + self.more


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """All applications in sight that go on, or those that ended."""
    at = timezone.now()
    tab, kind, state, text = _asked(request)
    cards = cards_of(request, at)
    lines = [line_of(card, at) for card in cards]
    as_table = request.GET.get("as") == "table" or tab == "ended" or bool(state)
    context = {
        "lines": lines,
        "as_table": as_table,
        "ended": tab == "ended",
        "heaps": [] if as_table else heaps(request, lines),
        "tabs": tabs(request, "tab", _tabs(request.user, at)),
        "tab": tab,
        "text": text,
        "kind": kind,
        "kinds": list(KINDS.items()),
        "full": len(lines) == queries.BOARD_MAX,
        "most": queries.BOARD_MAX,
        "table_href": url_with(request, **{"as": "table"}),
        "board_href": url_with(request, **{"as": None, "state": None}),
        "may_write": request.user.may(trail.WRITE),
    }
    return render(request, "applications/board.html", context)


def cards_of(request: HttpRequest, at: datetime) -> list[queries.Card]:
    """What the page lists as its address narrows it; an export takes the same."""
    tab, kind, state, text = _asked(request)
    sought = kind if kind and not tab else tab or "all"
    states = (state,) if state else ()
    return queries.board(request.user, at=at, tab=sought, states=states, text=text)


def _asked(request: HttpRequest) -> tuple[str, str, str, str]:
    """Tab, kind, state and words of the address; what is not known counts as not said."""
    said = request.GET
    tab, kind, state = said.get("tab", ""), said.get("kind", ""), said.get("state", "")
    return (
        tab if tab in TABS else "",
        kind if kind in KINDS else "",
        state if state in STATES else "",
        said.get("q", "")[:80],
    )


def _tabs(user: Any, at: datetime) -> list[tuple[str, T, int | None]]:
    found = queries.counts(user, at=at)
    known = {
        "": sum(n for state, n in found.items() if state in STATES),
        "mine": found["mine"],
        "late": found["late"],
    }
    return [(name, label, known.get(name)) for name, label in TABS.items()]


def heaps(request: HttpRequest, lines: list[Line]) -> list[Heap]:
    """The columns; one without cards stays, so that the way is to be seen whole."""
    found = []
    for state in COLUMNS:
        mine = [line for line in lines if line.row.state == state]
        if state == "returned" and not mine:
            continue
        href = url_with(request, **{"as": "table", "state": state})
        shown = mine[:COLUMN_MAX]
        found.append(Heap(state, STATES[state], TONES[state], shown, len(mine) - len(shown), href))
    return found


def line_of(card: queries.Card, at: datetime) -> Line:
    """A card in words."""
    row = card.row
    return Line(
        row,
        KINDS[row.kind],
        SOURCES[row.source],
        STATES[row.state],
        TONES[row.state],
        clock_of(row, at),
        card.late,
        card.tasks - card.tasks_open,
        card.tasks,
    )


def clock_of(row: Application, at: datetime) -> str:
    """How long it may still stay where it is, in words; "" where no clock runs."""
    if row.due_at is None or row.state in (*trail.ENDED, "draft"):
        return ""
    seconds = (row.due_at - at).total_seconds()
    hours = int(abs(seconds) // HOUR)
    days = hours // 24
    if seconds < 0:
        late = T("超时 {d} 天", "{d} d late") if days else T("超时 {h} 小时", "{h} h late")
        return str(late.format(d=days, h=max(1, hours)))
    left = T("还剩 {d} 天", "{d} d left") if days else T("还剩 {h} 小时", "{h} h left")
    return str(left.format(d=days, h=hours))
