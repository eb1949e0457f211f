"""The embedded PostgreSQL: create it, start it, find it again, stop it.

A cluster is one folder (`pg/` in the data folder) with one server that listens on a Unix socket
alone and asks for a password. `create` builds it beside its place and renames it there, so that a
killed first start leaves nothing half made. `start` first ends whatever an earlier, killed run left
behind: there are never two servers on one folder, and a `postmaster.pid` whose number now belongs
to another program is put away.

Example: `cluster = Cluster.at(paths); server = cluster.start(); cluster.dsn()  # postgresql://…`.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import psycopg

from xinheng.operate import account, binaries, process
from xinheng.operate.paths import SOCKET_NAME, Paths, prepare, require_space, wrong_owner
from xinheng.operate.trouble import Exit, Trouble

NAME = "xinheng"
START_SECONDS_MAX = 120
LOG_BYTES_MAX = 16 * 1024 * 1024

# For two cores and a few gigabytes. Nothing here weakens durability: an acknowledged COMMIT is on
# the disk.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_min_duration_statement": "2000",
    "lc_messages": "C",
}
# For throw-away clusters only: a test that loses its database loses nothing.
THROW_AWAY: Mapping[str, str] = {
    **SETTINGS,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "log_min_duration_statement": "-1",
}


@dataclass(frozen=True)
class Cluster:
    """One embedded server's folder, programs and account."""

    paths: Paths
    programs: binaries.Binaries
    account: account.Account
    settings: Mapping[str, str] = field(default_factory=lambda: SETTINGS)

    @classmethod
    def at(
        cls, paths: Paths, environment: Mapping[str, str], settings: Mapping[str, str] = SETTINGS
    ) -> Cluster:
        """The cluster of a data folder: makes our folders, chooses account and programs, starts
        nothing.
        """
        prepare(paths)
        require_space(paths)
        who = account.choose(paths.root)
        programs = binaries.find(environment)
        if who.is_another and not account.can_reach(programs.bin, who.uid or 0, who.gid or 0):
            programs = binaries.copied_beside(programs, paths.root)
        return cls(paths, programs, who, settings)

    def dsn(self, database: str = NAME) -> str:
        """Where to connect, password included: for the environment of our own processes, never for
        a log.
        """
        return dsn_for(self.paths, self.paths.password_file.read_text().strip(), database)

    def create(self, *, sync: bool = True) -> None:
        """Makes the database folder where there is none; a second call does nothing."""
        if self.paths.pg.exists():
            self._require_usable()
            return
        password = _password(self.paths.password_file)
        unfinished = self.paths.root / "pg.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self.account.give(unfinished)
        self._make_run()
        secret = self.paths.run / "first-password"
        with contextlib.suppress(FileNotFoundError):
            secret.unlink()
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password + "\n")
        self.account.give(secret)
        try:
            self._initdb(unfinished, secret, sync=sync)
        finally:
            secret.unlink(missing_ok=True)
        unfinished.rename(self.paths.pg)

    def start(self, *, dies_with_us: bool = True) -> subprocess.Popen[bytes]:
        """Starts the server, waits until it answers, and makes its database if that is missing."""
        self.create()
        self.stop()
        self._put_away_stale_pid()
        server = self._launch(dies_with_us=dies_with_us)
        self.wait_ready(server)
        self._require_database()
        return server

    def stop(self, server: subprocess.Popen[bytes] | None = None, seconds: float = 8.0) -> None:
        """Ends the server of this folder, whoever started it; does nothing where none runs."""
        pid = server.pid if server is not None else self.pid()
        if pid is None:
            return
        if server is None:
            process.end(pid, process.STOP_POSTGRES, seconds)
            return
        for number in process.STOP_POSTGRES:
            if server.poll() is None:
                server.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(seconds)
                return

    def pid(self) -> int | None:
        """The process number of the server that runs on this folder now, or None."""
        number = self._written_pid()
        if number is None or not process.alive(number):
            return None
        arguments = process.command_line(number)
        if Path("/proc/self").exists() and str(self.paths.pg) not in arguments:
            return None
        return number

    def wait_ready(self, server: subprocess.Popen[bytes] | None) -> None:
        """Returns when the server takes connections; after a crash it replays its log first."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError as error:
                if server is not None and server.poll() is not None:
                    raise self._failed("postgres") from error
                if time.monotonic() > deadline:
                    raise self._failed("postgres") from error
            time.sleep(0.03)

    def _launch(self, *, dies_with_us: bool) -> subprocess.Popen[bytes]:
        self._make_run()
        settings = {**self.settings, "unix_socket_directories": str(self.paths.run)}
        arguments = [
            *self.account.prefix,
            self.programs.program("postgres"),
            "-D",
            str(self.paths.pg),
        ]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        before = process.dies_with(os.getpid(), signal.SIGINT) if dies_with_us else None
        with self._open_log() as log:
            server: subprocess.Popen[bytes] = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_plain_environment(),
                start_new_session=True,
                preexec_fn=before,
                **self.account.run_options(),
            )
        return server

    def _initdb(self, folder: Path, secret: Path, *, sync: bool) -> None:
        if self.programs.version >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            locale = ["--locale=C.UTF-8"]
        arguments = [
            *self.account.prefix,
            self.programs.program("initdb"),
            f"--pgdata={folder}",
            f"--username={NAME}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
            *locale,
            *([] if sync else ["--no-sync"]),
        ]
        with self._open_log() as log:
            done = subprocess.run(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_plain_environment(),
                check=False,
                **self.account.run_options(),
            )
        if done.returncode != 0:
            raise self._failed("initdb")

    def _require_usable(self) -> None:
        found = self.paths.pg.stat()
        if found.st_uid != self.account.owner():
            raise wrong_owner(self.paths.pg, found.st_uid)
        made_by = int((self.paths.pg / "PG_VERSION").read_text())
        if made_by != self.programs.version:
            raise Trouble(
                f"数据库由 PostgreSQL {made_by} 建立，而现有程序是 {self.programs.version} 版。"
                f"请用 PG_BIN 指定 {made_by} 版的 bin 目录。",
                f"The database was made by PostgreSQL {made_by}, the programs are of version "
                f"{self.programs.version}. Name the bin folder of version {made_by} with PG_BIN.",
                Exit.OLD_POSTGRES,
            )

    def _require_database(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            known = connection.execute("select 1 from pg_database where datname = %s", [NAME])
            if known.fetchone() is None:
                connection.execute(f'create database "{NAME}"')

    def _make_run(self) -> None:
        """The sockets' folder: only PostgreSQL's account and we may enter it."""
        run = self.paths.run
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if run.is_symlink() or run.stat().st_uid not in (os.geteuid(), self.account.owner()):
            raise wrong_owner(run, run.lstat().st_uid)
        self.account.give(run)
        run.chmod(0o700)

    def _written_pid(self) -> int | None:
        try:
            return int((self.paths.pg / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _put_away_stale_pid(self) -> None:
        """Removes lock files whose number belongs to another program by now.

        Only after every process that works in the folder has gone: a backend that outlives a killed
        postmaster still writes, and PostgreSQL's own check for it reads the file that we take away.
        """
        self._wait_for_survivors()
        number = self._written_pid()
        if number is not None and process.alive(number):
            (self.paths.pg / "postmaster.pid").unlink(missing_ok=True)
        for name in (SOCKET_NAME, SOCKET_NAME + ".lock"):
            (self.paths.run / name).unlink(missing_ok=True)

    def _wait_for_survivors(self) -> None:
        deadline = time.monotonic() + 5
        while survivors := _working_in(self.paths.pg):
            if time.monotonic() > deadline:
                for pid in survivors:
                    process.end(pid, (signal.SIGKILL,), 2)
            time.sleep(0.05)

    @contextlib.contextmanager
    def _open_log(self) -> Iterator[BinaryIO]:
        path = self.paths.logs / "postgres.log"
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as file:
            yield file

    def _failed(self, program: str) -> Trouble:
        log = self.paths.logs / "postgres.log"
        tail = log.read_text(errors="replace").strip().splitlines()[-6:] if log.exists() else []
        if any("No space left on device" in line for line in tail):
            require_space(self.paths, free_bytes=0)
        fatal = next((line for line in reversed(tail) if "FATAL" in line or "error:" in line), "")
        said = fatal or (tail[-1] if tail else "")
        return Trouble(
            f"{program} 启动失败：{said} （详见 {log}）",
            f"{program} failed to start: {said} (see {log})",
            Exit.POSTGRES_FAILED,
        )


def dsn_for(paths: Paths, password: str, database: str = NAME) -> str:
    """The connection URL of the embedded server of a data folder."""
    return f"postgresql://{NAME}:{quote(password)}@/{database}?host={quote(str(paths.run))}"


def _password(path: Path) -> str:
    """The database's password: made once, kept in a file that only its owner reads."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text().strip()
    value = secrets.token_urlsafe(24)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(value + "\n")
    return value


def _plain_environment() -> dict[str, str]:
    """No PG* variable of the caller may steer our server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def _working_in(folder: Path) -> list[int]:
    """Processes whose working folder is this one: PostgreSQL's all are, the postmaster's children
    too.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(folder) and process.alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found
