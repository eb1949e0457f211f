"""Two raters: the worked kappa, weights, one-sided items, and what always holds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit.agreement import WEIGHTS, cohen
from xinheng.credit.expert_card import AnswerError

TEN = tuple(range(1, 11))


def raters(*cells: tuple[str, str, int]) -> tuple[dict[str, str], dict[str, str]]:
    one: dict[str, str] = {}
    other: dict[str, str] = {}
    for mine, theirs, times in cells:
        for _ in range(times):
            key = f"file {len(one)}"
            one[key], other[key] = mine, theirs
    return one, other


def test_the_worked_example() -> None:
    one, other = raters(("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15))
    found = cohen(one, other, ("no", "yes"), "none")
    assert (found.observed, found.by_chance) == (Decimal("0.7000"), Decimal("0.5000"))
    assert (found.kappa, found.items) == (Decimal("0.4000"), 50)
    # Of two categories every weighting is the same.
    assert {cohen(one, other, ("no", "yes"), how).kappa for how in WEIGHTS} == {found.kappa}


def test_near_misses_cost_little_when_weighted() -> None:
    """2 4 6 8 against 3 4 6 8, by hand: κ = 1 − 4 ÷ 13, 1 − 4 ÷ 38 and 1 − 4 ÷ 140."""
    one, other = (
        {str(i): s for i, s in enumerate(marks)} for marks in ((2, 4, 6, 8), (3, 4, 6, 8))
    )
    found = {how: cohen(one, other, TEN, how) for how in WEIGHTS}
    assert found["none"].kappa == Decimal("0.6923")
    assert found["linear"].kappa == Decimal("0.8947")
    assert found["quadratic"].kappa == Decimal("0.9714")
    assert found["linear"].farthest == ("0",)


def test_items_of_one_rater_are_counted_apart() -> None:
    found = cohen({"a": 5, "b": None, "c": 7}, {"a": 5, "b": 6}, TEN)
    assert (found.items, found.one_sided) == (1, ("b", "c"))
    # One item that both score alike has no spread: nothing can be said.
    assert found.kappa is None
    assert cohen({}, {"a": 3}, TEN).items == 0


def test_opposites_are_below_chance() -> None:
    assert cohen({"a": 1, "b": 10}, {"a": 10, "b": 1}, TEN).kappa == -1


def test_answers_outside_the_categories_are_refused() -> None:
    with pytest.raises(AnswerError, match="11"):
        cohen({"a": 11}, {"a": 1}, TEN)
    with pytest.raises(AnswerError, match="cubic"):
        cohen({"a": 1}, {"a": 1}, TEN, "cubic")


marks = st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.integers(1, 10))


@given(marks, marks, st.sampled_from(WEIGHTS))
def test_agreement_is_the_same_from_both_sides_and_at_most_one(
    one: dict[str, int | None], other: dict[str, int | None], how: str
) -> None:
    here, there = cohen(one, other, TEN, how), cohen(other, one, TEN, how)
    assert here.kappa == there.kappa
    if here.kappa is not None:
        assert -1 <= here.kappa <= 1
        assert (here.kappa == 1) == (here.observed == 1)
    alike = cohen(one, one, TEN, how)
    assert alike.kappa in (None, 1)
