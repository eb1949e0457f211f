"""The command's frame: quick help, lazy modules, a database that lives as long as it is used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from xinheng.cli.main import COMMANDS, load
from xinheng.operate.cluster import Cluster
from xinheng.operate.paths import paths_at

USES_DATABASE = """
import sys, psycopg
from xinheng.operate.database import ensure
with psycopg.connect(ensure()) as connection:
    connection.execute("select 1")
    print("in", flush=True)
    sys.stdin.readline()
    print(connection.execute("select 42").fetchone()[0])
"""


def test_help_loads_neither_django_nor_the_database() -> None:
    # Broken build this catches: a command module that imports a room at its top.
    program = (
        "import sys\n"
        "from xinheng.cli.main import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "print([m for m in ('django', 'psycopg', 'cryptography') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_in_the_list_is_there_and_speaks_json(name: str) -> None:
    command = load(name)
    assert command.name == name
    parts = getattr(command, "commands", {"": command})
    for part, found in parts.items():
        options = {option for parameter in found.params for option in parameter.opts}
        hidden = COMMANDS[name].hidden
        assert hidden or "--json" in options, f"xinheng {name} {part} has no --json"


@pytest.fixture
def root() -> Iterator[Path]:
    root = Path(f"/tmp/xinheng-test-use-{os.getpid()}")
    yield root
    Cluster.at(paths_at(root), os.environ).stop()
    shutil.rmtree(root, ignore_errors=True)


def test_the_last_command_to_leave_stops_the_database_and_no_other(root: Path) -> None:
    # Broken build this catches: the command that started the server stops it under the others.
    environment = {k: v for k, v in os.environ.items() if k not in ("XINHENG_DSN", "DATABASE_URL")}
    environment["XINHENG_DATA"] = str(root)
    pipe = subprocess.PIPE
    commands = []
    for _ in range(2):
        running = subprocess.Popen(
            [sys.executable, "-c", USES_DATABASE],
            env=environment,
            stdin=pipe,
            stdout=pipe,
            text=True,
        )
        assert running.stdout is not None and running.stdout.readline() == "in\n"
        commands.append(running)
    cluster = Cluster.at(paths_at(root), os.environ)
    server = cluster.pid()
    assert commands[0].communicate("\n")[0] == "42\n"
    assert cluster.pid() == server
    assert commands[1].communicate("\n")[0] == "42\n"
    assert cluster.pid() is None
