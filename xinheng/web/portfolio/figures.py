"""The portfolio page's own figures: when money falls due, which holds wait, what the week brought
in.

Everything that weighs the book (`book`, `exposure_totals`, `rating_mix`, `week_changes`) comes
from the portfolio room; here is what only this page asks. Example: due_weeks gives 13 rows, all
that is overdue and then twelve weeks from today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Min, QuerySet, Sum
from django.urls import reverse
from django.utils.http import urlencode

from xinheng.customers.models import Customer
from xinheng.decisions.models import Hold
from xinheng.limits.models import CreditLine, OpenDue
from xinheng.receivables.models import Difference, Receipt

WEEKS: Final = 12
ALARMS_SHOWN: Final = 3


@dataclass(frozen=True)
class Waiting:
    """How many holds wait, and since when the oldest does."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True)
class Due:
    """What falls due in the seven days from `start`; None is all that is overdue already."""

    start: date | None
    minor: int


@dataclass(frozen=True)
class Intake:
    """Cash received and holds ended in the last seven days."""

    received_minor: int
    receipts: int
    released: int
    rejected: int


@dataclass(frozen=True)
class Alarm:
    """A customer of whom some figure differs from its documents, and where that is explained."""

    customer: Customer
    href: str


@dataclass(frozen=True)
class Alarms:
    """The differences that stand: how many, of how many customers, since when, whose first."""

    count: int
    customers: int
    since: datetime | None
    first: list[Alarm]


def alarms(user: Any) -> Alarms:
    """Figures of credit lines that their documents do not bear out, in all currencies."""
    standing = Difference.objects.visible_to(user).filter(resolved_at__isnull=True).order_by()
    counted = standing.aggregate(
        count=Count("pk"), customers=Count("customer", distinct=True), since=Min("found_at")
    )
    if not counted["count"]:
        return Alarms(0, 0, None, [])
    oldest = standing.order_by("customer", "found_at", "pk").distinct("customer")
    found = oldest.select_related("customer")[:ALARMS_SHOWN]
    first = [Alarm(row.customer, _why(row)) for row in found]
    return Alarms(counted["count"], counted["customers"], counted["since"], first)


def _why(row: Difference) -> str:
    """The page of the customer's exposure, on the line that differs where there is one."""
    page = reverse("file-exposure", args=[row.customer.code])
    line = {"currency": row.currency, "scope": row.scope}
    if not CreditLine.objects.filter(customer=row.customer, **line).exists():
        return page
    return f"{page}?{urlencode({name: value for name, value in line.items() if value})}"


def lines_seen(user: Any, currency: str) -> QuerySet[CreditLine]:
    """The lines in this currency of the customers that the person may see."""
    lines: QuerySet[CreditLine] = CreditLine.objects.visible_to(user).filter(currency=currency)
    return lines.order_by()


def due_weeks(user: Any, currency: str, today: date) -> list[Due]:
    """All that is overdue, then what falls due in each of the next twelve weeks from today."""
    items = OpenDue.objects.filter(
        line__in=lines_seen(user, currency).values("pk"),
        open_minor__gt=0,
        due_on__lt=today + timedelta(weeks=WEEKS),
    )
    late, weeks = 0, [0] * WEEKS
    for row in items.order_by().values("due_on").annotate(minor=Sum("open_minor")):
        if row["due_on"] < today:
            late += int(row["minor"])
        else:
            weeks[(row["due_on"] - today).days // 7] += int(row["minor"])
    starts = [today + timedelta(weeks=number) for number in range(WEEKS)]
    return [Due(None, late), *map(Due, starts, weeks)]


def waiting(user: Any) -> Waiting:
    """The queue, in all currencies."""
    found = Hold.objects.visible_to(user).filter(state="waiting")
    counted = found.aggregate(count=Count("pk"), oldest=Min("opened_at"))
    return Waiting(counted["count"], counted["oldest"])


def intake(user: Any, currency: str, today: date, now: datetime) -> Intake:
    """Of the last seven days, today included."""
    cash = Receipt.objects.visible_to(user).filter(
        currency=currency, received_on__gt=today - timedelta(days=7), received_on__lte=today
    )
    money = cash.aggregate(sum=Sum("amount_minor"), count=Count("pk"))
    ended = Hold.objects.visible_to(user).filter(
        ended_at__gte=now - timedelta(days=7), decision__currency=currency
    )
    counted = dict(ended.order_by().values_list("state").annotate(Count("pk")))
    return Intake(
        int(money["sum"] or 0),
        money["count"],
        counted.get("released", 0),
        counted.get("rejected", 0),
    )
