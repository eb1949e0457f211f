"""A throw-away cluster starts, is found again, survives a kill and never runs twice."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from xinheng.operate import process
from xinheng.operate.cluster import Cluster
from xinheng.operate.paths import paths_at


@pytest.fixture
def made() -> Iterator[Cluster]:
    root = Path(f"/tmp/xinheng-test-cluster-{os.getpid()}")
    made = Cluster.at(paths_at(root), os.environ)
    yield made
    made.stop()
    for folder in (made.paths.root, made.paths.run):
        shutil.rmtree(folder, ignore_errors=True)


def _ask(made: Cluster, sql: str) -> object:
    with psycopg.connect(made.dsn(), autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def test_a_killed_server_is_recovered_and_keeps_what_was_committed(made: Cluster) -> None:
    # Broken build this catches: the throw-away settings (synchronous_commit off) in the product.
    # Seen to fail.
    made.create(sync=False)
    first = made.start()
    _ask(made, "create table kept as select 42 as answer")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    second = made.start()
    assert _ask(made, "select answer from kept") == 42
    assert second.pid != first.pid


def test_a_second_start_ends_the_orphan_first(made: Cluster) -> None:
    made.create(sync=False)
    orphan = made.start()
    second = made.start()
    assert orphan.wait(5) is not None
    assert made.pid() == second.pid


def test_a_pid_file_whose_number_is_now_another_program_is_put_away(made: Cluster) -> None:
    # Broken build this catches: trusting postmaster.pid after a crash; PostgreSQL then refuses to
    # start for as long as the other program lives.
    made.create(sync=False)
    made.start()
    made.stop()
    other = os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "60")
    try:
        (made.paths.pg / "postmaster.pid").write_text(f"{other}\n{made.paths.pg}\n0\n5432\n")
        made.start()
        assert process.alive(other)
        assert made.pid() not in (None, other)
    finally:
        os.kill(other, signal.SIGKILL)
        os.waitpid(other, 0)


def test_the_server_asks_for_a_password_and_listens_on_the_socket_alone(made: Cluster) -> None:
    made.create(sync=False)
    made.start()
    assert _ask(made, "show listen_addresses") == ""
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(made.dsn().replace("//xinheng:", "//xinheng:wrong"), connect_timeout=3)


def test_the_locale_sorts_by_code_point_in_utf8(made: Cluster) -> None:
    made.create(sync=False)
    made.start()
    assert _ask(made, "show server_encoding") == "UTF8"
    assert _ask(made, "select upper('é') || length('深圳')") == "É2"
