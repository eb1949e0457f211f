"""Imports, an undo and order traffic on the same customers at once: nothing is lost, nothing waits
in a circle, and the lines equal the ledger afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from tests.receivables.conftest import AT, CLERK, Desk, invoice, receipt

DAY = date(2026, 8, 1)


def on_its_own_connection(work: Callable[[], Any]) -> Any:
    from django.db import connections

    try:
        return work()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_imports_and_an_undo_at_once_leave_the_lines_equal_to_the_ledger() -> None:
    # Fails without `_lock_room`: two imports settle the same customer from the same old state, and
    # one of them books cash that the other has already used.
    from django.db.models import Sum

    from xinheng.limits.models import CreditLine
    from xinheng.limits.queries import reconcile
    from xinheng.receivables.actions import undo_batch
    from xinheng.receivables.models import Invoice, Receipt

    desk = Desk()
    first, _ = desk.invoices(*(invoice(f"F{n}", 50, DAY, DAY) for n in range(20)))
    desk.invoices(*(invoice(f"I{n}", 100, DAY, DAY + timedelta(days=n)) for n in range(40)))

    def pay(n: int) -> None:
        Desk().receipts(*(receipt(f"R{n}-{k}", 30, DAY + timedelta(days=k)) for k in range(20)))

    def bill(n: int) -> None:
        Desk().invoices(*(invoice(f"N{n}-{k}", 70, DAY, DAY) for k in range(20)))

    jobs: list[Callable[[], Any]] = [lambda n=n: pay(n) for n in range(4)]
    jobs += [lambda n=n: bill(n) for n in range(3)]
    jobs.insert(3, lambda: undo_batch(first, actor=CLERK, at=AT))
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(on_its_own_connection, job) for job in jobs]:
            done.result(60)
    billed, paid = 40 * 100 + 3 * 20 * 70, 4 * 20 * 30
    owed = Invoice.objects.aggregate(s=Sum("open_minor"))["s"]
    left = Receipt.objects.aggregate(s=Sum("unapplied_minor"))["s"]
    assert (owed, left) == (billed - paid, 0)
    line = CreditLine.objects.get()
    assert (line.open_items_minor, line.unapplied_minor) == (owed, left)
    assert reconcile() == []
