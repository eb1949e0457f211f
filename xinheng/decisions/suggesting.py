"""Suggest: all limit methods of a customer, which of them meet in the median, and the layer on top.

    suggested = min(caps, grade coefficient × median of those there are), rounded down; covers on
    top

Which methods meet is data: limit policy v1 has L1, L3, L5, L7; v2 has L1 to L9, of L1 and L2 only
the lower one. L10 (covers) never enters the median and not the line's own amount either, because
the line adds its covers by itself; L11 (expected loss) stands beside them for the approver.
Worked: L2 80, L3 122.50, L7 144 → median 122.50; without L2 the two left make 133.25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from msgspec.structs import replace

from xinheng.credit import further_limits, limit_method, scale
from xinheng.credit.further_limits import Collateral
from xinheng.credit.limit_method import Balance, Combined, MethodValue
from xinheng.decisions import features
from xinheng.decisions.features import Filed, Settings
from xinheng.decisions.records import Further
from xinheng.receivables.behaviour import Behaviour

_FIRST = ("L1", "L3", "L5", "L7")
_BPS = Decimal(10_000)


class Ways(NamedTuple):
    """Which methods a version of the limit policy lets meet, and of which only the lower counts."""

    median_of: tuple[str, ...] = _FIRST
    lower_of: tuple[str, ...] = ()
    further: bool = False


class Suggested(NamedTuple):
    """The suggestion for the line itself, and what covers add to it."""

    combined: Combined
    secured_minor: int


def ways_of(body: Mapping[str, Any]) -> Ways:
    """Of a limit policy's body; version 1 does not name its methods."""
    if "median_of" not in body:
        return Ways()
    return Ways(tuple(body["median_of"]), tuple(body.get("lower_of", ())), True)


def suggest(
    paying: Behaviour | None,
    filed: Filed | None,
    capital_minor: int | None,
    further: Further,
    grade: str | None,
    currency: str,
    settings: Settings,
    ways: Ways,
) -> Suggested:
    """Every method's value, in the currency the customer is invoiced in, and what they make."""
    terms = features.terms_of(paying, settings)
    methods = features.methods_of(paying, filed, terms)
    secured = MethodValue("L10", 0, None, {})
    if ways.further:
        same = filed is not None and filed.currency == currency
        balance = balance_of(filed if same else None)
        secured = _covers(further, currency)
        methods = _in_order(
            (
                *methods,
                further_limits.working_capital(balance),
                further_limits.orders(further.orders.get(currency), terms),
                _purchases(further, terms, currency),
                _peers(further, currency),
                further_limits.quick(capital_minor=capital_minor if same else None),
                secured,
                _expected_loss(paying, grade, settings),
            )
        )
    meeting = _meeting(methods, ways)
    combined = limit_method.combine(meeting, grade, features.caps_of(paying, settings))
    return Suggested(replace(combined, methods=methods), secured.value_minor or 0)


def under(combined: Combined, grade: str | None) -> Combined:
    """The same suggestion under a grade that a person put in the model's place: a worse one lowers
    it, a better one changes nothing.
    """
    if grade is None or combined.grade is None or combined.median_minor is None:
        return combined
    if scale.grade_rank(grade) <= scale.grade_rank(combined.grade):
        return combined
    coefficient = limit_method.grade_coefficient(grade)
    whole = min([int(combined.median_minor * Fraction(coefficient)), *combined.caps.values()])
    return replace(
        combined,
        limit_minor=limit_method.round_down(whole),
        unrounded_minor=whole,
        grade=grade,
        grade_coefficient=str(coefficient),
        decisive="grade",
    )


def balance_of(filed: Filed | None) -> Balance:
    """What the methods read of a statement; all unknown without one."""
    figures = filed.figures if filed is not None else {}
    return Balance(**{name: figures.get(name) for name in Balance.__struct_fields__})


def _in_order(methods: Sequence[MethodValue]) -> tuple[MethodValue, ...]:
    return tuple(sorted(methods, key=lambda one: int(one.method[1:])))


def _meeting(methods: Sequence[MethodValue], ways: Ways) -> list[MethodValue]:
    """The values of the median; of the methods that share a seat only the lowest known one."""
    met = [one for one in methods if one.method in ways.median_of]
    sharing = [one for one in met if one.method in ways.lower_of and one.value_minor is not None]
    if len(sharing) < 2:
        return met
    kept = further_limits.lower_of(*sharing)
    return [one for one in met if one is kept or one not in sharing]


def _purchases(further: Further, terms: int, currency: str) -> MethodValue:
    """L6 from verified facts of the file."""
    if further.purchases is not None and further.purchases[1] != currency:
        return MethodValue("L6", None, "other_currency", {})
    minor = further.purchases[0] if further.purchases else None
    share = None if further.our_share_pct is None else further.our_share_pct / 100
    return further_limits.purchases(minor, share, terms)


def _peers(further: Further, currency: str) -> MethodValue:
    if further.peers and further.peers_in != currency:
        return MethodValue("L8", None, "other_currency", {})
    return further_limits.peers(further.peers)


def _covers(further: Further, currency: str) -> MethodValue:
    """L10: each cover in its line's currency, by the share of it that counts."""
    mine = [
        Collateral(minor, Decimal(bps) / _BPS)
        for whose, minor, bps in further.covers
        if whose == currency
    ]
    return further_limits.security(0, Decimal(0), mine)


def _expected_loss(paying: Behaviour | None, grade: str | None, settings: Settings) -> MethodValue:
    """L11: the budget is a share of a year's sales; the PD is the upper end of the grade's band."""
    if grade is None:
        return MethodValue("L11", None, "not_rated", {})
    bought = paying.sales_minor if paying is not None and paying.sales_days else 0
    shares = settings.risk_budget_bps, settings.loss_given_default_bps
    if paying is None or bought <= 0 or None in shares:
        return further_limits.expected_loss(None, None, None)
    yearly = bought * 365 // paying.sales_days
    budget = int(yearly * (settings.risk_budget_bps or 0) // _BPS)
    lgd = Decimal(settings.loss_given_default_bps or 0) / _BPS
    return further_limits.expected_loss(budget, scale.pd_bounds(grade)[1], lgd)
