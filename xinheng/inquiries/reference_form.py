"""The questions to banks and suppliers as they ship: choices in bands, each worth points.

An answer's points are weighed; who would rather not say takes that weight out of the whole, so that
silence costs nothing. Worked: of the weights 10, 20 and 20 answered with 100, 75 and nothing said:
(10 × 100 + 20 × 75) ÷ 30 = 83 points. A reference keeps the version of the questions it answered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

from xinheng.credit.money import divide_half_up
from xinheng.texts import T

_FILE = Path(__file__).with_name("forms_v1.json")


class Choice(Struct, frozen=True):
    """points: 0 to 100, None where it says nothing."""

    code: str
    name: T
    points: int | None


class Question(Struct, frozen=True):
    code: str
    name: T
    weight: int
    choices: tuple[Choice, ...]


class Weighed(Struct, frozen=True):
    """One answer and what it counts: `weight` is 0 where nothing was said."""

    question: Question
    choice: Choice
    weight: int


@cache
def version() -> int:
    """Of the questions that are asked today."""
    return int(json.loads(_FILE.read_text(encoding="utf-8"))["version"])


@cache
def questions(kind: str) -> tuple[Question, ...]:
    """What a bank or a supplier ("trade") is asked."""
    told = json.loads(_FILE.read_text(encoding="utf-8"))["forms"][kind]
    return tuple(
        Question(
            one["code"],
            T(one["zh"], one["en"]),
            one["weight"],
            tuple(Choice(code, T(zh, en), points) for code, zh, en, points in one["choices"]),
        )
        for one in told
    )


def weigh(kind: str, answers: Mapping[str, str]) -> list[Weighed]:
    """The answers with their weights, in the order of the form; unknown words are left out."""
    found = []
    for question in questions(kind):
        choice = next((c for c in question.choices if c.code == answers.get(question.code)), None)
        if choice is not None:
            weight = question.weight if choice.points is not None else 0
            found.append(Weighed(question, choice, weight))
    return found


def points_of(weighed: list[Weighed]) -> int | None:
    """0 to 100, HALF_UP; None where nothing that was said has points."""
    whole = sum(one.weight for one in weighed)
    if not whole:
        return None
    return divide_half_up(sum(one.weight * (one.choice.points or 0) for one in weighed), whole)
