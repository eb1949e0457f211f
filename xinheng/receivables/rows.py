"""The rows that a file, an ERP or the demonstration book hands to this room: plain frozen values.

Amounts are integer minor units, dates are calendar dates of the company; the doors have parsed and
checked them. A credit note is an invoice with a negative amount. Example: invoice "I1" of customer
"C-7" over 120,000.00 CNY, issued 2026-09-01 and due 2026-10-01, has `amount_minor=12_000_000`.
"""

from __future__ import annotations

from datetime import date

from msgspec import Struct

# Orders' states as files know them; only an open order counts in exposure.
ORDER_STATES = ("open", "closed", "cancelled")


class InvoiceRow(Struct, frozen=True, kw_only=True):
    number: str
    customer_code: str
    currency: str
    amount_minor: int
    issued_on: date
    due_on: date
    customer_name: str = ""
    terms: str = ""
    order_number: str = ""
    settled_on: date | None = None  # paid in full on that day: becomes a receipt of its own
    disputed: bool = False
    simulated: bool = False
    source: str = ""


class ReceiptRow(Struct, frozen=True, kw_only=True):
    number: str
    customer_code: str
    currency: str
    amount_minor: int
    received_on: date
    customer_name: str = ""
    reference: str = ""  # the invoice number that the payer named
    method: str = ""
    simulated: bool = False


class OrderRow(Struct, frozen=True, kw_only=True):
    number: str
    customer_code: str
    currency: str
    amount_minor: int
    ordered_on: date
    customer_name: str = ""
    delivery_on: date | None = None
    state: str = "open"
    simulated: bool = False
