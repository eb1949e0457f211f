"""One seat on one page: what is to be judged, the vote, and whom else to ask.

Each form carries the hash of the snapshot that was read. Whatever is refused (superseded,
withdrawn, voted already, barred) is said at the top of the same page, and what was typed stays in
its box. Example: Alice reads, Fang assesses anew, Alice presses "agree": nothing is counted, the
page says that a newer assessment is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.applications import staging, voting
from xinheng.applications.measuring import live_matrix
from xinheng.applications.models import Application, Seat
from xinheng.applications.queries import SeatView, Whole
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.trail import DECIDE, conflicted, involved
from xinheng.credit.authority_matrix import roles_above
from xinheng.people.models import User
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.one import whole_of
from xinheng.web.applications.step_words import MODES, VOTES
from xinheng.web.approvals.inbox import clock_of
from xinheng.web.approvals.reading import sheet_of
from xinheng.web.approvals.wording import phrases, words_with
from xinheng.web.frame.access import actor_of

VOTED: Final = T("{n}：已记下“{v}”。", "{n}: your vote is counted: {v}.")
ASKED: Final = T("已请 {p} 一并审批。", "{p} is asked as well.")
MOVED: Final = T("已转给 {p}。", "It lies with {p} now.")
PEOPLE_MAX: Final = 200
NOBODY: Final = T("请先选择一位同事。", "Choose a colleague first.")


@require_safe
def approval(request: HttpRequest, number: str, seat: int) -> HttpResponse:
    """The page."""
    return seat_page(request, whole_of(request, number), seat)


@require_POST
def vote(request: HttpRequest, number: str, seat: int) -> HttpResponse:
    """One voice, on what was read."""
    posted, said = request.POST, request.POST.get("vote", "")

    def act() -> T:
        voting.vote(
            number,
            seat,
            said,
            words_with(posted.get("phrase", ""), posted.get("words", "")),
            posted.get("snapshot", ""),
            back_to=posted.get("back_to") or "analyst",
            actor=actor_of(request),
            at=timezone.now(),
        )
        return VOTED.format(n=number, v=VOTES[said][0])

    return _done(request, number, seat, "vote", act)


@require_POST
def add(request: HttpRequest, number: str, seat: int) -> HttpResponse:
    """加签: ask somebody else as well, before or after oneself."""
    posted, person = request.POST, _person(request)

    def act() -> T:
        told = (posted.get("where", ""), posted.get("words", ""))
        made = voting.add_seat(
            number, seat, person, *told, actor=actor_of(request), at=timezone.now()
        )
        return ASKED.format(p=made.person.name)

    return _done(request, number, seat, "add", act)


@require_POST
def move(request: HttpRequest, number: str, seat: int) -> HttpResponse:
    """转审: the seat goes to somebody with its role or a higher one."""
    words, person = request.POST.get("words", ""), _person(request)

    def act() -> T:
        actor, now = actor_of(request), timezone.now()
        made = voting.move_seat(number, seat, person, words, actor=actor, at=now)
        return MOVED.format(p=made.person.name)

    return _done(request, number, seat, "move", act)


@require_POST
def nudge(request: HttpRequest, number: str) -> HttpResponse:
    """催办: whose turn it is is told again."""
    whole_of(request, number)
    try:
        told = voting.nudge(number, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.text))
    else:
        messages.success(request, str(T("已提醒 {n} 人。", "Told again: {n}.").format(n=told)))
    if request.POST.get("from") == "application":
        return redirect("application", number=number)
    response = redirect("approvals")
    response["Location"] += "?tab=mine"
    return response


def _done(
    request: HttpRequest, number: str, seat: int, where: str, act: Callable[[], T]
) -> HttpResponse:
    """The act, and where one goes from there; refused: the same page, and why."""
    whole = whole_of(request, number)
    if where in ("add", "move") and not _person(request):
        return seat_page(request, whole, seat, wrong=NOBODY, where=where, status=422)
    try:
        said = act()
    except Refused as refused:
        if refused.code is ApplicationRefusal.UNKNOWN_SEAT:
            raise Http404 from refused
        whole = whole_of(request, number)
        return seat_page(request, whole, seat, wrong=refused.text, where=where, status=422)
    messages.success(request, str(said))
    if where == "add":
        return redirect("approval", number=number, seat=seat)
    if request.POST.get("from") == "application":
        return redirect("application", number=number)
    return redirect("approvals")


def _person(request: HttpRequest) -> int:
    chosen = request.POST.get("person", "")
    return int(chosen) if chosen.isdecimal() and len(chosen) < 10 else 0


def seat_page(
    request: HttpRequest,
    whole: Whole,
    seat_id: int,
    *,
    wrong: T | None = None,
    where: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a seat, also of one that does not wait any more."""
    row, at = whole.row, timezone.now()
    kept = _kept(row, seat_id)
    found = _view_of(whole, seat_id)
    mine = found is not None and found.mine
    asks = mine and kept.stage.mode != "committee"
    people = _people(kept, row) if mine else []
    wanted = {kept.role, *roles_above(live_matrix(), kept.role)} if mine else set()
    context: dict[str, Any] = {
        "whole": whole,
        "row": row,
        "kept": kept,
        "seat": found,
        "mine": mine,
        "stage": kept.stage,
        "mode": MODES[kept.stage.mode],
        "proposal": kept.stage.proposal,
        "sheet": sheet_of(row, kept.stage.proposal),
        "clock": clock_of(kept.stage.due_at, at) if kept.stage.state == "open" else "",
        "voices": _voices(whole),
        "phrases": phrases(),
        "asks": asks,
        "people": people if asks else [],
        "above": [one for one in people if wanted & {role.pk for role in one.roles.all()}],
        "wrong": wrong,
        "where": where,
        "typed": request.POST,
        "may_decide": request.user.may(DECIDE),
    }
    return render(request, "approvals/seat.html", context, status=status)


def _kept(row: Application, seat_id: int) -> Seat:
    seats: QuerySet[Seat] = Seat.objects.filter(stage__proposal__application=row)
    related = ("stage__proposal__snapshot", "stage__proposal__made_by", "voted_by", "person")
    found = seats.select_related(*related).filter(pk=seat_id).first()
    if found is None:
        raise Http404("no such seat")
    return found


def _view_of(whole: Whole, seat_id: int) -> SeatView | None:
    seats = (seat for view in whole.stages for seat in view.seats)
    return next((seat for seat in seats if seat.seat.pk == seat_id), None)


def _voices(whole: Whole) -> list[tuple[SeatView, T]]:
    """What others have said so far, in this and earlier stages."""
    seats = [seat for view in whole.stages for seat in view.seats if seat.seat.vote]
    return [(seat, VOTES[seat.seat.vote][0]) for seat in seats]


def _people(seat: Seat, row: Application) -> list[User]:
    """Who could be asked: may decide, sees the customer, had no part and has no voice here yet."""
    barred = involved(row) | conflicted(row) | staging.spoken_in(seat.stage)
    waiting = seat.stage.seats.filter(vote="", closed_at__isnull=True).exclude(person=None)
    barred |= set(waiting.values_list("person_id", flat=True))
    users = User.objects.filter(is_active=True, roles__permissions__contains=[DECIDE]).distinct()
    ordered = users.prefetch_related("roles").order_by("name")[:PEOPLE_MAX]
    return [one for one in ordered if staging.fit(one, row, barred)]
