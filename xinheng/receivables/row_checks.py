"""What a row must be, whatever is stored: amounts with the right sign, states that are known.

Example: a receipt of −5.00 is refused (BAD_AMOUNT, lower the receipt it came from instead), and a
receipt numbered "credit:7" too (RESERVED_NUMBER): such numbers are ours. The doors find the same
faults row by row and earlier; here nothing gets past that they overlooked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from xinheng.receivables.own_receipts import PREFIXES
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.receivables.rows import (
    BILL_KINDS,
    BILL_STATES,
    DELIVERY_STATES,
    GUARANTEE_STATES,
    ORDER_STATES,
    BillRow,
    DeliveryRow,
    GuaranteeRow,
    InvoiceRow,
    OrderRow,
    ReceiptRow,
)
from xinheng.receivables.tables import BILLS, DELIVERIES, GUARANTEES, INVOICES, ORDERS, RECEIPTS
from xinheng.refusals import Refused


def check_rows(kind: str, rows: Sequence[Any]) -> None:
    """Refuses BAD_AMOUNT, BAD_STATE and RESERVED_NUMBER."""
    CHECKS[kind](rows)


def _amounts(rows: Sequence[Any], good: Callable[[int], bool]) -> None:
    for row in rows:
        if not good(row.amount_minor):
            raise Refused(ReceivablesRefusal.BAD_AMOUNT, number=row.number)


def _known(rows: Sequence[Any], field: str, known: Sequence[str]) -> None:
    for row in rows:
        if (told := getattr(row, field)) not in known:
            words = {"state": told, "known": ", ".join(known)}
            raise Refused(ReceivablesRefusal.BAD_STATE, number=row.number, **words)


def _positive(minor: int) -> bool:
    return minor > 0


def _not_zero(minor: int) -> bool:
    return minor != 0


def _check_orders(rows: Sequence[OrderRow]) -> None:
    _amounts(rows, lambda minor: minor >= 0)
    _known(rows, "state", ORDER_STATES)


def _check_deliveries(rows: Sequence[DeliveryRow]) -> None:
    _amounts(rows, _not_zero)
    _known(rows, "state", DELIVERY_STATES)


def _check_invoices(rows: Sequence[InvoiceRow]) -> None:
    _amounts(rows, _not_zero)


def _check_receipts(rows: Sequence[ReceiptRow]) -> None:
    _amounts(rows, _positive)
    for row in rows:
        if row.number.startswith(PREFIXES):
            raise Refused(ReceivablesRefusal.RESERVED_NUMBER, number=row.number)


def _check_bills(rows: Sequence[BillRow]) -> None:
    _amounts(rows, _positive)
    _known(rows, "kind", BILL_KINDS)
    _known(rows, "state", BILL_STATES)


def _check_guarantees(rows: Sequence[GuaranteeRow]) -> None:
    _amounts(rows, _positive)
    _known(rows, "state", GUARANTEE_STATES)


CHECKS: Final[dict[str, Callable[[Any], None]]] = {
    ORDERS.kind: _check_orders,
    DELIVERIES.kind: _check_deliveries,
    INVOICES.kind: _check_invoices,
    RECEIPTS.kind: _check_receipts,
    BILLS.kind: _check_bills,
    GUARANTEES.kind: _check_guarantees,
}
