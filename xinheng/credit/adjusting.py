"""Many limits at once by one rule: a percentage or an amount more or less, or one fixed limit,
rounded and kept between two bounds.

Worked: 1,234,567.00 less 15 % is 1,049,381.95; rounded down to 1,000.00 that is 1,049,000.00. The
order is fixed: change, round, bounds; never below zero. A percentage is taken HALF_UP to the minor
unit before the step, so that the same rule on the same limit always gives the same amount.
"""

from typing import Final

from msgspec import Struct

from xinheng.credit.exposure import WHOLE_BPS
from xinheng.credit.money import MAX_MINOR, divide_half_up

KINDS: Final = ("percent", "amount", "fixed")
ROUNDINGS: Final = ("down", "up", "half")
PERCENT_MAX_BPS: Final = 1_000_000  # a hundredfold is a slip of the pen beyond this


class Rule(Struct, frozen=True):
    """kind percent: `value` basis points more (or less, negative); amount: minor units more or
    less; fixed: this amount for all. `step_minor` 0: no rounding. Bounds None: none.
    """

    kind: str
    value: int
    step_minor: int = 0
    rounding: str = "down"
    lowest_minor: int | None = None
    highest_minor: int | None = None


class RuleError(ValueError):
    """A rule that makes no sense; `zh` and `en` say how to mend it."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


def check_rule(rule: Rule) -> None:
    """Raises RuleError where the rule can't be meant."""
    if rule.kind not in KINDS or rule.rounding not in ROUNDINGS:
        raise RuleError("方式或取整不对", "the kind or the rounding is not known")
    if rule.kind == "percent" and not -WHOLE_BPS <= rule.value <= PERCENT_MAX_BPS:
        raise RuleError(
            "百分比须在 -100% 到 10,000% 之间", "a percentage is between -100 % and 10,000 %"
        )
    if abs(rule.value) > MAX_MINOR or (rule.kind == "fixed" and rule.value < 0):
        raise RuleError("金额超出范围", "the amount is out of bounds")
    if not 0 <= rule.step_minor <= MAX_MINOR:
        raise RuleError("取整单位不能小于零", "the step of the rounding is not below zero")
    low, high = rule.lowest_minor or 0, rule.highest_minor
    if low < 0 or (high is not None and not low <= high <= MAX_MINOR):
        raise RuleError(
            "最低额不能小于零，也不能高于最高额",
            "the lowest amount is not below zero and not above the highest",
        )


def adjusted(amount_minor: int, rule: Rule) -> int:
    """The limit that the rule makes of a limit."""
    if rule.kind == "percent":
        changed = amount_minor + divide_half_up(amount_minor * rule.value, WHOLE_BPS)
    else:
        changed = rule.value + (amount_minor if rule.kind == "amount" else 0)
    changed = max(0, changed)
    if rule.step_minor:
        changed = _rounded(changed, rule.step_minor, rule.rounding)
    if rule.highest_minor is not None:
        changed = min(changed, rule.highest_minor)
    return min(max(changed, rule.lowest_minor or 0), MAX_MINOR)


def _rounded(amount: int, step: int, rounding: str) -> int:
    if rounding == "half":
        return divide_half_up(amount, step) * step
    steps = -(-amount // step) if rounding == "up" else amount // step
    return steps * step
