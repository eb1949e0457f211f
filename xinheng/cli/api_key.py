"""`xinheng api-key create | list | revoke`: keys for the API.

`create NAME --json` prints {"key": "xk_…", …}; the key is shown this once and kept nowhere. A key
acts for its owner (`--owner USER`): it can't do more, sees the same rows, and the owner may not
release what it asked for. Without an owner it is the installation's own and sees every customer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(no_args_is_help=True, add_completion=False, help="API 密钥 · Keys for the API")

DEFAULT_SCOPES = ["orders.check", "customers.view", "decisions.view", "portfolio.view"]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help="权限，可多次给出 · A permission word; may be given again"),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="用途，例如 erp · What it is for, such as erp")],
    owner: Annotated[str, typer.Option("--owner", help="负责人用户名 · User who answers")] = "",
    scope: Scopes = None,
    expires: Annotated[
        datetime | None,
        typer.Option("--expires", formats=["%Y-%m-%d"], help="失效日 · Ends on this day (UTC)"),
    ] = None,
    as_json: Json = False,
) -> None:
    """新建密钥，只显示一次 · Make a key; it is shown once."""
    django_ready()
    from xinheng.people.actions import create_api_key
    from xinheng.people.actor import system

    key, text = create_api_key(
        name,
        owner=_owner(owner),
        scopes=scope or DEFAULT_SCOPES,
        actor=system("cli"),
        at=datetime.now(UTC),
        expires_at=expires.replace(tzinfo=UTC) if expires else None,
    )
    answer = {"key": text, **_told(key)}
    say(answer, as_json, lambda: print(f"{text}\n\n只显示这一次 · Shown this once."))


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """列出密钥（不含密文）· List the keys, without their secrets."""
    django_ready()
    from xinheng.people.models import ApiKey

    keys = [_told(key) for key in ApiKey.objects.select_related("owner").order_by("pk")]
    say(keys, as_json, lambda: _show(keys))


@app.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="xk_ 之后的 12 位 · The 12 digits after xk_")],
    as_json: Json = False,
) -> None:
    """吊销密钥 · End a key for ever."""
    django_ready()
    from xinheng.people.actions import revoke_api_key
    from xinheng.people.actor import system

    short = prefix.removeprefix("xk_").split("_")[0]
    ended = revoke_api_key(short, actor=system("cli"), at=datetime.now(UTC))
    said = "已吊销 · Revoked" if ended else "此前已吊销 · It was revoked before"
    say({"prefix": short, "revoked": ended}, as_json, lambda: print(said))


def _owner(username: str) -> Any:
    from xinheng.people.models import User

    if not username:
        return None
    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Trouble(f"没有用户“{username}”。", f"There is no user “{username}”.", Exit.FAILED)
    return found


def _told(key: Any) -> dict[str, Any]:
    return {
        "name": key.name,
        "prefix": key.prefix,
        "owner": key.owner.username if key.owner else None,
        "scopes": list(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def _show(keys: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("前缀 · Prefix", "名称 · Name", "负责人 · Owner", "权限 · Scopes", "状态 · State")
    for key in keys:
        state = "已吊销 · revoked" if key["revoked_at"] else "有效 · live"
        scopes = " ".join(key["scopes"])
        table.add_row(key["prefix"], key["name"], key["owner"] or "-", scopes, state)
    Console().print(table)
