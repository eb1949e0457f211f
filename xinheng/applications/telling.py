"""Who is told of an application: whose turn it is, and at the end who applied and who assessed.

Notices are told once each (`about` says which of them): "application:SX-2026-000123:turn:41" for a
seat, ":nudge:41:2026-11-23", ":granted". Example: a stage of credit manager and finance director
opens: both are told, and who stands in for one of them today.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from xinheng.applications.models import Application, Seat, Stage
from xinheng.applications.staging import standing, who_may
from xinheng.decisions.notices import NewNotice, tell_about
from xinheng.people.models import User


def tell_turn(application: Application, stage: Stage | None, at: datetime) -> int:
    """Everybody whose turn it is in a stage."""
    if stage is None or stage.state != "open":
        return 0
    seats = Seat.objects.filter(pk__in=standing(stage).turn).select_related("stage", "person")
    return sum(tell_seat(application, seat, "turn", at) for seat in seats)


def tell_seat(application: Application, seat: Seat, what: str, at: datetime) -> int:
    """Everybody who may take a seat; `what` makes it a notice of its own."""
    people = sorted(who_may(seat, application, at))
    return tell(application, people, f"{what}:{seat.pk}", at)


def tell_concerned(application: Application, what: str, at: datetime) -> int:
    """Who applied and who assessed."""
    people = [application.applicant_id, application.analyst_id]
    return tell(application, [one for one in people if one is not None], what, at)


def tell(application: Application, people: Iterable[int], what: str, at: datetime) -> int:
    active = User.objects.filter(pk__in=list(people), is_active=True)
    rows = [
        NewNotice(
            user_id=one,
            kind="application",
            customer_id=application.customer_id,
            about=f"application:{application.number}:{what}",
        )
        for one in active.values_list("pk", flat=True)
    ]
    return tell_about(rows, at=at)
