"""`xinheng up`: starts the whole house and says where it is; Ctrl-C ends it."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

from xinheng.cli.answer import Json
from xinheng.operate import supervisor


def command(
    port: Annotated[int, typer.Option(help="端口 · Port", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="监听地址 · Address to listen on")] = "127.0.0.1",
    empty: Annotated[
        bool, typer.Option("--empty", help="不装演示数据 · Start without the demonstration book")
    ] = False,
    as_json: Json = False,
) -> None:
    """Runs until it is stopped; with --json the only line on stdout says where it answers."""
    wish = supervisor.Wish(port=port, host=host, empty=empty)
    supervisor.run(wish, os.environ, _tell, _announce_json if as_json else _announce)
    _tell("已停止，数据已保存 · Stopped, everything is kept")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _announce(ready: supervisor.Ready) -> None:
    print(f"\n信衡已启动 · Xinheng is up ({ready.seconds:.1f} s)\n\n    {ready.url}\n")
    if ready.setup_url:
        print("首次设置（链接只能用一次）· First set-up (the link works once)")
        print(f"    {ready.setup_url}\n")
    if ready.accounts:
        _announce_accounts(ready.accounts)
    print(f"数据 · Data   {ready.data_folder}")
    print("停止 · Stop   Ctrl-C", flush=True)


def _announce_accounts(accounts: list[dict[str, str | None]]) -> None:
    print("演示账号 · Demonstration accounts")
    for account in accounts:
        password = account.get("password") or "（已显示过 · shown before）"
        print(f"    {account['username']:<10} {account['role'] or '':<16} {password}")
    if any(account.get("password") for account in accounts):
        print("    密码只显示这一次 · These passwords are shown only now")
    print("    新密码 · New passwords: .venv/bin/xinheng demo accounts --reset\n")


def _announce_json(ready: supervisor.Ready) -> None:
    told = {
        "url": ready.url,
        "seconds": f"{ready.seconds:.2f}",
        "data": str(ready.data_folder),
        "accounts": ready.accounts,
        "setup_url": ready.setup_url,
    }
    print(json.dumps(told, ensure_ascii=False), flush=True)
