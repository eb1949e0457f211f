"""What a start does once, before the servers: migrations, static files, the first content.

Run by the supervisor in a process of its own; its last line on stdout is JSON with the accounts to
show or the token of the first-run page. An installation begun with `--empty` stays so until it is
set up: the token file in the data folder remembers the choice.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from xinheng.operate.database import django_ready


def command(empty: Annotated[bool, typer.Option("--empty")] = False) -> None:
    """Brings database and files to today's code; loads the demonstration where nothing is."""
    django_ready()
    migrate()
    make_keys()
    collect_static()
    print(json.dumps(first_content(empty=empty), ensure_ascii=False))


def migrate() -> bool:
    """Applies what is missing; asks first, because a full `migrate` costs a second every start."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def make_keys() -> None:
    """The first key file, before anything personal; refuses keys that others can read."""
    from xinheng.operate.trouble import Exit, Trouble
    from xinheng.vault.actions import start
    from xinheng.vault.keyring import KeyringError

    try:
        start()
    except KeyringError as error:
        raise Trouble(f"密钥目录有问题：{error}", f"The keys: {error}", Exit.FAILED) from error


def collect_static() -> bool:
    """Collects and compresses the static files when one of them has changed."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = os.stat(storage.path(name))
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())
    return True


def first_content(*, empty: bool) -> dict[str, Any]:
    """A set-up token for an empty installation, else the demonstration accounts."""
    from django.conf import settings

    from xinheng.people.queries import company

    token = settings.XINHENG_DATA / "run" / "setup-token"
    if company() is None and (empty or token.exists()):
        return {"setup_token": _token_in(token)}
    from xinheng.connectors.demo.load import ensure

    if company() is None:
        line = "正在载入演示数据，约半分钟 · Loading the demonstration book, about half a minute …"
        print(line, file=sys.stderr, flush=True)
    return {"accounts": ensure(at=datetime.now(UTC))}


def _token_in(path: Path) -> str:
    """The one-time token: made once, kept until the first-run page uses it up."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists():
        return path.read_text().strip()
    token = secrets.token_urlsafe(24)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)
    return token
