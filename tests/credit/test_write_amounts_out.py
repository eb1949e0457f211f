"""Amounts in capital characters: known cases, both ends, and a reader that counts them back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit.capitals import capitals
from xinheng.credit.money import MAX_MINOR, MoneyError

KNOWN = [
    (0, "人民币零元整"),
    (5, "人民币伍分"),
    (50, "人民币伍角"),
    (100, "人民币壹元整"),
    (1000, "人民币壹拾元整"),
    (1005, "人民币壹拾元零伍分"),
    (10030, "人民币壹佰元叁角"),
    (100101, "人民币壹仟零壹元零壹分"),
    (1640902, "人民币壹万陆仟肆佰零玖元零贰分"),
    (32504, "人民币叁佰贰拾伍元零肆分"),
    (600714, "人民币陆仟零柒元壹角肆分"),
    (168032, "人民币壹仟陆佰捌拾元叁角贰分"),
    (123456789, "人民币壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
]
EDGES = [
    (-520, "CNY", "人民币负伍元贰角"),
    (10_000_000, "CNY", "人民币壹拾万元整"),
    (100_000_000_00, "CNY", "人民币壹亿元整"),
    (100_000_000_100, "CNY", "人民币壹拾亿零壹元整"),
    (MAX_MINOR - 1, "CNY", "人民币玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    (50_000_000, "USD", "美元伍拾万元整"),
    (500_000, "JPY", "日元伍拾万元整"),
    (1_234, "KWD", "科威特第纳尔壹元贰角叁分肆厘"),
    (1_004, "KWD", "科威特第纳尔壹元零肆厘"),
    (4, "KWD", "科威特第纳尔肆厘"),
    (10_000, "ISK", "ISK壹万元整"),
]


@pytest.mark.parametrize(("minor", "written"), KNOWN)
def test_thirteen_known_amounts_are_written_as_banks_write_them(minor: int, written: str) -> None:
    assert capitals(minor, "CNY") == written


@pytest.mark.parametrize(("minor", "currency", "written"), EDGES)
def test_signs_sizes_and_other_currencies(minor: int, currency: str, written: str) -> None:
    assert capitals(minor, currency) == written


def test_what_no_amount_can_be_is_refused() -> None:
    with pytest.raises(MoneyError):
        capitals(MAX_MINOR + 1, "CNY")
    with pytest.raises(MoneyError):
        capitals(1, "XYZ")


DIGITS = {sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def counted(text: str) -> int:
    """Fen, read back by hand: 壹佰零捌万元整 → 108,000,000."""
    fen, section, whole, digit = 0, 0, 0, 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in UNITS:
            section, digit = section + digit * UNITS[sign], 0
        elif sign == "万":
            whole, section, digit = whole + (section + digit) * 10**4, 0, 0
        elif sign == "亿":
            whole, section, digit = (whole + section + digit) * 10**8, 0, 0
        elif sign == "元":
            fen, section, whole, digit = (whole + section + digit) * 100, 0, 0, 0
        elif sign in "角分":
            fen, digit = fen + digit * (10 if sign == "角" else 1), 0
    return fen


@given(st.integers(0, MAX_MINOR))
def test_what_is_written_counts_back_to_the_amount(minor: int) -> None:
    assert counted(capitals(minor, "CNY").removeprefix("人民币")) == minor
