"""Which currency a page shows: the one in its address, else the company's own. Amounts are never
added across.

A book that holds nothing in the company's currency opens in the one that most of its lines are
in, so that the first page after an import is not an empty one.
"""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from xinheng.limits.models import CreditLine
from xinheng.people.queries import company
from xinheng.portfolio.queries import currencies

FALLBACK = "CNY"
REMEMBER_SECONDS = 30  # the tabs of a large book are not worth a walk over every line each time


def base_currency() -> str:
    seller = company()
    return seller.base_currency if seller else FALLBACK


def currency_of(request: HttpRequest) -> str:
    """Three capital letters from `?currency=`, else the base currency, else the book's main one."""
    asked = request.GET.get("currency", "")
    if len(asked) == 3 and asked.isascii() and asked.isupper():
        return asked
    base = base_currency()
    if CreditLine.objects.visible_to(request.user).filter(currency=base).exists():
        return base
    return next(iter(currencies()), base)


def currencies_in_use(user: Any) -> list[str]:
    """The currencies of the person's book, the company's own first."""
    place = f"currencies:{user.pk}"
    found = cache.get(place)
    if found is None and (found := currencies(user)):
        cache.set(place, found, REMEMBER_SECONDS)
    base = base_currency()
    return sorted(found, key=lambda code: code != base)
