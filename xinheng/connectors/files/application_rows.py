"""Good lines of applications become wishes; what the room would refuse stands beside the cell.

The same checks as for an application typed on a page, so that a trial finds what submitting would
find. Example: 用途 "备货" is too short: the line is refused at that column, its neighbours go on.
Of one customer and currency a file may hold one wish, since one can be open; temporary ones beside.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from xinheng.applications.applying import require_sound
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import ApplicationRow
from xinheng.connectors.files.rows import Table
from xinheng.refusals import Refused

Make = Callable[[int], Any]
COLUMN_OF: Final[dict[Enum, str]] = {
    ApplicationRefusal.BAD_KIND: "kind",
    ApplicationRefusal.BAD_CURRENCY: "currency",
    ApplicationRefusal.BAD_AMOUNT: "amount",
    ApplicationRefusal.BAD_TERMS: "terms_days",
    ApplicationRefusal.BAD_PERIOD: "valid_from",
    ApplicationRefusal.BAD_FORECAST: "purchases",
    ApplicationRefusal.NEEDS_WORDS: "purpose",
    ApplicationRefusal.TOO_LONG: "purpose",
}


def _applications(table: Table, simulated: bool) -> Make:
    code, kind = table.getter("customer_code", ""), table.getter("kind", "")
    amount, currency = table.getter("amount", None), table.getter("currency", "")
    terms, purpose = table.getter("terms_days", None), table.getter("purpose", "")
    first, last = table.getter("valid_from", None), table.getter("valid_until", None)
    purchases, share = table.getter("purchases", None), table.getter("share_pct", None)

    def make(position: int) -> ApplicationRow | None:
        row = ApplicationRow(
            customer_code=code(position),
            kind=kind(position) or "new",
            amount_minor=amount(position),
            currency=currency(position),
            terms_days=terms(position),
            purpose=purpose(position),
            valid_from=first(position),
            valid_until=last(position),
            purchases_minor=purchases(position),
            share_pct=share(position),
        )
        return row if _sound(table, position, row) else None

    return make


def _sound(table: Table, position: int, row: ApplicationRow) -> bool:
    try:
        require_sound(row.wish(0, None), table.today)
    except Refused as refused:
        table.refuse(position, COLUMN_OF[refused.code], refused.text)
        return False
    return True


def _key(row: ApplicationRow) -> tuple[Any, ...]:
    days = (row.valid_from, row.valid_until) if row.kind == "temporary" else ()
    return (row.customer_code, row.currency, *days)


MAKERS: Final[dict[str, Callable[[Table, bool], Make]]] = {"applications": _applications}
KEYS: Final[dict[str, Callable[[Any], Any]]] = {"applications": _key}
