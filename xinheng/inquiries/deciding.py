"""What we say to a registration: accept it, return it with a reason, or refuse it.

A person who did not make the link decides. Accepting makes the prospect an active customer, and
only once its name, its code and its licence are verified; a limit it still has none. Returning and
refusing turn down what the applicant said and nobody verified, so that the queue holds no words
that are being rewritten. Worked: returned for a blurred licence, eleven waiting facts are rejected;
handed in again, eleven wait anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from xinheng.customers.models import Customer
from xinheng.customers.prospects import admit_prospect
from xinheng.dossiers.facts import VERIFY, reject_fact
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.inquiries.models import Registration
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.registering import SOURCE, guest_of
from xinheng.inquiries.sealing import kept
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T

REVIEW: Final = "inquiries.review"
REASON_MIN, REASON_MAX = 4, 1000
WANTED: Final = ("registered_name", "registration_code", "business_licence")


def accept(registration_id: UUID, *, actor: Actor, at: datetime) -> None:
    """The prospect becomes a customer. One ledger entry of its own, one of the customer's.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_REGISTRATION, NOT_SUBMITTED, OWN_LINK, UNVERIFIED,
    and HAS_A_TWIN of customers.
    """
    with transaction.atomic():
        row = _locked(registration_id, actor)
        missing = unverified(row.customer)
        if missing:
            raise Refused(
                InquiryRefusal.UNVERIFIED,
                zh="、".join(one.zh for one in missing),
                en=", ".join(one.en for one in missing),
            )
        if row.customer.merged_into_id is None:
            admit_prospect(row.customer_id, actor=actor, at=at)
        _decide(row, "accepted", "", actor, at)


def send_back(registration_id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """The applicant may change it again, and reads why.

    Refuses as accept, and REASON_FOR_APPLICANT. One ledger entry, one for each fact turned down.
    """
    _turn_down(registration_id, "returned", reason, actor, at)


def refuse(registration_id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """It ends here; the prospect stays one, with what it told, and reads why.

    Refuses as accept, and REASON_FOR_APPLICANT. One ledger entry, one for each fact turned down.
    """
    _turn_down(registration_id, "refused", reason, actor, at)


def unverified(customer: Customer) -> list[T]:
    """Names of what must stand in the file, undisputed, before the prospect is admitted."""
    facts = Fact.objects.current().filter(customer=customer, field__in=WANTED)
    cases = ConflictCase.objects.filter(customer=customer, resolved_at__isnull=True)
    standing = set(facts.values_list("field", flat=True))
    standing -= set(cases.values_list("field", flat=True))
    return [catalogue().fields[one].name for one in WANTED if one not in standing]


def _turn_down(registration_id: UUID, state: str, reason: str, actor: Actor, at: datetime) -> None:
    said = reason.strip()
    if not REASON_MIN <= len(said) <= REASON_MAX:
        _authorise(actor)
        raise Refused(InquiryRefusal.REASON_FOR_APPLICANT)
    with transaction.atomic():
        row = _locked(registration_id, actor)
        if actor.may(VERIFY):
            mine = {"customer": row.customer, "source": SOURCE}
            mine["entered_by"] = guest_of(row).ref
            for fact in Fact.objects.waiting().filter(**mine).order_by("pk"):
                reject_fact(fact.pk, said, actor=actor, at=at)
        _decide(row, state, said, actor, at)


def _authorise(actor: Actor) -> int:
    if not actor.may(REVIEW):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=REVIEW)
    if actor.person_id is None:
        raise Refused(InquiryRefusal.NAMED_PERSON)
    return actor.person_id


def _locked(registration_id: UUID, actor: Actor) -> Registration:
    person = _authorise(actor)
    rows = Registration.objects.select_for_update(no_key=True, of=("self",))
    row = rows.select_related("customer", "link").filter(pk=registration_id).first()
    if row is None or not actor.reaches(row.customer.business_unit_id):
        raise Refused(InquiryRefusal.UNKNOWN_REGISTRATION)
    if row.state != "submitted":
        raise Refused(InquiryRefusal.NOT_SUBMITTED)
    if row.link.made_person_id == person:
        raise Refused(InquiryRefusal.OWN_LINK)
    return row


def _decide(row: Registration, state: str, reason: str, actor: Actor, at: datetime) -> None:
    sealed = kept(row.customer, "registration", "reason_sealed", row.pk, reason)
    Registration.objects.filter(pk=row.pk).update(
        state=state,
        decided_by=actor.ref,
        decided_person_id=actor.person_id,
        decided_at=at,
        changed_at=at,
        reason_sealed=sealed if reason else None,
    )
    _record(row, {"state": state, "reason": reason}, actor, at)


def _record(row: Registration, told: Mapping[str, str], actor: Actor, at: datetime) -> None:
    fields = {
        "registration": str(row.pk),
        "customer": row.customer.code,
        "actor": actor.ref,
        **told,
    }
    entry = NewEntry("registration.decided", {}, fields, row.customer.data_key_id)
    with connection.cursor() as cursor:
        append([entry], at=at, cursor=cursor)
