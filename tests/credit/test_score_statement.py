"""Altman's family on the reference's firm Z-1, its cut-offs, and when it does not apply."""

from decimal import Decimal

import msgspec
import pytest

from xinheng.credit import altman

Z_1 = altman.Statement(
    total_assets=2500,
    current_assets=1200,
    current_liabilities=800,
    retained_earnings=400,
    ebit=220,
    equity=1000,
    total_liabilities=1500,
    sales=3000,
    market_value=1800,
)


@pytest.mark.parametrize(
    ("model", "score", "zone"),
    [
        ("z", "2.6264", "grey"),
        ("zp", "2.0013", "grey"),
        ("zpp", "2.8626", "safe"),
        ("em", "6.1126", "safe"),
    ],
)
def test_z_1_has_the_reference_scores(model: str, score: str, zone: str) -> None:
    found = altman.score(Z_1, model)
    assert (found.score, found.zone) == (Decimal(score), zone)
    assert found.ratios[:3] == (Decimal("0.16"), Decimal("0.16"), Decimal("0.088"))
    assert altman.score(Z_1, model, "cn").zone == zone


def statement_with(z_score: str) -> altman.Statement:
    """A firm whose Z is exactly this: only sales, and X5 weighs 1.0."""
    return altman.Statement(
        total_assets=10_000,
        current_assets=0,
        current_liabilities=0,
        retained_earnings=0,
        ebit=0,
        total_liabilities=1,
        sales=int(Decimal(z_score) * 10_000),
        market_value=0,
    )


@pytest.mark.parametrize(
    ("z_score", "cut_offs", "zone"),
    [
        ("1.8099", "standard", "distress"),
        ("1.81", "standard", "grey"),
        ("2.99", "standard", "grey"),
        ("2.9901", "standard", "safe"),
        ("2.675", "cn", "grey"),
        ("2.6751", "cn", "safe"),
        ("2.6751", "standard", "grey"),
    ],
)
def test_a_value_on_the_cut_off_is_grey(z_score: str, cut_offs: str, zone: str) -> None:
    assert altman.score(statement_with(z_score), "z", cut_offs).zone == zone


@pytest.mark.parametrize(
    ("change", "model", "why_not"),
    [
        ({"total_assets": 0}, "zp", "no_assets"),
        ({"total_liabilities": 0}, "zp", "no_liabilities"),
        ({"ebit": None}, "zp", "missing"),
        ({"market_value": None}, "z", "missing"),
    ],
)
def test_a_statement_that_can_not_carry_the_model_has_no_score(
    change: dict[str, int | None], model: str, why_not: str
) -> None:
    found = altman.score(msgspec.structs.replace(Z_1, **change), model)
    assert (found.score, found.zone, found.why_not) == (None, None, why_not)
    assert all(altman.why_not_text(why_not).values())


def test_book_models_do_not_need_a_market_value_and_z_double_prime_no_sales() -> None:
    firm = msgspec.structs.replace(Z_1, market_value=None, sales=None)
    assert altman.score(firm, "zpp").score == Decimal("2.8626")
    assert altman.choose(listed=True, manufacturing=True) == "z"
    assert altman.choose(listed=False, manufacturing=True) == "zp"
    assert altman.choose(listed=True, manufacturing=False) == "zpp"
