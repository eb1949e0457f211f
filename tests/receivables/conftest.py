"""A desk for the room's tests: an empty book, a batch per file, the shorthand of a few rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from xinheng.people.actor import system

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CLERK = system("import")


class Desk:
    """Records rows as an import does: one batch, one call."""

    def __init__(self) -> None:
        self.files = 0

    def batch(self, kind: str) -> Any:
        from xinheng.intake.actions import open_batch

        self.files += 1
        return open_batch(kind, f"{self.files}.csv", f"{self.files:064d}", {}, actor=CLERK, at=AT)

    def close(self, batch: Any, counts: Any) -> None:
        from xinheng.intake.actions import finish_batch

        finish_batch(batch, counts, actor=CLERK, at=AT)

    def invoices(self, *rows: Any) -> tuple[Any, Any]:
        from xinheng.receivables.actions import record_invoices

        return self._record("invoices", record_invoices, rows)

    def receipts(self, *rows: Any) -> tuple[Any, Any]:
        from xinheng.receivables.actions import record_receipts

        return self._record("receipts", record_receipts, rows)

    def orders(self, *rows: Any) -> tuple[Any, Any]:
        from xinheng.receivables.actions import record_orders

        return self._record("orders", record_orders, rows)

    def undo(self, batch: Any) -> int:
        from xinheng.intake.actions import mark_undone
        from xinheng.receivables.actions import undo_batch

        done = undo_batch(batch, actor=CLERK, at=AT)
        mark_undone(batch, actor=CLERK, at=AT)
        return done

    def _record(self, kind: str, record: Callable[..., Any], rows: Any) -> tuple[Any, Any]:
        batch = self.batch(kind)
        counts = record(list(rows), batch=batch, actor=CLERK, at=AT)
        self.close(batch, counts)
        return batch, counts

    def line(self, code: str = "C1", currency: str = "CNY") -> Any:
        from xinheng.limits.models import CreditLine

        return CreditLine.objects.get(customer__code=code, currency=currency)


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    yield Desk()


def invoice(number: str, amount: int, issued: date, due: date, **more: Any) -> Any:
    from xinheng.receivables.rows import InvoiceRow

    fields = {"customer_code": "C1", "customer_name": "江南钢构", "currency": "CNY"} | more
    return InvoiceRow(number=number, amount_minor=amount, issued_on=issued, due_on=due, **fields)


def receipt(number: str, amount: int, on: date, reference: str = "", **more: Any) -> Any:
    from xinheng.receivables.rows import ReceiptRow

    fields = {"customer_code": "C1", "currency": "CNY"} | more
    return ReceiptRow(
        number=number, amount_minor=amount, received_on=on, reference=reference, **fields
    )


def order(number: str, amount: int, on: date, state: str = "open", **more: Any) -> Any:
    from xinheng.receivables.rows import OrderRow

    fields = {"customer_code": "C1", "currency": "CNY"} | more
    return OrderRow(number=number, amount_minor=amount, ordered_on=on, state=state, **fields)
