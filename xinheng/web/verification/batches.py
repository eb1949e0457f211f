"""All that an import brought and still waits, verified at once.

A file of facts that was compared with its source as a whole is verified as a whole: the page tells
how many wait for this person, by field and by what would come of them first, and one answer holds
for all. Example: 1,000 facts of a file, 40 of them critical: 960 enter the file, 40 wait for a
second person; sources that disagree open cases, which the result counts.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from msgspec import Struct

from xinheng.dossiers.fields import Field, catalogue
from xinheng.dossiers.models import Fact
from xinheng.dossiers.verifying import verify_batch
from xinheng.dossiers.waiting import Wanted, narrowed
from xinheng.intake.models import ImportBatch
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.files import fact_words as words
from xinheng.web.frame.access import actor_of
from xinheng.web.verification import forms


class Share(Struct, frozen=True):
    """How much of one field waits."""

    field: Field
    facts: int
    critical: int


@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """What waits of an import, and one answer for all of it."""
    seen = Fact.objects.visible_to(request.user).filter(batch_id=batch_id)
    if not seen.exists():
        raise Http404("no such import in sight")
    found = ImportBatch.objects.filter(pk=batch_id).first()
    at = timezone.now()
    typed, refused = forms.Typed(), None
    if request.method == "POST":
        typed = forms.verifying(request)
        if typed.mistake is None:
            try:
                told = verify_batch(
                    batch_id, typed.how, typed.confidence, actor=actor_of(request), at=at
                )
            except Refused as said:
                refused = said.text
            else:
                messages.success(request, str(_said(told)))
                return redirect(f"{reverse('verification')}?batch={batch_id}")
    context = {
        **_waiting(request, batch_id, at),
        "batch": found,
        "batch_id": batch_id,
        "typed": typed,
        "refused": refused,
        "hows": words.HOW,
        "own": seen.waiting().filter(_own(request.user.pk)).count(),
        "back": f"{reverse('verification')}?batch={batch_id}",
    }
    status = 422 if typed.mistake or refused else 200
    return render(request, "verification/batch.html", context, status=status)


def _own(person: int) -> Q:
    return Q(entered_person_id=person) | Q(verified_by_id=person)


def _waiting(request: HttpRequest, batch_id: int, at: Any) -> dict[str, Any]:
    """What waits for this person, by field, the most first."""
    facts = narrowed(request.user, Wanted(batch=batch_id), at=at)
    first = Q(critical=True, verified_by__isnull=True)
    groups = (
        facts.order_by()
        .values_list("field")
        .annotate(n=Count("pk"), critical=Count("pk", filter=first))
    )
    shares = [Share(catalogue().fields[field], n, critical) for field, n, critical in groups]
    shares.sort(key=lambda one: (-one.facts, one.field.code))
    return {
        "shares": shares,
        "total": sum(one.facts for one in shares),
        "critical": sum(one.critical for one in shares),
        "files": facts.order_by().values("customer_id").distinct().count(),
    }


def _said(told: Any) -> T:
    return T(
        "已核验：{a} 项入档，{b} 项待第二人复核，立冲突案 {c} 件。",
        "Verified: {a} in the file, {b} wait for a second person, {c} conflicts opened.",
    ).format(a=f"{told.verified:,}", b=f"{told.checked:,}", c=f"{told.conflicts:,}")
