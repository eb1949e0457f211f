"""Views of many facts at once: the summary before, the act, the result after."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.frame.access import actor_of
from xinheng.web.holds.bulk import instant_of, stamp_of
from xinheng.web.verification import asking, bulk, forms
from xinheng.web.verification.bulk import Selection
from xinheng.web.verification.forms import Typed

BECAME = {
    "stands": (T("已入档", "in the file"), "within"),
    "second": (T("待复核", "waits for a second person"), "watch"),
    "rejected": (T("已退回", "turned down"), "act"),
}


@require_POST
def summary(request: HttpRequest) -> HttpResponse:
    """What would come of it, before anything is done."""
    selection = bulk.selection_of(request, timezone.now())
    if not (selection.rows or selection.refused):
        return _nothing(request)
    return _summary(request, selection, Typed())


@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    """Do what the summary showed; anything else shows the summary again."""
    at = timezone.now()
    selection = bulk.selection_of(request, at)
    if not (selection.rows or selection.refused):
        return _nothing(request)
    typed = _typed(request, selection)
    changed = request.POST.get("seal") != selection.seal
    if changed or typed.mistake or not selection.rows:
        return _summary(request, selection, typed, changed=changed, status=422)
    told = bulk.carry_out(request, selection, typed, actor=actor_of(request), at=at)
    stamp = stamp_of(at)
    bulk.keep_result(request, stamp, selection.verb, told)
    return redirect("verification-done", stamp=stamp)


def _typed(request: HttpRequest, selection: Selection) -> Typed:
    if selection.verb == "reject":
        return forms.rejecting(request)
    typed = forms.verifying(request)
    if selection.asks_how:
        return typed
    return replace(typed, how="", confidence_text="0", how_error=None, confidence_error=None)


def _summary(
    request: HttpRequest,
    selection: Selection,
    typed: Typed,
    *,
    changed: bool = False,
    status: int = 200,
) -> HttpResponse:
    query = asking.back_to(request.POST.get("back", ""))
    context = {
        "selection": selection,
        "typed": typed,
        "changed": changed,
        "query": query,
        "back": _queue(query),
        "hows": words.HOW,
        "reliability": words.RELIABILITY,
    }
    return render(request, "verification/bulk.html", context, status=status)


def _queue(query: str) -> str:
    return f"{reverse('verification')}?{query}" if query else reverse("verification")


def _nothing(request: HttpRequest) -> HttpResponse:
    said = T(
        "没有选中等待核验的信息：请先勾选。", "No waiting fact was chosen: tick some rows first."
    )
    messages.warning(request, str(said))
    return redirect(_queue(asking.back_to(request.POST.get("back", ""))))


@require_safe
def done(request: HttpRequest, stamp: int) -> HttpResponse:
    """What one bulk judgement did, found by its instant in this session."""
    result = bulk.result_of(request, stamp, timezone.now())
    context = {"result": result, "became": BECAME, "at": instant_of(stamp)}
    return render(request, "verification/done.html", context)
