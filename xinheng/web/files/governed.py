"""What governed a customer on a past day: the grade, the limits, the orders decided until then.

While one looks back, the overview shows these instead of today's figures: the newest assessment
made by the end of that day, the limit that the plan as granted by then put in force, and the last
decisions, each of which opens and can be replayed. Example: on 2026-03-06 BBB of 2026-02-28 and
1,000,000.00 CNY until 2026-12-31; a limit granted on 2026-03-07 is not there.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.decisions.models import Assessment, Decision
from xinheng.limits.card import planned_of
from xinheng.limits.in_force import limit_on
from xinheng.limits.models import DatedLimit
from xinheng.limits.queries import lines_of
from xinheng.web.files.panels import Seen

DECISIONS_SHOWN: Final = 5


class Limit(Struct, frozen=True):
    """The limit in force in one currency; `row` None: none was set by then."""

    currency: str
    row: DatedLimit | None
    lapsed: bool


class Governed(Struct, frozen=True):
    assessment: Assessment | None
    expired: bool
    limits: list[Limit]
    decisions: list[Decision]


def governed(user: Any, customer: Customer, seen: Seen) -> Governed:
    """What was known and in force when `seen.day` ended; the view must be of a past day."""
    made = Assessment.objects.visible_to(user).filter(customer=customer)
    newest = made.filter(assessed_at__lte=seen.known_at).order_by("-assessed_at", "-pk").first()
    decided = Decision.objects.visible_to(user).filter(customer=customer)
    shown = list(
        decided.filter(decided_at__lte=seen.known_at).order_by("-decided_at")[:DECISIONS_SHOWN]
    )
    for one in shown:  # what was cancelled later was not cancelled then
        if one.cancelled_at and seen.known_at and one.cancelled_at > seen.known_at:
            one.cancelled_at = None
    return Governed(
        newest,
        newest is not None and newest.valid_until < seen.day,
        _limits(customer, seen),
        shown,
    )


def _limits(customer: Customer, seen: Seen) -> list[Limit]:
    """Own limits as granted by then; one withdrawn later still stood."""
    granted = DatedLimit.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=seen.known_at),
        line__customer=customer,
        line__scope="",
        granted_at__lte=seen.known_at,
    )
    rows = list(granted)
    found = []
    for line in lines_of(customer.pk):
        held = limit_on([planned_of(row) for row in rows if row.line_id == line.pk], seen.day)
        row = next((one for one in rows if held is not None and one.pk == held.id), None)
        lapsed = row is not None and row.valid_until is not None and row.valid_until < seen.day
        found.append(Limit(line.currency, row, lapsed))
    return found
