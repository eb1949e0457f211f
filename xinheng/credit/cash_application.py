"""Cash application 收款核销: which receipt settles which invoice of one customer in one currency.

The rule (RULE_ZH, RULE_EN are shown beside every application): a receipt goes to the invoice it
names; the rest goes to the oldest open item: earliest due date, then issue date, then number. What
is left stays unapplied and settles later invoices from their issue date. An invoice that came with
a settlement date is paid by the receipts that name it, and on that day by a receipt of its own over
what they do not cover, so that one payment told twice counts once. A credit note acts as a receipt
of its issue date that names the invoice it corrects. A prepayment waits for the invoice or the
order that it names: it was not given for older debts.

Everything runs in the order of dates, never of arrival: the same documents give the same answer
however the lists are shuffled. Example: I1 80.00 due 1 Oct, I2 50.00 due 1 Nov, both issued; a
receipt of 100.00 that names I2 pays I2 with 50.00 and I1 with 50.00; I1 stays open at 30.00.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import date
from heapq import heappop, heappush
from typing import Final, NamedTuple

from msgspec import Struct

REFERENCE: Final = "reference"
OLDEST: Final = "oldest"
SETTLED: Final = "settled"

RULE_ZH: Final = (
    "收款先核销其注明的发票；其余按到期日、开票日、发票号的先后核销最早的未清项；"
    "仍有剩余的作为未核销收款保留，从后续发票的开票日起核销。"
    "自带结清日期的发票，由注明该发票的收款核销，其余部分于结清日自动结清；"
    "红字发票视同收款，先冲其更正的发票；预收款只核销其注明的发票或订单。"
)
RULE_EN: Final = (
    "A receipt goes to the invoice it names; the rest to the oldest open item (due date, then "
    "issue date, then number). What is left stays unapplied and settles later invoices from their "
    "issue date. An invoice that came with a settlement date is paid by the receipts that name it, "
    "and settled on that day for what they do not cover; a credit note acts as a receipt and goes "
    "first to the invoice it corrects; a prepayment only goes to the invoice or order it names."
)


class Invoice(NamedTuple):
    """A claim: `amount_minor` > 0. `key` is whatever the caller knows it by."""

    key: int
    number: str
    amount_minor: int
    issued_on: date
    due_on: date
    order_number: str = ""


class Receipt(NamedTuple):
    """Money or a credit note: `amount_minor` > 0. `settles`: the invoice's own settlement;
    `prepayment`: it pays only what it names, an invoice or an order's invoices.
    """

    key: int
    number: str
    amount_minor: int
    received_on: date
    reference: str = ""
    settles: bool = False
    prepayment: bool = False


class Allocation(NamedTuple):
    receipt: int
    invoice: int
    amount_minor: int
    applied_on: date
    rule: str


class Application(NamedTuple):
    """What came of it: the allocations, what stays open per invoice, what is left per receipt."""

    allocations: list[Allocation]
    open_minor: dict[int, int]
    unapplied_minor: dict[int, int]


class OwnReceipt(Struct, frozen=True):
    """The receipt that an invoice brings with it: its settlement, or itself if a credit note."""

    number: str
    amount_minor: int
    received_on: date
    reference: str
    method: str


SETTLEMENT: Final = "settlement"
CREDIT_NOTE: Final = "credit_note"
OWN_METHODS: Final = (SETTLEMENT, CREDIT_NOTE)


def own_receipt(
    number: str,
    amount_minor: int,
    issued_on: date,
    settled_on: date | None,
    named_minor: int = 0,
    credits: str = "",
) -> OwnReceipt | None:
    """A negative invoice is a credit note of its issue date for the invoice that it `credits`; a
    settled one is paid in full.

    named_minor: what receipts that name the invoice bring; its settlement is over the rest.
    """
    if amount_minor < 0:
        return OwnReceipt(f"credit:{number}", -amount_minor, issued_on, credits, CREDIT_NOTE)
    if settled_on is not None and named_minor < amount_minor:
        rest = amount_minor - named_minor
        return OwnReceipt(f"settled:{number}", rest, settled_on, number, SETTLEMENT)
    return None


def apply(invoices: Iterable[Invoice], receipts: Iterable[Receipt]) -> Application:
    """Applies the receipts of ONE customer in ONE currency, in the order of their dates."""
    desk = _Desk(invoices, receipts)
    for receipt in desk.receipts:
        desk.issue_until(receipt.received_on)
        desk.take(receipt)
    desk.issue_until(date.max)
    return Application(desk.allocations, desk.open_minor, desk.left)


class _Desk:
    """The clerk's desk: open invoices in the order of the rule, and money still in hand."""

    def __init__(self, invoices: Iterable[Invoice], receipts: Iterable[Receipt]) -> None:
        by_number = {invoice.number: invoice for invoice in invoices}
        # Same day: settlements, then receipts that name an invoice, then the others, so that a
        # named invoice is not used up by an unnamed receipt of that day.
        self.receipts = sorted(
            receipts,
            key=lambda r: (r.received_on, not r.settles, r.reference not in by_number, r.number),
        )
        own = {receipt.reference for receipt in self.receipts if receipt.settles}
        self.by_number = by_number
        self.by_order: dict[str, list[Invoice]] = {}
        if any(receipt.prepayment for receipt in self.receipts):
            for invoice in sorted(
                by_number.values(), key=lambda i: (i.issued_on, i.due_on, i.number)
            ):
                self.by_order.setdefault(invoice.order_number, []).append(invoice)
        self.open_minor = {invoice.key: invoice.amount_minor for invoice in by_number.values()}
        self.left: dict[int, int] = {}
        self.allocations: list[Allocation] = []
        self.coming = deque(
            sorted(
                (invoice for number, invoice in by_number.items() if number not in own),
                key=lambda i: (i.issued_on, i.due_on, i.number),
            )
        )
        self.waiting: list[tuple[date, date, str, int]] = []
        self.spare: deque[Receipt] = deque()

    def issue_until(self, day: date) -> None:
        """Invoices issued by `day` come on the desk; money in hand settles them at once."""
        while self.coming and self.coming[0].issued_on <= day:
            invoice = self.coming.popleft()
            while self.spare and self.open_minor[invoice.key]:
                self._allocate(self.spare[0], invoice.key, invoice.issued_on, OLDEST)
                if not self.left[self.spare[0].key]:
                    self.spare.popleft()
            if self.open_minor[invoice.key]:
                heappush(
                    self.waiting, (invoice.due_on, invoice.issued_on, invoice.number, invoice.key)
                )

    def take(self, receipt: Receipt) -> None:
        """A receipt: to the invoice it names, then to the oldest open items, then in hand."""
        self.left[receipt.key] = receipt.amount_minor
        named = self.by_number.get(receipt.reference)
        if named is not None:
            day = max(receipt.received_on, named.issued_on)
            self._allocate(receipt, named.key, day, SETTLED if receipt.settles else REFERENCE)
        if receipt.prepayment:
            self._take_for_order(receipt)
            return
        while self.left[receipt.key] and self.waiting:
            oldest = self.waiting[0][3]
            self._allocate(receipt, oldest, receipt.received_on, OLDEST)
            if not self.open_minor[oldest]:
                heappop(self.waiting)
        if self.left[receipt.key]:
            self.spare.append(receipt)

    def _take_for_order(self, receipt: Receipt) -> None:
        """A prepayment pays the invoices of the order that it names, as they are issued."""
        for invoice in self.by_order.get(receipt.reference, []) if receipt.reference else []:
            day = max(receipt.received_on, invoice.issued_on)
            self._allocate(receipt, invoice.key, day, REFERENCE)

    def _allocate(self, receipt: Receipt, invoice: int, day: date, rule: str) -> None:
        part = min(self.left[receipt.key], self.open_minor[invoice])
        if part:
            self.left[receipt.key] -= part
            self.open_minor[invoice] -= part
            self.allocations.append(Allocation(receipt.key, invoice, part, day, rule))
