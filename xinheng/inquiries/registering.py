"""A new customer introduces itself, step by step, by a link; nothing it says stands by itself.

The first step that is saved makes a prospect and takes one use of the link; every further one is
kept, sealed, until the whole is handed in (handing_in.py). Then nothing can be changed from outside
until somebody returns it with a reason (deciding.py). Example: a draft of 2 March may be taken up
until 1 April; its state can be read until 29 August.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from msgspec import Struct, json, structs

from xinheng.credit.industries import industry
from xinheng.customers.models import Customer
from xinheng.customers.prospects import FILL, Told, open_prospect, retell_prospect
from xinheng.dossiers.filing import NewDocument, add_document, withdraw_document
from xinheng.dossiers.models import Document
from xinheng.dossiers.uploads import Accepted
from xinheng.inquiries import registration as form
from xinheng.inquiries.links import digest_of, fresh_token, open_link
from xinheng.inquiries.models import Link, Registration
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.sealing import kept, opened
from xinheng.ledger.actions import new_ids
from xinheng.people.actor import Actor, guest
from xinheng.refusals import Refused

WORDS: Final = frozenset({FILL, "documents.add", "customers.edit", "facts.enter"})
SOURCE: Final = "customer"
RELIABILITY: Final = "D"
EDIT_DAYS: Final = 30  # a draft or a returned one may be changed so long after its last change
READ_DAYS: Final = 180  # and its state be read
PAPERS_MAX: Final = 12
PAPERS_BYTES_MAX: Final = 60 * 1024 * 1024
OPEN: Final = ("draft", "returned")


class Sheet(Struct, frozen=True):
    """What an applicant has told so far; papers: document → code of the paper asked for."""

    answers: dict[str, str] = {}
    papers: dict[str, str] = {}
    licence_until: str = ""
    consents: tuple[str, ...] = ()
    notice_sha256: str = ""
    contact: dict[str, str] = {}  # as it was last entered among the customer's contacts


class Begun(NamedTuple):
    """A registration, and the token by which it is taken up again: shown, never kept."""

    registration: Registration
    token: str


def guest_of(registration: Registration) -> Actor:
    """The applicant as an actor: few words, in the unit of the link."""
    unit = registration.link.business_unit_id
    return guest(registration.pk.hex, WORDS, unit)


def guest_with(link: Link) -> Actor:
    """Somebody with a link who has not told anything yet."""
    return guest(link.pk.hex, WORDS, link.business_unit_id)


def sheet_of(registration: Registration) -> Sheet:
    """What was told; empty where the customer's key was destroyed."""
    told = opened(
        registration.customer,
        "registration",
        "answers_sealed",
        registration.pk,
        registration.answers_sealed,
    )
    return Sheet() if told is None else json.decode(json.encode(told), type=Sheet)


def take_up(token: str, *, at: datetime) -> Registration | Link:
    """What a token opens: a registration that was begun, or a link by which one can begin.

    Refuses NO_ENTRY. A link for one registration leads to that one once it was begun.
    """
    digest = digest_of(token)
    rows = Registration.objects.select_related("link", "customer")
    found = rows.filter(resume_sha256=digest).first()
    link = Link.objects.filter(token_sha256=digest).first()
    if found is None and link is not None and link.uses_max == 1:
        found = rows.filter(link=link).first()
    if found is not None:
        if found.link.revoked_at is not None or at > found.changed_at + timedelta(days=READ_DAYS):
            raise Refused(InquiryRefusal.NO_ENTRY)
        return found
    opening = open_link(token, at=at)
    if opening.kind == "register" and opening.uses >= opening.uses_max:
        raise Refused(InquiryRefusal.NO_ENTRY)
    return opening


def agreed(customer: Customer, purpose: str) -> bool | None:
    """Whether the customer ticked a purpose when it registered last; None: it never registered."""
    rows = Registration.objects.filter(customer=customer, submitted_at__isnull=False)
    row = rows.select_related("customer").order_by("-submitted_at").first()
    return None if row is None else purpose in sheet_of(row).consents


def may_change(registration: Registration, at: datetime) -> bool:
    """Whether the applicant may still change it."""
    recent = at <= registration.changed_at + timedelta(days=EDIT_DAYS)
    return registration.state in OPEN and registration.link.revoked_at is None and recent


def begin(link_id: UUID, answers: Mapping[str, str], *, actor: Actor, at: datetime) -> Begun:
    """The first step is saved: a prospect, and a registration that can be taken up again.

    Refuses NOT_ALLOWED, NO_ENTRY, NAME_FIRST. The prospect's entry stands in the ledger.
    """
    require_applicant(actor)
    if not (answers.get("name") and answers.get("code")):
        raise Refused(InquiryRefusal.NAME_FIRST)
    with transaction.atomic():
        link = Link.objects.select_for_update(no_key=True).filter(pk=link_id).first()
        if link is None or link.kind != "register" or link.uses >= link.uses_max:
            raise Refused(InquiryRefusal.NO_ENTRY)
        if link.revoked_at is not None or at >= link.expires_at:
            raise Refused(InquiryRefusal.NO_ENTRY)
        Link.objects.filter(pk=link_id).update(uses=F("uses") + 1)
        customer = open_prospect(_told(answers), link.business_unit_id, actor=actor, at=at)
        token, row_id = fresh_token(), UUID(hex=new_ids(1)[0])
        row = Registration.objects.create(
            id=row_id,
            link=link,
            customer=customer,
            resume_sha256=digest_of(token),
            answers_sealed=_sealed(customer, row_id, Sheet(answers=dict(answers))),
            begun_at=at,
            changed_at=at,
        )
    return Begun(row, token)


