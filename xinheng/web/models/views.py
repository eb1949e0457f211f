"""The model workshop's list, one model in three views (report, card, bins), and two beside each
other.

Who may see models sees all of them: they belong to no business unit. Example: `?view=bins` shows
each column in its bins, the strongest first, with what its IV says.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from xinheng.modelling.models import LearntModel, Sample, Training
from xinheng.modelling.promoting import REASON_MAX, why_not_champion
from xinheng.policies.queries import live
from xinheng.web.decisions.words import ref
from xinheng.web.frame.answers import download
from xinheng.web.frame.tables import tabs
from xinheng.web.models import drawing, reading
from xinheng.web.models.words import (
    KINDS,
    PLACES,
    SOURCES,
    STATES,
    TRAININGS,
    VIEWS,
    protocol_words,
)

LIST_MAX = 200


def row_of(model: LearntModel) -> dict[str, Any]:
    """A model as lists show it."""
    row = {"model": model, "kind": KINDS[model.kind], "state": STATES[model.state]}
    if not model.report:  # a model that came without a trial
        return row | {"auc": "–", "span": "–", "ks": "–"}
    auc = model.report["auc"]
    return row | {
        "auc": f"{auc['value']:.3f}",
        "span": f"{auc['low']:.3f} – {auc['high']:.3f}",
        "ks": f"{model.report['ks']:.3f}",
    }


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """All models by state, the card in force, samples and trainings under way."""
    found = LearntModel.objects.visible_to(request.user).select_related("sample")
    rows = list(found.defer("body", "plan").order_by("-made_at", "-pk")[:LIST_MAX])
    order = {state: place for place, state in enumerate(_SHOWN)}
    rows.sort(key=lambda one: order[one.state])
    policy = live("scorecard")
    at_work = Training.objects.visible_to(request.user).filter(state__in=["waiting", "running"])
    context = {
        "rows": [row_of(one) for one in rows],
        "policy": policy,
        "shipped_name": ref(f"{policy.name} v{policy.version}") if policy else None,
        "shipped": policy is not None and not any(one.state == "champion" for one in rows),
        "samples": Sample.objects.visible_to(request.user)
        .defer("content_sealed")
        .order_by("-pk")[:20],
        "sources": SOURCES,
        "trainings": at_work.select_related("sample").order_by("pk")[:20],
        "training_states": TRAININGS,
        "kinds": KINDS,
        "may_edit": request.user.may("models.edit"),
    }
    return render(request, "models/models.html", context)


_SHOWN = ("champion", "proposed", "challenger", "draft", "retired", "refused")


def found_model(request: HttpRequest, model_id: int) -> LearntModel:
    """The model with its report, or 404."""
    rows = LearntModel.objects.visible_to(request.user).select_related(
        "sample", "made_by", "proposed_by", "decided_by"
    )
    model: LearntModel = get_object_or_404(rows.exclude(report={}), pk=model_id)
    return model


@require_safe
def model(request: HttpRequest, model_id: int) -> HttpResponse:
    """One model."""
    return model_page(request, found_model(request, model_id))


def model_page(
    request: HttpRequest, row: LearntModel, error: Any = None, reason: str = ""
) -> HttpResponse:
    """The page of a model; `error` with what was typed where an action refused."""
    names = [name for name in VIEWS if name != "card" or row.kind == "scorecard"]
    view = request.GET.get("view", "report")
    view = view if view in names else "report"
    report = row.report
    context = {
        "model": row,
        "kind": KINDS[row.kind],
        "state": STATES[row.state],
        "view": view,
        "tabs": tabs(
            request, "view", [("" if n == "report" else n, VIEWS[n], None) for n in names]
        ),
        "figures": reading.figures(report, row.plan.get("as_learnt")),
        "report": report,
        "protocol": protocol_words(report["protocol"]),
        "sample_rows": row.sample.rows if row.sample else report["rows"],
        "rate": f"{100 * report['bads'] / report['rows']:.2f}",
        "error": error,
        "reason": reason,
        "reason_max": REASON_MAX,
        "others": _others(request, row),
    }
    context |= _view_context(row, view)
    context |= _deciding(request, row)
    return render(request, "models/model.html", context, status=409 if error else 200)


def _view_context(row: LearntModel, view: str) -> dict[str, Any]:
    if view == "card":
        return {"card": reading.scored(row.body["card"]), "base": row.body["card"]["base_points"]}
    if view == "bins":
        return {"binned": reading.binned(row)}
    return {
        "ks_chart": drawing.ks_chart([(row.name, row.report)]) if row.report.get("ranks") else None,
        "calibration_chart": drawing.calibration_chart(row.report),
        "groups": reading.groups(row.report),
        "shifts": reading.shifts(row.report),
        "cut_offs": reading.cut_offs(row.report),
        "ranks": row.report.get("ranks", ()),
    }


def _deciding(request: HttpRequest, row: LearntModel) -> dict[str, Any]:
    """Which of the forms this person sees, and what stands in the way."""
    user = request.user
    kept_from = why_not_champion(row) if row.state in ("draft", "challenger") else None
    places = {}
    if user.may("models.edit") and row.state in ("draft", "challenger"):
        places = dict(PLACES)
        if row.state == "challenger":
            places.pop("challenger")
        if kept_from is not None:
            places.pop("champion")
    own = user.pk in (row.proposed_by_id, row.made_by_id)
    return {
        "places": places,
        "not_champion": kept_from.text if kept_from else None,
        "may_decide": row.state == "proposed" and user.may("models.promote") and not own,
        "own": row.state == "proposed" and own,
        "proposed_place": PLACES.get(row.proposed_as),
        "may_retire": row.state == "challenger" and user.may("models.promote"),
    }


def _others(request: HttpRequest, row: LearntModel) -> list[LearntModel]:
    rows = LearntModel.objects.visible_to(request.user).exclude(pk=row.pk)
    return list(rows.only("pk", "name", "version", "kind").order_by("-pk")[:20])


@require_safe
def model_file(request: HttpRequest, model_id: int) -> HttpResponse:
    """The model as the command `xinheng model score` takes it."""
    row = found_model(request, model_id)
    content = json.dumps(row.body, ensure_ascii=False, indent=1, sort_keys=True).encode()
    name = f"xinheng-model-{row.pk}-v{row.version}.json"
    return download(content, name, "application/json")


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Two models beside each other: the figures, the curves, what each looks at."""
    ids = [request.GET.get(name, "") for name in ("a", "b")]
    if not all(one.isdecimal() and len(one) < 10 for one in ids):
        raise Http404("two models are compared")
    pair = [found_model(request, int(one)) for one in ids]
    sides = [reading.figures(one.report, one.plan.get("as_learnt")) for one in pair]
    strengths = [
        {one["key"]: f"{float(one['iv']):.3f}" for one in each.plan.get("bins", ())}
        for each in pair
    ]
    used = [reading.used_keys(one) for one in pair]
    keys = sorted(
        used[0] | used[1], key=lambda key: -float(strengths[0].get(key, strengths[1].get(key, 0)))
    )
    context = {
        "pair": [row_of(one) for one in pair],
        "figures": list(zip(*sides, strict=True)),
        "chart": drawing.ks_chart([(f"{one.name} v{one.version}", one.report) for one in pair]),
        "same_sample": pair[0].sample_id == pair[1].sample_id,
        "keys": [
            (key, *((key in used[i], strengths[i].get(key, "–")) for i in (0, 1))) for key in keys
        ],
    }
    return render(request, "models/compare.html", context)
