"""Rates, holidays and terms of payment: what there is, newest first, and one entered by hand.

All who see the portfolio may look things up; the action asks for `almanac.edit`. A mistake brings
the form back with the almanac's own words. More than a few come by file: the page leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.almanac import actions
from xinheng.almanac.queries import plain
from xinheng.people.queries import company, today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.almanac import reading
from xinheng.web.almanac.forms import HolidayForm, RateForm, TermForm, first_rate
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import Tab, page_by_key, sorting_of

ENTERED = T("已登记。", "Entered.")
SAME = T("已有同样的记录，没有变化。", "It was there already; nothing changed.")
CHANGED = T("已更正；原值记在存证账本里。", "Corrected; what it was before stands in the ledger.")


@require_safe
def rates(request: HttpRequest) -> HttpResponse:
    """The newest rate of each pair, then all of them by filter."""
    seller, day = company(), today(timezone.now())
    form = RateForm(initial=first_rate(day, seller.base_currency if seller else ""))
    return _rates(request, form)


def _rates(request: HttpRequest, form: RateForm, status: int = 200) -> HttpResponse:
    rule = reading.rate_rule()
    page = page_by_key(
        request, reading.rates(request.GET), sorting_of(request, reading.RATE_COLUMNS, "-day")
    )
    for row in page.rows:
        row.shown = plain(row.rate)
    context = {
        "newest": reading.newest(today(timezone.now()), rule),
        "rule": rule,
        "page": page,
        "kinds": reading.kinds(),
        "words": reading.KIND_WORDS,
        "wanted": {name: request.GET.get(name, "") for name in ("currency", "kind", "from")},
    }
    return _page(request, "rates", form, context, status)


@require_POST
def enter_rate(request: HttpRequest) -> HttpResponse:
    """One rate by hand."""
    form = RateForm(request.POST)
    return _entered(request, form, "rates", actions.record_rates, _rates)


@require_safe
def holidays(request: HttpRequest) -> HttpResponse:
    """The days of a calendar and a year that are not as their weekday says."""
    return _holidays(request, HolidayForm(initial={"calendar": "CN"}))


def _holidays(request: HttpRequest, form: HolidayForm, status: int = 200) -> HttpResponse:
    calendars = reading.calendars()
    calendar = request.GET.get("calendar", "").upper()[:12] or (calendars or ["CN"])[0]
    year = reading.year_of(request.GET.get("year", ""), today(timezone.now()))
    context = {
        "days": reading.holidays(calendar, year),
        "calendars": calendars,
        "calendar": calendar,
        "year": year,
    }
    return _page(request, "holidays", form, context, status)


@require_POST
def enter_holiday(request: HttpRequest) -> HttpResponse:
    """One day by hand."""
    form = HolidayForm(request.POST)
    return _entered(request, form, "holidays", actions.record_holidays, _holidays)


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The seller's own codes, and what each would give today."""
    return _terms(request, TermForm())


def _terms(request: HttpRequest, form: TermForm, status: int = 200) -> HttpResponse:
    context = {"terms": reading.terms(today(timezone.now()))}
    return _page(request, "terms", form, context, status)


@require_POST
def enter_term(request: HttpRequest) -> HttpResponse:
    """One term by hand; a known code is changed, an ended one lives again."""
    return _entered(request, TermForm(request.POST), "terms", actions.record_terms, _terms)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """A term that no invoice is to be read by any more."""
    code = request.POST.get("code", "")
    actions.end_term(code, actor=actor_of(request), at=timezone.now())
    messages.success(request, str(T("{c} 已停用。", "{c} has ended.").format(c=code)))
    return redirect("terms")


def _entered(
    request: HttpRequest,
    form: Any,
    name: str,
    record: Callable[..., Any],
    again: Callable[..., HttpResponse],
) -> HttpResponse:
    """Record the form's row and go back to the list, or show the form with what is wrong."""
    if form.is_valid():
        try:
            counts = record([form.row()], actor=actor_of(request), at=timezone.now())
        except Refused as refused:
            form.add_error(None, forms.ValidationError(str(refused.text)))
        else:
            said = CHANGED if counts.updated else SAME if counts.unchanged else ENTERED
            messages.success(request, str(said))
            return redirect(name)
    return again(request, form, 422)


def _page(
    request: HttpRequest, name: str, form: Any, context: dict[str, Any], status: int
) -> HttpResponse:
    labels = {
        "rates": T("汇率", "Exchange rates"),
        "holidays": T("节假日", "Holidays"),
        "terms": T("付款条件", "Payment terms"),
    }
    tabs = [Tab(label, f"/{one}/", one == name) for one, label in labels.items()]
    context |= {
        "form": form,
        "tabs": tabs,
        "heading": labels[name],
        "kind": name,
        "may_edit": request.user.may(actions.PERMISSION),
        "may_import": request.user.may("imports.run"),
    }
    return render(request, f"almanac/{name}.html", context, status=status)
