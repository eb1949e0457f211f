"""POST /documents: what an ERP tells about orders, deliveries, invoices, credit notes, receipts,
bills and guarantees, up to 1,000 at once; GET /quarantine: what contradicts and waits.

Read as strictly as an order check: decimal strings, calendar dates, no unknown field. A field that
is left out is *not told* and leaves what is known; null or "" takes it away. `revision` is the
sender's own counter: what is older than what is known changes nothing, so messages may come late,
twice and in any order. Example: {"kind": "receipt", "number": "R-1", "customer": "C-1001",
"currency": "CNY", "amount": "120000.00", "received_on": "2026-11-20", "reference": "INV-1"}.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from django.http import HttpRequest
from msgspec import UNSET, Meta, Struct, UnsetType

from xinheng.almanac.queries import OwnTerm, living_terms
from xinheng.api.keys import keyed
from xinheng.api.order_checks import (
    BATCH_BYTES_MAX,
    BATCH_MAX,
    PLAIN,
    Code,
    Currency,
    NotValid,
    not_valid,
)
from xinheng.api.problems import Reply, problem, refusal
from xinheng.connectors.messages import Message, Outcome, Received, receive_documents
from xinheng.credit import term
from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.credit.term import TermError
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.receivables.queries import quarantined
from xinheng.receivables.refusals import ReceivablesRefusal
from xinheng.receivables.rows import (
    BillRow,
    DeliveryRow,
    GuaranteeRow,
    InvoiceRow,
    OrderRow,
    ReceiptRow,
)
from xinheng.refusals import Refused

FIRST_DAY: Final = date(1990, 1, 1)
DAYS_AHEAD_MAX: Final = 3_653  # ten years, as in files
WAITING_MAX: Final = 1_000

Number = Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN)]
Other = Annotated[str, Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Name = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Signed = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=25,
        pattern=r"^-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,3})?$(?!\n)",
        description="decimal string with at most the currency's own decimals",
        examples=["120000.00"],
    ),
]
Scope = Annotated[
    str,
    Meta(
        max_length=60,
        pattern=r"^(|(unit|product|project):[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s])?)$(?!\n)",
        description="unit:, product: or project: and a code; empty: the customer's own line",
    ),
]
Revision = Annotated[int, Meta(ge=0, le=10**15, description="your own counter of changes")]
TermText = Annotated[str, Meta(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


class _Document(Struct, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    number: Number
    customer: Code
    customer_name: Name = ""
    currency: Currency
    amount: Signed
    revision: Revision = 0


class OrderDocument(_Document, tag="order", kw_only=True):
    ordered_on: date
    delivery_on: date | UnsetType | None = UNSET
    state: Literal["open", "closed", "cancelled"] = "open"
    scope: Scope | UnsetType = UNSET


class DeliveryDocument(_Document, tag="delivery", kw_only=True):
    """Below zero: a return."""

    delivered_on: date
    order_number: Other | UnsetType = UNSET
    state: Literal["posted", "cancelled"] = "posted"
    scope: Scope | UnsetType = UNSET


class InvoiceDocument(_Document, tag="invoice", kw_only=True):
    """Without due_on the terms give it: your own code, or a rule such as N30 or EOM+30."""

    issued_on: date
    due_on: date | UnsetType = UNSET
    terms: TermText | UnsetType = UNSET
    order_number: Other | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    settled_on: date | UnsetType | None = UNSET
    disputed: bool | UnsetType = UNSET
    dispute_accepted_on: date | UnsetType | None = UNSET


class CreditNoteDocument(_Document, tag="credit_note", kw_only=True):
    """Above zero: so much is credited; `credits` names the invoice that it corrects."""

    issued_on: date
    credits: Other | UnsetType = UNSET
    order_number: Other | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET


class ReceiptDocument(_Document, tag="receipt", kw_only=True):
    received_on: date
    reference: Other | UnsetType = UNSET
    method: TermText | UnsetType = UNSET
    prepayment: bool | UnsetType = UNSET
    confirmed: bool | UnsetType = UNSET


class BillDocument(_Document, tag="bill", kw_only=True):
    bill_kind: Literal["listed", "bank", "commercial"] = "commercial"
    received_on: date
    due_on: date
    state: Literal["held", "discounted", "endorsed", "cleared", "bounced", "returned"] = "held"
    state_on: date | UnsetType | None = UNSET
    recourse_until: date | UnsetType | None = UNSET
    reference: Other | UnsetType = UNSET
    acceptor: Name | UnsetType = UNSET


class GuaranteeDocument(_Document, tag="guarantee", kw_only=True):
    issued_on: date
    valid_until: date | UnsetType | None = UNSET
    state: Literal["open", "ended"] = "open"
    beneficiary: Name | UnsetType = UNSET


AnyDocument = (
    OrderDocument
    | DeliveryDocument
    | InvoiceDocument
    | CreditNoteDocument
    | ReceiptDocument
    | BillDocument
    | GuaranteeDocument
)


class DocumentBatch(Struct, forbid_unknown_fields=True):
    """Up to 1,000 documents, all taken in one transaction."""

    documents: Annotated[list[AnyDocument], Meta(min_length=1, max_length=BATCH_MAX)]


_encode = msgspec.json.Encoder().encode
_decode: Callable[[bytes], DocumentBatch] = msgspec.json.Decoder(DocumentBatch).decode
# The room's word for each kind, and the row that it takes.
_ROOMS: Final[dict[type[_Document], tuple[str, Any]]] = {
    OrderDocument: ("orders", OrderRow),
    DeliveryDocument: ("deliveries", DeliveryRow),
    InvoiceDocument: ("invoices", InvoiceRow),
    CreditNoteDocument: ("invoices", InvoiceRow),
    ReceiptDocument: ("receipts", ReceiptRow),
    BillDocument: ("bills", BillRow),
    GuaranteeDocument: ("guarantees", GuaranteeRow),
}
_ABOVE_ZERO: Final = (CreditNoteDocument, ReceiptDocument, BillDocument, GuaranteeDocument)


@keyed("documents.write", "POST")
def receive(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """Take documents in; the answer tells what became of each, in the order given."""
    if int(request.headers.get("Content-Length") or 0) > BATCH_BYTES_MAX:
        return problem(413, "too_large", f"A message has at most {BATCH_BYTES_MAX} bytes.")
    at = datetime.now(UTC)
    try:
        documents = read(request.body)
        messages = as_messages(documents, living_terms(), today(at))
        sha256 = hashlib.sha256(request.body).hexdigest()
        received = receive_documents(
            messages, sender=actor.label or actor.ref, sha256=sha256, actor=actor, at=at
        )
    except NotValid as error:
        return not_valid(error)
    except Refused as refused:
        if refused.code in (ReceivablesRefusal.REPEATED_NUMBER, ReceivablesRefusal.RESERVED_NUMBER):
            return problem(400, refused.code.name.lower(), refused.text.en)
        return refusal(refused)
    return Reply(200, _encode(_answer(documents, received)))


def read(body: bytes) -> list[AnyDocument]:
    """The documents of a message, or NotValid with what to mend."""
    try:
        return _decode(body).documents
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotValid(str(error)) from error


def as_messages(
    documents: list[AnyDocument], terms: dict[str, OwnTerm], day: date
) -> list[Message]:
    """The rows that the rooms take, or NotValid naming the first document that can't be one."""
    found = []
    for position, document in enumerate(documents):
        try:
            found.append(_message(document, terms, day))
        except (NotValid, MoneyError, TermError) as error:
            said = error.en if isinstance(error, MoneyError) else str(error)
            raise NotValid(f"documents[{position}]: {said}") from error
    return found


