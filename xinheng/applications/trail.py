"""The trail of an application: each act is one row and one ledger entry; who had a part is read
from it.

Duties are judged by *who did it*, never by roles: whoever drafted, submitted, took up, assessed or
proposed has no vote, also after a change of role. A declared conflict of interest bars as well.
Example: Bob applies as a salesman, becomes credit manager the next day, and still has no vote.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from django.db import connection

from xinheng.applications.clocks import due_in_state
from xinheng.applications.models import Application, Step
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T

VIEW: Final = "applications.view"
WRITE: Final = "applications.write"
INVESTIGATE: Final = "applications.investigate"
DECIDE: Final = "applications.decide"

WORDS_MIN, WORDS_MAX = 4, 1_000
OPEN: Final = ("submitted", "investigating", "assessed", "proposed", "deciding", "returned")
ENDED: Final = ("granted", "rejected", "withdrawn", "lapsed")
# Every act that the trail knows, each a kind of ledger entry: application.ACT.
ACTS: Final = (
    *("drafted", "changed", "submitted", "resubmitted", "withdrawn"),
    *("lapsed", "invited", "taken", "handed_over", "task_added"),
    *("task_assigned", "task_done", "task_waived", "assessed", "proposed"),
    *("vote", "conflict", "seat_added", "seat_moved", "nudged"),
    *("escalated", "minutes", "minutes_confirmed", "left_to_person", "human_asked"),
    *("tried_again", "grant_refused", "granted", "rejected", "letter_sent"),
)
# Acts after which a person has no vote on the application.
BARRING: Final = (
    *("drafted", "changed", "submitted", "resubmitted", "taken", "handed_over"),
    *("assessed", "proposed"),
)


def require(actor: Actor, permission: str) -> None:
    if not actor.may(permission):
        raise Refused(ApplicationRefusal.NOT_ALLOWED, permission=permission)


def require_person(actor: Actor) -> int:
    """The human behind the act."""
    if actor.person_id is None:
        raise Refused(ApplicationRefusal.NAMED_PERSON)
    return actor.person_id


def locked(number: str, actor: Actor) -> Application:
    """The application under its lock; a stranger's does not exist."""
    row = (
        Application.objects.select_for_update(no_key=True, of=("self",))
        .select_related("customer")
        .filter(number=number)
        .first()
    )
    if row is None or not actor.reaches(row.customer.business_unit_id):
        raise Refused(ApplicationRefusal.UNKNOWN_APPLICATION)
    found: Application = row
    return found


def require_state(application: Application, *states: str) -> None:
    if application.state not in states:
        raise Refused(ApplicationRefusal.WRONG_STATE, state=STATE_NAMES[application.state])


def words_of(words: str, what: T, *, least: int = WORDS_MIN, most: int = WORDS_MAX) -> str:
    """What was said, trimmed. Refuses NEEDS_WORDS, TOO_LONG."""
    said = words.strip()
    if len(said) < least:
        raise Refused(ApplicationRefusal.NEEDS_WORDS, what=what, least=least)
    if len(said) > most:
        raise Refused(ApplicationRefusal.TOO_LONG, most=most)
    return said


def move(application: Application, state: str, at: datetime, **fields: Any) -> None:
    """Put it in another state; the clock starts anew."""
    application.state = state
    application.state_since = at
    application.due_at = due_in_state(state, at)
    if state in ENDED:
        application.ended_at = at
    for name, value in fields.items():
        setattr(application, name, value)
    application.save()


def note(
    application: Application,
    kind: str,
    *,
    actor: Actor,
    at: datetime,
    words: str = "",
    **detail: Any,
) -> Step:
    """One act of ACTS: a row of the trail and its ledger entry."""
    if kind not in ACTS:
        raise ValueError(f"{kind}: an act that trail.ACTS does not name")
    fields = {
        "application": application.number,
        "customer": str(application.customer_id),
        "actor": actor.ref,
        "words": words,
        "detail": json.dumps(detail, ensure_ascii=False, sort_keys=True),
    }
    clear = {"kind": application.kind, "state": application.state}
    with connection.cursor() as cursor:
        key = application.customer.data_key_id
        entry = NewEntry(f"application.{kind}", clear, fields, key)
        entry_id = append([entry], at=at, cursor=cursor)[0]
    made: Step = Step.objects.create(
        application=application,
        kind=kind,
        person_id=actor.person_id,
        by=actor.ref,
        words=words[:WORDS_MAX],
        detail=detail,
        at=at,
        entry_id=entry_id,
    )
    return made


def involved(application: Application) -> frozenset[int]:
    """Who asked, investigated as analyst, assessed or proposed: none of them has a vote."""
    steps = Step.objects.filter(application=application, kind__in=BARRING)
    found = set(steps.exclude(person=None).values_list("person_id", flat=True))
    for detail in steps.values_list("detail", flat=True):
        found.update(detail.get("bars", ()))
    found |= {application.applicant_id, application.analyst_id} - {None}
    return frozenset(found)


def conflicted(application: Application) -> frozenset[int]:
    """Who declared a conflict of interest, in whatever stage."""
    steps = Step.objects.filter(application=application, kind="conflict")
    return frozenset(steps.exclude(person=None).values_list("person_id", flat=True))


STATE_NAMES: Final = {
    "draft": T("草稿", "a draft"),
    "submitted": T("已提交", "submitted"),
    "investigating": T("调查中", "being investigated"),
    "assessed": T("已评估", "assessed"),
    "proposed": T("已提出", "proposed"),
    "deciding": T("审批中", "being decided"),
    "granted": T("已授信", "granted"),
    "rejected": T("已拒绝", "rejected"),
    "returned": T("已退回", "returned"),
    "withdrawn": T("已撤回", "withdrawn"),
    "lapsed": T("已失效", "lapsed"),
}
