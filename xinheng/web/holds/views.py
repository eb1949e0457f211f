"""The hold queue and the page of one hold: what waits, why, and a person's yes or no with a reason.

The reason form opens under its row; without scripts it is the page of the hold. Authority and
requester ≠ releaser are judged by the action; a refusal comes back as a sentence beside the form,
and what was typed is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.decisions import forcing, releasing
from xinheng.decisions.models import Hold
from xinheng.people.saved_views import kept_query
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.holds import asking, forms, one, reading
from xinheng.web.holds.forms import Typed
from xinheng.web.holds.words import TOLD


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Waiting holds, nearest deadline first, behind tabs, filters and saved views."""
    at = timezone.now()
    found = reading.read(request, at=at)
    may_release = request.user.may("holds.release")
    query = query_of(request)
    views = asking.saved_views(request.user, query)
    context = {
        "queue": found,
        "choices": asking.choices(request.user, found.told),
        "person_word": str(found.asked.wanted.person or ""),
        "columns": asking.column_choices(found.columns),
        "chosen_columns": found.columns if request.GET.getlist("col") else (),
        "others": _others(request),
        "views": views,
        "open_view": next((view for view in views if view.current and query), None),
        "query": query,
        "may_release": may_release,
        "span": len(found.columns) + 2 * may_release,
        "now": at,
    }
    return render(request, "holds/queue.html", context)


def query_of(request: HttpRequest) -> str:
    """The page's own words of this address, as a saved view would keep them; "" if too many."""
    try:
        return kept_query(request.META.get("QUERY_STRING", ""), asking.KEPT)
    except Refused:
        return ""


def _others(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form of columns hands on unchanged."""
    said = ((name, value) for name, values in request.GET.lists() for value in values)
    return [pair for pair in said if pair[0] in asking.KEPT and pair[0] != "col"]


def _visible(request: HttpRequest, decision_id: UUID) -> Hold:
    rows = Hold.objects.visible_to(request.user)
    rows = rows.select_related("customer", "customer__business_unit", "decision", "ended_by")
    found: Hold = get_object_or_404(rows, pk=decision_id)
    return found


@require_safe
def hold(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The page of one hold."""
    return _page(request, _visible(request, decision_id), Typed(), timezone.now())


def _page(
    request: HttpRequest, row: Hold, typed: Typed, at: datetime, verb: str = "release"
) -> HttpResponse:
    page = one.read(row, request.user, at=at)
    may_release = request.user.may("holds.release") and not page.asked_by_me
    context = {
        "page": page,
        "row": page.row,
        "hold": row,
        "typed": typed,
        "verb": verb,
        "may_release": may_release and page.waits,
        "may_withdraw": request.user.may("holds.release") and page.asked_by_me and page.waits,
        "told_words": TOLD,
        "now": at,
    }
    return render(request, "holds/hold.html", context, status=422 if typed.mistake else 200)


@require_POST
def weigh(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """What a release by this person would stand on now; nothing is done."""
    row = _visible(request, decision_id)
    weighed = one.weigh(row, actor_of(request), at=timezone.now())
    context = {"weighed": weighed, "hold": row}
    htmx = request.headers.get("HX-Request") == "true"
    return render(request, f"holds/{'_' if htmx else ''}weighed.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Release: the order gets its reservation on a person's authority."""

    def act(row: Hold, typed: Typed, **who: Any) -> None:
        releasing.release_hold(row.pk, typed.reason, days=typed.days, **who)

    return _judge(request, decision_id, "release", act)


@require_http_methods(["GET", "HEAD", "POST"])
def reject(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Reject: the order stays without credit, for a stated reason."""

    def act(row: Hold, typed: Typed, **who: Any) -> None:
        releasing.reject_hold(row.pk, typed.reason, **who)

    return _judge(request, decision_id, "reject", act)


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Keep it held whatever becomes of the customer's credit, until a person lifts that."""

    def act(row: Hold, typed: Typed, **who: Any) -> None:
        forcing.place_hold(row.pk, typed.reason, **who)

    return _judge(request, decision_id, "keep", act)


@require_http_methods(["GET", "HEAD", "POST"])
def lift(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Lift what a person kept: the hold waits on as any other."""

    def act(row: Hold, typed: Typed, **who: Any) -> None:
        forcing.lift_forced(row.pk, typed.reason, **who)

    return _judge(request, decision_id, "lift", act)


DONE = {
    "release": T("已放行订单 {ref}。", "Order {ref} is released."),
    "reject": T("已拒绝放行订单 {ref}。", "Order {ref} is rejected."),
    "keep": T("订单 {ref} 由人保留，不会自动放行。", "Order {ref} is kept held; nothing lifts it."),
    "lift": T("订单 {ref} 的人工保留已解除。", "Order {ref} is no longer kept by hand."),
}


def _judge(
    request: HttpRequest, decision_id: UUID, verb: str, act: Callable[..., None]
) -> HttpResponse:
    at = timezone.now()
    row = _visible(request, decision_id)
    typed = Typed()
    if request.method == "POST":
        typed = forms.typed(request)
        if typed.mistake is None:
            try:
                act(row, typed, actor=actor_of(request), at=at)
            except Refused as refused:
                typed = replace(typed, refused=refused.text)
            else:
                return _done(request, row, verb)
    if not request.htmx:
        return _page(request, row, typed, at, verb)
    return _inline(request, row, typed, at, verb)


def _inline(request: HttpRequest, row: Hold, typed: Typed, at: datetime, verb: str) -> HttpResponse:
    """The form under its row of the queue, with what was typed."""
    page = one.read(row, request.user, at=at)
    context = {"page": page, "row": page.row, "verb": verb, "typed": typed, "inline": True}
    response = render(request, "holds/_judge.html", context)
    if typed.mistake is not None:
        response["HX-Retarget"] = f"#judge-{row.pk}"
        response["HX-Reswap"] = "innerHTML"
    return response


def _done(request: HttpRequest, row: Hold, verb: str) -> HttpResponse:
    text = DONE[verb].format(ref=row.decision.order_ref)
    if request.htmx:
        return render(request, "holds/_done.html", {"hold": row, "verb": verb, "text": text})
    messages.success(request, str(text))
    return redirect("hold" if verb in ("keep", "lift") else "decision", decision_id=row.pk)
