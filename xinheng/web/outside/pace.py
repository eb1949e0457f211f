"""How often somebody without an account may try: counted per process, in memory, bounded.

Tokens have 256 bits, so nobody finds one by trying; what is bounded is the work that strangers can
make us do. An address that asks for things that are not there gets 429 for those, and only for
those: who holds a living link is never kept out by others behind the same address. Worked: 600
misses in ten minutes; the 601st says to try again later.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

KEYS_MAX: Final = 20_000
WINDOW_SECONDS: Final = 600.0
MISSES_MAX: Final = 600  # addresses that open nothing, per network address
FORMS_MAX: Final = 300  # forms handed in, per link
CHECKS_MAX: Final = 600  # fields checked while typing, per link
UPLOADS_MAX: Final = 60  # papers, per link


class Pace:
    """Counts per key in windows of ten minutes; the key not used longest is forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def takes(self, what: str, key: str, most: int) -> bool:
        """Count one more try; False where it is one too many."""
        now = self._clock()
        with self._lock:
            begun, count = self._counts.pop((what, key), (now, 0))
            if now - begun >= WINDOW_SECONDS:
                begun, count = now, 0
            self._counts[(what, key)] = (begun, count + 1)
            while len(self._counts) > KEYS_MAX:
                self._counts.popitem(last=False)
        return count < most


pace = Pace()
