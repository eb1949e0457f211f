"""`xinheng doctor`: looks at everything an installation stands on, and says how to mend what is
amiss.

Each finding is one line: what was looked at, what was found, and for a bad one what to do. The exit
code is 0 when nothing is bad. It changes nothing but for starting the embedded database when it
does not run, as every command does.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate import locks
from xinheng.operate.database import django_ready
from xinheng.operate.paths import FREE_BYTES_MIN, REPOSITORY, Paths, paths_from
from xinheng.operate.supervisor import answer_of, instance
from xinheng.operate.trouble import Trouble

LAG_SECONDS_MAX = 60
PYTHON_MIN = (3, 11)


class Finding(NamedTuple):
    """One thing looked at; `mend` says what to do when it is not good."""

    what: str
    good: bool
    found: str
    mend: str = ""


def command(as_json: Json = False) -> None:
    """Looks at everything; exit code 1 when something needs mending."""
    findings = list(look(paths_from(os.environ)))
    good = all(finding.good for finding in findings)
    value = {"good": good, "findings": [finding._asdict() for finding in findings]}
    say(value, as_json, lambda: _show(findings))
    if not good:
        raise typer.Exit(1)


def look(paths: Paths) -> Iterator[Finding]:
    """All findings, those without a database first."""
    yield python()
    yield command_installed()
    yield assets()
    yield disk(paths)
    yield from key_modes(paths)
    yield running(paths)
    try:
        django_ready()
    except Trouble as trouble:
        yield Finding("数据库 · database", False, trouble.line)
        return
    for check in (database_version, migrations, company, ledger_lag):
        yield check()


def python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= PYTHON_MIN
    return Finding("Python", good, found, "需要 3.11 · 3.11 or later is needed")


def command_installed() -> Finding:
    inside = sys.prefix != sys.base_prefix
    return Finding("虚拟环境 · virtual environment", inside, sys.prefix, "make run")


def assets() -> Finding:
    """The front-end files that pages need; a package that was built has them inside."""
    folder = REPOSITORY / "xinheng" / "web" / "static" / "vendor"
    missing = [name for name in ("tabler.min.css", "icons.svg") if not (folder / name).exists()]
    return Finding(
        "前端文件 · front-end files",
        not missing,
        f"缺少 · missing: {', '.join(missing)}" if missing else str(folder),
        "make run",
    )


def disk(paths: Paths) -> Finding:
    where = paths.root if paths.root.exists() else paths.root.parent
    free = shutil.disk_usage(where).free if where.exists() else 0
    return Finding(
        "磁盘 · disk",
        free >= FREE_BYTES_MIN,
        f"{free // 1_048_576} MB free · {where}",
        "请腾出空间 · Free some space",
    )


def key_modes(paths: Paths) -> Iterator[Finding]:
    """The key folder is 0700 and every file in it 0600: anything wider may have been copied."""
    what = "密钥权限 · keys' modes"
    if not paths.keys.is_dir():
        yield Finding(what, True, "尚未建立 · none yet")
        return
    wide = [path for path in (paths.keys, *paths.keys.iterdir()) if _is_wide(path)]
    for path in wide:
        wanted = "700" if path.is_dir() else "600"
        mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
        yield Finding(what, False, f"{path} {mode}", f"chmod {wanted} {path}")
    if not wide:
        yield Finding(what, True, str(paths.keys))


def running(paths: Paths) -> Finding:
    """Whether a supervisor runs here, and whether its web process is ready."""
    what = "服务 · services"
    if not paths.instance_lock.exists() or not locks.held_by_another(paths.instance_lock):
        return Finding(what, True, "未运行 · not running (make run)")
    url = instance(paths).get("url", "")
    ready, said = answer_of(f"{url}readyz")
    return Finding(what, ready, f"{url} {said}".strip(), f"{paths.logs}/web.log")


def database_version() -> Finding:
    from django.db import connection

    connection.ensure_connection()
    number = connection.pg_version
    found = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    own = "DATABASE_URL" if os.environ.get("DATABASE_URL") else "embedded"
    return Finding("数据库 · database", True, f"{found} ({own})")


def migrations() -> Finding:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Finding(
        "表结构 · migrations",
        not missing,
        f"{len(missing)} 项未应用 · not applied" if missing else "齐全 · complete",
        "make run",
    )


def company() -> Finding:
    from django.db import DatabaseError

    from xinheng.people.queries import company as our_company

    try:
        found: Any = our_company()
    except DatabaseError:
        found = None
    name = getattr(found, "name", None) or "尚未设置 · not set up yet"
    return Finding("公司 · company", True, name)


def ledger_lag() -> Finding:
    """How long the oldest entry waits for its place; over a minute means nobody places."""
    from django.db import DatabaseError

    from xinheng.ledger.queries import backlog

    what = "存证 · ledger"
    try:
        waiting = backlog()
    except DatabaseError as error:
        return Finding(what, False, type(error).__name__, "make run")
    if waiting.oldest_at is None:
        return Finding(what, True, "无待排序条目 · nothing waits")
    seconds = int((datetime.now(UTC) - waiting.oldest_at).total_seconds())
    return Finding(
        what,
        seconds <= LAG_SECONDS_MAX,
        f"{waiting.count} 条，最早 {seconds} 秒 · {waiting.count} wait, the oldest for {seconds} s",
        "启动信衡，或查看 · Start Xinheng, or see: logs/sequencer.log",
    )


def _is_wide(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _show(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    for finding in findings:
        mark = "[green]✓[/]" if finding.good else "[red]✗[/]"
        console.print(f"{mark} {escape(finding.what)}  [dim]{escape(finding.found)}[/]")
        if not finding.good and finding.mend:
            console.print(f"    → {escape(finding.mend)}")
