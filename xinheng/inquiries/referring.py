"""Bank and trade references: asked by a link, answered on a form, reviewed by another person.

Who asks names the company, the purpose and the last day, and hands the address over; the one asked
answers in bands or declines, and the answer is worth 0 to 100 points by the form's weights. A
colleague who did not ask reviews it; only then does it enter the file, as a fact that waits (source
"reference:trade" or "reference:bank", reliability C). Worked: always on time, ten years, no bill
returned: 97 points; what a competitor says of a rival is still only one voice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from xinheng.customers.models import Customer
from xinheng.dossiers.facts import ENTER, enter_fact
from xinheng.dossiers.rows import NewFact
from xinheng.inquiries.links import NewLink, put_link
from xinheng.inquiries.models import Link, Reference
from xinheng.inquiries.reference_form import points_of, questions, version, weigh
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.registering import agreed
from xinheng.inquiries.sealing import kept, opened
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor, guest
from xinheng.people.queries import today
from xinheng.refusals import Refused

ASK: Final = "inquiries.ask"
REVIEW: Final = "inquiries.review"
ANSWER: Final = "references.answer"  # of a guest with a link; no role carries it
WORDS: Final = frozenset({ANSWER, ENTER})
THIRD_PARTIES: Final = "third_parties"  # a purpose of the notice
DAYS_MAX: Final = 60
WAITING_MAX: Final = 20
NAME_MAX, PURPOSE_MAX, WORDS_MAX, NOTE_MAX = 120, 200, 500, 1000
GRACE_DAYS: Final = 14  # a late answer is still an answer
FIELDS: Final = {"trade": "trade_reference", "bank": "bank_reference"}


class NewReference(NamedTuple):
    """Who is asked about whom, why, until when, and in which language."""

    customer_code: str
    kind: str
    company: str
    person: str
    address: str
    purpose: str
    due_on: date
    language: str = "zh-hans"
    consent: str = ""  # where a consent is written that it gave after it registered


class Asked(NamedTuple):
    """A reference that was asked for, and the token of its address: shown once, kept nowhere."""

    reference: Reference
    token: str


def ask_reference(new: NewReference, *, actor: Actor, at: datetime) -> Asked:
    """Ask a bank or a supplier. One ledger entry, the names in it sealed.

    Refuses NOT_ALLOWED, BAD_REQUEST, UNKNOWN_CUSTOMER, NOT_AGREED_TO (it registered itself and did
    not tick that third parties may be asked; nor is a later consent named), TOO_MANY_ASKED.
    """
    _require(actor, ASK)
    left = (new.due_on - today(at)).days
    _check(new, left)
    with transaction.atomic():
        customer = _customer(new.customer_code, actor)
        if agreed(customer, THIRD_PARTIES) is False and not new.consent.strip():
            raise Refused(InquiryRefusal.NOT_AGREED_TO)
        waiting = Reference.objects.filter(customer=customer, state="asked").count()
        if waiting >= WAITING_MAX:
            raise Refused(InquiryRefusal.TOO_MANY_ASKED, most=WAITING_MAX)
        asked = NewLink(
            "reference", customer.business_unit_id, "", left + GRACE_DAYS, 1, new.language
        )
        link, token = put_link(asked, actor=actor, at=at)
        row_id = UUID(hex=new_ids(1)[0])
        giver = {"company": new.company, "person": new.person, "address": new.address}
        row = Reference.objects.create(
            id=row_id,
            customer=customer,
            kind=new.kind,
            giver_sealed=kept(customer, "reference", "giver_sealed", row_id, giver),
            link=link,
            purpose=new.purpose.strip(),
            asked_by=actor.ref,
            asked_person_id=actor.person_id,
            asked_at=at,
            due_on=new.due_on,
            template_version=version(),
        )
        told = {**giver, "purpose": new.purpose.strip(), "due_on": new.due_on.isoformat()}
        told["consent"] = new.consent.strip()
        _record("reference.asked", row, told, actor, at)
    return Asked(row, token)


def answer_reference(
    reference_id: UUID, answers: Mapping[str, str], words: str, *, actor: Actor, at: datetime
) -> int | None:
    """The one asked answers; returns the points. The link is used up. One ledger entry.

    Refuses NOT_ALLOWED, NO_ENTRY, REFERENCE_DONE, UNANSWERED, NOT_OFFERED.
    """
    _require(actor, ANSWER)
    with transaction.atomic():
        row = _asked(reference_id, actor, at)
        weighed = weigh(row.kind, answers)
        _require_answers(row.kind, answers, len(weighed))
        said = {one.question.code: one.choice.code for one in weighed}
        told = {"answers": said, "words": " ".join(words.split())[:WORDS_MAX]}
        points = points_of(weighed)
        Reference.objects.filter(pk=row.pk).update(
            state="answered",
            answers_sealed=kept(row.customer, "reference", "answers_sealed", row.pk, told),
            answered_at=at,
            points=points,
        )
        Link.objects.filter(pk=row.link_id).update(uses=F("uses") + 1)
        given = {**said, "words": told["words"], "points": str(points)}
        _record("reference.answered", row, given, actor, at)
    return points


def decline_reference(reference_id: UUID, *, actor: Actor, at: datetime) -> None:
    """The one asked would rather not say anything. The link is used up. One ledger entry.

    Refuses NOT_ALLOWED, NO_ENTRY, REFERENCE_DONE.
    """
    _require(actor, ANSWER)
    with transaction.atomic():
        row = _asked(reference_id, actor, at)
        Reference.objects.filter(pk=row.pk).update(state="declined", answered_at=at)
        Link.objects.filter(pk=row.link_id).update(uses=F("uses") + 1)
        _record("reference.answered", row, {"declined": "yes"}, actor, at)


def withdraw_reference(reference_id: UUID, *, actor: Actor, at: datetime) -> None:
    """We don't want an answer any more; the address stops working. One ledger entry.

    Refuses NOT_ALLOWED, UNKNOWN_REFERENCE, REFERENCE_DONE.
    """
    _require(actor, ASK)
    with transaction.atomic():
        row = _ours(reference_id, actor)
        if row.state != "asked":
            raise Refused(InquiryRefusal.REFERENCE_DONE)
        Reference.objects.filter(pk=row.pk).update(state="withdrawn")
        Link.objects.filter(pk=row.link_id).update(revoked_by=actor.ref, revoked_at=at)
        _record("reference.withdrawn", row, {}, actor, at)


def review_reference(reference_id: UUID, note: str, *, actor: Actor, at: datetime) -> int | None:
    """Somebody who did not ask has read the answer: it enters the file as a fact that waits;
    returns its number. One ledger entry of its own, one of the fact.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_REFERENCE, NOT_ANSWERED, REVIEWED, OWN_REQUEST.
    """
    _require(actor, REVIEW)
    if actor.person_id is None:
        raise Refused(InquiryRefusal.NAMED_PERSON)
    with transaction.atomic():
        row = _ours(reference_id, actor)
        if row.state != "answered":
            raise Refused(InquiryRefusal.NOT_ANSWERED)
        if row.reviewed_at is not None:
            raise Refused(InquiryRefusal.REVIEWED)
        if row.asked_person_id == actor.person_id:
            raise Refused(InquiryRefusal.OWN_REQUEST)
        said = note.strip()[:NOTE_MAX]
        Reference.objects.filter(pk=row.pk).update(
            reviewed_by_id=actor.person_id, reviewed_at=at, review_note=said
        )
        # what it says is the giver's word: nobody of the house enters it, somebody verifies it
        new = NewFact(
            customer_code=row.customer.code,
            field=FIELDS[row.kind],
            value=_sentence(row),
            source=f"reference:{row.kind}",
            reliability="C",
            observed_on=today(row.answered_at or at),
            evidence=f"reference:{row.pk}",
            legal_basis="consent" if agreed(row.customer, THIRD_PARTIES) else "legitimate_interest",
        )
        fact = enter_fact(new, actor=giver_of(row), at=at)
        _record("reference.reviewed", row, {"note": said, "fact": str(fact)}, actor, at)
    return fact


def reference_of(link: Link) -> Reference:
    """The reference that a link was made for."""
    return Reference.objects.select_related("customer", "link").get(link=link)


def giver_of(row: Reference) -> Actor:
    """The one asked as an actor: a word, in the unit of the link."""
    return guest(row.pk.hex, WORDS, row.link.business_unit_id)


def giver_words(row: Reference) -> dict[str, str]:
    """company, person and address; empty where the customer's key was destroyed."""
    told = opened(row.customer, "reference", "giver_sealed", row.pk, row.giver_sealed)
    return told or {"company": "", "person": "", "address": ""}


