"""The behaviour card: points, reasons, coverage, red lines; and cards that may not be used."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from xinheng.credit import scorecard
from xinheng.credit.scorecard import CardError, Input, load, score
from xinheng.credit.shipped import document

CARD = scorecard.shipped()
STEADY: dict[str, Input] = {
    "payment_index": Decimal(72),
    "days_late_weighted": Decimal("8"),
    "overdue_share_pct": Decimal("12"),
    "oldest_dpd": 20,
    "months_of_history": 24,
    "days_late_trend": Decimal(0),
    "altman_zone": "grey",
}
PERFECT: dict[str, Input] = {
    "payment_index": Decimal(90),
    "days_late_weighted": Decimal(0),
    "overdue_share_pct": Decimal(0),
    "oldest_dpd": 0,
    "months_of_history": 80,
    "days_late_trend": Decimal(-2),
    "altman_zone": "safe",
}
WORST: dict[str, Input] = {
    "payment_index": Decimal(10),
    "days_late_weighted": Decimal(90),
    "overdue_share_pct": Decimal(100),
    "oldest_dpd": 89,
    "months_of_history": 1,
    "days_late_trend": Decimal(9),
    "altman_zone": "distress",
}


@pytest.mark.parametrize(
    ("inputs", "points", "grade"),
    [
        (STEADY, 635, "A"),
        (PERFECT, 700, "AAA"),
        (WORST, 494, "C"),
        ({**PERFECT, "altman_zone": None}, 680, "AA"),
    ],
)
def test_a_customer_has_points_and_a_grade(
    inputs: dict[str, Input], points: int, grade: str
) -> None:
    found = score(CARD, inputs)
    assert (found.points, found.grade) == (points, grade)
    assert found.total == CARD.base_points + sum(one.points for one in found.contributions)


def test_the_reasons_are_the_points_lost_at_most_four_ties_in_order() -> None:
    found = score(CARD, STEADY)
    assert [(one.key, one.lost) for one in found.reasons] == [
        ("payment_index", 14),
        ("days_late_weighted", 12),
        ("overdue_share_pct", 12),
        ("oldest_dpd", 12),
    ]
    assert found.reasons[0].zh == "付款指数 70 至 80"
    assert score(CARD, PERFECT).reasons == ()


def test_little_known_is_not_rated_rather_than_bad() -> None:
    found = score(CARD, {"oldest_dpd": 0, "overdue_share_pct": Decimal(0), "months_of_history": 2})
    assert (found.points, found.grade, found.coverage_pct) == (None, None, 45)
    assert found.missing == (
        "payment_index",
        "days_late_weighted",
        "days_late_trend",
        "altman_zone",
    )


def test_coverage_of_exactly_the_minimum_is_rated() -> None:
    known = ("payment_index", "days_late_weighted", "overdue_share_pct", "days_late_trend")
    found = score(CARD, {key: PERFECT[key] for key in known})
    assert found.coverage_pct == CARD.min_coverage_pct == 60
    assert found.points is not None


@pytest.mark.parametrize("key", list(PERFECT))
@pytest.mark.parametrize("inputs", [STEADY, PERFECT, WORST])
def test_leaving_something_out_never_helps(key: str, inputs: dict[str, Input]) -> None:
    assert score(CARD, {**inputs, key: None}).total <= score(CARD, inputs).total


@pytest.mark.parametrize(
    ("key", "value", "grade", "drawn"),
    [
        ("oldest_dpd", 90, "CCC", "overdue_90"),
        ("insolvent", 1, "D", "insolvent"),
        ("insolvent", True, "D", "insolvent"),
        ("dishonest_debtor", 1, "C", "dishonest_debtor"),
        ("abnormal_operation", 1, "BB", "abnormal_operation"),
    ],
)
def test_a_red_line_caps_the_grade(key: str, value: int, grade: str, drawn: str) -> None:
    found = score(CARD, {**PERFECT, key: value})
    assert (found.grade, found.red_lines) == (grade, (drawn,))


def test_a_value_is_rounded_before_it_is_banded() -> None:
    assert (
        score(CARD, {**PERFECT, "payment_index": Decimal("79.995")}).contributions[0].points == 60
    )
    assert (
        score(CARD, {**PERFECT, "payment_index": Decimal("79.994")}).contributions[0].points == 50
    )


def test_a_word_the_card_does_not_know_counts_as_missing() -> None:
    assert "altman_zone" in score(CARD, {**PERFECT, "altman_zone": "wonderful"}).missing
    with pytest.raises(CardError):
        score(CARD, {**PERFECT, "oldest_dpd": "many"})


def card_with(index: int, **change: Any) -> dict[str, Any]:
    raw = copy.deepcopy(document("cards/behaviour_v1.json"))
    raw["characteristics"][index].update(change)
    return raw


BAND = {"points": 1, "zh": "一", "en": "one"}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (card_with(0, missing={"points": 1, "zh": "缺", "en": "missing"}), "missing earns 1"),
        (card_with(0, bins=[]), "either bins or values"),
        (card_with(0, bins=[{**BAND, "from": "0", "to": None}]), "ends open"),
        (card_with(0, bins=[{**BAND, "to": "1"}, {**BAND, "from": "2"}]), "must touch"),
        (
            card_with(
                0,
                bins=[{**BAND, "to": "2"}, {**BAND, "from": "2", "to": "1"}, {**BAND, "from": "1"}],
            ),
            "ends where",
        ),
        (card_with(0, weight=0), "above zero"),
        (card_with(0, key="oldest_dpd"), "key of its own"),
        (card_with(0, colour="red"), "right shape"),
    ],
)
def test_a_card_with_a_hole_or_a_gift_is_refused(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(CardError, match=says):
        load(raw)


def test_points_never_fall_when_a_figure_gets_better() -> None:
    rising = {"payment_index", "months_of_history"}
    for one in CARD.characteristics:
        points = [band.points for band in one.bins] or [
            choice.points for choice in reversed(one.values)
        ]
        better = points if one.key in rising or one.values else points[::-1]
        assert better == sorted(better), one.key
