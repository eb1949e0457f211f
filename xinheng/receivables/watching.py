"""The continuous look at counters and documents: a difference is an alarm, with both figures.

A round asks about some hundred customers at a time, forever. What it finds is kept until a later
look finds both equal again, which a rebuild brings about; nothing is ever set right in silence.
Worked: open items of 80.00 on a line, its only invoice open at 60.00 → an alarm "8000 ≠ 6000";
after the rebuild the next look ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from xinheng.receivables.models import Difference
from xinheng.receivables.queries import reconcile
from xinheng.receivables.reconciling import Off

Key = tuple[int, str, str, str, Any]
CUSTOMERS_MAX: Final = 2_000


def watch(customer_ids: Sequence[int], *, at: datetime) -> list[Off]:
    """Compare the lines of these customers with their documents and keep what differs; the
    differences that are new.

    A difference that is gone ends; one that stands is not told again. At most CUSTOMERS_MAX.
    """
    ids = list(customer_ids)[:CUSTOMERS_MAX]
    found = {_key(off): off for off in reconcile(ids)}
    with transaction.atomic():
        standing = Difference.objects.select_for_update().filter(
            customer_id__in=ids, resolved_at__isnull=True
        )
        known = {_key(row): row for row in standing}
        gone = [row.pk for key, row in known.items() if key not in found]
        Difference.objects.filter(pk__in=gone).update(resolved_at=at)
        new = [off for key, off in found.items() if key not in known]
        Difference.objects.bulk_create(
            Difference(
                customer_id=off.customer_id,
                currency=off.currency,
                scope=off.scope,
                component=off.component,
                day=off.day,
                counter_minor=off.counter,
                documents_minor=off.documents,
                found_at=at,
            )
            for off in new
        )
    return new


def _key(one: Any) -> Key:
    return (one.customer_id, one.currency, one.scope, one.component, one.day)