def answers_of(row: Reference) -> dict[str, Any]:
    """{"answers": question → choice, "words": text}; empty where there are none, or no key."""
    told = opened(row.customer, "reference", "answers_sealed", row.pk, row.answers_sealed)
    return told or {"answers": {}, "words": ""}


# --- Who, what


def _require(actor: Actor, word: str) -> None:
    if not actor.may(word):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=word)


def _check(new: NewReference, left: int) -> None:
    texts = (new.company, new.person, new.address, new.consent)
    if (
        new.kind not in Reference.KINDS
        or not new.company.strip()
        or any(len(one.strip()) > NAME_MAX for one in texts)
        or not 0 < len(new.purpose.strip()) <= PURPOSE_MAX
        or not 1 <= left <= DAYS_MAX
    ):
        raise Refused(InquiryRefusal.BAD_REQUEST, days=DAYS_MAX)


def _customer(code: str, actor: Actor) -> Customer:
    found = Customer.objects.select_for_update(no_key=True).filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(InquiryRefusal.UNKNOWN_CUSTOMER, customer=code)
    return found


def _row(reference_id: UUID) -> Reference | None:
    rows = Reference.objects.select_for_update(no_key=True, of=("self",))
    found: Reference | None = (
        rows.select_related("customer", "link").filter(pk=reference_id).first()
    )
    return found


