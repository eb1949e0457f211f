"""The rows that a file, an ERP or the demonstration book hands to this room: plain frozen values.

Amounts are integer minor units, dates are calendar dates of the company; the doors have parsed and
checked them. Example: invoice "I1" of customer "C-7" over 120,000.00 CNY, issued 2026-09-01 and due
2026-10-01, has `amount_minor=12_000_000`.

`NOT_TOLD` (a file without the column, a message without the field) leaves what is known as it is;
an empty text or None is *told empty* and takes it away. `revision` is the sender's own counter of
changes: a row older than what is stored changes nothing, the same one with other contents is kept
aside, and a row that has one is the whole document, so that what it does not tell is empty. 0: the
sender counts none; then the row that comes last is true, unless a counted one is known.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from msgspec import UNSET, Struct, UnsetType

NOT_TOLD: Final = UNSET

TextTold = str | UnsetType
DayTold = date | UnsetType | None
FlagTold = bool | UnsetType

# Documents' states as files know them; only an open order counts in exposure.
ORDER_STATES: Final = ("open", "closed", "cancelled")
DELIVERY_STATES: Final = ("posted", "cancelled")
BILL_KINDS: Final = ("listed", "bank", "commercial")
# held: in our hands. discounted, endorsed: passed on, and it may come back to us until recourse
# ends. cleared: paid. bounced, returned: not paid, the invoice is open again.
BILL_STATES: Final = ("held", "discounted", "endorsed", "cleared", "bounced", "returned")
GUARANTEE_STATES: Final = ("open", "ended")


class OrderRow(Struct, frozen=True, kw_only=True):
    number: str
    customer_code: str
    currency: str
    amount_minor: int
    ordered_on: date
    customer_name: str = ""
    delivery_on: DayTold = NOT_TOLD
    state: str = "open"
    scope: TextTold = NOT_TOLD  # as limits.CreditLine.scope: "", "unit:X", "product:X", "project:X"
    revision: int = 0
    simulated: bool = False


class DeliveryRow(Struct, frozen=True, kw_only=True):
    """Goods that left, at their sales value; a return is a delivery with a negative amount."""

    number: str
    customer_code: str
    currency: str
    amount_minor: int
    delivered_on: date
    customer_name: str = ""
    order_number: TextTold = NOT_TOLD  # without one the delivery stands for itself
    state: str = "posted"
    scope: TextTold = NOT_TOLD
    revision: int = 0
    simulated: bool = False


class InvoiceRow(Struct, frozen=True, kw_only=True):
    """An invoice; a credit note has a negative amount and may name the invoice it corrects."""

    number: str
    customer_code: str
    currency: str
    amount_minor: int
    issued_on: date
    due_on: date
    customer_name: str = ""
    terms: TextTold = NOT_TOLD
    order_number: TextTold = NOT_TOLD
    credits: TextTold = NOT_TOLD  # a credit note: the invoice that it corrects
    scope: TextTold = NOT_TOLD
    settled_on: DayTold = NOT_TOLD  # paid in full on that day: becomes a receipt of its own
    disputed: FlagTold = NOT_TOLD
    dispute_accepted_on: DayTold = NOT_TOLD  # the seller agrees that it is in dispute
    revision: int = 0
    simulated: bool = False
    source: str = ""


class ReceiptRow(Struct, frozen=True, kw_only=True):
    """Money received. `confirmed` False: announced, the bank has not confirmed it; counts nowhere
    and pays nothing until it is.
    """

    number: str
    customer_code: str
    currency: str
    amount_minor: int
    received_on: date
    customer_name: str = ""
    reference: TextTold = NOT_TOLD  # the invoice number that the payer named
    method: TextTold = NOT_TOLD
    prepayment: FlagTold = NOT_TOLD  # paid before delivery: what is left counts as `prepaid`
    confirmed: FlagTold = NOT_TOLD
    revision: int = 0
    simulated: bool = False


class BillRow(Struct, frozen=True, kw_only=True):
    """A bill of exchange received. kind: listed (accepted by a listed bank), bank, commercial."""

    number: str
    customer_code: str
    currency: str
    amount_minor: int
    received_on: date
    due_on: date
    customer_name: str = ""
    kind: str = "commercial"
    state: str = "held"
    state_on: DayTold = NOT_TOLD
    recourse_until: DayTold = NOT_TOLD  # the last day on which it may come back to us
    reference: TextTold = NOT_TOLD  # the invoice that it pays
    acceptor: TextTold = NOT_TOLD
    revision: int = 0
    simulated: bool = False


class GuaranteeRow(Struct, frozen=True, kw_only=True):
    """A guarantee that we gave for the customer."""

    number: str
    customer_code: str
    currency: str
    amount_minor: int
    issued_on: date
    customer_name: str = ""
    valid_until: DayTold = NOT_TOLD  # the last day on which it holds
    state: str = "open"
    beneficiary: TextTold = NOT_TOLD
    revision: int = 0
    simulated: bool = False
