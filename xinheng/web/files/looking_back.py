"""As of which day a credit file is looked at: today, or any past day as it was known at its end.

`?as_of=2026-03-01` means everything that was known when that day ended where the company is: its
last microsecond, 2026-03-01 15:59:59.999999 UTC in Shanghai. A day that is not over is today. The
slider walks the days on which something in the file changed; `?step=N` names one of them by its
place and leads to its `as_of`. While one looks back, nothing is entered or changed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import DateField, Func
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest
from django.utils import timezone
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.lineage import records_of
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.people.queries import today
from xinheng.web.files.panels import Seen
from xinheng.web.frame.access import company_zone

DAYS_MAX: Final = 400
_SPREAD: Final = "unnest(array[%(expressions)s])"
_MICROSECOND = timedelta(microseconds=1)
_FACT_CHANGES = ("entered_at", "known_since", "known_until", "rejected_at")
_CASE_CHANGES = ("opened_at", "resolved_at")


class View(NamedTuple):
    """What a page shows: `seen` for readers, `back` the past day asked for (None: as it stands)."""

    seen: Seen
    back: date | None
    today: date

    @property
    def query(self) -> str:
        """What links carry on, so that one stays on the day."""
        return f"?as_of={self.back.isoformat()}" if self.back else ""


class Slider(Struct, frozen=True):
    """Days on which the file changed and today, the oldest first; where one stands among them."""

    days: list[date]
    at: int
    before: date | None
    after: date | None


def view_of(request: HttpRequest) -> View:
    """The view that the address asks for; something that is no day is no page."""
    now = timezone.now()
    day = today(now)
    asked = day_of(request.GET.get("as_of", ""))
    if asked is None or asked >= day:
        return View(Seen(day, None), None, day)
    return View(Seen(asked, end_of(asked)), asked, day)


def day_of(text: str) -> date | None:
    """A day as addresses and forms write it; None where nothing was said."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise Http404("no such day") from error


def end_of(day: date) -> datetime:
    """The last microsecond of a day where the company is."""
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), company_zone())
    return following - _MICROSECOND


def slider(user: Any, customer: Customer, view: View) -> Slider:
    """Where the slider can stand; `before` and `after` are the neighbours of where it stands."""
    days = [*(day for day in changed_on(user, customer) if day < view.today), view.today]
    shown = view.seen.day
    at = max((place for place, day in enumerate(days) if day <= shown), default=0)
    earlier = [day for day in days if day < shown]
    later = [day for day in days if day > shown]
    return Slider(days, at, earlier[-1] if earlier else None, later[0] if later else None)


def changed_on(user: Any, customer: Customer) -> list[date]:
    """The days on which something was entered, known, ended, rejected or decided; oldest first."""
    records = records_of(user, customer)
    facts = Fact.objects.visible_to(user).filter(customer__in=records)
    cases = ConflictCase.objects.visible_to(user).filter(customer__in=records)
    found = _days(facts, _FACT_CHANGES).union(_days(cases, _CASE_CHANGES)).order_by("-day")
    days = [row[0] for row in found[: DAYS_MAX + 1]]
    return sorted(day for day in days if day is not None)[-DAYS_MAX:]


def _days(rows: Any, names: tuple[str, ...]) -> Any:
    """One pass over the rows, one day for each instant of each; None for what did not happen."""
    spread = Func(*(TruncDate(name) for name in names), template=_SPREAD, output_field=DateField())
    return rows.annotate(day=spread).values_list("day").distinct()


def step_of(request: HttpRequest, customer: Customer) -> str | None:
    """The query that `?step=N` of the slider stands for: "" for today; None if none was asked."""
    asked = request.GET.get("step")
    if asked is None:
        return None
    view = view_of(request)
    days = slider(request.user, customer, view).days
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 5):
        raise Http404("no such step")
    day = days[min(int(asked), len(days) - 1)]
    return "" if day >= view.today else f"?as_of={day.isoformat()}"
