"""What every test may ask for: a throw-away PostgreSQL, a browser, a running server.

The cluster is started when the first test asks for a database and not before, so that tests of the
pure floors need neither PostgreSQL nor Django. Each xdist worker has a cluster of its own.
`DATABASE_URL` uses your server instead; `PG_BIN` other binaries (`make test-pg15`).

Everything lies in one temporary folder that XINHENG_DATA names before Django's settings are read.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as drawing

from xinheng.operate.child import Child
from xinheng.operate.cluster import THROW_AWAY, Cluster, dsn_for
from xinheng.operate.paths import REPOSITORY, paths_at
from xinheng.operate.supervisor import answer_of

THROW_AWAY_PASSWORD = "only-for-tests"
DATA = paths_at(Path(tempfile.mkdtemp(prefix="xinheng-test-")))
DATA.root.chmod(0o711)
DATA.keys.mkdir(mode=0o700)
(DATA.root / "static").mkdir()  # WhiteNoise warns about a folder that is not there

os.environ["XINHENG_DATA"] = str(DATA.root)
os.environ["XINHENG_DSN"] = os.environ.get("DATABASE_URL") or dsn_for(DATA, THROW_AWAY_PASSWORD)
os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "1"
)  # Playwright keeps an event loop in the test's thread

# How long an example takes says how busy the machine is, nothing about the rule.
drawing.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
drawing.load_profile("house")

if importlib.util.find_spec("xinheng.settings") is not None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinheng.settings")
    from django.conf import settings

    assert settings.DATABASES  # read now, so that pytest-django finds the settings configured
    # xdist's workers inherit the environment: with this name in it pytest-django would read the
    # settings there before a worker has made a folder and a cluster of its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster | None]:
    """The throw-away server, started for the first test that asks; None where DATABASE_URL names
    one.
    """
    if os.environ.get("DATABASE_URL"):
        yield None
        return
    DATA.password_file.write_text(THROW_AWAY_PASSWORD)
    made = Cluster.at(DATA, os.environ, THROW_AWAY)
    made.create(sync=False)
    server = made.start()
    yield made
    made.stop(server)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    cluster: Cluster | None, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """pytest-django asks for this before it makes the test database: by then the server runs."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """After the test database stands: the first key file, as every start makes it."""
    from xinheng.vault.actions import start

    with django_db_blocker.unblock():
        start()


@pytest.fixture(autouse=True)
def closed_behind_a_browser() -> Iterator[None]:
    """No connection outlives a test that ran beside a browser's event loop.

    While Playwright's loop runs in this thread, Django keeps a second set of connections for it and
    forgets that set with the loop: what a later test without a browser opened there would stay
    open, and the test database could not be dropped. The first set is closed with the database.
    """
    yield
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    from django.db import connections

    connections.close_all()


CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# Without these Chromium looks for the internet at every start; root may not use its sandbox.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that open a page are browser tests; torture runs only when it is asked for."""
    for item in items:
        if {"page", "browser", "context"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
            if not Path(CHROMIUM).exists():
                reason = f"no Chromium at {CHROMIUM}: apt install chromium"
                item.add_marker(pytest.mark.skip(reason=reason))
        if item.get_closest_marker("torture") and "torture" not in item.config.option.markexpr:
            item.add_marker(pytest.mark.skip(reason="long: make torture"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """pytest-playwright with Debian's Chromium instead of a download of its own."""
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def collected_static() -> None:
    """The files of a served house with hashed names, as a start collects them."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(command, cwd=REPOSITORY, check=True)


@pytest.fixture
def served(transactional_db: None, collected_static: None) -> Iterator[str]:
    """The address of a real web process (granian, ASGI, the JSON door) on this test's database."""
    from django.db import connection

    port = free_port()
    dsn = os.environ["XINHENG_DSN"]
    name = str(connection.settings_dict["NAME"])
    environment = {**os.environ, "XINHENG_DSN": dsn_with_name(dsn, name)}
    web = Child(
        "web",
        [sys.executable, "-m", "xinheng.cli", "web", "--port", str(port)],
        DATA.root / "web.log",
    )
    web.start(environment)
    try:
        deadline = time.monotonic() + 30
        while not answer_of(f"http://127.0.0.1:{port}/healthz")[0]:
            assert not web.died() and time.monotonic() < deadline, web.log.read_text()[-3000:]
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        web.ask_to_end()
        web.end(time.monotonic() + 5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dsn_with_name(dsn: str, name: str) -> str:
    """The same server, another database."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(path=f"/{name}"))


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA.root, ignore_errors=True)
    shutil.rmtree(DATA.run, ignore_errors=True)
