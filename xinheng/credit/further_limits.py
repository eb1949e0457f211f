"""More ways to a limit: working capital, orders, purchases, peers, quick estimate, security, loss.

    L2  20 % × (CA − CL)                           L8  median of other suppliers' limits
    L4  quarter's orders × terms ÷ 90 × factor     L9  10 % of capital, or highest settled balance
    L6  year's purchases × our share ÷ 365 × (terms + allowed delay) × factor
    L10 insured limit × its share + Σ collateral × share: a layer of its own, not in the median
    L11 risk budget ÷ (PD × LGD), rounded down; a PD below 0.03 % counts as 0.03 %

Worked: L4 9,000,000 × 60 ÷ 90 × 0.8 = 4,800,000.00; L6 3,600 × 0.4 ÷ 365 × 60 × 1.2 = 284.05.
What is missing has no value and a reason; what is negative is 0, which counts. Parameters are data:
further_limits_v1.json.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from xinheng.credit import limit_method
from xinheng.credit.limit_method import Balance, Combined, MethodValue
from xinheng.credit.money import divide_half_up, to_minor
from xinheng.credit.shipped import document

_RULES: Final[dict[str, Any]] = document("further_limits_v1.json")
VERSION: Final[int] = _RULES["version"]
METHODS: Final[dict[str, dict[str, str]]] = _RULES["methods"]


class Collateral(Struct, frozen=True):
    """A thing pledged: what it is worth, and the share of that which counts."""

    value_minor: int
    share: Decimal


class Layered(Struct, frozen=True):
    """The limit with its secured layer: own merit, security, what both make under the caps of
    group and concentration. `decisive`: "sum", "cap:NAME" or "none".
    """

    unsecured_minor: int | None
    secured_minor: int
    total_minor: int | None
    decisive: str
    caps: dict[str, int]


def working_capital(balance: Balance) -> MethodValue:
    """L2: a share of what current assets exceed current liabilities by."""
    if balance.current_assets is None or balance.current_liabilities is None:
        return _absent("L2", "missing")
    working = balance.current_assets - balance.current_liabilities
    if working <= 0:
        return MethodValue("L2", 0, "working_capital_not_positive", {})
    share = _RULES["working_capital_share"]
    inputs = {"working_capital": str(working), "share": share}
    return MethodValue("L2", _half_up(working * Fraction(share)), None, inputs)


def orders(
    quarter_minor: int | None, terms_days: int | None, factor: Decimal | None = None
) -> MethodValue:
    """L4: what is ordered in a quarter, as long as it stays open."""
    if quarter_minor is None or terms_days is None:
        return _absent("L4", "missing")
    by = Decimal(_RULES["orders_factor"]) if factor is None else factor
    value = Fraction(quarter_minor * terms_days, 90) * Fraction(by)
    inputs = {"quarter": str(quarter_minor), "terms_days": str(terms_days), "factor": str(by)}
    return MethodValue("L4", max(0, _half_up(value)), None, inputs)


def purchases(
    year_minor: int | None,
    our_share: Decimal | None,
    terms_days: int | None,
    allowed_delay_days: int = 0,
    factor: Decimal | None = None,
) -> MethodValue:
    """L6: our share of what the customer buys in a year, for the days that it stays open."""
    if year_minor is None or our_share is None or terms_days is None:
        return _absent("L6", "missing")
    if not 0 <= our_share <= 1:
        return _absent("L6", "bad_share")
    by = Decimal(_RULES["purchases_factor"]) if factor is None else factor
    days = terms_days + allowed_delay_days
    value = Fraction(year_minor, 365) * Fraction(our_share) * days * Fraction(by)
    inputs = {"our_share": str(our_share), "days": str(days), "factor": str(by)}
    return MethodValue("L6", max(0, _half_up(value)), None, inputs)


def peers(limits_minor: Sequence[int]) -> MethodValue:
    """L8: the median of what other suppliers grant; of two in the middle half a unit is dropped."""
    least: int = _RULES["peers_least"]
    if len(limits_minor) < least:
        return _absent("L8", "too_few_peers")
    ranked = sorted(limits_minor)
    middle = ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]
    return MethodValue("L8", max(0, middle // 2), None, {"suppliers": str(len(ranked))})


class Floor(Struct, frozen=True):
    """The least that an answer in bands says."""

    minor: int
    currency: str


def peer_floor(band: str) -> Floor | None:
    """The lower end of a supplier's answer; None where it would rather not say. under_1m →
    100,000.00 CNY: what lies above is not known, and does not count.
    """
    bands: dict[str, str] = _RULES["peer_bands"]
    if band == "currency" or band not in bands:
        return None
    return Floor(to_minor(bands[band], bands["currency"]), bands["currency"])


def quick(*, capital_minor: int | None) -> MethodValue:
    """L9: a share of paid-in or net capital, for a small limit in a hurry."""
    if capital_minor is None:
        return _absent("L9", "missing")
    share = _RULES["quick_share"]
    inputs = {"capital": str(capital_minor), "share": share}
    return MethodValue("L9", max(0, _half_up(capital_minor * Fraction(share))), None, inputs)


def quick_by_history(*, settled_minor: int | None) -> MethodValue:
    """L9 the other way: the highest balance that the customer has settled in full."""
    if settled_minor is None:
        return _absent("L9", "missing")
    return MethodValue("L9", max(0, settled_minor), None, {"settled": str(settled_minor)})


def security(
    insured_minor: int, insured_share: Decimal, collateral: Sequence[Collateral] = ()
) -> MethodValue:
    """L10: what insurer and pledges would pay. 500,000 at 90 % and 200,000 at 70 % → 590,000."""
    shares = [insured_share, *(one.share for one in collateral)]
    if not all(0 <= share <= 1 for share in shares):
        return _absent("L10", "bad_share")
    insured = Fraction(max(0, insured_minor)) * Fraction(insured_share)
    pledged = sum((max(0, one.value_minor) * Fraction(one.share) for one in collateral), Fraction())
    inputs = {"insured": str(_down(insured)), "pledged": str(_down(pledged))}
    return MethodValue("L10", _down(insured + pledged), None, inputs)


def expected_loss(budget_minor: int | None, pd: Decimal | None, lgd: Decimal | None) -> MethodValue:
    """L11: the limit whose expected loss just fits the risk budget."""
    if budget_minor is None or pd is None or lgd is None:
        return _absent("L11", "missing")
    if not (0 <= pd <= 1 and 0 < lgd <= 1):
        return _absent("L11", "bad_share")
    counted = max(pd, Decimal(_RULES["pd_floor"]))
    value = Fraction(max(0, budget_minor)) / (Fraction(counted) * Fraction(lgd))
    inputs = {"budget": str(budget_minor), "pd": str(counted), "lgd": str(lgd)}
    return MethodValue("L11", _down(value), None, inputs)


def lower_of(*methods: MethodValue) -> MethodValue:
    """The lower of L1 and L2, as the rule of thumb has it; one without a value makes none."""
    known = [one for one in methods if one.value_minor is not None]
    if len(known) < len(methods):
        return next(one for one in methods if one.value_minor is None)
    return min(known, key=lambda one: one.value_minor or 0)


def layered(combined: Combined, cover: MethodValue, caps: Mapping[str, int]) -> Layered:
    """Own merit and the secured layer, then the caps of group and concentration on the sum."""
    own, secured = combined.limit_minor, cover.value_minor or 0
    if own is None:
        return Layered(None, secured, None, "none", dict(caps))
    total, decisive = own + secured, "sum"
    for name, cap in sorted(caps.items()):
        if cap < total:
            total, decisive = max(0, cap), f"cap:{name}"
    return Layered(own, secured, total, decisive, dict(caps))


def why_not_text(code: str) -> dict[str, str]:
    """Why one of these methods has no value, in both languages."""
    row: dict[str, str] | None = _RULES["why_not"].get(code)
    return row if row is not None else limit_method.why_not_text(code)


def _absent(method: str, why_not: str) -> MethodValue:
    return MethodValue(method, None, why_not, {})


def _half_up(value: Fraction) -> int:
    return divide_half_up(value.numerator, value.denominator)


def _down(value: Fraction) -> int:
    """Security and risk budgets never round in the customer's favour."""
    return value.numerator // value.denominator
