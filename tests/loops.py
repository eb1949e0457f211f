"""An event loop for a test, in a thread of its own: a browser test of the same worker may have left
its loop running in this one, and one thread runs one loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Answer = TypeVar("Answer")


def run_apart(work: Coroutine[Any, Any, Answer]) -> Answer:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
