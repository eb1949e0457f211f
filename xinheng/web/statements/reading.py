"""A customer's statements side by side: years as columns, lines as rows, ratios and marks.

Columns are of one currency and one scope (own or consolidated), at most five, the newest first.
Where whole statements of one standard stand, its lines are the rows, and a brief statement fills
those that its figures name; otherwise the figures are. Each cell can be read as an amount, as a
share (of total assets; of sales), or as the change against the year before. Example: receivables
70,000 of assets 150,000 → 46.67%.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.money import display, round_half_up
from xinheng.dossiers.models import Statement
from xinheng.dossiers.queries import statements_of
from xinheng.dossiers.statement_ratios import GROUPS, Ratio, ratios
from xinheng.dossiers.statement_templates import Template, parts, template_for
from xinheng.texts import T
from xinheng.web.statements import words
from xinheng.web.statements.words import Marks

COLUMNS_MAX: Final = 5
VIEWS: Final = {
    "amounts": T("金额", "Amounts"),
    "shares": T("结构", "Common size"),
    "changes": T("变动", "Changes"),
}
_BASES: Final = {"balance": "total_assets"}


class Column(Struct, frozen=True):
    """One period: its statement, what stands beside it, and what it differs from."""

    statement: Statement
    marks: Marks
    simulated: bool
    differs_from: str
    values: dict[str, int]
    derived: frozenset[str]


class Cell(Struct, frozen=True):
    """`minor` where the page writes an amount in the reader's unit, else `text`."""

    text: str
    title: str
    derived: bool
    falling: bool
    minor: int | None = None


class Row(Struct, frozen=True):
    code: str
    name: T
    kind: str  # line | sum | of
    head: T | None
    cells: list[Cell]


class Part(Struct, frozen=True):
    code: str
    name: T
    rows: list[Row]


class RatioRow(Struct, frozen=True):
    """One ratio over the years, the newest first."""

    first: Ratio
    values: list[Ratio]


class Series(Struct, frozen=True):
    """One currency and scope, as a choice."""

    key: str
    name: T
    current: bool


class Years(Struct, frozen=True):
    """The page: columns, parts of rows, ratios by group, and what may be chosen."""

    columns: list[Column]
    parts: list[Part]
    ratios: list[tuple[T, list[RatioRow]]]
    series: list[Series]
    currency: str
    view: str


def years(
    user: Any, customer_id: int, asked: str, view: str, known_at: datetime | None = None
) -> Years | None:
    """Everything of one currency and scope; None where there is no statement at all."""
    found = statements_of(user, customer_id, 40, known_at=known_at)
    if not found:
        return None
    keys = list(dict.fromkeys(_series_of(one) for one in found))
    chosen = asked if asked in keys else keys[0]
    shown = [one for one in found if _series_of(one) == chosen][:COLUMNS_MAX]
    before = _predecessors(user, shown)
    template = _template_of(shown)
    columns = [_column(one, template, before.get(one.pk), known_at) for one in shown]
    view = view if view in VIEWS else "amounts"
    return Years(
        columns=columns,
        parts=_parts(template, columns, view),
        ratios=_ratios(columns),
        series=[Series(key, _series_name(key), key == chosen) for key in keys],
        currency=shown[0].currency,
        view=view,
    )


def sheet_of(one: Statement) -> Years:
    """The lines of one version, as a page of a single column."""
    template = _template_of([one])
    columns = [_column(one, template, None, None)]
    parts = _parts(template, columns, "amounts")
    return Years(columns, parts, _ratios(columns), [], one.currency, "amounts")


def _series_of(statement: Statement) -> str:
    return f"{statement.currency}-{'group' if statement.consolidated else 'own'}"


def _series_name(key: str) -> T:
    currency, _, scope = key.partition("-")
    if scope == "group":
        return T(f"{currency} 合并", f"{currency} consolidated")
    return T(f"{currency} 单体", f"{currency} own")


def _predecessors(user: Any, shown: Sequence[Statement]) -> dict[int, Statement]:
    """Of each statement the version that it ended, in one read."""
    first = shown[0]
    rows = (
        Statement.objects.all()
        .visible_to(user)
        .filter(
            customer_id=first.customer_id,
            currency=first.currency,
            consolidated=first.consolidated,
            known_until__in=[one.known_since for one in shown],
        )
    )
    by_end = {(row.period_end, row.known_until): row for row in rows}
    pairs = {one.pk: by_end.get((one.period_end, one.known_since)) for one in shown}
    return {pk: row for pk, row in pairs.items() if row is not None}


