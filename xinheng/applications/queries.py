"""Applications as pages and doors read them: the board, who has to vote, one with all of it.

Everything goes through `visible_to(user)`; a stranger's application is not there. Worked: an
officer's inbox has the seats that they may take now, their own ones first, then those as a deputy,
each with whose place it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet

from xinheng.applications import checklist, staging
from xinheng.applications.assessing import payload_of
from xinheng.applications.letters import text_of
from xinheng.applications.measuring import live_matrix
from xinheng.applications.models import (
    Application,
    Letter,
    Minutes,
    Proposal,
    Seat,
    Snapshot,
    Stage,
    Step,
    Task,
)
from xinheng.applications.trail import ENDED, OPEN, involved
from xinheng.credit.authority_matrix import roles_above
from xinheng.people.models import Deputy, User
from xinheng.people.queries import today
from xinheng.texts import T

BOARD_MAX = 500
INBOX_MAX = 200
TABS = ("all", "mine", "late", "ended", *Application.KINDS)


class Card(NamedTuple):
    """One application on the board. `late`: past the instant by which it should have moved on."""

    row: Application
    late: bool
    tasks_open: int
    tasks: int


class Waiting(NamedTuple):
    """A seat that the reader may take now; `stands_in_for`: a person's name, or ""."""

    row: Application
    stage: Stage
    seat: Seat
    proposal: Proposal
    stands_in_for: str
    late: bool


class SeatView(NamedTuple):
    """A seat with whose turn it is, and whether the reader may take it (in whose place)."""

    seat: Seat
    role: T
    turn: bool
    mine: bool
    stands_in_for: str
    eligible: list[str]


class StageView(NamedTuple):
    stage: Stage
    seats: list[SeatView]
    minutes: Minutes | None


class Whole(NamedTuple):
    """One application with everything: `payload` and `sha256` of the snapshot that counts (None:
    not assessed yet), the standing or last proposal with its stages, the trail, tasks and letters.
    `agreed`: everybody agreed and the grant was refused; it can be tried again.
    """

    row: Application
    late: bool
    tasks: list[Task]
    titles: dict[int, T]
    snapshot: Snapshot | None
    snapshots: list[Snapshot]
    payload: dict[str, Any] | None
    sha256: str
    proposal: Proposal | None
    proposals: list[Proposal]
    stages: list[StageView]
    trail: list[Step]
    letters: list[tuple[Letter, T | None]]
    barred: bool
    agreed: bool


def board(
    user: Any,
    *,
    at: datetime,
    tab: str = "all",
    states: Sequence[str] = (),
    text: str = "",
    limit: int = BOARD_MAX,
) -> list[Card]:
    """Applications of the customers that this person sees: open ones first by their clock; a draft
    only for who made it.
    """
    rows = _narrowed(user, at, tab, states, text)
    rows = rows.annotate(
        task_count=Count("tasks"), open_count=Count("tasks", filter=Q(tasks__state="open"))
    )
    found = rows.select_related("customer", "applicant", "analyst")
    order = ("-ended_at", "-pk") if tab == "ended" else ("due_at", "pk")
    return [
        Card(row, _late(row, at), row.open_count, row.task_count)
        for row in found.order_by(*order)[: min(limit, BOARD_MAX)]
    ]


def counts(user: Any, *, at: datetime) -> dict[str, int]:
    """How many open applications are in each state, how many are late, and how many are the
    reader's own: for the tabs of the board.
    """
    rows = _narrowed(user, at, "all", (), "")
    found = dict(rows.values_list("state").annotate(n=Count("pk")).order_by())
    found["late"] = _narrowed(user, at, "late", (), "").count()
    found["mine"] = _narrowed(user, at, "mine", (), "").count()
    return found


def _narrowed(
    user: Any, at: datetime, tab: str, states: Sequence[str], text: str
) -> QuerySet[Application]:
    rows = Application.objects.all().visible_to(user)
    rows = rows.exclude(Q(state="draft") & ~Q(applicant_id=user.pk) & ~Q(applicant=None))
    if tab == "ended":
        rows = rows.filter(state__in=ENDED)
    else:
        rows = rows.filter(state__in=["draft", *OPEN])
    if tab == "mine":
        rows = rows.filter(Q(applicant_id=user.pk) | Q(analyst_id=user.pk))
    elif tab == "late":
        rows = rows.filter(due_at__lt=at)
    elif tab in Application.KINDS:
        rows = rows.filter(kind=tab)
    if states:
        rows = rows.filter(state__in=list(states))
    if words := text.strip():
        named = Q(customer__search_text__contains=words.lower()) | Q(number__icontains=words)
        rows = rows.filter(named)
    return rows


def _late(row: Application, at: datetime) -> bool:
    return row.due_at is not None and row.due_at < at and row.state in OPEN


# --- What waits for one's voice


