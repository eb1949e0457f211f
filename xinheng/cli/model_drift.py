"""`xinheng model drift`: the months that are due are read now, and the newest readings told.

What the jobs process does once an hour, on demand: `--all` reads every month anew. Exit code 0: no
shift; 1: something has shifted, or there is nothing to compare with.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.trouble import Trouble

if TYPE_CHECKING:
    from xinheng.modelling.models import DriftReading


def drift(
    again: Annotated[
        bool, typer.Option("--all", help="重新读取每个月 · Read every month anew")
    ] = False,
    as_json: Json = False,
) -> None:
    """漂移：本月客户群与评分卡的预期 · Drift of the live card from what it expects."""
    from xinheng.operate.database import django_ready

    django_ready()
    from xinheng.modelling import drifting

    at = datetime.now(UTC)
    one = drifting.watched()
    if one is None:
        raise Trouble("没有在用的评分卡", "no card is live")
    drifting.watch(at=at, again=again)
    months = one.readings().order_by("-month").values_list("month", flat=True)
    newest = months.first()
    if newest is None:
        least = drifting.LEAST_ROWS
        raise Trouble(
            f"还没有可比的月份：需要有一个月评过至少 {least} 户，再过一个月",
            f"no month to compare yet: one with {least} assessed customers is needed, and a later",
        )
    rows = [_told(row) for row in one.readings().filter(month=newest).order_by("-psi")]
    answer = {"card": one.name, "month": f"{newest:%Y-%m}", "readings": rows}
    say(answer, as_json, lambda: _show(answer))
    if any(row["verdict"] == "shift" for row in rows):
        raise typer.Exit(1)


def _told(row: DriftReading) -> dict[str, Any]:
    return {
        "characteristic": row.characteristic or "score",
        "psi": str(row.psi),
        "low": None if row.low is None else str(row.low),
        "high": None if row.high is None else str(row.high),
        "rows": row.rows,
        "verdict": row.verdict,
    }


def _show(answer: dict[str, Any]) -> None:
    print(f"{answer['card']}  {answer['month']}")
    for row in answer["readings"]:
        span = f"[{row['low']}, {row['high']}]" if row["low"] is not None else ""
        print(f"  {row['characteristic']:<24}{row['psi']:>10}  {row['verdict']:<7}{span}")
