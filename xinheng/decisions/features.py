"""From a customer's ledger and statement to what the card scores and the limit methods reckon with.

Pure: values in, values out, so that the same figures give the same assessment again. A figure that
is not known is None and stays None: it is never filled in. Example: payment index 72.10, 6.50 days
late on average, nothing overdue, 14 months of history → the inputs of the behaviour card;
1,200,000.00 of sales in 365 days on 30 days' terms, 6.50 days late → method L7: 1,200,000 ÷ 365 ×
36.5 × 1.2 = 144,000.00.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from xinheng.credit import altman, limit_method
from xinheng.credit.limit_method import MethodValue
from xinheng.credit.scorecard import Input
from xinheng.receivables.behaviour import Behaviour

L5_MONTHS = 6


class Filed(NamedTuple):
    """A statement as far as an assessment reads it; figures are minor units of its currency."""

    period_end: date
    currency: str
    figures: Mapping[str, int]


class Settings(NamedTuple):
    """The live assessment policy's numbers."""

    rating_valid_days: int
    default_terms_days: int
    terms_days_max: int
    cap_months_of_sales: int
    statement_age_days_max: int
    # what a statement that nobody verified counts for: use | worse | ignore
    unverified_statements: str = "use"
    # method L11: None where the policy does not say
    risk_budget_bps: int | None = None
    loss_given_default_bps: int | None = None


def settings_of(body: Mapping[str, Any]) -> Settings:
    """Version 1 says nothing of unverified statements: they count."""
    return Settings(
        rating_valid_days=int(body["rating_valid_days"]),
        default_terms_days=int(body["default_terms_days"]),
        terms_days_max=int(body["terms_days_max"]),
        cap_months_of_sales=int(body["cap_months_of_sales"]),
        statement_age_days_max=int(body["statement_age_days_max"]),
        unverified_statements=body.get("unverified_statements", "use"),
        risk_budget_bps=body.get("risk_budget_bps_of_sales"),
        loss_given_default_bps=body.get("loss_given_default_bps"),
    )


def usable(filed: Filed | None, as_of: date, settings: Settings) -> Filed | None:
    """The statement, unless it is from the future or too old to say anything about today."""
    if filed is None or filed.period_end > as_of:
        return None
    oldest = as_of - timedelta(days=settings.statement_age_days_max)
    return filed if filed.period_end >= oldest else None


def card_inputs(
    paying: Behaviour | None, filed: Filed | None, *, manufacturing: bool
) -> dict[str, Input]:
    """The behaviour card's inputs. Nobody has told us of red lines yet, so they are absent."""
    inputs: dict[str, Input] = {"altman_zone": _zone(filed, manufacturing)}
    if paying is not None:
        inputs |= {
            "payment_index": paying.payment_index,
            "days_late_weighted": paying.days_late_weighted,
            "overdue_share_pct": paying.overdue_share_pct,
            "oldest_dpd": paying.oldest_dpd,
            "months_of_history": paying.months_of_history,
            "days_late_trend": paying.days_late_trend,
        }
    return inputs


def _zone(filed: Filed | None, manufacturing: bool) -> str | None:
    """The Altman zone; a market value in the statement says that the firm is listed."""
    if filed is None:
        return None
    names = altman.Statement.__struct_fields__
    statement = altman.Statement(**{name: filed.figures.get(name) for name in names})
    listed = statement.market_value is not None
    return altman.score(statement, altman.choose(listed=listed, manufacturing=manufacturing)).zone


def terms_of(paying: Behaviour | None, settings: Settings) -> int:
    """The terms to propose: what the customer usually has, else the default, never above the
    maximum.
    """
    usual = paying.terms_days if paying is not None else None
    return min(settings.default_terms_days if usual is None else usual, settings.terms_days_max)


def methods_of(
    paying: Behaviour | None, filed: Filed | None, terms_days: int
) -> tuple[MethodValue, ...]:
    """Every limit method's value, in the currency the customer is invoiced in.

    A statement in another currency is not converted: its methods are not available then.
    """
    same = filed is not None and (paying is None or filed.currency == paying.currency)
    figures: Mapping[str, int] = filed.figures if filed is not None and same else {}
    names = limit_method.Balance.__struct_fields__
    balance = limit_method.Balance(**{name: figures.get(name) for name in names})
    receipts = tuple(paying.receipts_by_month) if paying is not None else ()
    # Months without any receipt are no sign that little credit is needed: they are no sign at all.
    newest = receipts[-L5_MONTHS:] if any(receipts[-L5_MONTHS:]) else ()
    bought = paying.sales_minor if paying is not None and paying.sales_minor > 0 else None
    return (
        limit_method.net_assets(balance),
        limit_method.working_assets(balance),
        limit_method.receipts(newest, terms_days),
        limit_method.sales_and_days(
            bought,
            paying.sales_days if paying is not None else 0,
            terms_days,
            paying.days_late_weighted if paying is not None else None,
        ),
    )


def caps_of(paying: Behaviour | None, settings: Settings) -> dict[str, int]:
    """What no method may pass: so many months of what the customer buys (a month is 30 days)."""
    if paying is None or paying.sales_minor <= 0 or not paying.sales_days:
        return {}
    days = settings.cap_months_of_sales * 30
    return {"months_of_sales": paying.sales_minor * days // max(paying.sales_days, days)}
