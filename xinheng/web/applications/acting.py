"""What people do with an application: each act is one post, and a refusal stands where it belongs.

Example: Fang presses "take it up"; the checklist appears. Bob presses it: the page says that who
applied can't assess.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from xinheng.applications import (
    applying,
    assessing,
    automatic,
    checklist,
    granting,
    letters,
    proposing,
    staging,
)
from xinheng.applications.measuring import live_matrix
from xinheng.applications.models import Letter
from xinheng.credit.authority_matrix import stages_of
from xinheng.credit.capitals import capitals
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.one import page, whole_of
from xinheng.web.applications.proposal_form import ProposeForm
from xinheng.web.applications.step_words import AGAINST, MODES
from xinheng.web.frame.access import actor_of

NO_DAY = T("请填写日期。", "Give a day.")


@require_POST
def submit(request: HttpRequest, number: str) -> HttpResponse:
    """A draft, or what came back, becomes a wish."""
    return _done(request, number, "head", T("已提交。", "Submitted."), applying.submit)


@require_POST
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    """Taken back before the last vote."""
    reason = request.POST.get("reason", "")
    return _done(
        request, number, "withdraw", T("已撤回。", "Withdrawn."), applying.withdraw, reason
    )


@require_POST
def take_up(request: HttpRequest, number: str) -> HttpResponse:
    """The reader becomes its analyst."""
    said = T("已受理，调查清单已列出。", "Taken up; the checklist is laid out.")
    return _done(request, number, "head", said, assessing.take_up)


@require_POST
def hand_over(request: HttpRequest, number: str) -> HttpResponse:
    """Somebody else analyses it."""
    analyst, reason = _person(request.POST.get("analyst", "")), request.POST.get("reason", "")
    said = T("已移交。", "Handed over.")
    return _done(request, number, "hand_over", said, assessing.hand_over, analyst, reason)


@require_POST
def snapshot(request: HttpRequest, number: str) -> HttpResponse:
    """Assess now and freeze it."""
    said = T("已评估，快照已固定。", "Assessed; the snapshot is frozen.")
    return _done(request, number, "snapshot", said, assessing.take_snapshot)


@require_POST
def add_task(request: HttpRequest, number: str) -> HttpResponse:
    """A point of one's own."""
    try:
        due_on = date.fromisoformat(request.POST.get("due_on", "")[:10])
    except ValueError:
        whole = whole_of(request, number)
        return page(request, whole, wrong=NO_DAY, where="add_task", status=422)
    title = request.POST.get("title", "")
    said = T("已加入清单。", "On the list.")
    return _done(request, number, "add_task", said, checklist.add_task, title, due_on)


@require_POST
def assign_task(request: HttpRequest, number: str) -> HttpResponse:
    """Another does a point."""
    code = request.POST.get("code", "")
    said, who = T("已指派。", "Assigned."), _person(request.POST.get("assignee", ""))
    return _done(request, number, f"task:{code}", said, checklist.assign_task, code, who)


@require_POST
def close_task(request: HttpRequest, number: str) -> HttpResponse:
    """A point is done, or left out with the reason."""
    posted = request.POST
    code, words = posted.get("code", ""), posted.get("words", "")
    if posted.get("then") == "waive":
        said = T("已免做。", "Left out.")
        return _done(request, number, f"task:{code}", said, checklist.waive_task, code, words)
    document = _uuid(posted.get("document", ""))
    said = T("已完成。", "Done.")
    return _done(
        request,
        number,
        f"task:{code}",
        said,
        checklist.complete_task,
        code,
        words,
        document_id=document,
    )


@require_POST
def propose(request: HttpRequest, number: str) -> HttpResponse:
    """Put a proposal forward."""
    whole = whole_of(request, number)
    if whole.payload is None:
        return _done(request, number, "head", T("–", "–"), assessing.take_snapshot)
    form = ProposeForm(request.POST, whole=whole, day=today(timezone.now()))
    if not form.is_valid():
        return page(request, whole, form=form, where="propose", status=422)
    try:
        proposing.propose(number, form.told(), actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        form.say_refusal(refused)
        return page(request, whole_of(request, number), form=form, where="propose", status=422)
    messages.success(request, str(T("已提出。", "Put forward.")))
    return redirect("application", number=number)


@require_POST
def preview(request: HttpRequest, number: str) -> HttpResponse:
    """Who would have to agree to what is typed; nothing is written."""
    whole = whole_of(request, number)
    context: dict[str, Any] = {}
    if whole.payload is not None:
        form = ProposeForm(request.POST, whole=whole, day=today(timezone.now()))
        form.fields["why"].required = False
        context = _foreseen(whole, form) if form.is_valid() else {"not_yet": True}
    return render(request, "applications/_foreseen.html", context)


def _foreseen(whole: Any, form: ProposeForm) -> dict[str, Any]:
    new, currency = form.told(), whole.row.currency
    try:
        measured, route, against = proposing.foresee(whole.row, new, at=timezone.now())
    except Refused as refused:
        return {"refused": refused.text}
    matrix = live_matrix()
    return {
        "measured": measured,
        "amount_minor": new.amount_minor,
        "currency": currency,
        "capitals": capitals(new.amount_minor, currency) if new.verdict == "grant" else "",
        "against": [AGAINST[code] for code in against],
        "stages": [
            (MODES[rule.mode], [staging.role_name(role) for role in rule.roles])
            for rule in stages_of(matrix, route)
        ],
    }


@require_POST
def try_again(request: HttpRequest, number: str) -> HttpResponse:
    """Everybody agreed and the grant was refused: once more."""
    return _done(request, number, "head", T("已核定。", "Granted."), granting.try_again)


@require_POST
def ask_human(request: HttpRequest, number: str) -> HttpResponse:
    """A person shall look at a refusal that no person made."""
    said = T("已请人工复核。", "A person is asked to look.")
    words = request.POST.get("words", "")
    return _done(request, number, "ask_human", said, automatic.ask_human, words)


@require_POST
def letter_sent(request: HttpRequest, number: str, letter: int) -> HttpResponse:
    """The letter was handed over, and how."""
    whole = whole_of(request, number)
    row = get_object_or_404(Letter, pk=letter, application=whole.row)
    try:
        letters.note_sent(
            row.pk, request.POST.get("how", ""), actor=actor_of(request), at=timezone.now()
        )
    except Refused as refused:
        return page(request, whole, wrong=refused.text, where=f"letter:{letter}", status=422)
    messages.success(request, str(T("已记录。", "Recorded.")))
    return redirect("application", number=number)


def _done(
    request: HttpRequest,
    number: str,
    where: str,
    said: T,
    act: Callable[..., Any],
    *given: Any,
    **further: Any,
) -> HttpResponse:
    whole = whole_of(request, number)  # a stranger's is 404 before anything is tried
    try:
        act(number, *given, actor=actor_of(request), at=timezone.now(), **further)
    except Refused as refused:
        return page(request, whole, wrong=refused.text, where=where, status=422)
    messages.success(request, str(said))
    return redirect("application", number=number)


def _person(chosen: str) -> int:
    return int(chosen) if chosen.isdecimal() and len(chosen) < 10 else 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
