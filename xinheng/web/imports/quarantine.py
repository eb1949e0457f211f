"""Messages in quarantine: what contradicts what is known, why, and a person's word on it.

They are tried again by themselves whenever something changes; a person only ends what shall never
be applied, and says why. Example: a receipt R-1 for C2, while R-1 is a receipt of C1.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.connectors.files.fields import KINDS
from xinheng.credit.money import display
from xinheng.receivables.actions import REASON_MAX, dismiss_quarantined
from xinheng.receivables.queries import quarantined
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import Column, Sorting, page_by_key

SHOWN_MAX = 20
NEWEST_FIRST = Sorting(Column("id", T("编号", "No"), "pk"), True)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits, newest first."""
    return _page(request)


@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """End one of them with a reason; without a good one the page comes back."""
    number = request.POST.get("item", "")
    item = int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0
    reason = request.POST.get("reason", "")
    try:
        dismiss_quarantined(item, reason, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        if refused.code is not ReceivablesRefusal.NEEDS_REASON or not item:
            raise
        return _page(request, item, refused.text, status=422)
    messages.success(request, str(T("已处理，不会应用。", "Dismissed; it won't be applied.")))
    return redirect("quarantine")


def _page(
    request: HttpRequest, item: int = 0, error: T | None = None, status: int = 200
) -> HttpResponse:
    page = page_by_key(request, quarantined(request.user), NEWEST_FIRST)
    context = {
        "page": page,
        "rows": [shown(row) for row in page.rows],
        "item": item,
        "error": error,
        "most": REASON_MAX,
    }
    return render(request, "imports/quarantine.html", context, status=status)


def shown(item: Any) -> dict[str, Any]:
    """A message as a line of a table."""
    row = item.row
    return {
        "item": item,
        "kind": KINDS.get(item.kind, item.kind),
        "customer": row["customer_code"],
        "amount": display(row["amount_minor"], row["currency"]),
        "currency": row["currency"],
        "why": ReceivablesRefusal[item.code].value.format(number=item.number),
    }
