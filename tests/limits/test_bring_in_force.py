"""On each day exactly the dated limit that holds is in the line's columns, with what covers add,
and the line knows until when that stays true."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import AT, make_customer, make_world
from xinheng.limits.in_force import Covering, Planned, bring_in_force, covered_on, in_force_on
from xinheng.limits.models import Cover, CreditLine, DatedLimit

DAY = date(2026, 11, 20)


def day(n: int) -> date:
    return DAY + timedelta(days=n)


def planned(pk: int, amount: int | None, begins: int, ends: int | None = None, **more: Any):
    terms = {"temporary": False, "unlimited": amount is None, "grace_days": 0} | more
    return Planned(
        id=pk,
        amount_minor=amount,
        valid_from=day(begins),
        valid_until=None if ends is None else day(ends),
        single_order_cap_minor=None,
        terms_days_max=30,
        overdue_allowed_minor=0,
        overdue_days_allowed=0,
        **terms,
    )


def cover(amount: int, share: int, begins: int, ends: int) -> Covering:
    return Covering(amount, share, day(begins), day(ends))


BASE = planned(1, 1000, -100, 200)
TEMPORARY = planned(2, 1200, 5, 9, temporary=True)

# what, plan, covers, day, id of the limit in force, covered, last day it stays true
TABLE = [
    ("nothing granted", [], [], 0, None, 0, None),
    ("base only", [BASE], [], 0, 1, 0, None),
    ("last day of the base", [BASE], [], 200, 1, 0, None),
    ("an expired base stays, expired", [BASE], [], 201, 1, 0, None),
    ("not begun is unset", [planned(1, 1000, 3)], [], 0, None, 0, 2),
    ("begins today", [planned(1, 1000, 0)], [], 0, 1, 0, None),
    ("two lie ahead", [BASE, planned(2, 900, 10), planned(3, 800, 20)], [], 0, 1, 0, 9),
    ("the first came", [BASE, planned(2, 900, 10), planned(3, 800, 20)], [], 10, 2, 0, 19),
    ("the last came", [BASE, planned(2, 900, 10), planned(3, 800, 20)], [], 20, 3, 0, None),
    ("what was replaced does not return", [BASE, planned(2, 900, 10, 12)], [], 13, 2, 0, None),
    ("same day: the later entry", [BASE, planned(2, 900, -100)], [], 0, 2, 0, None),
    ("temporary ahead", [BASE, TEMPORARY], [], 0, 1, 0, 4),
    ("temporary replaces", [BASE, TEMPORARY], [], 5, 2, 0, 9),
    ("temporary, its last day", [BASE, TEMPORARY], [], 9, 2, 0, 9),
    ("then the base returns", [BASE, TEMPORARY], [], 10, 1, 0, None),
    ("temporary may be lower", [BASE, planned(2, 10, 0, 3, temporary=True)], [], 0, 2, 0, 3),
    ("temporary without a base", [TEMPORARY], [], 5, 2, 0, 9),
    ("and nothing after it", [TEMPORARY], [], 10, None, 0, None),
    (
        "of two temporary ones the later begun",
        [BASE, TEMPORARY, planned(3, 1500, 7, 8, temporary=True)],
        [],
        7,
        3,
        0,
        8,
    ),
    (
        "then the earlier one again",
        [BASE, TEMPORARY, planned(3, 1500, 7, 8, temporary=True)],
        [],
        9,
        2,
        0,
        9,
    ),
    (
        "a base that begins behind a temporary one changes nothing yet",
        [BASE, planned(2, 1200, 0, 9, temporary=True), planned(3, 900, 5)],
        [],
        0,
        2,
        0,
        9,
    ),
    ("the word unlimited", [planned(1, None, -1, 30)], [], 0, 1, 0, None),
    ("zero is a limit", [BASE, planned(2, 0, -1)], [], 0, 2, 0, None),
    ("cover at 90 %", [BASE], [cover(999, 9000, -5, 12)], 0, 1, 899, 12),
    ("its last day", [BASE], [cover(999, 9000, -5, 12)], 12, 1, 899, 12),
    ("the day after", [BASE], [cover(999, 9000, -5, 12)], 13, 1, 0, None),
    ("cover ahead", [BASE], [cover(500, 10000, 4, 12)], 0, 1, 0, 3),
    ("two covers", [BASE], [cover(500, 10000, 0, 12), cover(5, 5000, 0, 3)], 0, 1, 503, 3),
    (
        "one cover follows another without a gap",
        [BASE],
        [cover(500, 10000, 0, 4), cover(500, 10000, 5, 9)],
        0,
        1,
        500,
        9,
    ),
]


@pytest.mark.parametrize(
    ("plan", "covers", "on", "held", "covered", "until"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_what_holds_on_a_day(plan, covers, on, held, covered, until):
    found = in_force_on(plan, covers, day(on))
    assert (found.limit.id if found.limit else None, found.covered_minor) == (held, covered)
    assert found.until == (None if until is None else day(until))


DAYS = st.integers(-6, 6)
PLANS = st.lists(
    st.builds(
        lambda begins, length, temporary: (begins, length if temporary else None, temporary),
        DAYS,
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=6,
)
COVERS = st.lists(st.tuples(DAYS, st.integers(0, 5), st.integers(1, 3)), max_size=3)


@settings(max_examples=300)
@given(PLANS, COVERS, DAYS)
def test_until_is_exact(plan, covers, on):
    # Catches a date that is a day late (a limit ends too late) or early (a look for nothing).
    rows = [
        planned(pk, 100, begins, None if length is None else begins + length, temporary=temporary)
        for pk, (begins, length, temporary) in enumerate(plan)
    ]
    secured = [cover(amount, 10000, begins, begins + length) for begins, length, amount in covers]
    held = in_force_on(rows, secured, day(on))

    def same(n: int) -> bool:
        then = in_force_on(rows, secured, day(n))
        return (then.limit, then.covered_minor) == (held.limit, held.covered_minor)

    last = 20 if held.until is None else (held.until - DAY).days
    assert all(same(n) for n in range(on, last + 1))
    assert held.until is None or not same(last + 1)
    assert held.covered_minor == covered_on(secured, day(on))


# --- In the table


@pytest.fixture
def line(db) -> CreditLine:
    make_world()
    return CreditLine.objects.create(
        customer=make_customer("C1", unit=None), currency="CNY", updated_at=AT
    )


def give(line: CreditLine, row: Planned, **more: Any) -> DatedLimit:
    fields = row._asdict() | {"granted_by": "user:1", "granted_at": AT} | more
    return DatedLimit.objects.create(line=line, **{k: v for k, v in fields.items() if k != "id"})


def in_columns(line: CreditLine) -> tuple[Any, ...]:
    line.refresh_from_db()
    return (line.amount_minor, line.temporary, line.covered_minor, line.in_force_until)


def test_the_columns_follow_the_plan_day_by_day(line):
    give(line, planned(0, 1000, -100, 200, grace_days=7))
    give(line, TEMPORARY)
    Cover.objects.create(
        line=line,
        kind="insurance",
        reference="P-1",
        amount_minor=500,
        share_bps=9000,
        valid_from=day(0),
        valid_until=day(5),
        entered_by="user:1",
        entered_at=AT,
    )
    seen = []
    for n in (0, 5, 6, 10):
        bring_in_force([line.pk], today=day(n), at=AT)
        seen.append(in_columns(line))
    assert seen == [
        (1000, False, 450, day(4)),
        (1200, True, 450, day(5)),
        (1200, True, 0, day(9)),
        (1000, False, 0, None),
    ]
    assert (line.valid_until, line.grace_days, line.terms_days_max) == (day(200), 7, 30)


def test_asked_again_nothing_changes_and_the_line_does_not_move(line):
    give(line, BASE)
    later = AT + timedelta(days=1)
    assert bring_in_force([line.pk], today=DAY, at=AT) == [line.pk]
    assert bring_in_force([line.pk], today=DAY, at=later) == []
    line.refresh_from_db()
    assert line.updated_at == AT


def test_a_line_whose_limits_were_all_withdrawn_is_unset(line):
    give(line, BASE, ended_at=AT)
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=1000, valid_until=day(200))
    bring_in_force([line.pk], today=DAY, at=AT)
    assert in_columns(line) == (None, False, 0, None)
    assert (line.valid_from, line.valid_until) == (None, None)


def test_a_line_that_never_had_a_plan_keeps_its_columns(line):
    CreditLine.objects.filter(pk=line.pk).update(amount_minor=1000, valid_until=day(200))
    assert bring_in_force([line.pk], today=DAY, at=AT) == []
    assert in_columns(line) == (1000, False, 0, None)
    assert line.valid_until == day(200)


def test_unlimited_stays_a_word(line):
    give(line, planned(0, None, 0, 10))
    bring_in_force([line.pk], today=DAY, at=AT)
    line.refresh_from_db()
    assert line.unlimited and line.amount_minor is None
