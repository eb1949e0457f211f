"""Licences of a customer on the tab of qualifications: which papers there are and until when.

A paper that stood in the file on the day one looks at is listed with its validity on that day, the
one that ends first on top. Example: looked at on 2026-11-20, a licence until 2026-12-10 has "20
days left". The papers themselves are handed out on the page of documents, which keeps a record.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest

from xinheng.customers.models import Customer
from xinheng.dossiers.queries import Filed, documents_of
from xinheng.web.files.documents import shown

if TYPE_CHECKING:
    from xinheng.web.files.panels import Seen

SHOWN_MAX: Final = 30


def read(request: HttpRequest, customer: Customer, seen: Seen) -> dict[str, Any]:
    """The licences that stood in the file, the earliest end first, those without an end last."""
    filed = [
        one
        for one in documents_of(request.user, customer.pk)
        if one.kind == "licence" and _stood(one, seen)
    ]
    filed.sort(key=lambda one: one.valid_until or date.max)
    return {
        "rows": [shown(one, {}, seen.day) for one in filed[:SHOWN_MAX]],
        "further": max(0, len(filed) - SHOWN_MAX),
        "may_add": seen.known_at is None and request.user.may("documents.add"),
    }


def _stood(one: Filed, seen: Seen) -> bool:
    if seen.known_at is None:
        return one.withdrawn_at is None
    gone = one.withdrawn_at is not None and one.withdrawn_at <= seen.known_at
    return one.uploaded_at <= seen.known_at and not gone
