"""The master scale: a score becomes a grade (AAA … D) and a probability of default (PD).

Points are scaled 600 at odds 50:1 (good:bad) with 20 points doubling the odds:

    factor = 20 ÷ ln 2 = 28.8539    offset = 600 − factor × ln 50 = 487.1229
    odds = exp((score − offset) ÷ factor)    PD = 1 ÷ (1 + odds)        score 600 → PD 1.9608 %

Grades are half-open bands of PD, [lo, hi): a PD of exactly 0.10 % is AA, so a score must be
*above* AAA's bound of 686.41. Red lines (insolvency, a public default) cap the grade whatever the
score says. All of it is data: scale_v1.json.
"""

from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Any, Final

from xinheng.credit.money import round_half_up
from xinheng.credit.shipped import document

_SCALE: Final[dict[str, Any]] = document("scale_v1.json")
VERSION: Final[int] = _SCALE["version"]
GRADES: Final[tuple[str, ...]] = tuple(row["grade"] for row in _SCALE["grades"])
_RANKS: Final = {grade: rank for rank, grade in enumerate(GRADES)}
_BOUNDS: Final[list[tuple[Decimal, str]]] = [
    (Decimal(row["score_above"]), row["grade"])
    for row in _SCALE["grades"]
    if row["score_above"] is not None
]
# D is a state (in default), not a score: the lowest grade that a score alone can give is the one
# before it.
_WORST_BY_SCORE: Final = GRADES[-2]
RED_LINES: Final[dict[str, str]] = {row["code"]: row["worst"] for row in _SCALE["red_lines"]}

_CONTEXT = Context(prec=40)
FACTOR: Final = _CONTEXT.divide(Decimal(_SCALE["points_to_double"]), _CONTEXT.ln(Decimal(2)))
OFFSET: Final = _CONTEXT.subtract(
    Decimal(_SCALE["base_score"]),
    _CONTEXT.multiply(FACTOR, _CONTEXT.ln(Decimal(_SCALE["base_odds"]))),
)


def grade_rank(grade: str) -> int:
    """0 for AAA, 9 for D: a larger rank is a worse grade. A grade that is not on the scale ranks
    below D.
    """
    return _RANKS.get(grade, len(GRADES))


def grade_of(score: Decimal | int) -> str:
    """The grade of a score by its lower bounds; the bound itself belongs to the grade below it."""
    for bound, grade in _BOUNDS:
        if score > bound:
            return grade
    return _WORST_BY_SCORE


def pd_of(score: Decimal | int) -> Decimal:
    """PD of a score, to 8 decimals, HALF_UP. 600 → 0.01960784."""
    log_odds = _CONTEXT.divide(_CONTEXT.subtract(Decimal(score), OFFSET), FACTOR)
    odds = _CONTEXT.exp(log_odds)
    return round_half_up(_CONTEXT.divide(Decimal(1), _CONTEXT.add(Decimal(1), odds)), 8)


def score_of(pd: Decimal) -> Decimal:
    """The score whose PD this is (0 < pd < 1), to 2 decimals: 0.0010 → 686.41."""
    if not 0 < pd < 1:
        raise ValueError("a PD lies between 0 and 1")
    odds = _CONTEXT.divide(_CONTEXT.subtract(Decimal(1), pd), pd)
    return round_half_up(_CONTEXT.add(OFFSET, _CONTEXT.multiply(FACTOR, _CONTEXT.ln(odds))), 2)


def grade_of_pd(pd: Decimal) -> str:
    """The grade whose half-open PD band holds `pd`; a PD of 1 is D."""
    for row in _SCALE["grades"]:
        low, high = row["pd_bps"]
        if Decimal(low) <= pd * 10_000 < Decimal(high):
            return str(row["grade"])
    return GRADES[-1]


def pd_bounds(grade: str) -> tuple[Decimal, Decimal]:
    """The PD band of a grade as shares of one. BBB → 0.0060 and 0.0150."""
    low, high = _SCALE["grades"][_RANKS[grade]]["pd_bps"]
    return Decimal(low).scaleb(-4), Decimal(high).scaleb(-4)


def worse(one: str, other: str) -> str:
    """The worse of two grades."""
    return one if grade_rank(one) >= grade_rank(other) else other


def cap(grade: str, red_lines: Iterable[str]) -> str:
    """The grade after red lines: each caps it at its worst, none ever lifts it. Unknown codes
    raise `KeyError`.
    """
    for code in red_lines:
        grade = worse(grade, RED_LINES[code])
    return grade


def meaning(grade: str) -> dict[str, str]:
    """What the symbol says, in both languages."""
    row = _SCALE["grades"][_RANKS[grade]]
    return {"zh": row["zh"], "en": row["en"]}


def red_line_rows() -> list[dict[str, str]]:
    """The red lines with their words: code, worst grade, zh, en."""
    rows: list[dict[str, str]] = _SCALE["red_lines"]
    return rows
