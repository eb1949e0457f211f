"""The database that a command needs: running already, or started for as long as the command lives.

- DATABASE_URL (or XINHENG_DSN, which a supervisor gives its children) names a server: it is used as
  it is;
- a supervisor runs on our data folder: its server is used;
- otherwise the first command starts the embedded server and the last one to leave stops it. Who
  uses it is a shared lock on `users.lock`, so a killed command leaves nothing but a server that the
  next start finds.

Every door calls `django_ready()` before it imports a model, and nothing else from here.
"""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import MutableMapping

import psycopg

from xinheng.operate import binaries, locks
from xinheng.operate.cluster import Cluster
from xinheng.operate.paths import paths_from
from xinheng.operate.trouble import Exit, Trouble

SUPERVISOR_SECONDS_MAX = 60


def ensure(environment: MutableMapping[str, str] | None = None) -> str:
    """Makes sure that a database answers, sets XINHENG_DSN for Django's settings, returns it."""
    environment = os.environ if environment is None else environment
    dsn = environment.get("XINHENG_DSN") or environment.get("DATABASE_URL")
    if dsn:
        require_version(dsn)
    else:
        dsn = _embedded(environment)
    environment["XINHENG_DSN"] = dsn
    return dsn


def django_ready() -> None:
    """A database that answers and Django set up on it: after this, models may be imported."""
    ensure()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinheng.settings")
    import django

    django.setup()
    atexit.register(_close_pools)


def _close_pools() -> None:
    """Ends Django's connections and pools before the server may be stopped."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def require_version(dsn: str) -> int:
    """The major version of a server of your own; refuses one out of reach or too old."""
    try:
        with psycopg.connect(dsn, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        said = str(error).strip().splitlines()[-1]
        raise Trouble(
            f"无法连接 DATABASE_URL 指定的 PostgreSQL：{said}",
            f"Can't reach the PostgreSQL that DATABASE_URL names: {said}",
            Exit.POSTGRES_FAILED,
        ) from error
    if version < binaries.VERSION_MIN:
        raise binaries.old_server(version)
    return version


def _embedded(environment: MutableMapping[str, str]) -> str:
    cluster = Cluster.at(paths_from(environment), environment)
    if locks.held_by_another(cluster.paths.instance_lock):
        _wait_for_supervisor(cluster)
        return cluster.dsn()
    users = locks.take(cluster.paths.users_lock, shared=True)
    with locks.taken(cluster.paths.root / "start.lock"):
        cluster.create()
        if cluster.pid() is None:
            cluster.start(dies_with_us=False)
        else:
            cluster.wait_ready(None)
    atexit.register(_leave, cluster, users)
    return cluster.dsn()


def _wait_for_supervisor(cluster: Cluster) -> None:
    """A supervisor that has only just begun may still be making the folder."""
    deadline = time.monotonic() + SUPERVISOR_SECONDS_MAX
    while cluster.pid() is None:
        if time.monotonic() > deadline:
            raise Trouble(
                "信衡正在启动，但数据库迟迟没有就绪。请查看 logs/postgres.log。",
                "Xinheng is starting, but its database does not come up. See logs/postgres.log.",
                Exit.POSTGRES_FAILED,
            )
        time.sleep(0.1)
    cluster.wait_ready(None)


def _leave(cluster: Cluster, users: locks.Held) -> None:
    """The last command to leave stops the server; whoever finds others still inside just goes."""
    if users.make_exclusive() and not locks.held_by_another(cluster.paths.instance_lock):
        cluster.stop()
    users.release()
