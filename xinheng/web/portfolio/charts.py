"""Charts of the portfolio as ECharts options: series and axes only; ink, lines and fonts are the
theme's (app.js).

Amounts travel as decimal text in ten-thousands, so that no money becomes a float on the server. A
colour that starts with "--" names a token of the style sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xinheng.credit.money import divide_half_up, exponent, to_text
from xinheng.texts import T
from xinheng.web.portfolio.figures import Due


def due_chart(weeks: Sequence[Due], currency: str) -> dict[str, Any]:
    """Overdue and the coming weeks as zero-based columns."""
    names = [
        week.start.strftime("%m-%d") if week.start else str(T("已逾期", "Overdue"))
        for week in weeks
    ]
    unit = str(T("万元" if currency == "CNY" else f"万 {currency}", f"{currency} 10,000"))
    bars = [
        {
            "value": ten_thousands(week.minor, currency),
            "itemStyle": {"color": "--xh-late" if week.start is None else "--xh-c2"},
        }
        for week in weeks
    ]
    return {
        "xAxis": {"type": "category", "data": names},
        "yAxis": {"type": "value", "name": unit, "min": 0},
        "series": [{"type": "bar", "name": unit, "barMaxWidth": 36, "data": bars}],
    }


def ten_thousands(minor: int, currency: str) -> str:
    """With two decimals, HALF_UP, as text: 123456700 CNY → "123.46"."""
    return to_text(divide_half_up(minor * 100, 10_000 * 10 ** exponent(currency)), "CNY")
