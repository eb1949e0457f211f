"""The form of a site visit: ten sections of questions with weights, as data (visit_form_v1.json).

A section's rating runs from 1 (very poor) to 5 (very good), with words at 1, 3 and 5; points are
Σ weight × (rating − 1) ÷ 4, HALF_UP to whole points: all threes make 50, and a 5 for the business
(weight 15) with threes elsewhere 57.5 → 58. A draft may lack answers but not hold wrong ones;
handing in asks for what is required. Each visit keeps the version of the form that it was given.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.money import round_half_up
from xinheng.texts import T

Answers = Mapping[str, str]  # question → answer as text
Form = Mapping[str, Answers]  # section → answers

VERSION: Final = 1
TEXT_MAX: Final = 2000
_FOLDER = Path(__file__).parent


class Word(Struct, frozen=True):
    """What a rating means."""

    at: int
    text: T


class Question(Struct, frozen=True, kw_only=True):
    """One question. `field`: the file's field that the answer becomes a fact of."""

    code: str
    kind: str  # rating | text | number | yes_no | choice
    name: T
    required: bool = False
    anchors: tuple[Word, ...] = ()
    choices: tuple[tuple[str, T], ...] = ()
    most: int | None = None
    whole: bool = False
    field: str = ""
    legal_basis: str = ""


class Section(Struct, frozen=True):
    code: str
    name: T
    weight: int
    questions: tuple[Question, ...]


class VisitForm(Struct, frozen=True):
    version: int
    words: tuple[Word, ...]
    sections: Mapping[str, Section]


class WrongAnswer(ValueError):
    """An answer of the wrong shape; `text` says what one looks like."""

    def __init__(self, question: Question, text: T) -> None:
        self.question, self.text = question, text
        super().__init__(text.en)


@cache
def visit_form(version: int = VERSION) -> VisitForm:
    """The form of a version; older ones stay readable."""
    told = json.loads((_FOLDER / f"visit_form_v{version}.json").read_text(encoding="utf-8"))
    sections = [
        Section(row["code"], _name(row), row["weight"], tuple(map(_question, row["questions"])))
        for row in told["sections"]
    ]
    words = tuple(Word(row["at"], _name(row)) for row in told["words"])
    return VisitForm(told["version"], words, {one.code: one for one in sections})


def _name(row: dict[str, Any]) -> T:
    return T(row["zh"], row["en"])


def _question(row: dict[str, Any]) -> Question:
    return Question(
        code=row["code"],
        kind=row["kind"],
        name=_name(row),
        required=row.get("required", False),
        anchors=tuple(Word(one["at"], _name(one)) for one in row.get("anchors", ())),
        choices=tuple((one["code"], _name(one)) for one in row.get("choices", ())),
        most=row.get("most"),
        whole=row.get("whole", False),
        field=row.get("field", ""),
        legal_basis=row.get("legal_basis", ""),
    )


def read_answers(section: Section, typed: Answers) -> dict[str, str]:
    """The answers to a section as they are kept; what is empty is left out. Raises WrongAnswer."""
    told = {one.code: _answer(one, typed.get(one.code, "")) for one in section.questions}
    return {code: answer for code, answer in told.items() if answer}


def _answer(question: Question, typed: str) -> str:
    if question.kind == "text":
        text = typed.replace("\r\n", "\n").strip()
        if len(text) > TEXT_MAX or not text.replace("\n", "").replace("\t", "").isprintable():
            raise WrongAnswer(question, _SHAPES["text"])
        return text
    text = unicodedata.normalize("NFKC", typed).strip()
    if not text:
        return ""
    if question.kind == "number":
        return _number(question, text)
    known = {
        "rating": ("1", "2", "3", "4", "5"),
        "yes_no": ("yes", "no"),
        "choice": tuple(code for code, _ in question.choices),
    }[question.kind]
    if text not in known:
        raise WrongAnswer(question, _SHAPES[question.kind])
    return text


def _number(question: Question, text: str) -> str:
    most = question.most if question.most is not None else 10**12
    try:
        value = Decimal(text.replace(",", "").rstrip("%"))
    except InvalidOperation as error:
        raise WrongAnswer(question, _SHAPES["number"].format(most=f"{most:,}")) from error
    fits = value.is_finite() and 0 <= value <= most and abs(value.adjusted()) < 15
    if not fits or (question.whole and value != int(value)):
        raise WrongAnswer(question, _SHAPES["number"].format(most=f"{most:,}"))
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


_SHAPES: Final = {
    "text": T("最多 2000 个字，不含控制字符", "at most 2000 characters, without control signs"),
    "number": T("请填 0 至 {most} 的数字", "write a number from 0 to {most}"),
    "rating": T("请选 1 至 5", "choose 1 to 5"),
    "yes_no": T("请选是或否", "choose yes or no"),
    "choice": T("请从列表中选择", "choose one of the list"),
}


def missing(form: VisitForm, told: Form) -> list[tuple[Section, Question]]:
    """The required questions without an answer, in the order of the form."""
    return [
        (section, question)
        for section in form.sections.values()
        for question in section.questions
        if question.required and not told.get(section.code, {}).get(question.code)
    ]


def points_of(form: VisitForm, told: Form) -> int | None:
    """0 to 100; None while a rating is missing."""
    total = Decimal(0)
    for section in form.sections.values():
        ratings = [one.code for one in section.questions if one.kind == "rating"]
        given = [told.get(section.code, {}).get(code) for code in ratings]
        if not all(given):
            return None
        mean = sum((Decimal(one) for one in given if one), Decimal(0)) / len(given)
        total += section.weight * (mean - 1) / 4
    return int(round_half_up(total, 0))
