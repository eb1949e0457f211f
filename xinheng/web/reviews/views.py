"""Reviews: a list by day or a month at a glance, one review with what can be done, asking for one.

Everything that is chosen stands in the address. Example: `?show=mine&cause=expiry` is what I have
to look at because a limit ends; `?month=2026-12` shows that month.
"""

from __future__ import annotations

from calendar import Calendar
from collections import defaultdict
from datetime import date, timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.applications import reviews as acts
from xinheng.applications.models import Review
from xinheng.applications.review_queries import (
    Sought,
    one_review,
    reviews_after,
    reviews_between,
)
from xinheng.applications.review_words import CAUSES
from xinheng.applications.starting import standing_limit
from xinheng.credit.money import MoneyError, to_minor
from xinheng.customers.models import Customer
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import PAGE_ROWS, Page, page_of, tabs, unpack, url_with
from xinheng.web.reviews.rows import frame, line_of

SHOWN: Final = {
    "open": T("待办", "Open"),
    "mine": T("我的", "Mine"),
    "ended": T("已办结", "Ended"),
}
WEEK: Final = (
    *(T("一", "Mon"), T("二", "Tue"), T("三", "Wed"), T("四", "Thu"), T("五", "Fri")),
    *(T("六", "Sat"), T("日", "Sun")),
)
YEARS: Final = (2000, 2100)
BAD_DAY: Final = T("请填写日期。", "Give a day.")


def sought_of(request: HttpRequest) -> Sought:
    """From the address; words that are not ours mean the usual."""
    show, cause = request.GET.get("show", ""), request.GET.get("cause", "")
    return Sought(show if show in SHOWN else "open", cause if cause in CAUSES else "")


@require_safe
def reviews(request: HttpRequest) -> HttpResponse:
    """By day, fifty at a time, or one month."""
    day, sought = today(timezone.now()), sought_of(request)
    month = _month(request, day)
    context = {
        **frame(request, "reviews"),
        "day": day,
        "sought": sought,
        "tabs": tabs(request, "show", [("", SHOWN["open"], None), *_further()]),
        "causes": [(code, label) for code, label in CAUSES.items() if code != "regrade"],
        "list_href": url_with(request, month=None),
        "month_href": url_with(request, month=f"{day:%Y-%m}"),
        "ics_query": request.GET.urlencode(),
        "month": month,
    }
    if month is None:
        context["page"] = _page(request, sought, day)
    else:
        context |= _weeks(request, sought, month, day)
    return render(request, "reviews/reviews.html", context)


def _further() -> list[tuple[str, T, int | None]]:
    return [(word, label, None) for word, label in SHOWN.items() if word != "open"]


def _page(request: HttpRequest, sought: Sought, day: date) -> Page:
    found = reviews_after(request.user, sought, _after(request), PAGE_ROWS + 1)
    if sought.show == "ended":
        found = found[:PAGE_ROWS]
    page = page_of(request, found, PAGE_ROWS, lambda one: [one.due_on.isoformat(), one.pk])
    return Page([line_of(one, day) for one in page.rows], page.next_url, page.first_url)


def _after(request: HttpRequest) -> tuple[date, int] | None:
    """Where the page starts; a forged key: at the first."""
    told = unpack(request.GET.get("after", ""), 2)
    if told is None or not (isinstance(told[0], str) and isinstance(told[1], int)):
        return None
    try:
        return date.fromisoformat(told[0]), told[1]
    except ValueError:
        return None


def _month(request: HttpRequest, day: date) -> date | None:
    """The first day of the month in the address; None: the list is wanted."""
    said = request.GET.get("month", "")
    if not said:
        return None
    try:
        found = date.fromisoformat(f"{said[:7]}-01")
    except ValueError:
        return day.replace(day=1)
    return found if YEARS[0] <= found.year < YEARS[1] else day.replace(day=1)


def _weeks(request: HttpRequest, sought: Sought, month: date, day: date) -> dict[str, Any]:
    """The weeks of a month, each day with its reviews."""
    weeks = Calendar().monthdatescalendar(month.year, month.month)
    by_day = defaultdict(list)
    for row in reviews_between(request.user, sought, weeks[0][0], weeks[-1][-1]):
        by_day[row.due_on].append(line_of(row, day))
    before = (month - timedelta(days=1)).replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)
    return {
        "weeks": [[(one, one.month == month.month, by_day[one]) for one in week] for week in weeks],
        "week_names": WEEK,
        "in_month": any(rows for one, rows in by_day.items() if one.month == month.month),
        "before_href": url_with(request, month=f"{before:%Y-%m}"),
        "after_href": url_with(request, month=f"{after:%Y-%m}"),
    }


