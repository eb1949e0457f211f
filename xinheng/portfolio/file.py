"""A credit file in figures: what the API, the command line and the page's head tell about one
customer.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from xinheng.credit.ageing import Item, age
from xinheng.credit.money import to_text
from xinheng.customers.models import Customer
from xinheng.decisions.models import Rating
from xinheng.limits.models import CreditLine
from xinheng.limits.queries import lines_of, usage
from xinheng.people.queries import today
from xinheng.receivables.queries import OpenItem, open_items


def credit_file_summary(customer: Customer, reader: Any, at: datetime) -> dict[str, Any]:
    """Who, rating, and per currency: limit and use, open, overdue, ageing. `reader` has been let
    in to this customer already; money is decimal strings.
    """
    rating = Rating.objects.filter(customer=customer).first()
    day = today(at)
    items = open_items(customer.pk, day)
    lines = {line.currency: line for line in lines_of(customer.pk)}
    currencies = list(lines) + sorted({item.currency for item in items} - set(lines))
    return {
        "code": customer.code,
        "name": customer.name,
        "name_en": customer.name_en,
        "status": customer.status,
        "grade": rating.grade or None if rating else None,
        "points": rating.points if rating else None,
        "rating_valid_until": rating.valid_until.isoformat() if rating else None,
        "limits": [
            {**_line(lines.get(currency), currency), **_open(items, currency, day)}
            for currency in currencies
        ],
        "simulated": customer.simulated,
    }


def _line(line: CreditLine | None, currency: str) -> dict[str, Any]:
    """Limit, validity and use of one line; without a line there is no limit and nothing in use."""
    if line is None:
        nothing = to_text(0, currency)
        return {"currency": currency, "limit": None, "valid_until": None, "used": nothing}
    found = usage(line)
    amount = None if line.amount_minor is None else to_text(line.amount_minor, currency)
    return {
        "currency": currency,
        "limit": "unlimited" if line.unlimited else amount,
        "valid_until": line.valid_until.isoformat() if line.valid_until else None,
        "terms_days": line.terms_days_max,
        "used": to_text(found.used_minor, currency),
        "headroom": None
        if found.headroom_minor is None
        else to_text(found.headroom_minor, currency),
        "components": {
            name: to_text(getattr(found.components, name), currency)
            for name in found.components.__struct_fields__
        },
    }


def _open(items: list[OpenItem], currency: str, day: date) -> dict[str, Any]:
    """What is open and overdue in a currency, by lateness."""
    aged = age(
        [
            Item(item.open_minor, item.issued_on, item.due_on)
            for item in items
            if item.currency == currency
        ],
        day,
    )
    return {
        "open": to_text(aged.total_minor, currency),
        "open_items": sum(item.currency == currency for item in items),
        "overdue": to_text(aged.overdue_minor, currency),
        "oldest_overdue_days": max(0, aged.oldest_dpd),
        "ageing": {name: to_text(minor, currency) for name, minor in aged.by_lateness.items()},
    }
