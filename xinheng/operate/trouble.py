"""A trouble that the person at the keyboard can mend: one clear line, one exit code.

The line says what is wrong and what to do, Chinese first, both languages on it, because it appears
before anything could ask which language the reader prefers. The exit codes are stable, scripts may
rely on them.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the `xinheng` command beyond 0 (done), 1 (refused) and 2 (wrong usage)."""

    FAILED = 1
    PORT_BUSY = 10
    DISK_FULL = 11
    WRONG_OWNER = 12
    ALREADY_RUNNING = 13
    NO_POSTGRES = 14
    OLD_POSTGRES = 15
    POSTGRES_FAILED = 16
    CHILD_FAILED = 17


class Trouble(Exception):
    """Raised wherever a start can't go on; doors print `line` and leave with `exit_code`."""

    def __init__(self, zh: str, en: str, exit_code: Exit = Exit.FAILED) -> None:
        self.zh = zh
        self.en = en
        self.exit_code = exit_code
        super().__init__(self.line)

    @property
    def line(self) -> str:
        return f"{self.zh} / {self.en}"
