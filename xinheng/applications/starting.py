"""A review or an offer becomes an application: what the customer has now, and a draft of more.

The standing limit is the base one that the review is about ("limit:CNY:2026-12-31"), else the
customer's largest own line; without terms of its own it gets those that the live assessment policy
proposes. Example: CNY 500,000.00 on 30 days until 31 December → a draft "renewal" that asks for
500,000.00 on 30 days, which whoever began the review submits.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, NamedTuple

from django.db import connection

from xinheng.applications.applying import apply_at_once, draft
from xinheng.applications.models import Application
from xinheng.applications.review_refusals import ReviewRefusal
from xinheng.applications.rows import NewApplication
from xinheng.credit.money import to_text
from xinheng.people.actor import Actor
from xinheng.policies.queries import live
from xinheng.refusals import Refused

UNDER_WAY: Final = (
    *("draft", "submitted", "investigating", "assessed", "proposed", "deciding"),
    "returned",
)
TERMS_DAYS: Final = 30  # where no policy is live


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
select l.currency, coalesce(d.amount_minor, 0), d.terms_days_max, d.valid_until
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
        if row is None:
            cursor.execute("select base_currency, 0, null::int, null::date from people_company")
            row = cursor.fetchone()
    currency, amount_minor, terms, until = row
    return Standing(currency, amount_minor, _usual_terms() if terms is None else terms, until)


def _usual_terms() -> int:
    settings = live("assessment")
    return int(settings.body["default_terms_days"]) if settings else TERMS_DAYS


def put_draft(
    customer_id: int,
    source: str,
    kind: str,
    asked: Standing,
    purpose: str,
    *,
    at_once: bool = False,
    actor: Actor,
    at: datetime,
) -> Application:
    """The application; a step of who began the review or wrote down the customer's yes, which goes
    in `at_once`.

    Refuses APPLICATION_OPEN where another one of the customer is under way in that currency, and
    what a draft refuses.
    """
    open_ones = Application.objects.filter(customer_id=customer_id, currency=asked.currency)
    before = open_ones.filter(state__in=UNDER_WAY).exclude(kind="temporary").first()
    if before is not None:
        raise Refused(ReviewRefusal.APPLICATION_OPEN, number=before.number)
    new = NewApplication(
        customer_id=customer_id,
        currency=asked.currency,
        asked_minor=asked.amount_minor,
        terms_days=asked.terms_days,
        kind=kind,
        purpose=purpose,
        source=source,
    )
    return (apply_at_once if at_once else draft)(new, actor=actor, at=at)
