"""A registration is handed in: its answers become facts that wait, its contact is kept.

Each fact has the source "customer" and reliability D, the licence as evidence, and a legal basis;
persons are sealed. Handed in a second time, only what the customer says differently is entered
anew. Worked: eleven answers, returned for a wrong name, one changed: one fact more waits, ten that
were turned down with it wait again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from msgspec import structs

from xinheng.customers.actions import add_contact
from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import values_of
from xinheng.dossiers.facts import enter_fact
from xinheng.dossiers.fields import canonical, catalogue
from xinheng.dossiers.models import Fact
from xinheng.dossiers.rows import NewFact
from xinheng.inquiries import registration as form
from xinheng.inquiries.models import Registration
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.registering import (
    RELIABILITY,
    SOURCE,
    Sheet,
    day_of,
    keep,
    locked,
    require_applicant,
    sheet_of,
)
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

_OF_LICENCE: Final = {
    *("registered_name", "registration_code", "legal_representative", "registered_address"),
    *("registered_capital", "established_on", "company_form", "business_licence"),
}


def submit(
    registration_id: UUID,
    consents: frozenset[str],
    notice_sha256: str,
    *,
    actor: Actor,
    at: datetime,
) -> int:
    """It is handed in: answers become facts that wait, the contact is kept, and from now on nothing
    can be changed from outside. Returns how many facts were entered. One ledger entry of its own.

    Refuses NOT_ALLOWED, CLOSED, INCOMPLETE, NOTICE_CHANGED, BOXES_UNTICKED.
    """
    require_applicant(actor)
    notice = form.notice()
    with transaction.atomic():
        row = locked(registration_id, actor, at)
        sheet = sheet_of(row)
        _require_whole(sheet)
        if notice_sha256 != notice.sha256:
            raise Refused(InquiryRefusal.NOTICE_CHANGED)
        if any(one.required and one.code not in consents for one in notice.purposes):
            raise Refused(InquiryRefusal.BOXES_UNTICKED)
        known = {one.code for one in notice.purposes}
        contact = _contact(row.customer, sheet, actor, at)
        sheet = structs.replace(
            sheet,
            consents=tuple(sorted(consents & known)),
            notice_sha256=notice.sha256,
            contact=contact,
        )
        entered = _enter(row, sheet, actor, at)
        keep(row, sheet, at)
        Registration.objects.filter(pk=row.pk).update(
            state="submitted", submitted_at=at, consent_version=notice.version, consented_at=at
        )
        told = {
            "consents": ",".join(sheet.consents),
            "notice": notice.sha256,
            "facts": str(entered),
            "papers": ",".join(sorted(sheet.papers)),
        }
        _record("registration.submitted", row, told, actor, at)
    return entered


def _require_whole(sheet: Sheet) -> None:
    missing = [name for _, name in form.gaps(sheet.answers, set(sheet.papers.values()))]
    if missing:
        raise Refused(
            InquiryRefusal.INCOMPLETE,
            zh="、".join(one.zh for one in missing),
            en=", ".join(one.en for one in missing),
        )


def _contact(customer: Customer, sheet: Sheet, actor: Actor, at: datetime) -> dict[str, str]:
    """The person to speak with, entered once, and again only where something changed."""
    names = ("contact", "duty", "phone", "mail")
    told = {name: sheet.answers.get(name, "") for name in names}
    if told != sheet.contact:
        add_contact(
            customer.code,
            told["contact"],
            role=told["duty"],
            phone=told["phone"],
            email=told["mail"],
            actor=actor,
            at=at,
        )
    return told


def _enter(row: Registration, sheet: Sheet, actor: Actor, at: datetime) -> int:
    """A waiting fact for each answer that was not entered with the same value before."""
    known = _entered(row.customer)
    licence = next((one for one, code in sheet.papers.items() if code == "licence"), "")
    count = 0
    for field, (typed, basis) in form.facts_of(sheet.answers).items():
        if known.get(field) == canonical(catalogue().fields[field], typed):
            continue
        new = NewFact(
            customer_code=row.customer.code,
            field=field,
            value=typed,
            source=SOURCE,
            reliability=RELIABILITY,
            valid_until=day_of(sheet.licence_until) if field == "business_licence" else None,
            evidence=f"document:{licence}" if licence and field in _OF_LICENCE else "",
            legal_basis=basis,
        )
        enter_fact(new, actor=actor, at=at)
        count += 1
    return count


def _entered(customer: Customer) -> dict[str, str | None]:
    """Field → the value that the customer said last, waiting or verified."""
    facts = list(
        Fact.objects.filter(
            customer=customer, source=SOURCE, rejected_at__isnull=True, known_until__isnull=True
        ).order_by("entered_at", "pk")
    )
    values = values_of(customer.data_key_id, facts)
    return {one.field: values[one.pk] for one in facts}


def _record(
    kind: str, row: Registration, told: Mapping[str, str], actor: Actor, at: datetime
) -> None:
    fields = {
        "registration": str(row.pk),
        "customer": row.customer.code,
        "actor": actor.ref,
        **told,
    }
    with connection.cursor() as cursor:
        append([NewEntry(kind, {}, fields, row.customer.data_key_id)], at=at, cursor=cursor)
