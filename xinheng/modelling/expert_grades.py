"""Which expert models there are, what their classes mean, and what they are worth on the scale.

A class of a person's card becomes a grade by a table of our own (expert_grades_v1.json) that errs
on the safe side: CA1 → BBB, CA2 → BB, CA3 → B, CA4 → CCC, CA5 → CC, CA6 → C. What reads a single
statement (Altman, Bathory, working assets) gives a class to look at and no grade. Example: 6C of
66.70 % is CA2, worth BB; a Z″ of 2.8626 is "safe" and worth nothing on the scale.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from xinheng.credit import altman, bathory, character
from xinheng.texts import T

_FILE: Final = Path(__file__).with_name("expert_grades_v1.json")
_TOLD: Final[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
VERSION: Final[int] = _TOLD["version"]
VALID_DAYS: Final[int] = _TOLD["valid_days"]
ADOPT_WITHIN_DAYS: Final[int] = _TOLD["adopt_within_days"]
COMPARE_WITHIN_DAYS: Final[int] = _TOLD["compare_within_days"]
STATEMENT_AGE_DAYS_MAX: Final[int] = _TOLD["statement_age_days_max"]
STATEMENT_MONTHS: Final[int] = _TOLD["statement_months"]
NO_GRADE: Final = T(_TOLD["no_grade"]["zh"], _TOLD["no_grade"]["en"])
NOT_APPLICABLE: Final[str] = _TOLD["not_applicable"]["class"]
# Classes that say nothing of the customer: too little was known, or the model does not apply.
UNRATED: Final = frozenset({"", character.NOT_RATED, bathory.MANUAL, NOT_APPLICABLE})


class ExpertModel(Struct, frozen=True):
    """One model: a card that a person fills in, or one that reads the latest statement."""

    code: str
    kind: str  # card | statement
    name: T
    about: T
    grades: dict[str, str]


def _model(row: dict[str, Any]) -> ExpertModel:
    about = T(row["short_zh"], row["short_en"])
    return ExpertModel(row["code"], row["kind"], T(row["zh"], row["en"]), about, row["grades"])


MODELS: Final[dict[str, ExpertModel]] = {row["code"]: _model(row) for row in _TOLD["models"]}
CARDS: Final = tuple(code for code, model in MODELS.items() if model.kind == "card")


def grade_of(model: str, class_code: str) -> str:
    """The grade that a class is worth; "" where it is worth none."""
    return MODELS[model].grades.get(class_code, "")


def class_words(model: str, class_code: str) -> T:
    """What a class says, in both languages."""
    told = _words(model, class_code)
    return T(told["zh"], told["en"])


def working_assets_class(share: Decimal) -> str:
    """The risk that goes with a share of working assets: 0.175 → limited."""
    rows: list[dict[str, Any]] = _TOLD["working_assets"]
    within = (r for r in rows[:-1] if share <= Decimal(r["share_up_to"]))
    found: str = next(within, rows[-1])["class"]
    return found


def _words(model: str, class_code: str) -> dict[str, str]:
    if class_code == NOT_APPLICABLE:
        return {"zh": _TOLD["not_applicable"]["zh"], "en": _TOLD["not_applicable"]["en"]}
    if model in CARDS:
        return character.meaning(class_code)
    if model == "bathory":
        return bathory.meaning(class_code)
    if model == "altman":
        return altman.ZONES[class_code]
    row: dict[str, str] = next(r for r in _TOLD["working_assets"] if r["class"] == class_code)
    return row