def save_step(
    registration_id: UUID, answers: Mapping[str, str], *, actor: Actor, at: datetime
) -> None:
    """Answers of one step are kept beside the others; an empty answer takes one back.

    Refuses NOT_ALLOWED, CLOSED, NAME_FIRST. Drafts leave no entry of their own: what is handed in
    does, and what the prospect is called.
    """
    require_applicant(actor)
    with transaction.atomic():
        row = locked(registration_id, actor, at)
        sheet = sheet_of(row)
        told = {**sheet.answers, **answers}
        if not (told.get("name") and told.get("code")):
            raise Refused(InquiryRefusal.NAME_FIRST)
        retell_prospect(row.customer_id, _told(told), actor=actor, at=at)
        keep(row, structs.replace(sheet, answers={k: v for k, v in told.items() if v}), at)


def add_paper(
    registration_id: UUID,
    code: str,
    upload: Accepted,
    until: str,
    *,
    actor: Actor,
    at: datetime,
) -> UUID:
    """A paper comes into the prospect's file. `until`: the last day of a licence, or empty.

    Refuses NOT_ALLOWED, CLOSED, PAPER_KIND, BAD_DAY, PAPERS_FULL, and what add_document refuses.
    """
    require_applicant(actor)
    paper = next((one for one in form.papers() if one.code == code), None)
    if paper is None:
        raise Refused(InquiryRefusal.PAPER_KIND)
    ends = day_of(until)
    with transaction.atomic():
        row = locked(registration_id, actor, at)
        _require_room(row, actor, upload)
        new = NewDocument(
            customer_code=row.customer.code,
            kind=paper.kind,
            title=paper.name.zh,
            secrecy=2,
            valid_until=ends if paper.kind == "licence" else None,
        )
        document = add_document(new, upload, actor=actor, at=at)
        sheet = sheet_of(row)
        papers = {**sheet.papers, str(document): code}
        last = until if code == "licence" and ends else sheet.licence_until
        keep(row, structs.replace(sheet, papers=papers, licence_until=last), at)
    return document


def remove_paper(registration_id: UUID, document_id: UUID, *, actor: Actor, at: datetime) -> None:
    """A paper that this applicant brought is withdrawn again.

    Refuses NOT_ALLOWED, CLOSED, UNKNOWN_PAPER. withdraw_document writes the entry.
    """
    require_applicant(actor)
    with transaction.atomic():
        row = locked(registration_id, actor, at)
        sheet = sheet_of(row)
        if str(document_id) not in sheet.papers:
            raise Refused(InquiryRefusal.UNKNOWN_PAPER)
        withdraw_document(document_id, "申请人自行删除", actor=actor, at=at)
        papers = {one: code for one, code in sheet.papers.items() if one != str(document_id)}
        keep(row, structs.replace(sheet, papers=papers), at)


# --- Who, and which registration


def require_applicant(actor: Actor) -> None:
    """Refuses NOT_ALLOWED to whoever did not come in by a link."""
    if not actor.may(FILL):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=FILL)


def locked(registration_id: UUID, actor: Actor, at: datetime) -> Registration:
    """The registration, locked, if it is this applicant's and may still be changed."""
    rows = Registration.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("customer", "link").filter(pk=registration_id).first()
    if row is None or actor.ref != guest_of(row).ref:
        raise Refused(InquiryRefusal.NO_ENTRY)
    if not may_change(row, at):
        raise Refused(InquiryRefusal.CLOSED)
    return row


def _sealed(customer: Customer, row_id: UUID, sheet: Sheet) -> bytes:
    told = json.decode(json.encode(sheet))
    return kept(customer, "registration", "answers_sealed", row_id, told)


def keep(row: Registration, sheet: Sheet, at: datetime) -> None:
    """The sheet, sealed, inside an action of the applicant's."""
    sealed = _sealed(row.customer, row.pk, sheet)
    Registration.objects.filter(pk=row.pk).update(answers_sealed=sealed, changed_at=at)


def _told(answers: Mapping[str, str]) -> Told:
    """What the answers say as columns of the customer."""
    place, trade = form.place_of_answers(answers), industry(answers.get("industry", ""))
    abroad = bool(answers.get("abroad"))
    city = (place.above[-1] if len(place.above) > 1 else place.name) if place else ""
    return Told(
        name=answers["name"],
        uscc="" if abroad else answers["code"],
        country="" if abroad else "CN",
        city=city,
        industry=f"{trade.code} {trade.name}" if trade else "",
    )


def day_of(until: str) -> date | None:
    """A typed day, None where nothing was typed. Refuses BAD_DAY."""
    try:
        return date.fromisoformat(until) if until else None
    except ValueError as error:
        raise Refused(InquiryRefusal.BAD_DAY) from error


def _require_room(row: Registration, actor: Actor, upload: Accepted) -> None:
    mine = Document.objects.filter(customer=row.customer, uploaded_by=actor.ref)
    # Withdrawn ones count as well: bringing and removing would else fill the disk.
    told = mine.aggregate(n=Sum("bytes_count"))["n"] or 0
    standing = mine.filter(withdrawn_at__isnull=True).count()
    if standing >= PAPERS_MAX or told + len(upload.content) > PAPERS_BYTES_MAX:
        mega = PAPERS_BYTES_MAX // 1024 // 1024
        raise Refused(InquiryRefusal.PAPERS_FULL, most=PAPERS_MAX, mega=mega)
