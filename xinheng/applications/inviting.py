"""An application that the customer itself fills in, by a link: one link, one application.

A person of the house makes the link and may not decide what comes of it. What the customer sees is
its own wish and how far it has come, nothing of what we think. The token is shown once and only its
hash is kept. Example: a link of 14 days for X-ALFKI in CNY; handed in on the third day, it can be
changed only if it was returned.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from xinheng.applications.applying import change, put_draft, submit
from xinheng.applications.models import Application
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import NewApplication
from xinheng.applications.trail import WRITE, locked, note, require, require_person
from xinheng.inquiries.links import ASK, NewLink, open_link, put_link
from xinheng.inquiries.models import Link
from xinheng.people.actor import Actor, guest
from xinheng.refusals import Refused


class Invited(NamedTuple):
    """The draft and the token of its link, which is shown once."""

    row: Application
    token: str


def invite(
    new: NewApplication,
    *,
    days: int = 14,
    language: str = "zh-hans",
    actor: Actor,
    at: datetime,
) -> Invited:
    """A draft for the customer to fill in, and the link to it. One ledger entry.

    `new` names the customer, currency and kind; its amounts are only a first suggestion, and may be
    0. Refuses NOT_ALLOWED, NAMED_PERSON and what `draft` and a link refuse.
    """
    require(actor, WRITE)
    require(actor, ASK)
    require_person(actor)
    with transaction.atomic():
        row = put_draft(new._replace(source="link"), blank=True, actor=actor, at=at)
        asked = NewLink("apply", row.customer.business_unit_id, row.number, days, 1, language)
        made = put_link(asked, actor=actor, at=at)
        Application.objects.filter(pk=row.pk).update(
            applied_by=f"link:{made.link.pk}", applicant=None
        )
        row.refresh_from_db()
        note(row, "invited", actor=actor, at=at, link=str(made.link.pk), days=days)
    return Invited(row, made.token)


def application_of(token: str, *, at: datetime) -> Application:
    """The application of a living link. Refuses NO_ENTRY, as every link does, and
    UNKNOWN_APPLICATION for a link to something else.
    """
    return _of(open_link(token, at=at))


def hand_in(token: str, new: NewApplication, *, at: datetime) -> Application:
    """The customer fills its application in and submits it; the customer and the kind stay. Two
    ledger entries: what it says now, and that it was submitted.

    Refuses NO_ENTRY, UNKNOWN_APPLICATION, WRONG_STATE and what `change` and `submit` refuse.
    """
    with transaction.atomic():
        link = open_link(token, at=at)
        row = _of(link)
        actor = guest(UUID(str(link.pk)).hex, frozenset({WRITE}), row.customer.business_unit_id)
        locked(row.number, actor)
        kept = new._replace(customer_id=row.customer_id, kind=row.kind, source="link")
        change(row.number, kept, actor=actor, at=at)
        return submit(row.number, actor=actor, at=at)


def _of(link: Link) -> Application:
    found = Application.objects.filter(applied_by=f"link:{link.pk}").first()
    if found is None:
        raise Refused(ApplicationRefusal.UNKNOWN_APPLICATION)
    row: Application = found
    return row
