"""Bathory on the reference's firm B-1 both ways, its guards, and that worse facts never help."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from xinheng.credit import bathory
from xinheng.credit.expert_card import AnswerError

B_1 = bathory.Statement(
    profit_before_tax=180,
    depreciation=60,
    deferred_tax=10,
    amortisation=5,
    interest=40,
    current_assets=1200,
    current_liabilities=800,
    equity=1000,
    intangible_assets=50,
    total_liabilities=1500,
    total_assets=2500,
)
LADDER = (*bathory.CLASSES, bathory.MANUAL)


def test_b_1_has_the_reference_figures() -> None:
    found = bathory.score(B_1)
    assert [str(one) for one in found.ratios.values()] == [
        *("0.3125", "0.4500", "1.2500", "0.6333", "0.1600")
    ]
    assert (found.score, found.mean) == (Decimal("2.8058"), Decimal("0.5612"))
    assert found.lowest == found.highest == found.score
    # Profit over current assets instead of thin working capital: .15 for .45.
    assert found.counted == Decimal("2.5058")
    assert found.class_of_score == found.class_counts == "low"
    assert (found.model, found.version, found.variant, found.cut_off) == (
        *("bathory", 1, "deferred_tax"),
        "> 2.5",
    )


def test_the_other_reading_of_a1() -> None:
    found = bathory.score(B_1, "ebitda")
    assert (found.ratios["A1"], found.score) == (Decimal("0.3563"), Decimal("2.8496"))
    with pytest.raises(AnswerError):
        bathory.score(B_1, "mine")


@pytest.mark.parametrize("current_assets", [800, 700])
def test_without_working_capital_a2_does_not_apply_and_a_person_judges(current_assets: int) -> None:
    """The trap: a loss of 180 over −100 would count as +1.8."""
    firm = structs.replace(B_1, current_assets=current_assets, profit_before_tax=-180)
    found = bathory.score(firm)
    assert (found.score, found.class_counts, found.ratios["A2"]) == (None, "manual", None)
    assert [reason.code for reason in found.reasons] == ["no_working_capital"]
    assert found.ratios["A3"] == Decimal("1.25")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"equity": None}, "missing"),
        ({"deferred_tax": None}, "missing"),
        ({"intangible_assets": None}, "missing"),
        ({"total_assets": 0}, "no_assets"),
        ({"current_liabilities": 0}, "no_current_liabilities"),
        ({"total_liabilities": -1}, "no_liabilities"),
        ({"depreciation": -1}, "negative_add_back"),
    ],
)
def test_what_can_not_carry_the_model_has_no_score(
    change: dict[str, int | None], code: str
) -> None:
    found = bathory.score(structs.replace(B_1, **change))
    assert (found.score, found.class_counts, found.reasons[0].code) == (None, "manual", code)
    assert "{" not in found.reasons[0].zh + found.reasons[0].en


def test_an_unknown_add_back_counts_at_zero_and_leaves_the_band_open() -> None:
    found = bathory.score(structs.replace(B_1, depreciation=None))
    assert found.score == bathory.score(structs.replace(B_1, depreciation=0)).score
    assert (found.lowest, found.highest, found.missing) == (found.score, None, ("depreciation",))
    assert "折旧" in found.reasons[-1].zh


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"profit_before_tax": -500}, "cash_flow_negative"),
        ({"equity": -1}, "equity_negative"),
        ({"intangible_assets": 1001}, "tangible_negative"),
    ],
)
def test_a_negative_base_is_high_risk_whatever_the_sum(change: dict[str, int], code: str) -> None:
    found = bathory.score(structs.replace(B_1, **change))
    assert found.class_counts == "high"
    assert code in {reason.code for reason in found.reasons}


@pytest.mark.parametrize(
    ("value", "named"),
    [("2.5001", "low"), ("2.5", "moderate"), ("1.0001", "moderate"), ("1", "elevated"),
     ("0.0001", "elevated"), ("0", "high"), ("-3", "high")],
)  # fmt: skip
def test_the_edges_of_the_bands(value: str, named: str) -> None:
    assert bathory.class_of(Decimal(value)) == named
    assert all(bathory.meaning(named).values())
    assert all(bathory.meaning("manual").values())


# --- Laws

amounts = st.integers(0, 3_000)
either = st.integers(-1_500, 1_500)
firms = st.builds(
    bathory.Statement,
    profit_before_tax=either,
    depreciation=amounts,
    deferred_tax=either,
    amortisation=amounts,
    interest=amounts,
    current_assets=st.integers(1, 5_000),
    current_liabilities=st.integers(1, 3_000),
    equity=st.integers(-500, 5_000),
    intangible_assets=st.integers(0, 300),
    total_liabilities=st.integers(1, 5_000),
    total_assets=st.integers(1, 9_000),
)
FIGURES = tuple(name for name in bathory.Statement.__struct_fields__)
MORE_IS_WORSE = ("current_liabilities", "intangible_assets", "total_liabilities")
LESS_IS_WORSE = ("profit_before_tax", "depreciation", "deferred_tax", "equity")
variants = st.sampled_from(bathory.VARIANTS)


# A profit of 90 over working capital that shrinks from 800 to 1: the published sum leaps by 89.
@example(
    structs.replace(B_1, profit_before_tax=90, current_assets=1600, equity=100),
    "current_liabilities",
    799,
    "deferred_tax",
)
@given(firms, st.sampled_from((*MORE_IS_WORSE, *LESS_IS_WORSE)), st.integers(1, 2_000), variants)
def test_a_worse_fact_never_gives_a_better_class(
    firm: bathory.Statement, figure: str, step: int, variant: str
) -> None:
    worse = getattr(firm, figure) + (step if figure in MORE_IS_WORSE else -step)
    before = bathory.score(firm, variant)
    after = bathory.score(structs.replace(firm, **{figure: worse}), variant)
    assert LADDER.index(after.class_counts) >= LADDER.index(before.class_counts)


@given(firms, st.sampled_from(FIGURES), variants)
def test_silence_never_helps_and_widens_the_band(
    firm: bathory.Statement, figure: str, variant: str
) -> None:
    before = bathory.score(firm, variant)
    after = bathory.score(structs.replace(firm, **{figure: None}), variant)
    assert LADDER.index(after.class_counts) >= LADDER.index(before.class_counts)
    if figure in after.missing:
        assert after.highest is None


@given(firms, variants)
def test_the_ratios_add_up_to_the_score(firm: bathory.Statement, variant: str) -> None:
    found = bathory.score(firm, variant)
    if found.score is not None:
        shown = sum((one for one in found.ratios.values() if one is not None), Decimal(0))
        assert abs(shown - found.score) <= Decimal("0.0003")
