"""`xinheng customer CODE`: a customer's credit file in figures, the same that GET
/api/v1/customers/{code} tells.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import customer_coded
from xinheng.operate.database import django_ready


def command(
    code: Annotated[str, typer.Argument(help="客户编码 · The customer's code")],
    as_json: Json = False,
) -> None:
    """查看一个客户的信用档案 · Show a customer's credit file."""
    django_ready()
    from xinheng.people.queries import WholeBook
    from xinheng.portfolio.file import credit_file_summary

    customer = customer_coded(code)
    summary = credit_file_summary(customer, WholeBook(), datetime.now(UTC))
    say(summary, as_json, lambda: _show(summary))


def _show(summary: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    marks = "（模拟 · simulated）" if summary["simulated"] else ""
    console.print(
        f"[bold]{summary['code']}[/bold]  {summary['name']}  {summary['name_en']} {marks}"
    )
    grade = summary["grade"] or "未评级 · not rated"
    console.print(
        f"状态 · Status  {summary['status']}    等级 · Rating  {grade}"
        f"  {summary['points'] or ''}    有效至 · until  {summary['rating_valid_until'] or '-'}"
    )
    table = Table(
        "币种 · Currency",
        "额度 · Limit",
        "占用 · Used",
        "可用 · Headroom",
        "未清 · Open",
        "逾期 · Overdue",
        "最长天数 · Oldest days",
    )
    for line in summary["limits"]:
        names = ("currency", "limit", "used", "headroom", "open", "overdue", "oldest_overdue_days")
        table.add_row(
            *(str(line.get(name) if line.get(name) is not None else "-") for name in names)
        )
    console.print(table)
