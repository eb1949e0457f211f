"""`xinheng demo load | remove | accounts`: the demonstration book in, out, and who may sign in to
it.

`accounts --json` prints [{"username", "role", "name", "password"}]; a password is shown once by
this command, then null; `--reset` makes new ones. `ensure()` is what the start-up calls: it loads
the book where nothing is yet.
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
    help="演示数据与演示账号 · The demonstration book and its accounts",
)


def ensure() -> list[dict[str, Any]]:
    """The demonstration accounts, loading the book first where nothing is; [] without a book."""
    django_ready()
    from xinheng.connectors.demo import load

    return load.ensure(at=datetime.now(UTC))


@app.command()
def load(as_json: Json = False) -> None:
    """载入演示数据（仅限空系统）· Load the book; only into an installation that holds nothing."""
    django_ready()
    from rich.console import Console

    from xinheng.connectors.demo import load as loading
    from xinheng.connectors.demo.accounts import forget_sealed
    from xinheng.connectors.demo.removal import remove as remove_book

    at = datetime.now(UTC)
    if loading.interrupted():
        remove_book(at=at)
    elif loading.occupied():
        raise Trouble(
            "系统中已有公司资料，演示数据只能载入空系统。可用 demo remove 移除旧的演示数据。",
            "This installation holds a company already; the book goes into an empty one."
            " `demo remove` takes an old demonstration away.",
            Exit.FAILED,
        )
    console = Console(stderr=True)
    with console.status("…") as status:
        done = loading.load(at=at, tell=status.update)
    forget_sealed()  # they are shown right here
    say(done, as_json, lambda: _show_loaded(done))


@app.command()
def remove(
    as_json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不再确认 · Do not ask")] = False,
) -> None:
    """移除演示数据；您自己的数据不受影响 · Take the book away; what is yours stays."""
    django_ready()
    from xinheng.cli.prepare import first_content
    from xinheng.connectors.demo.removal import remove as remove_book
    from xinheng.people.queries import company

    if not (yes or as_json):
        typer.confirm("移除全部演示数据？· Remove all of the demonstration?", abort=True)
    removed = remove_book(at=datetime.now(UTC))
    if company() is None:  # the next start asks for the first administrator
        first_content(empty=True)
    total = sum(removed.values())
    say(
        {"removed": removed},
        as_json,
        lambda: print(f"已移除 {total} 行 · {total} rows removed; 存证账本保留 · the ledger stays"),
    )


@app.command()
def accounts(
    reset: Annotated[
        bool, typer.Option("--reset", help="重新生成密码 · Make new passwords")
    ] = False,
    as_json: Json = False,
) -> None:
    """演示账号；密码只显示一次 · Who may sign in; a password is shown once."""
    django_ready()
    from xinheng.connectors.demo import accounts as people
    from xinheng.people.actor import system

    if reset:
        listed = people.reset(actor=system("cli"), at=datetime.now(UTC))
    else:
        shown_now = people.take_sealed(at=datetime.now(UTC))
        listed = people.listed(list(people.users().values()), shown_now)
    say(listed, as_json, lambda: _show_accounts(listed))


def _show_loaded(done: dict[str, Any]) -> None:
    counts = done["counts"]
    print(
        f"{counts['customers']} 个客户、{counts['invoices']} 张发票、{counts['receipts']} 笔收款、"
        f"{counts['granted']} 条授信、{counts['waiting']} 单待处理"
    )
    print(
        f"{counts['customers']} customers, {counts['invoices']} invoices, {counts['receipts']}"
        f" receipts, {counts['granted']} credit lines, {counts['waiting']} orders waiting"
    )
    _show_accounts(done["accounts"])


def _show_accounts(listed: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not listed:
        print("没有演示账号 · There are no demonstration accounts")
        return
    table = Table("用户名 · User", "角色 · Role", "姓名 · Name", "密码 · Password")
    for one in listed:
        hidden = "已显示过 · shown before (--reset)"
        table.add_row(one["username"], one["role"], one["name"], one["password"] or hidden)
    Console().print(table)
