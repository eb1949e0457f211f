"""A review or an offer becomes an application: what the customer has now, and a draft of more.

The standing limit is the base one that the review is about ("limit:CNY:2026-12-31"), else the
customer's largest own line. Example: CNY 500,000.00 on 30 days until 31 December → a draft
"renewal" that asks for 500,000.00 on 30 days; sales adds the purpose and submits it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from xinheng.applications.models import Application, Step
from xinheng.applications.review_refusals import ReviewRefusal
from xinheng.credit.money import to_text
from xinheng.customers.models import Customer
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

UNDER_WAY = (
    *("draft", "submitted", "investigating", "assessed", "proposed", "deciding"),
    "returned",
)


class Standing(NamedTuple):
    """A base limit: how much, on which terms, until when."""

    currency: str
    amount_minor: int
    terms_days: int
    until: date | None = None

    def words(self) -> str:
        return f"{self.currency} {to_text(self.amount_minor, self.currency)}"


# The base limit of today, else the one that ended last; a line of the named currency first.
_STANDING = """
select l.currency, coalesce(d.amount_minor, 0), coalesce(d.terms_days_max, 0), d.valid_until
from limits_creditline l join limits_datedlimit d on d.line_id = l.id
where l.customer_id = %s and l.scope = '' and d.ended_at is null and not d.temporary
  and d.valid_from <= %s
order by (l.currency = %s) desc, (coalesce(d.valid_until, 'infinity') >= %s) desc,
  d.amount_minor desc nulls last, d.valid_from desc, d.id desc limit 1
"""


def standing_limit(customer_id: int, about: str, day: date) -> Standing:
    """The limit that a review is about, or zero in the base currency where there is none."""
    parts = about.split(":")
    named = parts[1] if parts[0] == "limit" else ""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [customer_id, day, named, day])
        row = cursor.fetchone()
        if row is not None:
            return Standing(*row)
        cursor.execute("select base_currency from people_company")
        return Standing(cursor.fetchone()[0], 0, 0)


def put_draft(
    customer: Customer, source: str, kind: str, asked: Standing, *, actor: Actor, at: datetime
) -> Application:
    """Draft the application; a step of who began the review or wrote down the customer's yes.

    Refuses APPLICATION_OPEN where another one of the customer is under way in that currency.
    """
    open_ones = Application.objects.filter(customer=customer, currency=asked.currency)
    before = open_ones.filter(state__in=UNDER_WAY).exclude(kind="temporary").first()
    if before is not None:
        raise Refused(ReviewRefusal.APPLICATION_OPEN, number=before.number)
    return _draft(customer, source, kind, asked, actor=actor, at=at)


def _draft(
    customer: Customer, source: str, kind: str, asked: Standing, *, actor: Actor, at: datetime
) -> Application:
    made: Application = Application.objects.create(
        number=_next_number(at),
        customer=customer,
        source=source,
        kind=kind,
        currency=asked.currency,
        asked_minor=asked.amount_minor,
        asked_terms_days=asked.terms_days,
        state="draft",
        state_since=at,
        applied_by=actor.ref,
        applicant_id=actor.person(),
        created_at=at,
    )
    Step.objects.create(
        application=made, kind="drafted", person_id=actor.person(), by=actor.ref, at=at
    )
    return made


def _next_number(at: datetime) -> str:
    """The number after the last of the year; who draws one waits for who drew before."""
    start = f"SX-{at.year}-"
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('applications.number'))")
        cursor.execute(
            "select coalesce(max(right(number, 6)::int), 0) + 1 from applications_application"
            " where number like %s",
            [start + "%"],
        )
        (number,) = cursor.fetchone()
    return f"{start}{number:06}"
