"""Stages and seats: who may speak where, opened one after the other.

A seat is a role's (whoever has the role and had no part) or a person's (a committee's member, one
to whom it was moved). A deputy speaks for an absent person from day to day and up to a ceiling, and
never for somebody who has no vote. A seat that nobody took for two working days goes to the next
higher role as well; so does one that nobody can take at all. Example: the only credit manager
assessed it herself: the seat opens to the finance director at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Final

from xinheng.applications.clocks import after_hours, rules
from xinheng.applications.counting import Count, Rule, Voice, count
from xinheng.applications.measuring import live_matrix
from xinheng.applications.models import Application, Proposal, Seat, Stage
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.trail import DECIDE, conflicted, involved, note
from xinheng.credit.authority_matrix import Matrix, StageRule, roles_above
from xinheng.people.actor import Actor, system
from xinheng.people.models import Deputy, Role, User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

SPACE: Final = 10  # between the orders of seats, so that others fit in before and after
UNDECIDED: Final = {"vote": "", "closed_at__isnull": True}


def lay_stages(
    application: Application,
    proposal: Proposal,
    wanted: Sequence[StageRule],
    matrix: Matrix,
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """A step of proposing: the stages of a route, of which the first opens. Refuses NO_QUORUM,
    NOBODY_TO_DECIDE before anything waits that nobody could decide.
    """
    for order, rule in enumerate(wanted, start=1):
        _require_people(application, rule, matrix)
        Stage.objects.create(
            proposal=proposal,
            order=order,
            mode=rule.mode,
            quorum=rule.quorum,
            share_num=rule.share[0],
            share_den=rule.share[1],
        )
    for stage, rule in zip(_stages(proposal), wanted, strict=True):
        _make_seats(application, stage, rule, matrix, at)
    open_next(application, proposal, at)


def open_next(application: Application, proposal: Proposal, at: datetime) -> Stage | None:
    """The next waiting stage opens; None: there is none left."""
    stage = next((one for one in _stages(proposal) if one.state == "waiting"), None)
    if stage is not None:
        stage.state, stage.opened_at, stage.due_at = "open", at, _stage_due(at)
        stage.save()
    return stage


def open_stage(application: Application) -> Stage | None:
    """The stage that is being voted on."""
    found: Stage | None = Stage.objects.filter(
        proposal__application=application, proposal__withdrawn_at__isnull=True, state="open"
    ).first()
    return found


def standing(stage: Stage, *, closing: bool = False) -> Count:
    """How the stage stands now."""
    rule = Rule(stage.mode, stage.quorum, (stage.share_num, stage.share_den))
    return count(rule, [voice_of(seat) for seat in stage.seats.all()], closing=closing)


def voice_of(seat: Seat) -> Voice:
    added = seat.added_by_id is not None
    return Voice(seat.pk, seat.order, seat.vote, added, seat.closed_at is not None)


def renew_clock(stage: Stage, at: datetime) -> None:
    """Another's turn has come: the stage's clock starts anew."""
    stage.due_at = _stage_due(at)
    stage.save(update_fields=["due_at"])


def _stage_due(at: datetime) -> datetime:
    days = live_matrix().escalate_after_working_days
    return after_hours(at, days * rules()["day_hours"])


def _stages(proposal: Proposal) -> list[Stage]:
    return list(Stage.objects.filter(proposal=proposal).order_by("order"))


def _make_seats(
    application: Application, stage: Stage, rule: StageRule, matrix: Matrix, at: datetime
) -> None:
    if rule.mode == "committee":
        people = {one.pk for role in rule.roles for one in holders([role], application)}
        for person in sorted(people):
            Seat.objects.create(stage=stage, order=SPACE, role=rule.roles[0], person_id=person)
        return
    for number, role in enumerate(rule.roles, start=1):
        order = SPACE * number if rule.mode == "sequence" else SPACE
        seat_for(application, stage, order, role, matrix, at)


def seat_for(
    application: Application, stage: Stage, order: int, role: str, matrix: Matrix, at: datetime
) -> Seat:
    """A role's seat; where nobody could take it, it is open to the higher roles at once."""
    seat: Seat = Seat.objects.create(stage=stage, order=order, role=role)
    if not who_may(seat, application, at):
        escalate(application, seat, matrix, at)
    return seat


def escalate(application: Application, seat: Seat, matrix: Matrix, at: datetime) -> None:
    """A step: the seat is open to the higher roles as well. Refuses NOBODY_TO_DECIDE."""
    seat.escalated_at = at
    seat.save(update_fields=["escalated_at"])
    above = list(roles_above(matrix, seat.role))[:1]
    actor = system("applications")
    note(application, "escalated", actor=actor, at=at, seat=seat.pk, role=seat.role, to=above)


