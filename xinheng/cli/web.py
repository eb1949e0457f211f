"""The web process: granian serves `xinheng.asgi:application`, one worker, no access log.

The worker asks the kernel to be told when granian's own process dies, so that a kill -9 never
leaves a worker that still holds the port.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Annotated, Any

import typer

from xinheng.operate import database, process


def command(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option()] = "127.0.0.1",
) -> None:
    """Serves until SIGTERM; ends the worker politely, after three seconds anyhow."""
    from granian import Granian
    from granian.constants import Interfaces

    database.ensure()
    server = Granian(
        "xinheng.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        websockets=False,
        log_access=False,
        workers_kill_timeout=3,
    )
    server.serve(target_loader=_Loader(os.getpid()))


class _Loader:
    """Imports the application inside the worker, after the worker has tied itself to its parent."""

    def __init__(self, parent_pid: int) -> None:
        self.parent_pid = parent_pid

    def __call__(self, target: str) -> Callable[..., Any]:
        process.dies_with(self.parent_pid, signal.SIGKILL)()
        from xinheng.asgi import application

        return application
