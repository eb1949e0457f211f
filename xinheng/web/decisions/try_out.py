"""Try-outs: what would the answer be if …? The same decision on changed facts, as one types.

The fields are the steps of a way out; each changes the scene as the world would
(`credit.way_changes`), then the order is decided again. A GET that writes nothing: nobody is asked,
nothing is reserved. Example: ?receive=60000&terms_days=30 shows the answer if 60,000.00 came in and
the order asked for 30 days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from xinheng.credit.decide import Level, Limit, Verdict, ceiling_of
from xinheng.credit.exposure import ADDING, FURTHER, REDUCING
from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.credit.reason_text import text as reason_text
from xinheng.credit.way_changes import Scene, Step
from xinheng.credit.way_text import level_words
from xinheng.decisions import queries
from xinheng.decisions.ways_out import scene_of
from xinheng.texts import T
from xinheng.web.decisions import words

MOST: Final = 10**15
MONEY: Final = ("amount", "receive", "prepay", "cover", "temporary")
FIELDS: Final = (*MONEY, "terms_days", "delivery_on")


@dataclass
class Tried:
    """What was typed, what is wrong with it, and the steps that it means."""

    texts: dict[str, str]
    errors: dict[str, T] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class LevelRow:
    """A limit above, as it would be."""

    title: T
    level: Level
    over: bool

    @property
    def after(self) -> int:
        return self.level.used_minor + self.level.adds_minor


@require_safe
def try_out(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The panel; of an answer that changed nothing is kept."""
    decision = queries.find(request.user, decision_id)
    if decision is None:
        raise Http404("no such decision")
    scene = scene_of(decision, at=timezone.now())
    context: dict[str, Any] = {"decision": decision, "scene": scene}
    if scene is not None:
        tried = read(request.GET, scene)
        after = scene
        for step in tried.steps:
            after = after.after(step)
        context |= {"tried": tried, "changed": bool(tried.steps), **shown(after)}
        own = scene.facts.payer_status is None  # else the limit is somebody else's
        wanted = tried.texts["temporary"] and not tried.errors
        if own and wanted and request.user.may("lines.grant"):
            context["propose"] = _propose(decision, scene, tried)
    htmx = request.headers.get("HX-Request") == "true"
    part = "_try_out_answer" if request.GET.get("part") else "_try_out"
    return render(request, f"decisions/{part if htmx else 'try_out'}.html", context)


def read(query: Mapping[str, str], scene: Scene) -> Tried:
    """Every field is looked at, so that all mistakes are told at once; empty changes nothing."""
    tried = Tried({name: str(query.get(name, "")).strip()[:30] for name in FIELDS})
    for name in FIELDS:
        if tried.texts[name]:
            try:
                tried.steps.extend(_READERS[name](tried.texts[name], scene))
            except (MoneyError, ValueError) as error:
                tried.errors[name] = _mend(name, error)
    return tried


def _mend(name: str, error: Exception) -> T:
    if isinstance(error, MoneyError):
        return T(error.zh, error.en)
    if name in MONEY:
        return T("金额不能小于零。", "The amount can't be below zero.")
    if name == "terms_days":
        return T("账期写天数，例如 30。", "Terms in days, such as 30.")
    return T("日期写成 2026-11-30。", "Write the day as 2026-11-30.")


def _minor(text: str, scene: Scene) -> int:
    minor = to_minor(re.sub(r"[,，\s¥￥]", "", text), scene.order.currency)
    if not 0 <= minor <= MOST:
        raise ValueError("below zero")
    return minor


def _amount(text: str, scene: Scene) -> Iterator[Step]:
    minor = _minor(text, scene)
    if minor != scene.order.amount_minor:
        yield Step("ship_part", minor, scene.order.amount_minor)


def _money(code: str) -> Callable[[str, Scene], Iterator[Step]]:
    def step(text: str, scene: Scene) -> Iterator[Step]:
        minor = _minor(text, scene)
        if minor:
            yield Step(code, minor, scene.order.amount_minor)

    return step


def _temporary(text: str, scene: Scene) -> Iterator[Step]:
    yield Step("temporary_limit", _minor(text, scene), day=scene.facts.today)


def _terms(text: str, scene: Scene) -> Iterator[Step]:
    if not re.fullmatch(r"[0-9]{1,4}", text):
        raise ValueError(text)
    if int(text) != scene.order.terms_days:
        yield Step("shorten_terms", days=int(text))


def _delivery(text: str, scene: Scene) -> Iterator[Step]:
    if (day := date.fromisoformat(text).isoformat()) != scene.order.delivery_on:
        yield Step("deliver_later", day=day)


_READERS: Final[dict[str, Callable[[str, Scene], Iterator[Step]]]] = {
    "amount": _amount,
    "receive": _money("receive"),
    "prepay": _money("prepay"),
    "cover": _money("cover"),
    "temporary": _temporary,
    "terms_days": _terms,
    "delivery_on": _delivery,
}


def shown(scene: Scene) -> dict[str, Any]:
    """The answer as the panel draws it: outcome, reasons, the limit bar, limits above."""
    verdict, facts, order = scene.verdict(), scene.facts, scene.order
    components = {
        name: getattr(facts.components, name)
        for name in (*ADDING, *FURTHER, *REDUCING)
        if getattr(facts.components, name)
    }
    limit = facts.limit
    unlimited = isinstance(limit, Limit) and limit.unlimited
    unset = limit is None or (
        isinstance(limit, Limit) and not unlimited and limit.amount_minor is None
    )
    return {
        "verdict": verdict,
        "outcome": words.OUTCOMES[verdict.outcome],
        "reasons": list(_reasons(verdict, order.currency)),
        "components": components,
        "ceiling": None if unset else verdict.ceiling_minor,
        "unlimited": unlimited,
        "order": order,
        "levels": [_level(level) for level in facts.levels],
        "overdue": facts.overdue_minor if isinstance(facts.overdue_minor, int) else None,
    }


def _reasons(verdict: Verdict, currency: str) -> Iterator[tuple[T, bool]]:
    for reason in verdict.reasons:
        told = reason_text(reason, reason.currency or currency)
        yield T(told["zh"], told["en"]), reason.outcome == "warn"


def _level(level: Level) -> LevelRow:
    named = level_words(f"{level.kind}:{level.name}")
    ceiling = ceiling_of(level.limit)
    over = ceiling is not None and level.used_minor + level.adds_minor > ceiling
    return LevelRow(T(named["zh"], named["en"]), level, over)


def _propose(decision: Any, scene: Scene, tried: Tried) -> str:
    """The form of a temporary limit, with this amount filled in."""
    amount = to_text(_minor(tried.texts["temporary"], scene), scene.order.currency)
    page = reverse("limit-change", args=[decision.customer.code, scene.order.currency])
    return f"{page}?kind=temporary&amount={amount}"
