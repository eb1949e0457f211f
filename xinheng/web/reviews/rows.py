"""What lists and pages of reviews share: the pages side by side, a row in words, how near its day.

Example: due on 2026-11-25, on the 20th "5 days left", on the 26th "1 day late".
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from msgspec import Struct

from xinheng.applications.models import Review
from xinheng.applications.review_queries import waiting_counts
from xinheng.applications.review_words import CAUSES, about_words
from xinheng.texts import T
from xinheng.web.frame.tables import Tab

PAGES: Final = {
    "reviews": T("复评", "Reviews"),
    "offers": T("提额邀约", "Offers"),
    "regrades": T("调级建议", "Regrades"),
}
STATES: Final = {  # word, meaning colour
    "open": (T("待办", "Open"), "act"),
    "started": (T("已转申请", "Under way"), "watch"),
    "done": (T("已完成", "Done"), "within"),
    "dropped": (T("不再需要", "Dropped"), "quiet"),
}


class Line(Struct, frozen=True):
    """A review as lists show it."""

    row: Review
    cause: T
    about: T
    days: int  # until it is due; negative: late
    when: T
    state: tuple[T, str]


def line_of(row: Review, day: date) -> Line:
    days = (row.due_on - day).days
    about = about_words(row.cause, row.about)
    return Line(row, CAUSES[row.cause], about, days, when_of(days), STATES[row.state])


def when_of(days: int) -> T:
    """How near the day is."""
    if days < 0:
        return T("逾期 {n} 天", "{n} days late" if days < -1 else "1 day late").format(n=-days)
    if days == 0:
        return T("今天到期", "due today")
    return T("还有 {n} 天", "{n} days left" if days > 1 else "1 day left").format(n=days)


def pages(request: HttpRequest, here: str) -> list[Tab]:
    """The three pages side by side, with what waits on each."""
    counts = waiting_counts(request.user)
    return [Tab(label, reverse(name), name == here, counts[name]) for name, label in PAGES.items()]


def frame(request: HttpRequest, here: str) -> dict[str, Any]:
    """What each template of the room gets."""
    return {"pages": pages(request, here), "here": here}
