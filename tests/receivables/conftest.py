"""A desk for the room's tests: an empty book, a batch per file, the shorthand of a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from xinheng.people.actor import system

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
CLERK = system("import")
COMPONENTS = (
    *("open_items", "unbilled", "orders", "bills", "bank_bills", "listed_bills", "guarantees"),
    *("unapplied", "prepaid"),
)


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

    def orders(self, *rows: Any) -> tuple[Any, Any]:
        return self.record("orders", rows)

    def deliveries(self, *rows: Any) -> tuple[Any, Any]:
        return self.record("deliveries", rows)

    def invoices(self, *rows: Any) -> tuple[Any, Any]:
        return self.record("invoices", rows)

    def receipts(self, *rows: Any) -> tuple[Any, Any]:
        return self.record("receipts", rows)

    def bills(self, *rows: Any) -> tuple[Any, Any]:
        return self.record("bills", rows)

    def guarantees(self, *rows: Any) -> tuple[Any, Any]:
        return self.record("guarantees", rows)

    def undo(self, batch: Any) -> int:
        from xinheng.intake.actions import mark_undone
        from xinheng.receivables.actions import undo_batch

        done = undo_batch(batch, actor=CLERK, at=AT)
        mark_undone(batch, actor=CLERK, at=AT)
        return done

    def record(self, kind: str, rows: Any, at: datetime = AT) -> tuple[Any, Any]:
        """The batch and its counts."""
        from xinheng.receivables import actions

        record = getattr(actions, f"record_{kind}")
        batch = self.batch("invoices")
        counts = record(list(rows), batch=batch, actor=CLERK, at=at)
        self.close(batch, counts)
        return batch, counts

    def carried(self, code: str = "C1", **key: Any) -> dict[str, int]:
        """What the line carries, component by component, those that are not 0."""
        line = self.line(code, **key)
        found = {name: getattr(line, f"{name}_minor") for name in COMPONENTS}
        return {name: minor for name, minor in found.items() if minor}

    def line(self, code: str = "C1", currency: str = "CNY", scope: str = "") -> Any:
        from xinheng.limits.models import CreditLine

        return CreditLine.objects.get(customer__code=code, currency=currency, scope=scope)


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


def delivery(number: str, amount: int, on: date, order_number: str = "", **more: Any) -> Any:
    from xinheng.receivables.rows import DeliveryRow

    fields = {"customer_code": "C1", "currency": "CNY", "order_number": order_number} | more
    return DeliveryRow(number=number, amount_minor=amount, delivered_on=on, **fields)


def bill(number: str, amount: int, on: date, due: date, **more: Any) -> Any:
    from xinheng.receivables.rows import BillRow

    fields = {"customer_code": "C1", "currency": "CNY"} | more
    return BillRow(number=number, amount_minor=amount, received_on=on, due_on=due, **fields)


def guarantee(number: str, amount: int, on: date, **more: Any) -> Any:
    from xinheng.receivables.rows import GuaranteeRow

    fields = {"customer_code": "C1", "currency": "CNY"} | more
    return GuaranteeRow(number=number, amount_minor=amount, issued_on=on, **fields)
