"""A person's rating put in force: what an expert model said, confirmed by two in room modelling.

It becomes an `Assessment` of its own kind (`by_expert`) and the rating. Red lines that the ledger
draws cap it all the same, and an override in force is read against it. A later assessment that can
tell no grade leaves it in force as long as it is good; one that tells a grade takes its place.
Example: a customer without a ledger, 6C says BBB until 2027-05-19; its first three invoices rate it
not at all, BBB stays; after six months of invoices the card says A, and A counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from xinheng.credit import scale
from xinheng.customers.models import Customer
from xinheng.decisions.effective import newest_of_ledger, red_lines_of, settle_ratings
from xinheng.decisions.models import Assessment, Rating
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.merkle.commitment import canonical
from xinheng.people.actor import Actor
from xinheng.people.queries import company, today
from xinheng.refusals import Refused

CONFIRM: Final = "grades.confirm"
PROMOTE: Final = "models.promote"
VALID_DAYS_MAX: Final = 366


def take_expert_rating(
    customer_id: int,
    model: str,
    grade: str,
    points: int | None,
    inputs: Mapping[str, Any],
    reasons: Sequence[Mapping[str, str]],
    valid_until: date,
    *,
    actor: Actor,
    at: datetime,
    coverage_pct: int = 100,
    unverified: Sequence[str] = (),
) -> Assessment:
    """Put an expert's rating in force. `model`: "6c v1"; `reasons`: {"zh": …, "en": …} each;
    `unverified`: what of its inputs nobody verified.

    The caller has seen to it that another person rated. Refuses NOT_ALLOWED, NEEDS_PERSON,
    UNKNOWN_CUSTOMER, UNKNOWN_GRADE, BAD_UNTIL. One ledger entry.
    """
    if not (actor.may(CONFIRM) or actor.may(PROMOTE)):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    if actor.kind != "user" or actor.person_id is None:
        raise Refused(DecisionRefusal.NEEDS_PERSON)
    if grade not in scale.GRADES:
        raise Refused(DecisionRefusal.UNKNOWN_GRADE, grade=grade)
    day = today(at)
    latest = day + timedelta(days=VALID_DAYS_MAX)
    if not day <= valid_until <= latest:
        raise Refused(DecisionRefusal.BAD_UNTIL, latest=latest.isoformat())
    with transaction.atomic():
        customer = _locked(customer_id, actor)
        made = Assessment(
            customer=customer,
            card=model,
            currency=_currency(customer_id),
            points=points,
            grade=_capped(customer_id, grade),
            coverage_pct=coverage_pct,
            inputs={name: None if value is None else str(value) for name, value in inputs.items()},
            contributions=[],
            reasons=[dict(one) for one in reasons],
            as_of=day,
            valid_until=valid_until,
            assessed_at=at,
            unverified=list(unverified),
            by_expert=True,
        )
        made.entry_id = _record(made, grade, actor, at)
        made.save()
        _rate(made)
        settle_ratings([customer_id], day)
    return made


def _locked(customer_id: int, actor: Actor) -> Customer:
    """The customer and its rating: an assessment of the same moment waits for the latter."""
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if customer is None or not actor.reaches(customer.business_unit_id):
        raise Refused(DecisionRefusal.UNKNOWN_CUSTOMER)
    Rating.objects.select_for_update().filter(customer_id=customer_id).first()
    return customer


def _currency(customer_id: int) -> str:
    """As the ledger's newest assessment has it, else the company's."""
    ledger = newest_of_ledger(customer_id)
    if ledger is not None:
        return str(ledger.currency)
    seller = company()
    return seller.base_currency if seller is not None else "CNY"


def _capped(customer_id: int, grade: str) -> str:
    ledger = newest_of_ledger(customer_id)
    return grade if ledger is None else scale.cap(grade, red_lines_of(ledger))


def _rate(made: Assessment) -> None:
    values = {
        "assessment": made,
        "grade": made.grade,
        "points": made.points,
        "valid_until": made.valid_until,
        "model_grade": "",
        "override": None,
    }
    Rating.objects.update_or_create(customer=made.customer, defaults=values)


def _record(made: Assessment, said: str, actor: Actor, at: datetime) -> Any:
    """The entry commits to what was taken and to what the expert's model had said."""
    fields = {
        "customer": str(made.customer_id),
        "model": made.card,
        "grade": made.grade,
        "grade_said": said,
        "points": str(made.points),
        "inputs": canonical(made.inputs),
        "valid_until": made.valid_until.isoformat(),
        "actor": actor.ref,
    }
    with connection.cursor() as cursor:
        entry = NewEntry("grade.by_expert", {}, fields, made.customer.data_key_id)
        return append([entry], at=at, cursor=cursor)[0]
