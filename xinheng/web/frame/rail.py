"""The rail on the left: the rooms that work, for the person who looks.

A room appears when its address exists and the person may open it, so the rail never promises what
isn't there. Counts stand where work waits. Example: Bob sells and sees Portfolio, Customers,
Orders; Alice also sees Holds with 4 waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from xinheng.applications.queries import inbox_count
from xinheng.applications.review_queries import waiting_for as looks_for
from xinheng.applications.trail import DECIDE
from xinheng.decisions.models import Hold
from xinheng.dossiers.waiting import waiting_for
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.permissions import PERMISSIONS, SIGNED_IN


@dataclass(frozen=True)
class Room:
    """One line of the rail; `name` is a url name, `under` are address prefixes that belong to the
    room.
    """

    name: str
    label: T
    icon: str
    under: tuple[str, ...]
    css: str = ""
    unless: str = ""  # not for who holds this word


@dataclass(frozen=True)
class RailItem:
    room: Room
    href: str
    current: bool
    count: int | str | None = None


ROOMS: Final = (
    Room("portfolio", T("组合", "Portfolio"), "chart-bar", ("/portfolio/", "/open-items/")),
    Room(
        "ratings",
        T("评级", "Ratings"),
        "star",
        ("/ratings/", "/overrides/"),
        "not-narrow",  # a phone gets there from the portfolio
    ),
    Room("customers", T("客户", "Customers"), "building", ("/customers/",)),
    Room("orders", T("订单", "Orders"), "clipboard-check", ("/orders/", "/decisions/")),
    Room("holds", T("冻结", "Holds"), "hand-stop", ("/holds/",)),
    Room(
        "verification",
        T("核验", "Verify"),
        "clipboard-list",
        ("/verification/",),
    ),
    Room(  # for those who enter and don't verify
        "verification-mine",
        T("录入", "Entries"),
        "clipboard-list",
        ("/verification/",),
        unless="facts.verify",
    ),
    Room(
        "registrations",
        T("征询", "Inquiries"),
        "message",
        ("/inquiries/", "/contracts/", "/talks/"),
        "not-narrow",  # a phone gets there from the list of customers
    ),
    Room(
        "models",
        T("模型", "Models"),
        "report-analytics",
        ("/models/",),
        "not-narrow",  # desk work; a phone gets there from the ratings
    ),
    Room(
        "applications",
        T("申请", "Apply"),
        "file-text",
        ("/applications/",),
        "not-narrow",  # a phone gets there from the inbox of votes
    ),
    Room("approvals", T("审批", "Approve"), "thumb-up", ("/approvals/", "/delegations/")),
    Room("limits", T("授信", "Limits"), "gavel", ("/limits/",)),
    Room(
        "reviews",
        T("复评", "Reviews"),
        "refresh",
        ("/reviews/", "/offers/", "/regrades/"),
        "not-narrow",  # on a phone the notice of a review leads there
    ),
    Room("imports", T("导入", "Imports"), "file-import", ("/imports/",)),
    Room(
        "rates",
        T("参照", "Reference"),
        "calendar",
        ("/rates/", "/holidays/", "/terms/"),
        "not-narrow",  # a phone has room for seven; the page of imports leads there too
    ),
    Room("ledger", T("存证", "Ledger"), "shield-check", ("/ledger/",)),
)


def rail_of(user: Any, path: str) -> Iterator[RailItem]:
    """The rooms that this person may enter, the current one marked."""
    for room in ROOMS:
        word = PERMISSIONS.get(room.name)
        if word is None or not (word == SIGNED_IN or user.may(word)):
            continue
        if room.unless and user.may(room.unless):
            continue
        try:
            href = reverse(room.name)
        except NoReverseMatch:
            continue
        current = path == href or path.startswith(room.under)
        counted = COUNTS.get(room.name)
        yield RailItem(room, href, current, counted(user) if counted else None)


def holds_waiting(user: Any) -> int:
    """How many holds wait among the customers that this person may see."""
    return int(Hold.objects.visible_to(user).filter(state="waiting").count())


def facts_waiting(user: Any) -> int | str:
    """How many facts wait for this person; a heap is not counted to its end on every page."""
    found = waiting_for(user).order_by()[: COUNT_MAX + 1].count()
    return found if found <= COUNT_MAX else f"{COUNT_MAX}+"


def looks_waiting(user: Any) -> int | str:
    """My reviews, and what I may decide about offers and grades."""
    found = looks_for(user)
    return found if found <= COUNT_MAX else f"{COUNT_MAX}+"


def votes_waiting(user: Any) -> int | None:
    """How many seats wait for this person's voice; None for who has none."""
    if not user.may(DECIDE):
        return None
    with suppress(Refused):  # without an authority matrix nothing can wait
        return inbox_count(user, at=timezone.now())
    return None


COUNT_MAX: Final = 999
COUNTS: Final[dict[str, Callable[[Any], int | str | None]]] = {
    "approvals": votes_waiting,
    "holds": holds_waiting,
    "verification": facts_waiting,
    "reviews": looks_waiting,
}
