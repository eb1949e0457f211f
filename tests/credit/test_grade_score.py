"""Scores become grades and PDs by the master scale, and red lines cap them."""

from decimal import Decimal

import pytest

from xinheng.credit import scale


@pytest.mark.parametrize(
    ("score", "pd"),
    [(640, "0.004975"), (600, "0.019608"), (560, "0.074074"), (520, "0.242424"), (500, "0.390244")],
)
def test_a_score_has_a_pd(score: int, pd: str) -> None:
    assert round(scale.pd_of(score), 6) == Decimal(pd)


def test_factor_and_offset_are_those_of_600_at_50_to_1() -> None:
    assert (round(scale.FACTOR, 4), round(scale.OFFSET, 4)) == (
        Decimal("28.8539"),
        Decimal("487.1229"),
    )


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("686.42", "AAA"),
        ("686.41", "AA"),
        ("659.94", "AA"),
        ("659.93", "A"),
        ("634.58", "A"),
        ("634.57", "BBB"),
        ("607.87", "BBB"),
        ("607.86", "BB"),
        ("582.82", "B"),
        ("557.59", "CCC"),
        ("530.88", "CC"),
        ("498.83", "CC"),
        ("498.82", "C"),
        ("-1000", "C"),
        ("5000", "AAA"),
    ],
)
def test_a_bound_belongs_to_the_grade_below(score: str, grade: str) -> None:
    assert scale.grade_of(Decimal(score)) == grade


@pytest.mark.parametrize("pd_bps", [10, 25, 60, 150, 350, 800, 1800, 4000])
def test_the_bounds_of_scores_and_of_pds_are_one_scale(pd_bps: int) -> None:
    pd = Decimal(pd_bps) / 10_000
    bounds = {bound for bound, _ in scale._BOUNDS}
    assert scale.score_of(pd) in bounds
    assert scale.grade_of_pd(pd) == scale.grade_of(scale.score_of(pd))


def test_red_lines_cap_and_never_lift() -> None:
    assert scale.cap("AA", ["overdue_90"]) == "CCC"
    assert scale.cap("C", ["overdue_90"]) == "C"
    assert scale.cap("AAA", ["abnormal_operation", "dishonest_debtor"]) == "C"
    assert scale.cap("AAA", ["insolvent"]) == "D"
    assert scale.cap("A", []) == "A"
    with pytest.raises(KeyError):
        scale.cap("A", ["nonsense"])


def test_grades_rank_from_best_to_worst() -> None:
    assert [scale.grade_rank(grade) for grade in scale.GRADES] == list(range(10))
    assert scale.grade_rank("E") == 10
    assert scale.grade_of_pd(Decimal(1)) == "D"
    assert all(scale.meaning(grade)["zh"] for grade in scale.GRADES)
