"""A bank or a supplier answers on a phone, in two minutes: bands to choose, or a polite no.

The page names who asks, about whom and what for, before it asks anything; afterwards it says thank
you and opens nothing more.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from xinheng.inquiries import referring
from xinheng.inquiries.models import Link, Reference
from xinheng.inquiries.reference_form import questions
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.refusals import Refused
from xinheng.texts import T


def answer_page(request: HttpRequest, link: Link) -> HttpResponse:
    """The questions of one reference, and what its form says."""
    row = referring.reference_of(link)
    if row.state != "asked":
        return render(request, "outside/thanks.html", {"row": row})
    wrong: T | None = None
    if request.method == "POST":
        try:
            _answered(request, row)
        except Refused as refused:
            if refused.code is InquiryRefusal.NO_ENTRY:
                raise
            wrong = refused.text
        else:
            row.refresh_from_db()
            return render(request, "outside/thanks.html", {"row": row})
    return render(
        request, "outside/reference.html", _shown(request, row, wrong), status=_status(wrong)
    )


def _status(wrong: T | None) -> int:
    return 422 if wrong else 200


def _answered(request: HttpRequest, row: Reference) -> None:
    actor, now = referring.giver_of(row), timezone.now()
    if "decline" in request.POST:
        referring.decline_reference(row.pk, actor=actor, at=now)
        return
    answers = {one.code: request.POST.get(one.code, "")[:40] for one in questions(row.kind)}
    words = request.POST.get("words", "")
    referring.answer_reference(row.pk, answers, words, actor=actor, at=now)


def _shown(request: HttpRequest, row: Reference, wrong: T | None) -> dict[str, Any]:
    asked = [
        {
            "question": one,
            "chosen": request.POST.get(one.code, ""),
            "missing": bool(wrong) and not request.POST.get(one.code),
        }
        for one in questions(row.kind)
    ]
    return {
        "row": row,
        "giver": referring.giver_words(row),
        "asked": asked,
        "words": request.POST.get("words", "")[: referring.WORDS_MAX],
        "words_max": referring.WORDS_MAX,
        "wrong": wrong,
    }
