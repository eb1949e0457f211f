"""Reads of visits: the list with what is planned, overdue or waits for review, one day, one visit.

A planned visit is overdue from the day after its day. As known at an instant, a visit is there once
it was handed in, and reviewed once it had been. Example: planned for 20 November and not begun, it
is due on the 20th and overdue by 1 day on the 21st.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.inquiries.models import Visit, VisitPhoto
from xinheng.inquiries.visit_form import VisitForm, visit_form
from xinheng.inquiries.visiting import form_place
from xinheng.people.models import User
from xinheng.vault.queries import open_living_keys
from xinheng.vault.seal import open_sealed

TABS = ("planned", "overdue", "done", "reviewed", "cancelled")
VISITS_MAX = 300


class SeenVisit(Struct, frozen=True, kw_only=True):
    """A visit in a list."""

    id: UUID
    customer: Customer
    state: str
    purpose: str
    planned_on: date
    overdue_days: int
    visitor: str
    companions: tuple[str, ...]
    done_at: datetime | None
    reviewed_at: datetime | None
    points: int | None
    photos: int


class WholeVisit(Struct, frozen=True, kw_only=True):
    """One visit with its form; `told` is None where the customer's key was destroyed."""

    row: Visit
    seen: SeenVisit
    form: VisitForm
    told: Mapping[str, Mapping[str, str]] | None
    photos: list[VisitPhoto]
    reviewer: str


def visits(
    user: Any, tab: str, today: date, *, day: date | None = None, limit: int = VISITS_MAX
) -> list[SeenVisit]:
    """Those of a tab, or of one day; what is to come first, of what is over the newest first."""
    rows = Visit.objects.all().visible_to(user).select_related("customer")
    if day is not None:
        rows = rows.filter(planned_on=day).exclude(state="cancelled")
    elif tab == "overdue":
        rows = rows.filter(state="planned", planned_on__lt=today)
    else:
        rows = rows.filter(state=tab)
    order = "planned_on" if tab in ("planned", "overdue") else "-planned_on"
    return _seen(rows.order_by(order, "id")[:limit], today)


def counts(user: Any, today: date) -> dict[str, int]:
    """How many stand on each tab."""
    rows = Visit.objects.all().visible_to(user)
    told = {tab: rows.filter(state=tab).count() for tab in TABS if tab != "overdue"}
    return told | {"overdue": rows.filter(state="planned", planned_on__lt=today).count()}


def visits_of(
    user: Any, customer: Customer, today: date, *, known_at: datetime | None = None
) -> list[SeenVisit]:
    """A customer's visits, the newest first; with `known_at` those handed in by then."""
    mine = Visit.objects.all().visible_to(user).filter(customer=customer)
    rows = mine.select_related("customer")
    if known_at is None:
        return _seen(rows.exclude(state="cancelled").order_by("-planned_on", "id")[:50], today)
    handed_in = rows.filter(done_at__lte=known_at).order_by("-planned_on", "id")
    return _seen(handed_in[:50], today, known_at)


def one_visit(user: Any, visit_id: UUID, today: date) -> WholeVisit | None:
    """A visit within the user's sight."""
    rows = Visit.objects.all().visible_to(user).select_related("customer", "reviewed_by")
    row = rows.filter(pk=visit_id).first()
    if row is None:
        return None
    photos = list(row.photos.select_related("document").order_by("pk"))
    return WholeVisit(
        row=row,
        seen=_seen([row], today)[0],
        form=visit_form(row.template_version),
        told=_opened(row),
        photos=photos,
        reviewer=row.reviewed_by.name if row.reviewed_by else "",
    )


def _opened(row: Visit) -> dict[str, dict[str, str]] | None:
    if row.form_sealed is None:
        return {}
    keys = open_living_keys([row.customer.data_key_id])
    if row.customer.data_key_id not in keys:
        return None
    key = keys[row.customer.data_key_id]
    told: dict[str, dict[str, str]] = json.loads(
        open_sealed(key, form_place(row.pk), bytes(row.form_sealed))
    )
    return told


def _seen(rows: Any, today: date, known_at: datetime | None = None) -> list[SeenVisit]:
    found = list(rows)
    ids = {one for row in found for one in (row.visitor_id, *row.companions)}
    names = {one.pk: one.name for one in User.objects.filter(pk__in=ids)}
    numbers: dict[Any, int] = {}
    for visit_id in VisitPhoto.objects.filter(visit__in=[row.pk for row in found]).values_list(
        "visit_id", flat=True
    ):
        numbers[visit_id] = numbers.get(visit_id, 0) + 1
    return [
        SeenVisit(
            id=row.pk,
            customer=row.customer,
            state=_state(row, known_at),
            purpose=row.purpose,
            planned_on=row.planned_on,
            overdue_days=max(0, (today - row.planned_on).days) if row.state == "planned" else 0,
            visitor=names.get(row.visitor_id, ""),
            companions=tuple(names.get(one, "") for one in row.companions),
            done_at=row.done_at,
            reviewed_at=row.reviewed_at,
            points=row.points,
            photos=numbers.get(row.pk, 0),
        )
        for row in found
    ]


def _state(row: Visit, known_at: datetime | None) -> str:
    late = known_at is not None and (row.reviewed_at is None or row.reviewed_at > known_at)
    return "done" if late else row.state
