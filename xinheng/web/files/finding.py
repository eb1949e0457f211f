"""Whose file a page shows, found within the reader's sight, and in which currency it begins.

A stranger's customer is 404. Example: `customer_of(request, "C-1001")` for a salesperson of another
business unit raises Http404, as if there were none.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from xinheng.customers.models import Customer
from xinheng.dossiers.lineage import with_lineage
from xinheng.people.queries import company


def customer_of(request: HttpRequest, code: str) -> Customer:
    """The customer with its business unit, knowing whether records were merged into it."""
    rows = with_lineage(Customer.objects.visible_to(request.user))
    found: Customer = get_object_or_404(rows.select_related("business_unit"), code=code)
    return found


def base_currency() -> str:
    """The currency that the company keeps its books in."""
    seller = company()
    return seller.base_currency if seller else "CNY"
