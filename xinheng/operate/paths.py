"""Where the house keeps its things: one data folder, and what lies in it.

`XINHENG_DATA` names the folder; without it, it is `.xinheng` in the repository. PostgreSQL's socket
lies in `run/`, unless that path would be longer than a socket's name may be (107 bytes): then it
lies in a folder of /tmp whose name is derived from the data folder's, so that every process finds
the same one.

Example: XINHENG_DATA=/srv/xh puts the database in /srv/xh/pg and its socket in /srv/xh/run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xinheng.operate.trouble import Exit, Trouble

REPOSITORY = Path(__file__).resolve().parents[2]
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES_MAX = 107 - len(".lock")
FREE_BYTES_MIN = 256 * 1024 * 1024


@dataclass(frozen=True)
class Paths:
    """The data folder and its parts. `run` is where the sockets are; keys are for their owner
    alone.
    """

    root: Path
    run: Path

    @property
    def pg(self) -> Path:
        return self.root / "pg"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def ledger(self) -> Path:
        return self.root / "ledger"

    @property
    def imports(self) -> Path:
        return self.root / "imports"

    @property
    def password_file(self) -> Path:
        return self.root / "pg.password"

    @property
    def instance_lock(self) -> Path:
        """Held by the one supervisor of this folder."""
        return self.root / "instance.lock"

    @property
    def users_lock(self) -> Path:
        """Held, shared, by commands that use a PostgreSQL which no supervisor runs."""
        return self.root / "users.lock"


def paths_at(root: Path) -> Paths:
    """The parts of one data folder; makes nothing."""
    root = Path(os.path.abspath(root.expanduser()))
    run = root / "run"
    if len(os.fsencode(run / SOCKET_NAME)) > SOCKET_PATH_BYTES_MAX:
        digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
        run = Path(f"/tmp/xinheng-{os.geteuid()}-{digest}")
    return Paths(root=root, run=run)


def paths_from(environment: Mapping[str, str]) -> Paths:
    """The data folder that XINHENG_DATA names, or `.xinheng` in the repository."""
    return paths_at(Path(environment.get("XINHENG_DATA") or REPOSITORY / ".xinheng"))


def prepare(paths: Paths) -> None:
    """Makes the folders that are ours, with their modes, and refuses a folder of somebody else."""
    _make(paths.root, 0o711)
    _require_own(paths.root)
    for folder in (paths.keys, paths.logs, paths.ledger, paths.imports):
        _make(folder, 0o700)


def require_space(paths: Paths, free_bytes: int | None = None) -> None:
    """Refuses to start on a disk that is as good as full: PostgreSQL would stop in the middle of
    work.
    """
    free = shutil.disk_usage(paths.root).free if free_bytes is None else free_bytes
    if free >= FREE_BYTES_MIN:
        return
    free_mb, min_mb = free // 1_048_576, FREE_BYTES_MIN // 1_048_576
    raise Trouble(
        f"磁盘将满：{paths.root} 只剩 {free_mb} MB，至少需要 {min_mb} MB。"
        "请腾出空间，或用 XINHENG_DATA 指定另一块盘。",
        f"The disk is full: {free_mb} MB left at {paths.root}, at least {min_mb} MB are needed. "
        "Free some space, or name a folder on another disk with XINHENG_DATA.",
        Exit.DISK_FULL,
    )


def _make(folder: Path, mode: int) -> None:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except PermissionError as error:
        raise Trouble(
            f"无法建立目录 {folder}：权限不足。请用 XINHENG_DATA 指定一个您可写的目录。",
            f"May not make the folder {folder}. "
            "Name a folder that you may write to with XINHENG_DATA.",
            Exit.WRONG_OWNER,
        ) from error
    except OSError as error:
        raise Trouble(
            f"无法建立目录 {folder}：{error.strerror}。",
            f"Can't make the folder {folder}: {error.strerror}.",
            Exit.DISK_FULL if error.errno == 28 else Exit.FAILED,
        ) from error


def _require_own(folder: Path) -> None:
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise wrong_owner(folder, found.st_uid)
    if found.st_mode & stat.S_IWOTH:
        folder.chmod(0o711)


def wrong_owner(folder: Path, owner: int) -> Trouble:
    """The one line about a folder that another account owns."""
    me = os.geteuid()
    return Trouble(
        f"数据目录 {folder} 属于用户 {owner}，而当前用户是 {me}。"
        "请以其所有者身份运行，或用 XINHENG_DATA 指定另一个目录。",
        f"The data folder {folder} belongs to user {owner}, but you are user {me}. "
        "Run as its owner, or name another folder with XINHENG_DATA.",
        Exit.WRONG_OWNER,
    )
