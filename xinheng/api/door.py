"""The JSON door: order checks that wait are decided together, so that they share one transaction
and one commit.

The event loop only reads and writes HTTP. Requests queue; a lane (one thread with one database
connection) takes all that wait, at most 200, without any timer: an idle door answers a single order
at once, a busy one commits groups. A member that fails never fails its neighbours: the batch is cut
and tried again. The queue is bounded: beyond it the answer is 503 with Retry-After, never a growing
backlog. Nothing is answered before COMMIT.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import queue
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from xinheng.api.keys import actor_of_token
from xinheng.api.order_checks import BODY_BYTES_MAX, NotValid, not_valid, present, read_one
from xinheng.api.problems import NO_KEY, UNAVAILABLE, Reply, problem, refusal
from xinheng.decisions.actions import check_orders
from xinheng.decisions.values import Answer, Ask
from xinheng.ledger.queries import backlog
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.queries import KeyGone

PATH: Final = "/api/v1/order-checks"
BATCH_MAX: Final = 200
WAITING_MAX: Final = 2_000
PER_KEY_WAITING_MAX: Final = 1_000
LANES: Final = 1
PENDING_MAX: Final = 20_000
PENDING_SECONDS_MAX: Final = 30

log = logging.getLogger(__name__)


BEHIND: Final = problem(
    503,
    "ledger_behind",
    "The ledger is behind; nothing was decided. Send the same request again.",
    retry_after=5,
)


class Waiting(NamedTuple):
    """A request in the queue, and where its reply goes."""

    token: str
    body: bytes
    reply: asyncio.Future[Reply]
    loop: asyncio.AbstractEventLoop


class Door:
    """Takes POST /api/v1/order-checks before Django does."""

    def __init__(self, lanes: int = LANES) -> None:
        self.waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self.lanes = lanes
        self.in_flight = 0
        self.per_key: dict[str, int] = {}
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()

    def takes(self, scope: dict[str, Any]) -> bool:
        return scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST"

    async def lifespan(self, receive: Any, send: Any) -> None:
        """The server starts and stops us; a stop lets the orders that wait be decided first."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                _calm_collector()
                self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def start(self) -> None:
        with self._starting:
            if not self._threads:
                self._threads = [
                    threading.Thread(target=self._lane, name=f"lane-{n}", daemon=True)
                    for n in range(self.lanes)
                ]
                for thread in self._threads:
                    thread.start()

    def stop(self) -> None:
        with self._starting:
            for _ in self._threads:
                self.waiting.put(None)
            for thread in self._threads:
                thread.join(timeout=10)
            self._threads = []

    async def answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """One request: read it whole, queue it, wait for the lane, send the reply."""
        reply = await self._reply(scope, receive)
        if reply is not None:
            await _send(send, reply)

    async def _reply(self, scope: dict[str, Any], receive: Any) -> Reply | None:
        token, is_json = _headers(scope["headers"])
        if not token:
            return NO_KEY
        if not is_json:
            return problem(415, "not_json", "Send the body as application/json.")
        body = await _body(receive)
        if body is None:
            return None
        if len(body) > BODY_BYTES_MAX:
            return problem(413, "too_large", f"An order check has at most {BODY_BYTES_MAX} bytes.")
        if self.in_flight >= WAITING_MAX:
            return UNAVAILABLE
        if self.per_key.get(token, 0) >= PER_KEY_WAITING_MAX:
            text = f"This key has {PER_KEY_WAITING_MAX} requests waiting; wait for some answers."
            return problem(429, "too_many_waiting", text, retry_after=1)
        return await self._decide(token, body)

    async def _decide(self, token: str, body: bytes) -> Reply:
        if not self._threads:
            self.start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Reply] = loop.create_future()
        self.in_flight += 1
        self.per_key[token] = self.per_key.get(token, 0) + 1
        try:
            self.waiting.put(Waiting(token, body, future, loop))
            return await future
        finally:
            self.in_flight -= 1
            self.per_key[token] -= 1
            if not self.per_key[token]:
                del self.per_key[token]

    def _lane(self) -> None:
        """One thread: take all that wait, decide them, hand the replies back in one call."""
        while True:
            taken = self._take()
            if not taken:
                connections["door"].close()
                return
            try:
                replies = decide_batch([(w.token, w.body) for w in taken])
            except Exception:
                log.exception("a batch of order checks failed as a whole")
                replies = [UNAVAILABLE] * len(taken)
            with contextlib.suppress(RuntimeError):  # the loop has gone: nobody waits any more
                taken[0].loop.call_soon_threadsafe(_deliver, taken, replies)

    def _take(self) -> list[Waiting]:
        first = self.waiting.get()
        taken = [] if first is None else [first]
        while taken and len(taken) < BATCH_MAX:
            try:
                more = self.waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self.waiting.put(None)
                break
            taken.append(more)
        return taken


