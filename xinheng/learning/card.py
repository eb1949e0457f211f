"""A statistical scorecard learnt from rows with known outcomes, as plain data.

Bins (`binning`) turn each characteristic into evidence, a logistic regression with coefficients at
or above zero (`logistic`) weighs it, and `points` writes a card that `credit.scorecard` scores like
any other: nothing about a learnt card is special once it is learnt.

A sample must be able to carry the card: at least 50 bads and 50 goods, and ten bads for each
characteristic. With 240 bads the 24 strongest characteristics stay; with 49 there is no card but an
expert's. The model says on how many it was trained, at which bad rate, and what was left out.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
import numpy as np
from msgspec import Struct

from xinheng.credit import scorecard
from xinheng.learning import binning, logistic
from xinheng.learning.binning import Bins, Rule, Shape
from xinheng.learning.columns import Columns, Floats, LearningError, Truths
from xinheng.learning.points import (
    Label,
    Scaling,
    characteristic,
    exact_points,
    prior_shift,
    whole,
)

LEAST_BADS: Final = 50
BADS_PER_CHARACTERISTIC: Final = 10


class Plan(Struct, frozen=True):
    """What a person decides before a card is learnt. `shapes` and `codes` are told by
    characteristic; `population_bad_rate` corrects a sample drawn with more bads than there are.
    """

    name: str
    version: int = 1
    zh: str = ""
    en: str = ""
    source: str = ""
    labels: Mapping[str, Label] = {}
    shapes: Mapping[str, Shape] = {}
    codes: Mapping[str, tuple[float, ...]] = {}
    rule: Rule = Rule()
    ridge: float = 5.0
    least_iv: float = 0.01
    most_characteristics: int | None = None
    min_coverage_pct: int = 60
    scaling: Scaling = Scaling()
    population_bad_rate: float | None = None


class Sample(Struct, frozen=True, forbid_unknown_fields=True):
    """On what a model was trained. `bounds` cut its probabilities into bands of about equal size,
    `band_rows` counts them: what the population of another day is held against.
    """

    rows: int
    bads: int
    bad_rate: float
    candidates: int
    left_out: tuple[str, ...]
    bounds: tuple[float, ...] = ()
    band_rows: tuple[int, ...] = ()


class ScorecardModel(Struct, frozen=True, forbid_unknown_fields=True, tag="scorecard"):
    """A learnt card with everything that led to it. `card` is what `credit.scorecard` loads."""

    card: dict[str, Any]
    bins: tuple[Bins, ...]
    coefficients: tuple[float, ...]
    intercept: float
    scaling: Scaling
    sample: Sample
    form: Literal[1] = 1


def learn(columns: Columns, bad: Truths, plan: Plan) -> ScorecardModel:
    """The scorecard of these rows, or `LearningError` where they can't carry one."""
    refuse_small(bad)
    kept = _candidates(columns, bad, plan)
    if not kept:
        raise LearningError(
            "no_evidence",
            "没有一个特征能区分好坏客户，无法建立评分卡。",
            "No characteristic tells good from bad; there is nothing to build a card from.",
        )
    kept, fitted = _chosen(kept, columns, bad, plan)
    intercept = fitted.intercept
    if plan.population_bad_rate is not None:
        intercept += prior_shift(plan.population_bad_rate, float(bad.mean()))
    return ScorecardModel(
        card=_card(kept, fitted.coefficients, intercept, plan, columns),
        bins=tuple(kept),
        coefficients=fitted.coefficients,
        intercept=intercept,
        scaling=plan.scaling,
        sample=Sample(
            rows=len(bad),
            bads=int(bad.sum()),
            bad_rate=float(bad.mean()),
            candidates=len(columns),
            left_out=tuple(sorted(set(columns) - {one.key for one in kept})),
        ),
    )


