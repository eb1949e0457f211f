"""Limit methods on the reference's firms, and how one suggestion is made of them."""

from decimal import Decimal

import pytest

from xinheng.credit.limit_method import (
    METHODS,
    Balance,
    MethodValue,
    combine,
    net_assets,
    receipts,
    round_down,
    sales_and_days,
    why_not_text,
    working_assets,
    working_assets_share,
)


def balance(ca: int, inventory: int, cl: int, tl: int, eq: int) -> Balance:
    return Balance(ca * 100, inventory * 100, cl * 100, tl * 100, eq * 100)


@pytest.mark.parametrize(
    ("given", "limit_minor", "why_not", "v"),
    [
        (balance(1200, 500, 800, 1500, 1000), 122_50, None, "0.08"),
        (balance(860, 320, 430, 610, 700), 141_25, None, "1.77"),
        (balance(300, 150, 600, 900, 150), 0, None, "-9.25"),
        (balance(300, 150, 600, 900, -100), 0, "net_assets_not_positive", None),
        (balance(300, 150, 0, 900, 100), None, "no_current_liabilities", None),
        (Balance(current_assets=1), None, "missing", None),
    ],
)
def test_working_assets_by_the_reference(
    given: Balance, limit_minor: int | None, why_not: str | None, v: str | None
) -> None:
    found = working_assets(given)
    assert (found.value_minor, found.why_not, found.inputs.get("v")) == (limit_minor, why_not, v)


@pytest.mark.parametrize(
    ("v", "share"),
    [
        ("-4.60", "0"),
        ("-4.59", "0.025"),
        ("-0.40", "0.15"),
        ("-0.39", "0.175"),
        ("0.30", "0.175"),
        ("0.31", "0.20"),
        ("0.95", "0.20"),
        ("1.00", "0.20"),
        ("1.01", "0.25"),
        ("-99", "0"),
    ],
)
def test_the_table_has_no_holes(v: str, share: str) -> None:
    assert working_assets_share(Decimal(v)) == Decimal(share)


def test_net_assets_give_a_tenth() -> None:
    assert net_assets(Balance(equity=1000_00)).value_minor == 100_00
    assert net_assets(Balance(equity=-1)).value_minor == 0
    assert net_assets(Balance()).why_not == "missing"


def test_receipts_weigh_the_newest_most() -> None:
    months = [120_00, 150_00, 135_00, 160_00, 145_00, 130_00]
    assert receipts(months, 30).value_minor == 141_43
    assert receipts(months, 45, Decimal("0.8")).value_minor == 169_71
    assert receipts([9_999_999, *months], 45, Decimal("0.8")).value_minor == 169_71
    assert receipts(months[1:], 45).why_not == "too_few_months"
    assert receipts(months, None).why_not == "missing"


def test_sales_and_days() -> None:
    assert sales_and_days(365_000_00, 365, 30, Decimal("14.50")).value_minor == 53_400_00
    assert sales_and_days(365_000_00, 365, 30, Decimal("-14.50")).value_minor == 36_000_00
    assert sales_and_days(100, 0, 30, Decimal(0)).why_not == "no_days"
    assert sales_and_days(None, 365, 30, Decimal(0)).why_not == "missing"


def values(**amounts: int | None) -> list[MethodValue]:
    return [MethodValue(name, minor, None, {}) for name, minor in amounts.items()]


@pytest.mark.parametrize(
    ("amounts", "grade", "caps", "limit", "decisive"),
    [
        ({"L1": 100_00, "L3": 122_50, "L5": 169_71}, "A", {}, 122_00, "L3"),
        ({"L1": 100_00, "L3": 122_50, "L5": 169_71}, "BBB", {}, 98_00, "L3"),
        ({"L1": 100_00, "L3": 200_00}, "A", {}, 150_00, "L1+L3"),
        ({"L1": 100_00, "L3": None}, "A", {}, 100_00, "L1"),
        ({"L1": 100_00}, "AAA", {"policy": 50_00, "budget": 70_00}, 50_00, "cap:policy"),
        ({"L1": 100_00}, "AAA", {"policy": 500_00}, 120_00, "L1"),
        ({"L1": 100_00}, "CC", {}, 0, "grade"),
        ({"L1": 100_00}, "E", {}, 0, "grade"),
        ({"L1": 100_00}, None, {}, None, "grade"),
        ({"L1": None}, "A", {}, None, "none"),
        ({}, "A", {"policy": 1}, None, "none"),
        ({"L1": 0, "L3": 0, "L5": 500_00}, "A", {}, 0, "L3"),
    ],
)
def test_one_suggestion_is_made(
    amounts: dict[str, int | None],
    grade: str | None,
    caps: dict[str, int],
    limit: int | None,
    decisive: str,
) -> None:
    found = combine(values(**amounts), grade, caps)
    assert (found.limit_minor, found.decisive) == (limit, decisive)
    assert [one.method for one in found.methods] == list(amounts)


@pytest.mark.parametrize(
    ("minor", "rounded"),
    [(16_971_429, 16_900_000), (999, 999), (1_009, 1_000), (0, 0), (-5, 0), (7, 7)],
)
def test_a_limit_is_rounded_down(minor: int, rounded: int) -> None:
    assert round_down(minor) == rounded


def test_every_method_and_every_why_not_has_words() -> None:
    assert all(names["zh"] and names["en"] for names in METHODS.values())
    for code in (
        "missing",
        "net_assets_not_positive",
        "no_current_liabilities",
        "too_few_months",
        "no_days",
    ):
        assert all(why_not_text(code).values())
