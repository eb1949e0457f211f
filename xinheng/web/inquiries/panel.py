"""References on the tab of trade: who answered, how many points, what waits.

It honours the view: what was asked by then, and of answers and reviews only what was there by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest

from xinheng.customers.models import Customer
from xinheng.inquiries.models import Reference
from xinheng.inquiries.referring import ASK
from xinheng.web.inquiries.references import reference_row

if TYPE_CHECKING:  # the table of panels imports this module
    from xinheng.web.files.panels import Seen

SHOWN_MAX: Final = 12


def references_panel(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any]:
    """The references of one customer as they were known."""
    rows = Reference.objects.all().visible_to(request.user).filter(customer=customer)
    then = seen.known_at
    if then is not None:
        rows = rows.filter(asked_at__lte=then)
    found = list(rows.select_related("asked_person").order_by("-asked_at")[:SHOWN_MAX])
    if then is not None:
        found = [as_of(one, then) for one in found]
    answered = [one.points for one in found if one.points is not None]
    return {
        "rows": [reference_row(one, seen.day) for one in found],
        "mean": (sum(answered) * 2 + len(answered)) // (2 * len(answered)) if answered else None,
        "answers": len(answered),
        "may_ask": request.user.may(ASK) and then is None,
    }


def as_of(row: Reference, then: Any) -> Reference:
    """The row without what came later; a withdrawal has no instant and shows as waiting."""
    if row.answered_at is None or row.answered_at > then:
        row.state, row.answered_at, row.points = "asked", None, None
    if row.reviewed_at is not None and row.reviewed_at > then:
        row.reviewed_at = row.reviewed_by = None
    return row
