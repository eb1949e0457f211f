"""Whether a row of the almanac can be taken, and if not, why: the same words beside a row of a file
and above a form.

Only what a row says by itself is judged here; that a rate jumps is found in `queries.jumps`.
Example: 1 EUR = 0 CNY is refused as BAD_RATE, a term N30X as BAD_RULE.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from xinheng.almanac.queries import JUMP_PERCENT, Jump, plain
from xinheng.almanac.refusals import AlmanacRefusal
from xinheng.almanac.rows import HolidayRow, RateRow, TermRow
from xinheng.credit.money import EXPONENTS
from xinheng.credit.term import TermError, format_terms, parse
from xinheng.refusals import Refused

PLACES: Final = 10
RATE_MAX: Final = Decimal(10) ** 10
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,11}\Z")
_CALENDAR: Final = re.compile(r"[A-Z0-9_]{1,12}\Z")
_CODE: Final = re.compile(r"\S{1,20}\Z")
_NO_TEXT: Final = re.compile(r"[\x00-\x1f\x7f]")
NAME_MAX: Final = {HolidayRow: 80, TermRow: 120}


def check_rate(row: RateRow) -> Refused | None:
    """Why the row can't be taken, or None."""
    for currency in (row.base, row.quote):
        if EXPONENTS.get(currency) is None:
            return Refused(AlmanacRefusal.UNKNOWN_CURRENCY, currency=currency[:20])
    if row.base == row.quote:
        return Refused(AlmanacRefusal.SAME_CURRENCY, currency=row.base)
    if not _KIND.match(row.kind):
        return Refused(AlmanacRefusal.BAD_KIND, kind=row.kind[:20])
    if not row.rate.is_finite() or not 0 < row.rate < RATE_MAX or _too_fine(row.rate):
        return Refused(AlmanacRefusal.BAD_RATE, rate=str(row.rate)[:40])
    if len(row.source) > 80:
        return Refused(AlmanacRefusal.TEXT_TOO_LONG, what=row.source[:20], most=80)
    return None


def _too_fine(rate: Decimal) -> bool:
    return rate != rate.quantize(Decimal(1).scaleb(-PLACES))


def jumped(row: RateRow, jump: Jump) -> Refused:
    return Refused(
        AlmanacRefusal.RATE_JUMPS,
        pair=f"{row.base}/{row.quote}",
        day=row.day,
        rate=plain(row.rate),
        before=plain(jump.before.quantize(Decimal(1).scaleb(-PLACES))),
        before_day=jump.before_day,
        most=JUMP_PERCENT,
    )


def check_holiday(row: HolidayRow) -> Refused | None:
    """Why the row can't be taken, or None."""
    if not _CALENDAR.match(row.calendar):
        return Refused(AlmanacRefusal.BAD_CALENDAR, calendar=row.calendar[:20])
    return _check_names(row, str(row.day), row.source)


def check_term(row: TermRow) -> Refused | None:
    """Why the row can't be taken, or None. A code that is a rule itself must mean that rule."""
    if not _CODE.match(row.code) or row.code != row.code.upper():
        return Refused(AlmanacRefusal.BAD_CODE, term=row.code[:20])
    try:
        meant = format_terms(parse(row.rule))
    except TermError:
        return Refused(AlmanacRefusal.BAD_RULE, rule=row.rule[:40])
    try:
        said = format_terms(parse(row.code))
    except TermError:
        said = meant
    if said != meant:
        return Refused(AlmanacRefusal.CODE_MISLEADS, term=row.code, meant=said, rule=meant)
    if row.calendar and not _CALENDAR.match(row.calendar):
        return Refused(AlmanacRefusal.BAD_CALENDAR, calendar=row.calendar[:20])
    return _check_names(row, row.code, "")


def _check_names(row: Any, what: str, source: str) -> Refused | None:
    if not row.name.strip():
        return Refused(AlmanacRefusal.NAME_MISSING, what=what)
    most = NAME_MAX[type(row)]
    for text, limit in ((row.name, most), (row.name_en, most), (source, 80)):
        if len(text) > limit or _NO_TEXT.search(text):
            return Refused(AlmanacRefusal.TEXT_TOO_LONG, what=text[:20], most=limit)
    return None