def _template_of(shown: Sequence[Statement]) -> Template | None:
    """The newest whole statement's; None where there are only figures."""
    whole = next((one for one in shown if one.standard != "brief"), None)
    return template_for(whole.standard, whole.lines) if whole else None


def _column(
    one: Statement, template: Template | None, before: Statement | None, known_at: datetime | None
) -> Column:
    marks = words.marks(as_known(one, known_at))
    differs = before is not None and before.source != one.source and not one.restores_id
    derived = set(one.derived)
    if template is None or one.standard == "brief":
        derived = {code for code in derived if code in one.figures}
    return Column(
        statement=one,
        marks=marks,
        simulated=one.simulated,
        differs_from=words.source(before.source) if differs and before else "",
        values=values_of(one, template),
        derived=frozenset(derived),
    )


def as_known(one: Statement, known_at: datetime | None) -> Statement:
    """Without a verification that came later than the instant looked at."""
    if known_at is not None and one.verified_at is not None and one.verified_at > known_at:
        one.verified_at = one.verified_by = one.how = None
    return one


def values_of(one: Statement, template: Template | None) -> dict[str, int]:
    """The statement's values by the codes of the rows."""
    if template is None:
        return one.figures
    if one.standard == template.standard:
        return one.lines
    alone = {figure.name: figure.adds[0] for figure in template.figures if len(figure.adds) == 1}
    return {alone[name]: value for name, value in one.figures.items() if name in alone}


# --- Rows


def _parts(template: Template | None, columns: list[Column], view: str) -> list[Part]:
    if template is None:
        rows = [
            _row(code, name, "line", None, words.PART_OF[code], columns, view)
            for code, name in words.FIGURES.items()
        ]
        return [Part("figures", T("主要数字", "Key figures"), [row for row in rows if row])]
    found = []
    for part, name in parts().items():
        rows = []
        head: T | None = None
        for line in template.lines:
            if line.part != part:
                continue
            head = line.head or head
            kind = "sum" if line.is_sum else "of" if line.of and not line.split else "line"
            row = _row(line.code, line.name, kind, head, part, columns, view)
            if row is not None:
                rows.append(row)
                head = None
            if line.is_sum:
                head = None  # nothing of that section is told
        if rows:
            found.append(Part(part, name, [row for row in rows if row]))
    return found


def _row(
    code: str, name: T, kind: str, head: T | None, part: str, columns: list[Column], view: str
) -> Row | None:
    """None where no year tells the line."""
    if all(code not in column.values for column in columns):
        return None
    cells = [_cell(code, part, columns, place, view) for place in range(len(columns))]
    return Row(code, name, kind, head, cells)


def _cell(code: str, part: str, columns: list[Column], place: int, view: str) -> Cell:
    column = columns[place]
    currency, value = column.statement.currency, column.values.get(code)
    if value is None:
        return Cell("–", "", False, False)
    exact = display(value, currency).replace("-", "−")
    derived = code in column.derived
    if view == "shares":
        return Cell(_share(column, part, value), exact, derived, False)
    if view == "changes":
        before = columns[place + 1].values.get(code) if place + 1 < len(columns) else None
        text = _change(value, before)
        return Cell(text, exact, derived, text.startswith("−"))
    return Cell(exact, "", derived, False, value)


def _share(column: Column, part: str, value: int) -> str:
    """Of total assets in the balance sheet, of sales elsewhere."""
    base = column.statement.figures.get(_BASES.get(part, "sales"))
    if not base or base < 0:
        return "–"
    return _percent(Decimal(value * 100) / Decimal(base))


def _change(value: int, before: int | None) -> str:
    """Against the year before, in per cent of its size; a line that was 0 has no percentage."""
    if not before:
        return "–"
    text = _percent(Decimal((value - before) * 100) / Decimal(abs(before)))
    return text if text.startswith("−") else f"+{text}"


def _percent(value: Decimal) -> str:
    return f"{round_half_up(value, 2)}%".replace("-", "−")


def _ratios(columns: list[Column]) -> list[tuple[T, list[RatioRow]]]:
    """By group; ratios that no year can tell are left out."""
    per_year = [ratios(one.statement.figures, one.statement.months) for one in columns]
    found: list[tuple[T, list[RatioRow]]] = []
    for group, name in GROUPS.items():
        rows = [
            RatioRow(values[0], list(values))
            for values in zip(*per_year, strict=True)
            if values[0].group == group and any(one.value is not None for one in values)
        ]
        if rows:
            found.append((name, rows))
    return found
