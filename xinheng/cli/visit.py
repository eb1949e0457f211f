"""`xinheng visit list`: site visits that are planned, overdue, wait for review, or are over.

`--json` prints [{"id", "customer", "state", "planned_on", "overdue_days", "visitor", "points"}].
Planning, filling in and reviewing is done on the pages, where the form and the photos are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="实地走访：计划、逾期、待复核 · Site visits",
)
NAMES = ("planned_on", "customer", "state", "overdue_days", "visitor", "points", "id")


@app.callback()
def visits() -> None:
    """实地走访 · Site visits."""


@app.command("list")
def list_visits(
    tab: Annotated[
        str,
        typer.Option("--tab", help="planned、overdue、done、reviewed、cancelled · Which ones"),
    ] = "planned",
    as_json: Json = False,
) -> None:
    """列出走访 · List visits."""
    django_ready()
    from xinheng.inquiries.visits import TABS, visits
    from xinheng.people.queries import WholeBook, today

    if tab not in TABS:
        known = ", ".join(TABS)
        raise Trouble(f"没有“{tab}”，可用：{known}。", f"No “{tab}”: one of {known}.", Exit.FAILED)
    rows = [
        {
            "id": str(row.id),
            "customer": row.customer.code,
            "state": row.state,
            "planned_on": row.planned_on,
            "overdue_days": row.overdue_days,
            "visitor": row.visitor,
            "points": row.points,
        }
        for row in visits(WholeBook(), tab, today(datetime.now(UTC)))
    ]
    say(rows, as_json, lambda: _table(rows))


def _table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*NAMES)
    for row in rows:
        table.add_row(*("–" if row[name] is None else str(row[name]) for name in NAMES))
    Console().print(table)
