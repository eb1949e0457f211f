"""A person takes back the consent under which bureaus were asked about them.

Consent lies in the file as a paper, and each query names it (PIPL 15 and 47: taking back is as easy
as giving, and what stood on nothing else is deleted). From then on nothing is asked under it, the
reports that came under it are emptied and their rows say so, and facts that only they told count no
more: what stood ends, what waited is turned down. What was decided before stays decided, with what
it stood on. Example: Alice records on 23 November that the owner took back the consent of
1 September: two reports are closed, nine facts end.

A report that was also asked for under another consent that stands, or on another basis, stays.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Count, Min
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.ending import Ended, end_facts, point_to
from xinheng.dossiers.models import Document
from xinheng.inquiries.bureau_keeping import emptied, key_of, locked, told_by, withdrawn
from xinheng.inquiries.models import BureauQuery, ConsentWithdrawal
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.sealing import kept, opened
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

REVIEW: Final = "inquiries.review"
WORDS_MIN, WORDS_MAX = 4, 1000
FIRST_DAY: Final = date(2000, 1, 1)
CONSENTS_MAX: Final = 50
KIND: Final = "consent.withdrawn"
TURNED_DOWN: Final = T("查询所依据的同意已撤回", "the consent behind the report was withdrawn")


class Withdrawn(Struct, frozen=True):
    """What a withdrawal closed: reports, and facts that ended or were turned down."""

    reports: int
    facts: int


def withdraw_consent(
    document_id: UUID, told_on: date, words: str, *, actor: Actor, at: datetime
) -> Withdrawn:
    """Record that a person took back a consent; `words` say how they told it, and why.

    Refuses NOT_ALLOWED, CONSENT_PERSON, CONSENT_WORDS, CONSENT_DAY, UNKNOWN_CONSENT, CONSENT_GONE,
    ERASED.
    """
    if not actor.may(REVIEW):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=REVIEW)
    words = words.strip()
    if not WORDS_MIN <= len(words) <= WORDS_MAX:
        raise Refused(InquiryRefusal.CONSENT_WORDS)
    if not FIRST_DAY <= told_on <= today(at):
        raise Refused(InquiryRefusal.CONSENT_DAY)
    person = actor.person_id
    if person is None:
        raise Refused(InquiryRefusal.CONSENT_PERSON)
    with transaction.atomic():
        customer = locked(_asked_under(document_id, actor), actor)
        if withdrawn(document_id):
            raise Refused(InquiryRefusal.CONSENT_GONE)
        key_of(customer)  # of somebody whose key is gone nothing can be read any more
        _put(customer, document_id, told_on, words, person, actor, at)
        reports = _only_under(document_id)
        said = f"{TURNED_DOWN.zh} / {TURNED_DOWN.en}"
        told = list(told_by(customer, reports).values_list("pk", flat=True))
        ended = end_facts(customer, told, said, person=person, at=at)
        emptied(reports, grade_stays=False, closed_why="consent", closed_by=actor.ref, at=at)
        entry = _record(customer, document_id, told_on, words, reports, ended, actor, at)
        point_to(ended, KIND, entry, at)
    return Withdrawn(len(reports), len(ended.all))


def _asked_under(document_id: UUID, actor: Actor) -> str:
    """The code of the customer about whom something was asked under this paper."""
    query = BureauQuery.objects.filter(consent_id=document_id).select_related("customer").first()
    if query is None or not actor.reaches(query.customer.business_unit_id):
        raise Refused(InquiryRefusal.UNKNOWN_CONSENT)
    return str(query.customer.code)


def _only_under(document_id: UUID) -> list[UUID]:
    """Open reports that stand on this consent alone."""
    gone = ConsentWithdrawal.objects.values("document_id")  # this one among them by now
    queries = BureauQuery.objects.filter(outcome__in=("fetched", "kept"), report__isnull=False)
    under = queries.filter(consent_id=document_id, report__closed_at__isnull=True)
    other = queries.filter(report_id__in=under.values("report_id"))
    other = other.exclude(consent_id__isnull=True, legal_basis="consent")
    held = set(other.exclude(consent_id__in=gone).values_list("report_id", flat=True))
    return sorted(set(under.values_list("report_id", flat=True)) - held)


def _put(
    customer: Customer,
    document_id: UUID,
    told_on: date,
    words: str,
    person: int,
    actor: Actor,
    at: datetime,
) -> None:
    row_id = UUID(hex=new_ids(1)[0])
    ConsentWithdrawal.objects.create(
        id=row_id,
        document_id=document_id,
        customer=customer,
        told_on=told_on,
        words_sealed=kept(customer, "consentwithdrawal", "words_sealed", row_id, words),
        recorded_by=actor.ref,
        recorded_person_id=person,
        recorded_at=at,
    )


def _record(
    customer: Customer,
    document_id: UUID,
    told_on: date,
    words: str,
    reports: list[UUID],
    ended: Ended,
    actor: Actor,
    at: datetime,
) -> UUID:
    fields = {
        "customer": customer.code,
        "consent": str(document_id),
        "told_on": told_on.isoformat(),
        "words": words,
        "reports": ",".join(str(one) for one in reports),
        "ended": ",".join(str(one) for one in ended.stood),
        "turned_down": ",".join(str(one) for one in ended.waited),
        "by": actor.ref,
    }
    with connections["default"].cursor() as cursor:
        entry = NewEntry(KIND, {}, fields, customer.data_key_id)
        (entry_id,) = append([entry], at=at, cursor=cursor)
    return entry_id


# --- As readers see it


class Consent(Struct, frozen=True, kw_only=True):
    """A consent under which bureaus were asked, and its withdrawal where there is one."""

    document: UUID
    given_on: date  # as the paper says, else the day on which it was filed
    valid_until: date | None
    first_asked_at: datetime
    asked: int
    told_on: date | None = None
    recorded_at: datetime | None = None
    recorded_by: str = ""
    words: str | None = None


def consents_of(user: Any, customer: Customer) -> list[Consent]:
    """The consents under which bureaus were asked about a customer, the newest first."""
    mine = BureauQuery.objects.all().visible_to(user).filter(customer=customer)
    rows = mine.filter(consent__isnull=False).values("consent_id")
    counted = {
        row["consent_id"]: row for row in rows.annotate(n=Count("id"), first=Min("asked_at"))
    }
    if not counted:
        return []
    papers = Document.objects.filter(pk__in=counted, customer=customer)
    gone = ConsentWithdrawal.objects.filter(document_id__in=counted).select_related(
        "recorded_person"
    )
    over = {one.document_id: one for one in gone}
    reader = customer if user.may(REVIEW) else None
    return [
        _consent(one, counted[one.pk], over.get(one.pk), reader)
        for one in papers.order_by("-uploaded_at", "pk")[:CONSENTS_MAX]
    ]


def _consent(
    paper: Document, row: dict[str, Any], gone: ConsentWithdrawal | None, of: Customer | None
) -> Consent:
    """`of`: the customer, where this reader may read the words."""
    words = None
    if gone is not None and of is not None:
        sealed = gone.words_sealed
        words = opened(of, "consentwithdrawal", "words_sealed", gone.pk, sealed)
    return Consent(
        document=paper.pk,
        given_on=paper.valid_from or today(paper.uploaded_at),
        valid_until=paper.valid_until,
        first_asked_at=row["first"],
        asked=row["n"],
        told_on=gone.told_on if gone else None,
        recorded_at=gone.recorded_at if gone else None,
        recorded_by=gone.recorded_person.name if gone else "",
        words=words,
    )
