"""`xinheng user add | list | deactivate`: the people of an installation, so that a second person
can decide what the first one asked for.

`add NAME --role ROLE --json` prints {"username", "password", …}: the password is random, shown this
once and kept nowhere. Without `--unit` the person sees the whole book.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.database import django_ready
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(no_args_is_help=True, add_completion=False, help="用户 · People who sign in")
PASSWORD_BYTES = 12  # 16 characters, about 95 bits


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="用户名 · The name to sign in with")],
    role: Annotated[
        list[str], typer.Option("--role", help="角色，可多次给出 · A role; may be given again")
    ],
    unit: Annotated[
        str | None, typer.Option("--unit", help="业务单元编码 · Code of the one unit to see")
    ] = None,
    full_name: Annotated[str, typer.Option("--full-name", help="姓名 · Full name")] = "",
    as_json: Json = False,
) -> None:
    """新建用户，密码只显示一次 · Add a person; the password is shown once."""
    django_ready()
    from xinheng.people.actions import create_user
    from xinheng.people.actor import system
    from xinheng.people.queries import company

    if company() is None:
        raise Trouble(
            "系统尚未初始化：请先完成设置页面。",
            "This installation is not set up: finish the set-up page first.",
            Exit.FAILED,
        )
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    user = create_user(
        username,
        password,
        name=full_name or username,
        roles=role,
        unit_code=unit,
        sees_all_units=unit is None,
        actor=system("cli"),
        at=datetime.now(UTC),
    )
    answer = _told(user) | {"password": password}
    say(answer, as_json, lambda: _show_added(answer))


@app.command("list")
def list_users(as_json: Json = False) -> None:
    """列出用户 · List the people."""
    django_ready()
    from xinheng.people.models import User

    users = User.objects.select_related("business_unit").prefetch_related("roles")
    listed = [_told(user) for user in users.order_by("username")]
    say(listed, as_json, lambda: _show(listed))


@app.command()
def deactivate(
    username: Annotated[str, typer.Argument(help="用户名 · The name to sign in with")],
    as_json: Json = False,
) -> None:
    """停用用户：不能再登录，其密钥失效 · End a person's access; their keys stop working."""
    django_ready()
    from xinheng.people.actions import deactivate_user
    from xinheng.people.actor import system

    ended = deactivate_user(username, actor=system("cli"), at=datetime.now(UTC))
    said = "已停用 · Deactivated" if ended else "此前已停用 · It was inactive before"
    say({"username": username, "deactivated": ended}, as_json, lambda: print(said))


def _told(user: Any) -> dict[str, Any]:
    return {
        "username": user.username,
        "name": user.name,
        "roles": sorted(role.code for role in user.roles.all()),
        "unit": user.business_unit.code if user.business_unit else None,
        "active": user.is_active,
    }


def _show_added(answer: dict[str, Any]) -> None:
    print(f"用户 · User: {answer['username']}    密码 · Password: {answer['password']}")
    print("密码只显示这一次 · The password is shown this once.")


def _show(listed: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for head in ("用户名 · User", "姓名 · Name", "角色 · Roles", "业务单元 · Unit", "状态 · State"):
        table.add_column(head, overflow="fold")
    for user in listed:
        state = "有效 · active" if user["active"] else "停用 · inactive"
        unit = user["unit"] or "全部 · all"
        table.add_row(user["username"], user["name"], " ".join(user["roles"]), unit, state)
    Console().print(table)
