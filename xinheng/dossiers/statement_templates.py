"""The lines of a financial statement by standard: the shipped templates, and how a name is found.

Each line stands in one part (balance, income, cash_flow, reconciliation) and says which sum it adds
to and with which sign; `of` marks a part of another line that is told beside it, and lines of one
`split` add up to that line if any of them is told. Example: 营业成本 adds to 营业利润 with −1.
IFRS has two forms of the income statement, by function and by nature; which one a statement uses
shows in its lines. Figures say which lines a model's figure is read from.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from xinheng.texts import T

STANDARDS = ("cas", "ifrs")
FORMS = ("function", "nature")
_FILE = Path(__file__).with_name("statement_templates_v1.json")
# What stands before a line's name on paper: 一、 (一) 减： 加： 其中： and blanks.
_BEFORE = re.compile(
    r"^(?:[一二三四五六七八九十]+、|[（(][^）)]{1,3}[）)]|\d+[.、])?(?:减|加|其中)?[:：]?"
)
_TAIL = re.compile(r"[（(](?:损失以|亏损以|净亏损以)[^）)]*[）)]$")


class Line(Struct, frozen=True):
    """One line; `total` is the sum that it adds to, `adds` the lines that add up to it."""

    code: str
    part: str
    name: T
    total: str
    sign: int
    of: str
    split: str
    head: T | None
    adds: tuple[tuple[str, int], ...] = ()

    @property
    def is_sum(self) -> bool:
        return bool(self.adds)


class Figure(Struct, frozen=True):
    """A model's figure: the sum of lines, those that are told or (`whole`) only all of them."""

    name: str
    adds: tuple[str, ...]
    whole: bool


class Template(Struct, frozen=True):
    """The lines of one standard and form, in the order of the paper, and what must hold."""

    standard: str
    form: str
    name: T
    version: int
    lines: tuple[Line, ...]
    figures: tuple[Figure, ...]
    must: tuple[str, ...]
    equal: tuple[tuple[str, str], ...]
    cash: tuple[str, str]
    opening: tuple[str, str]
    roll: tuple[str, str]

    def line(self, code: str) -> Line | None:
        return self.by_code.get(code)

    @property
    def by_code(self) -> dict[str, Line]:
        return _by_code(self.standard, self.form)


class Opinion(Struct, frozen=True):
    """What an auditor says, and the tone that pages give it: good, warn, act or none."""

    code: str
    name: T
    tone: str


@cache
def _document() -> Any:
    return json.loads(_FILE.read_text(encoding="utf-8"))


@cache
def opinions() -> dict[str, Opinion]:
    return {
        code: Opinion(code, _name(row), row["tone"])
        for code, row in _document()["opinions"].items()
    }


@cache
def parts() -> dict[str, T]:
    return {row["code"]: _name(row) for row in _document()["parts"]}


@cache
def template(standard: str, form: str = FORMS[0]) -> Template:
    """The template of a standard (KeyError where there is none), of IFRS in one of two forms."""
    told = _document()["standards"][standard]
    rows = [row for row in told["lines"] if row.get("by", form) == form]
    adds: dict[str, list[tuple[str, int]]] = {}
    for row in rows:
        if "sum" in row:
            adds.setdefault(row["sum"], []).append((row["code"], row.get("sign", 1)))
    return Template(
        standard=standard,
        form=form,
        name=_name(told),
        version=_document()["version"],
        lines=tuple(_line(row, tuple(adds.get(row["code"], ()))) for row in rows),
        figures=tuple(
            Figure(name, tuple(row["adds"]), bool(row.get("all")))
            for name, row in told["figures"].items()
        ),
        must=tuple(told["must"]),
        equal=tuple((first, second) for first, second in told["equal"]),
        cash=tuple(told["cash"]),
        opening=tuple(told["opening"]),
        roll=tuple(told["roll"]),
    )


def _name(row: dict[str, str]) -> T:
    return T(row["zh"], row["en"])


def _line(row: dict[str, Any], adds: tuple[tuple[str, int], ...]) -> Line:
    return Line(
        code=row["code"],
        part=row["part"],
        name=_name(row),
        total=row.get("sum", ""),
        sign=row.get("sign", 1),
        of=row.get("of", ""),
        split=row.get("split", ""),
        head=_name(row["head"]) if "head" in row else None,
        adds=adds,
    )


@cache
def _by_code(standard: str, form: str) -> dict[str, Line]:
    return {line.code: line for line in template(standard, form).lines}


def template_for(standard: str, told: Iterable[str]) -> Template:
    """The template whose form holds the lines that are told; by function where both would do."""
    told = set(told)
    first = template(standard)
    if standard == "ifrs" and told - set(first.by_code):
        return template(standard, FORMS[1])
    return first


@cache
def codes_of(standard: str) -> dict[str, str]:
    """Line code → itself, over both forms, in the order of the paper."""
    return {line.code: line.code for form in FORMS for line in template(standard, form).lines}


def find_line(standard: str, written: str) -> str | None:
    """The code of a line as somebody wrote it: its code, or its name in either language, with what
    a printed form puts before it. Example: "减：营业成本" and "Operating costs" → cost_of_sales.
    """
    names = _names(standard)
    plain = _plain(written)
    return names.get(plain) or names.get(_bare(plain))


@cache
def _names(standard: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for form in FORMS:
        for line in template(standard, form).lines:
            for name in (line.code, line.name.zh, line.name.en):
                found.setdefault(_plain(name), line.code)
                found.setdefault(_bare(_plain(name)), line.code)
    return found


def _plain(name: str) -> str:
    """One width, small, single blanks: （ and ( are the same."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _bare(name: str) -> str:
    plain = _TAIL.sub("", name.replace(" ", "") if not name.isascii() else name)
    while (shorter := _BEFORE.sub("", plain, count=1).strip()) != plain:
        plain = shorter
    return plain
