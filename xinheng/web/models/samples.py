"""Samples: hand over a file or ask for the own book, look at the columns, ask for a training.

The page of a sample looks again by itself while it is drawn or a training is under way. Example:
rows.csv, outcome "late" = 1, 900 rows, 271 bads; then a scorecard and boosted trees side by side.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinheng.modelling import samples as keeping
from xinheng.modelling import training
from xinheng.modelling.models import Sample, Training
from xinheng.modelling.refusals import ModelRefusal
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.models.words import COLUMN_KINDS, KINDS, SOURCES, TRAININGS

NO_FILE = T("请选择一个文件。", "Choose a file.")
TYPED = ("name", "target", "bad", "drop", "time", "group", "blanks")


@require_http_methods(["GET", "HEAD", "POST"])
def samples(request: HttpRequest) -> HttpResponse:
    """The form that takes a file, and what was kept."""
    error: T | None = None
    if request.method == "POST":
        try:
            return redirect("sample", sample_id=_kept(request).pk)
        except Refused as refused:
            error = refused.text
    rows = Sample.objects.visible_to(request.user).defer("content_sealed").order_by("-pk")
    context = {
        "error": error,
        "typed": {name: request.POST.get(name, "") for name in TYPED},
        "samples": rows.select_related("made_by")[:50],
        "sources": SOURCES,
        "largest": keeping.FILE_BYTES_MAX >> 20,
        "may_edit": request.user.may("models.edit"),
    }
    return render(request, "models/samples.html", context, status=422 if error else 200)


def _kept(request: HttpRequest) -> Sample:
    # numpy comes with it: only who hands a file over pays for it
    from xinheng.learning.preparing import Wish

    file, given = request.FILES.get("file"), request.POST
    if file is None:
        raise Refused(ModelRefusal.FILE, zh=NO_FILE.zh, en=NO_FILE.en)
    if (file.size or 0) > keeping.FILE_BYTES_MAX:
        raise Refused(ModelRefusal.TOO_LARGE, most=keeping.FILE_BYTES_MAX >> 20)
    name = re.sub(r"[\x00-\x1f/\\]", "_", file.name or "file")
    wish = Wish(
        given.get("target", "").strip(),
        given.get("bad", "").strip(),
        _listed(given.get("drop", "")),
        dict.fromkeys(_listed(given.get("blanks", "")), "blank"),
        given.get("time", "").strip(),
        given.get("group", "").strip(),
    )
    return keeping.keep_file(
        given.get("name", "") or name.rsplit(".", 1)[0],
        name,
        file.read(),
        wish,
        actor=actor_of(request),
        at=timezone.now(),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one for one in (part.strip() for part in re.split("[,，\n]", text)) if one)


@require_POST
def own_book(request: HttpRequest) -> HttpResponse:
    """Ask for a sample of the own ledger."""
    name = request.POST.get("name", "") or str(T("自有账本", "Own book"))
    found = keeping.ask_own_book(name, actor=actor_of(request), at=timezone.now())
    messages.success(
        request, str(T("正在取样，稍候即可训练。", "The sample is being drawn; train it shortly."))
    )
    return redirect("sample", sample_id=found.pk)


def _found(request: HttpRequest, sample_id: int) -> Sample:
    rows = Sample.objects.visible_to(request.user).defer("content_sealed")
    found: Sample = get_object_or_404(rows.select_related("made_by"), pk=sample_id)
    return found


@require_safe
def sample(request: HttpRequest, sample_id: int) -> HttpResponse:
    """One sample: columns, trainings, and the form that asks for one."""
    row = _found(request, sample_id)
    if request.htmx:
        return _looked_again(request, row)
    return _page(request, row)


def _trainings(user: Any, row: Sample) -> list[dict[str, Any]]:
    rows = (
        Training.objects.visible_to(user)
        .filter(sample=row)
        .select_related("model", "asked_by")
        .order_by("-pk")
    )
    return [
        {
            "row": one,
            "kind": KINDS[one.kind],
            "state": TRAININGS[one.state],
            "auc": f"{one.model.report['auc']['value']:.3f}" if one.model else "",
            "why": T(one.message["zh"], one.message["en"]) if one.message else None,
        }
        for one in rows[:50]
    ]


def _at_work(row: Sample, trainings: list[dict[str, Any]]) -> bool:
    drawing = not bytes(row.sha256) and "failed" not in row.outcome
    return drawing or any(one["row"].state in ("waiting", "running") for one in trainings)


def _looked_again(request: HttpRequest, row: Sample) -> HttpResponse:
    """For a page that looks every two seconds: nothing new, or the whole page again."""
    trainings = _trainings(request.user, row)
    if _at_work(row, trainings):
        return render(
            request,
            "models/_trainings.html",
            {"sample": row, "trainings": trainings} | {"at_work": True},
        )
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def _page(request: HttpRequest, row: Sample, error: T | None = None) -> HttpResponse:
    trainings = _trainings(request.user, row)
    failed = row.outcome.get("failed")
    usable = [one["key"] for one in row.columns if one["kind"] == "number"]
    context = {
        "sample": row,
        "source": SOURCES[row.source],
        "drawn": bool(bytes(row.sha256)),
        "failed": T(failed["zh"], failed["en"]) if failed else None,
        "rate": f"{100 * row.bads / row.rows:.2f}" if row.rows else "",
        "columns": [_column(one, row.rows) for one in row.columns],
        "numbers": usable,
        "kinds": KINDS,
        "trainings": trainings,
        "at_work": _at_work(row, trainings),
        "may_edit": request.user.may("models.edit"),
        "typed": request.POST,
        "error": error,
    }
    return render(request, "models/sample.html", context, status=409 if error else 200)


def _column(one: dict[str, Any], rows: int) -> dict[str, Any]:
    shown = one.get("bars", [])
    why = one.get("why")
    return one | {
        "kind_word": COLUMN_KINDS[one["kind"]],
        "missing_pct": f"{100 * one['missing'] / rows:.1f}" if rows else "–",
        "why": T(why["zh"], why["en"]) if why else None,
        "drawn": _columns_of(shown),
    }


def _columns_of(shown: list[dict[str, Any]]) -> list[dict[str, int]]:
    """Upright bars in a box of 100 × 24."""
    most = max((bar["rows"] for bar in shown), default=0) or 1
    width = 100 // max(len(shown), 1)
    heights = [max(1, round(24 * bar["rows"] / most)) if bar["rows"] else 0 for bar in shown]
    return [
        {"x": i * width, "y": 24 - height, "width": max(width - 1, 1), "height": height}
        for i, height in enumerate(heights)
    ]


@require_POST
def train(request: HttpRequest, sample_id: int) -> HttpResponse:
    """Ask for a model of the sample; the jobs process learns it."""
    row = _found(request, sample_id)
    given = request.POST
    shapes = {key: given.get(f"shape-{n}", "") for n, key in enumerate(_numbers(row))}
    most = given.get("most", "")
    try:
        training.ask_training(
            row.pk,
            given.get("kind", ""),
            given.get("name", "") or row.name,
            shapes=shapes,
            most=int(most) if most.isdecimal() and 0 < int(most[:3]) < 100 else None,
            actor=actor_of(request),
            at=timezone.now(),
        )
    except Refused as refused:
        return _page(request, row, refused.text)
    messages.success(request, str(T("训练已排队。", "The training waits its turn.")))
    return redirect("sample", sample_id=row.pk)


def _numbers(row: Sample) -> list[str]:
    return [one["key"] for one in row.columns if one["kind"] == "number"]
