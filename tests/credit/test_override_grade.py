"""Overrides of a grade: what is allowed, what counts on each day, and what can never happen."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit import grade_override as override
from xinheng.credit import scale
from xinheng.credit.grade_override import Wanted

DAY = date(2026, 11, 22)
END = date(2027, 5, 22)


def wanted(grade: str, **changes: Any) -> Wanted:
    return Wanted(**{"grade": grade, "reason": "new owner", "on": DAY, "until": END, **changes})


@pytest.mark.parametrize(
    ("model", "asked", "lines", "days", "why_not"),
    [
        ("BBB", wanted("A"), (), 0, ()),
        ("BBB", wanted("A"), (), 90, ()),
        ("BBB", wanted("A"), (), 91, ("unreconciled",)),
        ("BBB", wanted("A"), (), None, ("unreconciled",)),
        ("BBB", wanted("AA"), (), 0, ("too_many_notches",)),
        ("BBB", wanted("AA", committee=True), (), 0, ()),
        ("BBB", wanted("AAA", committee=True), (), 0, ("too_many_notches",)),
        ("BBB", wanted("A", until=END + timedelta(1)), (), 0, ("too_long",)),
        ("BBB", wanted("A", until=DAY - timedelta(1)), (), 0, ("too_long",)),
        ("BBB", wanted("A", until=None), (), 0, ("no_expiry",)),
        ("BBB", wanted("A", reason=" "), (), 0, ("no_reason",)),
        ("BBB", wanted("BBB"), ("overdue_90",), 0, ("too_many_notches", "red_line")),
        ("CCC", wanted("B"), ("spending_restricted",), 0, ("red_line",)),
        ("D", wanted("C"), (), 0, ("in_default",)),
        (None, wanted("B"), (), 0, ("not_rated",)),
        ("BBB", wanted("E"), (), 0, ("unknown_grade",)),
        ("BBB", wanted("C", until=None), (), None, ()),
        ("BBB", wanted("C", until=None, reason=""), (), None, ("no_reason",)),
    ],
)
def test_what_is_allowed(
    model: str | None,
    asked: Wanted,
    lines: tuple[str, ...],
    days: int | None,
    why_not: tuple[str, ...],
) -> None:
    found = override.judge(model, asked, lines, days)
    assert found.why_not == why_not
    assert (found.granted is None) == bool(why_not)
    assert all(text for code in why_not for text in override.why_not_text(code).values())


@pytest.mark.parametrize(
    ("day", "model", "lines", "counts"),
    [
        (DAY, "BBB", (), "A"),
        (END, "BBB", (), "A"),
        (END + timedelta(1), "BBB", (), "BBB"),
        (DAY - timedelta(1), "BBB", (), "BBB"),
        (DAY, "BB", (), "BBB"),
        (DAY, "AA", (), "AA"),
        (DAY, "BBB", ("abnormal_operation",), "BB"),
        (DAY, "D", (), "D"),
        (DAY, None, (), None),
    ],
)
def test_what_counts_on_each_day(
    day: date, model: str | None, lines: tuple[str, ...], counts: str | None
) -> None:
    granted = override.judge("BBB", wanted("A"), (), 0).granted
    assert override.grade_on(day, model, granted, lines) == counts


def test_a_downgrade_stands_until_it_is_lifted_and_never_helps() -> None:
    granted = override.judge("A", wanted("BB", until=None)).granted
    assert override.grade_on(date(2030, 1, 1), "AAA", granted) == "BB"
    assert override.grade_on(DAY, "CC", granted) == "CC"


def test_six_months_end_with_the_month_and_the_rate_is_a_share() -> None:
    assert override.last_day(date(2026, 8, 31)) == date(2027, 2, 28)
    assert override.last_day(DAY) == END
    assert str(override.rate(7, 60)) == "0.1167"
    assert override.rate(0, 0) is None


grades = st.sampled_from(scale.GRADES)
lines_of = st.sets(st.sampled_from(sorted(scale.RED_LINES)), max_size=2)


@given(grades, grades, grades, lines_of, st.booleans(), st.integers(0, 200))
def test_no_override_lifts_past_a_red_line_or_by_more_than_two(
    at_grant: str, now: str, asked: str, lines: set[str], committee: bool, after: int
) -> None:
    granted = override.judge(at_grant, wanted(asked, committee=committee), (), 0).granted
    day = DAY + timedelta(after)
    counts = override.grade_on(day, now, granted, lines)
    assert counts is not None
    base = scale.cap(now, lines)
    assert scale.cap(counts, lines) == counts
    lifted = scale.grade_rank(base) - scale.grade_rank(counts)
    assert lifted <= (2 if committee else 1)
    if day > END:
        assert counts == base
