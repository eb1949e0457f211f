"""Which document each kind of policy is, and whether it can be used: the pure core's own loaders
decide.

The shipped files say their version. A body is checked when it is drafted and once more
when it goes live, because what is connected may have changed in between. Example: an order-check
policy that names a fact of a room that isn't connected here can't go live.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from xinheng.credit import authority_matrix, policy, scorecard
from xinheng.credit import shipped as credit_files

CONNECTED = frozenset({"customers", "limits", "receivables", "decisions", "dossiers"})
ASSESSMENT_NUMBERS = (
    "rating_valid_days",
    "default_terms_days",
    "terms_days_max",
    "cap_months_of_sales",
    "statement_age_days_max",
)
# What an assessment makes of a statement that nobody verified: counts it, counts it only where it
# makes things worse, or leaves it out. Version 1 did not say: it counted it.
UNVERIFIED = ("use", "worse", "ignore")
# Of method L11, in hundredths of a per cent; a body without them has no L11.
ASSESSMENT_SHARES = ("risk_budget_bps_of_sales", "loss_given_default_bps")
# What an assessment supplies to a scorecard: decisions/features.card_inputs, a test holds them so.
CARD_INPUTS = frozenset(
    {
        *("payment_index", "days_late_weighted", "overdue_share_pct", "oldest_dpd"),
        *("months_of_history", "days_late_trend", "altman_zone"),
    }
)
_HERE = Path(__file__).parent

SHIPPED: dict[str, str] = {
    "order_check": "policies/order_check_v3.json",
    "scorecard": "cards/behaviour_v1.json",
    "scale": "scale_v1.json",
    "limit": "limit_methods_v2.json",
    "authority_matrix": "authority_matrix_v1.json",
}
KINDS = (*SHIPPED, "assessment")


def shipped_body(kind: str) -> dict[str, Any]:
    """The document that ships for a kind. Figures in it are text or int: a float has no place."""
    if kind == "assessment":
        return _plain(json.loads((_HERE / "assessment_v2.json").read_text(encoding="utf-8")))
    return _plain(credit_files.document(SHIPPED[kind]))


def _plain(document: Any) -> dict[str, Any]:
    """A copy of its own, with `Decimal` as text, so that the database keeps it exactly."""
    plain: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return plain


def check(kind: str, body: Mapping[str, Any]) -> None:
    """Raises ValueError with the reason where the body can't be used."""
    _CHECKS[kind](body)


def _order_check(body: Mapping[str, Any]) -> None:
    policy.require_sources(policy.load(body), CONNECTED)


def _as_released(kind: str) -> Callable[[Mapping[str, Any]], None]:
    """The core reads these figures from its own release: a body that says otherwise would lie."""

    def check_body(body: Mapping[str, Any]) -> None:
        ours, theirs = (
            {key: value for key, value in one.items() if key not in ("name", "version")}
            for one in (shipped_body(kind), body)
        )
        if ours != theirs:
            raise ValueError(f"{kind} is read from the release: change it there, then adopt it")

    return check_body


def _assessment(body: Mapping[str, Any]) -> None:
    for key in ASSESSMENT_NUMBERS:
        number = body.get(key)
        if type(number) is not int or not 0 < number <= 3660:
            raise ValueError(f"{key}: give a whole number from 1 to 3660")
    if body.get("unverified_statements", "use") not in UNVERIFIED:
        raise ValueError(f"unverified_statements: give one of {', '.join(UNVERIFIED)}")
    for key in ASSESSMENT_SHARES:
        share = body.get(key, 1)
        if type(share) is not int or not 0 < share <= 10_000:
            raise ValueError(f"{key}: give a whole number from 1 to 10000")


def _scorecard(body: Mapping[str, Any]) -> None:
    card = scorecard.load(body)
    unsupplied = [one.key for one in card.characteristics if one.key not in CARD_INPUTS]
    if unsupplied:
        raise ValueError(f"nobody supplies {', '.join(unsupplied)} when customers are assessed")


def _authority_matrix(body: Mapping[str, Any]) -> None:
    authority_matrix.load(body)


_CHECKS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "order_check": _order_check,
    "scorecard": _scorecard,
    "scale": _as_released("scale"),
    "limit": _as_released("limit"),
    "assessment": _assessment,
    "authority_matrix": _authority_matrix,
}
