"""The rows that a file of financial statements hands to this room.

`figures` holds integer minor units under the names in FIGURES; what a statement does not say is
absent, never 0. Example: {"total_assets": 250000, "total_liabilities": 150000, "equity": 100000}.
"""

from __future__ import annotations

from datetime import date

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
)


class StatementRow(Struct, frozen=True, kw_only=True):
    customer_code: str
    period_end: date
    currency: str
    figures: dict[str, int]
    customer_name: str = ""
    months: int = 12
    source: str = ""
    simulated: bool = False
