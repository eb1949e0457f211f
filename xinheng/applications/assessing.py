"""An analyst takes an application up, hands it over, and freezes what was assessed.

The analyst is another person than the applicant. A snapshot is whole and never changes; a newer one
supersedes it, and with it the proposal and every vote made on it. Points of the checklist that must
be done come first. Example: Chen takes SX-2026-000123 up; the checklist has three points; once they
are closed he takes a snapshot, whose SHA-256 every voter names.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from xinheng.applications import checklist
from xinheng.applications.applying import supersede
from xinheng.applications.gathering import as_bytes, gather
from xinheng.applications.measuring import Money, live_matrix
from xinheng.applications.models import Application, Snapshot
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.trail import (
    INVESTIGATE,
    locked,
    move,
    note,
    require,
    require_person,
    require_state,
    words_of,
)
from xinheng.decisions.governing import live_policy
from xinheng.decisions.models import Rating
from xinheng.people.actor import Actor
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

REASON = T("理由", "the reason")


def take_up(number: str, *, actor: Actor, at: datetime) -> Application:
    """The actor is its analyst from now on; the checklist is laid out. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_APPLICATION, WRONG_STATE, OWN_APPLICATION.
    """
    require(actor, INVESTIGATE)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "submitted")
        person = require_person(actor)
        _require_other(row, person)
        move(row, "investigating", at, analyst_id=person)
        points = checklist.lay_out(row, _asked_in_matrix_money(row, at), _grade_of(row), at)
        note(row, "taken", actor=actor, at=at, points=[one.code for one in points])
    return row


def hand_over(
    number: str, analyst_id: int, reason: str, *, actor: Actor, at: datetime
) -> Application:
    """Somebody else is the analyst: who may investigate, sees the customer and did not apply. Who
    was it before keeps having had a part. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_APPLICATION, WRONG_STATE, NEEDS_WORDS, UNFIT_PERSON,
    OWN_APPLICATION.
    """
    require(actor, INVESTIGATE)
    said = words_of(reason, REASON)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "investigating", "assessed")
        _require_other(row, require_person(actor))
        user = User.objects.filter(pk=analyst_id, is_active=True).first()
        unit = row.customer.business_unit_id
        sees = user is not None and (user.sees_all_units or user.business_unit_id == unit)
        if user is None or not sees or not user.may(INVESTIGATE) or user.pk == row.applicant_id:
            raise Refused(ApplicationRefusal.UNFIT_PERSON, name=user.name if user else analyst_id)
        before, row.analyst_id = row.analyst_id, user.pk
        row.save(update_fields=["analyst"])
        note(row, "handed_over", actor=actor, at=at, words=said, bars=[before], to=user.pk)
    return row


def take_snapshot(number: str, *, actor: Actor, at: datetime) -> Snapshot:
    """Assess the customer now and freeze it; what was assessed before is superseded with all that
    was proposed and voted on it. Two ledger entries: the assessment's and this one.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_APPLICATION, WRONG_STATE, NOT_ANALYST, TASKS_OPEN,
    NO_POLICY, NO_MATRIX, RATE_MISSING.
    """
    require(actor, INVESTIGATE)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "investigating", "assessed", "deciding")
        require_analyst(row, actor)
        if missing := checklist.still_open(row):
            names = [checklist.title_of(one) for one in missing]
            told = T("、".join(one.zh for one in names), ", ".join(one.en for one in names))
            raise Refused(ApplicationRefusal.TASKS_OPEN, tasks=told)
        return freeze(row, actor, at)


def freeze(row: Application, actor: Actor, at: datetime) -> Snapshot:
    """A step of taking a snapshot, by a person or by the automatic way."""
    supersede(row, at)
    found = gather(row, day=today(at), at=at)
    count = Snapshot.objects.filter(application=row).count() + 1
    payload = as_bytes(found.payload | {"number": count, "made_at": at.isoformat()})
    sha256 = hashlib.sha256(payload).digest()
    move(row, "assessed", at)
    step = note(
        row, "assessed", actor=actor, at=at, sha256=sha256.hex(), assessment=found.assessment_id
    )
    made: Snapshot = Snapshot.objects.create(
        application=row,
        number=count,
        payload=payload,
        sha256=sha256,
        assessment_id=found.assessment_id,
        made_by_id=actor.person_id,
        made_at=at,
        entry_id=step.entry_id,
    )
    return made


def current(application: Application) -> Snapshot:
    """The snapshot that counts. Refuses NO_SNAPSHOT."""
    found: Snapshot | None = Snapshot.objects.filter(
        application=application, superseded_at__isnull=True
    ).first()
    if found is None:
        raise Refused(ApplicationRefusal.NO_SNAPSHOT)
    return found


def payload_of(snapshot: Snapshot) -> dict[str, Any]:
    """What it froze."""
    found: dict[str, Any] = msgspec.json.decode(bytes(snapshot.payload))
    return found


def require_analyst(row: Application, actor: Actor) -> None:
    """Refuses where another person is the analyst."""
    if row.analyst_id is None or require_person(actor) != row.analyst_id:
        name = row.analyst.name if row.analyst else "-"
        raise Refused(ApplicationRefusal.NOT_ANALYST, name=name)


def _require_other(row: Application, person: int) -> None:
    if person == row.applicant_id:
        raise Refused(ApplicationRefusal.OWN_APPLICATION)


def _asked_in_matrix_money(row: Application, at: datetime) -> int | None:
    """None where there is no rate: then every point is on the list."""
    money = Money(live_matrix().currency, today(at), live_policy().policy)
    try:
        return money.of(row.asked_minor, row.currency)
    except Refused:
        return None


def _grade_of(row: Application) -> str:
    found = Rating.objects.filter(customer=row.customer_id).values_list("grade", flat=True).first()
    return found or ""
