"""A committee's minutes: who was there, what was said; written by one member, confirmed by another.

Writing them closes the meeting. Example: five members, three were there, two voted yes and one no;
Ma writes the minutes, the stage passes, and Mo, who was there too, confirms them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import lazystr
from django.views.decorators.http import require_http_methods, require_POST

from xinheng.applications import minutes as keeping
from xinheng.applications.models import Minutes, Stage
from xinheng.applications.queries import StageView, Whole
from xinheng.people.models import User
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.one import whole_of
from xinheng.web.applications.step_words import VOTES
from xinheng.web.frame.access import actor_of

FILL_IN: Final = lazystr(T("请填写此项。", "Fill this in."))
WHEN: Final = lazystr(
    T("请写成 2026-11-23 14:30 这样的时间。", "Give a time such as 2026-11-23 14:30.")
)
KEPT: Final = T("纪要已记录，表决已结束。", "The minutes are kept; the vote is closed.")
CONFIRMED: Final = T("纪要已确认。", "The minutes are confirmed.")


class MinutesForm(forms.Form):
    """When, who was there, what was said."""

    held_at = forms.DateTimeField(
        label=T("会议时间", "When it was held"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        error_messages={"required": FILL_IN, "invalid": WHEN},
    )
    present = forms.MultipleChoiceField(
        label=T("到会", "Present"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": FILL_IN},
    )
    text = forms.CharField(
        label=T("纪要", "Minutes"),
        max_length=keeping.TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=T(
            "讨论了什么，各人意见，附带条件；不少于十个字。",
            "What was discussed, each member's view, conditions; ten characters or more.",
        ),
        error_messages={"required": FILL_IN},
    )

    def __init__(self, *given: Any, members: list[User], **kwargs: Any) -> None:
        super().__init__(*given, **kwargs)
        choices = [(str(one.pk), one.name or one.username) for one in members]
        self.fields["present"].choices = choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def minutes(request: HttpRequest, number: str, stage: int) -> HttpResponse:
    """The minutes of one stage: to be written, or as they were kept."""
    whole = whole_of(request, number)
    view = _stage_of(whole, stage)
    posted = request.POST if request.method == "POST" else None
    form = MinutesForm(posted, members=_members(view), initial=_begun(view))
    if request.method == "POST" and form.is_valid():
        try:
            _write(request, whole, view.stage, form)
        except Refused as refused:
            form.add_error(None, str(refused.text))
        else:
            messages.success(request, str(KEPT))
            return redirect("approval-minutes", number=number, stage=stage)
    return _page(request, whole, view, form)


@require_POST
def confirm(request: HttpRequest, number: str, stage: int) -> HttpResponse:
    """Another who was there says that they are right."""
    whole = whole_of(request, number)
    view = _stage_of(whole, stage)
    try:
        keeping.confirm_minutes(number, stage, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        form = MinutesForm(None, members=_members(view), initial=_begun(view))
        return _page(request, whole, view, form, wrong=refused.text)
    messages.success(request, str(CONFIRMED))
    return redirect("approval-minutes", number=number, stage=stage)


def _write(request: HttpRequest, whole: Whole, stage: Stage, form: MinutesForm) -> None:
    said = form.cleaned_data
    present = [int(one) for one in said["present"]]
    held_at: datetime = said["held_at"]
    actor, now = actor_of(request), timezone.now()
    number, text = whole.row.number, said["text"]
    keeping.write_minutes(number, stage.pk, held_at, present, text, actor=actor, at=now)


def _stage_of(whole: Whole, stage_id: int) -> StageView:
    found = next((one for one in whole.stages if one.stage.pk == stage_id), None)
    if found is None or found.stage.mode != "committee":
        raise Http404("no such committee")
    return found


def _members(view: StageView) -> list[User]:
    """The committee: whoever holds a seat of it, and whoever voted in one's place."""
    named = {one.seat.person_id for one in view.seats} | {
        one.seat.voted_by_id for one in view.seats
    }
    return list(User.objects.filter(pk__in=named - {None}).order_by("name"))


def _begun(view: StageView) -> dict[str, Any]:
    """Whoever voted was there; the meeting is now."""
    voted = [str(one.seat.voted_by_id) for one in view.seats if one.seat.vote]
    return {"held_at": timezone.localtime(timezone.now()), "present": voted}


def _page(
    request: HttpRequest,
    whole: Whole,
    view: StageView,
    form: MinutesForm,
    wrong: T | None = None,
) -> HttpResponse:
    kept: Minutes | None = view.minutes
    present = User.objects.filter(pk__in=kept.present).order_by("name") if kept else []
    members = {one.pk for one in _members(view)}
    me = request.user.pk
    context = {
        "whole": whole,
        "row": whole.row,
        "stage": view.stage,
        "seats": [(one, VOTES.get(one.seat.vote)) for one in view.seats],
        "form": form,
        "kept": kept,
        "present": present,
        "may_write": kept is None and me in members and view.stage.state != "waiting",
        "may_confirm": kept is not None
        and kept.confirmed_at is None
        and me in kept.present
        and me != kept.written_by_id,
        "wrong": wrong,
    }
    status = 422 if form.errors or wrong else 200
    return render(request, "approvals/minutes.html", context, status=status)
