"""The jobs process: makes the house's rounds until it is told to end."""

from __future__ import annotations

import signal
import threading

from xinheng.operate.database import django_ready


def command() -> None:
    """Runs until SIGTERM or SIGINT."""
    django_ready()
    from xinheng.jobs.rounds import run_forever

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_forever(stop)
