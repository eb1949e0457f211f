"""Character analysis 特征分析模型: 18 factors of a customer, each scored 1 … 10 against written
anchors, weighted, and read as a class.

    pct = Σ score × weight ÷ Σ 10 × weight × 100      CAM-1: 667 of 1,000 → 66.70 % → 67 → CA2

Three presets of weights (balanced, leaning to sales, leaning to finance) or the firm's own. CA
classes are bands of whole per cents, HALF_UP once from the exact share: 85.49 → CA2, 85.50 → CA1;
the six-grade preset compares exactly (> 90 AAA). A missing factor leaves both sums, is counted at
the lowest score where the class is given, and below a coverage of 0.60 there is no class: not
rated. `class_of_answered` is the textbook's reading, shown beside. Data: character_v1.json.
"""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from xinheng.credit import expert_card
from xinheng.credit.expert_card import AnswerError, Point, Weighed, places
from xinheng.credit.shipped import document

_MODEL: Final[dict[str, Any]] = document("character_v1.json")
VERSION: Final[int] = _MODEL["version"]
NOTE: Final[dict[str, str]] = _MODEL["note"]
HOW_TO_SCORE: Final[dict[str, str]] = _MODEL["how_to_score"]
FACTORS: Final[dict[str, dict[str, Any]]] = {row["key"]: row for row in _MODEL["factors"]}
GROUPS: Final[dict[str, dict[str, str]]] = {row["key"]: row for row in _MODEL["groups"]}
PRESETS: Final[tuple[str, ...]] = tuple(row["key"] for row in _MODEL["presets"])
BANDS: Final[tuple[str, ...]] = tuple(_MODEL["bands"])
NOT_RATED: Final = "NR"
_LOWEST: Final[int] = _MODEL["lowest_score"]
_HIGHEST: Final[int] = _MODEL["highest_score"]


class Reason(Struct, frozen=True):
    """Why the result is not better: the factor (or "coverage"), the points lost, in words."""

    code: str
    lost: Decimal
    zh: str
    en: str


class GroupShare(Struct, frozen=True):
    """A group's own share: points of the most its answered factors could earn."""

    group: str
    points: Decimal
    most: Decimal
    pct: Decimal | None


class Character(Struct, frozen=True):
    """The result. `class_counts` is the class to act on, of `lowest_pct`; `class_of_answered` is
    that of `pct`, `class_of_highest` what full answers could at best make of it.
    """

    model: str
    version: int
    preset: str
    bands: str
    cut_off: str
    inputs: dict[str, int | None]
    points: tuple[Point, ...]
    groups: tuple[GroupShare, ...]
    pct: Decimal | None
    zero_filled_pct: Decimal
    lowest_pct: Decimal
    highest_pct: Decimal
    coverage: Decimal
    missing: tuple[str, ...]
    class_counts: str
    class_of_answered: str
    class_of_highest: str
    base_limit_factor: Decimal
    reasons: tuple[Reason, ...]


def weights_of(preset: str) -> dict[str, Decimal]:
    """A preset's weights by factor; they add up to 100."""
    row = next((row for row in _MODEL["presets"] if row["key"] == preset), None)
    if row is None:
        raise AnswerError(
            f"没有权重方案 {preset}：请选 {'、'.join(PRESETS)}。",
            f"There is no preset {preset}: choose {', '.join(PRESETS)}.",
        )
    return dict(zip(FACTORS, map(Decimal, row["weights"]), strict=True))


def score(
    scores: Mapping[str, int | None],
    preset: str = "balanced",
    bands: str = "ca",
    weights: Mapping[str, Decimal] | None = None,
) -> Character:
    """The explained result; `weights` (one for each factor, adding up to 100) replace a preset."""
    if bands not in BANDS:
        raise AnswerError(
            f"没有分级方案 {bands}：请选 {'、'.join(BANDS)}。",
            f"There are no bands {bands}: choose {', '.join(BANDS)}.",
        )
    used = weights_of(preset) if weights is None else _in_order(weights)
    weighed = expert_card.weigh(used, scores, _LOWEST, _HIGHEST)
    rated = expert_card.at_least(_MODEL["min_coverage"], weighed.coverage)
    counts = _row(weighed.lowest, bands) if rated else None
    answered = _row(weighed.pct, bands) if rated and weighed.pct is not None else None
    return Character(
        model="character",
        version=VERSION,
        preset=preset if weights is None else "own",
        bands=bands,
        cut_off=counts["range"] if counts else f"coverage < {_MODEL['min_coverage']}",
        inputs={key: scores.get(key) for key in FACTORS},
        points=weighed.points,
        groups=tuple(_group(group, weighed.points) for group in GROUPS),
        pct=None if weighed.pct is None else places(weighed.pct, 2),
        zero_filled_pct=places(weighed.zero_filled, 2),
        lowest_pct=places(weighed.lowest, 2),
        highest_pct=places(weighed.highest, 2),
        coverage=places(weighed.coverage, 4),
        missing=weighed.missing,
        class_counts=counts["class"] if counts else NOT_RATED,
        class_of_answered=answered["class"] if answered else NOT_RATED,
        class_of_highest=_row(weighed.highest, bands)["class"],
        base_limit_factor=Decimal(counts["base_limit_factor"]) if counts else Decimal(0),
        reasons=_reasons(weighed, rated),
    )


