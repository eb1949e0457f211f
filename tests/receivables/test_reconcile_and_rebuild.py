"""Counters equal documents; where something broke them, both figures are told, and a rebuild posts
the difference without ever showing zero.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.receivables.conftest import (
    AT,
    CLERK,
    Desk,
    bill,
    delivery,
    guarantee,
    invoice,
    order,
    receipt,
)

DAY = date(2026, 11, 1)
DUE = date(2026, 12, 1)


def fill(desk: Desk) -> int:
    desk.orders(order("SO-1", 100, DAY, delivery_on=DUE))
    desk.deliveries(delivery("D1", 60, DAY, "SO-1"))
    desk.invoices(invoice("I1", 40, DAY, DUE, order_number="SO-1", dispute_accepted_on=DAY))
    desk.bills(bill("B1", 15, DAY, DUE, reference="I1"))
    desk.receipts(receipt("R1", 9, DAY, "SO-9", prepayment=True))
    desk.guarantees(guarantee("G1", 500, DAY))
    return int(desk.line().customer_id)


BREAKS = [
    ("update limits_creditline set bills_minor = bills_minor + 5", "bills", 20, 15),
    ("update limits_creditline set unbilled_minor = 0", "unbilled", 0, 20),
    ("update limits_opendue set open_minor = 1", "due", 1, 25),
    ("delete from limits_orderdue", "order_due", 0, 40),
    ("delete from limits_disputeddue", "disputed", 0, 25),
]


@pytest.mark.parametrize(("broken", "component", "counter", "documents"), BREAKS)
def test_a_difference_is_told_with_both_figures_and_rebuilt(
    desk: Desk, broken: str, component: str, counter: int, documents: int
) -> None:
    from django.db import connection

    from xinheng.ledger.models import PendingEntry
    from xinheng.receivables import queries
    from xinheng.receivables.actions import rebuild

    customer = fill(desk)
    stood = desk.carried()
    assert queries.reconcile() == []
    with connection.cursor() as cursor:
        cursor.execute(broken)
    [off] = queries.reconcile([customer])
    assert (off.component, off.counter, off.documents) == (component, counter, documents)
    assert queries.reconcile([customer + 1]) == []
    before = PendingEntry.objects.count()
    assert rebuild([customer], actor=CLERK, at=AT) == [off]
    assert queries.reconcile() == []
    assert desk.carried() == stood
    assert PendingEntry.objects.count() == before + 1


DERIVED = [
    "update receivables_invoice set open_minor = 0",
    "delete from receivables_allocation",
    "update receivables_orderchain set open_minor = 0, unbilled_minor = 7",
    "delete from receivables_orderchain",
    "update receivables_receipt set entered = false",
    "update receivables_bill set counts_minor = 0",
]


@pytest.mark.parametrize("broken", DERIVED)
def test_a_rebuild_computes_what_follows_from_the_documents_anew(desk: Desk, broken: str) -> None:
    from django.db import connection

    from xinheng.receivables import queries
    from xinheng.receivables.actions import rebuild

    customer = fill(desk)
    stood = desk.carried()
    with connection.cursor() as cursor:
        cursor.execute(broken)
    rebuild([customer], actor=CLERK, at=AT)
    assert desk.carried() == stood
    assert queries.reconcile() == []


def test_a_rebuild_posts_only_what_differs(desk: Desk) -> None:
    from xinheng.limits.models import Movement
    from xinheng.receivables.actions import rebuild

    customer = fill(desk)
    before = Movement.objects.count()
    assert rebuild([customer], actor=CLERK, at=AT) == []
    assert Movement.objects.count() == before


def test_a_reservation_that_documents_should_have_reduced_is_told_and_mended(desk: Desk) -> None:
    from django.db import connection

    from tests.receivables.test_move_value import promise
    from xinheng.limits.models import Reservation
    from xinheng.limits.queries import reconcile
    from xinheng.receivables import queries
    from xinheng.receivables.actions import rebuild

    desk.invoices(invoice("I0", 1, DAY, DUE))
    made = promise(desk, 100)
    desk.invoices(invoice("I1", 80, DAY, DUE, order_number="SO-1"))
    with connection.cursor() as cursor:  # as if the invoice had never been taken out of it
        cursor.execute("update limits_reservation set posted_minor = 0")
        cursor.execute("update limits_creditline set orders_minor = 100")
        cursor.execute("update limits_orderdue set open_minor = 100")
    assert [(o.component, o.counter, o.documents) for o in queries.reconcile()] == [
        ("promised:SO-1", 100, 20)
    ]
    rebuild([desk.line().customer_id], actor=CLERK, at=AT)
    assert queries.reconcile() == []
    assert Reservation.objects.get(pk=made.pk).posted_minor == 80
    assert desk.carried()["orders"] == 20
    assert [row["component"] for row in reconcile()] == ["orders"], "the journal was bypassed above"
