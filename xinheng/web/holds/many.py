"""Views of bulk judgements: the summary before, the act, the result after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.decisions.forcing import force_holds
from xinheng.decisions.releasing import Done, reject_holds, release_holds
from xinheng.people.saved_views import kept_query
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.decisions.words import HOLD_STATES
from xinheng.web.frame.access import actor_of
from xinheng.web.holds import asking, bulk, forms
from xinheng.web.holds.bulk import Selection
from xinheng.web.holds.forms import Typed

ACTS: Final[dict[str, Callable[..., list[Done]]]] = {
    "release": release_holds,
    "reject": reject_holds,
    "keep": force_holds,
}


@require_POST
def summary(request: HttpRequest) -> HttpResponse:
    """What would come of it, before anything is done."""
    selection = bulk.selection_of(request, actor_of(request), timezone.now())
    if not selection.holds:
        return _nothing(request)
    return _summary(request, selection, Typed())


@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    """Do what the summary showed; anything else shows the summary again."""
    at, typed = timezone.now(), forms.typed(request)
    actor = actor_of(request)
    selection = bulk.selection_of(request, actor, at)
    if not selection.holds:
        return _nothing(request)
    if selection.verb == "release" and typed.days is not None:
        typed = replace(typed, days_error=bulk.days_trouble(selection, typed.days, actor, at))
    changed = request.POST.get("seal") != selection.seal
    if changed or typed.mistake or not selection.allowed:
        return _summary(request, selection, typed, changed=changed, status=422)
    ids = [hold.pk for hold, _ in selection.allowed]
    extra: dict[str, Any] = {"days": typed.days} if selection.verb == "release" else {}
    told = ACTS[selection.verb](ids, typed.reason, actor=actor, at=at, **extra)
    stamp = bulk.stamp_of(at)
    bulk.keep_result(request, stamp, selection.verb, [*told, *_left_out(selection)])
    return redirect("holds-done", stamp=stamp)


def _left_out(selection: Selection) -> list[Done]:
    return [one for _, one in selection.refused]


def _summary(
    request: HttpRequest,
    selection: Selection,
    typed: Typed,
    *,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    query = _back(request)
    context = {
        "selection": selection,
        "families": selection.families(request.user) if selection.verb == "release" else [],
        "typed": typed,
        "changed": changed,
        "query": query,
        "back": f"{reverse('holds')}?{query}" if query else reverse("holds"),
    }
    return render(request, "holds/bulk.html", context, status=status)


def _back(request: HttpRequest) -> str:
    """The query of the queue that the person came from."""
    try:
        return kept_query(request.POST.get("back", ""), asking.KEPT)
    except Refused:
        return ""


def _nothing(request: HttpRequest) -> HttpResponse:
    said = T(
        "没有选中等待处理的冻结：请先勾选。",
        "No waiting hold was chosen: tick some rows first.",
    )
    messages.warning(request, str(said))
    query = _back(request)
    return redirect(f"{reverse('holds')}?{query}" if query else "holds")


@require_safe
def done(request: HttpRequest, stamp: int) -> HttpResponse:
    """What one bulk judgement did, found by its instant in this session."""
    result = bulk.result_of(request, stamp)
    context = {
        "result": result,
        "states": HOLD_STATES,
        "may_cancel": request.user.may("orders.check"),
        "at": _instant(stamp),
    }
    return render(request, "holds/done.html", context)


def _instant(stamp: int) -> datetime:
    return bulk.instant_of(stamp)
