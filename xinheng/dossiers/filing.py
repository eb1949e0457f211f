"""A document comes into the file, is given out to who may see it, and is withdrawn.

What was checked (uploads.py) is cut into pieces of 1 MiB, each sealed for its place under the
customer's data key; the ledger commits to the hash of what was handed over and of what is kept.
Giving out reads the pieces back, compares the hash, and leaves a record of who looked. Destroying
the customer's key erases every document with it. Example: 2,500,000 bytes lie in three pieces, the
last of 402,848.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connections, transaction
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.models import Document, DocumentAccess, DocumentPiece
from xinheng.dossiers.queries import document_place
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.uploads import MEDIA_TYPES, Accepted
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.queries import KeyGone, open_keys
from xinheng.vault.seal import PLAINTEXT_BYTES_MAX, OpenKey, SealError, open_sealed, seal

VIEW: Final = "customers.view"
ADD: Final = "documents.add"
WITHDRAW: Final = "customers.edit"
SECRET: Final = "documents.view.secret"
SECRET_CLASS: Final = 3
TITLE_MAX: Final = 120
REASON_MIN, REASON_MAX = 5, 500
STANDING_MAX: Final = 500  # documents of one customer that are not withdrawn


class NewDocument(Struct, frozen=True, kw_only=True):
    """What a person says about a file."""

    customer_code: str
    kind: str
    title: str
    secrecy: int
    valid_from: date | None = None
    valid_until: date | None = None


class Given(Struct, frozen=True):
    """A document as it leaves the house."""

    file_name: str
    media_type: str
    content: bytes


def add_document(new: NewDocument, upload: Accepted, *, actor: Actor, at: datetime) -> UUID:
    """Keep a checked file in a customer's file; one ledger entry with both hashes.

    Refuses DOCUMENT_NOT_ALLOWED, DOCUMENT_CUSTOMER, DOCUMENT_KIND, DOCUMENT_CLASS, DOCUMENT_TITLE,
    DOCUMENT_PERIOD, DOCUMENT_KNOWN, DOCUMENTS_FULL, DOCUMENT_ERASED.
    """
    _require(actor, ADD)
    if new.secrecy == SECRET_CLASS:
        _require(actor, SECRET)
    _check(new)
    with transaction.atomic():
        customer = _locked(new.customer_code, actor)
        _require_room(customer, upload)
        key = _key(customer)
        document_id = UUID(hex=new_ids(1)[0])
        Document.objects.create(
            id=document_id,
            customer=customer,
            kind=new.kind,
            title_sealed=_sealed(key, "title", document_id, new.title.strip()),
            file_name_sealed=_sealed(key, "file_name", document_id, upload.file_name),
            form=upload.form,
            sha256=upload.sha256,
            received_sha256=upload.received_sha256,
            bytes_count=len(upload.content),
            pages=upload.pages,
            width=upload.width,
            height=upload.height,
            secrecy=new.secrecy,
            valid_from=new.valid_from,
            valid_until=new.valid_until,
            uploaded_by=actor.ref,
            uploaded_at=at,
        )
        _put_away(document_id, upload.content, key)
        fields = {
            "sha256": upload.sha256,
            "received_sha256": upload.received_sha256,
            "bytes": str(len(upload.content)),
            "valid_until": new.valid_until.isoformat() if new.valid_until else "",
        }
        _record("document.added", document_id, new.kind, customer, fields, actor, at)
    return document_id


def withdraw_document(document_id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """A document counts no more and is given out no more; row, pieces and records stay.

    Refuses DOCUMENT_NOT_ALLOWED, DOCUMENT_REASON, DOCUMENT_UNKNOWN, DOCUMENT_WITHDRAWN,
    DOCUMENT_ERASED.
    """
    _require(actor, WITHDRAW)
    reason = reason.strip()
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise Refused(DossierRefusal.DOCUMENT_REASON, most=REASON_MAX)
    with transaction.atomic():
        document = _seen(document_id, actor)
        _locked(document.customer.code, actor)
        document.refresh_from_db()
        if document.withdrawn_at is not None:
            raise Refused(DossierRefusal.DOCUMENT_WITHDRAWN)
        key = _key(document.customer)
        Document.objects.filter(pk=document_id).update(
            withdrawn_by=actor.ref,
            withdrawn_at=at,
            withdrawn_reason_sealed=_sealed(key, "withdrawn_reason", document_id, reason),
        )
        fields = {"sha256": document.sha256, "reason": reason}
        kind = document.kind
        _record("document.withdrawn", document_id, kind, document.customer, fields, actor, at)


def hand_out(document_id: UUID, *, actor: Actor, at: datetime) -> Given:
    """A document's bytes for a person who may see it, compared with the hash of the day it was
    filed; who was given it stays on record.

    Refuses DOCUMENT_NOT_ALLOWED, DOCUMENT_UNKNOWN, DOCUMENT_WITHDRAWN, DOCUMENT_ERASED,
    DOCUMENT_DAMAGED (that too stays on record).
    """
    _require(actor, VIEW)
    document = _seen(document_id, actor)
    if document.withdrawn_at is not None:
        raise Refused(DossierRefusal.DOCUMENT_WITHDRAWN)
    key = _key(document.customer)
    content = _taken_out(document, key)
    DocumentAccess.objects.create(
        document=document,
        opened_by=actor.ref,
        opened_at=at,
        outcome="damaged" if content is None else "given",
    )
    if content is None:
        raise Refused(DossierRefusal.DOCUMENT_DAMAGED)
    place = document_place("file_name", document_id)
    name = open_sealed(key, place, bytes(document.file_name_sealed)).decode()
    return Given(name, MEDIA_TYPES[document.form], content)


# --- Who and what


def _require(actor: Actor, word: str) -> None:
    if not actor.may(word):
        raise Refused(DossierRefusal.DOCUMENT_NOT_ALLOWED, permission=word)


def _check(new: NewDocument) -> None:
    if new.kind not in Document.KINDS:
        raise Refused(DossierRefusal.DOCUMENT_KIND)
    if new.secrecy not in Document.CLASSES:
        raise Refused(DossierRefusal.DOCUMENT_CLASS)
    if not 0 < len(new.title.strip()) <= TITLE_MAX:
        raise Refused(DossierRefusal.DOCUMENT_TITLE, most=TITLE_MAX)
    if new.valid_from and new.valid_until and new.valid_until < new.valid_from:
        raise Refused(DossierRefusal.DOCUMENT_PERIOD)


def _locked(code: str, actor: Actor) -> Customer:
    """The customer's row, locked: one writer at a time per file."""
    found = Customer.objects.select_for_update(no_key=True).filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(DossierRefusal.DOCUMENT_CUSTOMER)
    return found


