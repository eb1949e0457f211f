"""What counts as more credit: judged on every day, and by where the line lies."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from xinheng.limits.in_force import Planned
from xinheng.limits.raising import Footing, footing, raises

DAY = date(2026, 11, 20)


def row(amount: int | None, begins: int = -10, ends: int | None = 100, pk: int = 1, **more: Any):
    fields: dict[str, Any] = {
        "temporary": False,
        "grace_days": 0,
        "single_order_cap_minor": 50,
        "terms_days_max": 30,
        "overdue_allowed_minor": 5,
        "overdue_days_allowed": 15,
    }
    return Planned(
        id=pk,
        amount_minor=amount,
        unlimited=amount is None,
        valid_from=DAY + timedelta(days=begins),
        valid_until=None if ends is None else DAY + timedelta(days=ends),
        **(fields | more),
    )


BASE = row(100)
LOW_FOR_A_WHILE = row(40, 0, 9, 2, temporary=True)

TABLE = [
    ("the same", [BASE], [BASE], False),
    ("less", [BASE], [BASE, row(90, 0, 100, 2)], False),
    ("more", [BASE], [BASE, row(101, 0, 100, 2)], True),
    ("less, but for longer", [BASE], [BASE, row(90, 0, 101, 2)], True),
    ("less, but with a grace", [BASE], [BASE, row(90, 0, 100, 2, grace_days=1)], True),
    ("more, from a day ahead", [BASE], [BASE, row(101, 50, 60, 2)], True),
    ("zero", [BASE], [BASE, row(0, 0, 100, 2)], False),
    ("unlimited", [BASE], [BASE, row(None, 0, 100, 2)], True),
    ("a cap less", [BASE], [BASE, row(100, 0, 100, 2, single_order_cap_minor=None)], True),
    ("longer terms", [BASE], [BASE, row(90, 0, 100, 2, terms_days_max=31)], True),
    ("loose terms of no credit", [BASE], [BASE, row(0, 0, 100, 2, terms_days_max=31)], False),
    ("lower for a while", [BASE], [BASE, LOW_FOR_A_WHILE], False),
    ("taking back what lowered it", [BASE, LOW_FOR_A_WHILE], [BASE], True),
    ("higher for a while", [BASE], [BASE, row(110, 5, 9, 2, temporary=True)], True),
    ("an expired one again", [row(100, -10, -1)], [row(100, 0, 9, 2)], True),
    (
        "after its end any credit is more",
        [row(100, -10, -1)],
        [row(100, -10, -1), row(1, 0, 9, 2)],
        True,
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "more"), [r[1:] for r in TABLE], ids=[r[0] for r in TABLE]
)
def test_a_change_of_the_plan(before, after, more):
    assert raises(before, after, Footing.ALONE, DAY) is more


@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        (Footing.ALONE, True, False),  # unset is no credit
        (Footing.SUB, False, True),  # unset restricts nothing
        (Footing.WITHIN, True, True),  # unset is what stands above: nobody can tell from here
    ],
)
def test_setting_the_first_and_taking_the_last(on, first, last):
    assert raises([], [BASE], on, DAY) is first
    assert raises([BASE], [], on, DAY) is last


def test_where_a_line_lies():
    assert footing("", []) is Footing.ALONE and footing("", [7]) is Footing.WITHIN
    assert footing("group", []) is Footing.WITHIN and footing("unit:EAST", [7]) is Footing.SUB
