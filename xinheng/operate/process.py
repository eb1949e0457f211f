"""Child processes that never outlive their parent by accident, and how to end one politely.

On Linux a child asks the kernel for a signal when its parent dies (PR_SET_PDEATHSIG), so that a
supervisor killed with -9 leaves no server behind. The kernel forgets the wish when the child
changes its account *after* asking; subprocess changes the account first and calls us after, which
is the right order.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with(parent_pid: int, signal_number: int) -> Callable[[], None]:
    """A preexec function: send me `signal_number` when the parent goes, or now if it has already
    gone.
    """

    def ask() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
            if os.getppid() != parent_pid:
                os.kill(os.getpid(), signal_number)

    return ask


def alive(pid: int) -> bool:
    """Whether a process of that number runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return not Path("/proc/self").exists()


def command_line(pid: int) -> list[str]:
    """The arguments of a process, or nothing when it has gone or is not ours to see."""
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(part) for part in raw.split(b"\0") if part]


def wait_gone(pid: int, seconds: float) -> bool:
    """Waits until a process that is not our child has ended."""
    deadline = time.monotonic() + seconds
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end(pid: int, signals: tuple[int, ...], seconds_each: float) -> bool:
    """Sends the signals one after another until the process has gone."""
    for number in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        if wait_gone(pid, seconds_each):
            return True
    return not alive(pid)


STOP_POSTGRES = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
