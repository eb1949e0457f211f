"""A person fills in a card, on a phone as well: every score beside its anchor's words, what the
credit file says to an item above it, and what the answers so far come to, reckoned as one goes.

An item without an answer keeps the form from being handed in; "not known" is an answer. Citing the
file writes the fact's source and number into the answer. Example: 6C with 17 of 18 answered shows
"17 / 18", the band and the class so far; models of a statement only show what they would say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from msgspec import Struct

from xinheng.credit.expert_card import AnswerError
from xinheng.customers.models import Customer
from xinheng.dossiers.fields import catalogue
from xinheng.modelling import expert_forms, expert_grades, expert_reckoning, expert_runs
from xinheng.modelling.expert_forms import Item, Part, Told
from xinheng.modelling.expert_grades import MODELS, ExpertModel
from xinheng.modelling.expert_reckoning import Given, Reckoned
from xinheng.modelling.models import ExpertRun
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.experts import words
from xinheng.web.experts.drawing import band_of, plain
from xinheng.web.files import fact_words
from xinheng.web.files.finding import customer_of
from xinheng.web.frame.access import actor_of

UNKNOWN: Final = "x"
UNREADABLE_DAY: Final = T("请填写日期，如 2026-11-20。", "Give the day, such as 2026-11-20.")


class Asked(Struct, frozen=True):
    """An item with what was said to it so far; `chosen` is "8", "x" for not known, or ""."""

    item: Item
    told: tuple[tuple[Told, str, str], ...]  # the fact, its value, who says so
    chosen: str
    source: str
    evidence: str
    comment: str
    cited: bool
    wrong: bool


class Filled(Struct, frozen=True):
    """The form as it was sent."""

    weighting: str
    as_of: str
    answers: dict[str, Given]
    cited: frozenset[str]


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, code: str, model: str) -> HttpResponse:
    """The form of a card, or what a statement model would say; keep it by POST."""
    customer, which = customer_of(request, code), _model(model)
    at = timezone.now()
    if which.kind == "statement":
        return _statement(request, customer, which, at)
    if request.method != "POST":
        filled = Filled(_first_weighting(which), today(at).isoformat(), {}, frozenset())
        return _form(request, customer, which, filled)
    filled = _filled(request.POST, customer, which, request)
    try:
        day = date.fromisoformat(filled.as_of)
    except ValueError:
        return _form(request, customer, which, filled, wrong=UNREADABLE_DAY)
    try:
        run = expert_runs.record_run(
            customer.code,
            which.code,
            filled.weighting,
            filled.answers,
            day,
            actor=actor_of(request),
            at=at,
        )
    except Refused as refused:
        return _form(request, customer, which, filled, wrong=refused.text)
    return _kept(customer, run)


@require_POST
def try_out(request: HttpRequest, code: str, model: str) -> HttpResponse:
    """What the answers so far come to; nothing is written."""
    customer, which = customer_of(request, code), _model(model)
    if which.kind != "card":
        raise Http404("no card")
    filled = _filled(request.POST, customer, which, request)
    return render(request, "experts/_so_far.html", _so_far(which, filled))


def _model(code: str) -> ExpertModel:
    if code not in MODELS:
        raise Http404("no such model")
    return MODELS[code]


def _first_weighting(which: ExpertModel) -> str:
    return expert_reckoning.weightings_of(which.code)[0]


def _kept(customer: Customer, run: ExpertRun) -> HttpResponse:
    response: HttpResponse = redirect("expert-run", code=customer.code, run=run.pk)
    return response


# --- A card


def _form(
    request: HttpRequest,
    customer: Customer,
    which: ExpertModel,
    filled: Filled,
    *,
    wrong: T | None = None,
) -> HttpResponse:
    weights = _weights(which, filled)
    parts = expert_forms.parts_of(which.code, weights)
    day = today(timezone.now())
    told = expert_forms.told_by_file(request.user, customer, which.code, day)
    context = {
        "customer": customer,
        "model": which,
        "parts": [(part, _asked(part, told, filled, wrong is not None)) for part in parts],
        "weightings": expert_runs.weightings(which.code),
        "filled": filled,
        "today": day,
        "wrong": wrong,
        "unanswered": _unanswered(parts, filled) if wrong is not None else [],
        **_so_far(which, filled),
    }
    return render(request, "experts/rate.html", context, status=200 if wrong is None else 422)


def _asked(
    part: Part, told: Mapping[str, tuple[Told, ...]], filled: Filled, sent: bool
) -> list[Asked]:
    rows = []
    for item in part.items:
        given = filled.answers.get(item.key)
        said = "" if given is None else UNKNOWN if given.score is None else str(given.score)
        facts = tuple(
            (one, fact_words.told(catalogue().fields[one.field], one.fact.value),
             fact_words.source(one.fact.source))
            for one in told.get(item.key, ())
        )  # fmt: skip
        rows.append(
            Asked(
                item=item,
                told=facts,
                chosen=said,
                source=given.source if given else "",
                evidence=given.evidence if given else "",
                comment=given.comment if given else "",
                cited=item.key in filled.cited,
                wrong=sent and not said,
            )
        )
    return rows


def _unanswered(parts: tuple[Part, ...], filled: Filled) -> list[Item]:
    return [item for part in parts for item in part.items if item.key not in filled.answers]


def _filled(
    post: QueryDict, customer: Customer, which: ExpertModel, request: HttpRequest
) -> Filled:
    """The answers as sent; what is no score of the card is no answer."""
    told = expert_forms.told_by_file(request.user, customer, which.code, today(timezone.now()))
    answers, cited = {}, set()
    for key in expert_forms.item_names(which.code):
        said = post.get(f"score-{key}", "")
        if said != UNKNOWN and not (said.isdecimal() and said in _SCORES):
            continue
        source, evidence = (
            post.get(f"{name}-{key}", "").strip() for name in ("source", "evidence")
        )
        if post.get(f"cite-{key}") and told.get(key):
            cited.add(key)
            fact = told[key][0]
            source = source or str(fact_words.source(fact.fact.source))
            evidence = evidence or f"fact:{fact.field}:{fact.fact.id}"
        score = None if said == UNKNOWN else int(said)
        comment = post.get(f"comment-{key}", "").strip()
        answers[key] = Given(score, source, evidence, comment)
    weighting = post.get("weighting", "") or _first_weighting(which)
    return Filled(weighting[:40], post.get("as_of", "")[:10], answers, frozenset(cited))


_SCORES: Final = frozenset(str(score) for score in range(1, 11))


def _weights(which: ExpertModel, filled: Filled) -> dict[str, Any]:
    """The weights shown; a weighting that is gone falls back to the first one to show the form."""
    try:
        return expert_runs.weights_for(which.code, filled.weighting)
    except Refused:
        return expert_runs.weights_for(which.code, _first_weighting(which))


def _so_far(which: ExpertModel, filled: Filled) -> dict[str, Any]:
    """What the answers come to, all that is not answered yet taken as not known."""
    weights = _weights(which, filled)
    total = len(weights)
    context: dict[str, Any] = {"answered": len(filled.answers), "total": total}
    try:
        found = expert_reckoning.card(which.code, filled.weighting, weights, filled.answers, "try")
    except AnswerError:
        return context
    low, value, high = words.ends(which.code, found.result)
    if low is None or high is None:
        return context
    return context | {
        "band": band_of(low, value, high),
        "low": plain(low),
        "value": "" if value is None else plain(value),
        "high": plain(high),
        **_class(found),
    }


def _class(found: Reckoned) -> dict[str, Any]:
    return {
        "class_code": found.class_code,
        "class_words": expert_grades.class_words(found.model, found.class_code),
        "tone": words.TONES.get(found.class_code, "quiet"),
        "grade": found.grade,
    }


# --- What reads a statement


def _statement(
    request: HttpRequest, customer: Customer, which: ExpertModel, at: datetime
) -> HttpResponse:
    """What the model says of the newest statement; by POST it is kept as a run."""
    day = today(at)
    context: dict[str, Any] = {"customer": customer, "model": which}
    try:
        if request.method == "POST":
            run = expert_runs.record_run(
                customer.code, which.code, "", {}, day, actor=actor_of(request), at=at
            )
            messages.success(request, str(T("已记录。", "It is on record.")))
            return _kept(customer, run)
        found = expert_runs.read_statement(customer, which.code, day, at)
    except Refused as refused:
        context |= {"wrong": refused.text}
        status = 422 if request.method == "POST" else 200
        return render(request, "experts/statement.html", context, status=status)
    trial = ExpertRun(
        model=found.model,
        weighting=found.weighting,
        customer=customer,
        result=found.result,
        class_code=found.class_code,
        coverage_bps=found.coverage_bps,
    )
    context |= {
        "one": words.shown(trial),
        "ratios": words.ratios_of(trial),
        "reasons": words.reasons_of(found.result),
        "statement": found.result["statement"],
    }
    return render(request, "experts/statement.html", context)
