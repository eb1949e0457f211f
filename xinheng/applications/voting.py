"""Votes, and what one can do with a seat: add one, move one's own, nudge.

A vote names the snapshot that its voter saw; where a newer one exists it is refused, with the
reason. The application's row is the lock: of two votes at once the second sees the first. Nobody
votes who asked, assessed or proposed, nor a deputy in such a person's place; one voice a person in
a stage.
Example: Alice and Fang press yes on the same seat at the same moment: one is counted, the other is
told that the seat has voted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from xinheng.applications import granting, staging
from xinheng.applications.applying import close_stages
from xinheng.applications.assessing import current
from xinheng.applications.clocks import works_on
from xinheng.applications.counting import FAILED, PASSED, RETURNED
from xinheng.applications.measuring import live_matrix
from xinheng.applications.models import Application, Proposal, Seat, Stage
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.telling import tell, tell_concerned, tell_seat, tell_turn
from xinheng.applications.trail import (
    DECIDE,
    VIEW,
    conflicted,
    involved,
    locked,
    move,
    note,
    require,
    require_person,
    require_state,
    words_of,
)
from xinheng.credit.authority_matrix import roles_above
from xinheng.people.actor import Actor
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

WORDS: Final = T("意见", "your reasons")
SPOKEN: Final = ("no", "return", "conflict", "abstain")  # votes that need words
BACK_TO: Final = ("analyst", "applicant")


def vote(
    number: str,
    seat_id: int,
    said: str,
    words: str,
    snapshot_sha256: str,
    *,
    back_to: str = "analyst",
    actor: Actor,
    at: datetime,
) -> Application:
    """yes | no | return | abstain | conflict on a seat, seen on the snapshot of this SHA-256 (hex).
    The stage is counted, and what follows happens at once. One ledger entry for the vote.

    Refuses NOT_ALLOWED, NAMED_PERSON, BAD_VOTE, NEEDS_WORDS, UNKNOWN_APPLICATION, WRONG_STATE,
    SUPERSEDED, UNKNOWN_SEAT, SEAT_TAKEN, NOT_YOUR_TURN, INVOLVED, CONFLICTED, ONE_VOICE,
    NOT_YOUR_SEAT.
    """
    require(actor, DECIDE)
    person = require_person(actor)
    if said not in Seat.VOTES or back_to not in BACK_TO:
        raise Refused(ApplicationRefusal.BAD_VOTE, vote=said)
    least = 4 if said in SPOKEN else 0
    kept = words_of(words, WORDS, least=least)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "deciding")
        seat = _seat_of(row, seat_id, snapshot_sha256)
        stood_in = _capacity(row, seat, person, at)
        seat.vote, seat.words, seat.voted_at = said, kept, at
        seat.voted_by_id, seat.stood_in_for_id = person, stood_in
        seat.snapshot_sha256 = bytes.fromhex(snapshot_sha256)
        told = {"seat": seat.pk, "stage": seat.stage.order, "role": seat.role, "vote": said}
        told |= {"snapshot": snapshot_sha256, "for": stood_in}
        kind = "conflict" if said == "conflict" else "vote"
        step = note(row, kind, actor=actor, at=at, words=kept, **told)
        seat.entry_id = step.entry_id
        seat.save()
        _replace(row, seat, at)
        advance(row, seat.stage, at, back_to=back_to)
    return row


def _seat_of(row: Application, seat_id: int, snapshot_sha256: str) -> Seat:
    """The seat, undecided and in its turn, on the snapshot that its voter saw."""
    seat = (
        Seat.objects.select_related("stage__proposal", "person")
        .filter(pk=seat_id, stage__proposal__application=row)
        .first()
    )
    if seat is None:
        raise Refused(ApplicationRefusal.UNKNOWN_SEAT)
    snapshot = current(row)
    proposal: Proposal = seat.stage.proposal
    stale = proposal.withdrawn_at is not None or proposal.snapshot_id != snapshot.pk
    if stale or bytes(snapshot.sha256).hex() != snapshot_sha256:
        raise Refused(ApplicationRefusal.SUPERSEDED)
    if seat.vote:
        raise Refused(ApplicationRefusal.SEAT_TAKEN)
    if seat.stage.state != "open" or seat.pk not in staging.standing(seat.stage).turn:
        raise Refused(ApplicationRefusal.NOT_YOUR_TURN)
    found: Seat = seat
    return found


def _capacity(row: Application, seat: Seat, person: int, at: datetime) -> int | None:
    """In whose place the person takes the seat; None: in their own. Says why where they can't."""
    if person in involved(row):
        raise Refused(ApplicationRefusal.INVOLVED)
    if person in conflicted(row):
        raise Refused(ApplicationRefusal.CONFLICTED)
    may = staging.who_may(seat, row, at)
    if person in may:
        return may[person]
    if person in staging.spoken_in(seat.stage):
        raise Refused(ApplicationRefusal.ONE_VOICE)
    raise Refused(ApplicationRefusal.NOT_YOUR_SEAT, role=staging.role_name(seat.role))


