"""The investigation's points: what is to be found out, by whom, until when, and what was found.

Which points there are follows the kind, the amount and the grade (checklist_v1.json): a point is on
the list from its amount on, or where the grade is worse than the one it names; not rated is worse
than any. Who applied closes none. Worked: 800,000.00 for a new customer rated BB: licence (3
working days), statements (5), references (10); from 1,000,000.00 also group, bureau and a visit.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from xinheng.applications.clocks import after_days
from xinheng.applications.models import Application, Task
from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.trail import (
    INVESTIGATE,
    locked,
    note,
    require,
    require_person,
    require_state,
    words_of,
)
from xinheng.credit.money import to_minor
from xinheng.credit.scale import GRADES, grade_rank
from xinheng.dossiers.models import Document
from xinheng.people.actor import Actor
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T

TASKS_MAX: Final = 30
FINDING: Final = T("发现", "what was found")
WHY: Final = T("免做的理由", "why it is waived")


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """The points by code, as they ship; callers only read them."""
    text = Path(__file__).with_name("checklist_v1.json").read_text(encoding="utf-8")
    return {row["code"]: row for row in json.loads(text)["tasks"]}


def currency() -> str:
    """Of the amounts from which points are on the list."""
    return "CNY"


def title_of(task: Task) -> T:
    """What the point is called; one's own point has its title in one language."""
    row = shipped().get(task.code)
    return T(row["zh"], row["en"]) if row else T(task.title or "-", task.title or "-")


def points_for(kind: str, amount_minor: int | None, grade: str | None) -> list[dict[str, Any]]:
    """The points of an application of this kind and amount in CNY (None: not known, so any)."""
    return [row for row in shipped().values() if _applies(row, kind, amount_minor, grade)]


def _applies(row: dict[str, Any], kind: str, amount_minor: int | None, grade: str | None) -> bool:
    if kind not in row["kinds"]:
        return False
    if amount_minor is None or amount_minor >= to_minor(row["from"], currency()):
        return True
    worst = row["worse_than"]
    known = grade in GRADES
    return bool(worst) and (not known or grade_rank(grade or "") > grade_rank(worst))


def lay_out(
    application: Application, amount_minor: int | None, grade: str | None, at: datetime
) -> list[Task]:
    """A step of taking an application up: its points, each with its day; those there stay."""
    day = today(at)
    there = set(Task.objects.filter(application=application).values_list("code", flat=True))
    points = points_for(application.kind, amount_minor, grade)
    return Task.objects.bulk_create(
        Task(
            application=application,
            code=row["code"],
            required=row["required"],
            due_on=after_days(day, row["days"]),
        )
        for row in points
        if row["code"] not in there
    )


def add_task(
    number: str,
    title: str,
    due_on: date,
    *,
    required: bool = True,
    assignee_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> Task:
    """A point of one's own. One ledger entry.

    Refuses NOT_ALLOWED, UNKNOWN_APPLICATION, WRONG_STATE, OWN_APPLICATION, NEEDS_WORDS, BAD_PERIOD,
    UNFIT_PERSON, TOO_LONG.
    """
    said = words_of(title, T("题目", "a title"), most=200)
    with transaction.atomic():
        row = _looked_into(number, actor)
        count = Task.objects.filter(application=row).count()
        if count >= TASKS_MAX or due_on < today(at):
            raise Refused(ApplicationRefusal.BAD_PERIOD, first=today(at), last=due_on)
        _require_fit(row, assignee_id)
        made: Task = Task.objects.create(
            application=row,
            code=f"own:{count + 1}",
            title=said,
            due_on=due_on,
            required=required,
            assignee_id=assignee_id,
        )
        note(row, "task_added", actor=actor, at=at, words=said, task=made.code)
    return made


def assign_task(number: str, code: str, assignee_id: int, *, actor: Actor, at: datetime) -> Task:
    """Somebody shall do a point; not who applied. One ledger entry.

    Refuses NOT_ALLOWED, UNKNOWN_APPLICATION, WRONG_STATE, UNKNOWN_TASK, TASK_CLOSED, UNFIT_PERSON.
    """
    with transaction.atomic():
        row = _looked_into(number, actor)
        task = _open_task(row, code)
        _require_fit(row, assignee_id)
        task.assignee_id = assignee_id
        task.save(update_fields=["assignee"])
        note(row, "task_assigned", actor=actor, at=at, task=code, to=assignee_id)
    return task


def complete_task(
    number: str,
    code: str,
    finding: str,
    *,
    document_id: Any = None,
    actor: Actor,
    at: datetime,
) -> Task:
    """A point is done: what was found, and the paper that shows it. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_APPLICATION, WRONG_STATE, OWN_APPLICATION,
    UNKNOWN_TASK, TASK_CLOSED, NEEDS_WORDS, TOO_LONG, PAPER_UNFIT.
    """
    return _close(
        number, code, "done", words_of(finding, FINDING, most=2_000), document_id, actor, at
    )


def waive_task(number: str, code: str, reason: str, *, actor: Actor, at: datetime) -> Task:
    """A point is left out, with the reason. One ledger entry. Refuses as `complete_task`."""
    return _close(number, code, "waived", words_of(reason, WHY, most=2_000), None, actor, at)


def _close(
    number: str,
    code: str,
    state: str,
    said: str,
    document_id: Any,
    actor: Actor,
    at: datetime,
) -> Task:
    with transaction.atomic():
        row = _looked_into(number, actor)
        person = require_person(actor)
        task = _open_task(row, code)
        if document_id is not None:
            _require_paper(row, document_id)
        task.state, task.finding, task.document_id = state, said, document_id
        task.done_by_id, task.done_at = person, at
        task.save()
        told = {"task": code, "document": str(document_id or "")}
        note(row, f"task_{state}", actor=actor, at=at, words=said[:1_000], **told)
    return task


def still_open(application: Application) -> list[Task]:
    """Points that must be done and are not."""
    mine = Task.objects.filter(application=application, required=True, state="open")
    return list(mine.order_by("due_on", "pk"))


def _looked_into(number: str, actor: Actor) -> Application:
    require(actor, INVESTIGATE)
    row = locked(number, actor)
    require_state(row, "investigating", "assessed", "deciding")
    if actor.person_id is not None and actor.person_id == row.applicant_id:
        raise Refused(ApplicationRefusal.OWN_APPLICATION)
    return row


def _open_task(row: Application, code: str) -> Task:
    task = Task.objects.filter(application=row, code=code).first()
    if task is None:
        raise Refused(ApplicationRefusal.UNKNOWN_TASK)
    if task.state != "open":
        raise Refused(ApplicationRefusal.TASK_CLOSED)
    found: Task = task
    return found


def _require_fit(row: Application, person_id: int | None) -> None:
    if person_id is None:
        return
    user = User.objects.filter(pk=person_id).first()
    unit = row.customer.business_unit_id
    sees = user is not None and (user.sees_all_units or user.business_unit_id == unit)
    fit = user is not None and sees and user.may(INVESTIGATE) and user.pk != row.applicant_id
    if not fit:
        name = user.name if user else str(person_id)
        raise Refused(ApplicationRefusal.UNFIT_PERSON, name=name)


def _require_paper(row: Application, document_id: Any) -> None:
    papers = Document.objects.filter(customer=row.customer_id, withdrawn_at__isnull=True)
    if not papers.filter(pk=document_id).exists():
        raise Refused(ApplicationRefusal.PAPER_UNFIT)
