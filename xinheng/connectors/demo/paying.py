"""How the simulated buyers pay: a habit is drawn once and then lived.

An invoice is paid on its due date plus a delay drawn from the habit, on the next working day, never
after yesterday. Good payers with many invoices pay on Fridays in one sum without reference; the
others name the invoice 88 times of 100; one receipt of 100 is rounded up to the next thousand and
leaves cash unapplied. Credit notes (real cancellations) are deducted from the next payment.
Disputed invoices wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from xinheng.connectors.demo.values import Buyer, Habit, Payment, Sale

FRIDAY = 4
FRIDAY_PAYER_INVOICES = 24
REFERENCE_PCT = 88
ROUNDED_UP_PCT = 1

HABITS = (
    Habit("punctual", 50, -2, 2),
    Habit("nearly punctual", 22, 4, 4),
    Habit("slow", 13, 16, 8),
    Habit("very slow", 5, 38, 14),
    Habit("in parts", 5, 4, 4, part_pct=70),
    Habit("getting worse", 5, 0, 3, worse_days=280),
)
WORSENING_DAYS = 220
PUNCTUAL, WORST = HABITS[0], HABITS[-1]


def draw_habit(random: Random) -> Habit:
    return random.choices(HABITS, weights=[habit.of_100 for habit in HABITS])[0]


class _Part(NamedTuple):
    """A part of an invoice that the buyer pays on a day."""

    paid_on: date
    amount_minor: int
    invoice: str


def pay(buyer: Buyer, sales: Iterable[Sale], until: date, random: Random) -> Iterator[Payment]:
    """The receipts of one buyer, in order of time: parts of a day become one receipt."""
    billed = [sale for sale in sales if sale.invoiced_on is not None]
    invoices = [sale for sale in billed if sale.amount_minor > 0 and not sale.disputed]
    parts = [part for sale in invoices for part in _parts(buyer.habit, sale, until, random)]
    if len(invoices) >= FRIDAY_PAYER_INVOICES and buyer.habit is PUNCTUAL:
        parts = [part._replace(paid_on=_next_friday(part.paid_on)) for part in parts]
    by_day: dict[date, list[_Part]] = defaultdict(list)
    for part in parts:
        if part.paid_on <= until:
            by_day[part.paid_on].append(part)
    credits = sorted(
        (s.invoiced_on, -s.amount_minor) for s in billed if s.invoiced_on and s.amount_minor < 0
    )
    pool, seen = 0, 0
    for count, day in enumerate(sorted(by_day), start=1):
        while seen < len(credits) and credits[seen][0] <= day:
            pool, seen = pool + credits[seen][1], seen + 1
        gross = sum(part.amount_minor for part in by_day[day])
        deducted = min(pool, gross)
        pool -= deducted
        if gross == deducted:
            continue
        amount = gross - deducted
        if random.randrange(100) < ROUNDED_UP_PCT:
            amount += -amount % 100_000
        told = len(by_day[day]) == 1 and random.randrange(100) < REFERENCE_PCT
        reference = by_day[day][0].invoice if told else ""
        yield Payment(f"R-{buyer.code}-{count:04d}", buyer, day, amount, reference)


def _parts(habit: Habit, sale: Sale, until: date, random: Random) -> Iterator[_Part]:
    assert sale.due_on is not None and sale.invoiced_on is not None
    first = _delay(habit, sale.due_on, until, random)
    earliest = sale.invoiced_on + timedelta(days=1)
    paid_on = working_day(max(earliest, sale.due_on + timedelta(days=first)))
    now = sale.amount_minor * habit.part_pct // 100
    yield _Part(paid_on, now, sale.number)
    if now < sale.amount_minor:
        later = working_day(paid_on + timedelta(days=random.randrange(25, 60)))
        yield _Part(later, sale.amount_minor - now, sale.number)


def _delay(habit: Habit, due: date, until: date, random: Random) -> int:
    days = habit.days + random.randint(-habit.spread, habit.spread)
    if habit.worse_days:
        into = WORSENING_DAYS - (until - due).days
        days += max(0, into) * habit.worse_days // WORSENING_DAYS
    return days


def working_day(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > FRIDAY else 0)


def _next_friday(day: date) -> date:
    return day + timedelta(days=(FRIDAY - day.weekday()) % 7)
