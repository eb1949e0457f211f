"""Questionnaires of the schools 要素分析: 5C, and 6C with continuity, as items that carry a source.

An answer is a score 1 … 10 (anchors at 10, 6 and 2) with its source, evidence and reviewer; the
weights of a template add up to 100, and the share is read in the CA bands of character analysis:

    all items 8 → 80 % → CA2; one of weight 7 not known: 80 % of what is answered, coverage 0.93,
    band [75.10, 81.40], the class of 75.10 counts

What is not known is treated as there: it leaves the share, widens the band and never helps. A
mandatory item without an answer, or a coverage below 0.60, is not rated. `fields` of an item name
the facts of the credit file that help to answer it. Data: questionnaires_v1.json.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from xinheng.credit import character, expert_card
from xinheng.credit.character import GroupShare, Reason
from xinheng.credit.expert_card import AnswerError, Point, Weighed, places
from xinheng.credit.shipped import document

_MODEL: Final[dict[str, Any]] = document("questionnaires_v1.json")
VERSION: Final[int] = _MODEL["version"]
ITEMS: Final[dict[str, dict[str, Any]]] = {row["key"]: row for row in _MODEL["items"]}
FACTORS: Final[dict[str, dict[str, str]]] = {row["key"]: row for row in _MODEL["factors"]}
TEMPLATES: Final[dict[str, dict[str, Any]]] = {row["key"]: row for row in _MODEL["templates"]}
_BANDS: Final[str] = _MODEL["bands"]


class Answer(Struct, frozen=True):
    """One answer; `score` None: asked and not known."""

    score: int | None
    source: str = ""
    evidence: str = ""
    reviewer: str = ""


class Questionnaire(Struct, frozen=True):
    """The result; `class_counts` is the class to act on, `unsupported` the answers that nobody
    could check.
    """

    model: str
    version: int
    template: str
    cut_off: str
    inputs: dict[str, Answer]
    points: tuple[Point, ...]
    factors: tuple[GroupShare, ...]
    pct: Decimal | None
    zero_filled_pct: Decimal
    lowest_pct: Decimal
    highest_pct: Decimal
    coverage: Decimal
    missing: tuple[str, ...]
    mandatory_missing: tuple[str, ...]
    unsupported: tuple[str, ...]
    class_counts: str
    class_of_answered: str
    reasons: tuple[Reason, ...]


def items_of(template: str) -> dict[str, dict[str, Any]]:
    """The items of a template in their order, with anchors, mandatory flag and mapped fields."""
    return {key: ITEMS[key] for key in _template(template)["weights"]}


def score(
    answers: Mapping[str, Answer],
    template: str = "5c",
    weights: Mapping[str, Decimal] | None = None,
) -> Questionnaire:
    """The explained result; `weights` (such as an AHP's) replace the template's."""
    shipped = {key: Decimal(weight) for key, weight in _template(template)["weights"].items()}
    used = shipped if weights is None else _own(shipped, weights)
    scores = {key: answer.score for key, answer in answers.items()}
    lowest, highest = _MODEL["lowest_score"], _MODEL["highest_score"]
    weighed = expert_card.weigh(used, scores, lowest, highest)
    unanswered = tuple(key for key in weighed.missing if ITEMS[key]["mandatory"])
    covered = expert_card.at_least(_MODEL["min_coverage"], weighed.coverage)
    rated = covered and not unanswered
    unsupported = tuple(key for key, answer in answers.items() if _lacks_proof(answer))
    return Questionnaire(
        model="questionnaire",
        version=VERSION,
        template=template,
        cut_off=_cut_off(weighed, covered, unanswered),
        inputs=dict(answers),
        points=weighed.points,
        factors=_factors(weighed.points),
        pct=None if weighed.pct is None else places(weighed.pct, 2),
        zero_filled_pct=places(weighed.zero_filled, 2),
        lowest_pct=places(weighed.lowest, 2),
        highest_pct=places(weighed.highest, 2),
        coverage=places(weighed.coverage, 4),
        missing=weighed.missing,
        mandatory_missing=unanswered,
        unsupported=unsupported,
        class_counts=_class(weighed.lowest) if rated else character.NOT_RATED,
        class_of_answered=_class(weighed.pct) if rated else character.NOT_RATED,
        reasons=_reasons(weighed, covered, unanswered, unsupported),
    )


def anchor(item: str, given: int) -> dict[str, str]:
    """The written anchor at or just below a score: 8 → the one at 6; 1 → the one at 2."""
    anchors: dict[str, dict[str, str]] = ITEMS[item]["anchors"]
    return anchors["10" if given == 10 else "6" if given >= 6 else "2"]


def _template(template: str) -> dict[str, Any]:
    if template not in TEMPLATES:
        raise AnswerError(
            f"没有问卷 {template}：请选 {'、'.join(TEMPLATES)}。",
            f"There is no questionnaire {template}: choose {', '.join(TEMPLATES)}.",
        )
    return TEMPLATES[template]


def _own(shipped: Mapping[str, Decimal], weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    if set(weights) != set(shipped):
        odd = ", ".join(sorted(set(weights) ^ set(shipped)))
        raise AnswerError(
            f"自定义权重须逐一对应各项（有出入：{odd}）。",
            f"Own weights need one for each item (these differ: {odd}).",
        )
    return {key: weights[key] for key in shipped}


def _lacks_proof(answer: Answer) -> bool:
    return answer.score is not None and not (answer.source and answer.evidence and answer.reviewer)


def _class(pct: Fraction | None) -> str:
    return character.NOT_RATED if pct is None else character.class_of(pct, _BANDS)


def _cut_off(weighed: Weighed, covered: bool, unanswered: tuple[str, ...]) -> str:
    if unanswered:
        return "mandatory"
    if not covered:
        return f"coverage < {_MODEL['min_coverage']}"
    return character.range_of(_class(weighed.lowest), _BANDS)


def _factors(points: tuple[Point, ...]) -> tuple[GroupShare, ...]:
    found = []
    for factor in FACTORS:
        of_it = [one for one in points if ITEMS[one.key]["factor"] == factor]
        mine = [one for one in of_it if one.score is not None]
        earned = sum((one.points for one in mine), Decimal(0))
        most = sum((one.most for one in mine), Decimal(0))
        pct = places(100 * Fraction(earned) / Fraction(most), 2) if most else None
        if of_it:
            found.append(GroupShare(factor, earned, most, pct))
    return tuple(found)


def _reasons(
    weighed: Weighed, covered: bool, unanswered: tuple[str, ...], unsupported: tuple[str, ...]
) -> tuple[Reason, ...]:
    told = []
    if unanswered:
        zh, en = ({"items": _named(unanswered, tongue)} for tongue in ("zh", "en"))
        told.append(_worded("mandatory", Decimal(0), zh, en))
    if not covered:
        both = {"coverage": places(weighed.coverage, 2), "least": _MODEL["min_coverage"]}
        told.append(_worded("coverage", Decimal(0), both, both))
    for one in expert_card.worst_first(weighed.points, _MODEL["most_reasons"]):
        told.append(_lost(one))
    if unsupported:
        count = {"count": len(unsupported)}
        told.append(_worded("unsupported", Decimal(0), count, count))
    return tuple(told)


def _lost(one: Point) -> Reason:
    text = "unknown" if one.score is None else "scored"
    zh, en = (
        {
            "item": ITEMS[one.key][tongue],
            "lowest": _MODEL["lowest_score"],
            "score": one.score,
            "lost": f"{one.lost:f}",
        }
        for tongue in ("zh", "en")
    )
    both = _MODEL["reasons"][text]
    return Reason(one.key, one.lost, both["zh"].format(**zh), both["en"].format(**en))


def _named(keys: tuple[str, ...], tongue: str) -> str:
    return ("；" if tongue == "zh" else "; ").join(ITEMS[key][tongue] for key in keys)


def _worded(code: str, lost: Decimal, zh: Mapping[str, Any], en: Mapping[str, Any]) -> Reason:
    both = _MODEL["reasons"][code]
    return Reason(code, lost, both["zh"].format(**zh), both["en"].format(**en))
