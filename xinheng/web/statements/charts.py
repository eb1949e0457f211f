"""Trends of statements as ECharts options, the oldest year first; a table stands below each.

Amounts travel as decimal text in ten-thousands, ratios as they are shown. Colours are the style
sheet's tokens.
"""

from __future__ import annotations

from typing import Any

from xinheng.dossiers.statement_ratios import ratios
from xinheng.texts import T
from xinheng.web.portfolio.charts import ten_thousands
from xinheng.web.statements.reading import Column, Years

_BARS = (
    ("sales", T("营业收入", "Sales"), "--xh-c2"),
    ("net_income", T("净利润", "Net income"), "--xh-c1"),
    ("operating_cash_flow", T("经营现金流", "Operating cash flow"), "--xh-c4"),
)
_LINES = (
    ("liabilities_to_assets", T("资产负债率 %", "Liabilities to assets %"), "--xh-late"),
    ("gross_margin", T("毛利率 %", "Gross margin %"), "--xh-c1"),
    ("margin", T("销售净利率 %", "Net margin %"), "--xh-c3"),
)


def earnings_chart(shown: Years) -> dict[str, Any]:
    """Sales, net income and cash flow as columns."""
    columns = shown.columns[::-1]
    currency = shown.currency
    unit = str(T("万元" if currency == "CNY" else f"万 {currency}", f"{currency} 10,000"))
    series = [
        {
            "type": "bar",
            "name": str(name),
            "barMaxWidth": 28,
            "itemStyle": {"color": colour},
            "data": [_amount(column, code, currency) for column in columns],
        }
        for code, name, colour in _BARS
    ]
    return _option(columns, series, unit)


def ratio_chart(shown: Years) -> dict[str, Any]:
    """Leverage and margins as lines."""
    columns = shown.columns[::-1]
    told = [
        {one.code: one.value for one in ratios(c.statement.figures, c.statement.months)}
        for c in columns
    ]
    series = [
        {
            "type": "line",
            "name": str(name),
            "lineStyle": {"color": colour},
            "itemStyle": {"color": colour},
            "data": [None if row[code] is None else str(row[code]) for row in told],
        }
        for code, name, colour in _LINES
    ]
    return _option(columns, series, "%")


def _option(columns: list[Column], series: list[dict[str, Any]], unit: str) -> dict[str, Any]:
    names = [column.statement.period_end.strftime("%Y-%m") for column in columns]
    return {
        "legend": {"bottom": 0, "textStyle": {"color": "--xh-quiet"}},
        "grid": {"left": 8, "right": 8, "top": 28, "bottom": 32, "containLabel": True},
        "xAxis": {"type": "category", "data": names},
        "yAxis": {"type": "value", "name": unit},
        "series": series,
    }


def _amount(column: Column, code: str, currency: str) -> str | None:
    value = column.statement.figures.get(code)
    return None if value is None else ten_thousands(value, currency)
