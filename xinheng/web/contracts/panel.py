"""Contracts on their tab: what is in force, what waits, what has ended, as it was known.

Worked: looked at as of 1 May, a contract that was corrected in June shows its words of May.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from xinheng.contracts.actions import EDIT
from xinheng.contracts.queries import of_customer
from xinheng.customers.models import Customer
from xinheng.web.contracts.views import row_of

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

ORDER = ("in_force", "draft", "ahead", "run_out", "terminated", "ended")


def contracts_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any]:
    """The contracts of one customer, those that count first."""
    rows = of_customer(request.user, customer.pk, seen.known_at)
    told = [row_of(one, seen.day, seen.known_at) for one in rows]
    shown = sorted((one for one in told if one["code"] in ORDER), key=_place)
    return {"rows": shown, "may_edit": seen.known_at is None and request.user.may(EDIT)}


def _place(one: dict[str, Any]) -> int:
    return ORDER.index(one["code"])
