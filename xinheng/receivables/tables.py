"""The six tables that documents come in by: which columns a row decides, and what follows.

A column in `optional` may be not told (`rows.NOT_TOLD`): then a known document keeps what it has
and a new one starts with the value given here. Derived columns (open amounts, what counts) are
`born` with a first guess and set right when the book is settled. Example: a file of invoices
without a column of order numbers leaves order_number as it is; one whose cell is empty clears it.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from xinheng.receivables.rows import (
    BillRow,
    DeliveryRow,
    GuaranteeRow,
    InvoiceRow,
    OrderRow,
    ReceiptRow,
)

Pair = tuple[int, str]


class Table(NamedTuple):
    """A table keyed by `number`; `columns` come from rows in this order."""

    kind: str  # what doors, batches and the quarantine call it
    name: str
    row: Any  # the type of its rows
    columns: tuple[str, ...]
    optional: dict[str, Any]  # columns that may be not told → a new document's value
    born: dict[str, str]  # derived column → SQL of its first value over the staged row `s`
    bent: dict[str, str]  # derived column → SQL that keeps it lawful when row `t` becomes `s`
    cause: str  # as the journal calls what it moves
    money: bool = False  # cash is applied anew after it
    chain: bool = False  # order chains are computed anew after it

    @property
    def stage(self) -> str:
        return f"staged_{self.name}"

    @property
    def listed(self) -> str:
        return ", ".join(self.columns)


_HEAD = ("number", "customer_id", "currency", "amount_minor")
_TAIL = ("revision", "simulated")

ORDERS: Final = Table(
    kind="orders",
    name="receivables_order",
    row=OrderRow,
    columns=(*_HEAD, "ordered_on", "delivery_on", "state", "scope", *_TAIL),
    optional={"delivery_on": None, "scope": ""},
    born={"open_minor": "0"},
    bent={},
    cause="order",
    chain=True,
)
DELIVERIES: Final = Table(
    kind="deliveries",
    name="receivables_delivery",
    row=DeliveryRow,
    columns=(*_HEAD, "delivered_on", "order_number", "state", "scope", *_TAIL),
    optional={"order_number": "", "scope": ""},
    born={},
    bent={},
    cause="deliver",
    chain=True,
)
INVOICES: Final = Table(
    kind="invoices",
    name="receivables_invoice",
    row=InvoiceRow,
    columns=(
        *(*_HEAD, "issued_on", "due_on", "terms", "order_number", "credits", "scope"),
        *("settled_on", "disputed", "dispute_accepted_on", *_TAIL, "source"),
    ),
    optional={
        "terms": "",
        "order_number": "",
        "credits": "",
        "scope": "",
        "settled_on": None,
        "disputed": False,
        "dispute_accepted_on": None,
    },
    # A first guess that the cash application confirms: it then has few rows left to correct.
    born={
        "open_minor": "case when s.settled_on is null then greatest(s.amount_minor, 0) else 0 end"
    },
    bent={"open_minor": "least(t.open_minor, greatest(s.amount_minor, 0))"},
    cause="invoice",
    money=True,
    chain=True,
)
RECEIPTS: Final = Table(
    kind="receipts",
    name="receivables_receipt",
    row=ReceiptRow,
    columns=(
        *(*_HEAD, "received_on", "reference", "method", "prepayment", "confirmed"),
        *_TAIL,
    ),
    optional={"reference": "", "method": "", "prepayment": False, "confirmed": True},
    born={"unapplied_minor": "case when s.method = 'settlement' then 0 else s.amount_minor end"},
    bent={},
    cause="apply",
    money=True,
)
BILLS: Final = Table(
    kind="bills",
    name="receivables_bill",
    row=BillRow,
    columns=(
        *("number", "customer_id", "currency", "amount_minor", "kind", "received_on", "due_on"),
        *("state", "state_on", "recourse_until", "reference", "acceptor", *_TAIL),
    ),
    optional={"state_on": None, "recourse_until": None, "reference": "", "acceptor": ""},
    born={"counts_minor": "0"},
    bent={},
    cause="bill",
    money=True,
)
GUARANTEES: Final = Table(
    kind="guarantees",
    name="receivables_guarantee",
    row=GuaranteeRow,
    columns=(*_HEAD, "issued_on", "valid_until", "state", "beneficiary", *_TAIL),
    optional={"valid_until": None, "beneficiary": ""},
    born={"counts_minor": "0"},
    bent={},
    cause="guarantee",
)
TABLES: Final = (ORDERS, DELIVERIES, INVOICES, RECEIPTS, BILLS, GUARANTEES)
BY_NAME: Final = {table.name: table for table in TABLES}
BY_KIND: Final = {table.kind: table for table in TABLES}
