"""The open reviews as a calendar file (RFC 5545), for one's own calendar.

Whoever may see the page may take the file with the same customers in it: names and days, nothing
else. Each review is an event of one day with the address of its page; lines fold at 75 octets.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.applications.models import Review
from xinheng.applications.review_queries import Sought, reviews_between
from xinheng.applications.review_words import CAUSES, about_words
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.frame.answers import download
from xinheng.web.reviews.views import sought_of

AHEAD: Final = timedelta(days=400)
BACK: Final = timedelta(days=400)
OCTETS: Final = 75


@require_safe
def calendar_file(request: HttpRequest) -> HttpResponse:
    """What is open and in sight, of the same filter as the page."""
    at = timezone.now()
    day, sought = today(at), sought_of(request)
    open_ones = Sought(show="mine" if sought.show == "mine" else "open", cause=sought.cause)
    rows = reviews_between(request.user, open_ones, day - BACK, day + AHEAD)
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Xinheng//Reviews//ZH"),
        *("CALSCALE:GREGORIAN", f"X-WR-CALNAME:{escaped(str(T('信衡复评', 'Xinheng reviews')))}"),
        *(line for row in rows for line in _event(request, row, at)),
        "END:VCALENDAR",
    ]
    text = "".join(f"{part}\r\n" for line in lines for part in folded(line))
    name = str(T("复评日历 {day}.ics", "Reviews {day}.ics").format(day=day))
    return download(text.encode(), name, "text/calendar")


def _event(request: HttpRequest, row: Review, at: datetime) -> Iterator[str]:
    name = row.customer.name
    about = about_words(row.cause, row.about)
    who = f" · {row.assignee.name}" if row.assignee else ""
    yield "BEGIN:VEVENT"
    yield f"UID:review-{row.pk}@xinheng"
    yield f"DTSTAMP:{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{_day(row.due_on)}"
    yield f"DTEND;VALUE=DATE:{_day(row.due_on + timedelta(days=1))}"
    yield f"SUMMARY:{escaped(f'{CAUSES[row.cause]} · {name}')}"
    yield f"DESCRIPTION:{escaped(f'{row.customer.code} · {about}{who}')}"
    yield f"URL:{request.build_absolute_uri(reverse('review', args=[row.pk]))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def escaped(text: str) -> str:
    """Backslash, semicolon, comma and line ends mean something in a calendar file."""
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split("\r")).replace("\n", "\\n")


def folded(line: str) -> Iterator[str]:
    """The line in parts of at most 75 octets, each after the first led by a space."""
    part, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + sign, size + octets
    yield part
