"""`xinheng up`: the database, then migrations and the demonstration book, then web, jobs,
sequencer.

One supervisor per data folder (a lock that dies with it). It watches its children, starts a dead
one again, and on Ctrl-C or SIGTERM ends them in this order: web, jobs, sequencer, database; within
ten seconds. If it is killed itself, the kernel tells its children to go, and the next start ends
whatever is left before it begins: there are never two of anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from xinheng.operate import locks, process
from xinheng.operate.child import Child
from xinheng.operate.cluster import Cluster
from xinheng.operate.database import require_version
from xinheng.operate.paths import REPOSITORY, Paths, paths_from, prepare, require_space
from xinheng.operate.trouble import Exit, Trouble

READY_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 9.5
STOP_SECONDS = {"web": 3.5, "jobs": 1.5, "sequencer": 1.5}
TICK_SECONDS = 0.2


@dataclass(frozen=True)
class Wish:
    """What the person asked for: where to listen, and whether to begin empty."""

    port: int
    host: str = "127.0.0.1"
    empty: bool = False

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/"


@dataclass(frozen=True)
class Ready:
    """What can be told when everything answers."""

    url: str
    data_folder: Path
    seconds: float
    accounts: list[dict[str, Any]]
    setup_url: str | None


class Stopped(BaseException):
    """Raised by a signal, wherever we are: everything that was started is ended on the way out."""


@dataclass
class Supervisor:
    """One run on one data folder."""

    wish: Wish
    environment: dict[str, str]
    tell: Callable[[str], None]
    paths: Paths = field(init=False)
    cluster: Cluster | None = None
    server: subprocess.Popen[bytes] | None = None
    children: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = paths_from(self.environment)

    def run(self, announce: Callable[[Ready], None]) -> None:
        """Starts everything, announces it, watches until a signal, ends everything."""
        begun = time.monotonic()
        prepare(self.paths)
        lock = self._lock()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            self._end_leftovers()
            require_free_port(self.wish)
            self._start_database()
            prepared = self._prepare_house()
            self._start_child("web", "--host", self.wish.host, "--port", str(self.wish.port))
            self._wait_ready()
            # After the web process, so that they do not compete with it for the processors.
            self._start_child("jobs")
            self._start_child("sequencer")
            announce(self._ready(prepared, time.monotonic() - begun))
            self._watch()
        except Stopped:
            pass
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            self._end()
            lock.release()

    def _lock(self) -> locks.Held:
        try:
            return locks.take(self.paths.instance_lock, wait=False)
        except BlockingIOError:
            running = instance(self.paths)
            where = running.get("url", "?")
            raise Trouble(
                f"信衡已在此数据目录运行：{where}（进程 {running.get('pid', '?')}）。先停止它，"
                "或用 XINHENG_DATA 指定另一个目录。",
                f"Xinheng already runs on this data folder: {where} "
                f"(process {running.get('pid', '?')}). Stop it first, or name another folder "
                "with XINHENG_DATA.",
                Exit.ALREADY_RUNNING,
            ) from None

    def _end_leftovers(self) -> None:
        """Ends what a killed supervisor left running; if the number is still ours."""
        for pid in instance(self.paths).get("children", []):
            if "xinheng.cli" in process.command_line(pid):
                process.end(pid, (signal.SIGTERM, signal.SIGKILL), 3.0)

    def _start_database(self) -> None:
        own = self.environment.get("DATABASE_URL")
        if own:
            require_version(own)
            require_space(self.paths)
            self.environment["XINHENG_DSN"] = own
            return
        with self._commands_gone():
            self.cluster = Cluster.at(self.paths, self.environment)
            if not self.paths.pg.exists():
                self.tell("正在建立数据库 · Making the database …")
            self.server = self.cluster.start()
        self.environment["XINHENG_DSN"] = self.cluster.dsn()

    @contextlib.contextmanager
    def _commands_gone(self) -> Any:
        """Waits for commands that use a PostgreSQL of their own on this folder."""
        try:
            users = locks.take(self.paths.users_lock, wait=False)
        except BlockingIOError:
            self.tell(
                "有命令正在使用数据库，等待其结束 · A command uses the database, waiting for it …"
            )
            users = locks.take(self.paths.users_lock)
        try:
            yield
        finally:
            users.release()

    def _prepare_house(self) -> dict[str, Any]:
        """Migrations, static files, the demonstration book: in a process that then goes away."""
        arguments = [*_program("prepare"), *(["--empty"] if self.wish.empty else [])]
        running = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=self.environment,
            cwd=REPOSITORY,
            start_new_session=True,
            preexec_fn=process.dies_with(os.getpid(), signal.SIGTERM),
        )
        try:
            answer, _ = running.communicate()
        except BaseException:
            running.kill()
            running.wait()
            raise
        if running.returncode != 0:
            raise Trouble(
                "数据库准备失败，原因见上。数据未受影响，修复后重试即可。",
                "Preparing the database failed, see above. Nothing is lost: mend it and try again.",
                Exit.CHILD_FAILED,
            )
        prepared: dict[str, Any] = json.loads(answer.splitlines()[-1])
        return prepared

    def _start_child(self, name: str, *options: str) -> None:
        child = Child(name, _program(name, *options), self.paths.logs / f"{name}.log")
        child.start(self.environment)
        self.children.append(child)
        self._note_instance()

    def _wait_ready(self) -> None:
        """Until /readyz answers 200; other answers count as not yet, a web that keeps dying as
        failure.
        """
        web = self.children[0]
        deadline = time.monotonic() + READY_SECONDS_MAX
        said = ""
        while time.monotonic() < deadline:
            answered, said = answer_of(self.wish.url + "readyz")
            if answered:
                return
            self._mend()
            if web.failures >= 3:
                said = web.last_words()
                break
            time.sleep(0.05)
        raise Trouble(
            f"网页服务没有就绪：{said or web.last_words()} （详见 {web.log}）",
            f"The web process did not become ready: {said or web.last_words()} (see {web.log})",
            Exit.CHILD_FAILED,
        )

    def _ready(self, prepared: dict[str, Any], seconds: float) -> Ready:
        token = prepared.get("setup_token")
        return Ready(
            url=self.wish.url,
            data_folder=self.paths.root,
            seconds=seconds,
            accounts=prepared.get("accounts", []),
            setup_url=f"{self.wish.url}setup/?token={token}" if token else None,
        )

    def _watch(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            self._mend()

    def _mend(self) -> None:
        """Starts again whatever has died; the database first, because the others need it."""
        if self.cluster and self.server is not None and self.server.poll() is not None:
            self.tell("数据库意外停止，正在恢复 · The database stopped, recovering it …")
            self.server = self.cluster.start()
        for child in self.children:
            if child.died():
                code = child.running.returncode if child.running else 0
                pause = child.plan_restart()
                self.tell(
                    f"{child.name} 意外停止（{code}），{pause:.0f} 秒后重启 · "
                    f"{child.name} stopped ({code}), starting it again in {pause:.0f} s: "
                    f"{child.last_words()}"
                )
            if child.is_due():
                child.start(self.environment)
                self._note_instance()

    def _end(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS_MAX
        for child in self.children:
            child.ask_to_end()
            child.end(min(deadline, time.monotonic() + STOP_SECONDS[child.name]))
        if self.cluster is not None:
            self.cluster.stop(self.server, max(2.0, (deadline - time.monotonic()) / 2))
        with contextlib.suppress(FileNotFoundError):
            (self.paths.root / "instance.json").unlink()

    def _note_instance(self) -> None:
        """For `doctor`, for the message to a second start, and for the start after a crash."""
        known = {
            "pid": os.getpid(),
            "url": self.wish.url,
            "children": [child.running.pid for child in self.children if child.running],
        }
        part = self.paths.root / "instance.json.part"
        part.write_text(json.dumps(known))
        part.replace(self.paths.root / "instance.json")


def require_free_port(wish: Wish) -> None:
    """Refuses a port that another program listens on, before anything is started."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((wish.host, wish.port))
        except OSError as error:
            raise Trouble(
                f"端口 {wish.port} 不可用（{error.strerror}）。请换一个："
                f"make run PORT={wish.port + 1}",
                f"Port {wish.port} can't be used ({error.strerror}). "
                f"Try another: make run PORT={wish.port + 1}",
                Exit.PORT_BUSY,
            ) from error


def answer_of(url: str) -> tuple[bool, str]:
    """Whether a local address answers 200, and what it says when it does not."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200, ""
    except urllib.error.HTTPError as error:
        return False, error.read(300).decode(errors="replace")
    except OSError as error:
        return False, str(error)


def _program(*words: str) -> list[str]:
    return [sys.executable, "-m", "xinheng.cli", *words]


def instance(paths: Paths) -> dict[str, Any]:
    """What the supervisor of a data folder noted about itself: pid, url, its children's pids."""
    try:
        found: dict[str, Any] = json.loads((paths.root / "instance.json").read_text())
    except (OSError, ValueError):
        return {}
    return found


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def run(
    wish: Wish,
    environment: Mapping[str, str],
    tell: Callable[[str], None],
    announce: Callable[[Ready], None],
) -> None:
    """Runs until a signal; raises a Trouble when it can not start."""
    Supervisor(wish, dict(environment), tell).run(announce)
