"""What tests about proposals share: a customer with a calculated proposal that waits."""

from __future__ import annotations

from typing import Any

from tests.world import AT, make_customer, make_line
from xinheng.customers.models import Customer
from xinheng.limits.models import Proposal
from xinheng.limits.proposing import propose
from xinheng.limits.values import NewProposal
from xinheng.people.actor import system

WORKINGS = {
    "grade": "BBB",
    "grade_coefficient": "0.8",
    "median_minor": 125_000_00,
    "decisive": "L7",
    "methods": [
        {"method": "L1", "value_minor": None, "why_not": "missing", "inputs": {}},
        {"method": "L7", "value_minor": 125_000_00, "why_not": None, "inputs": {}},
    ],
    "caps": {"months_of_sales": 300_000_00},
    "as_of": "2026-11-20",
}


def suggest(customer: Customer, amount_minor: int, currency: str = "CNY", **more: Any) -> int:
    """As an assessment suggests; returns how many wait anew."""
    row = NewProposal(customer.pk, currency, amount_minor, 30, WORKINGS | more, "system:import")
    return propose([row], actor=system("tests"), at=AT)


def waiting_for(
    code: str, unit: int | None, amount_minor: int, used_minor: int = 0, **more: Any
) -> Proposal:
    """A customer without a limit that uses `used_minor`, and its waiting proposal."""
    customer = make_customer(code, unit=unit, search_text=code.lower())
    make_line(customer, None, valid_from=None, valid_until=None, open_items=used_minor)
    suggest(customer, amount_minor, **more)
    return Proposal.objects.get(customer=customer, state="proposed")
