"""Charts and bars of a model as numbers: curves for the chart library, bars in thousandths.

Every drawing stands beside its figures in a table, so nothing is lost to who sees none. Example:
WOE from −1.2 to 0.8 is drawn on a scale of 2.0: zero stands at 600 ‰.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from xinheng.texts import T

WIDTH: Final = 1000
_COLOURS: Final = ("--xh-c1", "--xh-c4")


@dataclass(frozen=True)
class Bar:
    """A bar from x, `width` wide; `back` where it runs below zero."""

    x: int
    width: int
    back: bool = False


def bars(values: Sequence[float]) -> tuple[int, list[Bar]]:
    """(where zero stands, a bar of each value)."""
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    zero = round((0.0 - low) / span * WIDTH)
    found = []
    for value in values:
        width = max(2, round(abs(value) / span * WIDTH))
        start = zero if value >= 0 else zero - width
        found.append(Bar(max(0, min(start, WIDTH - width)), width, value < 0))
    return zero, found


def ks_chart(reports: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Of all bads and all goods, the share among the riskiest so many percent: the gap is KS. Of
    two models only the bads are drawn.
    """
    series = []
    for number, (name, report) in enumerate(reports):
        rows = report["rows"]
        points = [{"rows": 0, "bads": 0.0, "goods": 0.0}, *report["ranks"]]
        bads = [[_pct(one["rows"] / rows), _pct(one["bads"])] for one in points]
        label = name if len(reports) > 1 else str(T("坏客户", "Bads"))
        series.append(_line(label, bads, _COLOURS[number % 2]))
        if len(reports) == 1:
            goods = [[_pct(one["rows"] / rows), _pct(one["goods"])] for one in points]
            series.append(_line(str(T("好客户", "Goods")), goods, "--xh-c2"))
    return _option(series, T("风险最高的 %", "Riskiest %"), T("累计 %", "Cumulated %"), 100)


def calibration_chart(report: Mapping[str, Any]) -> dict[str, Any]:
    """Observed against predicted by groups; on the line both are equal."""
    groups = report["curve"]
    most = _pct(max([one["predicted"] for one in groups] + [one["observed"] for one in groups]))
    points = [[_pct(one["predicted"]), _pct(one["observed"])] for one in groups]
    seen = _line(str(T("实际坏账率", "Observed")), points, "--xh-c1") | {
        "symbol": "circle",
        "symbolSize": 8,
    }
    even = _line(str(T("预测等于实际", "As predicted")), [[0, 0], [most, most]], "--xh-quiet")
    even["lineStyle"]["type"] = "dashed"
    return _option([seen, even], T("预测 %", "Predicted %"), T("实际 %", "Observed %"), None)


def _line(name: str, points: list[list[float]], colour: str) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        "showSymbol": True,
        "symbolSize": 4,
        "lineStyle": {"color": colour},
        "itemStyle": {"color": colour},
        "data": points,
    }


def _option(series: list[dict[str, Any]], x: T, y: T, most: int | None) -> dict[str, Any]:
    return {
        "legend": {"bottom": 0, "textStyle": {"color": "--xh-quiet"}},
        "grid": {"left": 8, "right": 16, "top": 28, "bottom": 52, "containLabel": True},
        "xAxis": {
            "type": "value",
            "name": str(x),
            "nameLocation": "middle",
            "nameGap": 26,
            "min": 0,
            **({} if most is None else {"max": most}),
        },
        "yAxis": {
            "type": "value",
            "name": str(y),
            "min": 0,
            **({} if most is None else {"max": most}),
        },
        "series": series,
    }


def _pct(share: float) -> float:
    return round(share * 100, 2)
