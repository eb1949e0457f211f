"""Documents that come by message: a mixture of kinds at once, from an ERP that sends what happened.

The same rows go the same way as those of a file: one transaction, one batch that can be undone, one
ledger entry. Each document has its own outcome: *taken*, *unchanged*, *older* than what is known,
*quarantined* (it contradicts what is known; tried again by itself) or *refused*: its customer is
unknown (send it again once the customer is there), or a credit note has an invoice's number. What
changes nothing leaves no batch and no entry, so the same message may be sent any number of times.

Example: an invoice and the receipt that pays it in one message: both are taken, the customer owes
nothing, and undoing the batch takes both back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import transaction
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.intake.actions import finish_batch, open_batch
from xinheng.intake.counts import Counts
from xinheng.intake.models import Change, ImportBatch
from xinheng.intake.refusals import IntakeRefusal
from xinheng.ledger.actions import append_one
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.receivables.actions import record_documents
from xinheng.receivables.models import Invoice, Quarantined
from xinheng.refusals import Refused
from xinheng.texts import T

PERMISSION: Final = "documents.write"
# Value first, then what settles it. These kinds may bring a customer that is not known yet.
ORDER: Final = ("orders", "deliveries", "invoices", "receipts", "bills", "guarantees")
FOUND_CUSTOMERS: Final = frozenset({"orders", "deliveries", "invoices"})
UNKNOWN_CUSTOMER: Final = T(
    "没有客户 {customer}：请先导入该客户，再重新发送。",
    "There is no customer {customer}: import the customer, then send it again.",
)
SIGN_TURNED: Final = T(
    "编号 {number} 已是一张方向相反的发票：红字发票要有自己的编号。",
    "{number} is a document of the other sign already: a credit note has a number of its own.",
)


class Message(Struct, frozen=True):
    """A document as its room takes it: the room's word for the kind, and the row."""

    kind: str
    row: Any


class Outcome(Struct, frozen=True):
    """What became of a document. `code` and `text` where it was not taken in."""

    outcome: str  # taken | unchanged | older | quarantined | refused
    code: str = ""
    text: T | None = None


OLDER: Final = Outcome("older")


class Received(Struct, frozen=True):
    """One outcome per message, in the order given; no batch where nothing changed."""

    outcomes: list[Outcome]
    counts: Counts
    batch_id: int | None = None


def receive_documents(
    messages: Sequence[Message], *, sender: str, sha256: str, actor: Actor, at: datetime
) -> Received:
    """Take documents in, all in one transaction. Refuses NOT_ALLOWED (no `documents.write`), and
    what `record_documents` refuses; nothing is written then.
    """
    if not actor.may(PERMISSION):
        raise Refused(IntakeRefusal.NOT_ALLOWED, permission=PERMISSION)
    # Whoever may write documents by message does what an import does, and nothing else.
    hand = dataclasses.replace(actor, permissions=actor.permissions | {"imports.run"})
    with transaction.atomic():
        refused = _turned(messages) | _strangers(messages, actor)
        told = {"message": True}
        batch = open_batch("documents", sender, sha256, told, actor=hand, at=at)
        found, counts = _record(messages, refused, batch, hand, at)
        behind = _behind(messages)
        received = Received(
            [
                refused.get(n) or (OLDER if n in behind else found[m.kind, m.row.number])
                for n, m in enumerate(messages)
            ],
            counts + Counts(read=len(refused), rejected=len(refused)),
        )
        if not _left_something(batch):
            transaction.set_rollback(True)
            return received
        _record_in_ledger(messages, refused, batch, received.counts, actor, at)
        finish_batch(batch, received.counts, actor=actor, at=at)
    return msgspec.structs.replace(received, batch_id=batch.pk)


def _turned(messages: Sequence[Message]) -> dict[int, Outcome]:
    """Positions of credit notes under the number of an invoice, or the other way round: taking them
    in would turn the document round.
    """
    told = {n: m.row for n, m in enumerate(messages) if m.kind == "invoices"}
    numbers = [row.number for row in told.values()]
    stored = dict(Invoice.objects.filter(number__in=numbers).values_list("number", "amount_minor"))
    return {
        position: Outcome("refused", "sign_turned", SIGN_TURNED.format(number=row.number))
        for position, row in told.items()
        if (stored.get(row.number, row.amount_minor) > 0) != (row.amount_minor > 0)
    }


def _strangers(messages: Sequence[Message], actor: Actor) -> dict[int, Outcome]:
    """Positions whose customer is unknown, or out of the actor's sight, which is the same."""
    codes = {message.row.customer_code for message in messages}
    rows = Customer.objects.filter(code__in=codes).values_list("code", "business_unit_id")
    known = dict(rows)
    coming: set[str] = set()
    if actor.all_units:
        named = (m.row.customer_code for m in messages if m.kind in FOUND_CUSTOMERS)
        coming = {code for code in named if code not in known}
    out = {}
    for position, message in enumerate(messages):
        code = message.row.customer_code
        if not (code in coming or (code in known and actor.reaches(known[code]))):
            text = UNKNOWN_CUSTOMER.format(customer=code)
            out[position] = Outcome("refused", "unknown_customer", text)
    return out


def _behind(messages: Sequence[Message]) -> set[int]:
    """Positions that another message of the same document, with a higher revision, overtakes."""
    newest: dict[tuple[str, str], int] = {}
    for message in messages:
        name = (message.kind, message.row.number)
        newest[name] = max(newest.get(name, 0), message.row.revision)
    return {
        position
        for position, message in enumerate(messages)
        if message.row.revision < newest[message.kind, message.row.number]
    }


def _record(
    messages: Sequence[Message],
    refused: dict[int, Outcome],
    batch: ImportBatch,
    actor: Actor,
    at: datetime,
) -> tuple[dict[tuple[str, str], Outcome], Counts]:
    outcomes: dict[tuple[str, str], Outcome] = {}
    counts = Counts()
    for kind in ORDER:
        rows = [m.row for n, m in enumerate(messages) if m.kind == kind and n not in refused]
        if not rows:
            continue
        done = record_documents(kind, rows, batch=batch, actor=actor, at=at, tell=True)
        counts += done.counts
        for number, became in done.outcomes.items():
            outcomes[kind, number] = _told(became, number)
    return outcomes, counts


def _told(became: Any, number: str) -> Outcome:
    if became.became in ("created", "updated"):
        return Outcome("taken")
    if became.why is None:
        return Outcome(became.became)
    return Outcome(became.became, became.why.name.lower(), became.why.value.format(number=number))


def _left_something(batch: ImportBatch) -> bool:
    """Whether the batch changed a record or is the first that brought a quarantined message."""
    if Change.objects.filter(batch=batch).exists():
        return True
    return Quarantined.objects.filter(batch=batch).exists()


def _record_in_ledger(
    messages: Sequence[Message],
    refused: dict[int, Outcome],
    batch: ImportBatch,
    counts: Counts,
    actor: Actor,
    at: datetime,
) -> None:
    """One entry over the Merkle root of the documents, in the order of the message."""
    encode = msgspec.json.Encoder(order="deterministic").encode
    rows = [m for n, m in enumerate(messages) if n not in refused]
    root = root_of([hash_leaf(encode(message)) for message in rows])
    append_one(
        "documents.received",
        clear={
            "rows": len(rows),
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "quarantined": counts.quarantined,
        },
        fields={
            "actor": actor.ref,
            "batch": str(batch.pk),
            "rows_root": root.hex(),
            "sha256": batch.file_sha256,
        },
        at=at,
    )
