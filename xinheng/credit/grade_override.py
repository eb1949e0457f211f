"""When a person may put another grade in the place of the model's, and what then counts each day.

Down: freely, with a reason. Up: one notch (two with the committee), for six months at most, never
past a red line, never out of D, and not while the balance is unreconciled for over 90 days.

    model BBB, wanted A until 2027-05-22, on 2026-11-22: allowed; AA only with the committee

Each day the override is read against the model's grade of that day: an upgrade carries at most the
notches that were granted, so BBB → A becomes BB → BBB when the model falls to BB; after its last
day the model's grade counts again. Red lines cap in any case. Not knowing is never an upgrade.
Numbers are data: grade_override_v1.json.
"""

import calendar
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from xinheng.credit import scale
from xinheng.credit.expert_card import places
from xinheng.credit.shipped import document

_RULES: Final[dict[str, Any]] = document("grade_override_v1.json")
VERSION: Final[int] = _RULES["version"]
RATE_AIM: Final = Decimal(_RULES["rate_aim"])


class Wanted(Struct, frozen=True):
    """What a person asks for. `until` is the last day on which it counts; a downgrade may have
    none.
    """

    grade: str
    reason: str
    on: date
    until: date | None = None
    committee: bool = False


class Granted(Struct, frozen=True):
    """An override that is allowed: `notches` above the model's grade (below zero: a downgrade)."""

    version: int
    model_grade: str | None
    grade: str
    notches: int
    on: date
    until: date | None


class Judged(Struct, frozen=True):
    """Either `granted` or the codes of all that speaks against it."""

    granted: Granted | None
    why_not: tuple[str, ...]


def judge(
    model_grade: str | None,
    wanted: Wanted,
    red_lines: Iterable[str] = (),
    unreconciled_days: int | None = None,
) -> Judged:
    """May it stand? `model_grade` None: not rated; `unreconciled_days` None: not known."""
    if wanted.grade not in scale.GRADES:
        return Judged(None, ("unknown_grade",))
    lines = tuple(red_lines)
    base = None if model_grade is None else scale.cap(model_grade, lines)
    up = 0 if base is None else scale.grade_rank(base) - scale.grade_rank(wanted.grade)
    against = [] if wanted.reason.strip() else ["no_reason"]
    if base is None:
        against.append("not_rated")
    if up > 0 and base is not None:
        against += _against_upgrade(base, up, wanted, lines, unreconciled_days)
    if against:
        return Judged(None, tuple(against))
    return Judged(Granted(VERSION, base, wanted.grade, up, wanted.on, wanted.until), ())


def grade_on(
    day: date, model_grade: str | None, granted: Granted | None, red_lines: Iterable[str] = ()
) -> str | None:
    """The grade that counts on a day; None while the model gives none."""
    if model_grade is None:
        return None
    base = scale.cap(model_grade, tuple(red_lines))
    if granted is None or day < granted.on or (granted.until and day > granted.until):
        return base
    if granted.notches <= 0:
        return scale.worse(base, granted.grade)
    # Never out of D, whatever was granted before the default.
    if base == scale.GRADES[-1]:
        return base
    lifted = scale.GRADES[max(0, scale.grade_rank(base) - granted.notches)]
    kept = scale.worse(lifted, granted.grade)
    # An upgrade never lowers: where the model has overtaken it, the model's grade counts.
    better = kept if scale.grade_rank(kept) < scale.grade_rank(base) else base
    return scale.cap(better, tuple(red_lines))


def rate(overrides: int, ratings: int) -> Decimal | None:
    """The share of ratings that stand overridden, to 4 decimals; to be kept within `RATE_AIM`."""
    return places(Fraction(overrides, ratings), 4) if ratings > 0 else None


def last_day(on: date) -> date:
    """The longest that an upgrade of this day may last: 2026-08-31 → 2027-02-28."""
    whole = on.month - 1 + int(_RULES["months_max"])
    year, month = on.year + whole // 12, whole % 12 + 1
    return date(year, month, min(on.day, calendar.monthrange(year, month)[1]))


def why_not_text(code: str) -> dict[str, str]:
    """What speaks against it, in both languages."""
    row: dict[str, str] = _RULES["why_not"][code]
    return row


def _against_upgrade(
    base: str, up: int, wanted: Wanted, lines: tuple[str, ...], unreconciled_days: int | None
) -> list[str]:
    most = _RULES["notches_up_committee" if wanted.committee else "notches_up"]
    days: int = _RULES["unreconciled_days_max"]
    late = wanted.until is not None and not wanted.on <= wanted.until <= last_day(wanted.on)
    found = {
        "in_default": base == scale.GRADES[-1],
        "too_many_notches": up > most,
        "red_line": scale.cap(wanted.grade, lines) != wanted.grade,
        "unreconciled": unreconciled_days is None or unreconciled_days > days,
        "no_expiry": wanted.until is None,
        "too_long": late,
    }
    return [code for code, holds in found.items() if holds]
