"""A scratch installation for a benchmark: its own data folder, its own PostgreSQL, gone afterwards.

fsync and synchronous_commit stay on, as in the product: an acknowledged decision is on disk.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xinheng.operate.cluster import Cluster, dsn_for
from xinheng.operate.paths import Paths, paths_at


@contextmanager
def installation() -> Iterator[Paths]:
    """Folders, cluster and schema; Django is set up on it when the block begins."""
    paths = paths_at(Path(tempfile.mkdtemp(prefix="xinheng-bench-")))
    paths.root.chmod(0o711)
    paths.keys.mkdir(mode=0o700)
    password = secrets.token_urlsafe(16)
    paths.password_file.write_text(password)
    os.environ.update(XINHENG_DATA=str(paths.root), XINHENG_DSN=dsn_for(paths, password))
    cluster = Cluster.at(paths, os.environ)
    cluster.create()
    server = cluster.start()
    try:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinheng.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield paths
    finally:
        from django.db import connections

        for connection in connections.all(initialized_only=True):
            connection.close()
            if hasattr(connection, "close_pool"):
                connection.close_pool()
        cluster.stop(server)
        shutil.rmtree(paths.root, ignore_errors=True)


@contextmanager
def process(*command: str, ready: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """`python -m xinheng.cli COMMAND` until the block ends; `ready` is an address to wait for."""
    child = subprocess.Popen([sys.executable, "-m", "xinheng.cli", *command])
    try:
        if ready:
            _wait_for(ready, child)
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(15)


def _wait_for(address: str, child: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"the process ended with {child.returncode} before {address}")
        try:
            urllib.request.urlopen(address, timeout=2).read()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} did not answer within {seconds} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
