"""Challengers score beside the champion: on the same inputs, shown to people, used by nothing.

A round takes customers' newest assessments that a challenger has not scored, all at once in
columns: points, probability, grade and the characteristics that cost most. Red lines of the live
card cap a challenger's grade too, or its grades could not be compared. What cannot be evaluated is
told and kept from nobody else: one challenger's fault stops neither the others nor the round.
Example: 2,000 customers; the card "own book" v2 gives 612 points, PD 1.30 %, BBB to one that the
champion calls BB; both stand on the page, and the champion's counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from xinheng.credit import scale, scorecard
from xinheng.credit.money import round_half_up
from xinheng.credit.scorecard import MAX_REASONS, Card, RedLine
from xinheng.learning import columnar
from xinheng.learning.columns import Floats, LearningError
from xinheng.modelling.inputs import (
    Assessed,
    columns_of,
    is_rated,
    of_card,
    of_trees,
    unscored,
)
from xinheng.modelling.models import LearntModel, ShadowScore
from xinheng.modelling.telling import tell_model_people
from xinheng.policies.queries import live

A_ROUND = 2_000
# Contributions of trees are exact and cost about a millisecond a row; the next round does the rest.
A_ROUND_OF_TREES = 500
NOT_ZERO_OR_ONE = Decimal("0.00000001")


class Said(NamedTuple):
    """What a challenger says of one customer. points None: not rated."""

    points: int | None
    probability: Decimal | None
    grade: str
    reasons: list[dict[str, Any]]


class Failure(NamedTuple):
    """A challenger that could not be evaluated, and why, in both languages."""

    model_id: int
    name: str
    zh: str
    en: str


class Scored(NamedTuple):
    """What a round did."""

    rows: int
    failures: list[Failure]


def score_challengers(*, at: datetime) -> Scored:
    """Every challenger scores what it has not scored yet, A_ROUND customers each at most."""
    rows, failures = 0, []
    for model in LearntModel.objects.filter(state="challenger").order_by("pk"):
        try:
            rows += score_with(model, at=at)
        except LearningError as error:
            failures.append(Failure(model.pk, f"{model.name} v{model.version}", error.zh, error.en))
    tell_model_people("challenger", [one.name for one in failures], at=at)
    return Scored(rows, failures)


def score_with(model: LearntModel, *, at: datetime) -> int:
    """One challenger's round; `LearningError` where the model or an input can't be read."""
    waiting = unscored(model.pk, A_ROUND if model.kind == "scorecard" else A_ROUND_OF_TREES)
    if not waiting:
        return 0
    said = says(model, waiting)
    made = [
        ShadowScore(
            model_id=model.pk,
            assessment_id=row.assessment_id,
            customer_id=row.customer_id,
            points=one.points,
            probability=one.probability,
            grade=one.grade,
            reasons=one.reasons,
            at=at,
        )
        for row, one in zip(waiting, said, strict=True)
    ]
    # Another process may have scored some of them in the same second; what stands, stands.
    ShadowScore.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def says(model: LearntModel, rows: Sequence[Assessed]) -> list[Said]:
    """What a learnt model says of each assessment, in their order. Nothing is written."""
    body = json.dumps(model.body).encode()
    lines = _red_lines()
    if model.kind == "scorecard":
        from xinheng.learning import card

        return card_says(scorecard.load(card.load(body).card), rows, lines)
    return trees_say(body, rows, lines)


def card_says(card: Card, rows: Sequence[Assessed], lines: Sequence[RedLine] = ()) -> list[Said]:
    """By a card: the points of `scorecard.score`, column by column."""
    columns = columns_of(rows, of_card(card))
    # Each characteristic as a card of its own: what it earned, so that reasons can be told.
    apart = [
        columnar.score(replace(card, base_points=0, characteristics=(one,), red_lines=()), columns)
        for one in card.characteristics
    ]
    total = card.base_points + np.sum(apart, axis=0)
    rated = is_rated(card, columns)
    best = [scorecard.best_points(one) for one in card.characteristics]
    lost = np.array(best)[:, None] - np.array(apart)
    drawn = (*lines, *card.red_lines)
    found = []
    for i, row in enumerate(rows):
        points = int(total[i])
        reasons = _card_reasons(card, lost[:, i])
        if not rated[i]:
            found.append(Said(None, None, "", reasons))
            continue
        grade = scale.cap(scale.grade_of(points), _drawn(drawn, row))
        found.append(Said(points, scale.pd_of(points), grade, reasons))
    return found


def _card_reasons(card: Card, lost: Any) -> list[dict[str, Any]]:
    order = np.argsort(-lost, kind="stable")[:MAX_REASONS]
    return [
        {
            "key": card.characteristics[i].key,
            "zh": card.characteristics[i].zh,
            "en": card.characteristics[i].en,
            "lost": int(lost[i]),
        }
        for i in order
        if lost[i] > 0
    ]


def trees_say(body: bytes, rows: Sequence[Assessed], lines: Sequence[RedLine] = ()) -> list[Said]:
    """By boosted trees; LightGBM's trees are plain lists by now, its library is not asked."""
    from xinheng.learning import boosting

    model = boosting.load(body)
    columns = columns_of(rows, of_trees(model))
    probabilities = boosting.probability(model, columns)
    _, added = boosting.explain(model, columns)
    return [
        _tree_said(probabilities[i], _tree_reasons(model, added[i]), _drawn(lines, row))
        for i, row in enumerate(rows)
    ]


def _tree_said(p: float, reasons: list[dict[str, Any]], drawn: list[str]) -> Said:
    pd = round_half_up(Decimal(repr(float(p))), 8)
    grade = scale.cap(scale.grade_of_pd(pd), drawn)
    within = min(max(pd, NOT_ZERO_OR_ONE), 1 - NOT_ZERO_OR_ONE)
    return Said(int(round_half_up(scale.score_of(within), 0)), pd, grade, reasons)


def _tree_reasons(model: Any, added: Floats) -> list[dict[str, Any]]:
    from xinheng.learning import boosting

    named = _names()
    return [
        {"key": key, **named.get(key, {"zh": key, "en": key})}
        for key in boosting.reasons(model, added)
    ]


def _names() -> dict[str, dict[str, str]]:
    """What the live card calls the inputs: trees have no words of their own."""
    policy = live("scorecard")
    listed = policy.body.get("characteristics", []) if policy is not None else []
    return {one["key"]: {"zh": one["zh"], "en": one["en"]} for one in listed}


def _red_lines() -> tuple[RedLine, ...]:
    policy = live("scorecard")
    return scorecard.load(policy.body).red_lines if policy is not None else ()


def _drawn(lines: Sequence[RedLine], row: Assessed) -> list[str]:
    return sorted({line.code for line in lines if _reaches(row.inputs.get(line.key), line)})


def _reaches(text: str | None, line: RedLine) -> bool:
    try:
        return text is not None and Decimal(text) >= line.at_least
    except InvalidOperation:
        return False
