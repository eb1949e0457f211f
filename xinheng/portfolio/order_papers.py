"""The papers of an order number: the ERP's order, deliveries, invoices, and what paid them.

Receipts, bills and credit notes are found by what they settle, so a receipt that pays two orders
stands in both with the part that is theirs. Example: invoice I-1 over 40,000.00 for PO-7, 10,000.00
of it paid by receipt R-3 → `invoiced` 30,000.00, `paid` 10,000.00.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from django.db.models import Q, QuerySet

from xinheng.customers.models import Customer
from xinheng.intake.models import Change, ImportBatch
from xinheng.people.models import unit_scope
from xinheng.receivables.models import Allocation, Bill, Delivery, Invoice, Order, OrderChain

PAPERS_MAX: Final = 200
ALLOCATIONS_MAX: Final = 500
BILLS_OUT: Final = ("held", "discounted", "endorsed")  # may still come back to us


class Paper(NamedTuple):
    """A document's part in the order's life; `table` and `row` lead to the batch it came with."""

    kind: str
    day: date
    number: str
    amount_minor: int
    currency: str
    table: str
    row: str
    state: str = ""
    simulated: bool = False


class Papers(NamedTuple):
    """`sums` by (customer, currency): ordered, open, delivered, invoiced, bills, paid, credited."""

    events: list[Paper]
    sums: dict[tuple[int, str], dict[str, int]]
    customers: dict[int, Customer]
    batches: dict[tuple[str, str], ImportBatch]


def papers_of(user: Any, ref: str) -> Papers:
    """All papers that name the order number, of customers that the reader may see."""
    chains = list(_visible(user, OrderChain, number=ref))
    orders = list(_visible(user, Order, number=ref))
    named = Q(order_number=ref) | Q(order_number="", number=ref)
    deliveries = list(_visible(user, Delivery).filter(named)[:PAPERS_MAX])
    invoices = list(_visible(user, Invoice, order_number=ref)[:PAPERS_MAX])
    settled = _settlements(invoices)
    events = [
        *(event for order in orders for event in _ordered(order)),
        *(_delivered(delivery) for delivery in deliveries),
        *(event for invoice in invoices for event in _invoiced(invoice)),
        *(event for part in settled for event in part.events()),
    ]
    sums: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for chain in chains:
        sums[chain.customer_id, chain.currency] |= {
            "ordered": chain.ordered_minor,
            "open": chain.open_minor,
            "delivered": chain.unbilled_minor,
        }
    for invoice in invoices:
        if invoice.amount_minor > 0:
            sums[invoice.customer_id, invoice.currency]["invoiced"] += invoice.open_minor
    for part in settled:
        invoice = part.allocation.invoice
        sums[invoice.customer_id, invoice.currency][part.counts_as] += part.allocation.amount_minor
    papers = [*chains, *orders, *deliveries, *invoices]
    customers = {paper.customer_id: paper.customer for paper in papers}
    return Papers(events, dict(sums), customers, _batches(events))


def _visible(user: Any, model: Any, **named: Any) -> QuerySet[Any]:
    rows: QuerySet[Any] = (
        model.objects.filter(unit_scope(user, "customer__business_unit"), **named)
        .select_related("customer")
        .order_by("pk")
    )
    return rows


def _ordered(order: Order) -> Iterator[Paper]:
    told = (order.number, order.amount_minor, order.currency, "receivables_order", str(order.pk))
    yield Paper("ordered", order.ordered_on, *told, order.state, order.simulated)


def _delivered(row: Delivery) -> Paper:
    kind = "returned" if row.amount_minor < 0 else "delivered"
    if row.state == "cancelled":
        kind = "delivery_cancelled"
    told = (row.number, row.amount_minor, row.currency, "receivables_delivery", str(row.pk))
    return Paper(kind, row.delivered_on, *told, row.state, row.simulated)


def _invoiced(row: Invoice) -> Iterator[Paper]:
    kind = "credited" if row.amount_minor < 0 else "invoiced"
    told = (row.number, row.amount_minor, row.currency, "receivables_invoice", str(row.pk))
    yield Paper(kind, row.issued_on, *told, "", row.simulated)
    if row.dispute_accepted_on:
        yield Paper("disputed", row.dispute_accepted_on, *told, "accepted", row.simulated)


class _Part(NamedTuple):
    """A part of a receipt that settles an invoice of the order, with the bill it came by or the
    credit note that it is.
    """

    allocation: Allocation
    bill: Bill | None
    note_id: int | None

    @property
    def counts_as(self) -> str:
        if self.allocation.receipt.number.startswith("credit:"):
            return "credited"
        return "bills" if self.bill and self.bill.state in BILLS_OUT else "paid"

    def events(self) -> Iterator[Paper]:
        receipt, bill = self.allocation.receipt, self.bill
        if receipt.number.startswith("credit:"):
            kind, number = "credited", receipt.number.removeprefix("credit:")
        elif bill:
            kind, number = "billed", bill.number
        else:
            kind, number = "paid", receipt.number.removeprefix("settled:")
        place = ("receivables_receipt", str(receipt.pk))
        if bill:
            place = ("receivables_bill", str(bill.pk))
        elif self.note_id:
            place = ("receivables_invoice", str(self.note_id))
        told = (number, self.allocation.amount_minor, receipt.currency, *place)
        state = bill.state if bill else receipt.method
        yield Paper(kind, self.allocation.applied_on, *told, state, receipt.simulated)
        if bill and bill.state != "held" and bill.state_on:
            yield Paper("bill_state", bill.state_on, *told, bill.state, bill.simulated)


def _settlements(invoices: Sequence[Invoice]) -> list[_Part]:
    ids = [invoice.pk for invoice in invoices if invoice.amount_minor > 0]
    rows = Allocation.objects.filter(invoice__in=ids).select_related("receipt", "invoice")
    allocations = list(rows.order_by("applied_on", "pk")[:ALLOCATIONS_MAX]) if ids else []
    numbers = {one.receipt.number for one in allocations}
    billed = [number.removeprefix("bill:") for number in numbers if number.startswith("bill:")]
    bills = {f"bill:{bill.number}": bill for bill in Bill.objects.filter(number__in=billed)}
    noted = [number.removeprefix("credit:") for number in numbers if number.startswith("credit:")]
    named = Invoice.objects.filter(number__in=noted).values_list("number", "pk")
    notes = {f"credit:{number}": pk for number, pk in named}
    return [
        _Part(one, bills.get(one.receipt.number), notes.get(one.receipt.number))
        for one in allocations
    ]


def _batches(papers: Sequence[Paper]) -> dict[tuple[str, str], ImportBatch]:
    """The first batch that brought each paper: when it became known, and by whom."""
    rows: dict[str, set[str]] = defaultdict(set)
    for paper in papers:
        rows[paper.table].add(paper.row)
    wanted = Q(pk__in=[])
    for table, ids in rows.items():
        wanted |= Q(table=table, row__in=ids)
    found = Change.objects.filter(wanted).select_related("batch__started_by").order_by("-pk")
    return {(change.table, change.row): change.batch for change in found} if rows else {}
