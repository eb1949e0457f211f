"""Why a grade is another than before, in words; and the cells of the migration matrix.

The reason is what the two assessments say: the characteristics whose points changed most in the
direction of the move, as the card words their bands. Example: BBB → BB: "付款指数 70 至 80 → 付款
指数 50 至 60（−24）". Where nothing of a card changed, a person did: an override, an expert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from xinheng.credit import scale
from xinheng.decisions.models import Assessment, GradeOverride
from xinheng.portfolio.ratings import GONE, NEW, Flow, Mover
from xinheng.texts import T

REASONS_MAX: Final = 2
NAMES: Final = {
    NEW: T("新客户", "New"),
    GONE: T("已关闭", "Gone"),
    "": T("未评级", "Not rated"),
}


class Why(NamedTuple):
    """A mover with its reasons."""

    mover: Mover
    notches: int  # up is positive
    reasons: list[T]


class Cell(NamedTuple):
    """`way`: same, better, worse, or none where one side has no grade."""

    customers: int
    used_minor: int
    way: str
    notches: int


class Row(NamedTuple):
    """The customers that had one grade before."""

    grade: str
    name: T | None
    cells: list[Cell]
    total: int


class Matrix(NamedTuple):
    """`columns`: (grade, name) of each column; only new, gone and not rated may be absent."""

    columns: list[tuple[str, T | None]]
    rows: list[Row]
    better: int
    worse: int
    same: int


def matrix(flows: Sequence[Flow]) -> Matrix:
    """Every grade in order; new, gone and not rated where somebody was."""
    cells = {(one.before, one.after): one for one in flows}
    before, after = {one.before for one in flows}, {one.after for one in flows}
    down = [*scale.GRADES, *(name for name in ("", NEW) if name in before)]
    across = [*scale.GRADES, *(name for name in ("", GONE) if name in after)]
    rows = [
        Row(
            grade,
            NAMES.get(grade),
            [_cell(cells.get((grade, other)), grade, other) for other in across],
            sum(one.customers for one in flows if one.before == grade),
        )
        for grade in down
    ]
    counted = [cell for row in rows for cell in row.cells]
    return Matrix(
        [(grade, NAMES.get(grade)) for grade in across],
        rows,
        *(sum(one.customers for one in counted if one.way == way) for way in _WAYS),
    )


_WAYS: Final = ("better", "worse", "same")


def _cell(flow: Flow | None, before: str, after: str) -> Cell:
    customers, used = (flow.customers, flow.used_minor) if flow else (0, 0)
    if before not in scale.GRADES or after not in scale.GRADES:
        return Cell(customers, used, "none", 0)
    notches = scale.grade_rank(before) - scale.grade_rank(after)
    way = "same" if not notches else "better" if notches > 0 else "worse"
    return Cell(customers, used, way, notches)


def explained(movers: Sequence[Mover], user: Any) -> list[Why]:
    """Each mover with the words of its assessments, in two reads for all of them."""
    ids = {one.before_id for one in movers} | {one.after_id for one in movers}
    found = Assessment.objects.visible_to(user).filter(pk__in=ids).defer("record")
    made = {one.pk: one for one in found}
    wanted = [one.override_id for one in movers if one.override_id]
    overrides = {
        one.pk: one for one in GradeOverride.objects.visible_to(user).filter(pk__in=wanted)
    }
    return [
        Why(
            one,
            scale.grade_rank(one.before) - scale.grade_rank(one.after),
            _reasons(
                made.get(one.before_id),
                made.get(one.after_id),
                overrides.get(one.override_id or 0),
                one,
            ),
        )
        for one in movers
    ]


def _reasons(
    before: Assessment | None,
    after: Assessment | None,
    override: GradeOverride | None,
    mover: Mover,
) -> list[T]:
    found: list[T] = []
    if override is not None and override.grade == mover.after:
        found.append(_BY_HAND.format(grade=override.grade, reason=override.reason))
    if before is None or after is None:
        return found
    if after.by_expert:
        return [*found, _BY_EXPERT]
    if before.pk == after.pk:
        return found or [_ENDED]
    if before.by_expert or before.card != after.card:
        found.append(_OTHER_CARD.format(card=after.card))
    worse = scale.grade_rank(mover.after) > scale.grade_rank(mover.before)
    found += changed(before.contributions, after.contributions, worse=worse)[:REASONS_MAX]
    return found or [_LITTLE]


def changed(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]], *, worse: bool
) -> list[T]:
    """What gained or lost most points, the most telling first."""
    was = {one["key"]: one for one in before}
    found = [
        (one["points"] - was[one["key"]]["points"], was[one["key"]], one)
        for one in after
        if one["key"] in was
    ]
    moved = [row for row in found if (row[0] < 0 if worse else row[0] > 0)]
    moved.sort(key=lambda row: -abs(row[0]))
    return [
        T(
            f"{old['zh']} → {new['zh']}（{signed(points)}）",
            f"{old['en']} → {new['en']} ({signed(points)})",
        )
        for points, old, new in moved
    ]


def signed(points: int) -> str:
    """+12, −132."""
    return f"+{points}" if points > 0 else f"−{-points}"


_BY_HAND: Final = T("人工调整为 {grade}：{reason}", "Set to {grade} by a person: {reason}")
_BY_EXPERT: Final = T("由专家模型评级", "Rated by an expert model")
_OTHER_CARD: Final = T("改用评分卡 {card}", "Scored by another card: {card}")
_ENDED: Final = T("人工调整开始或结束", "An override began or ended")
_LITTLE: Final = T("总分跨过了等级界限", "The points crossed a bound of the grades")