def inbox(user: Any, *, at: datetime, limit: int = INBOX_MAX) -> list[Waiting]:
    """The seats that this person may take now, the longest waiting first; bounded."""
    found: list[Waiting] = []
    for seat in _candidates(user, at)[: 5 * INBOX_MAX]:
        stage, proposal = seat.stage, seat.stage.proposal
        row = proposal.application
        if seat.pk not in staging.standing(stage).turn:
            continue
        may = staging.who_may(seat, row, at)
        if user.pk not in may:
            continue
        late = stage.due_at is not None and stage.due_at < at
        found.append(Waiting(row, stage, seat, proposal, _name(may[user.pk]), late))
        if len(found) >= limit:
            break
    return found


def inbox_count(user: Any, *, at: datetime) -> int:
    """How many seats wait for this person: for the rail."""
    return len(inbox(user, at=at))


def _candidates(user: Any, at: datetime) -> QuerySet[Seat]:
    """Undecided seats of open stages that could concern this person by role, name or deputy."""
    day = today(at)
    principals = Deputy.objects.filter(
        deputy_id=user.pk, ended_at__isnull=True, valid_from__lte=day, valid_until__gte=day
    ).values_list("person_id", flat=True)
    people = [user.pk, *principals]
    roles = set(_roles_of(people))
    below = {low for low in live_matrix().above if roles & set(_above(low))}
    concerns = Q(person__in=people) | Q(person=None, role__in=roles)
    concerns |= Q(escalated_at__isnull=False, role__in=roles | below)
    rows = Seat.objects.filter(
        concerns,
        vote="",
        closed_at__isnull=True,
        stage__state="open",
        stage__proposal__withdrawn_at__isnull=True,
        stage__proposal__application__state="deciding",
        stage__proposal__application__in=Application.objects.all().visible_to(user),
    )
    related = ("person", "stage__proposal__application__customer", "stage__proposal__snapshot")
    return rows.select_related(*related).order_by("stage__opened_at", "pk")


def _roles_of(people: Sequence[int]) -> list[str]:
    through = User.roles.through.objects.filter(user_id__in=people)
    return list(through.values_list("role_id", flat=True))


def _above(role: str) -> tuple[str, ...]:
    return roles_above(live_matrix(), role)


def _name(person_id: int | None) -> str:
    if person_id is None:
        return ""
    return str(User.objects.values_list("name", flat=True).get(pk=person_id))


# --- One application


def find(user: Any, number: str) -> Application | None:
    """The application, or None for one that does not exist or is not this reader's to see."""
    rows = Application.objects.all().visible_to(user)
    return rows.select_related("customer", "applicant", "analyst").filter(number=number).first()


def one(user: Any, number: str, *, at: datetime) -> Whole | None:
    """Everything about one application, as this person may see it."""
    row = find(user, number)
    if row is None:
        return None
    tasks = list(
        Task.objects.filter(application=row)
        .select_related("assignee", "done_by")
        .order_by("due_on", "pk")
    )
    snapshots = list(row.snapshots.select_related("made_by").order_by("-number"))
    current = next((one for one in snapshots if one.superseded_at is None), None)
    proposals = list(row.proposals.select_related("made_by", "snapshot").order_by("-pk"))
    proposal = proposals[0] if proposals else None
    barred = user.pk in involved(row)
    return Whole(
        row=row,
        late=_late(row, at),
        tasks=tasks,
        titles={task.pk: checklist.title_of(task) for task in tasks},
        snapshot=current,
        snapshots=snapshots,
        payload=payload_of(current) if current else None,
        sha256=bytes(current.sha256).hex() if current else "",
        proposal=proposal,
        proposals=proposals,
        stages=stages_of(proposal, row, user, at) if proposal else [],
        trail=list(row.steps.select_related("person").order_by("at", "pk")),
        letters=[
            (letter, text_of(letter))
            for letter in row.letters.select_related("customer", "sent_by").order_by("pk")
        ],
        barred=barred,
        agreed=_agreed(row, proposal),
    )


def stages_of(proposal: Proposal, row: Application, user: Any, at: datetime) -> list[StageView]:
    """The stages of a proposal in order, each with its seats."""
    found = []
    for stage in Stage.objects.filter(proposal=proposal).order_by("order"):
        seats = stage.seats.select_related(
            "person", "voted_by", "stood_in_for", "added_by", "moved_from", "stage__proposal"
        )
        turn = staging.standing(stage).turn if stage.state == "open" else ()
        views = [_seat(one, row, turn, user, at) for one in seats.order_by("order", "pk")]
        found.append(StageView(stage, views, Minutes.objects.filter(stage=stage).first()))
    return found


def _seat(seat: Seat, row: Application, turn: Sequence[int], user: Any, at: datetime) -> SeatView:
    its_turn = seat.pk in turn and row.state == "deciding"
    may = staging.who_may(seat, row, at) if its_turn else {}
    names = User.objects.filter(pk__in=may).order_by("pk").values_list("name", flat=True)
    mine = user.pk in may
    stands = _name(may[user.pk]) if mine else ""
    role = staging.role_name(seat.role)
    return SeatView(seat, role, its_turn, mine, stands, list(names))


def _agreed(row: Application, proposal: Proposal | None) -> bool:
    if proposal is None or proposal.withdrawn_at is not None or row.state != "deciding":
        return False
    return not proposal.stages.exclude(state="passed").exists()