def _require_people(application: Application, rule: StageRule, matrix: Matrix) -> None:
    if rule.mode == "committee":
        count_ = len({one.pk for role in rule.roles for one in holders([role], application)})
        if count_ < rule.quorum:
            raise Refused(ApplicationRefusal.NO_QUORUM, count=count_, quorum=rule.quorum)
        return
    for role in rule.roles:
        if not holders([role, *roles_above(matrix, role)], application):
            raise Refused(ApplicationRefusal.NOBODY_TO_DECIDE, role=role_name(role))


def role_name(code: str) -> T:
    """A role in both languages; an unknown one by its code."""
    row = Role.objects.filter(pk=code).first()
    return T(row.name, row.name_en) if row else T(code or "-", code or "-")


# --- Who may


def holders(roles: Collection[str], application: Application) -> list[User]:
    """Active people with one of the roles who may decide, see the customer and had no part."""
    barred = involved(application) | conflicted(application)
    people = User.objects.filter(is_active=True, roles__in=list(roles)).distinct().order_by("pk")
    return [one for one in people.prefetch_related("roles") if fit(one, application, barred)]


def fit(user: User, application: Application, barred: Collection[int]) -> bool:
    """Whether this person may have a voice at all."""
    unit = application.customer.business_unit_id
    sees = user.sees_all_units or (unit is not None and user.business_unit_id == unit)
    return user.is_active and sees and user.may(DECIDE) and user.pk not in barred


def roles_for(seat: Seat, matrix: Matrix) -> tuple[str, ...]:
    """The seat's role, and once it was escalated those above it."""
    above = roles_above(matrix, seat.role) if seat.escalated_at else ()
    return (seat.role, *above) if seat.role else above


def who_may(seat: Seat, application: Application, at: datetime) -> dict[int, int | None]:
    """Who may take a seat, and in whose place: user → the person stood in for, None for oneself."""
    stage: Stage = seat.stage
    barred = involved(application) | conflicted(application)
    spoken = spoken_in(stage)
    principals = _principals(seat, live_matrix())
    found: dict[int, int | None] = {
        one.pk: None for one in principals if fit(one, application, barred) and one.pk not in spoken
    }
    absent = [one.pk for one in principals if one.pk not in barred | spoken]
    earlier = voters_of(stage.proposal)
    for row in _deputies(absent, stage.proposal, today(at)):
        taken = row.deputy_id in spoken | earlier | found.keys()
        if not taken and fit(row.deputy, application, barred):
            found[row.deputy_id] = row.person_id
    return found


def _principals(seat: Seat, matrix: Matrix) -> list[User]:
    """Whose seat it is: the person named, and the holders of its roles where none is named or it
    was escalated.
    """
    people: dict[int, User] = {}
    if seat.person is not None:
        people[seat.person.pk] = seat.person
    roles = roles_for(seat, matrix)
    if seat.person_id is not None:
        roles = roles[1:]
    if roles:
        rows = User.objects.filter(is_active=True, roles__in=roles).distinct().order_by("pk")
        people |= {one.pk: one for one in rows.prefetch_related("roles")}
    return list(people.values())


def spoken_in(stage: Stage) -> set[int]:
    """Whose voice was heard in the stage: who voted, and in whose place."""
    rows = stage.seats.exclude(vote="").values_list("voted_by_id", "stood_in_for_id")
    return {one for pair in rows for one in pair if one is not None}


def voters_of(proposal: Proposal) -> set[int]:
    """Who voted on the proposal in any stage: a deputy adds no second voice to one's own."""
    rows = Seat.objects.filter(stage__proposal=proposal).exclude(vote="")
    return set(rows.values_list("voted_by_id", flat=True)) - {None}


def _deputies(persons: Iterable[int], proposal: Proposal, day: date) -> list[Deputy]:
    """Deputies of these people on a day whose ceiling reaches what is decided."""
    rows = Deputy.objects.filter(
        person__in=list(persons),
        ended_at__isnull=True,
        valid_from__lte=day,
        valid_until__gte=day,
    )
    ordered = rows.select_related("deputy").order_by("pk")
    return [row for row in ordered if _reaches(row, proposal)]


def _reaches(row: Deputy, proposal: Proposal) -> bool:
    if row.up_to_minor is None:
        return True
    total, currency = proposal.measured.get("total_minor"), proposal.measured.get("currency")
    return total is not None and row.currency == currency and total <= row.up_to_minor