def _message(document: AnyDocument, terms: dict[str, OwnTerm], day: date) -> Message:
    kind, row = _ROOMS[type(document)]
    told = msgspec.structs.asdict(document)
    _check_days(told, day)
    minor = to_minor(told.pop("amount"), document.currency)
    _check_amount(document, minor)
    told["customer_code"] = told.pop("customer")
    if isinstance(document, CreditNoteDocument):
        minor, told["due_on"] = -minor, document.issued_on
    elif isinstance(document, InvoiceDocument):
        told["due_on"] = _due_on(document, terms)
    elif isinstance(document, BillDocument):
        told["kind"] = told.pop("bill_kind")
        if document.due_on < document.received_on:
            raise NotValid("due_on: lies before received_on")
    return Message(kind, row(amount_minor=minor, **told))


def _check_days(told: dict[str, Any], day: date) -> None:
    for name, value in told.items():
        if isinstance(value, date) and not (
            value >= FIRST_DAY and (value - day).days <= DAYS_AHEAD_MAX
        ):
            raise NotValid(f"{name}: give a day from {FIRST_DAY} to ten years ahead")


def _check_amount(document: AnyDocument, minor: int) -> None:
    if isinstance(document, _ABOVE_ZERO) and minor <= 0:
        raise NotValid("amount: must be above zero")
    if isinstance(document, OrderDocument) and minor < 0:
        raise NotValid("amount: an order is not below zero")
    if isinstance(document, DeliveryDocument | InvoiceDocument) and minor == 0:
        raise NotValid("amount: must not be zero")


