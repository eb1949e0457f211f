"""Reviews, offers and regrade proposals as readers see them: of the customers in sight, by key.

Lists go on after a key, so that page 90 costs what page 1 costs; counts for the rail stop at a
hundred. Example: reviews open, of cause "expiry", after (2026-12-17, 41): the next fifty by day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet
from msgspec import Struct

from xinheng.applications.models import IncreaseOffer, RegradeProposal, Review

OPEN: Final = ("open", "started")
MONTH_MAX: Final = 600
COUNT_MAX: Final = 99
OFFERS_OPEN: Final = ("waiting", "offered")


class Sought(Struct, frozen=True):
    """Which reviews: `show` is open | mine | ended; an empty cause means all."""

    show: str = "open"
    cause: str = ""


def reviews(user: Any, sought: Sought) -> QuerySet[Review]:
    """Reviews in sight; open ones by the day they are due, ended ones the newest first."""
    rows = Review.objects.visible_to(user).select_related("customer", "assignee", "application")
    if sought.cause:
        rows = rows.filter(cause=sought.cause)
    if sought.show == "ended":
        return rows.exclude(state__in=OPEN).order_by("-ended_at", "-pk")
    rows = rows.filter(state__in=OPEN)
    rows = rows.filter(assignee_id=user.pk) if sought.show == "mine" else rows
    return rows.order_by("due_on", "pk")


def reviews_after(
    user: Any, sought: Sought, after: tuple[date, int] | None, most: int
) -> Sequence[Review]:
    """The next rows after a day and an id; ended ones are not paged, the newest are enough."""
    rows = reviews(user, sought)
    if after is not None and sought.show != "ended":
        rows = rows.filter(Q(due_on__gt=after[0]) | Q(due_on=after[0], pk__gt=after[1]))
    return list(rows[:most])


def reviews_between(user: Any, sought: Sought, first: date, last: date) -> Sequence[Review]:
    """Those due on the days from `first` to `last`, MONTH_MAX at most."""
    return list(reviews(user, sought).filter(due_on__range=(first, last))[:MONTH_MAX])


def one_review(user: Any, review_id: int) -> Review | None:
    """One review in sight."""
    rows = Review.objects.visible_to(user)
    people = ("customer", "assignee", "application", "ended_by")
    found: Review | None = rows.select_related(*people).filter(pk=review_id).first()
    return found


def offers(user: Any, states: Sequence[str]) -> QuerySet[IncreaseOffer]:
    """Offers in sight in these states, the newest first."""
    rows = IncreaseOffer.objects.visible_to(user).filter(state__in=states)
    return rows.select_related("customer", "application", "decided_by").order_by("-pk")


def one_offer(user: Any, offer_id: int) -> IncreaseOffer | None:
    """One offer in sight."""
    rows = IncreaseOffer.objects.visible_to(user).filter(pk=offer_id)
    return rows.select_related("customer", "application", "decided_by").first()


def regrades(user: Any, *, waiting: bool) -> QuerySet[RegradeProposal]:
    """Proposals of another grade in sight, the newest first."""
    rows = RegradeProposal.objects.visible_to(user)
    rows = rows.filter(state="waiting") if waiting else rows.exclude(state="waiting")
    return rows.select_related("customer", "decided_by").order_by("-pk")


def one_regrade(user: Any, regrade_id: int) -> RegradeProposal | None:
    """One proposal in sight."""
    rows = RegradeProposal.objects.visible_to(user).filter(pk=regrade_id)
    return rows.select_related("customer", "decided_by").first()


def waiting_counts(user: Any) -> dict[str, int]:
    """How many reviews, offers and proposals wait, each counted to COUNT_MAX + 1 at most."""
    found = {
        "reviews": Review.objects.visible_to(user).filter(state__in=OPEN),
        "offers": IncreaseOffer.objects.visible_to(user).filter(state__in=OFFERS_OPEN),
        "regrades": RegradeProposal.objects.visible_to(user).filter(state="waiting"),
    }
    return {name: rows.order_by()[: COUNT_MAX + 1].count() for name, rows in found.items()}


def waiting_for(user: Any) -> QuerySet[Any]:
    """The keys of what waits for this person, in one statement: reviews given to them and not
    begun, offers and grades that they may decide.
    """
    own = Review.objects.filter(state="open", assignee_id=user.pk).visible_to(user)
    parts: list[QuerySet[Any]] = [own]
    if user.may("applications.investigate"):
        parts.append(IncreaseOffer.objects.visible_to(user).filter(state="waiting"))
    if user.may("grades.confirm"):
        parts.append(RegradeProposal.objects.visible_to(user).filter(state="waiting"))
    first, *others = [rows.order_by().values("pk") for rows in parts]
    return first.union(*others, all=True) if others else first
