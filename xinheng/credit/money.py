"""Money is an integer of minor units and a currency: 180000.00 CNY is 18,000,000 fen.

Text and `Decimal` are turned into minor units at the doors, strictly: `to_minor("180000.00",
"CNY") == 18000000`, while "180,000.00", "1e5", "1.005" (too many decimals), NaN and floats are
refused with a sentence that says how to mend them. Rates are `Decimal`; a product is rounded
once, HALF_UP: 0.5 goes away from zero, so 2.5 → 3, −2.5 → −3. Exponents are ISO 4217's
(iso4217.json): CNY 2, JPY 0, KWD 3.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Final

from xinheng.credit.shipped import document

MAX_MINOR: Final = 10**15
EXPONENTS: Final[dict[str, int | None]] = document("iso4217.json")["minor_units"]

# 60 digits hold 10^15 times any rate we can be given without a hidden rounding before ours.
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)
_AMOUNT = re.compile(r"-?[0-9]{1,18}(?:\.([0-9]{1,18}))?")


class MoneyError(ValueError):
    """An amount or a currency that can't be taken as it is; `zh` and `en` say how to mend it."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.code = code
        self.zh = zh
        self.en = en


def exponent(currency: str) -> int:
    """How many decimals the currency has: 2 for CNY, 0 for JPY."""
    digits = EXPONENTS.get(currency)
    if digits is None:
        raise MoneyError(
            "currency",
            f"币种 {currency!r} 不可用：请填写 ISO 4217 三位大写代码，例如 CNY。",
            f"Currency {currency!r} can't be used: give a three-letter ISO 4217 code such as CNY.",
        )
    return digits


def to_minor(amount: str | Decimal, currency: str) -> int:
    """Minor units of a decimal text or `Decimal`; refuses what would need guessing or rounding.

    A text may not carry more decimals than the currency has, not even zeros; a `Decimal` may, if
    they are zeros (spreadsheets and databases pad them), because its value is then exact.
    """
    digits = exponent(currency)
    if isinstance(amount, str):
        value = _parse(amount, digits, currency)
    elif isinstance(amount, Decimal):
        value = amount
    else:
        raise MoneyError(
            "type",
            "金额必须是文本或十进制数，不能是浮点数或整数。",
            f"Give the amount as text or Decimal, not as {type(amount).__name__}.",
        )
    if not value.is_finite():
        raise MoneyError(
            "finite", "金额必须是一个有限的数。", "The amount must be a finite number."
        )
    return _exact(value, digits, currency)


def _parse(text: str, digits: int, currency: str) -> Decimal:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise MoneyError(
            "format",
            f"金额 {text[:40]!r} 无法识别："
            "只写数字和小数点，例如 180000.00，不要千分位、空格或指数。",
            f"Amount {text[:40]!r} is not understood: digits and one point only, "
            "such as 180000.00; no thousands separators, blanks or exponents.",
        )
    if len(found.group(1) or "") > digits:
        raise _too_fine(text, digits, currency)
    return Decimal(text)


def _exact(value: Decimal, digits: int, currency: str) -> int:
    # The size is looked at first: scaling 1E+999999 would build a number of a million digits.
    if value and value.adjusted() + digits > 15:
        raise _too_large(currency)
    scaled = _WIDE.scaleb(value, digits)
    minor = int(scaled)
    if minor != scaled:
        raise _too_fine(str(value), digits, currency)
    if abs(minor) > MAX_MINOR:
        raise _too_large(currency)
    return minor


def _too_large(currency: str) -> MoneyError:
    most = to_text(MAX_MINOR, currency)
    return MoneyError(
        "bounds",
        f"金额超出范围：绝对值最大 {most} {currency}。",
        f"The amount is out of bounds: at most {most} {currency} either way.",
    )


def _too_fine(text: str, digits: int, currency: str) -> MoneyError:
    return MoneyError(
        "decimals",
        f"金额 {text[:40]} 的小数位过多：{currency} 最多 {digits} 位，请先取整。",
        f"Amount {text[:40]} has too many decimals: {currency} has {digits}; round it first.",
    )


@lru_cache(maxsize=65_536)
def to_text(minor: int, currency: str) -> str:
    """The canonical decimal text: 18000000 CNY → "180000.00". The inverse of `to_minor`.

    Remembered, because one order check writes the same few amounts (zero, the limit) many times.
    """
    digits = exponent(currency)
    if digits == 0:
        return str(minor)
    sign, size = ("-", -minor) if minor < 0 else ("", minor)
    whole, rest = divmod(size, 10**digits)
    return f"{sign}{whole}.{rest:0{digits}d}"


def display(minor: int, currency: str) -> str:
    """For people: 18000000 CNY → "180,000.00"."""
    digits = exponent(currency)
    sign, size = ("-", -minor) if minor < 0 else ("", minor)
    whole, rest = divmod(size, 10**digits)
    return f"{sign}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount in whole units, exact: 18000000 CNY → Decimal("180000.00")."""
    return _WIDE.scaleb(Decimal(minor), -exponent(currency))


def round_half_up(value: Decimal, digits: int = 0) -> Decimal:
    """HALF_UP to `digits` decimals: 0.5 away from zero (Python's own `round` goes to even)."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=_WIDE)


def apply_rate(minor: int, rate: Decimal) -> int:
    """`minor × rate`, rounded once, HALF_UP, to a whole minor unit."""
    return int(round_half_up(_WIDE.multiply(Decimal(minor), rate)))


def divide_half_up(numerator: int, denominator: int) -> int:
    """`numerator ÷ denominator` of whole numbers, HALF_UP, without leaving the integers. 5 ÷ 2 →
    3, −5 ÷ 2 → −3.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Shares of `total` in proportion to whole `weights` that sum to `total` exactly, by largest
    remainder.

    100 over (1, 1, 1) → [34, 33, 33]: equal remainders go to the earlier share. A negative total
    is the mirror image.
    """
    base = sum(weights)
    if base <= 0 or min(weights) < 0:
        raise ValueError("weights must not be negative and must not all be zero")
    sign, size = (-1, -total) if total < 0 else (1, total)
    shares = [size * weight // base for weight in weights]
    remainders = [size * weight % base for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in order[: size - sum(shares)]:
        shares[i] += 1
    return [sign * share for share in shares]
