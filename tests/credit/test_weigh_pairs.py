"""AHP: the reference's three matrices, the worst triad by name, experts together, and laws."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinheng.credit import ahp
from xinheng.credit.expert_card import AnswerError

AHP_1 = [["1", "2", "5"], ["1/2", "1", "3"], ["1/5", "1/3", "1"]]
AHP_2 = [["1", "3", "2", "5"], ["1/3", "1", "1/2", "3"], ["1/2", "2", "1", "4"]]
AHP_2 += [["1/5", "1/3", "1/4", "1"]]
AHP_3 = [["1", "5", "1/3"], ["1/5", "1", "5"], ["3", "1/5", "1"]]


def weighed(rows: list[list[str]]) -> ahp.Weights:
    return ahp.weigh([str(i + 1) for i in range(len(rows))], ahp.judgements(rows))


@pytest.mark.parametrize(
    ("rows", "weights", "highest", "ratio"),
    [
        (AHP_1, (".5816", ".3090", ".1095"), "3.0037", "0.0032"),
        (AHP_2, (".4723", ".1697", ".2854", ".0725"), "4.0511", "0.0189"),
    ],
)
def test_consistent_judgements_are_accepted(
    rows: list[list[str]], weights: tuple[str, ...], highest: str, ratio: str
) -> None:
    found = weighed(rows)
    assert tuple(found.weights.values()) == tuple(map(Decimal, weights))
    assert found.lambda_max == Decimal(highest)
    assert (found.consistency_ratio, found.accepted) == (Decimal(ratio), True)
    assert found.card_weights is not None
    assert sum(found.card_weights.values()) == 100
    assert found.reasons[0].code == "accepted"


def test_a_circle_is_refused_and_named() -> None:
    found = weighed(AHP_3)
    assert (found.lambda_max, found.consistency_ratio) == (Decimal("5.4543"), Decimal("2.1158"))
    assert (found.accepted, found.card_weights) == (False, None)
    assert found.worst is not None
    assert (found.worst.first, found.worst.second, found.worst.third) == ("1", "2", "3")
    assert found.worst.circular
    assert [reason.code for reason in found.reasons] == ["rejected", "circular"]
    assert "1 over 2, 2 over 3, and yet 3 over 1" in found.reasons[1].en


def test_the_worst_triad_of_four_is_named_also_the_other_way_round() -> None:
    """AHP-2 with one slip of the pen: 4 over 1 instead of 1 over 4."""
    rows = [list(row) for row in AHP_2]
    rows[0][3], rows[3][0] = "1/5", "5"
    found = weighed(rows)
    assert not found.accepted
    assert found.worst is not None
    # 1 > 2 > 4 > 1 multiplies to 3 × 3 × 5 = 45, 1 > 3 > 4 > 1 to 2 × 4 × 5 = 40.
    assert (found.worst.first, found.worst.second, found.worst.third) == ("1", "2", "4")
    reversed_ = weighed([[*row[::-1]] for row in AHP_3[::-1]])
    assert reversed_.worst is not None
    named = (reversed_.worst.first, reversed_.worst.second, reversed_.worst.third)
    assert named == ("1", "3", "2")


def test_a_stretch_without_a_circle_names_the_direct_judgement() -> None:
    found = weighed([["1", "9", "1"], ["", "1", "9"], ["", "", "1"]])
    assert found.worst is not None
    assert (found.worst.implied, found.worst.given) == (81, 1)
    assert not found.worst.circular
    assert found.reasons[1].code == "stretched"


def test_one_and_two_criteria_can_not_contradict() -> None:
    assert weighed([["1"]]).weights == {"1": Decimal(1)}
    found = weighed([["1", "4"], ["", "1"]])
    assert (found.consistency_ratio, found.accepted) == (0, True)
    assert found.weights == {"1": Decimal("0.8"), "2": Decimal("0.2")}


def test_rounded_reciprocals_are_taken_and_the_upper_triangle_counts() -> None:
    rounded = [["1", "2", "5"], ["0.5", "1", "3"], ["0.2", "0.333333", "1"]]
    empty = [["1", "2", "5"], ["", "1", "3"], ["", "", "1"]]
    assert weighed(rounded) == weighed(empty) == weighed(AHP_1)
    assert weighed([["1", "5", "0.333333"], ["", "1", "5"], ["", "", "1"]]).accepted is False


@pytest.mark.parametrize(
    ("rows", "en"),
    [
        ([["1", "2"], ["2", "1"]], "reciprocal of its mirror"),
        ([["1", "10"], ["", "1"]], "between 1/9 and 9"),
        ([["1", "0"], ["", "1"]], "between 1/9 and 9"),
        ([["1", ""], ["2", "1"]], "not compared yet"),
        ([["1", "much"], ["", "1"]], "write 3, 1/3 or 0.5"),
        ([["1", "NaN"], ["", "1"]], "write 3, 1/3 or 0.5"),
        ([["1", "1e99999999"], ["", "1"]], "write 3, 1/3 or 0.5"),
        ([["1", True], ["", "1"]], "write 3, 1/3 or 0.5"),
        ([["1", "1/0"], ["", "1"]], "write 3, 1/3 or 0.5"),
        ([["2", "2"], ["", "1"]], "the diagonal is 1"),
        ([["1", "2"]], "must be square"),
        ([["1"] * 11] * 11, "must be square"),
    ],
)
def test_judgements_that_can_not_be_used_are_refused(rows: list[list[str | int]], en: str) -> None:
    with pytest.raises(AnswerError, match=en):
        ahp.judgements(rows)


def test_experts_are_joined_by_geometric_means_and_each_keeps_a_ratio() -> None:
    one, other = ahp.judgements([["1", "2"], ["", "1"]]), ahp.judgements([["1", "8"], ["", "1"]])
    found = ahp.weigh_together(["a", "b"], {"Li": one, "Wu": other})
    assert found.together.inputs[0] == ("1", "4")
    assert found.together.weights == {"a": Decimal("0.8"), "b": Decimal("0.2")}
    mixed = ahp.weigh_together(
        ["1", "2", "3"], {"Li": ahp.judgements(AHP_1), "Wu": ahp.judgements(AHP_3)}
    )
    assert [one.accepted for one in mixed.experts.values()] == [True, False]
    with pytest.raises(AnswerError):
        ahp.weigh_together(["a", "b"], {})
    with pytest.raises(AnswerError):
        ahp.weigh(["a", "a"], one)


def test_a_tree_of_weights_adds_up_on_every_level() -> None:
    half = {"x": Decimal("33.33"), "y": Decimal("66.67")}
    leaves = ahp.spread(
        {"p": Decimal(40), "q": Decimal(60)}, {"p": half, "q": {"z": Decimal(25), "u": Decimal(75)}}
    )
    assert leaves["z"] == 15
    assert sum(leaves.values()) == 100
    with pytest.raises(AnswerError):
        ahp.spread({"p": Decimal(99)}, {"p": half})


def test_the_scale_has_words() -> None:
    assert all(words["zh"] and words["en"] for words in ahp.SCALE.values())


# --- Laws

sizes = st.integers(3, 6)
steps = st.sampled_from(["1/9", "1/7", "1/5", "1/3", "1", "3", "5", "7", "9"])


@st.composite
def matrices(draw: st.DrawFn) -> list[list[str]]:
    size = draw(sizes)
    return [
        ["1" if i == j else draw(steps) if i < j else "" for j in range(size)] for i in range(size)
    ]


@given(matrices())
def test_weights_add_up_and_only_consistent_ones_are_for_use(rows: list[list[str]]) -> None:
    found = weighed(rows)
    assert abs(sum(found.weights.values()) - 1) <= Decimal("0.001")
    assert found.consistency_ratio >= 0
    assert (found.card_weights is not None) == found.accepted
    if found.card_weights:
        assert sum(found.card_weights.values()) == 100


@given(st.lists(st.integers(1, 3), min_size=3, max_size=6))
def test_judgements_made_of_weights_give_them_back_without_a_contradiction(own: list[int]) -> None:
    rows = [[f"{one}/{other}" for other in own] for one in own]
    found = weighed(rows)
    assert (found.consistency_ratio, found.worst) == (0, None)
    for weight, mine in zip(found.weights.values(), own, strict=True):
        assert abs(weight - Decimal(mine) / sum(own)) <= Decimal("0.0001")


@given(matrices())
def test_a_stronger_judgement_gives_more_weight_to_its_winner(rows: list[list[str]]) -> None:
    weaker = [list(row) for row in rows]
    weaker[0][1], rows[0][1] = "1", "9"
    before, after = weighed(weaker).weights, weighed(rows).weights
    assert after["1"] > before["1"]
    assert after["2"] < before["2"]