# --- One review


@require_safe
def review(request: HttpRequest, review: int) -> HttpResponse:
    """Why, who, until when, and what can be done."""
    return _one(request, _found(request, review))


@require_POST
def start(request: HttpRequest, review: int) -> HttpResponse:
    """Begin it: a draft of an application."""
    row, said = _found(request, review), request.POST
    now = standing_limit(row.customer_id, row.about, today(timezone.now()))
    try:
        typed = said.get("amount", "").strip().replace(",", "")
        amount = to_minor(typed, now.currency) if typed else None
        made = acts.start_review(
            row.pk, said.get("kind", ""), amount, actor=actor_of(request), at=timezone.now()
        )
    except MoneyError as wrong:
        return _one(request, row, wrong=T(wrong.zh, wrong.en), where="start", status=422)
    except Refused as refused:
        return _one(request, row, wrong=refused.text, where="start", status=422)
    told = T("已起草授信申请 {n}。", "Application {n} is drafted.").format(n=made.number)
    messages.success(request, str(told))
    return redirect("review", review=row.pk)


@require_POST
def end(request: HttpRequest, review: int) -> HttpResponse:
    """It was looked at, or needs no look."""
    row, said = _found(request, review), request.POST
    dropped, at = said.get("how") == "dropped", timezone.now()
    try:
        acts.end_review(
            row.pk, said.get("outcome", ""), dropped=dropped, actor=actor_of(request), at=at
        )
    except Refused as refused:
        return _one(request, row, wrong=refused.text, where="end", status=422)
    messages.success(request, str(T("复评已办结。", "The review is over.")))
    return redirect("review", review=row.pk)


@require_POST
def assign(request: HttpRequest, review: int) -> HttpResponse:
    """Somebody else does it."""
    row, said = _found(request, review), request.POST.get("person", "")
    person = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
    try:
        acts.assign_review(row.pk, person, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _one(request, row, wrong=refused.text, where="assign", status=422)
    messages.success(request, str(T("已移交。", "It was handed on.")))
    return redirect("review", review=row.pk)


def _found(request: HttpRequest, review: int) -> Review:
    row = one_review(request.user, review) if review < 2**63 else None
    if row is None:
        raise Http404
    return row


def _one(
    request: HttpRequest, row: Review, *, wrong: T | None = None, where: str = "", status: int = 200
) -> HttpResponse:
    user: Any = request.user
    day = today(timezone.now())
    people = User.objects.filter(pk__in=acts.fitting(row.customer.business_unit_id))
    context = {
        **frame(request, "reviews"),
        "line": line_of(row, day),
        "row": row,
        "customer": row.customer,
        "now": standing_limit(row.customer_id, row.about, day),
        "may_start": user.may(acts.WRITE) and row.state == "open",
        "may_end": user.may(acts.INVESTIGATE) and row.state == "open",
        "may_assign": user.may(acts.INVESTIGATE) and row.state in ("open", "started"),
        "people": people.order_by("name"),
        "typed": request.POST,
        "wrong": wrong,
        "where": where,
    }
    return render(request, "reviews/review.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a look at a customer by a day."""
    customer: Customer = get_object_or_404(Customer.objects.visible_to(request.user), code=code)
    at, said = timezone.now(), request.POST
    wrong: T | None = None
    if request.method == "POST":
        try:
            due_on = date.fromisoformat(said.get("due_on", "")[:10])
            row = acts.ask_review(
                customer.code, due_on, said.get("why", ""), actor=actor_of(request), at=at
            )
        except ValueError:
            wrong = BAD_DAY
        except Refused as refused:
            wrong = refused.text
        else:
            messages.success(request, str(T("已提出复评。", "The review was asked for.")))
            return redirect("review", review=row.pk)
    context = {
        **frame(request, "reviews"),
        "customer": customer,
        "typed": said,
        "wrong": wrong,
        "due_on": said.get("due_on") or (today(at) + timedelta(days=7)).isoformat(),
        "back": reverse("customer", args=[customer.code]),
    }
    return render(request, "reviews/ask.html", context, status=422 if wrong else 200)
