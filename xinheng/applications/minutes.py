"""A committee's minutes: who was there, what was said; written by a member, confirmed by another.

Writing them closes the meeting: who has not voted was away, and the stage is counted over those who
were there, if they are as many as the quorum. Example: of five members three vote, two yes and one
no; nothing is certain while two could still vote; with the minutes the meeting is over: 2 of 3 is
the share, it passes.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from xinheng.applications import voting
from xinheng.applications.models import Application, Minutes, Stage
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.telling import tell
from xinheng.applications.trail import (
    DECIDE,
    locked,
    note,
    require,
    require_person,
    require_state,
    words_of,
)
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T

TEXT = T("纪要", "the minutes")
TEXT_MAX = 10_000


def write_minutes(
    number: str,
    stage_id: int,
    held_at: datetime,
    present: Collection[int],
    text: str,
    *,
    actor: Actor,
    at: datetime,
) -> Minutes:
    """Keep the minutes of a committee's stage; a stage that was still open is counted over those
    who voted. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, NEEDS_WORDS, TOO_LONG, UNKNOWN_APPLICATION, WRONG_STATE,
    UNKNOWN_SEAT, MINUTES_THERE, MINUTES_UNFIT, NO_QUORUM.
    """
    require(actor, DECIDE)
    person = require_person(actor)
    said = words_of(text, TEXT, least=10, most=TEXT_MAX)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "deciding", "granted", "rejected", "assessed", "returned")
        stage = _stage(row, stage_id)
        there = sorted(set(present))
        _check(stage, there, person, held_at, at)
        told = {"stage": stage.order, "present": there}
        step = note(row, "minutes", actor=actor, at=at, words=said[:1_000], **told)
        made: Minutes = Minutes.objects.create(
            stage=stage,
            held_at=held_at,
            present=there,
            text=said,
            written_by_id=person,
            written_at=at,
            entry_id=step.entry_id,
        )
        tell(row, [one for one in there if one != person], f"minutes:{made.pk}", at)
        if stage.state == "open" and row.state == "deciding":
            voting.advance(row, stage, at, closing=True)
    return made


def confirm_minutes(number: str, stage_id: int, *, actor: Actor, at: datetime) -> Minutes:
    """Another who was there says that the minutes are right. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_APPLICATION, UNKNOWN_SEAT, OWN_MINUTES.
    """
    require(actor, DECIDE)
    with transaction.atomic():
        row = locked(number, actor)
        found = Minutes.objects.select_for_update().filter(stage=_stage(row, stage_id)).first()
        if found is None:
            raise Refused(ApplicationRefusal.UNKNOWN_SEAT)
        person = require_person(actor)
        if person == found.written_by_id or person not in found.present:
            raise Refused(ApplicationRefusal.OWN_MINUTES)
        if found.confirmed_at is None:
            found.confirmed_by_id, found.confirmed_at = person, at
            found.save(update_fields=["confirmed_by", "confirmed_at"])
            note(row, "minutes_confirmed", actor=actor, at=at, minutes=found.pk)
    return found


def _stage(row: Application, stage_id: int) -> Stage:
    found = Stage.objects.filter(pk=stage_id, proposal__application=row, mode="committee").first()
    if found is None:
        raise Refused(ApplicationRefusal.UNKNOWN_SEAT)
    return found


def _check(stage: Stage, present: list[int], person: int, held_at: datetime, at: datetime) -> None:
    if Minutes.objects.filter(stage=stage).exists():
        raise Refused(ApplicationRefusal.MINUTES_THERE)
    if stage.state not in ("open", "passed", "failed", "returned"):
        raise Refused(ApplicationRefusal.UNKNOWN_SEAT)
    voted = set(stage.seats.exclude(vote="").values_list("voted_by_id", flat=True))
    members = voted | set(stage.seats.values_list("person_id", flat=True))
    why = None
    if not voted <= set(present):
        why = T("表决过的人都应列为到会。", "whoever voted was there.")
    elif not set(present) <= members:
        why = T("到会的人应为委员。", "only members were there.")
    elif person not in present:
        why = T("纪要由到会的委员书写。", "a member who was there writes them.")
    elif held_at > at:
        why = T("会议不能在将来。", "the meeting can't lie ahead.")
    if why is not None:
        raise Refused(ApplicationRefusal.MINUTES_UNFIT, why=why)
    counted = stage.seats.exclude(vote__in=["", "conflict"]).count()
    if stage.state == "open" and counted < stage.quorum:
        raise Refused(ApplicationRefusal.NO_QUORUM, count=counted, quorum=stage.quorum)