def _replace(row: Application, seat: Seat, at: datetime) -> None:
    """Who steps aside outside a committee leaves the seat's question to another of the role."""
    if seat.vote not in ("conflict", "abstain") or seat.stage.mode == "committee":
        return
    role = seat.role
    new = staging.seat_for(row, seat.stage, seat.order, role, live_matrix(), at)
    if seat.added_by_id is not None:
        Seat.objects.filter(pk=new.pk).update(added_by=seat.added_by_id)
    if not staging.who_may(new, row, at):
        raise Refused(ApplicationRefusal.NOBODY_TO_DECIDE, role=staging.role_name(role))


def advance(
    row: Application, stage: Stage, at: datetime, *, back_to: str = "analyst", closing: bool = False
) -> None:
    """A step: count the stage, and do what follows from it."""
    stage = Stage.objects.select_related("proposal__snapshot").get(pk=stage.pk)
    state = staging.standing(stage, closing=closing).state
    if state not in (PASSED, FAILED, RETURNED):
        staging.renew_clock(stage, at)
        tell_turn(row, stage, at)
        return
    stage.seats.filter(vote="", closed_at__isnull=True).update(closed_at=at)
    stage.state, stage.ended_at = state, at
    stage.save()
    proposal: Proposal = stage.proposal
    if state == RETURNED:
        _send_back(row, back_to, at)
    elif state == FAILED:
        _failed(row, proposal, stage, at)
    else:
        nxt = staging.open_next(row, proposal, at)
        if nxt is None:
            granting.finish(row, proposal, automatic=False, at=at)
        else:
            tell_turn(row, nxt, at)


def _failed(row: Application, proposal: Proposal, stage: Stage, at: datetime) -> None:
    """A no ends a wish; a no to a refusal brings it back to the analyst."""
    if proposal.verdict == "refuse":
        _send_back(row, "analyst", at)
        return
    against = stage.seats.filter(vote="no").order_by("voted_at").first()
    why = against.words if against else ""
    granting.reject(row, proposal, why, automatic=False, at=at)


def _send_back(row: Application, back_to: str, at: datetime) -> None:
    close_stages(row, at)
    if back_to == "applicant":
        move(row, "returned", at)
        people = [row.applicant_id] if row.applicant_id else []
        tell(row, people, f"returned:{row.steps.count()}", at)
    else:
        move(row, "assessed", at)
        tell_concerned(row, f"sent_back:{row.steps.count()}", at)


# --- What one can do with a seat


def add_seat(
    number: str,
    seat_id: int,
    person_id: int,
    where: str,
    words: str,
    *,
    actor: Actor,
    at: datetime,
) -> Seat:
    """加签: somebody else is asked as well, before or after the seat that is one's own now; the
    stage does not pass without them. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_APPLICATION, WRONG_STATE, UNKNOWN_SEAT, SEAT_TAKEN,
    NOT_YOUR_TURN, NOT_YOUR_SEAT, ADD_NOT_HERE, UNFIT_PERSON, NEEDS_WORDS.
    """
    require(actor, DECIDE)
    kept = words_of(words, WORDS)
    with transaction.atomic():
        row, seat = _mine(number, seat_id, actor, at)
        if seat.stage.mode == "committee" or where not in ("before", "after"):
            raise Refused(ApplicationRefusal.ADD_NOT_HERE)
        person = _fit_person(row, seat, person_id)
        made: Seat = Seat.objects.create(
            stage=seat.stage,
            order=seat.order + (1 if where == "after" else -1),
            role=seat.role,
            person=person,
            added_by_id=require_person(actor),
        )
        told = {"seat": seat.pk, "added": made.pk, "to": person.pk, "where": where}
        note(row, "seat_added", actor=actor, at=at, words=kept, **told)
        staging.renew_clock(seat.stage, at)
        tell_turn(row, seat.stage, at)
    return made


