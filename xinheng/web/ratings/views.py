"""The rating board: how the book is graded today and how it moved since an earlier day.

Two addresses, one set of filters: what stands now, and what moved. Every count leads to the list it
counts. Example: "12 户下调，5 户上调" since 2026-08-22, with each one's reasons in words.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from xinheng.credit import grade_override, scale
from xinheng.credit.money import divide_half_up
from xinheng.credit.shipped import document
from xinheng.people.queries import today
from xinheng.portfolio import ratings
from xinheng.portfolio.ratings import Asked, Standing
from xinheng.texts import T
from xinheng.web.frame import drawings
from xinheng.web.frame.currencies import currencies_in_use
from xinheng.web.frame.tables import url_with
from xinheng.web.portfolio.views import grade_hrefs
from xinheng.web.ratings.asking import TIER_NAMES, asked_of, units_of
from xinheng.web.ratings.words import explained, matrix

LINES: Final = {
    row["code"]: T(row["zh"], row["en"]) for row in document("scale_v1.json")["red_lines"]
}


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Grades now, and what stands behind them."""
    day = today(timezone.now())
    asked = asked_of(request, day)._replace(day=day)
    user = request.user
    told = ratings.standings(asked, user)
    standing_overrides = ratings.overrides(asked, user)
    overridden = standing_overrides.count()
    red, red_count = ratings.red_lined(asked, user)
    context = _frame(request, asked, "now") | {
        "rows": _rows(told, asked.currency),
        "total": _total(told),
        "bars": {
            "used": drawings.grade_bar({one.grade: one.used_minor for one in told}),
            "customers": drawings.grade_bar({one.grade: one.customers for one in told}),
        },
        "overrides": list(standing_overrides[: ratings.RULES["rows_shown"]]),
        "overridden": overridden,
        "rate": _percent(ratings.override_rate(overridden, told)),
        "rate_aim": _percent(grade_override.RATE_AIM),
        "rate_high": _is_high(ratings.override_rate(overridden, told)),
        "red": [(one, LINES[one.line]) for one in red],
        "red_count": red_count,
        "ends": [(one, (one.valid_until - day).days) for one in ratings.runs_out(asked, user)],
        "with_lgd": ratings.RULES["lgd_bps"] is not None,
    }
    return render(request, "ratings/board.html", context)


@require_safe
def moves(request: HttpRequest) -> HttpResponse:
    """The migration matrix between two days, and who moved most, with reasons."""
    day = today(timezone.now())
    asked = asked_of(request, day)
    user = request.user
    worse, better = ratings.movers(asked, user, day)
    context = _frame(request, asked, "moves") | {
        "matrix": matrix(ratings.flows(asked, user, day)),
        "worse": explained(worse, user),
        "better": explained(better, user),
    }
    return render(request, "ratings/moves.html", context)


def _frame(request: HttpRequest, asked: Asked, here: str) -> dict[str, Any]:
    """What both pages share: filters, tabs, the way to the file."""
    query = urlencode({k: str(v) for k, v in request.GET.items() if v})
    places = [("now", "ratings", T("现状", "Now")), ("moves", "ratings-moves", T("变动", "Moves"))]
    return {
        "asked": asked,
        "currency": asked.currency,
        "currencies": [
            (code, url_with(request, currency=code)) for code in currencies_in_use(request.user)
        ],
        "here": here,
        "places": [
            (label, _with(reverse(name), query), key == here) for key, name, label in places
        ],
        "units": units_of(request.user),
        "unit": request.GET.get("unit", ""),
        "tiers": list(TIER_NAMES.items()),
        "narrowed": asked.unit_id is not None or bool(asked.tier),
        "today": today(timezone.now()),
        "latest": _before(today(timezone.now())),
    }


def _before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _with(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


def _rows(told: list[Standing], currency: str) -> list[tuple[Standing, int, str, str]]:
    """Each grade with its share of all exposure in percent, its PD in words, and its customers."""
    whole = sum(max(0, one.used_minor) for one in told)
    hrefs = grade_hrefs(currency)
    return [
        (
            one,
            divide_half_up(100 * max(0, one.used_minor), whole) if whole else 0,
            "" if one.pd is None else f"{one.pd * 100:.2f}%",
            hrefs.get(one.grade, ""),
        )
        for one in told
    ]


def _total(told: list[Standing]) -> dict[str, Any]:
    rated = [one for one in told if one.grade]
    good = [one for one in rated if scale.grade_rank(one.grade) <= scale.grade_rank("BBB")]
    return {
        "customers": sum(one.customers for one in told),
        "rated": sum(one.customers for one in rated),
        "used": sum(one.used_minor for one in told),
        "loss": sum(one.loss_minor or 0 for one in told),
        "graded_used": sum(max(0, one.used_minor) for one in rated),
        "good_used": sum(max(0, one.used_minor) for one in good),
        "runs_out": [(days, sum(one.runs_out[days] for one in told)) for days in ratings.RUNS_OUT],
    }


def _percent(rate: Any) -> str:
    return "–" if rate is None else f"{rate * 100:.1f}%"


def _is_high(rate: Any) -> bool:
    return rate is not None and rate > grade_override.RATE_AIM
