"""The hold queue: what waits, why, and a person's yes or no with a reason.

The reason form opens under its row; without scripts it is a page of its own. Authority and
requester ≠ releaser are judged by the action; a refusal comes back as a sentence beside the form,
and the reason typed is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from xinheng.decisions import releasing
from xinheng.decisions.models import Hold
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.holds import reading

REASON_MIN = 4
REASON_MAX = 1000


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Waiting holds, oldest first, behind filter tabs."""
    at = timezone.now()
    context = {
        "queue": reading.read(request, at=at),
        "filtered": bool(request.GET.get("tab")),
        "may_release": request.user.may("holds.release"),
        "now": at,
    }
    return render(request, "holds/queue.html", context)


def _visible(request: HttpRequest, decision_id: UUID) -> Hold:
    rows = Hold.objects.visible_to(request.user).select_related("customer", "decision")
    found: Hold = get_object_or_404(rows, pk=decision_id)
    return found


@require_safe
def hold(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """One hold lives on its decision's page."""
    return redirect("decision", decision_id=_visible(request, decision_id).pk)


@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Release: the order gets its reservation on a person's authority."""
    return _judge(request, decision_id, "release", releasing.release_hold)


@require_http_methods(["GET", "HEAD", "POST"])
def reject(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Reject: the order stays without credit, for a stated reason."""
    return _judge(request, decision_id, "reject", releasing.reject_hold)


DONE = {
    "release": T("已放行订单 {ref}。", "Order {ref} is released."),
    "reject": T("已拒绝放行订单 {ref}。", "Order {ref} is rejected."),
}


def _judge(
    request: HttpRequest, decision_id: UUID, verb: str, act: Callable[..., Any]
) -> HttpResponse:
    row = _visible(request, decision_id)
    reason = request.POST.get("reason", "").strip()
    error: T | None = None
    if request.method == "POST":
        error = _trouble(reason)
        if error is None:
            try:
                act(row.pk, reason, actor=actor_of(request), at=timezone.now())
            except Refused as refused:
                error = refused.text
            else:
                return _done(request, row, verb)
    [shown] = reading.open_rows([row], request.user, at=timezone.now())
    context = {"row": shown, "verb": verb, "reason": reason, "error": error}
    if not request.htmx:
        return render(request, "holds/judge.html", context, status=422 if error else 200)
    response = render(request, "holds/_judge.html", context | {"inline": True})
    if error is not None:  # back under the row, with what was typed
        response["HX-Retarget"] = f"#judge-{row.pk}"
        response["HX-Reswap"] = "innerHTML"
    return response


def _trouble(reason: str) -> T | None:
    if len(reason) < REASON_MIN:
        return T(
            "请写明理由（至少四个字）：它会写进存证账本，审计时要看。",
            "Give the reason in words (at least four characters): it goes into the ledger for the "
            "auditor.",
        )
    if len(reason) > REASON_MAX:
        return T("理由太长：最多 1,000 字。", "The reason is too long: at most 1,000 characters.")
    return None


def _done(request: HttpRequest, row: Hold, verb: str) -> HttpResponse:
    text = DONE[verb].format(ref=row.decision.order_ref)
    if request.htmx:
        return render(request, "holds/_done.html", {"hold": row, "verb": verb, "text": text})
    messages.success(request, str(text))
    return redirect("decision", decision_id=row.pk)