def refuse_small(bad: Truths) -> None:
    """Fewer than 50 of either outcome teach nothing that would hold next year."""
    fewest = int(min(bad.sum(), (~bad).sum()))
    if fewest < LEAST_BADS:
        raise LearningError(
            "few_bads",
            f"样本中较少的一类只有 {fewest} 个，至少需要 {LEAST_BADS} 个："
            "请使用专家评分卡，或积累更多结果。",
            f"The rarer outcome has {fewest} rows, at least {LEAST_BADS} are needed: "
            "use an expert card, or wait for more outcomes.",
        )


def log_odds(model: ScorecardModel, columns: Columns) -> Floats:
    """The unrounded log-odds of good of each row."""
    found = np.full(_rows(columns), model.intercept)
    for bins, coefficient in zip(model.bins, model.coefficients, strict=True):
        found = found + coefficient * binning.evidence(bins, columns[bins.key])
    return found


def dump(model: ScorecardModel) -> bytes:
    """The model as JSON; the same model gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(model, order="sorted"), indent=1)


def load(raw: bytes) -> ScorecardModel:
    """The model of a file. Unknown fields, NaN, or a card that breaks its own rules are refused."""
    try:
        model = msgspec.json.decode(raw, type=ScorecardModel)
        scorecard.load(model.card)
    except (msgspec.MsgspecError, scorecard.CardError, UnicodeDecodeError) as error:
        raise LearningError(
            "model_file",
            f"模型文件无法使用：{error}",
            f"The model file can't be used: {error}",
        ) from error
    return model


def _rows(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def _candidates(columns: Columns, bad: Truths, plan: Plan) -> list[Bins]:
    fitted = [
        binning.fit(key, column, bad, plan.rule, plan.shapes.get(key), plan.codes.get(key, ()))
        for key, column in columns.items()
    ]
    return [one for one in fitted if one.iv >= plan.least_iv and one.count > 1]


def _chosen(
    kept: list[Bins], columns: Columns, bad: Truths, plan: Plan
) -> tuple[list[Bins], logistic.Fitted]:
    """The characteristics with a coefficient above zero, no more than the bads can carry."""
    most = int(bad.sum()) // BADS_PER_CHARACTERISTIC
    if plan.most_characteristics is not None:
        most = min(most, plan.most_characteristics)
    while True:
        evidence = np.column_stack([binning.evidence(one, columns[one.key]) for one in kept])
        fitted = logistic.fit(evidence, bad, plan.ridge)
        strength = np.array(fitted.coefficients) * evidence.std(axis=0)
        order = np.argsort(-strength, kind="stable")[:most]
        stay = sorted(int(i) for i in order if strength[i] > 0.0)
        if len(stay) == len(kept) or not stay:
            return kept, fitted
        kept = [kept[i] for i in stay]


def _card(
    kept: list[Bins],
    coefficients: tuple[float, ...],
    intercept: float,
    plan: Plan,
    columns: Columns,
) -> dict[str, Any]:
    strengths = np.array(
        [
            coefficient * binning.evidence(one, columns[one.key]).std()
            for one, coefficient in zip(kept, coefficients, strict=True)
        ]
    )
    weights = [max(1, whole(float(one))) for one in 100.0 * strengths / strengths.sum()]
    characteristics = []
    for one, coefficient, weight in zip(kept, coefficients, weights, strict=True):
        exact = exact_points(plan.scaling, intercept, coefficient, one.woe, len(kept))
        label = plan.labels.get(one.key, Label(one.key, one.key))
        characteristics.append(
            characteristic(one, [whole(points) for points in exact], weight, label)
        )
    return {
        "name": plan.name,
        "version": plan.version,
        "zh": plan.zh or plan.name,
        "en": plan.en or plan.name,
        "source": plan.source or f"Learnt from {len(next(iter(columns.values())))} rows.",
        "base_points": 0,
        "min_coverage_pct": plan.min_coverage_pct,
        "characteristics": characteristics,
    }