def _calm_collector() -> None:
    """What is loaded by now stays for good, and a batch makes thousands of values that die by
    themselves: the cycle collector need not walk them every 700 allocations.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _deliver(taken: Sequence[Waiting], replies: Sequence[Reply]) -> None:
    for waiting, reply in zip(taken, replies, strict=True):
        if not waiting.reply.done():
            waiting.reply.set_result(reply)


class LedgerPressure:
    """No ledger, no decision: when the sequencer falls far behind, orders wait (503)."""

    def __init__(self) -> None:
        self.looked_at = 0.0
        self.too_much = False

    def refuses(self, using: str) -> bool:
        """Looked at most once a second; asked by the lane, where the database is at hand."""
        now = time.monotonic()
        if now - self.looked_at >= 1.0:
            waiting = backlog(using=using)
            late = waiting.oldest_at is not None and (
                datetime.now(UTC) - waiting.oldest_at > timedelta(seconds=PENDING_SECONDS_MAX)
            )
            self.too_much = waiting.count > PENDING_MAX or late
            self.looked_at = now
        return self.too_much


pressure = LedgerPressure()


def decide_batch(requests: Sequence[tuple[str, bytes]], using: str = "door") -> list[Reply]:
    """Replies to requests (token, body), in order: authenticate, read, decide per key, present."""
    if _under_pressure(using):
        return [BEHIND] * len(requests)
    replies: list[Reply | None] = [None] * len(requests)
    actors: dict[str, Actor | None] = {}
    by_actor: dict[str, tuple[Actor, list[int], list[Ask]]] = {}
    for position, (token, body) in enumerate(requests):
        try:
            if token not in actors:
                actors[token] = actor_of_token(token, at=datetime.now(UTC), using=using)
            actor = actors[token]
            if actor is None:
                replies[position] = NO_KEY
                continue
            _, positions, asks = by_actor.setdefault(token, (actor, [], []))
            asks.append(read_one(body))
            positions.append(position)
        except NotValid as error:
            replies[position] = not_valid(error)
        except (OperationalError, InterfaceError):
            _forget_connection(using)
            replies[position] = UNAVAILABLE
    for actor, positions, asks in by_actor.values():
        if asks:
            for position, reply in zip(positions, _decided(asks, actor, using), strict=True):
                replies[position] = reply
    return [reply or UNAVAILABLE for reply in replies]


def _under_pressure(using: str) -> bool:
    try:
        return pressure.refuses(using)
    except (OperationalError, InterfaceError):
        _forget_connection(using)
        return False  # each order finds out for itself


def _decided(asks: list[Ask], actor: Actor, using: str) -> list[Reply]:
    """Decide asks together; if that fails, each alone, so that one never fails its neighbours."""
    try:
        answers: list[Answer] = check_orders(asks, actor=actor, using=using)
        return [present(answer) for answer in answers]
    except Refused as refused:
        return [refusal(refused)] * len(asks)
    except (OperationalError, InterfaceError):
        # Perhaps committed, perhaps not: unknown is not refused. The same key finds out.
        _forget_connection(using)
        return [UNAVAILABLE] * len(asks)
    except Exception as error:
        if len(asks) > 1:
            return [reply for ask in asks for reply in _decided([ask], actor, using)]
        return [_broken(error, using)]


def _broken(error: Exception, using: str) -> Reply:
    if isinstance(error, KeyGone):
        return problem(409, "erased", "This customer was erased; nothing is decided for it.")
    if isinstance(error, DatabaseError):
        _forget_connection(using)
    reference = f"{datetime.now(UTC):%Y%m%d%H%M%S%f}"
    log.error("order check failed, reference %s", reference, exc_info=error)
    return problem(500, "broken", f"Nothing was decided. Reference {reference}.")


def _forget_connection(using: str) -> None:
    with contextlib.suppress(Exception):
        connections[using].close()


def _headers(headers: Sequence[tuple[bytes, bytes]]) -> tuple[str, bool]:
    """The bearer token, and whether the body is declared as JSON. Two keys are none: who sits in
    front of us may have judged the other one.
    """
    token, is_json, keys = "", False, 0
    for name, value in headers:
        if name == b"authorization":
            keys += 1
            token = value[7:].decode("latin-1").strip() if _bears(value) and keys == 1 else ""
        elif name == b"content-type":
            is_json = value.split(b";")[0].strip().lower() == b"application/json"
    return token, is_json


def _bears(value: bytes) -> bool:
    return value[:7].lower() == b"bearer "


async def _body(receive: Any) -> bytes | None:
    """The whole body, cut off just above its maximum; None if the client went away."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size <= BODY_BYTES_MAX + 1:
            parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts) if size <= BODY_BYTES_MAX else b" " * (BODY_BYTES_MAX + 1)


async def _send(send: Any, reply: Reply) -> None:
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if reply.retry_after is not None:
        headers.append((b"retry-after", str(reply.retry_after).encode()))
    if reply.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
