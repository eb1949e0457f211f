"""One run of an expert model: its points in a drawing and in words, what is not known, what would
change if one factor were another, how far a second rater agrees; and another person adopts it.

"What if" reckons anew with the weights of the run and writes nothing. Example: CAM-1 with payment
record 4 instead of 9 falls from 66.70 % to 61.20 %: still CA2.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.modelling import adopting, expert_reading, expert_reckoning
from xinheng.modelling.expert_forms import item_names
from xinheng.modelling.expert_grades import CARDS, VALID_DAYS
from xinheng.modelling.expert_reckoning import Given
from xinheng.modelling.models import ExpertRun
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.experts import words
from xinheng.web.experts.drawing import Band, band_of, falls_of, plain
from xinheng.web.files.finding import customer_of
from xinheng.web.frame.access import actor_of


class WhatIf(Struct, frozen=True):
    """One factor taken otherwise: the share, class and grade then, beside what they are."""

    name: T
    was: str
    now: str
    share_was: str
    share: str
    class_was: str
    class_code: str
    class_words: T
    tone: str
    grade_was: str
    grade: str
    points: str  # what it adds or takes, with its sign
    band: Band | None


@require_safe
def run_page(request: HttpRequest, code: str, run: int) -> HttpResponse:
    """The card of a run; asked with a factor and a score, what would be if it were so."""
    customer = customer_of(request, code)
    found = _found(request, customer, run)
    what_if = _what_if(request, found)
    if request.htmx and what_if is not None:
        return render(request, "experts/_what_if.html", {"what_if": what_if})
    return render(request, "experts/run.html", _context(request, customer, found, what_if))


@require_POST
def adopt(request: HttpRequest, code: str, run: int) -> HttpResponse:
    """The run becomes the customer's rating."""
    customer = customer_of(request, code)
    found = _found(request, customer, run)
    try:
        adopting.adopt_run(found.pk, actor=actor_of(request), at=timezone.now())
    except Refused as refused:
        context = _context(request, customer, found, None) | {"wrong": refused.text}
        return render(request, "experts/run.html", context, status=422)
    messages.success(request, str(T("已采用为客户评级。", "It is the customer's rating now.")))
    return redirect("expert-run", code=customer.code, run=found.pk)


def _found(request: HttpRequest, customer: Customer, run: int) -> ExpertRun:
    found = expert_reading.run_of(request.user, customer.pk, run)
    if found is None:
        raise Http404("no such run")
    return found


def _context(
    request: HttpRequest, customer: Customer, run: ExpertRun, what_if: WhatIf | None
) -> dict[str, Any]:
    card = run.model in CARDS
    context: dict[str, Any] = {
        "customer": customer,
        "run": run,
        "one": words.shown(run),
        "card": card,
        "reasons": words.reasons_of(run.result),
        "what_if": what_if,
        "compared": _compared(request, customer, run),
        **_adoption(request, run),
    }
    if card:
        context |= _card(run)
    else:
        context |= {"ratios": words.ratios_of(run)}
    return context


def _card(run: ExpertRun) -> dict[str, Any]:
    names = item_names(run.model)
    anchors = words.anchors_of(run.model, run.answers)
    rows, fall = falls_of(run.result["points"], names, anchors, run.answers)
    cited = {key: words.evidence_field(one.get("evidence", "")) for key, one in run.answers.items()}
    return {
        "rows": rows,
        "fall": fall,
        "total": plain(Decimal(fall.total.minor) / 100),
        "most": plain(Decimal(fall.ceiling.minor if fall.ceiling else 0) / 100),
        "cited": {key: one for key, one in cited.items() if one is not None},
        "names": names,
        "scores": [str(score) for score in range(10, 0, -1)],
        "missing": [names[key] for key in run.result["missing"]],
        "unsupported": len(run.result.get("unsupported", ())),
    }


def _adoption(request: HttpRequest, run: ExpertRun) -> dict[str, Any]:
    """Whether this person may adopt the run, and what it would then be worth."""
    if not request.user.may(adopting.ADOPT) or not run.grade or run.adopted_at is not None:
        return {"may_adopt": False}
    against = adopting.why_not(run, actor_of(request), today(timezone.now()))
    grade = adopting.grade_after_red_lines(run)
    return {
        "may_adopt": against is None,
        "against": None if against is None else against.text,
        "grade_then": grade,
        "capped": grade != run.grade,
        "valid_days": VALID_DAYS,
    }


def _compared(request: HttpRequest, customer: Customer, run: ExpertRun) -> Any:
    runs = expert_reading.runs_of(request.user, customer.pk)
    found = expert_reading.compared(run, runs)
    if found is None:
        return None
    names = item_names(run.model)
    apart = [
        (names[key], run.answers[key]["score"], found.other.answers[key]["score"])
        for key in found.agreement.farthest
    ]
    return {
        "other": words.shown(found.other),
        "kappa": found.agreement.kappa,
        "items": found.agreement.items,
        "apart": apart,
    }


# --- What if


def _what_if(request: HttpRequest, run: ExpertRun) -> WhatIf | None:
    """The answer to ?item=payment_record&score=4; "x" takes it as not known."""
    item, said = request.GET.get("item", ""), request.GET.get("score", "")
    if run.model not in CARDS or item not in run.answers:
        return None
    if said != "x" and said not in {str(score) for score in range(1, 11)}:
        return None
    answers = {key: Given(given["score"]) for key, given in run.answers.items()}
    was = answers[item].score
    answers[item] = Given(None if said == "x" else int(said))
    weights = {row["key"]: Decimal(row["weight"]) for row in run.result["points"]}
    found = expert_reckoning.card(run.model, run.weighting, weights, answers, "")
    low, value, high = words.ends(run.model, found.result)
    band = band_of(low, value, high) if low is not None and high is not None else None
    return WhatIf(
        name=item_names(run.model)[item],
        was=_score_words(was),
        now=_score_words(answers[item].score),
        share_was=f"{plain(run.result['pct'] or 0)}%",
        share=f"{plain(value or 0)}%",
        class_was=run.class_code,
        class_code=found.class_code,
        class_words=words.expert_grades.class_words(run.model, found.class_code),
        tone=words.TONES.get(found.class_code, "quiet"),
        grade_was=run.grade,
        grade=found.grade,
        points=_signed(weights[item] * ((answers[item].score or 0) - (was or 0))),
        band=band,
    )


def _score_words(score: int | None) -> str:
    return str(T("不详", "not known")) if score is None else str(score)


def _signed(points: Decimal) -> str:
    return f"+{plain(points)}" if points > 0 else plain(points)
