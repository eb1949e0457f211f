"""What a credit report reads, once: the file of a day as its reader may see it.

The same readers as the pages serve it, so that paper and page never differ. Of a past day it holds
what was known when that day ended: facts, statements, the assessment and the limits of then; what
is only kept as it stands today (exposure, holds) stays away. Facts of class 3 are there for readers
with the word `documents.view.secret` alone. Example: as of 2026-03-01 the grade is the newest of an
assessment made by the end of 1 March.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Rating
from xinheng.dossiers.credit_file import CreditFile, Held, SeenFact, file_as_of
from xinheng.dossiers.fields import SECRET, catalogue
from xinheng.dossiers.measures import Measures, measure, stale, tier_of
from xinheng.limits.card import planned_of
from xinheng.limits.in_force import limit_on
from xinheng.limits.models import DatedLimit
from xinheng.limits.queries import lines_of
from xinheng.web.files import fact_words, reading
from xinheng.web.files.finding import base_currency
from xinheng.web.files.head import Standing, currency_of, standing_of
from xinheng.web.files.looking_back import View
from xinheng.web.papers.figures import english
from xinheng.web.statements.reading import Years, years

SECRET_WORD = "documents.view.secret"


class Asked(Struct, frozen=True):
    """Everything that more than one part of the report reads."""

    user: Any
    customer: Customer
    view: View
    standing: Standing
    file: reading.File
    facts: CreditFile
    measures: Measures
    stale: list[tuple[str, date]]
    tier: str
    names: dict[int, str]
    years: Years | None
    limit: Any  # the dated limit of a past day; None: there was none, or the day is today

    @property
    def day(self) -> date:
        return self.view.seen.day

    @property
    def currency(self) -> str:
        return self.standing.currency

    @property
    def opens_secrets(self) -> bool:
        return bool(self.user.may(SECRET_WORD))

    @property
    def told_name(self) -> str:
        one = self.customer
        return one.name_en if english() and one.name_en else one.name

    def hides(self, held: Held) -> bool:
        """Whether a field's value is not for this reader."""
        return catalogue().fields[held.field].secrecy >= SECRET and not self.opens_secrets

    @property
    def secrecy(self) -> int:
        """3 where something of class 3 is on the paper, else 2."""
        kinds = catalogue().fields
        shown = (held for held in self.facts.fields if held.facts and not self.hides(held))
        return 3 if any(kinds[held.field].secrecy >= SECRET for held in shown) else 2


def gather(user: Any, customer: Customer, view: View, currency: str) -> Asked:
    """The file of the day. The caller has found the customer within the user's sight."""
    seen = view.seen
    standing = (
        _then(user, customer, currency, view)
        if view.back
        else standing_of(user, customer, currency, base_currency(), view)
    )
    facts = file_as_of(user, customer, valid_on=seen.day, known_at=seen.known_at)
    tier = tier_of(customer.status)
    return Asked(
        user=user,
        customer=customer,
        view=view,
        standing=standing,
        file=reading.read(user, customer, standing, seen.day),
        facts=facts,
        measures=measure(facts, tier),
        stale=stale(facts, tier),
        tier=tier,
        names=fact_words.names_of(_all(facts)),
        years=years(user, customer.pk, "", "amounts", seen.known_at),
        limit=_limit_then(customer, standing.currency, view) if view.back else None,
    )


def _all(facts: CreditFile) -> list[SeenFact]:
    return [one for held in facts.fields for one in held.facts]


def _then(user: Any, customer: Customer, asked: str, view: View) -> Standing:
    """Rating by the newest assessment of then; lines and holds are today's and stay away."""
    made = Assessment.objects.visible_to(user).filter(
        customer=customer, assessed_at__lte=view.seen.known_at
    )
    newest = made.order_by("-assessed_at", "-pk").first()
    currency, currencies = currency_of(lines_of(customer.pk), asked, base_currency())
    rating = None
    if newest is not None:
        told = {name: getattr(newest, name) for name in ("grade", "points", "valid_until")}
        rating = Rating(customer=customer, assessment=newest, **told)
    return Standing(
        rating=rating,
        rating_expired=rating is not None and view.seen.day > rating.valid_until,
        currency=currency,
        currencies=currencies,
        line=None,
        usage=None,
        bar=None,
        holds=0,
    )


def _limit_then(customer: Customer, currency: str, view: View) -> Any:
    """The limit of the own line that was in force on the day, as it was known then."""
    rows = DatedLimit.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=view.seen.known_at),
        line__customer=customer,
        line__currency=currency,
        line__scope="",
        granted_at__lte=view.seen.known_at,
    )
    return limit_on([planned_of(row) for row in rows], view.seen.day)
