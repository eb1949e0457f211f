"""What the pages of rates, holidays and terms show: the newest of each pair, and lists by filter.

A rate is *too old* when an order check of today would not take it: older than the live policy's
days, for the policy's own kind. Example: policy "mid, 7 days", newest EUR/CNY mid of 12 days ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import QueryDict

from xinheng.almanac.models import Holiday, PaymentTerm, Rate
from xinheng.almanac.queries import plain
from xinheng.credit import term
from xinheng.decisions.governing import live_policy
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.tables import Column

PAIRS_SHOWN: Final = 200
RATE_COLUMNS: Final = (Column("day", T("日期", "Date"), "day"),)
KIND_WORDS: Final = {
    "mid": T("中间价", "mid"),
    "buy": T("买入价", "buy"),
    "sell": T("卖出价", "sell"),
    "month_end": T("月末", "month end"),
}


@dataclass(frozen=True)
class Newest:
    """The newest rate of a pair and kind, its age in days, and whether an order check would still
    take it (None: the policy uses another kind).
    """

    rate: Rate
    shown: str
    age: int
    too_old: bool | None


@dataclass(frozen=True)
class RateRule:
    kind: str
    age_days: int


def rate_rule() -> RateRule | None:
    """Which rates the live order-check policy takes; None before there is one."""
    try:
        rule = live_policy().policy.rates
    except Refused:
        return None
    return RateRule(rule.kind, rule.age_days)


def newest(today: date, rule: RateRule | None) -> list[Newest]:
    """One line per pair and kind, the policy's own kind first."""
    rows = Rate.objects.filter(day__lte=today).order_by("kind", "base", "quote", "-day")
    found = []
    for row in rows.distinct("kind", "base", "quote")[:PAIRS_SHOWN]:
        age = (today - row.day).days
        judged = rule is not None and row.kind == rule.kind
        too_old = age > rule.age_days if judged and rule else None
        found.append(Newest(row, plain(row.rate), age, too_old))
    return sorted(found, key=lambda one: (one.too_old is None, one.rate.kind, one.rate.base))


def rates(given: QueryDict) -> QuerySet[Rate]:
    """The list by currency, kind and first day."""
    rows = Rate.objects.all()
    if currency := given.get("currency", "").strip().upper()[:3]:
        rows = rows.filter(Q(base=currency) | Q(quote=currency))
    if kind := given.get("kind", "")[:12]:
        rows = rows.filter(kind=kind)
    if day := day_of(given.get("from", "")):
        rows = rows.filter(day__gte=day)
    return rows


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def kinds() -> list[str]:
    return list(Rate.objects.order_by("kind").values_list("kind", flat=True).distinct())


def holidays(calendar: str, year: int) -> list[Holiday]:
    """A calendar's days of one year."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = Holiday.objects.filter(calendar=calendar, day__range=(first, last))
    return list(rows.order_by("day"))


def calendars() -> list[str]:
    rows = Holiday.objects.order_by("calendar").values_list("calendar", flat=True)
    return list(rows.distinct())


def year_of(text: str, today: date) -> int:
    fine = text.isascii() and text.isdigit() and len(text) == 4 and 1990 <= int(text) <= 2199
    return int(text) if fine else today.year


def terms(today: date) -> list[dict[str, Any]]:
    """Every term with what it would give an invoice of today, living ones first."""
    rows = PaymentTerm.objects.order_by("code")
    shown = [
        {"term": row, "due_on": term.due_on(term.parse(row.rule), today)} for row in rows[:1_000]
    ]
    return sorted(shown, key=lambda one: one["term"].ended_at is not None)
