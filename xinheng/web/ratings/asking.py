"""What the address asks of the rating board; words that are not ours mean the usual.

Example: `?currency=CNY&unit=EAST&tier=watch&before=2026-08-22&day=2026-11-20`. A day to come means
today, an earlier day that is not earlier means ninety days before.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest

from xinheng.people.models import BusinessUnit
from xinheng.portfolio.ratings import RULES, TIERS, Asked
from xinheng.texts import T
from xinheng.web.frame.currencies import currency_of

TIER_NAMES: Final = {
    "normal": T("一般客户", "Normal"),
    "watch": T("关注客户", "On watch"),
}


def asked_of(request: HttpRequest, today: date) -> Asked:
    """The board that this address is about."""
    said = request.GET
    day = min(_day(said.get("day", "")) or today, today)
    before = _day(said.get("before", ""))
    if before is None or before >= day:
        before = day - timedelta(days=RULES["back_days"])
    tier = said.get("tier", "")
    return Asked(
        day=day,
        before=before,
        currency=currency_of(request),
        unit_id=_unit(said.get("unit", "")),
        tier=tier if tier in TIERS else "",
    )


def units_of(user: Any) -> list[BusinessUnit]:
    """The units to choose from; who sees one only has no choice."""
    return list(BusinessUnit.objects.order_by("code")) if user.sees_all_units else []


def _unit(code: str) -> int | None:
    if not code or len(code) > 40:
        return None
    found = BusinessUnit.objects.filter(code=code).values_list("pk", flat=True).first()
    return -1 if found is None else int(found)  # an unknown unit has no customers


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
