"""Text and Decimal become minor units strictly, and come back as the same text."""

from decimal import Decimal

import pytest

from xinheng.credit.money import (
    EXPONENTS,
    MAX_MINOR,
    MoneyError,
    apply_rate,
    display,
    divide_half_up,
    round_half_up,
    split,
    to_decimal,
    to_minor,
    to_text,
)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("180000.00", "CNY", 18_000_000),
        ("180000", "CNY", 18_000_000),
        ("0.1", "CNY", 10),
        ("-0.01", "CNY", -1),
        ("5000", "JPY", 5000),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12345),
        ("10000000000000.00", "CNY", MAX_MINOR),
        (Decimal("1.5000"), "CNY", 150),
        (Decimal("1E+3"), "CNY", 100_000),
        (Decimal("-0"), "CNY", 0),
    ],
)
def test_an_amount_becomes_minor_units(text: str | Decimal, currency: str, minor: int) -> None:
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("1.005", "CNY", "decimals"),
        ("1.000", "CNY", "decimals"),
        ("1.0", "JPY", "decimals"),
        (Decimal("0.001"), "CNY", "decimals"),
        ("1e5", "CNY", "format"),
        ("180,000.00", "CNY", "format"),
        ("１２", "CNY", "format"),
        ("٣", "CNY", "format"),
        (" 1", "CNY", "format"),
        ("1\n", "CNY", "format"),
        ("+1", "CNY", "format"),
        ("", "CNY", "format"),
        (".5", "CNY", "format"),
        ("5.", "CNY", "format"),
        ("NaN", "CNY", "format"),
        (Decimal("NaN"), "CNY", "finite"),
        (Decimal("-Infinity"), "CNY", "finite"),
        ("10000000000000.01", "CNY", "bounds"),
        (Decimal("1E+999999"), "CNY", "bounds"),
        (Decimal("1E-999999"), "CNY", "decimals"),
        ("1", "XAU", "currency"),
        ("1", "cny", "currency"),
        ("1", "ABC", "currency"),
        (1.5, "CNY", "type"),
        (5, "CNY", "type"),
        (True, "CNY", "type"),
    ],
)
def test_an_amount_that_needs_guessing_is_refused(amount: object, currency: str, code: str) -> None:
    with pytest.raises(MoneyError) as refused:
        to_minor(amount, currency)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert refused.value.zh and refused.value.en


@pytest.mark.parametrize(
    ("minor", "currency", "text", "shown"),
    [
        (18_000_000, "CNY", "180000.00", "180,000.00"),
        (-1, "CNY", "-0.01", "-0.01"),
        (0, "CNY", "0.00", "0.00"),
        (5000, "JPY", "5000", "5,000"),
        (-1_234_567, "KWD", "-1234.567", "-1,234.567"),
    ],
)
def test_minor_units_become_text(minor: int, currency: str, text: str, shown: str) -> None:
    assert to_text(minor, currency) == text
    assert display(minor, currency) == shown
    assert to_decimal(minor, currency) == Decimal(text)


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("1.005", 2, "1.01"),
        ("2.675", 2, "2.68"),
        ("0.4", 0, "0"),
    ],
)
def test_half_goes_away_from_zero(value: str, digits: int, expected: str) -> None:
    assert round_half_up(Decimal(value), digits) == Decimal(expected)


def test_a_rate_is_applied_with_one_rounding() -> None:
    assert apply_rate(5, Decimal("0.5")) == 3
    assert apply_rate(-5, Decimal("0.5")) == -3
    # A product of 15 and 20 digits must not be rounded on its way to the rounding.
    assert apply_rate(10**15 - 1, Decimal("0.50000000000000000001")) == 500_000_000_000_000


def test_whole_numbers_divide_half_up() -> None:
    assert [divide_half_up(n, 2) for n in (5, -5, 4, 1, -1)] == [3, -3, 2, 1, -1]
    with pytest.raises(ValueError):
        divide_half_up(1, 0)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [0, 1], [0, 5]),
        (1, [1, 3], [0, 1]),
        (0, [2, 3], [0, 0]),
    ],
)
def test_shares_sum_to_the_total(total: int, weights: list[int], shares: list[int]) -> None:
    assert split(total, weights) == shares


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(ValueError):
        split(10, [0, 0])


def test_the_exponents_are_those_of_iso_4217() -> None:
    assert len(EXPONENTS) == 178
    assert {EXPONENTS[code] for code in ("CNY", "USD", "EUR")} == {2}
    assert (EXPONENTS["JPY"], EXPONENTS["KWD"], EXPONENTS["UYW"], EXPONENTS["XDR"]) == (
        0,
        3,
        4,
        None,
    )