def _ours(reference_id: UUID, actor: Actor) -> Reference:
    row = _row(reference_id)
    if row is None or not actor.reaches(row.customer.business_unit_id):
        raise Refused(InquiryRefusal.UNKNOWN_REFERENCE)
    return row


def _asked(reference_id: UUID, actor: Actor, at: datetime) -> Reference:
    """The reference of this giver, still open."""
    row = _row(reference_id)
    if row is None or actor.ref != giver_of(row).ref:
        raise Refused(InquiryRefusal.NO_ENTRY)
    if row.state != "asked":
        raise Refused(InquiryRefusal.REFERENCE_DONE)
    if row.link.revoked_at is not None or at >= row.link.expires_at:
        raise Refused(InquiryRefusal.NO_ENTRY)
    return row


def _require_answers(kind: str, answers: Mapping[str, str], understood: int) -> None:
    missing = [one.name for one in questions(kind) if not answers.get(one.code)]
    if missing:
        raise Refused(
            InquiryRefusal.UNANSWERED,
            zh="、".join(one.zh for one in missing),
            en=", ".join(one.en for one in missing),
        )
    if understood != len(questions(kind)):
        raise Refused(InquiryRefusal.NOT_OFFERED)


def _sentence(row: Reference) -> str:
    """What stands in the file: the points and each answer, in Chinese, without the giver's name."""
    weighed = weigh(row.kind, answers_of(row)["answers"])
    parts = "；".join(f"{one.question.name.zh}：{one.choice.name.zh}" for one in weighed)
    return f"{row.points if row.points is not None else '–'} / 100；{parts}"


def _record(kind: str, row: Reference, told: Mapping[str, str], actor: Actor, at: datetime) -> None:
    fields = {
        "reference": str(row.pk),
        "customer": row.customer.code,
        "actor": actor.ref,
        **told,
    }
    entry = NewEntry(kind, {"kind": row.kind}, fields, row.customer.data_key_id)
    with connection.cursor() as cursor:
        append([entry], at=at, cursor=cursor)


def overdue_by(row: Reference, day: date) -> int:
    """Days since the last day, for one that still waits; 0 where it is not late."""
    return max(0, (day - row.due_on).days) if row.state == "asked" else 0


def last_answer(row: Reference) -> date:
    """Until when the address takes an answer."""
    return row.due_on + timedelta(days=GRACE_DAYS)
