"""Choosing collections within a budget: against trying everything, and how sure the rest is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit import ways_out_book
from xinheng.credit.ways_out_book import Choice, choose

choices = st.builds(Choice, st.integers(0, 40), st.integers(0, 40))
books = st.lists(st.lists(choices, max_size=4), max_size=5)
WORKED = [[Choice(50, 60), Choice(80, 90)], [Choice(40, 45)], [Choice(20, 30)]]


def by_trying(groups: Sequence[Sequence[Choice]], budget: int) -> tuple[int, int]:
    """(most value, least cost of it) over every combination."""
    sums = []
    for picks in product(*([None, *group] for group in groups)):
        cost = sum(pick.cost_minor for pick in picks if pick)
        if cost <= budget:
            sums.append((sum(pick.value_minor for pick in picks if pick), -cost))
    value, cost = max(sums)
    return value, -cost


def test_the_worked_example():
    chosen = choose(WORKED, 100)
    assert chosen.picks == (Choice(80, 90), None, Choice(20, 30))
    assert (chosen.cost_minor, chosen.value_minor, chosen.exact) == (100, 120, True)


@given(books, st.integers(0, 100))
def test_the_choice_is_the_best_there_is(groups: list[list[Choice]], budget: int):
    chosen = choose(groups, budget)
    assert (chosen.value_minor, chosen.cost_minor) == by_trying(groups, budget)
    assert chosen.exact and chosen.bound_minor == chosen.value_minor
    for pick, group in zip(chosen.picks, groups, strict=True):
        assert pick is None or pick in group


@given(books, st.integers(0, 100))
def test_where_states_are_too_many_it_is_at_least_half_and_the_bound_holds(
    groups: list[list[Choice]], budget: int
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways_out_book, "STATES_MAX", -1)
        chosen = choose(groups, budget)
    best, _ = by_trying(groups, budget)
    assert chosen.value_minor <= best <= chosen.bound_minor
    assert 2 * chosen.value_minor >= chosen.bound_minor
    assert chosen.cost_minor <= budget
    if chosen.exact:
        assert chosen.value_minor == best


def test_a_book_too_large_to_be_exact_is_still_chosen_and_says_so():
    costs = [n * n * 7_919 % 1_000_003 for n in range(1, 60)]
    groups = [[Choice(cost, cost * (80 + cost % 41) // 100)] for cost in costs]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways_out_book, "STATES_MAX", 500)
        chosen = choose(groups, 9_000_000)
    assert not chosen.exact and chosen.value_minor <= chosen.bound_minor
