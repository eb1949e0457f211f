"""Under which account PostgreSQL runs: it refuses root, so root has to lend it another one.

Three ways, tried in this order:
1. we are an ordinary user: PostgreSQL runs as ourselves;
2. we are root and another account (`postgres`, else `nobody`) can reach the data folder: it runs as
   that one, and only the database's and the socket's folders are given to it;
3. we are root and the folder lies behind a closed door (/root/…): it runs inside a user namespace
   in which root wears that account's number (`unshare -U`), and every file stays root's.
Who owns an existing database says which way it was made; it is never made over.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xinheng.operate.trouble import Exit, Trouble


@dataclass(frozen=True)
class Account:
    """How to run a PostgreSQL program: as `uid`/`gid` when they are set, behind `prefix` when it
    is.
    """

    uid: int | None = None
    gid: int | None = None
    prefix: tuple[str, ...] = ()

    @property
    def is_another(self) -> bool:
        return self.uid is not None

    def owner(self) -> int:
        """The uid that the files must have as we see them."""
        return os.geteuid() if self.uid is None else self.uid

    def give(self, path: Path) -> None:
        """Hands one file or folder to the account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def run_options(self) -> dict[str, Any]:
        """Keyword arguments for subprocess that make the program run as this account."""
        if self.uid is None:
            return {"cwd": "/"}
        return {"cwd": "/", "user": self.uid, "group": self.gid, "extra_groups": []}


def choose(root: Path) -> Account:
    """The account for the database under `root`, which exists and is ours."""
    if os.geteuid() != 0:
        return Account()
    other = _unprivileged()
    existing = root / "pg"
    made_by_root = existing.exists() and existing.stat().st_uid == 0
    if not made_by_root and can_reach(root, other.pw_uid, other.pw_gid):
        return Account(uid=other.pw_uid, gid=other.pw_gid)
    return _mapped(other, root)


def can_reach(path: Path, uid: int, gid: int) -> bool:
    """Whether an account may walk down to `path`: an x bit that counts for it on every folder
    above.
    """
    for folder in (path, *path.parents):
        found = folder.stat()
        if found.st_uid == uid:
            allowed = found.st_mode & stat.S_IXUSR
        elif found.st_gid == gid:
            allowed = found.st_mode & stat.S_IXGRP
        else:
            allowed = found.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def _unprivileged() -> pwd.struct_passwd:
    """An account with an entry in passwd, because initdb refuses a bare number."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Trouble(
        "PostgreSQL 不能以 root 运行，而本机没有 postgres 或 nobody 用户。请以普通用户运行。",
        "PostgreSQL refuses to run as root and there is no account `postgres` or `nobody`. "
        "Run as an ordinary user.",
        Exit.WRONG_OWNER,
    )


def _mapped(other: pwd.struct_passwd, root: Path) -> Account:
    prefix = ("unshare", "-U", f"--map-user={other.pw_uid}", f"--map-group={other.pw_gid}", "--")
    if shutil.which("unshare"):
        tried = subprocess.run([*prefix, "true"], capture_output=True, cwd="/", check=False)
        if tried.returncode == 0:
            return Account(prefix=prefix)
    raise Trouble(
        f"PostgreSQL 不能以 root 运行，而用户 {other.pw_name} 无法进入 {root}。"
        "请用 XINHENG_DATA 指定一个可进入的目录（如 /var/lib/xinheng），或以普通用户运行。",
        f"PostgreSQL refuses to run as root, and {other.pw_name} can't reach {root}. Name a folder "
        "that it can reach with XINHENG_DATA (/var/lib/xinheng, say), or run as an ordinary user.",
        Exit.WRONG_OWNER,
    )
