"""A visit is reviewed by somebody who was not there, or sent back to who was.

The review is the second pair of eyes: it states in words what it stands on, and then what the visit
told becomes facts of the file, entered in the visitor's name (source "visit", reliability C: our
own staff) and verified by the reviewer as seen on site. So a salesman alone never makes a fact.
Example: Bob visits on 20 November and counts 86 people; Alice, who stayed at home, states "photos
match the address" and is 70 sure: last_visit 2026-11-20 and employees 86 stand in the file.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from xinheng.dossiers.facts import ENTER, VERIFY, enter_fact, verify_fact
from xinheng.dossiers.rows import NewFact
from xinheng.inquiries.models import Visit
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.visit_form import visit_form
from xinheng.inquiries.visiting import form_of, locked_visit, record, there
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused

REVIEW: Final = "inquiries.review"
SOURCE: Final = "visit"
RELIABILITY: Final = "C"
FACT_TEXT_MAX: Final = 1000
STATEMENT_MIN, STATEMENT_MAX = 4, 1000


def review_visit(
    visit_id: UUID, statement: str, confidence: int, *, actor: Actor, at: datetime
) -> int:
    """Accept a visit; what it told enters the file. Returns how many facts; those of a reviewer
    without `facts.verify` wait for somebody who has it.

    Refuses NOT_ALLOWED, NEEDS_PERSON, NEEDS_STATEMENT, UNKNOWN_VISIT, VISIT_STATE, OWN_VISIT,
    BAD_CHECK.
    """
    with transaction.atomic():
        visit = _reviewed(visit_id, statement, actor)
        Visit.objects.filter(pk=visit.pk).update(
            state="reviewed",
            reviewed_by_id=actor.person_id,
            reviewed_at=at,
            review_note=statement.strip(),
        )
        facts = [enter_fact(one, actor=_visitor(visit), at=at) for one in _told(visit)]
        if actor.may(VERIFY):
            for fact in facts:
                verify_fact(fact, "site_visit", confidence, actor=actor, at=at)
        fields = {
            "statement": statement.strip(),
            "confidence": str(confidence),
            "facts": ",".join(str(one) for one in facts),
            "alone": "no" if visit.companions else "yes",
        }
        record("visit.reviewed", visit.pk, visit.customer, fields, actor, at)
    return len(facts)


def send_back(visit_id: UUID, statement: str, *, actor: Actor, at: datetime) -> None:
    """Give a visit back to be mended: it can be filled in again.

    Refuses NOT_ALLOWED, NEEDS_PERSON, NEEDS_STATEMENT, UNKNOWN_VISIT, VISIT_STATE, OWN_VISIT.
    """
    with transaction.atomic():
        visit = _reviewed(visit_id, statement, actor)
        Visit.objects.filter(pk=visit.pk).update(
            state="planned", done_at=None, points=None, review_note=statement.strip()
        )
        fields = {"statement": statement.strip()}
        record("visit.sent_back", visit.pk, visit.customer, fields, actor, at)


def _reviewed(visit_id: UUID, statement: str, actor: Actor) -> Visit:
    """A visit that was handed in, for somebody who was not there and says something."""
    if not actor.may(REVIEW):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=REVIEW)
    if actor.person_id is None:
        raise Refused(InquiryRefusal.NEEDS_PERSON)
    if not STATEMENT_MIN <= len(statement.strip()) <= STATEMENT_MAX:
        raise Refused(InquiryRefusal.NEEDS_STATEMENT)
    visit = locked_visit(visit_id, actor, "done")
    if actor.person_id in there(visit):
        raise Refused(InquiryRefusal.OWN_VISIT)
    return visit


def _visitor(visit: Visit) -> Actor:
    """Who saw it, as the one who enters it; the review has authorised, and reaches the customer."""
    ref = visit.visitor_id
    return Actor("user", ref, ref, frozenset({ENTER}), all_units=True)


def _told(visit: Visit) -> list[NewFact]:
    """The answers that are fields of the file, and that we were there."""
    day = today(visit.done_at) if visit.done_at else visit.planned_on
    seen = min(today(visit.begun_at), day) if visit.begun_at else day
    answers = form_of(visit)
    told = [("last_visit", seen.isoformat(), "")]
    for section in visit_form(visit.template_version).sections.values():
        for question in section.questions:
            answer = answers.get(section.code, {}).get(question.code, "")
            if question.field and answer:
                text = " ".join(answer.split())[:FACT_TEXT_MAX]
                told.append((question.field, text, question.legal_basis))
    return [
        NewFact(
            customer_code=visit.customer.code,
            field=field,
            value=value,
            source=SOURCE,
            reliability=RELIABILITY,
            observed_on=seen,
            evidence=f"visit {visit.pk}",
            legal_basis=basis,
        )
        for field, value, basis in told
    ]
