"""Absence: a seat that nobody took in two working days is open to the next higher roles as well.

Found by state in a round: an open stage whose clock has run out, a seat whose turn it is and that
was not escalated yet. Who had the seat may still take it. A committee's members are reminded, since
its quorum, not a substitute, decides. Example: opened Friday at 10:00 for a credit officer; on
Tuesday at 10:00 the credit manager is told and may vote.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from xinheng.applications import staging
from xinheng.applications.granting import SYSTEM
from xinheng.applications.measuring import live_matrix
from xinheng.applications.models import Application, Seat, Stage
from xinheng.applications.telling import tell_seat
from xinheng.applications.trail import locked
from xinheng.credit.authority_matrix import Matrix

ROUND_MAX: Final = 200


def escalate_due(*, at: datetime, limit: int = ROUND_MAX) -> int:
    """Escalate what waited too long, remind late committees; returns how many seats. A round."""
    late = Stage.objects.filter(
        state="open",
        due_at__lt=at,
        proposal__withdrawn_at__isnull=True,
        proposal__application__state="deciding",
        seats__vote="",
        seats__closed_at__isnull=True,
        seats__escalated_at__isnull=True,
    )
    rows = late.values_list("proposal__application__number", "pk").distinct().order_by("pk")
    return sum(_escalate(number, stage, at) for number, stage in rows[:limit])


def _escalate(number: str, stage_id: int, at: datetime) -> int:
    matrix = live_matrix()
    with transaction.atomic():
        row = locked(number, SYSTEM)
        stage = Stage.objects.select_related("proposal").get(pk=stage_id)
        if row.state != "deciding" or stage.state != "open" or stage.proposal.withdrawn_at:
            return 0
        turn = staging.standing(stage).turn
        seats = Seat.objects.filter(pk__in=turn, escalated_at__isnull=True)
        return sum(_one(row, seat, stage, matrix, at) for seat in seats.select_related("person"))


def _one(row: Application, seat: Seat, stage: Stage, matrix: Matrix, at: datetime) -> int:
    seat.stage = stage
    if stage.mode == "committee":
        Seat.objects.filter(pk=seat.pk).update(escalated_at=at)
        tell_seat(row, seat, "late", at)
        return 1
    staging.escalate(row, seat, matrix, at)
    tell_seat(row, seat, "escalated", at)
    return 1
