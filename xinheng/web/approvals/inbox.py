"""What waits for my voice, what I put on its way, and what I have said: three short lists.

Cards, because most approvers read on a phone. Example: Alice has two waiting, one as Fang's deputy
and late; under 我发起 she nudges whoever holds up her own; under 我已批 each vote stands with what
became of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.applications import queries, staging
from xinheng.applications.models import Application, Seat
from xinheng.applications.queries import Waiting
from xinheng.applications.trail import DECIDE
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.applications.board import HOUR
from xinheng.web.applications.step_words import VOTES
from xinheng.web.applications.words import STATES, TONES
from xinheng.web.approvals.reading import Sheet, sheet_of
from xinheng.web.approvals.wording import is_small
from xinheng.web.frame.tables import tabs

SHOWN_MAX: Final = 100
TABS: Final = {
    "": T("待我审批", "Waiting for me"),
    "mine": T("我发起", "Mine"),
    "done": T("我已批", "My votes"),
}


class Item(Struct, frozen=True):
    """A seat that waits for the reader, as a card."""

    waiting: Waiting
    sheet: Sheet
    clock: str
    small: bool
    sha256: str


class Begun(Struct, frozen=True):
    """An application that the reader applied for or assessed, and who is to act now."""

    row: Application
    state: T
    tone: str
    whose: list[str]
    stage: Any
    late: bool


@require_safe
def approvals(request: HttpRequest) -> HttpResponse:
    """The three lists; `?tab=mine`, `?tab=done`."""
    at, user = timezone.now(), request.user
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    items = waiting_items(user, at)
    begun = begun_by(user, at) if tab == "mine" else []
    context = {
        "tab": tab,
        "tabs": tabs(request, "tab", _tabs(user, len(items))),
        "items": items if tab == "" else [],
        "small": sum(one.small for one in items) if tab == "" else 0,
        "begun": begun,
        "said": _said(user) if tab == "done" else [],
        "may_decide": user.may(DECIDE),
    }
    return render(request, "approvals/inbox.html", context)


def waiting_items(user: Any, at: datetime) -> list[Item]:
    """What waits for this person, as cards; nobody without the word has a voice."""
    if not user.may(DECIDE):
        return []
    return [item_of(one, at) for one in queries.inbox(user, at=at)]


def item_of(one: Waiting, at: datetime) -> Item:
    return Item(
        one,
        sheet_of(one.row, one.proposal),
        clock_of(one.stage.due_at, at),
        is_small(one.proposal) and one.stage.mode != "committee",
        bytes(one.proposal.snapshot.sha256).hex(),
    )


def clock_of(due_at: datetime | None, at: datetime) -> str:
    """How long until a stage is due, in words."""
    if due_at is None:
        return ""
    hours = int((due_at - at).total_seconds() // HOUR)
    if hours < 0:
        late = T("超时 {d} 天", "{d} d late") if hours <= -24 else T("已超时", "late")
        return str(late.format(d=-hours // 24))
    left = T("还剩 {d} 天", "{d} d left") if hours >= 24 else T("还剩 {h} 小时", "{h} h left")
    return str(left.format(d=hours // 24, h=hours))


def _tabs(user: Any, waiting: int) -> list[tuple[str, T, int | None]]:
    counts = {"": waiting, "mine": _mine(user).filter(state="deciding").count(), "done": None}
    return [(name, label, counts[name]) for name, label in TABS.items()]


def _mine(user: Any) -> Any:
    concerns = Q(applicant_id=user.pk) | Q(analyst_id=user.pk)
    return Application.objects.visible_to(user).filter(concerns).exclude(state="draft")


def begun_by(user: Any, at: datetime) -> list[Begun]:
    """Those being decided first, the longest waiting before the others."""
    rows = _mine(user).select_related("customer").order_by("-state_since")[:SHOWN_MAX]
    ordered = sorted(rows, key=lambda row: (row.state != "deciding", row.ended_at is not None))
    return [_begun(row, at) for row in ordered]


def _begun(row: Application, at: datetime) -> Begun:
    stage = staging.open_stage(row) if row.state == "deciding" else None
    late = stage is not None and stage.due_at is not None and stage.due_at < at
    whose = whose_turn(row, stage, at) if stage is not None else []
    return Begun(row, STATES[row.state], TONES[row.state], whose, stage, late)


def whose_turn(row: Application, stage: Any, at: datetime) -> list[str]:
    """Names of those who can act in a stage now."""
    people: set[int] = set()
    seats = Seat.objects.filter(pk__in=staging.standing(stage).turn)
    for seat in seats.select_related("stage__proposal", "person"):
        people |= staging.who_may(seat, row, at).keys()
    names = User.objects.filter(pk__in=people).order_by("pk").values_list("name", flat=True)
    return list(names)


def _said(user: Any) -> list[dict[str, Any]]:
    seen = Application.objects.all().visible_to(user)
    seats = Seat.objects.filter(voted_by_id=user.pk, stage__proposal__application__in=seen)
    related = ("stage__proposal__application__customer", "stood_in_for")
    found = []
    for seat in seats.select_related(*related).order_by("-voted_at")[:SHOWN_MAX]:
        row = seat.stage.proposal.application
        told = {"seat": seat, "row": row, "proposal": seat.stage.proposal}
        found.append(
            told | {"vote": VOTES[seat.vote], "state": STATES[row.state], "tone": TONES[row.state]}
        )
    return found
