"""A counter that differs from its documents is an alarm with both figures, until it is rebuilt."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.receivables.conftest import AT, CLERK, Desk, invoice
from xinheng.limits.models import CreditLine
from xinheng.receivables.actions import rebuild
from xinheng.receivables.models import Difference
from xinheng.receivables.watching import watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(desk: Desk) -> Any:
    desk.invoices(invoice("I1", 60_00, date(2026, 11, 1), date(2026, 12, 1)))
    return desk.line()


def test_nothing_differs_after_an_import(line: Any) -> None:
    assert watch([line.customer_id], at=AT) == []
    assert Difference.objects.count() == 0


def test_a_difference_is_told_once_with_both_figures_and_ends_with_a_rebuild(line: Any) -> None:
    CreditLine.objects.filter(pk=line.pk).update(open_items_minor=80_00)
    [off] = watch([line.customer_id], at=AT)
    assert (off.component, off.counter, off.documents) == ("open_items", 80_00, 60_00)
    assert watch([line.customer_id], at=AT) == []  # it stands; it is not told again
    told = Difference.objects.get()
    assert (told.counter_minor, told.documents_minor, told.resolved_at) == (80_00, 60_00, None)
    rebuild([line.customer_id], actor=CLERK, at=AT)
    watch([line.customer_id], at=AT)
    assert Difference.objects.get().resolved_at == AT
