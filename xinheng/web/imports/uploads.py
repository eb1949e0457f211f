"""Files that people have handed over and not yet imported, each with a note beside it.

The file lies under a random name in the installation's imports folder; the note (JSON, written by
renaming) says who brought it, with which options, how far the work has come and what was found. So
a page can be left and found again, and a stopped process is seen: its process is gone. Files are
removed after a day.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from xinheng.connectors.files.read import FILE_BYTES_MAX
from xinheng.connectors.files.refusals import FileRefusal
from xinheng.refusals import Refused

KEPT = timedelta(days=1)
NAME_MAX = 200
LISTED_MAX = 20
SUFFIXES = (".csv", ".txt", ".xlsx", ".xls", ".zip")
BUSY = ("checking", "running")


@dataclass
class Upload:
    """One file and its note. state: checking → checked | stuck; then running → done | stuck."""

    token: str
    kind: str
    name: str
    user_id: int
    at: str
    options: dict[str, str] = field(default_factory=dict)
    state: str = "checking"
    percent: int = 0
    phase: dict[str, str] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    error: dict[str, str] = field(default_factory=dict)
    batch_id: int | None = None
    process: int = 0

    @property
    def path(self) -> Path:
        return folder() / (self.token + Path(self.name).suffix.lower())

    @property
    def note(self) -> Path:
        return folder() / f"{self.token}.json"

    @property
    def interrupted(self) -> bool:
        """The process that worked on it is gone; nothing was written then."""
        return self.state in BUSY and not _alive(self.process)


def folder() -> Path:
    path: Path = settings.XINHENG_IMPORTS_DIR / "uploads"
    return path


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process > 0


def store(
    file: UploadedFile, kind: str, options: dict[str, str], user_id: int, *, at: datetime
) -> Upload:
    """Keep the file. Refuses TOO_LARGE and FORMAT_UNKNOWN; old uploads go."""
    name = re.sub(r"[\x00-\x1f/\\]", "_", file.name or "file")[-NAME_MAX:]
    if (file.size or 0) > FILE_BYTES_MAX:
        raise Refused(FileRefusal.TOO_LARGE, most=FILE_BYTES_MAX // 1024 // 1024)
    if Path(name).suffix.lower() not in SUFFIXES:
        raise Refused(FileRefusal.FORMAT_UNKNOWN, name=name)
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    forget_old(at=at)
    upload = Upload(
        secrets.token_hex(12), kind, name, user_id, at.isoformat(), options, process=os.getpid()
    )
    handle = os.open(upload.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as kept:
        for part in file.chunks():
            kept.write(part)
    save(upload)
    return upload


def save(upload: Upload) -> None:
    """Write the note in one step, so that a reader never sees half of it. What its owner has taken
    back meanwhile stays away.
    """
    if not upload.path.exists() and upload.state != "done":
        return
    draft = upload.note.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(upload), ensure_ascii=False))
    draft.replace(upload.note)


def load(token: str, user_id: int) -> Upload | None:
    """The upload, for the person who brought it; None for anybody else and for what is gone."""
    if not re.fullmatch(r"[0-9a-f]{24}", token):
        return None
    try:
        upload = Upload(**json.loads((folder() / f"{token}.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return upload if upload.user_id == user_id else None


def mine(user_id: int) -> list[Upload]:
    """This person's files that wait or are being worked on, newest first."""
    loaded = (load(note.stem, user_id) for note in folder().glob("*.json"))
    found = [one for one in loaded if one is not None and one.state != "done"]
    return sorted(found, key=lambda one: one.at, reverse=True)[:LISTED_MAX]


def forget_old(*, at: datetime) -> None:
    """Remove files and notes older than a day; what is being worked on is younger."""
    oldest = (at - KEPT).timestamp()
    for path in folder().iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def forget(upload: Upload) -> None:
    """The person takes the file back."""
    upload.path.unlink(missing_ok=True)
    upload.note.unlink(missing_ok=True)
