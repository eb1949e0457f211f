"""Run two actions statement by statement in every order: a scheduler over real PostgreSQL.

Each action runs in a thread and on a connection of its own, and stops before each statement that
touches shared rows and before COMMIT. The scheduler lets one of them take one step at a time; one
that waits for a lock of the other (`pg_blocking_pids`) is left alone until it is free again. All
orders with at most `preemptions` switches away from an action that could have gone on are tried,
depth first: with one switch that is every place where the whole other action may happen.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db import connection, connections

Job = Callable[[], Any]
# Statements about temporary tables and savepoints: no other connection can see their difference.
PRIVATE = (
    *("savepoint", "release savepoint", "create temp", "create unique index on staged", "analyze"),
    *("drop table", "set "),
)
STUCK_SECONDS = 30.0


class Choice(NamedTuple):
    """One step: who took it, and who could have."""

    took: int
    could: tuple[int, ...]


class Runner:
    """One of the two threads. States: idle → running ⇄ parked → done."""

    def __init__(self, changed: threading.Condition) -> None:
        self.changed = changed
        self.state = "idle"
        self.result: Any = None
        self.pid = 0
        self.may_step = threading.Event()
        self.jobs: queue.Queue[Job | None] = queue.Queue()
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    def start(self, job: Job) -> None:
        self._be("running")
        self.jobs.put(job)

    def step(self) -> None:
        self._be("running")
        self.may_step.set()

    def _be(self, state: str) -> None:
        with self.changed:
            self.state = state
            self.changed.notify_all()

    def _park(self) -> None:
        self._be("parked")
        assert self.may_step.wait(STUCK_SECONDS), "the scheduler forgot a thread"
        self.may_step.clear()

    def _live(self) -> None:
        own = connections["default"]
        own.ensure_connection()
        with own.cursor() as cursor:
            cursor.execute("set deadlock_timeout = '20ms'")
        self.pid = own.connection.info.backend_pid
        honest_commit = own.commit

        def commit() -> None:
            self._park()
            honest_commit()

        def gate(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            if not str(sql).lstrip().lower().startswith(PRIVATE):
                self._park()
            return execute(sql, params, many, context)

        own.commit = commit
        with own.execute_wrapper(gate):
            while (job := self.jobs.get()) is not None:
                try:
                    self.result = job()
                except Exception as error:
                    self.result = error
                self._be("done")
        own.close()


class Race:
    """Two runners and the scheduler; a context manager, so that their connections close."""

    def __enter__(self) -> Race:
        self.changed = threading.Condition()
        self.runners = [Runner(self.changed), Runner(self.changed)]
        while not all(runner.pid for runner in self.runners):
            time.sleep(0.001)
        self.deadlocks = 0
        return self

    def __exit__(self, *_: Any) -> None:
        for runner in self.runners:
            runner.jobs.put(None)
            runner.thread.join(STUCK_SECONDS)

    def run(self, jobs: list[Job], prefix: list[int]) -> tuple[list[Any], list[Choice]]:
        """Both jobs' results (or exceptions), and the steps taken: `prefix` first, then on with
        the same runner as long as it can.
        """
        for runner, job in zip(self.runners, jobs, strict=True):
            runner.start(job)
        self._settle()
        steps: list[Choice] = []
        while could := self._parked():
            wish = prefix[len(steps)] if len(steps) < len(prefix) else steps[-1].took
            took = wish if wish in could else could[0]
            steps.append(Choice(took, could))
            self.runners[took].step()
            self._settle()
        return [runner.result for runner in self.runners], steps

    def _parked(self) -> tuple[int, ...]:
        return tuple(n for n, runner in enumerate(self.runners) if runner.state == "parked")

    def _settle(self) -> None:
        """Wait until each runner is parked, done, or waits for a lock of one that is parked."""
        deadline = time.monotonic() + STUCK_SECONDS
        while True:
            with self.changed:
                busy = self._busy()
                if busy:
                    self.changed.wait(0.003)
                    busy = self._busy()
            if not busy:
                return
            if len(busy) == 1 and self._parked() and self._blocked(busy[0]):
                return
            assert time.monotonic() < deadline, "both wait for each other, and nobody ends it"

    def _busy(self) -> list[Runner]:
        return [runner for runner in self.runners if runner.state == "running"]

    def _blocked(self, runner: Runner) -> bool:
        others = [other.pid for other in self.runners if other is not runner]
        with connection.cursor() as cursor:
            cursor.execute("select pg_blocking_pids(%s) && %s::int[]", [runner.pid, others])
            return bool(cursor.fetchone()[0])


def orders_of(
    run: Callable[[list[int]], list[Choice]], *, preemptions: int, at_most: int
) -> Iterator[list[int]]:
    """Call `run` with one prefix after the other until all orders were seen; yields each."""
    waiting: list[list[int]] = [[1], [0]]
    for _ in range(at_most):
        if not waiting:
            return
        prefix = waiting.pop()
        steps = run(prefix)
        taken = [step.took for step in steps]
        yield taken
        for place in range(len(prefix), len(steps)):
            for other in steps[place].could:
                fork = [*taken[:place], other]
                if other != taken[place] and _switches(fork, steps) <= preemptions:
                    waiting.append(fork)


def _switches(taken: list[int], steps: list[Choice]) -> int:
    """How often a runner was left although it could have gone on."""
    return sum(
        taken[n] != taken[n - 1] and taken[n - 1] in steps[n].could for n in range(1, len(taken))
    )
