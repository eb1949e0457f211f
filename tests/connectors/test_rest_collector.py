"""An import switches Python's cycle collector off for its own time only, however it ends."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from xinheng.connectors.files.collector import collector_rests
from xinheng.refusals import Refused

HEADER = "number,customer_code,name,currency,amount,date,due\n"
ROW = "I1,C1,陈记,CNY,10.00,2026-11-01,2026-12-01\n"


def test_the_collector_rests_during_the_import_and_wakes_after_it(
    bring: Callable[..., Any],
) -> None:
    """Fails where run_import loses its decorator: the collector is then awake inside."""
    seen: list[bool] = []
    bring("invoices", HEADER + ROW, on_progress=lambda percent, text: seen.append(gc.isenabled()))
    assert seen and not any(seen)
    assert gc.isenabled()


def test_a_refused_file_wakes_the_collector_too(bring: Callable[..., Any]) -> None:
    """Fails without the finally: the process would never collect again."""
    with pytest.raises(Refused):
        bring("invoices", "nothing,of,ours\n1,2,3\n")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_rests(), collector_rests():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
