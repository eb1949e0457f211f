"""How a customer pays, on the tab Payment: the figures, 24 months as a chart, and how late by days.

Reckoned from documents dated up to the day one looks at, in the customer's main currency: what was
entered later with an earlier date counts too, and the panel says so. Worked: 300,000.00 on time and
100,000.00 paid 20 days late in the last 365 days → 75.00 % on time, 25.00 % in "16 to 30 days".
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest
from msgspec import Struct

from xinheng.credit.ageing import share_pct
from xinheng.credit.lateness import Experience
from xinheng.customers.models import Customer
from xinheng.receivables.behaviour import behaviour, paid_of
from xinheng.texts import T
from xinheng.web.files.index_history import index_history
from xinheng.web.files.payment import payment_of

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

# up to so many days late, and its name; None: whatever is later
BANDS: Final = (
    (0, T("按期或提前", "On time or early")),
    (15, T("迟 1–15 天", "1 to 15 days late")),
    (30, T("迟 16–30 天", "16 to 30 days")),
    (60, T("迟 31–60 天", "31 to 60 days")),
    (90, T("迟 61–90 天", "61 to 90 days")),
    (None, T("迟 90 天以上", "more than 90 days")),
)


class Band(Struct, frozen=True):
    """What was paid so late in the last 365 days."""

    name: T
    count: int
    amount_minor: int
    share_pct: Decimal | None


def payment_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any]:
    """Figures, chart and bands on a day; no bands where nothing was paid."""
    figures = behaviour([customer.pk], seen.day).get(customer.pk)
    if figures is None:
        return {"figures": None}
    currency = figures.currency
    return {
        "figures": figures,
        "currency": currency,
        "file": {"payment": payment_of(customer.pk, currency, seen.day)},
        "history": index_history(customer.pk, seen.day),
        "bands": bands_of(paid_of(customer.pk, seen.day, currency=currency)),
    }


def bands_of(paid: Sequence[Experience]) -> list[Band]:
    """Each payment in one band; [] where nothing was paid."""
    total = sum(one.amount_minor for one in paid)
    if total <= 0:
        return []
    places: list[list[Experience]] = [[] for _ in BANDS]
    for one in paid:
        places[_place(one.days_late)].append(one)
    amounts = [sum(one.amount_minor for one in mine) for mine in places]
    return [
        Band(name, len(mine), amount, share_pct(amount, total))
        for (_, name), mine, amount in zip(BANDS, places, amounts, strict=True)
    ]


def _place(days: int) -> int:
    return next(n for n, (most, _) in enumerate(BANDS) if most is None or days <= most)
