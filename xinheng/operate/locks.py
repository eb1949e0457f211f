"""File locks that the kernel lets go of when their holder dies, however it dies.

A lock file's content means nothing and the file is never removed: removing it would let two
processes lock two different files of one name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Held:
    """A lock that we hold until `release`, or until we end."""

    descriptor: int

    def make_exclusive(self) -> bool:
        """Turns a shared lock into the only one; False when others still share it."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        os.close(self.descriptor)


def take(path: Path, *, shared: bool = False, wait: bool = True) -> Held:
    """Takes the lock; with `wait=False` raises BlockingIOError when somebody else holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, mode if wait else mode | fcntl.LOCK_NB)
    except BaseException:
        os.close(descriptor)
        raise
    return Held(descriptor)


@contextlib.contextmanager
def taken(path: Path) -> Iterator[None]:
    """Holds the lock for a block."""
    held = take(path)
    try:
        yield
    finally:
        held.release()


def held_by_another(path: Path) -> bool:
    """Whether somebody holds the lock now."""
    try:
        take(path, wait=False).release()
    except BlockingIOError:
        return True
    return False
