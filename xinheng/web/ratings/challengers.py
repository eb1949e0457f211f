"""Champion and challenger side by side: where they agree, where they part, who was right.

A challenger decides nothing; whoever may edit models proposes it as champion from here. Example:
1,240 customers, 81 % within one notch; 61 bads since; AUC champion .710, challenger .780.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.http.response import Http404
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.credit import scale
from xinheng.modelling import comparing
from xinheng.modelling.comparing import Agreement, Power
from xinheng.modelling.models import LearntModel, ShadowScore
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.ratings.words import Cell, signed

NOT_RATED = T("未评级", "Not rated")


class Case(NamedTuple):
    """A customer on whom the two part, with the gap in points: "+12", "−132"."""

    score: ShadowScore
    gap: str


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The challengers that score beside the champion."""
    found = [
        (model, comparing.agreement(model.pk, request.user)) for model in comparing.challengers()
    ]
    return render(request, "ratings/challengers.html", {"challengers": found})


@require_safe
def one(request: HttpRequest, model_id: int) -> HttpResponse:
    """One challenger against the champion."""
    model = LearntModel.objects.visible_to(request.user).filter(pk=model_id).first()
    if model is None or model.state != "challenger":
        raise Http404
    user = request.user
    agreement = comparing.agreement(model.pk, user)
    trial = comparing.trial(model.pk, user, today(timezone.now()))
    context = {
        "model": model,
        "agreement": agreement,
        "columns": _columns(),
        "rows": _matrix(agreement),
        "cases": [
            Case(score, signed((score.points or 0) - (score.assessment.points or 0)))
            for score in comparing.largest_differences(model.pk, user)
        ],
        "unscored": comparing.without_score(model.pk, user),
        "trial": trial,
        "least_bads": comparing.LEAST_BADS,
        "powers": _powers(trial),
        "propose_href": _propose(model, user),
    }
    return render(request, "ratings/challenger.html", context)


def _columns() -> list[tuple[str, T | None]]:
    return [(grade, None if grade else NOT_RATED) for grade in comparing.GRADES]


def _matrix(found: Agreement) -> list[tuple[str, T | None, list[Cell]]]:
    """The whole scale on both sides, so that the diagonal is one."""
    return [
        (
            grade,
            None if grade else NOT_RATED,
            [
                _cell(count, grade, other)
                for other, count in zip(comparing.GRADES, row, strict=True)
            ],
        )
        for grade, row in zip(comparing.GRADES, found.table, strict=True)
    ]


def _cell(count: int, champion: str, challenger: str) -> Cell:
    if not champion or not challenger:
        return Cell(count, 0, "none", 0)
    notches = scale.grade_rank(champion) - scale.grade_rank(challenger)
    return Cell(count, 0, "same" if not notches else "better" if notches > 0 else "worse", notches)


def _powers(trial: comparing.Trial) -> list[tuple[T, dict[str, Any]]]:
    if trial.champion is None or trial.challenger is None:
        return []
    return [
        (T("现用评分卡", "Champion"), _shown(trial.champion)),
        (T("挑战模型", "Challenger"), _shown(trial.challenger)),
    ]


def _shown(power: Power) -> dict[str, Any]:
    value, low, high = power.auc
    return {
        "auc": f"{value:.3f}",
        "interval": f"{low:.3f}–{high:.3f}",
        "ks": f"{power.ks:.3f}",
        "predicted": f"{power.predicted * 100:.2f}%",
        "observed": f"{power.observed * 100:.2f}%",
        "fit": f"{power.fit_p:.4f}",
        "curve": [
            (rows, bads, f"{predicted * 100:.2f}%", f"{observed * 100:.2f}%")
            for rows, bads, predicted, observed in power.curve
        ],
    }


def _propose(model: LearntModel, user: Any) -> str:
    """Where a person proposes it as champion; "" for who may not."""
    if not user.may("models.edit") or model.kind != "scorecard":
        return ""
    for name in ("model-propose", "model"):
        try:
            return reverse(name, args=[model.pk])
        except NoReverseMatch:
            continue
    return ""
