"""Looking up: rates by kind, pair and day; working days; the seller's own terms of payment.

A rate is found for all pairs in one statement: the newest on or before the day that is not older
than the caller allows, directly; else the other way round (1 ÷ rate, ten places HALF_UP); else
crossed once over the company's base currency. Worked: EUR/CNY 7.8123 and USD/CNY 7.1000 in a book
in CNY give EUR/USD 7.8123 × 0.1408450704 = 1.1003239435, via CNY, of the older of the two days.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connections

from xinheng.almanac.models import Holiday, PaymentTerm, Rate
from xinheng.almanac.rows import RateRow
from xinheng.almanac.working_days import STRETCH_MAX, Listed, is_working, next_working
from xinheng.credit import term
from xinheng.credit.rates import RateUsed, crossed, inverse

Pair = tuple[str, str]
INVERSE: Final = "inverse"
JUMP_PERCENT: Final = 20
JUMP_DAYS: Final = 35  # an older rate says nothing about what is usual

# Every leg that a pair may need, each looked up by the unique index: kind, base, quote, day.
_LEGS = """
with asked as (
  select a.base, a.quote, coalesce((select base_currency from people_company), '') as middle
  from unnest(%s::text[], %s::text[]) a(base, quote)
), leg as (
  select base, quote from asked union select quote, base from asked
  union select base, middle from asked union select middle, base from asked
  union select middle, quote from asked union select quote, middle from asked
)
select leg.base, leg.quote, found.rate, found.day, (select middle from asked limit 1)
from leg cross join lateral (
  select r.rate, r.day from almanac_rate r
  where r.kind = %s and r.base = leg.base and r.quote = leg.quote and r.day between %s and %s
  order by r.day desc limit 1
) found
"""


class _Leg(NamedTuple):
    rate: Decimal
    day: date
    turned: bool = False


def rates_for(
    pairs: Iterable[Pair], day: date, kind: str, *, age_days: int, using: str = "default"
) -> dict[Pair, RateUsed]:
    """The rate of each pair on `day`; a pair that has none within `age_days` is absent."""
    wanted = list(dict.fromkeys(pairs))
    found = {(b, q): RateUsed(kind, b, q, day.isoformat(), "1") for b, q in wanted if b == q}
    others = [(base, quote) for base, quote in wanted if base != quote]
    if not others:
        return found
    oldest = day - timedelta(days=age_days)
    with connections[using].cursor() as cursor:
        bases, quotes = [b for b, _ in others], [q for _, q in others]
        cursor.execute(_LEGS, [bases, quotes, kind, oldest, day])
        rows = cursor.fetchall()
    legs = {(base, quote): _Leg(rate, on) for base, quote, rate, on, _ in rows}
    middle = rows[0][4] if rows else ""
    for base, quote in others:
        used = _used(legs, kind, base, quote, middle)
        if used is not None:
            found[base, quote] = used
    return found


def _used(legs: dict[Pair, _Leg], kind: str, base: str, quote: str, middle: str) -> RateUsed | None:
    leg = _either_way(legs, base, quote)
    if leg is not None:
        via = INVERSE if leg.turned else ""
        return RateUsed(kind, base, quote, leg.day.isoformat(), plain(leg.rate), via)
    if not middle or middle in (base, quote):
        return None
    first, second = _either_way(legs, base, middle), _either_way(legs, middle, quote)
    if first is None or second is None:
        return None
    rate, older = crossed(first.rate, second.rate), min(first.day, second.day)
    # Two tiny rates multiplied may leave nothing: such a pair has no rate worth the name.
    return RateUsed(kind, base, quote, older.isoformat(), plain(rate), middle) if rate else None


def _either_way(legs: dict[Pair, _Leg], base: str, quote: str) -> _Leg | None:
    if (base, quote) in legs:
        return legs[base, quote]
    other = legs.get((quote, base))
    turned = inverse(other.rate) if other else None
    return _Leg(turned, other.day, True) if other and turned else None


def plain(rate: Decimal) -> str:
    """The rate without zeros at its end: 7.8123000000 → "7.8123"."""
    text = format(rate, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Jump(NamedTuple):
    """A rate far from the one before it (turned round if that is how it is quoted)."""

    before: Decimal
    before_day: date


def jumps(rows: Sequence[RateRow]) -> dict[int, Jump]:
    """Positions of rows more than JUMP_PERCENT away from the newest rate before their day, stored
    or in the same rows, within JUMP_DAYS. What a person has confirmed is none.
    """
    if not rows:
        return {}
    known: dict[tuple[str, str, str], dict[date, Decimal]] = {}
    for rate in _stored_around(rows):
        _note(known, rate)
    for row in rows:
        _note(known, row)
    found = {}
    days = {pair: sorted(by_day) for pair, by_day in known.items()}
    for position, row in enumerate(rows):
        pair = (row.kind, row.base, row.quote)
        before = _before(days[pair], row.day)
        if row.confirmed or before is None or (row.day - before).days > JUMP_DAYS:
            continue
        usual = known[pair][before]
        if abs(row.rate - usual) * 100 > usual * JUMP_PERCENT:
            found[position] = Jump(usual, before)
    return found


def _stored_around(rows: Sequence[RateRow]) -> Iterable[Rate]:
    currencies = {row.base for row in rows} | {row.quote for row in rows}
    first = min(row.day for row in rows) - timedelta(days=JUMP_DAYS)
    return Rate.objects.filter(
        kind__in={row.kind for row in rows},
        base__in=currencies,
        quote__in=currencies,
        day__gte=first,
        day__lte=max(row.day for row in rows),
    ).iterator()


def _note(known: dict[Any, dict[date, Decimal]], row: Rate | RateRow) -> None:
    """A rate counts for its pair and, turned round, for the opposite one (told directly first)."""
    known.setdefault((row.kind, row.base, row.quote), {})[row.day] = row.rate
    known.setdefault((row.kind, row.quote, row.base), {}).setdefault(row.day, 1 / row.rate)


def _before(days: list[date], day: date) -> date | None:
    place = bisect_left(days, day)
    return days[place - 1] if place else None


# --- Working days


def listed_days(calendar: str, first: date, last: date, *, using: str = "default") -> Listed:
    """What a calendar says about the days from `first` to `last` that are not as their weekday."""
    rows = Holiday.objects.using(using).filter(calendar=calendar, day__range=(first, last))
    return dict(rows.values_list("day", "working"))


def is_working_day(calendar: str, day: date, *, using: str = "default") -> bool:
    return is_working(day, listed_days(calendar, day, day, using=using))


def next_working_day(calendar: str, day: date, *, using: str = "default") -> date:
    """The day itself if it is worked, else the next one that is."""
    last = day + timedelta(days=STRETCH_MAX)
    return next_working(day, listed_days(calendar, day, last, using=using))


# --- Terms


class OwnTerm(NamedTuple):
    """A term under the seller's own code, ready to give due dates."""

    code: str
    rule: str
    calendar: str
    listed: Listed

    def due_on(self, issued_on: date) -> date:
        """By the rule, then on to the next working day where a calendar is named."""
        due = term.due_on(term.parse(self.rule), issued_on)
        return next_working(due, self.listed) if self.calendar else due


def living_terms(*, using: str = "default") -> dict[str, OwnTerm]:
    """Every term that has not ended, by its code in capitals; two statements for all of them."""
    found = list(PaymentTerm.objects.using(using).filter(ended_at__isnull=True))
    calendars = {one.calendar for one in found if one.calendar}
    listed: dict[str, dict[date, bool]] = {calendar: {} for calendar in calendars}
    rows = Holiday.objects.using(using).filter(calendar__in=calendars) if calendars else ()
    for row in rows:
        listed[row.calendar][row.day] = row.working
    return {
        one.code: OwnTerm(one.code, one.rule, one.calendar, listed.get(one.calendar, {}))
        for one in found
    }