def move_seat(
    number: str, seat_id: int, person_id: int, words: str, *, actor: Actor, at: datetime
) -> Seat:
    """转审: one's seat goes to another person, who has the seat's role or a higher one. One ledger
    entry. Refuses as `add_seat`.
    """
    require(actor, DECIDE)
    kept = words_of(words, WORDS)
    with transaction.atomic():
        row, seat = _mine(number, seat_id, actor, at)
        person = _fit_person(row, seat, person_id)
        role = seat.role
        wanted = {role, *roles_above(live_matrix(), role)}
        if not wanted & {one.pk for one in person.roles.all()}:
            raise Refused(ApplicationRefusal.UNFIT_PERSON, name=person.name)
        before, seat.person = require_person(actor), person
        seat.moved_from_id = before
        seat.save(update_fields=["person", "moved_from"])
        told = {"seat": seat.pk, "to": person.pk}
        note(row, "seat_moved", actor=actor, at=at, words=kept, **told)
        staging.renew_clock(seat.stage, at)
        tell_seat(row, seat, "moved", at)
    return seat


def nudge(number: str, *, actor: Actor, at: datetime) -> int:
    """催办: those whose turn it is are told again, once on a working day. Whoever sees the
    application may. Returns how many were told. One ledger entry.

    Refuses NOT_ALLOWED, UNKNOWN_APPLICATION, WRONG_STATE, NOT_A_WORKING_DAY, NUDGED_TODAY.
    """
    require(actor, VIEW)
    with transaction.atomic():
        row = locked(number, actor)
        require_state(row, "deciding")
        stage, day = staging.open_stage(row), today(at)
        if stage is None:
            raise Refused(ApplicationRefusal.NOT_YOUR_TURN)
        if not works_on(day):
            raise Refused(ApplicationRefusal.NOT_A_WORKING_DAY)
        seats = list(Seat.objects.filter(pk__in=staging.standing(stage).turn))
        if any(one.nudged_at is not None and today(one.nudged_at) == day for one in seats):
            raise Refused(ApplicationRefusal.NUDGED_TODAY)
        told = 0
        for seat in seats:
            seat.nudged_at, seat.nudges = at, seat.nudges + 1
            seat.save(update_fields=["nudged_at", "nudges"])
            told += tell_seat(row, seat, f"nudge:{day}", at)
        note(row, "nudged", actor=actor, at=at, seats=[one.pk for one in seats])
    return told


def _mine(number: str, seat_id: int, actor: Actor, at: datetime) -> tuple[Application, Seat]:
    row = locked(number, actor)
    require_state(row, "deciding")
    seat = _seat_of(row, seat_id, bytes(current(row).sha256).hex())
    _capacity(row, seat, require_person(actor), at)
    return row, seat


def _fit_person(row: Application, seat: Seat, person_id: int) -> User:
    """Somebody who may have a voice here and has none yet in this stage."""
    user = User.objects.filter(pk=person_id).prefetch_related("roles").first()
    barred = involved(row) | conflicted(row) | staging.spoken_in(seat.stage)
    named = seat.stage.seats.filter(vote="", closed_at__isnull=True).exclude(pk=seat.pk)
    barred |= set(named.exclude(person=None).values_list("person_id", flat=True))
    if user is None or not staging.fit(user, row, barred):
        raise Refused(ApplicationRefusal.UNFIT_PERSON, name=user.name if user else person_id)
    found: User = user
    return found
