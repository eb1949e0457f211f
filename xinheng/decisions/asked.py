"""What an order asks for, and how much of it stands in the books under its number already.

Documents carry part of an order, and its own reservation another; neither may count against it, and
neither is promised twice. Both are found under the order's number, whichever of the customer's
lines they are booked on: the ERP may know no project where the check names one. Example: the check
asks for 900.00 in project BRIDGE; the ERP told 800.00 without a project. The 800.00 are taken off
the customer's own line while the order is judged, and a yes promises the other 100.00.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from xinheng.decisions.facts import OnOrder, Pending
from xinheng.limits.values import LockedLine


class Booked(NamedTuple):
    """What of an order counts in the orders of a line, in that line's currency."""

    line_id: int
    minor: int
    delivery_on: str | None


class Carried(NamedTuple):
    """What stands under an order's number already.

    itself: what the lines' orders hold of it, to be taken off while it is judged. `counted_minor`:
    the ERP's open order; `fulfilled_minor`: delivered or invoiced, and counted where it was booked;
    `covered_minor`: the largest that documents ever said of it; `documents_on`: the line on which
    documents are booked. `live`: a reservation stands, be it taken over whole.
    """

    itself: tuple[Booked, ...] = ()
    counted_minor: int = 0
    fulfilled_minor: int = 0
    covered_minor: int = 0
    promised_minor: int = 0
    documents_on: int | None = None
    live: bool = False


NOTHING: Final = Carried()


class Asked(NamedTuple):
    """An order as the ground needs it. Amounts are in the account's own currency."""

    ref: str
    version: int
    amount_minor: int
    currency: str
    terms_days: int | None
    requested_on: str | None
    delivery_on: str | None = None
    point: str = "order"
    status: str | None = None  # of who orders, where that is not who pays
    carried: Carried = NOTHING
    tolerated_minor: int | None = None
    passed_on: str | None = None
    held: str = ""

    @property
    def further_minor(self) -> int:
        """What nothing in the books carries yet."""
        known = self.carried
        carried = known.counted_minor + known.fulfilled_minor + known.promised_minor
        return max(self.amount_minor - carried, 0)

    @property
    def to_promise_minor(self) -> int:
        """What a yes promises. An order has one live reservation: where it stands, nothing more is
        promised at a later check point.
        """
        return 0 if self.carried.live else self.further_minor


def carried_by(
    documents: OnOrder | None,
    held: Pending | None,
    account: LockedLine,
    lines: Mapping[int, LockedLine],
    *,
    point: str,
) -> Carried:
    """What documents (of the account's customer and currency) and the order's own reservation
    carry, as it is asked at this point.

    A quote asks what would be if its version were ordered: the reservation would be replaced. At
    all other points one in another currency stays, and counts beside what is asked.
    """
    if documents is None and held is None:
        return NOTHING
    itself = []
    told = documents or _NO_DOCUMENTS
    place = None if documents is None else _booked_on(documents.scope, account, lines)
    if told.open_minor and place is not None:
        itself.append(Booked(place, told.open_minor, told.delivery_on))
    promised = 0
    line = lines.get(held.line_id) if held is not None else None
    if held is not None and line is not None and held.promised_minor:
        if line.currency == account.currency:
            promised = held.promised_minor
        if promised or point == "quote":
            itself.append(Booked(held.line_id, held.promised_minor, held.delivery_on))
    return Carried(
        tuple(itself),
        told.open_minor,
        told.fulfilled_minor,
        told.covered_minor,
        promised,
        place,
        held is not None,
    )


_NO_DOCUMENTS: Final = OnOrder("", 0, None, 0, 0)


def _booked_on(scope: str, account: LockedLine, lines: Mapping[int, LockedLine]) -> int | None:
    """The line of the account's customer and currency with this scope. It lies in the account's
    tree, because each scope lies within the customer's own line; None: nothing was booked on it.
    """
    if scope == account.scope:
        return account.id
    key = (account.customer_id, account.currency, scope)
    found = (one.id for one in lines.values() if (one.customer_id, one.currency, one.scope) == key)
    return next(found, None)
