"""A body beyond its maximum ends like a broken connection, before anything is spooled for ever."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.mark.parametrize(
    ("path", "parts", "ends"),
    [("/sign-in/", 2, False), ("/sign-in/", 4, True), ("/imports/", 4, False)],
)
def test_an_endless_body_is_cut_at_its_maximum(path, parts, ends):
    from xinheng.asgi import bounded

    async def receive():
        return {"type": "http.request", "body": b"x" * 1024 * 1024, "more_body": True}

    async def read():
        counted = bounded({"type": "http", "path": path}, receive)
        return [(await counted())["type"] for _ in range(parts)]

    # In a thread of its own: a browser test of the same worker may have left its loop running.
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(asyncio.run, read()).result()
    assert ("http.disconnect" in told) is ends
