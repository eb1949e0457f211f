"""Small wishes decided without a person, and the person who can be asked for against a refusal.

A round looks at each submitted application once. Granted alone is what the automatic cell of the
authority matrix allows: the methods together suggest at least as much, no red line, a complete and
fresh file. Refused alone is only a grade that gets no credit at all (automatic_v1.json). All else
is left to a person, with what spoke against it. Whoever was refused so may ask for a person: the
wish is open again and goes the long way. Example: 50,000.00 for an A-rated customer whose methods
suggest 180,000.00 is granted in seconds; the same at BB waits for an officer.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from xinheng.applications.applying import require_applicant, require_only
from xinheng.applications.assessing import freeze
from xinheng.applications.granting import SYSTEM, reject
from xinheng.applications.measuring import live_matrix
from xinheng.applications.models import Application, Snapshot, Step
from xinheng.applications.proposing import (
    COMBINED,
    case_of,
    grade_in_force,
    measure_for,
    put_forward,
)
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import NewProposal
from xinheng.applications.trail import WRITE, locked, move, note, require, words_of
from xinheng.credit.authority_matrix import AUTO, against_automatic
from xinheng.limits.conditions import usual_end
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

WHY = "系统按授权矩阵自动审批：评分与额度方法一致，档案完整有效，无红线。"
WHY_NOT = "当前等级 {grade} 不提供赊销额度。"
LEFT = "left_to_person"
WISH = T("请求复核的理由", "why a person should look")
ROUND_MAX = 50


@cache
def rules() -> dict[str, Any]:
    """The file as it ships; callers only read it."""
    text = Path(__file__).with_name("automatic_v1.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def decide_alone_due(*, at: datetime, limit: int = ROUND_MAX) -> int:
    """Submitted applications that nobody looked at yet; returns how many were decided. A round."""
    looked = Step.objects.filter(kind=LEFT).values("application_id")
    waiting = (
        Application.objects.filter(
            state="submitted",
            kind__in=rules()["kinds"],
            human_asked_at__isnull=True,
            state_since__gt=at - timedelta(hours=rules()["look_hours"]),
        )
        .exclude(pk__in=looked)
        .order_by("pk")
    )
    numbers = list(waiting.values_list("number", flat=True)[:limit])
    return sum(decide_alone(number, at=at) for number in numbers)


def decide_alone(number: str, *, at: datetime) -> bool:
    """Grant or refuse one application by the rules alone; False: it is left to a person, and the
    trail says why.
    """
    with transaction.atomic():
        row = locked(number, SYSTEM)
        if row.state != "submitted" or row.human_asked_at is not None:
            return False
        against = _decide(row, at)
        if against:
            row = locked(number, SYSTEM)
            note(row, LEFT, actor=SYSTEM, at=at, against=against)
    return not against


def _decide(row: Application, at: datetime) -> list[str]:
    """What spoke against deciding alone, in which case nothing was changed."""
    try:
        with transaction.atomic():
            snapshot = freeze(row, SYSTEM, at)
            grade = grade_in_force(row, today(at))
            if grade in rules()["refuse_grades"]:
                reject(row, None, WHY_NOT.format(grade=grade), automatic=True, at=at)
                return []
            against = _against(row, snapshot, grade, at)
            if not against:
                put_forward(row, snapshot, _all_of_it(row, at), actor=SYSTEM, at=at)
                against = [] if row.state == "granted" else ["grant_refused"]
            if against:
                raise _LeftAlone(against)
    except _LeftAlone as left:
        return left.against
    except Refused as refused:
        return [refused.code.name.lower()]
    return []


class _LeftAlone(Exception):
    def __init__(self, against: list[str]) -> None:
        super().__init__(", ".join(against))
        self.against = against


def _against(row: Application, snapshot: Snapshot, grade: str, at: datetime) -> list[str]:
    matrix, new = live_matrix(), _all_of_it(row, at)
    measured = measure_for(row, new, grade, False, matrix, at)
    if measured.route != AUTO:
        return ["cell:" + measured.route]
    return list(against_automatic(matrix, case_of(row, new, snapshot)))


def _all_of_it(row: Application, at: datetime) -> NewProposal:
    first = max(row.valid_from or today(at), today(at))
    return NewProposal(
        "grant",
        row.asked_minor,
        row.asked_terms_days,
        first,
        row.valid_until or usual_end(first),
        WHY,
        method=COMBINED,
        temporary=row.kind == "temporary",
    )


def ask_human(number: str, words: str, *, actor: Actor, at: datetime) -> Application:
    """A person, please: against a refusal that no person made. The wish is open again and no rule
    decides it any more. One ledger entry.

    Refuses NOT_ALLOWED, NEEDS_WORDS, UNKNOWN_APPLICATION, NOTHING_REFUSED, NOT_YOURS, ALREADY_OPEN.
    """
    require(actor, WRITE)
    said = words_of(words, WISH)
    with transaction.atomic():
        row = locked(number, actor)
        if row.state != "rejected" or not row.automatic or row.human_asked_at is not None:
            raise Refused(ApplicationRefusal.NOTHING_REFUSED)
        require_applicant(row, actor)
        require_only(row)
        row.snapshots.filter(superseded_at__isnull=True).update(superseded_at=at)
        told: dict[str, Any] = {"human_asked_at": at, "human_words": said}
        move(row, "submitted", at, ended_at=None, automatic=False, end_reason="", **told)
        note(row, "human_asked", actor=actor, at=at, words=said)
    return row
