"""The list of orders: the newest decision of each order number, newest first, page after page.

Orders are found by the beginning of their number or by their customer; a filter tab keeps those in
one state. A page walks the index of decisions by time and looks at a bounded number of them, so
its cost does not depend on the book's size; where too few rows are left, "further back" goes on.
Example: /orders/?state=reserved&q=PO-2026.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from xinheng.customers.queries import matching
from xinheng.decisions.models import Decision
from xinheng.limits.models import Reservation
from xinheng.texts import T
from xinheng.web.frame.tables import (
    PAGE_ROWS,
    Page,
    Tab,
    pack,
    tabs,
    unpack,
    url_with,
    url_with_after,
)
from xinheng.web.orders import life_words

# Decisions that are looked at for one page: where only older versions of the rows shown are left
# out, and where a state is asked for.
LOOKED_AT: Final = 300
LOOKED_AT_IN_STATE: Final = 2_000
TEXT_MAX: Final = 80
CUSTOMERS_MAX: Final = 50
TABS: Final = (
    ("", T("全部", "All")),
    ("waiting", T("等待放行", "Waiting")),
    ("reserved", T("占用中", "Reserved")),
    ("taken", T("已由单据承接", "Taken over")),
    ("refused", T("拒绝", "Refused")),
    ("ended", T("已释放", "Given back")),
    ("tried", T("试算", "Tried")),
)
# What the pages below /orders/ are called; an order of that name is opened by ?ref=.
_TAKEN: Final = ("check", "check/customers", "check/many")


@dataclass(frozen=True)
class Row:
    decision: Decision
    href: str
    state: tuple[T, str]


@dataclass(frozen=True)
class Listing:
    rows: list[Row]
    page: Page
    tabs: list[Tab]
    text: str
    further_back: bool  # the page is not full, and there are older ones not looked at


def order_href(ref: str) -> str:
    """Where an order's page is. A number that an address can't carry goes into the query."""
    odd = ref in _TAKEN or ref != ref.strip("/") or {".", ".."} & set(ref.split("/"))
    if odd or not ref or "//" in ref:
        return f"{reverse('orders')}?ref={quote(ref, safe='')}"
    return reverse("order", kwargs={"ref": ref})


def read(request: HttpRequest) -> Listing:
    """The page of the list that the address asks for (`q`, `state`, `after`)."""
    user, text = request.user, request.GET.get("q", "").strip()[:TEXT_MAX]
    state = request.GET.get("state", "")
    most = LOOKED_AT_IN_STATE if state else LOOKED_AT
    looked_at = _candidates(request, user, text)
    rows = _in_state(_newest(user, looked_at, most), state)
    found = list(
        rows.select_related("customer", "hold").order_by("-decided_at", "-pk")[: PAGE_ROWS + 1]
    )
    shown, more = found[:PAGE_ROWS], len(found) > PAGE_ROWS
    last = (shown[-1].decided_at, shown[-1].pk) if more else _last(looked_at, most)
    word = pack([last[0].isoformat(), str(last[1])]) if last else ""
    kept = Reservation.objects.in_bulk({row.reservation_id for row in shown} - {None})
    return Listing(
        [
            Row(row, order_href(row.order_ref), state_of(row, kept.get(row.reservation_id)))
            for row in shown
        ],
        Page(
            shown,
            url_with_after(request, word) if word else "",
            url_with(request) if request.GET.get("after") else "",
        ),
        tabs(request, "state", [(word, label, None) for word, label in TABS]),
        text,
        bool(last) and not more,
    )


def _candidates(request: HttpRequest, user: Any, text: str) -> QuerySet[Decision]:
    """The decisions after the page's key, newest first, whatever state they are in: of these so
    many are looked at for a page, however few of them the filter leaves.
    """
    rows = Decision.objects.visible_to(user)
    if text:
        rows = rows.filter(_found(user, text))
    after = unpack(request.GET.get("after", ""), 2)
    if after is not None:
        with suppress(ValueError, TypeError, ValidationError):  # a forged key: the first page
            older = Q(decided_at__lt=after[0]) | Q(decided_at=after[0], pk__lt=after[1])
            rows = rows.filter(older, decided_at__lte=after[0])
    ordered: QuerySet[Decision] = rows.order_by("-decided_at", "-pk")
    return ordered


def _last(looked_at: QuerySet[Decision], most: int) -> tuple[datetime, UUID] | None:
    """The last one looked at, where there may be more behind it."""
    rows = looked_at.values_list("decided_at", "pk")[most - 1 : most]
    return next(iter(rows), None)


def _newest(user: Any, looked_at: QuerySet[Decision], most: int) -> QuerySet[Decision]:
    """Of each order number the decision that was made last, as far as this reader sees."""
    later = Q(decided_at__gt=OuterRef("decided_at"))
    later |= Q(decided_at=OuterRef("decided_at"), version__gt=OuterRef("version"))
    same = Decision.objects.visible_to(user).filter(order_ref=OuterRef("order_ref"))
    rows: QuerySet[Decision] = Decision.objects.visible_to(user).filter(
        pk__in=looked_at.values("pk")[:most]
    )
    return rows.filter(~Exists(same.filter(later)))


def _found(user: Any, text: str) -> Q:
    customers = list(matching(user, text).values_list("pk", flat=True)[:CUSTOMERS_MAX])
    return Q(order_ref__startswith=text) | Q(customer_id__in=customers)


def _in_state(rows: QuerySet[Decision], state: str) -> QuerySet[Decision]:
    def kept(*states: str) -> Exists:
        found = Reservation.objects.filter(pk=OuterRef("reservation_id"), state__in=states)
        return Exists(found)

    if state == "waiting":
        return rows.filter(hold__state="waiting")
    if state == "reserved":
        return rows.filter(kept("pending"))
    if state == "taken":
        return rows.filter(kept("posted"))
    if state == "refused":
        return rows.filter(Q(outcome="decline") | Q(hold__state="rejected"))
    if state == "ended":
        return rows.filter(Q(cancelled_at__isnull=False) | kept("voided", "expired", "replaced"))
    if state == "tried":
        return rows.filter(point="quote")
    return rows


def state_of(decision: Decision, kept: Reservation | None) -> tuple[T, str]:
    """Where the order stands after its newest decision: a word and its meaning colour."""
    return life_words.STATES[_state(decision, kept)]


def _state(decision: Decision, kept: Reservation | None) -> str:
    hold = getattr(decision, "hold", None)
    if decision.cancelled_at:
        return "cancelled"
    if decision.point != "order":
        return "tried" if decision.point == "quote" else "passed"
    if hold is not None and hold.state in ("waiting", "rejected", "cancelled"):
        return str(hold.state)
    if kept is not None:
        if kept.state == "pending":
            return "part" if kept.posted_minor else "reserved"
        return {"posted": "taken", "expired": "expired"}.get(kept.state, "ended")
    return "declined" if decision.outcome == "decline" else "counted"
