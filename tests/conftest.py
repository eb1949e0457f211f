"""What every test may ask for: a throw-away PostgreSQL, a browser, a running server.

The cluster is started when the first test asks for a database and not before, so that tests of the
pure floors need neither PostgreSQL nor Django. Each xdist worker has a cluster of its own.
`DATABASE_URL` uses your server instead; `PG_BIN` other binaries (`make test-pg15`).

Everything lies in one temporary folder that XINHENG_DATA names before Django's settings are read.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from xinheng.operate.cluster import THROW_AWAY, Cluster, dsn_for
from xinheng.operate.paths import paths_at

THROW_AWAY_PASSWORD = "only-for-tests"
DATA = paths_at(Path(tempfile.mkdtemp(prefix="xinheng-test-")))
DATA.root.chmod(0o711)
DATA.keys.mkdir(mode=0o700)

os.environ["XINHENG_DATA"] = str(DATA.root)
os.environ["XINHENG_DSN"] = os.environ.get("DATABASE_URL") or dsn_for(DATA, THROW_AWAY_PASSWORD)
os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "1"
)  # Playwright keeps an event loop in the test's thread

if importlib.util.find_spec("xinheng.settings") is not None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinheng.settings")
    from django.conf import settings

    assert settings.DATABASES  # read now, so that pytest-django finds the settings configured


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


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA.root, ignore_errors=True)
    shutil.rmtree(DATA.run, ignore_errors=True)
