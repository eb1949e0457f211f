"""The list of orders: the newest decision of each order number, newest first, page after page.

Orders are found by the beginning of their number or by their customer; a filter tab keeps those in
one state. The page walks the index of decisions by time, so its length does not depend on the
book's. Example: /orders/?state=reserved&q=PO-2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from xinheng.customers.queries import matching
from xinheng.decisions.models import Decision
from xinheng.limits.models import Reservation
from xinheng.texts import T
from xinheng.web.frame.tables import Column, Page, Sorting, Tab, page_by_key, tabs, unpack
from xinheng.web.orders import life_words

NEWEST_FIRST: Final = Sorting(Column("when", T("时间", "Time"), "decided_at"), True)
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


def order_href(ref: str) -> str:
    """Where an order's page is. A number that an address can't carry goes into the query."""
    odd = ref in _TAKEN or ref != ref.strip("/") or {".", ".."} & set(ref.split("/"))
    if odd or not ref or "//" in ref:
        return f"{reverse('orders')}?ref={quote(ref, safe='')}"
    return reverse("order", kwargs={"ref": ref})


def read(request: HttpRequest) -> Listing:
    """The page of the list that the address asks for (`q`, `state`, `after`)."""
    user = request.user
    text = request.GET.get("q", "").strip()[:TEXT_MAX]
    rows = _newest(user)
    if text:
        rows = rows.filter(_found(user, text))
    rows = _in_state(rows, request.GET.get("state", ""))
    after = unpack(request.GET.get("after", ""), 2)
    if after and isinstance(after[0], str):
        rows = rows.filter(decided_at__lte=after[0])  # where the walk along the index begins
    page = page_by_key(request, rows.select_related("customer", "hold"), NEWEST_FIRST)
    kept = Reservation.objects.in_bulk({row.reservation_id for row in page.rows} - {None})
    return Listing(
        [
            Row(row, order_href(row.order_ref), state_of(row, kept.get(row.reservation_id)))
            for row in page.rows
        ],
        page,
        tabs(request, "state", [(word, label, None) for word, label in TABS]),
        text,
    )


def _newest(user: Any) -> QuerySet[Decision]:
    """Of each order number the decision that was made last, as far as this reader sees."""
    later = Q(decided_at__gt=OuterRef("decided_at"))
    later |= Q(decided_at=OuterRef("decided_at"), version__gt=OuterRef("version"))
    same = Decision.objects.visible_to(user).filter(order_ref=OuterRef("order_ref"))
    rows: QuerySet[Decision] = Decision.objects.visible_to(user)
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
