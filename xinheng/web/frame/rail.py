"""The rail on the left: the rooms that work, for the person who looks.

A room appears when its address exists and the person may open it, so the rail never promises what
isn't there. Counts stand where work waits. Example: Bob sells and sees Portfolio, Customers,
Orders; Alice also sees Holds with 4 waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from xinheng.applications.models import Seat
from xinheng.applications.queries import inbox_count
from xinheng.applications.review_queries import waiting_for as looks_for
from xinheng.applications.trail import DECIDE
from xinheng.decisions.models import Hold
from xinheng.dossiers.waiting import waiting_for as facts_for
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.permissions import PERMISSIONS, SIGNED_IN


@dataclass(frozen=True)
class Room:
    """One line of the rail; `name` is a url name, `under` are address prefixes that belong to the
    room. With `css` "not-narrow" a phone finds it in the personal menu: its bar has room for
    seven.
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
    Room("customers", T("客户", "Customers"), "building", ("/customers/",)),
    Room("orders", T("订单", "Orders"), "clipboard-check", ("/orders/", "/decisions/")),
    Room("holds", T("冻结", "Holds"), "hand-stop", ("/holds/",)),
    Room(
        "applications",
        T("申请", "Apply"),
        "file-text",
        ("/applications/",),
        "not-narrow",
    ),
    Room("approvals", T("审批", "Approve"), "thumb-up", ("/approvals/", "/delegations/")),
    Room("limits", T("授信", "Limits"), "gavel", ("/limits/",)),
    Room(
        "ratings",
        T("评级", "Ratings"),
        "star",
        ("/ratings/", "/overrides/"),
        "not-narrow",
    ),
    Room(
        "models",
        T("模型", "Models"),
        "report-analytics",
        ("/models/",),
        "not-narrow",  # desk work
    ),
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
        "not-narrow",
    ),
    Room(
        "reviews",
        T("复评", "Reviews"),
        "refresh",
        ("/reviews/", "/offers/", "/regrades/"),
        "not-narrow",
    ),
    Room(
        "imports",
        T("导入", "Imports"),
        "file-import",
        ("/imports/",),
        "not-narrow",  # desk work
    ),
    Room(
        "rates",
        T("参照", "Reference"),
        "calendar",
        ("/rates/", "/holidays/", "/terms/"),
        "not-narrow",
    ),
    Room(
        "ledger",
        T("存证", "Ledger"),
        "shield-check",
        ("/ledger/",),
        "not-narrow",  # a phone has room for seven
    ),
)


def rail_of(user: Any, path: str) -> Iterator[RailItem]:
    """The rooms that this person may enter, the current one marked."""
    rooms = [(room, href) for room in ROOMS if (href := _entrance(room, user)) is not None]
    counts = waiting_counts(user, [room.name for room, _ in rooms])
    for room, href in rooms:
        current = path == href or path.startswith(room.under)
        yield RailItem(room, href, current, counts.get(room.name))


def _entrance(room: Room, user: Any) -> str | None:
    """The address of a room; None where it has none, or this person may not enter."""
    word = PERMISSIONS.get(room.name)
    if word is None or not (word == SIGNED_IN or user.may(word)):
        return None
    if room.unless and user.may(room.unless):
        return None
    with suppress(NoReverseMatch):
        return reverse(room.name)
    return None


def waiting_counts(user: Any, rooms: Collection[str]) -> dict[str, int | str | None]:
    """What waits in these rooms for this person, all tables in one statement: the rail stands on
    every page. A heap is not counted to its end.
    """
    asked = {name: rows(user) for name, rows in WAITING.items() if name in rooms}
    counts: dict[str, int | str | None] = {
        name: found if found <= COUNT_MAX else f"{COUNT_MAX}+"
        for name, found in _counted({name: rows.order_by() for name, rows in asked.items()}).items()
    }
    if counts.get("approvals"):  # whose voice is asked costs more to say: only where one is open
        counts["approvals"] = votes_waiting(user)
    return counts


def _counted(asked: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each has, up to one more than is shown."""
    parts: dict[str, str] = {}
    values: list[Any] = []
    for name, rows in asked.items():
        with suppress(EmptyResultSet):  # nothing is in sight
            sql, params = rows.values("pk")[: COUNT_MAX + 1].query.sql_with_params()
            parts[name] = f"(select count(*) from ({sql}) waiting)"
            values.extend(params)
    if not parts:
        return dict.fromkeys(asked, 0)
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(parts.values())}", values)
        found = cursor.fetchone()
    return dict.fromkeys(asked, 0) | dict(zip(parts, found, strict=True))


def seats_open(user: Any) -> QuerySet[Any]:
    """Seats without a voice yet, whosever: none, and the inbox need not be read."""
    if not user.may(DECIDE):
        return Seat.objects.none()
    asked = {"stage__state": "open", "stage__proposal__application__state": "deciding"}
    return Seat.objects.filter(vote="", closed_at__isnull=True, **asked)


def holds_waiting(user: Any) -> QuerySet[Any]:
    """Holds that wait among the customers that this person may see."""
    rows: QuerySet[Any] = Hold.objects.visible_to(user).filter(state="waiting")
    return rows


def votes_waiting(user: Any) -> int | None:
    """How many seats wait for this person's voice; None for who has none."""
    if not user.may(DECIDE):
        return None
    with suppress(Refused):  # without an authority matrix nothing can wait
        return inbox_count(user, at=timezone.now())
    return None


COUNT_MAX: Final = 999
WAITING: Final[dict[str, Callable[[Any], QuerySet[Any]]]] = {
    "approvals": seats_open,
    "holds": holds_waiting,
    "verification": facts_for,
    "reviews": looks_for,
}
