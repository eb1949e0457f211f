"""R-14, small: kill -9 under load loses no acknowledged decision, and no line is ever exceeded.

A real installation under its supervisor decides orders over HTTP while one of its processes is
killed: the web process, the whole of PostgreSQL, the sequencer, chosen by a seeded draw. An answer
that arrived is *acknowledged*; a broken connection or a 5xx is *unknown* and settled at the end by
asking again with the same key. The mutant is the same run on a server that acknowledges before
its log is on its way to disk (synchronous_commit=off): the harness must see it lose decisions.

`make torture` runs 20 cycles; XINHENG_TORTURE_CYCLES and XINHENG_TORTURE_SEED change that.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from benchmarks.scratch import free_port
from xinheng.operate.cluster import dsn_for
from xinheng.operate.paths import paths_at

pytestmark = pytest.mark.torture
CYCLES = int(os.environ.get("XINHENG_TORTURE_CYCLES", "20"))
SEED = int(os.environ.get("XINHENG_TORTURE_SEED", "20261122"))
CLIENTS = 8
CUSTOMERS = 50
LIMIT_MINOR = 2_000_000_00
SEED_PROGRAM = f"""
from xinheng.operate.database import django_ready
django_ready()
from benchmarks.order_check import seed
print(seed({CUSTOMERS}))
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("update limits_creditline set amount_minor = {LIMIT_MINOR}")
"""


class House:
    """An installation of its own, run by its supervisor."""

    def __init__(self) -> None:
        self.paths = paths_at(Path(tempfile.mkdtemp(prefix="xinheng-torture-")))
        self.paths.root.chmod(0o711)
        self.port = free_port()
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in ("XINHENG_DSN", "DATABASE_URL")},
            "XINHENG_DATA": str(self.paths.root),
        }
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "xinheng.cli", "up", "--port", str(self.port), "--empty"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )
        self.wait_ready()
        seeding = subprocess.run(
            [sys.executable, "-c", SEED_PROGRAM],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.token = seeding.stdout.split()[-1]

    def wait_ready(self, seconds: float = 30) -> float:
        """Seconds until /readyz answers; the liveness rule is 30."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            with contextlib.suppress(OSError):
                url = f"http://127.0.0.1:{self.port}/readyz"
                urllib.request.urlopen(url, timeout=2).read()
                return time.monotonic() - begun
            time.sleep(0.05)
        pytest.fail(f"not ready again within {seconds} s")

    def connect(self) -> psycopg.Connection:
        password = self.paths.password_file.read_text().strip()
        return psycopg.connect(dsn_for(self.paths, password), autocommit=True)

    def victim(self, name: str) -> list[int]:
        """Every process of the part, so that all die at one instant."""
        if name == "postgres":
            pid = int((self.paths.pg / "postmaster.pid").read_text().split()[0])
            return [*_children(pid), pid]
        position = {"web": 0, "jobs": 1, "sequencer": 2}[name]
        pid = json.loads((self.paths.root / "instance.json").read_text())["children"][position]
        return [*_children(pid), pid]

    def end(self) -> None:
        self.supervisor.send_signal(signal.SIGTERM)
        self.supervisor.wait(30)
        shutil.rmtree(self.paths.root, ignore_errors=True)
        shutil.rmtree(self.paths.run, ignore_errors=True)


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()] if path.exists() else []


