"""Every write of relations: a talk recorded or withdrawn, a follow-up set and closed.

A talk is written once. Who got something wrong withdraws it with a reason and writes it anew, so
that what a decision was once based on stays readable. Worked: Bob calls on 20 November and sets a
follow-up for the 27th; Chen closes it on the 26th with "paid, see receipt".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from xinheng.customers.models import Customer
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor, of_user
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.relations.models import FollowUp, Talk
from xinheng.relations.refusals import TalkRefusal
from xinheng.relations.rows import NewTalk
from xinheng.relations.sealing import kept
from xinheng.vault.queries import open_living_keys

WRITE: Final = "talks.write"
SUBJECT_MAX, PERSON_MAX, TEXT_MAX, OUTCOME_MAX = 120, 120, 4000, 500
REASON_MIN, REASON_MAX = 4, 500
BACK_DAYS_MAX: Final = 3660  # letters of years ago may be entered
AHEAD_DAYS_MAX: Final = 366


def record_talk(new: NewTalk, *, actor: Actor, at: datetime) -> Talk:
    """Keep a talk, with its follow-up where one is told. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_CUSTOMER, BAD_TALK, TOO_LONG, BAD_DAY, BAD_DUE,
    PERSON_UNFIT, ERASED.
    """
    _require(actor)
    _check(new, today(at))
    with transaction.atomic():
        customer = _customer(new.customer_code, actor)
        row_id = UUID(hex=new_ids(1)[0])
        row = Talk.objects.create(
            id=row_id,
            customer=customer,
            day=new.day,
            kind=new.kind,
            concerns=new.concerns,
            subject=new.subject.strip(),
            with_sealed=kept(customer, "with", row_id, new.with_whom.strip()),
            text_sealed=kept(customer, "text", row_id, new.text.strip()),
            recorded_by_id=actor.person(),
            recorded_at=at,
        )
        told = {"day": new.day.isoformat(), "with": new.with_whom.strip(), "text": new.text.strip()}
        if new.follow_up_on is not None:
            told |= _set(row, new.follow_up_on, new.follow_up_by, actor, at)
        _record("talk.recorded", row, told, actor, at)
    return row


def set_follow_up(
    talk_id: UUID, due_on: date, person: int | None, *, actor: Actor, at: datetime
) -> None:
    """Say what day a talk is followed up, and by whom (None: oneself). One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_TALK, WITHDRAWN, FOLLOW_UP_OPEN, BAD_DUE,
    PERSON_UNFIT.
    """
    _require(actor)
    with transaction.atomic():
        row = _locked(talk_id, actor)
        _record("talk.follow_up", row, _set(row, due_on, person, actor, at), actor, at)


def close_follow_up(talk_id: UUID, outcome: str, *, actor: Actor, at: datetime) -> None:
    """The open follow-up of a talk was done; what came of it lies sealed. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_TALK, WITHDRAWN, NO_FOLLOW_UP.
    """
    _require(actor)
    with transaction.atomic():
        row = _locked(talk_id, actor)
        follow_up = FollowUp.objects.filter(talk=row, done_at__isnull=True).first()
        if follow_up is None:
            raise Refused(TalkRefusal.NO_FOLLOW_UP)
        said = outcome.strip()[:OUTCOME_MAX]
        sealed = kept(row.customer, "outcome", follow_up.pk, said)
        FollowUp.objects.filter(pk=follow_up.pk).update(
            done_by_id=actor.person(), done_at=at, outcome_sealed=sealed
        )
        told = {"due_on": follow_up.due_on.isoformat(), "outcome": said}
        _record("talk.followed_up", row, told, actor, at)


def withdraw_talk(talk_id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """A talk was written down wrongly: it stays readable and counts no more. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, NEEDS_REASON, UNKNOWN_TALK, WITHDRAWN.
    """
    _require(actor)
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refused(TalkRefusal.NEEDS_REASON)
    with transaction.atomic():
        row = _locked(talk_id, actor)
        Talk.objects.filter(pk=row.pk).update(
            withdrawn_by_id=actor.person(), withdrawn_at=at, withdrawn_reason=reason.strip()
        )
        _record("talk.withdrawn", row, {"reason": reason.strip()}, actor, at)


# --- Who may, which row


def _require(actor: Actor) -> None:
    if not actor.may(WRITE):
        raise Refused(TalkRefusal.NOT_ALLOWED, permission=WRITE)
    if actor.person_id is None:
        raise Refused(TalkRefusal.NAMED_PERSON)


def _customer(code: str, actor: Actor) -> Customer:
    found = Customer.objects.filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(TalkRefusal.UNKNOWN_CUSTOMER, customer=code)
    _require_key(found)
    return found


def _require_key(customer: Customer) -> None:
    if customer.data_key_id not in open_living_keys([customer.data_key_id]):
        raise Refused(TalkRefusal.ERASED)


def _locked(talk_id: UUID, actor: Actor) -> Talk:
    """The talk, locked: its follow-ups have one writer at a time."""
    rows = Talk.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    row = rows.filter(pk=talk_id).first()
    if row is None or not actor.reaches(row.customer.business_unit_id):
        raise Refused(TalkRefusal.UNKNOWN_TALK)
    if row.withdrawn_at is not None:
        raise Refused(TalkRefusal.WITHDRAWN)
    _require_key(row.customer)
    return row


# --- What it says


def _check(new: NewTalk, day: date) -> None:
    if (
        new.kind not in Talk.KINDS
        or new.concerns not in Talk.CONCERNS
        or not 0 < len(new.subject.strip()) <= SUBJECT_MAX
    ):
        raise Refused(TalkRefusal.BAD_TALK, subject=SUBJECT_MAX)
    if len(new.with_whom.strip()) > PERSON_MAX or len(new.text.strip()) > TEXT_MAX:
        raise Refused(TalkRefusal.TOO_LONG, person=PERSON_MAX, text=TEXT_MAX)
    if not 0 <= (day - new.day).days <= BACK_DAYS_MAX:
        raise Refused(TalkRefusal.BAD_DAY, days=BACK_DAYS_MAX)


def _set(row: Talk, due_on: date, person: int | None, actor: Actor, at: datetime) -> dict[str, str]:
    """A follow-up of a talk; what the ledger is told of it."""
    if not 0 <= (due_on - today(at)).days <= AHEAD_DAYS_MAX:
        raise Refused(TalkRefusal.BAD_DUE, days=AHEAD_DAYS_MAX)
    if FollowUp.objects.filter(talk=row, done_at__isnull=True).exists():
        raise Refused(TalkRefusal.FOLLOW_UP_OPEN)
    who = User.objects.filter(pk=person or actor.person(), is_active=True).first()
    if who is None or not of_user(who).reaches(row.customer.business_unit_id):
        raise Refused(TalkRefusal.PERSON_UNFIT)
    FollowUp.objects.create(
        talk=row, due_on=due_on, person=who, set_by_id=actor.person(), set_at=at
    )
    return {"follow_up_on": due_on.isoformat(), "follow_up_by": f"user:{who.pk}"}


def _record(kind: str, row: Talk, told: Mapping[str, str], actor: Actor, at: datetime) -> None:
    """One entry, sealed under the customer's key."""
    fields = {
        "talk": str(row.pk),
        "customer": row.customer.code,
        "subject": row.subject,
        "actor": actor.ref,
        **told,
    }
    told_openly = {"kind": row.kind, "concerns": row.concerns}
    entry = NewEntry(kind, told_openly, fields, row.customer.data_key_id)
    with connection.cursor() as cursor:
        append([entry], at=at, cursor=cursor)
