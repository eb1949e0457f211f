"""The verification queue and the page of one fact: what was entered, another person's yes or no.

The form opens under its row; without scripts it is the page of the fact. Who may verify is judged
by the action; that somebody can't, because they entered or checked it, is said before they try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from xinheng.dossiers import facts
from xinheng.dossiers.models import Fact
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.frame.access import actor_of
from xinheng.web.verification import asking, forms, reading
from xinheng.web.verification.forms import Typed
from xinheng.web.verification.places import field_href, pages

DONE = {
    "stands": T("已核验，{what}已入档。", "Verified: {what} is in the file."),
    "second": T("已核验，{what}还需另一人复核。", "Verified: {what} waits for a second person."),
    "rejected": T("已退回：{what}。", "Turned down: {what}."),
}


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Facts that wait for this person, the oldest first, behind tabs and filters."""
    at = timezone.now()
    found = reading.read(request, at=at)
    context = {
        "queue": found,
        "blocks": asking.block_options(found.told),
        "sources": asking.source_options(found.told),
        "query": asking.back_to(request.META.get("QUERY_STRING", "")),
        "now": at,
        "reliability": words.RELIABILITY,
        "pages": pages(request, "verification"),
    }
    return render(request, "verification/queue.html", context)


def _visible(request: HttpRequest, fact_id: int) -> Fact:
    rows = Fact.objects.visible_to(request.user).select_related("customer", "corrects")
    found: Fact = get_object_or_404(rows, pk=fact_id)
    return found


@require_safe
def fact(request: HttpRequest, fact_id: int) -> HttpResponse:
    """The page of one fact."""
    return _page(request, _visible(request, fact_id), Typed(), timezone.now())


def _page(
    request: HttpRequest, row: Fact, typed: Typed, at: datetime, verb: str = "verify"
) -> HttpResponse:
    names = reading.names_of([row])
    context = {
        **_context(request, row, typed, at, verb),
        "waits": row.known_since is None and row.rejected_at is None,
        "state": _state(row),
        "rejected_by": names.get(row.rejected_by_id or 0, ""),
        "second_by": names.get(row.second_reviewer_id or 0, ""),
        "bases": words.BASES,
        "field_href": field_href(row.customer.code, row.field),
    }
    status = 422 if typed.mistake else 200
    return render(request, "verification/fact.html", context, status=status)


def _context(
    request: HttpRequest, row: Fact, typed: Typed, at: datetime, verb: str
) -> dict[str, Any]:
    return {
        "row": reading.rows_of([row], request.user, at=at)[0],
        "typed": typed,
        "verb": verb,
        "hows": words.HOW,
        "reliability": words.RELIABILITY,
        "now": at,
    }


def _state(row: Fact) -> tuple[T, str]:
    if row.rejected_at is not None:
        return words.STANDINGS["rejected"]
    if row.known_since is None:
        return words.STANDINGS["waiting"]
    return words.STANDINGS["verified" if row.known_until is None else "ended"]


@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, fact_id: int) -> HttpResponse:
    """Verify it: how, and how sure. Of a critical field the second person only agrees."""

    def act(row: Fact, typed: Typed) -> str:
        told: dict[str, Any] = {"actor": actor_of(request), "at": timezone.now()}
        known = facts.verify_fact(row.pk, typed.how, typed.confidence, **told)
        return "stands" if known else "second"

    return _judge(request, fact_id, "verify", act)


@require_http_methods(["GET", "HEAD", "POST"])
def reject(request: HttpRequest, fact_id: int) -> HttpResponse:
    """Turn it down, for a stated reason that whoever entered it reads."""

    def act(row: Fact, typed: Typed) -> str:
        facts.reject_fact(row.pk, typed.reason, actor=actor_of(request), at=timezone.now())
        return "rejected"

    return _judge(request, fact_id, "reject", act)


def _judge(
    request: HttpRequest, fact_id: int, verb: str, act: Callable[[Fact, Typed], str]
) -> HttpResponse:
    row, typed = _visible(request, fact_id), Typed()
    if request.method == "POST":
        typed = _typed(request, row, verb)
        if typed.mistake is None:
            try:
                return _done(request, row, act(row, typed))
            except Refused as refused:
                typed = replace(typed, refused=refused.text)
    at = timezone.now()
    if not request.htmx:
        return _page(request, row, typed, at, verb)
    context = {**_context(request, row, typed, at, verb), "inline": True}
    response = render(request, "verification/_judge.html", context)
    if typed.mistake is not None:
        response["HX-Retarget"] = f"#judge-{row.pk}"
        response["HX-Reswap"] = "innerHTML"
    return response


def _typed(request: HttpRequest, row: Fact, verb: str) -> Typed:
    if verb == "reject":
        return forms.rejecting(request)
    return forms.seconding(row) if row.verified_by_id is not None else forms.verifying(request)


def _done(request: HttpRequest, row: Fact, became: str) -> HttpResponse:
    field = reading.rows_of([row], request.user, at=timezone.now())[0].field
    text = DONE[became].format(what=field.name)
    if request.htmx:
        context = {
            "fact": row,
            "text": text,
            "field_href": field_href(row.customer.code, row.field),
        }
        return render(request, "verification/_done.html", context)
    messages.success(request, str(text))
    return redirect("verification")
