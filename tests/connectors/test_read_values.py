"""Cells are read strictly: one meaning or none."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.connectors.files.values import (
    Unreadable,
    amount,
    count,
    currency,
    date_order,
    day,
    text,
    yes,
)

AMOUNTS = [
    ("1234.5", "1234.5"),
    ("1,234,567.00", "1234567.00"),
    ("１，２３４．５０", "1234.50"),
    ("￥1,234", "1234"),
    ("¥ 12.00", "12.00"),
    ("CNY 12.00", "12.00"),
    ("12.00元", "12.00"),
    ("USD12", "12"),
    ("12 EUR", "12"),
    ("(80.00)", "-80.00"),
    ("（80）", "-80"),
    ("-80", "-80"),
    ("80-", "-80"),
    ("−80", "-80"),
    ("+5", "5"),
    ("- 80.00", "-80.00"),
    ("1 200.00", "1200.00"),
    ("1 234 567", "1234567"),
    ("1\u00a0234,50", "1234.50"),  # a comma after groups set apart by blanks is the decimal one
    ("CNY 1 234.50", "1234.50"),
    ("(1 200)", "-1200"),
    (".5", "0.5"),
    (12, "12"),
    (0.1 + 0.2, "0.3"),
    (1234567890123.45, "1234567890123.45"),
]
NOT_AMOUNTS = [
    *(
        "1.234,56",
        "12,34",
        "1,2345",
        "abc",
        "1e5",
        "1.2.3",
        "--5",
        "(5",
        "NaN",
        "inf",
        "12%",
        "1 2x",
        "12 00",
        "12 .00",
        "1 2345",
        "1234 567",
        "1 234,500",
        "1 234 56",
    ),
    *(float("nan"), float("inf"), True, date(2026, 1, 1), 1e16),
]


@pytest.mark.parametrize(("cell", "value"), AMOUNTS)
def test_an_amount_has_one_meaning(cell: Any, value: str) -> None:
    assert amount(cell) == Decimal(value)


@pytest.mark.parametrize("cell", NOT_AMOUNTS)
def test_what_could_be_another_amount_is_refused(cell: Any) -> None:
    # Broken build this catches: dropping every comma reads the European 1.234,56 as 1.23456.
    with pytest.raises(Unreadable):
        amount(cell)


@pytest.mark.parametrize("cell", ["", "  ", None])
def test_an_empty_cell_is_no_amount(cell: Any) -> None:
    assert amount(cell) is None


@given(st.integers(-(10**14), 10**14))
def test_every_way_of_writing_an_amount_is_the_same_amount(minor: int) -> None:
    value = Decimal(minor).scaleb(-2)
    size = abs(value)
    sign = "-" if minor < 0 else ""
    for written in (
        f"{value:.2f}",
        f"{value:,.2f}",
        f"￥{size:,.2f}" if minor >= 0 else f"({size:,.2f})",
    ):
        assert amount(written) == value
    assert amount(f"{sign}CNY {size:.2f}" if not sign else f"CNY -{size:.2f}") == value


@given(st.integers(-(10**14), 10**14))
def test_a_spreadsheets_number_is_the_decimal_that_it_shows(minor: int) -> None:
    # Broken build this catches: Decimal(cell) of a float keeps its binary tail.
    assert amount(minor / 100) == Decimal(minor).scaleb(-2)


@given(st.text(max_size=20))
def test_no_text_at_all_breaks_a_reader(cell: str) -> None:
    for reader in (amount, day, currency, yes, lambda c: count(c, 1, 24), text):
        try:
            reader(cell)
        except Unreadable as error:
            assert error.reason.zh and error.reason.en


DAYS = [
    *("2026-11-02", "2026/11/2", "2026.11.2", "2026年11月2日", "2026年11月02", "20261102"),
    *("2026-11-02 00:00:00", "2026-11-02T10:11:12", "２０２６－１１－０２"),
    *(date(2026, 11, 2), datetime(2026, 11, 2, 8), 20261102, 20261102.0),  # noqa: DTZ001
]
NOT_DAYS = [
    "2026-02-30",
    "2/11/2026",
    "26-11-02",
    "2026-11",
    "45000",
    45000.0,
    "morgen",
    "2026/11-2",
]


@pytest.mark.parametrize("cell", DAYS)
def test_a_date_has_one_meaning(cell: Any) -> None:
    assert day(cell) == date(2026, 11, 2)


@pytest.mark.parametrize("cell", NOT_DAYS)
def test_a_date_that_could_be_another_is_refused(cell: Any) -> None:
    with pytest.raises(Unreadable):
        day(cell)


def test_the_whole_column_decides_between_day_and_month() -> None:
    assert date_order(["3/4/2026", "13/4/2026"])[0] == "dmy"
    assert date_order(["3/4/2026", "4/13/2026"])[0] == "mdy"
    assert date_order(["3/4/2026", "5/5/2026"])[0] == "ask"
    assert date_order(["13/4/2026", "4/13/2026"])[0] == "ask"
    assert date_order(["5/5/2026", "2026-01-02"])[0] == ""
    assert (day("3/4/2026", "dmy"), day("3/4/2026", "mdy")) == (date(2026, 4, 3), date(2026, 3, 4))


@given(st.dates(date(1990, 1, 1), date(2036, 1, 1)))
def test_every_way_of_writing_a_date_is_the_same_date(when: date) -> None:
    for written in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y%m%d", "%Y.%m.%d"):
        assert day(when.strftime(written)) == when
    assert day(when.strftime("%d/%m/%Y"), "dmy") == when
    assert day(when.strftime("%m/%d/%Y"), "mdy") == when


def test_codes_stay_what_they_are() -> None:
    assert [text(c) for c in ("007", 12345.0, " ＡＢ１ ", None, 7, "'=1+1", 2.5)] == [
        *("007", "12345", "AB1", "", "7", "=1+1", "2.5")
    ]
    with pytest.raises(Unreadable, match="15 digits"):
        text(9.14411e17)


def test_currencies_have_words_and_codes() -> None:
    assert [currency(c) for c in ("cny", "人民币", "RMB", "US$", "￥", "")] == [
        *("CNY", "CNY", "CNY", "USD", "CNY", "")
    ]
    for wrong in ("XXQ", "XAU", "CN"):
        with pytest.raises(Unreadable):
            currency(wrong)


def test_yes_and_no_are_words() -> None:
    assert [yes(c) for c in ("Yes", "是", "1", True, "No", "否", "", 0)] == [True] * 4 + [False] * 4
    with pytest.raises(Unreadable):
        yes("maybe")
