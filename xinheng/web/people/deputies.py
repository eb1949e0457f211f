"""Deputies: who releases holds in my absence, and for whom I do.

One form, asked in the order in which people know it: who, from when until when, up to which amount.
What the action refuses stands beside its box. Ending takes effect at once; the past stays listed,
because an override says for whom it was given.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from xinheng.people.deputies import appoint_deputy, end_deputy
from xinheng.people.models import Deputy
from xinheng.people.queries import authority, deputies_for, today
from xinheng.people.refusals import PeopleRefusal
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.currencies import base_currency
from xinheng.web.people.deputy_form import DeputyForm

LISTED_MAX = 100
BOXES = {
    PeopleRefusal.DEPUTY_OF_ONESELF: "deputy",
    PeopleRefusal.DEPUTY_MAY_NOT: "deputy",
    PeopleRefusal.DEPUTY_ALREADY: "deputy",
    PeopleRefusal.BAD_PERIOD: "valid_until",
    PeopleRefusal.BAD_CEILING: "ceiling",
    PeopleRefusal.UNKNOWN_CURRENCY: "currency",
}


@require_http_methods(["GET", "HEAD", "POST"])
def deputies(request: HttpRequest) -> HttpResponse:
    """The deputies that concern this person, and a form to name one."""
    at = timezone.now()
    day = today(at)
    form = DeputyForm(
        request.POST or None,
        user=request.user,
        initial={"valid_from": day, "valid_until": day, "currency": base_currency()},
    )
    if request.method == "POST" and form.is_valid() and (made := _appoint(request, form, at)):
        said = T("{who} 已是您的代理人。", "{who} is your deputy now.")
        if made.valid_from > day:
            said = T("{who} 将从 {d} 起代理您。", "{who} will be your deputy from {d}.")
        told = said.format(who=person_name(made.deputy), d=made.valid_from)
        messages.success(request, str(told))
        return redirect("deputies")
    context = {
        "form": form,
        "rows": [_row(one, request.user, day) for one in deputies_for(request.user)[:LISTED_MAX]],
        "own": authority(request.user.pk, "release_hold", base_currency()),
        "currency": base_currency(),
    }
    status = 422 if form.is_bound else 200
    return render(request, "people/deputies.html", context, status=status)


def _appoint(request: HttpRequest, form: DeputyForm, at: datetime) -> Deputy | None:
    """The new deputy, or None with the refusal written beside its box."""
    said: dict[str, Any] = form.cleaned_data
    try:
        return appoint_deputy(
            request.user,
            said["deputy"],
            said["valid_from"],
            said["valid_until"],
            currency=said["currency"] if said["ceiling"] is not None else "",
            up_to_minor=said["ceiling"],
            actor=actor_of(request),
            at=at,
        )
    except Refused as refused:
        box = BOXES.get(refused.code)  # type: ignore[arg-type]
        form.add_error(box, str(refused.text))
        return None


def _row(one: Deputy, user: Any, day: date) -> dict[str, Any]:
    """A line of the list: who for whom, when, and what may be done about it."""
    over = one.ended_at is not None or one.valid_until < day
    state = "ended" if over else "ahead" if one.valid_from > day else "now"
    return {
        "deputy": one,
        "who": person_name(one.deputy),
        "whom": person_name(one.person),
        "for_me": one.person_id == user.pk,
        "by_me": one.deputy_id == user.pk,
        "state": STATES[state],
        "may_end": not over,
    }


STATES = {
    "now": (T("代理中", "Now"), "within"),
    "ahead": (T("未开始", "Ahead"), "watch"),
    "ended": (T("已结束", "Ended"), "none"),
}


@require_POST
def end(request: HttpRequest, deputy_id: int) -> HttpResponse:
    """End a deputy's time at once; a row that does not concern this person is absent."""
    row = get_object_or_404(deputies_for(request.user), pk=deputy_id)
    try:
        ended = end_deputy(row.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused.text))
        return redirect("deputies")
    said = T("代理已结束。", "The deputy's time has ended.")
    if not ended:
        said = T("这项代理早已结束。", "It had ended before.")
    messages.success(request, str(said))
    return redirect("deputies")