def _seen(document_id: UUID, actor: Actor) -> Document:
    """The document, if it is within the actor's sight; else as if it were not there."""
    found = Document.objects.select_related("customer").filter(pk=document_id).first()
    hidden = found is None or not actor.reaches(found.customer.business_unit_id)
    if found is None or hidden or (found.secrecy == SECRET_CLASS and not actor.may(SECRET)):
        raise Refused(DossierRefusal.DOCUMENT_UNKNOWN)
    return found


def _require_room(customer: Customer, upload: Accepted) -> None:
    standing = Document.objects.filter(customer=customer, withdrawn_at__isnull=True)
    known = standing.filter(sha256=upload.sha256).first()
    if known is not None:
        raise Refused(DossierRefusal.DOCUMENT_KNOWN, on=known.uploaded_at.date().isoformat())
    if standing.count() >= STANDING_MAX:
        raise Refused(DossierRefusal.DOCUMENTS_FULL, most=STANDING_MAX)


# --- Sealed pieces


def _key(customer: Customer) -> OpenKey:
    try:
        return open_keys([customer.data_key_id])[customer.data_key_id]
    except KeyGone as gone:
        raise Refused(DossierRefusal.DOCUMENT_ERASED) from gone


def _sealed(key: OpenKey, column: str, document_id: UUID, text: str) -> bytes:
    return seal(key, document_place(column, document_id), text.encode())


def piece_place(document_id: UUID, place: int) -> str:
    return f"dossiers_documentpiece.sealed.{document_id}.{place}"


def _put_away(document_id: UUID, content: bytes, key: OpenKey) -> None:
    size = PLAINTEXT_BYTES_MAX
    DocumentPiece.objects.bulk_create(
        DocumentPiece(
            document_id=document_id,
            place=place,
            sealed=seal(key, piece_place(document_id, place), content[start : start + size]),
        )
        for place, start in enumerate(range(0, len(content), size))
    )


def _taken_out(document: Document, key: OpenKey) -> bytes | None:
    """What was put away; None where a piece is missing, moved or changed."""
    pieces = DocumentPiece.objects.filter(document=document).order_by("place")
    try:
        content = b"".join(
            open_sealed(key, piece_place(document.pk, piece.place), bytes(piece.sealed))
            for piece in pieces
        )
    except SealError:
        return None
    return content if hashlib.sha256(content).hexdigest() == document.sha256 else None


def _record(
    entry_kind: str,
    document_id: UUID,
    kind: str,
    customer: Customer,
    fields: dict[str, str],
    actor: Actor,
    at: datetime,
) -> None:
    named = {"document": str(document_id), "customer": customer.code, "by": actor.ref}
    entry = NewEntry(entry_kind, {"kind": kind}, named | fields, customer.data_key_id)
    with connections["default"].cursor() as cursor:
        append([entry], at=at, cursor=cursor)
