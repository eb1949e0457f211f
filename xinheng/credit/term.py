"""Payment terms 付款条件 and the due date they give: a short text, a frozen value, one function.

    N30            30 days after the invoice date (票到 30 天); N0 is due at once
    EOM+30 30 days after the end of the invoice's month (月末后 30 天); EOM is the month's end
    EOM+2M the end of the month two months later STM25+1M10 月结: statement on the 25th, due on
    the 10th of the next month (+1M) STM25+1M-3 月结: the same, due 3 days before that month's end
    (STM25+1M: at its end) STM25+30 月结: 30 days after the statement day DAY5,20+15 the first 5th
    or 20th that is at least 15 days after the invoice date

A day that a month does not have (the 31st) is that month's last day. An invoice of the statement
day itself is on that statement; a later one is on the next. Worked: STM25+1M10, invoice of
2026-01-26 → statement 02-25 → due 03-10.
"""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final, Literal

from msgspec import Struct

MAX_DAYS: Final = 1_000
MAX_MONTHS: Final = 36
Kind = Literal["net", "month_end", "statement", "fixed"]

_NET = re.compile(r"N([0-9]{1,4})")
_MONTH_END = re.compile(r"EOM(?:\+([0-9]{1,4})(M?))?")
_STATEMENT = re.compile(r"STM([0-9]{1,2})\+(?:([0-9]{1,4})|([0-9]{1,2})M([0-9]{1,2}|-[0-9]{1,2})?)")
_FIXED = re.compile(r"DAY([0-9]{1,2}(?:,[0-9]{1,2})*)(?:\+([0-9]{1,4}))?")


class TermError(ValueError):
    """Terms that can't be read or make no sense; the message says how to mend them."""


class Terms(Struct, frozen=True):
    """`day` is the day of the due month; zero or negative counts back from that month's end."""

    kind: Kind
    days: int = 0
    months: int = 0
    statement_day: int = 0
    day: int = 0
    fixed_days: tuple[int, ...] = ()
    by_month: bool = False


def parse(text: str) -> Terms:
    """The terms of a compact text (see above); blanks and small letters are forgiven, nothing
    else.
    """
    compact = text.replace(" ", "").upper()
    if found := _NET.fullmatch(compact):
        return _checked(Terms("net", days=int(found[1])))
    if found := _MONTH_END.fullmatch(compact):
        count = int(found[1] or 0)
        if found[2]:
            return _checked(Terms("month_end", months=count, by_month=True))
        return _checked(Terms("month_end", days=count))
    if found := _STATEMENT.fullmatch(compact):
        return _statement(found)
    if found := _FIXED.fullmatch(compact):
        days = tuple(sorted({int(day) for day in found[1].split(",")}))
        return _checked(Terms("fixed", days=int(found[2] or 0), fixed_days=days))
    raise TermError(
        f"terms {text[:40]!r} are not understood: "
        "write N30, EOM+30, EOM+2M, STM25+1M10 or DAY5,20+15"
    )


def _statement(found: re.Match[str]) -> Terms:
    day = int(found[1])
    if found[2] is not None:
        return _checked(Terms("statement", days=int(found[2]), statement_day=day))
    months, due_day = int(found[3]), int(found[4] or 0)
    return _checked(
        Terms("statement", months=months, statement_day=day, day=due_day, by_month=True)
    )


def _checked(terms: Terms) -> Terms:
    if terms.days > MAX_DAYS or terms.months > MAX_MONTHS:
        raise TermError(f"terms are at most {MAX_DAYS} days or {MAX_MONTHS} months long")
    days = (*terms.fixed_days, *([terms.statement_day] if terms.kind == "statement" else []))
    if any(not 1 <= day <= 31 for day in days) or not -27 <= terms.day <= 31:
        raise TermError("days of the month go from 1 to 31; at most 27 before its end")
    # Due in the statement's own month on an earlier day would be due before it is stated.
    if terms.kind == "statement" and terms.by_month and terms.months == 0:
        raise TermError("monthly terms need at least one month after the statement: STM25+1M10")
    return terms


def format_terms(terms: Terms) -> str:
    """The compact text; `parse` gives the same terms back."""
    if terms.kind == "net":
        return f"N{terms.days}"
    if terms.kind == "month_end":
        if terms.by_month:
            return f"EOM+{terms.months}M"
        return f"EOM+{terms.days}" if terms.days else "EOM"
    if terms.kind == "statement":
        after = f"{terms.months}M{terms.day or ''}" if terms.by_month else str(terms.days)
        return f"STM{terms.statement_day}+{after}"
    days = ",".join(str(day) for day in terms.fixed_days)
    return f"DAY{days}" + (f"+{terms.days}" if terms.days else "")


def due_on(terms: Terms, issued_on: date) -> date:
    """The day on which an invoice of `issued_on` is due; paying on it is on time."""
    if terms.kind == "net":
        return issued_on + timedelta(days=terms.days)
    if terms.kind == "month_end":
        return _in_month(issued_on, terms.months, 0) + timedelta(days=terms.days)
    if terms.kind == "statement":
        stated = _in_month(issued_on, 0, terms.statement_day)
        if stated < issued_on:
            stated = _in_month(issued_on, 1, terms.statement_day)
        if terms.by_month:
            return _in_month(stated, terms.months, terms.day)
        return stated + timedelta(days=terms.days)
    return _next_fixed(terms.fixed_days, issued_on + timedelta(days=terms.days))


def _in_month(start: date, months: int, day: int) -> date:
    """`day` of the month that lies `months` after `start`'s; 0 is its last day, −3 three days
    before that.
    """
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day, last) if day > 0 else last + day)


def _next_fixed(days: tuple[int, ...], earliest: date) -> date:
    candidates = [_in_month(earliest, months, day) for months in (0, 1) for day in days]
    return min(day for day in candidates if day >= earliest)
