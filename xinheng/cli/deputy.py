"""`xinheng deputy add | end | list`: who releases holds in whose absence.

`add PERSON DEPUTY --until DAY [--from DAY] [--up-to 500000.00 --currency CNY]`: without a ceiling
as far as the person's own authority goes. Example: `xinheng deputy add alice chen --until
2026-12-05 --up-to 200000.00 --currency CNY`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.cli.typed import minor, person_named
from xinheng.operate.database import django_ready

if TYPE_CHECKING:
    from xinheng.people.models import Deputy

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="放行代理人 · Deputies who release holds"
)


@app.command()
def add(
    person: Annotated[str, typer.Argument(help="被代理人用户名 · Who is away")],
    deputy: Annotated[str, typer.Argument(help="代理人用户名 · Who decides meanwhile")],
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="最后一天 · Last day")
    ],
    start: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="第一天，缺省今天 · First day"),
    ] = None,
    up_to: Annotated[str, typer.Option("--up-to", help="金额上限 · Ceiling, 500000.00")] = "",
    currency: Annotated[str, typer.Option("--currency", help="上限的币种 · Of the ceiling")] = "",
    as_json: Json = False,
) -> None:
    """指定代理人 · Name a deputy."""
    django_ready()
    from xinheng.people.actor import system
    from xinheng.people.deputies import appoint_deputy
    from xinheng.people.queries import today

    at = datetime.now(UTC)
    made = appoint_deputy(
        person_named(person),
        person_named(deputy),
        start.date() if start else today(at),
        until.date(),
        currency=currency.upper(),
        up_to_minor=minor(up_to, currency.upper()) if up_to else None,
        actor=system("cli"),
        at=at,
    )
    say(_told(made), as_json, lambda: _show([_told(made)]))


@app.command()
def end(
    deputy_id: Annotated[int, typer.Argument(help="编号，见 list · The number that list shows")],
    as_json: Json = False,
) -> None:
    """结束代理 · End a deputy's time."""
    django_ready()
    from xinheng.people.actor import system
    from xinheng.people.deputies import end_deputy

    ended = end_deputy(deputy_id, actor=system("cli"), at=datetime.now(UTC))
    said = "已结束 · Ended" if ended else "此前已结束 · It had ended before"
    say({"id": deputy_id, "ended": ended}, as_json, lambda: print(said))


@app.command("list")
def list_deputies(as_json: Json = False) -> None:
    """列出代理人 · List the deputies."""
    django_ready()
    from xinheng.people.models import Deputy

    rows = Deputy.objects.select_related("person", "deputy").order_by("-valid_from", "-id")
    told = [_told(row) for row in rows]
    say(told, as_json, lambda: _show(told))


def _told(row: Deputy) -> dict[str, Any]:
    from xinheng.credit.money import to_text

    ceiling = None if row.up_to_minor is None else to_text(row.up_to_minor, row.currency)
    return {
        "id": row.pk,
        "person": row.person.username,
        "deputy": row.deputy.username,
        "from": row.valid_from,
        "until": row.valid_until,
        "up_to": ceiling,
        "currency": row.currency or None,
        "ended": row.ended_at is not None,
    }


def _show(told: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not told:
        print("没有代理人 · No deputies")
        return
    table = Table()
    heads = ("编号 · Id", "被代理人 · For", "代理人 · Deputy", "期间 · Days", "上限 · Up to")
    for head in heads:
        table.add_column(head, overflow="fold")
    for one in told:
        cap = f"{one['up_to']} {one['currency']}" if one["up_to"] else "–"
        days = f"{one['from']} … {one['until']}" + ("（已结束 · ended）" if one["ended"] else "")
        table.add_row(str(one["id"]), one["person"], one["deputy"], days, cap)
    Console().print(table)
