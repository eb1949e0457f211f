"""Reads of overrides: what waits to be confirmed, what is in force, how many there are.

The rate is those in force over all ratings that give a grade, among the customers one sees; it is
to stay within ten per cent (`credit.grade_override.RATE_AIM`), because a scale that is set aside
every other time says nothing. Example: 3 in force of 40 rated → 0.0750, within.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import Q

from xinheng.credit import grade_override
from xinheng.decisions.models import GradeOverride, OwnedQuery, Rating
from xinheng.people.models import unit_scope

LISTED_MAX: Final = 200


class Rate(NamedTuple):
    """`rate` None: nobody is rated."""

    overrides: int
    ratings: int
    rate: Decimal | None
    within: bool


def find(user: Any, override_id: int) -> GradeOverride | None:
    """One override, or None where it is not there or not in sight."""
    return _seen(user).filter(pk=override_id).first()


def waiting(user: Any, limit: int = LISTED_MAX) -> list[GradeOverride]:
    """What waits to be confirmed by another person, the oldest first."""
    return list(_seen(user).filter(state="asked").order_by("asked_at", "pk")[:limit])


def in_force(user: Any, limit: int = LISTED_MAX) -> list[GradeOverride]:
    """What counts now, the next to end first."""
    return list(_seen(user).filter(state="in_force").order_by("valid_until", "pk")[:limit])


def of_customer(user: Any, customer_id: int, limit: int = LISTED_MAX) -> list[GradeOverride]:
    """Everything that was ever wanted for a customer, the newest first."""
    rows = _seen(user).filter(customer_id=customer_id)
    return list(rows.order_by("-asked_at", "-pk")[:limit])


def rate_now(user: Any) -> Rate:
    """How many of the ratings in sight stand overridden."""
    ratings = Rating.objects.filter(unit_scope(user, "customer__business_unit"))
    rated = ratings.filter(~Q(grade="") | ~Q(model_grade="")).count()
    overrides = _seen(user).filter(state="in_force").count()
    share = grade_override.rate(overrides, rated)
    return Rate(overrides, rated, share, share is None or share <= grade_override.RATE_AIM)


def _seen(user: Any) -> OwnedQuery:
    rows = GradeOverride.objects.visible_to(user)
    return rows.select_related("customer", "asked_by", "decided_by")
