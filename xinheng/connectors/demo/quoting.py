"""Simulated exchange rates of the last days, so that an order in another currency can be measured
against a limit in the book's own.

Each currency moves around a stated middle by at most four thousandths, from the book's seed, on
the ten working days up to the book's last one; nothing says what a real market did. Example: EUR
around 7.80 CNY gives 7.7688 to 7.8312. An order check takes the newest rate that is at most seven
days old (the policy says so): after that, enter or import rates of your own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

from xinheng.connectors.demo.values import Quote

BASE: Final = "CNY"  # the demonstration company's own currency
SOURCE: Final = "模拟汇率 · simulated rate"
# What one unit is worth; pounds as the wholesaler's amounts were converted.
MIDDLES: Final = {
    "EUR": Decimal("7.80"),
    "USD": Decimal("7.10"),
    "GBP": Decimal("9.20"),
    "JPY": Decimal("0.0465"),
}
DAYS: Final = 10
SWING: Final = 40  # of 10,000, up or down
_PLACE: Final = Decimal("0.000001")
_SATURDAY: Final = 5


def quotes(until: date, seed: int) -> list[Quote]:
    """A rate of each currency on each of the working days up to `until`, oldest first."""
    days = sorted(_working_days(until))
    return [
        Quote(currency, BASE, day, _moved(middle, Random(f"{seed}:rate:{currency}:{day}")))
        for currency, middle in MIDDLES.items()
        for day in days
    ]


def _working_days(until: date) -> Iterator[date]:
    day, left = until, DAYS
    while left:
        if day.weekday() < _SATURDAY:
            yield day
            left -= 1
        day -= timedelta(days=1)


def _moved(middle: Decimal, random: Random) -> Decimal:
    moved = middle * (10_000 + random.randint(-SWING, SWING)) / 10_000
    return moved.quantize(_PLACE, ROUND_HALF_UP)