def _due_on(document: InvoiceDocument, terms: dict[str, OwnTerm]) -> date:
    if isinstance(document.due_on, date):
        return document.due_on
    if not document.terms:
        raise NotValid("due_on: give it, or terms to derive it from")
    own = terms.get(document.terms.strip().upper())
    if own is not None:
        return own.due_on(document.issued_on)
    return term.due_on(term.parse(document.terms), document.issued_on)


class TextShown(Struct):
    zh: str
    en: str


class DocumentOutcome(Struct):
    """What became of one document. code and text where it was not taken in."""

    kind: str
    number: str
    outcome: Annotated[str, Meta(pattern="^(taken|unchanged|older|quarantined|refused)$")]
    code: str | None
    text: TextShown | None


class CountsShown(Struct):
    read: int
    created: int
    updated: int
    unchanged: int
    quarantined: int
    refused: int


class DocumentsAnswer(Struct):
    """batch: its number where something changed (it can be undone), null where nothing did."""

    batch: int | None
    counts: CountsShown
    documents: list[DocumentOutcome]


def _answer(documents: list[AnyDocument], received: Received) -> DocumentsAnswer:
    counts = received.counts
    return DocumentsAnswer(
        batch=received.batch_id,
        counts=CountsShown(
            *(counts.read, counts.created, counts.updated, counts.unchanged),
            *(counts.quarantined, counts.rejected),
        ),
        documents=[
            _outcome(document, outcome)
            for document, outcome in zip(documents, received.outcomes, strict=True)
        ],
    )


def _outcome(document: AnyDocument, outcome: Outcome) -> DocumentOutcome:
    text = TextShown(outcome.text.zh, outcome.text.en) if outcome.text else None
    kind = str(type(document).__struct_config__.tag)
    return DocumentOutcome(kind, document.number, outcome.outcome, outcome.code or None, text)


# --- What waits in quarantine


class QuarantinedShown(Struct):
    """A message that contradicts what is known, and how often it came."""

    id: int
    kind: str
    number: str
    customer: str
    currency: str
    amount: str
    code: str
    text: TextShown
    times: int
    seen_at: str
    batch: int | None


class QuarantinePage(Struct):
    items: list[QuarantinedShown]
    next: int | None


@keyed("documents.write", "GET", "HEAD")
def waiting(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """Messages in quarantine, newest first; `next` is the value of `before` for the next page."""
    asked = {"limit": request.GET.get("limit", "100"), "before": request.GET.get("before", "")}
    for name, most in (("limit", WAITING_MAX), ("before", 2**62)):
        text = asked[name]
        fine = text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= most
        if text and not fine:
            return problem(400, "not_valid", f"{name}: give a whole number from 1 to {most}")
    rows = quarantined(reader)
    if asked["before"]:
        rows = rows.filter(pk__lt=int(asked["before"]))
    limit = int(asked["limit"] or 100)
    page = list(rows[: limit + 1])
    shown = [_shown(row) for row in page[:limit]]
    return Reply(200, _encode(QuarantinePage(shown, shown[-1].id if page[limit:] else None)))


def _shown(item: Any) -> QuarantinedShown:
    why = ReceivablesRefusal[item.code].value.format(number=item.number)
    row = item.row
    return QuarantinedShown(
        id=item.pk,
        kind=item.kind,
        number=item.number,
        customer=row["customer_code"],
        currency=row["currency"],
        amount=to_text(row["amount_minor"], row["currency"]),
        code=item.code.lower(),
        text=TextShown(why.zh, why.en),
        times=item.times,
        seen_at=item.seen_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        batch=item.batch_id,
    )
