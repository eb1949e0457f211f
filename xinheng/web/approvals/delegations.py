"""Who stands in for whom, day by day: a month at a glance.

One sees the days on which one is away oneself and those on which one decides for somebody else; who
manages people sees everybody's. Example: Alice for Fang from 14 to 18 December: five days carry
"Alice for Fang", ended on the 16th only three.
"""

from __future__ import annotations

from calendar import Calendar
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.people.models import Deputy
from xinheng.people.queries import deputies_for, today
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.frame.tables import url_with

ROWS_MAX: Final = 500
WEEK: Final = (
    T("周一", "Mo"),
    T("周二", "Tu"),
    T("周三", "We"),
    T("周四", "Th"),
    T("周五", "Fr"),
    T("周六", "Sa"),
    T("周日", "Su"),
)


class Standing(Struct, frozen=True):
    """One deputy as the calendar shows it."""

    row: Deputy
    who: T | str
    whom: T | str
    for_me: bool
    by_me: bool
    last: date  # the day it ends, or ended early


@require_safe
def delegations(request: HttpRequest) -> HttpResponse:
    """`?month=2026-12`."""
    day = today(timezone.now())
    month = _month(request.GET.get("month", ""), day)
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    rows = _standing(request, weeks[0][0], weeks[-1][-1])
    first_of_next = (month + timedelta(days=32)).replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    inside = [one for one in rows if one.row.valid_from < first_of_next and one.last >= month]
    context: dict[str, Any] = {
        "weeks": [
            [(one, one.month == month.month, _on(rows, one)) for one in week] for week in weeks
        ],
        "week_names": WEEK,
        "month": month,
        "day": day,
        "rows": inside,
        "everybody": request.user.may("people.manage"),
        "may_name": request.user.may("holds.release"),
        "before_href": url_with(request, month=before.strftime("%Y-%m")),
        "after_href": url_with(request, month=first_of_next.strftime("%Y-%m")),
    }
    return render(request, "approvals/delegations.html", context)


def _month(text: str, day: date) -> date:
    """The first of the month asked for, or of this one."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return day.replace(day=1)
    return found if 2000 <= found.year <= 2098 else day.replace(day=1)


def _standing(request: HttpRequest, first: date, last: date) -> list[Standing]:
    me = request.user.pk
    found = deputies_for(request.user).filter(valid_from__lte=last, valid_until__gte=first)
    told = [
        Standing(
            row,
            person_name(row.deputy),
            person_name(row.person),
            row.person_id == me,
            row.deputy_id == me,
            _last(row),
        )
        for row in found[:ROWS_MAX]
    ]
    return [one for one in told if one.last >= first and one.last >= one.row.valid_from]


def _last(row: Deputy) -> date:
    """The last day on which it counted, also where it was ended early."""
    if row.ended_at is None:
        return row.valid_until
    return min(row.valid_until, today(row.ended_at))


def _on(rows: list[Standing], day: date) -> list[Standing]:
    return [one for one in rows if one.row.valid_from <= day <= one.last]