class Load:
    """Clients that ask without pause; what was acknowledged, and what is unknown."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.acknowledged: dict[str, tuple[bytes, bytes]] = {}
        self.unknown: dict[str, bytes] = {}
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _client(self, number: int) -> None:
        draw, count = random.Random(SEED * 100 + number), 0
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=10)
        while not self.stop.is_set():
            count += 1
            ref = f"T-{number}-{count}"
            body = order(ref, draw)
            try:
                status, answer = ask(connection, self.house.token, body)
            except (OSError, http.client.HTTPException):
                self.unknown[ref] = body
                connection.close()
                time.sleep(0.02)
                continue
            if status == 200:
                self.acknowledged[ref] = (body, answer)
            else:
                self.unknown[ref] = body
                time.sleep(0.02)

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(30)


def order(ref: str, draw: random.Random) -> bytes:
    customer = 0 if draw.random() < 0.3 else draw.randrange(CUSTOMERS)
    return json.dumps(
        {
            "order_ref": ref,
            "customer": f"C{customer:05d}",
            "amount": f"{draw.randint(1, 5000)}.00",
            "currency": "CNY",
        }
    ).encode()


def ask(connection: http.client.HTTPConnection, token: str, body: bytes) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/order-checks", body, headers)
    reply = connection.getresponse()
    return reply.status, reply.read()


def differences(house: House, load: Load) -> list[str]:
    """Acknowledged answers that are not the same bytes when asked again."""
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    lost = []
    for ref, (body, answer) in load.acknowledged.items():
        status, again = ask(connection, house.token, body)
        if (status, again) != (200, answer):
            lost.append(ref)
    for body in load.unknown.values():
        status, _ = ask(connection, house.token, body)
        assert status == 200, "an unknown outcome is settled by asking again"
    return lost


def missing(house: House, load: Load) -> list[str]:
    """Acknowledged orders of which the database knows nothing."""
    with house.connect() as connection:
        rows = connection.execute("select order_ref from decisions_decision").fetchall()
    return sorted(load.acknowledged.keys() - {row[0] for row in rows})


def check_books(house: House) -> None:
    with house.connect() as connection:
        over = connection.execute(
            "select count(*) from limits_creditline where open_items_minor + orders_minor"
            " - unapplied_minor > amount_minor"
        ).fetchone()
        off = connection.execute(
            "select count(*) from limits_creditline l where l.orders_minor <>"
            " (select coalesce(sum(r.amount_minor), 0) from limits_reservation r"
            "  where r.line_id = l.id and r.state = 'pending')"
        ).fetchone()
        leaves = connection.execute(
            "select (select count(*) from decisions_decision d), (select count(*) from"
            " decisions_decision d where exists (select 1 from ledger_entry e where"
            " e.entry_id = d.entry_id) or exists (select 1 from ledger_pendingentry p where"
            " p.entry_id = d.entry_id))"
        ).fetchone()
    assert (over, off) == ((0,), (0,))
    assert leaves is not None and leaves[0] == leaves[1], "a decision without its ledger entry"


def kill(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def run(house: House, cycles: int, victims: list[str]) -> tuple[Load, list[float]]:
    draw, recoveries = random.Random(SEED), []
    load = Load(house)
    try:
        for _ in range(cycles):
            time.sleep(draw.uniform(0.5, 1.5))
            kill(house.victim(draw.choice(victims)))
            time.sleep(0.3)
            recoveries.append(house.wait_ready())
            before = len(load.acknowledged)
            deadline = time.monotonic() + 30
            while len(load.acknowledged) == before and time.monotonic() < deadline:
                time.sleep(0.05)
            assert len(load.acknowledged) > before, "nothing was decided within 30 s"
    finally:
        load.end()
    return load, recoveries


def test_kill_nine_under_load_loses_no_acknowledged_decision():
    house = House()
    try:
        load, recoveries = run(house, CYCLES, ["web", "postgres", "postgres", "sequencer"])
        lost = missing(house, load) + differences(house, load)
        check_books(house)
    finally:
        house.end()
    print(
        f"\n{CYCLES} kills, seed {SEED}: {len(load.acknowledged)} acknowledged,"
        f" {len(load.unknown)} unknown, {len(lost)} lost;"
        f" ready again after {max(recoveries):.1f} s at most"
    )
    assert len(load.acknowledged) > CYCLES
    assert lost == []


def test_the_harness_notices_a_server_that_acknowledges_too_early():
    """Mutant: COMMIT returns before its record leaves PostgreSQL's memory."""
    house = House()
    try:
        with house.connect() as connection:
            # The server insists on durable commits; only a setting of the role goes above it.
            connection.execute("alter role xinheng set synchronous_commit = off")
            connection.execute("alter system set wal_writer_delay = '10s'")
            connection.execute("alter system set wal_writer_flush_after = '1GB'")
            connection.execute("select pg_reload_conf()")
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'xinheng' and pid <> pg_backend_pid()"
            )
        house.wait_ready()
        load, _ = run(house, 1, ["postgres"])
        lost = missing(house, load)
    finally:
        house.end()
    assert lost, "the mutant lost nothing: the harness proves nothing"
