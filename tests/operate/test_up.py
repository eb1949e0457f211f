"""`xinheng up` as people run it: start, a second start, kill -9, Ctrl-C, and its one-line troubles.

Each test runs the real command on a data folder of its own, without the demonstration book.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.conftest import free_port
from xinheng.operate import process
from xinheng.operate.cluster import dsn_for
from xinheng.operate.paths import paths_at
from xinheng.operate.supervisor import answer_of, instance

UP_SECONDS_MAX = 10.0
STOP_SECONDS_MAX = 10.0


class House(NamedTuple):
    """A data folder and the way to run `xinheng` on it."""

    root: Path
    start: Callable[..., subprocess.Popen[str]]
    xinheng: Callable[..., subprocess.CompletedProcess[str]]

    def up(
        self, port: int, *, within: float = 90.0
    ) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        """Starts it and returns when it says where it answers."""
        running = self.start("up", "--empty", "--json", "--port", str(port))
        deadline = time.monotonic() + within
        assert running.stdout is not None
        line = running.stdout.readline()
        assert line, (running.stderr.read() if running.stderr else "") + self.logs()
        assert time.monotonic() < deadline
        return running, json.loads(line)

    def logs(self) -> str:
        return "\n".join(p.read_text()[-1500:] for p in (self.root / "logs").glob("*.log"))

    def dsn(self) -> str:
        paths = paths_at(self.root)
        return dsn_for(paths, paths.password_file.read_text().strip())


@pytest.fixture
def house() -> Iterator[House]:
    root = Path(f"/tmp/xinheng-test-up-{os.getpid()}")
    environment = {k: v for k, v in os.environ.items() if k not in ("XINHENG_DSN", "DATABASE_URL")}
    environment["XINHENG_DATA"] = str(root)
    command = [sys.executable, "-m", "xinheng.cli"]
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        running = subprocess.Popen(
            [*command, *words], env=environment, stdout=pipe, stderr=pipe, text=True
        )
        started.append(running)
        return running

    def xinheng(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *words], env=environment, capture_output=True, text=True, check=False
        )

    yield House(root, start, xinheng)
    for running in started:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        running.communicate()
    shutil.rmtree(root, ignore_errors=True)


def share_of_a_busy_machine() -> float:
    """How much longer a start may take where other work waits for the same processors."""
    return max(1.0, 1.5 * os.getloadavg()[0] / (os.cpu_count() or 1))


def processes_of(root: Path) -> list[int]:
    """Every process whose arguments name this data folder."""
    return [
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if any(str(root) in part for part in process.command_line(int(entry.name)))
        and int(entry.name) != os.getpid()
    ]


def test_it_starts_stops_on_ctrl_c_and_is_up_again_in_ten_seconds(house: House) -> None:
    port = free_port()
    running, told = house.up(port)
    assert told["setup_url"].startswith(f"http://127.0.0.1:{port}/setup/?token=")
    assert answer_of(f"{told['url']}readyz")[0]
    begun = time.monotonic()
    running.send_signal(signal.SIGINT)
    assert running.wait(15) == 0
    assert time.monotonic() - begun < STOP_SECONDS_MAX
    assert processes_of(house.root) == []

    begun = time.monotonic()
    again, told_again = house.up(port)
    assert time.monotonic() - begun < UP_SECONDS_MAX * share_of_a_busy_machine()
    assert told_again["setup_url"] == told["setup_url"]
    again.send_signal(signal.SIGTERM)
    assert again.wait(15) == 0


def test_a_kill_9_of_the_supervisor_leaves_nothing_that_the_next_start_cannot_recover(
    house: House,
) -> None:
    # Broken build this catches: children without PR_SET_PDEATHSIG, or a next start that trusts old
    # pids.
    port = free_port()
    running, _ = house.up(port)
    with psycopg.connect(house.dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
    children = instance(paths_at(house.root))["children"]
    running.kill()
    running.wait()
    again, _ = house.up(port)
    assert not any(process.alive(pid) for pid in children)
    with psycopg.connect(house.dsn()) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)
    servers = [p for p in processes_of(house.root) if "-D" in process.command_line(p)]
    assert len(servers) == 1
    again.send_signal(signal.SIGTERM)
    assert again.wait(15) == 0


def test_a_killed_web_process_and_a_killed_database_come_back(house: House) -> None:
    port = free_port()
    running, told = house.up(port)
    for victim in (
        instance(paths_at(house.root))["children"][0],
        int((house.root / "pg" / "postmaster.pid").read_text().split()[0]),
    ):
        os.kill(victim, signal.SIGKILL)
        assert process.wait_gone(victim, 5)
        deadline = time.monotonic() + 20
        while not answer_of(f"{told['url']}readyz")[0]:
            assert time.monotonic() < deadline, house.logs()
            time.sleep(0.1)
    running.send_signal(signal.SIGTERM)
    assert running.wait(15) == 0


def test_a_second_start_on_the_same_folder_is_one_clear_line(house: House) -> None:
    port = free_port()
    running, told = house.up(port)
    second = house.xinheng("up", "--empty", "--port", str(free_port()))
    assert second.returncode == 13
    assert len(second.stderr.strip().splitlines()) == 1
    assert "已在此数据目录运行" in second.stderr and "already runs" in second.stderr
    assert told["url"] in second.stderr
    assert json.loads(house.xinheng("doctor", "--json").stdout)["good"] is True
    running.send_signal(signal.SIGTERM)
    running.wait(15)


def test_a_busy_port_is_one_clear_line_and_starts_nothing(house: House) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = house.xinheng("up", "--empty", "--port", str(port))
    assert answer.returncode == 10
    assert len(answer.stderr.strip().splitlines()) == 1
    assert f"端口 {port}" in answer.stderr and f"make run PORT={port + 1}" in answer.stderr
    assert not (house.root / "pg").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_a_data_folder_of_somebody_else_is_one_clear_line(house: House) -> None:
    house.root.mkdir(mode=0o755)
    os.chown(house.root, 12345, 12345)
    answer = house.xinheng("up", "--empty", "--port", str(free_port()))
    assert answer.returncode == 12
    assert len(answer.stderr.strip().splitlines()) == 1
    assert "属于用户 12345" in answer.stderr and "belongs to user 12345" in answer.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL needs another account only under root")
def test_as_root_the_database_runs_under_another_account_and_keys_stay_ours(house: House) -> None:
    running, _ = house.up(free_port())
    server = int((house.root / "pg" / "postmaster.pid").read_text().split()[0])
    assert Path(f"/proc/{server}").stat().st_uid != 0
    assert (house.root / "keys").stat().st_uid == 0
    assert (house.root / "keys").stat().st_mode & 0o777 == 0o700
    running.send_signal(signal.SIGTERM)
    assert running.wait(15) == 0
