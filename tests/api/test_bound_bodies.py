"""A body beyond its maximum ends like a broken connection, before anything is spooled for ever."""

from __future__ import annotations

import pytest

from tests.loops import run_apart


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

    assert ("http.disconnect" in run_apart(read())) is ends
