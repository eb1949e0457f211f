"""One child process of the supervisor: started, watched, started again when it dies, ended in time.

A child that dies is started again at once; one that keeps dying waits 1, 2, 4 … 30 seconds between
tries, and is forgiven after a minute of good running. It has a session of its own, so that Ctrl-C
reaches the supervisor alone, which then ends its children in their order.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xinheng.operate import process

PAUSE_SECONDS_MAX = 30.0
FORGIVEN_AFTER_SECONDS = 60.0
LOG_BYTES_MAX = 16 * 1024 * 1024


@dataclass
class Child:
    """A program, its log, and how often it has failed lately."""

    name: str
    arguments: Sequence[str]
    log: Path
    running: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    next_try_at: float = field(default=0.0)

    def start(self, environment: Mapping[str, str]) -> None:
        """Starts it; its output goes to its log, which is set aside when it has grown large."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                list(self.arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=process.dies_with(os.getpid(), signal.SIGTERM),
            )
        self.started_at = time.monotonic()

    def died(self) -> bool:
        return self.running is not None and self.running.poll() is not None

    def plan_restart(self) -> float:
        """After a death: notes when to try again, returns the pause in seconds."""
        now = time.monotonic()
        if now - self.started_at > FORGIVEN_AFTER_SECONDS:
            self.failures = 0
        pause = 0.0 if self.failures == 0 else min(2.0 ** (self.failures - 1), PAUSE_SECONDS_MAX)
        self.failures += 1
        self.next_try_at = now + pause
        self._sweep_group()
        self.running = None
        return pause

    def is_due(self) -> bool:
        return self.running is None and time.monotonic() >= self.next_try_at

    def ask_to_end(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()

    def end(self, deadline: float) -> None:
        """Waits until the deadline for the polite end, then ends whatever is left of its group."""
        if self.running is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.running.wait(max(0.0, deadline - time.monotonic()))
        self._sweep_group()
        self.running.wait()
        self.running = None

    def _sweep_group(self) -> None:
        if self.running is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.running.pid, signal.SIGKILL)

    def last_words(self) -> str:
        """The last line of its log that is not mere progress: what it said before it died."""
        try:
            lines = self.log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return next((line for line in reversed(lines) if not line.startswith("[INFO]")), "")
