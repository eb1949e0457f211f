"""Money of one currency in another, by one dated rate that the answer keeps.

A rate says what one unit of `base` is worth in `quote`. Amounts are minor units and the currencies'
own decimals count: 1,000 JPY (no decimals) at 0.0487 CNY are 48.70 CNY, 4,870 minor units. Each
conversion rounds HALF_UP once. Worked: 10,000.00 EUR at 7.8123 → 78,123.00 CNY.
"""

from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from xinheng.credit.money import divide_half_up, exponent

PLACES = Decimal("1E-10")


class RateUsed(Struct, frozen=True, omit_defaults=True):
    """The rate that a figure was converted with: kind, pair, its own day, value as text, and over
    which currency it was crossed ("" = quoted directly, "inverse" = the other way round).
    """

    kind: str
    base: str
    quote: str
    day: str
    rate: str
    via: str = ""


def convert(amount_minor: int, base: str, quote: str, rate: Decimal) -> int:
    """Minor units of `base` in minor units of `quote`, HALF_UP; negative amounts symmetrically."""
    over, under = rate.as_integer_ratio()
    top = amount_minor * over * 10 ** exponent(quote)
    return divide_half_up(top, under * 10 ** exponent(base))


def inverse(rate: Decimal) -> Decimal:
    """The rate of the pair turned round, to ten places HALF_UP."""
    return (1 / rate).quantize(PLACES, rounding=ROUND_HALF_UP)


def crossed(first: Decimal, second: Decimal) -> Decimal:
    """base → middle → quote, to ten places HALF_UP."""
    return (first * second).quantize(PLACES, rounding=ROUND_HALF_UP)
