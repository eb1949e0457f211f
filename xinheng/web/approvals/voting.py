"""A vote, from the inbox or from the application's page.

The form carries the hash of the snapshot that was read; a newer one refuses the vote and says why.
Example: Alice reads, Fang assesses anew, Alice presses "agree": nothing is counted, the page shows
the new figures.
"""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from xinheng.applications import voting
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.applications.one import page, whole_of
from xinheng.web.frame.access import actor_of

VOTED: Final = T("已表决。", "Your vote is counted.")


@require_POST
def vote(request: HttpRequest, number: str, seat: int) -> HttpResponse:
    """One voice, on what was read."""
    posted, whole = request.POST, whole_of(request, number)
    try:
        voting.vote(
            number,
            seat,
            posted.get("vote", ""),
            posted.get("words", ""),
            posted.get("snapshot", ""),
            back_to=posted.get("back_to") or "analyst",
            actor=actor_of(request),
            at=timezone.now(),
        )
    except Refused as refused:
        return page(request, whole, wrong=refused.text, where="vote", status=422)
    messages.success(request, str(VOTED))
    return redirect("application", number=number)
