"""Proposing a model, deciding on it as another person, retiring a challenger.

Three posts, each with a reason; a refusal comes back on the model's page with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from xinheng.modelling import promoting
from xinheng.modelling.models import LearntModel
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.models.views import found_model, model_page
from xinheng.web.models.words import PLACES


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, model_id: int) -> HttpResponse:
    """As challenger or champion; the form stands on the model's page."""
    row = found_model(request, model_id)
    if request.method != "POST":
        return redirect("model", model_id=row.pk)
    place = request.POST.get("place", "")
    place = place if place in PLACES else "challenger"
    told = T("已提议，等另一位同事决定。", "Proposed: another person decides now.")
    return _done(
        request,
        row,
        lambda reason: promoting.propose(
            row.pk, place, reason, actor=actor_of(request), at=timezone.now()
        ),
        told,
    )


@require_POST
def decide(request: HttpRequest, model_id: int) -> HttpResponse:
    """Yes or no to what another person proposed."""
    row = found_model(request, model_id)
    yes = request.POST.get("answer") == "yes"
    act = promoting.promote if yes else promoting.refuse
    told = T("模型已启用。", "The model is at work.") if yes else T("提议未采纳。", "Refused.")
    return _done(
        request,
        row,
        lambda reason: act(row.pk, reason, actor=actor_of(request), at=timezone.now()),
        told,
    )


@require_POST
def retire(request: HttpRequest, model_id: int) -> HttpResponse:
    """A challenger scores no more."""
    row = found_model(request, model_id)
    return _done(
        request,
        row,
        lambda reason: promoting.retire(row.pk, reason, actor=actor_of(request), at=timezone.now()),
        T("挑战者已停用。", "The challenger is retired."),
    )


def _done(
    request: HttpRequest, row: LearntModel, act: Callable[[str], LearntModel], told: T
) -> HttpResponse:
    reason = request.POST.get("reason", "")
    try:
        act(reason)
    except Refused as refused:
        return model_page(request, row, refused.text, reason)
    messages.success(request, str(told))
    return redirect("model", model_id=row.pk)
