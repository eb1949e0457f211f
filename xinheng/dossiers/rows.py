"""The rows that doors hand to this room: financial statements, and facts with their source.

`figures` holds integer minor units under the names in FIGURES; what a statement does not say is
absent, never 0. Example: {"total_assets": 250000, "total_liabilities": 150000, "equity": 100000}.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct

FIGURES = (
    "total_assets",
    "current_assets",
    "inventory",
    "receivables",
    "cash",
    "intangible_assets",
    "total_liabilities",
    "current_liabilities",
    "equity",
    "retained_earnings",
    "sales",
    "cost_of_sales",
    "ebit",
    "interest",
    "profit_before_tax",
    "net_income",
    "depreciation",
    "amortisation",
    "deferred_tax",
    "operating_cash_flow",
    "market_value",
    "payables",
    "debt",
)


class StatementRow(Struct, frozen=True, kw_only=True):
    """One statement. Of a standard (cas, ifrs) it tells `lines` and the figures follow from them;
    a brief one tells figures only.
    """

    customer_code: str
    period_end: date
    currency: str
    figures: dict[str, int] = {}
    standard: str = "brief"
    lines: dict[str, int] = {}
    consolidated: bool = False
    audit_opinion: str = ""
    auditor: str = ""
    document_id: UUID | None = None
    customer_name: str = ""
    months: int = 12
    source: str = ""
    simulated: bool = False


class NewFact(Struct, frozen=True, kw_only=True):
    """What a person enters about one field; `value` as typed ("1200.50 CNY", "2026-11-22")."""

    customer_code: str
    field: str
    value: str
    source: str
    reliability: str
    observed_on: date | None = None  # None: today
    valid_from: date | None = None
    valid_until: date | None = None
    evidence: str = ""
    legal_basis: str = ""
