"""How much credit a customer could carry: several methods, one rule to combine them.

    L1 net assets      share × net assets (10 %)
    L3 working assets WA × p(v), WA = (CA − CL + EQ) ÷ 2, v = CA÷CL + (CA − inventory)÷CL − CL÷EQ
    − TL÷EQ L5 receipts Σ weight × month's receipts ÷ Σ weights (1 … 6, the newest 6) × terms ÷ 30
    × factor L7 DSO sales ÷ days × (terms + average days late) × buffer

    suggested = min(caps, grade coefficient × median of the values there are), rounded down

Every method's value is kept, so that an approver sees the spread. A method that lacks its figures
has no value and a reason. Net assets at or below zero are different: the method does not apply
and its value is 0, which counts, because leaving it out would give a customer deeper in debt more
credit (the arithmetic of L3 even turns positive there). All parameters are data:
limit_methods_v1.json. WAM-1: v 0.075 → 0.08 → 17.5 % of 700 = 122.50.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.money import divide_half_up
from xinheng.credit.shipped import document

_RULES: Final[dict[str, Any]] = document("limit_methods_v1.json")
VERSION: Final[int] = _RULES["version"]
METHODS: Final[dict[str, dict[str, str]]] = _RULES["methods"]
LAYERS: Final = ("L10",)


class Balance(Struct, frozen=True):
    """What L1 and L3 read from a statement, in minor units; None: the statement does not tell."""

    current_assets: int | None = None
    inventory: int | None = None
    current_liabilities: int | None = None
    total_liabilities: int | None = None
    equity: int | None = None


class MethodValue(Struct, frozen=True):
    """One method's answer. `value_minor` None: not available. `inputs` show the figures behind
    it, as text.
    """

    method: str
    value_minor: int | None
    why_not: str | None
    inputs: dict[str, str]


class Combined(Struct, frozen=True):
    """The suggestion and how it came about.

    `decisive` names what set the amount: the method (or the two) at the median, "cap:NAME",
    "grade", or "none". `limit_minor` None: nothing to suggest (no method available, or not
    rated).
    """

    limit_minor: int | None
    unrounded_minor: int | None
    median_minor: int | None
    grade: str | None
    grade_coefficient: str | None
    decisive: str
    methods: tuple[MethodValue, ...]
    caps: dict[str, int]


def net_assets(balance: Balance) -> MethodValue:
    """L1: a share of net assets."""
    if balance.equity is None:
        return _absent("L1", "missing")
    if balance.equity <= 0:
        return MethodValue("L1", 0, "net_assets_not_positive", {})
    share = Fraction(_RULES["net_assets_share"])
    return MethodValue(
        "L1", _half_up(balance.equity * share), None, {"share": str(_RULES["net_assets_share"])}
    )


def working_assets(balance: Balance) -> MethodValue:
    """L3: a share of working assets that grows with v; v is rounded HALF_UP to 2 decimals for the
    table.
    """
    b = balance
    if (
        b.current_assets is None
        or b.inventory is None
        or b.current_liabilities is None
        or b.total_liabilities is None
        or b.equity is None
    ):
        return _absent("L3", "missing")
    if b.equity <= 0:
        return MethodValue("L3", 0, "net_assets_not_positive", {})
    if b.current_liabilities <= 0:
        return _absent("L3", "no_current_liabilities")
    quick = b.current_assets - b.inventory
    v = Fraction(b.current_assets + quick, b.current_liabilities) - Fraction(
        b.current_liabilities + b.total_liabilities, b.equity
    )
    rounded = Decimal(_half_up(v * 100)).scaleb(-2)
    share = working_assets_share(rounded)
    worth = Fraction(b.current_assets - b.current_liabilities + b.equity, 2)
    value = max(0, _half_up(worth * Fraction(share)))
    inputs = {"v": str(rounded), "share": str(share), "working_assets": str(_half_up(worth))}
    return MethodValue("L3", value, None, inputs)


def working_assets_share(v: Decimal) -> Decimal:
    """The table's share for a v of 2 decimals: "v ≤ upper bound", so it has no holes. 0.95 →
    0.20.
    """
    for row in _RULES["working_assets"]:
        if row["up_to"] is None or v <= Decimal(row["up_to"]):
            return Decimal(row["share"])
    raise AssertionError("the table ends open")


def receipts(
    months_minor: Sequence[int], terms_days: int | None, factor: Decimal | None = None
) -> MethodValue:
    """L5: six months' receipts, oldest first. `factor` is the correction coefficient (data:
    1.00).
    """
    weights: list[int] = _RULES["receipt_weights"]
    if terms_days is None:
        return _absent("L5", "missing")
    if len(months_minor) < len(weights):
        return _absent("L5", "too_few_months")
    by = Decimal(_RULES["receipts_factor"]) if factor is None else factor
    newest = months_minor[-len(weights) :]
    weighted = sum(weight * amount for weight, amount in zip(weights, newest, strict=True))
    value = Fraction(weighted, sum(weights)) * Fraction(terms_days, 30) * Fraction(by)
    inputs = {"terms_days": str(terms_days), "factor": str(by)}
    return MethodValue("L5", max(0, _half_up(value)), None, inputs)


def sales_and_days(
    sales_minor: int | None, days: int, terms_days: int | None, days_late: Decimal | None
) -> MethodValue:
    """L7: what would be open if the customer goes on buying and paying as it does. Paying early
    does not count.
    """
    if sales_minor is None or terms_days is None or days_late is None:
        return _absent("L7", "missing")
    if days <= 0:
        return _absent("L7", "no_days")
    late = max(Decimal(0), days_late)
    buffer = Fraction(_RULES["dso_buffer"])
    value = Fraction(sales_minor, days) * (terms_days + Fraction(late)) * buffer
    inputs = {
        "days": str(days),
        "terms_days": str(terms_days),
        "days_late": str(late),
        "buffer": str(_RULES["dso_buffer"]),
    }
    return MethodValue("L7", max(0, _half_up(value)), None, inputs)


def combine(methods: Sequence[MethodValue], grade: str | None, caps: Mapping[str, int]) -> Combined:
    """The suggestion: min of the caps and of the grade's coefficient × median, rounded down."""
    kept, limits = tuple(methods), dict(caps)
    # Security is a layer of its own on top; in the median a large pledge would pass for merit.
    merits = [one for one in kept if one.method not in LAYERS]
    known = sorted((one.value_minor, one.method) for one in merits if one.value_minor is not None)
    if not known or grade is None:
        decisive = "none" if not known else "grade"
        return Combined(None, None, None, grade, None, decisive, kept, limits)
    lower, upper = known[(len(known) - 1) // 2], known[len(known) // 2]
    # Two in the middle: half a minor unit is dropped, never added.
    median = (lower[0] + upper[0]) // 2
    coefficient = grade_coefficient(grade)
    amount = int(median * Fraction(coefficient))
    at_median = sorted({lower[1], upper[1]})
    decisive = "+".join(at_median) if coefficient else "grade"
    for name, cap in sorted(limits.items()):
        if cap < amount:
            amount, decisive = cap, f"cap:{name}"
    return Combined(
        limit_minor=round_down(amount),
        unrounded_minor=amount,
        median_minor=median,
        grade=grade,
        grade_coefficient=str(coefficient),
        decisive=decisive,
        methods=kept,
        caps=limits,
    )


def grade_coefficient(grade: str) -> Decimal:
    """How much of the median a grade may have; a grade that is not on the list has none."""
    return Decimal(_RULES["grade_coefficients"].get(grade, "0"))


def round_down(minor: int) -> int:
    """Down to the leading digits (3): 16,971,429 → 16,900,000. The same for every currency; a
    limit never rounds up.
    """
    digits: int = _RULES["round_down_to_significant_digits"]
    if minor <= 0:
        return 0
    step = int(10 ** max(0, len(str(minor)) - digits))
    return minor - minor % step


def why_not_text(code: str) -> dict[str, str]:
    """Why a method has no value (or does not apply), in both languages."""
    row: dict[str, str] = _RULES["why_not"][code]
    return row


def _absent(method: str, why_not: str) -> MethodValue:
    return MethodValue(method, None, why_not, {})


def _half_up(value: Fraction) -> int:
    return divide_half_up(value.numerator, value.denominator)
