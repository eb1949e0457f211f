"""Weights by comparing pairs: the studies, one study with its pairs to judge, who accepts.

Each pair is one choice in words, from "9 far more" on one side to 9 on the other, so that it works
by keyboard and on a phone; weights and consistency follow as one chooses. Where judgements
contradict one another the worst three are named in words. Example: 客户自身 over 优先性, 优先性
over 信用财务 and yet 信用财务 over 客户自身: a circle, ratio 2.1158, not to be used.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from xinheng.credit import ahp
from xinheng.modelling import ahp_studies as rooms
from xinheng.modelling.ahp_studies import Judged
from xinheng.modelling.expert_grades import CARDS, MODELS
from xinheng.modelling.models import AhpStudy
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of

STATES: Final = {
    "open": (T("比较中", "being compared"), "watch"),
    "accepted": (T("已采用", "in use"), "within"),
    "retired": (T("已停用", "retired"), "quiet"),
}
_STRONG: Final = tuple(range(9, 1, -1))


class Pair(Struct, frozen=True):
    """One comparison: the field's name, both criteria, what was said, and the choices."""

    field: str
    one: T
    other: T
    chosen: str
    choices: list[tuple[str, T]]


class Weight(Struct, frozen=True):
    """A criterion's weight in per cent, and its bar in tenths of one."""

    name: T
    shown: str
    width: int


@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """All studies, and a form for a new one."""
    return _list(request, {"name": "", "model": "6c"})


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """A new one."""
    typed = {name: request.POST.get(name, "")[:200] for name in ("name", "model")}
    actor, at = actor_of(request), timezone.now()
    try:
        made = rooms.make_study(typed["name"], typed["model"], actor=actor, at=at)
    except Refused as refused:
        return _list(request, typed, wrong=refused.text)
    return redirect("ahp-study", study=made.pk)


def _list(request: HttpRequest, typed: dict[str, str], *, wrong: T | None = None) -> HttpResponse:
    context = {
        "rows": [
            (row, MODELS[row.model].name, STATES[row.state])
            for row in rooms.studies_of(request.user)[: rooms.STUDIES_MAX]
        ],
        "models": [(code, MODELS[code].name) for code in CARDS],
        "may_make": request.user.may(rooms.MAKE),
        "typed": typed,
        "wrong": wrong,
    }
    return render(request, "experts/studies.html", context, status=422 if wrong else 200)


@require_safe
def study_page(request: HttpRequest, study: int) -> HttpResponse:
    """One study: compare, and see what all say."""
    return _page(request, _found(request, study))


@require_POST
def judge(request: HttpRequest, study: int) -> HttpResponse:
    """My comparisons are kept."""
    found = _found(request, study)
    said = _said(found, request.POST)
    try:
        rooms.judge_study(found.pk, said, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, found, wrong=refused.text, typed=said)
    messages.success(request, str(T("您的比较已记录。", "Your comparisons are on record.")))
    return redirect("ahp-study", study=found.pk)


@require_POST
def try_out(request: HttpRequest, study: int) -> HttpResponse:
    """Weights and consistency of the comparisons so far; nothing is written."""
    found = _found(request, study)
    return render(request, "experts/_weighed.html", _tried(found, _said(found, request.POST)))


@require_POST
def accept(request: HttpRequest, study: int) -> HttpResponse:
    """Put the group's weights to use."""
    found = _found(request, study)
    try:
        rooms.accept_study(found.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, found, refused_accept=refused.text)
    messages.success(
        request, str(T("权重已采用，评级时可选。", "The weights are in use: choose them to rate."))
    )
    return redirect("ahp-study", study=found.pk)


