"""What a paper is made of: a head, and blocks one under the other, as plain values.

Whoever makes a paper reads rows and writes blocks; how they look is paper.typ's business, which
gets all of this as one JSON value. Example: `Sheet([Head("发票"), Head("金额", right=True)],
[["INV-1", "1,200.00"]])` becomes a table whose head stands again on each page.

Texts are data, never source: `#`, `$` or `]` in a name are printed as they are. Words too
long to break (hashes, ids) are given places where they may.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from xinheng.texts import T

SANS: Final = "Noto Sans SC"
SERIF: Final = "Noto Serif SC"
ROWS_MAX: Final = 200  # of any table on paper; the paper says what it left out
TEXT_MAX: Final = 4_000
_UNBROKEN: Final = re.compile(r"[!-~]{28,}")
_BREAK: Final = "\u200b"


class Toned(Struct, frozen=True):
    """A cell with a meaning colour: within, watch, act, stop, quiet, accent."""

    t: str
    tone: str = ""


Cell = str | Toned


class Section(Struct, frozen=True, tag="section", tag_field="kind"):
    t: str
    note: str = ""


class Words(Struct, frozen=True, tag="words", tag_field="kind"):
    t: str
    tone: str = ""
    size: float = 9


class Notice(Struct, frozen=True, tag="notice", tag_field="kind"):
    """A sentence that must not be overlooked."""

    t: str
    tone: str = "watch"


class Pairs(Struct, frozen=True, tag="pairs", tag_field="kind"):
    """Names with their values, in so many columns."""

    rows: list[tuple[str, Cell]]
    columns: int = 2
    size: float = 9


class Head(Struct, frozen=True):
    """A column: `width` is a share of what is left; 0: as wide as its widest cell."""

    t: str
    right: bool = False
    width: float = 0


class Sheet(Struct, frozen=True, tag="sheet", tag_field="kind"):
    """A table; `sums` are the rows that add others up."""

    head: list[Head]
    rows: list[list[Cell]]
    sums: list[int] = []
    note: str = ""
    size: float = 8


class Figure(Struct, frozen=True):
    name: str
    value: str
    note: str = ""
    tone: str = ""
    size: float = 14


class Figures(Struct, frozen=True, tag="figures", tag_field="kind"):
    items: list[Figure]


class Drawing(Struct, frozen=True, tag="drawing", tag_field="kind"):
    svg: str
    alt: str


class Signatures(Struct, frozen=True, tag="signatures", tag_field="kind"):
    """Places to sign: who, and what stands under the line."""

    places: list[tuple[str, str]]


class Gap(Struct, frozen=True, tag="gap", tag_field="kind"):
    size: float = 3


Block = Section | Words | Notice | Pairs | Sheet | Figures | Drawing | Signatures | Gap


class Paper(Struct, frozen=True):
    """One paper, ready to be printed; `secrecy` is the word of its class, `secret` its colour."""

    title: str
    company: str
    lang: str  # zh | en
    watermark: str
    foot: list[str]
    pages: str  # "第 {n} 页，共 {m} 页"
    blocks: list[Block]
    subtitle: str = ""
    line: str = ""
    number: str = ""
    secrecy: str = ""
    secret: bool = False
    entry: str = ""
    qr: str = ""
    fonts: tuple[str, str] = (SANS, SERIF)


def breakable(text: object) -> str:
    """A text whose long words may be broken, and that is not endless."""
    told = str(text)[:TEXT_MAX]
    return _UNBROKEN.sub(lambda found: _BREAK.join(re.findall(r".{1,12}", found.group())), told)


def sheet(
    head: Sequence[Head],
    rows: Sequence[Sequence[Any]],
    *,
    total: int | None = None,
    size: float = 8,
    sums: Sequence[int] = (),
) -> Sheet:
    """A table of at most ROWS_MAX rows that says how many there are where it shows fewer."""
    shown = [[_cell(one) for one in row] for row in rows[:ROWS_MAX]]
    there = len(rows) if total is None else total
    note = str(LEFT_OUT.format(n=len(shown), m=f"{there:,}")) if there > len(shown) else ""
    return Sheet(list(head), shown, [one for one in sums if one < len(shown)], note, size)


def pairs(rows: Sequence[tuple[Any, Any]], columns: int = 2, size: float = 9) -> Pairs:
    """Names with values; without a value there is no line. The last row is filled up."""
    told = [(str(name), _cell(value)) for name, value in rows if value not in (None, "")]
    told += [("", "")] * (-len(told) % columns)
    return Pairs(told, columns, size)


def _cell(value: Any) -> Cell:
    if isinstance(value, Toned):
        return Toned(breakable(value.t), value.tone)
    return "–" if value is None else breakable(value)


LEFT_OUT: Final = T("只列出前 {n} 行，共 {m} 行。", "The first {n} of {m} rows.")
