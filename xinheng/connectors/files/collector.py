"""Python's collector of reference cycles rests while a file comes in.

An import makes a few million small values (cells, rows, dates) that all stay until it ends; each
full collection walks every one of them and finds no cycle. Values without cycles go by themselves
as soon as nothing refers to them, so resting costs no memory, and the size of a file is bounded.
Measured with 100,000 invoices of 5,000 customers: 7.4 s of Python's time with the collector, 4.5 s
without.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_rests() -> Iterator[None]:
    """Off until the block ends, however it ends; a collector that was off already stays off."""
    awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if awake:
            gc.enable()
