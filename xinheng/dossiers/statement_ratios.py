"""Ratios of a statement: what each is made of, its value, and in which group it stands.

Values are `Decimal`, rounded once, HALF_UP, to the two digits shown; None where the statement does
not tell a figure or the denominator is not positive. Days count 30 a month of the period. Example
Z-1: current assets 1,200 over current liabilities 800 → current ratio 1.50, liabilities 1,500 over
assets 2,500 → 60.00 %; receivables 500 of sales 3,000 in 12 months → 60.00 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from xinheng.credit.money import round_half_up
from xinheng.texts import T

MONTH_DAYS: Final = 30
GROUPS: Final = {
    "liquidity": T("短期偿债", "Liquidity"),
    "debt": T("长期偿债", "Debt"),
    "earning": T("盈利", "Earnings"),
    "turnover": T("营运", "Turnover"),
    "cash": T("现金流", "Cash flow"),
}


class Ratio(Struct, frozen=True):
    """One ratio: what it says, how it is reckoned, its value ("%", "×" or days)."""

    code: str
    name: T
    formula: T
    value: Decimal | None
    unit: str
    group: str = ""

    @property
    def shown(self) -> T:
        """As people write it: 1.50×, 60.00%, 60.00 days."""
        if self.value is None:
            return T("–", "–")
        number = str(self.value).replace("-", "−")
        if self.unit == "days":
            return T(f"{number} 天", f"{number} days")
        return T(f"{number}{self.unit}", f"{number}{self.unit}")


class _Made(NamedTuple):
    """How a ratio is made: a sum of signed figures over a sum of figures."""

    group: str
    name: T
    formula: T
    unit: str
    upper: tuple[str, ...]
    lower: tuple[str, ...]


def ratios(figures: Mapping[str, int], months: int = 12) -> list[Ratio]:
    """The ratios of a statement's figures (integer minor units), in the order of the page."""
    return [
        Ratio(code, made.name, made.formula, _value(made, figures, months), made.unit, made.group)
        for code, made in _MADE.items()
    ]


def _value(made: _Made, figures: Mapping[str, int], months: int) -> Decimal | None:
    upper, lower = _sum(made.upper, figures), _sum(made.lower, figures)
    if upper is None or lower is None or lower <= 0:
        return None
    scale = {"%": 100, "days": MONTH_DAYS * months}.get(made.unit, 1)
    return round_half_up(Decimal(upper * scale) / Decimal(lower), 2)


def _sum(names: tuple[str, ...], figures: Mapping[str, int]) -> int | None:
    """Of "a" and "-b": a − b; None where one of them is not told."""
    total = 0
    for name in names:
        value = figures.get(name.removeprefix("-"))
        if value is None:
            return None
        total += -value if name.startswith("-") else value
    return total


_MADE: Final[dict[str, _Made]] = {
    "current": _Made(
        "liquidity",
        T("流动比率", "Current ratio"),
        T("流动资产 ÷ 流动负债", "current assets ÷ current liabilities"),
        "×",
        ("current_assets",),
        ("current_liabilities",),
    ),
    "quick": _Made(
        "liquidity",
        T("速动比率", "Quick ratio"),
        T("（流动资产 − 存货）÷ 流动负债", "(current assets − inventory) ÷ current liabilities"),
        "×",
        ("current_assets", "-inventory"),
        ("current_liabilities",),
    ),
    "cash_ratio": _Made(
        "liquidity",
        T("现金比率", "Cash ratio"),
        T("货币资金 ÷ 流动负债", "cash ÷ current liabilities"),
        "×",
        ("cash",),
        ("current_liabilities",),
    ),
    "liabilities_to_assets": _Made(
        "debt",
        T("资产负债率", "Liabilities to assets"),
        T("负债合计 ÷ 资产总计", "total liabilities ÷ total assets"),
        "%",
        ("total_liabilities",),
        ("total_assets",),
    ),
    "equity_to_assets": _Made(
        "debt",
        T("权益比率", "Equity to assets"),
        T("所有者权益 ÷ 资产总计", "equity ÷ total assets"),
        "%",
        ("equity",),
        ("total_assets",),
    ),
    "debt_to_equity": _Made(
        "debt",
        T("有息负债权益比", "Debt to equity"),
        T("有息负债 ÷ 所有者权益", "interest-bearing debt ÷ equity"),
        "%",
        ("debt",),
        ("equity",),
    ),
    "interest_cover": _Made(
        "debt",
        T("利息保障倍数", "Interest cover"),
        T("息税前利润 ÷ 利息费用", "EBIT ÷ interest"),
        "×",
        ("ebit",),
        ("interest",),
    ),
    "gross_margin": _Made(
        "earning",
        T("毛利率", "Gross margin"),
        T("（营业收入 − 营业成本）÷ 营业收入", "(sales − cost of sales) ÷ sales"),
        "%",
        ("sales", "-cost_of_sales"),
        ("sales",),
    ),
    "margin": _Made(
        "earning",
        T("销售净利率", "Net margin"),
        T("净利润 ÷ 营业收入", "net income ÷ sales"),
        "%",
        ("net_income",),
        ("sales",),
    ),
    "return_on_assets": _Made(
        "earning",
        T("总资产净利率", "Return on assets"),
        T("净利润 ÷ 资产总计", "net income ÷ total assets"),
        "%",
        ("net_income",),
        ("total_assets",),
    ),
    "return_on_equity": _Made(
        "earning",
        T("净资产收益率", "Return on equity"),
        T("净利润 ÷ 所有者权益", "net income ÷ equity"),
        "%",
        ("net_income",),
        ("equity",),
    ),
    "asset_turnover": _Made(
        "turnover",
        T("总资产周转率", "Asset turnover"),
        T("营业收入 ÷ 资产总计", "sales ÷ total assets"),
        "×",
        ("sales",),
        ("total_assets",),
    ),
    "receivable_days": _Made(
        "turnover",
        T("应收账款周转天数", "Days of receivables"),
        T("应收账款 ÷ 营业收入 × 期间天数", "receivables ÷ sales × days of the period"),
        "days",
        ("receivables",),
        ("sales",),
    ),
    "inventory_days": _Made(
        "turnover",
        T("存货周转天数", "Days of inventory"),
        T("存货 ÷ 营业成本 × 期间天数", "inventory ÷ cost of sales × days of the period"),
        "days",
        ("inventory",),
        ("cost_of_sales",),
    ),
    "payable_days": _Made(
        "turnover",
        T("应付账款周转天数", "Days of payables"),
        T("应付账款 ÷ 营业成本 × 期间天数", "payables ÷ cost of sales × days of the period"),
        "days",
        ("payables",),
        ("cost_of_sales",),
    ),
    "cash_flow_to_debt": _Made(
        "cash",
        T("现金流负债比", "Cash flow to liabilities"),
        T("经营现金流净额 ÷ 负债合计", "operating cash flow ÷ total liabilities"),
        "%",
        ("operating_cash_flow",),
        ("total_liabilities",),
    ),
    "cash_flow_to_income": _Made(
        "cash",
        T("净利润现金含量", "Cash content of income"),
        T("经营现金流净额 ÷ 净利润", "operating cash flow ÷ net income"),
        "%",
        ("operating_cash_flow",),
        ("net_income",),
    ),
}