@require_POST
def retire(request: HttpRequest, study: int) -> HttpResponse:
    """Take accepted weights out of use."""
    found = _found(request, study)
    try:
        rooms.retire_study(found.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        return _page(request, found, refused_accept=refused.text)
    messages.success(request, str(T("权重已停用。", "The weights are retired.")))
    return redirect("ahp-study", study=found.pk)


def _found(request: HttpRequest, study: int) -> AhpStudy:
    row = rooms.studies_of(request.user).filter(pk=study).first()
    if row is None:
        raise Http404("no such study")
    found: AhpStudy = row
    return found


def _page(
    request: HttpRequest,
    study: AhpStudy,
    *,
    wrong: T | None = None,
    refused_accept: T | None = None,
    typed: list[tuple[str, str, str]] | None = None,
) -> HttpResponse:
    rows = rooms.standing(study)
    mine = next((row for row in rows if row.person_id == request.user.pk), None)
    said = typed if typed is not None else [tuple(pair) for pair in mine.pairs] if mine else []
    group = rooms.together(study, rows) if rows else None
    context = {
        "study": study,
        "model": MODELS[study.model].name,
        "state": STATES[study.state],
        "pairs": _pairs(study, said),
        "rows": [(row, _order(study, row.weights)) for row in rows],
        "mine": mine,
        "group": group,
        "group_bars": _bars(study, group) if group else [],
        "may_judge": study.state == "open" and request.user.may(rooms.JUDGE),
        "may_accept": study.state == "open" and bool(rows) and request.user.may(rooms.ACCEPT),
        "may_retire": study.state == "accepted" and request.user.may(rooms.ACCEPT),
        "wrong": wrong,
        "refused_accept": refused_accept,
        **_tried(study, said),
    }
    status = 422 if wrong or refused_accept else 200
    return render(request, "experts/study.html", context, status=status)


def _names(study: AhpStudy) -> dict[str, T]:
    return {row["code"]: T(row["zh"], row["en"]) for row in study.criteria}


def _pairs(study: AhpStudy, said: Any) -> list[Pair]:
    names = _names(study)
    chosen = {(one, other): text for one, other, text in said}
    return [
        Pair(
            f"pair-{one}-{other}",
            names[one],
            names[other],
            chosen.get((one, other), ""),
            _choices(names[one], names[other]),
        )
        for one, other in combinations(names, 2)
    ]


def _choices(one: T, other: T) -> list[tuple[str, T]]:
    """From 9 for the first over equal to 9 for the second, each in words."""
    first = [(str(n), _choice(one, n)) for n in _STRONG]
    second = [(f"1/{n}", _choice(other, n)) for n in reversed(_STRONG)]
    return [*first, ("1", T("同样重要", "equally important")), *second]


def _choice(name: T, strength: int) -> T:
    told = ahp.SCALE.get(str(strength))
    if told is None:
        return T(f"{name.zh} {strength}（介于两档）", f"{name.en} {strength} (in between)")
    return T(f"{name.zh} {strength} {told['zh']}", f"{name.en} {strength}, {told['en']}")


def _said(study: AhpStudy, post: Any) -> list[tuple[str, str, str]]:
    """The comparisons that were made, in the order of the pairs."""
    found = []
    for one, other in combinations(rooms.codes_of(study), 2):
        text = post.get(f"pair-{one}-{other}", "").strip()[:10]
        if text:
            found.append((one, other, text))
    return found


def _tried(study: AhpStudy, said: Any) -> dict[str, Any]:
    """Live: what is left to compare, or the weights and whether they hold together."""
    count = len(rooms.codes_of(study))
    left = count * (count - 1) // 2 - len(said)
    if left:
        return {"left": left, "tried": None}
    try:
        found = rooms.judged(study, said)
    except Refused as refused:
        return {"left": 0, "tried": None, "tried_wrong": refused.text}
    return {"left": 0, "tried": found, "tried_bars": _bars(study, found)}


def _bars(study: AhpStudy, found: Judged) -> list[Weight]:
    return [
        Weight(
            name,
            f"{found.weights.weights[code] * 100:.2f}%",
            int(found.weights.weights[code] * 1000),
        )
        for code, name in _names(study).items()
    ]


def _order(study: AhpStudy, weights: Any) -> list[str]:
    """A person's weights in per cent, in the order of the criteria."""
    return [f"{Decimal(weights[code]) * 100:.1f}%" for code in rooms.codes_of(study)]