def class_of(pct: Decimal | Fraction, bands: str = "ca") -> str:
    """The class of a percentage, exact or to any decimals: 85.49 → CA2, 85.50 → CA1."""
    found: str = _row(Fraction(pct), bands)["class"]
    return found


def meaning(named: str, bands: str = "ca") -> dict[str, str]:
    """What a class says, in both languages; also of "NR"."""
    if named == NOT_RATED:
        told: dict[str, str] = _MODEL["not_rated"]
        return told
    row = next(row for row in _MODEL["bands"][bands]["rows"] if row["class"] == named)
    return {"zh": row["zh"], "en": row["en"]}


def range_of(named: str, bands: str = "ca") -> str:
    """The bounds of a class as written: CA2 → "61–85"."""
    row = next(row for row in _MODEL["bands"][bands]["rows"] if row["class"] == named)
    found: str = row["range"]
    return found


def anchor(factor: str, given: int) -> dict[str, str]:
    """The written anchor at or just below a score: 9 → the one at 8; 1 → the one at 2."""
    anchors: dict[str, dict[str, str]] = FACTORS[factor]["anchors"]
    return anchors[str(max(2, given - given % 2))]


def _in_order(weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    if set(weights) != set(FACTORS):
        odd = ", ".join(sorted(set(weights) ^ set(FACTORS)))
        raise AnswerError(
            f"自定义权重须逐一对应 18 个因素（有出入：{odd}）。",
            f"Own weights need one for each of the 18 factors (these differ: {odd}).",
        )
    return {key: weights[key] for key in FACTORS}


def _row(pct: Fraction, bands: str) -> dict[str, Any]:
    """Rows stand from the best down; the last one has no lower bound."""
    preset = _MODEL["bands"][bands]
    value = Fraction(places(pct, 0)) if preset["rounded"] else pct
    rows: list[dict[str, Any]] = preset["rows"]
    for row in rows[:-1]:
        if (value >= row["low"]) if preset["rounded"] else (value > row["above"]):
            return row
    return rows[-1]


def _group(group: str, points: tuple[Point, ...]) -> GroupShare:
    mine = [one for one in points if FACTORS[one.key]["group"] == group and one.score is not None]
    earned = sum((one.points for one in mine), Decimal(0))
    most = sum((one.most for one in mine), Decimal(0))
    pct = places(100 * Fraction(earned) / Fraction(most), 2) if most else None
    return GroupShare(group, earned, most, pct)


def _reasons(weighed: Weighed, rated: bool) -> tuple[Reason, ...]:
    worst = expert_card.worst_first(weighed.points, _MODEL["most_reasons"])
    told = tuple(_reason(one) for one in worst)
    if rated:
        return told
    fields = {"coverage": places(weighed.coverage, 2), "least": _MODEL["min_coverage"]}
    return (_worded("coverage", "coverage", Decimal(0), fields, fields), *told)


def _reason(one: Point) -> Reason:
    names = FACTORS[one.key]
    if one.score is None:
        zh, en = ({"factor": names[tongue], "lowest": _LOWEST} for tongue in ("zh", "en"))
        return _worded(one.key, "unknown", one.lost, zh, en)
    lost = f"{one.lost:f}"
    said = anchor(one.key, one.score)
    zh, en = (
        {"factor": names[tongue], "score": one.score, "lost": lost, "anchor": said[tongue]}
        for tongue in ("zh", "en")
    )
    return _worded(one.key, "scored", one.lost, zh, en)


def _worded(
    code: str, text: str, lost: Decimal, zh: Mapping[str, Any], en: Mapping[str, Any]
) -> Reason:
    both = _MODEL["reasons"][text]
    return Reason(code, lost, both["zh"].format(**zh), both["en"].format(**en))
