"""Several small ones agreed in one go: tick, read the summary, say why once, press.

Only what leaves the whole group with at most a small exposure can be ticked, and each keeps the
hash of what the summary showed, so that a newer assessment refuses that one and no other. Example:
three ticked, one assessed anew meanwhile: two are agreed, the third stays in the inbox and says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from xinheng.applications import voting
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.approvals.inbox import Item, waiting_items
from xinheng.web.approvals.wording import most_at_once, phrases, words_with
from xinheng.web.frame.access import actor_of

NONE: Final = T("没有勾选可以合并同意的申请。", "Nothing was ticked that can be agreed together.")
TOO_MANY: Final = T("一次最多 {n} 份，请少选一些。", "At most {n} at a time: tick fewer.")
SHORT: Final = T("请选一句意见或写明理由。", "Choose a phrase, or say why.")
AGREED: Final = T("已同意 {n} 份。", "Agreed: {n}.")


@require_POST
def agree(request: HttpRequest) -> HttpResponse:
    """The summary of what was ticked; pressed again with words, the votes."""
    at, posted = timezone.now(), request.POST
    chosen = set(posted.getlist("seat"))
    items = [one for one in waiting_items(request.user, at) if str(one.waiting.seat.pk) in chosen]
    small = [one for one in items if one.small]
    if not small or len(small) > most_at_once():
        said = TOO_MANY.format(n=most_at_once()) if small else NONE
        messages.error(request, str(said))
        return redirect("approvals")
    words = words_with(posted.get("phrase", ""), posted.get("words", ""))
    if posted.get("then") != "agree":
        return _summary(request, small, len(chosen))
    if not words:
        return _summary(request, small, len(chosen), wrong=SHORT)
    shas = {one.waiting.seat.pk: posted.get(f"sha-{one.waiting.seat.pk}", "") for one in small}
    _vote(request, small, shas, words, at)
    return redirect("approvals")


def _vote(
    request: HttpRequest, items: list[Item], shas: dict[int, str], words: str, at: datetime
) -> None:
    """Each by itself: what is refused hinders no other."""
    actor, done = actor_of(request), 0
    for one in items:
        refused = _agreed(one, shas[one.waiting.seat.pk], words, actor, at)
        if refused is None:
            done += 1
        else:
            messages.error(request, f"{one.waiting.row.number}: {refused.text}")
    if done:
        messages.success(request, str(AGREED.format(n=done)))


def _agreed(one: Item, sha: str, words: str, actor: Actor, at: datetime) -> Refused | None:
    number, seat = one.waiting.row.number, one.waiting.seat.pk
    try:
        voting.vote(number, seat, "yes", words, sha, actor=actor, at=at)
    except Refused as refused:
        return refused
    return None


def _summary(
    request: HttpRequest, items: list[Item], ticked: int, wrong: T | None = None
) -> HttpResponse:
    sums: dict[str, int] = {}
    for one in items:
        proposal, currency = one.waiting.proposal, one.waiting.row.currency
        sums[currency] = sums.get(currency, 0) + proposal.amount_minor
    context: dict[str, Any] = {
        "items": items,
        "left_out": ticked - len(items),
        "totals": sorted(sums.items()),
        "marked": sum(bool(one.sheet.marks) for one in items),
        "phrases": phrases()[:1],
        "typed": request.POST,
        "wrong": wrong,
    }
    return render(request, "approvals/agree.html", context, status=422 if wrong else 200)
