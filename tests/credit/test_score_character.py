"""Character analysis: the reference's CAM-1 and CAM-2, every edge of the bands, and its laws."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xinheng.credit import character
from xinheng.credit.expert_card import AnswerError

CAM_1 = dict(
    zip(character.FACTORS, (6, 7, 6, 5, 7, 6, 7, 8, 5, 6, 4, 7, 9, 8, 6, 7, 7, 6), strict=True)
)
FACTORS = tuple(character.FACTORS)
LADDER = ("CA1", "CA2", "CA3", "CA4", "CA5", "CA6", "NR")

# Mostly answered: a file of which half is unknown is not rated, and no law would have much to say.
known = st.integers(1, 10)
files = st.fixed_dictionaries(
    {key: st.one_of(known, known, known, known, st.none()) for key in FACTORS}
)
presets = st.sampled_from(character.PRESETS)
factors = st.sampled_from(FACTORS)


def test_cam_1_has_the_reference_figures() -> None:
    found = character.score(CAM_1)
    assert found.pct == found.zero_filled_pct == found.lowest_pct == Decimal("66.70")
    assert (found.class_counts, found.class_of_answered, found.coverage) == ("CA2", "CA2", 1)
    assert [(one.points, one.most, str(one.pct)) for one in found.groups] == [
        (185, 300, "61.67"),
        (150, 250, "60.00"),
        (332, 450, "73.78"),
    ]
    assert sum(one.points for one in found.points) == 667
    assert (found.model, found.version, found.preset, found.cut_off) == (
        *("character", 1, "balanced"),
        "61–85",
    )
    assert found.base_limit_factor == Decimal("0.80")


def test_cam_2_leaves_the_unknown_out_shows_zeros_beside_and_the_band() -> None:
    found = character.score({**CAM_1, "bank_credit": None})
    assert (found.pct, found.zero_filled_pct) == (Decimal("65.70"), Decimal("61.10"))
    assert (found.lowest_pct, found.highest_pct) == (Decimal("61.80"), Decimal("68.10"))
    assert (found.coverage, found.missing) == (Decimal("0.93"), ("bank_credit",))
    assert found.class_counts == found.class_of_answered == found.class_of_highest == "CA2"
    assert found.reasons[0].code == "bank_credit"
    assert "银行信用：不详" in found.reasons[0].zh


@pytest.mark.parametrize(
    ("pct", "bands", "named"),
    [
        ("85.50", "ca", "CA1"),
        ("85.49", "ca", "CA2"),
        ("85.495", "ca", "CA2"),
        ("60.50", "ca", "CA2"),
        ("60.49", "ca", "CA3"),
        ("45.50", "ca", "CA3"),
        ("45.49", "ca", "CA4"),
        ("30.50", "ca", "CA4"),
        ("30.49", "ca", "CA5"),
        ("15.50", "ca", "CA5"),
        ("15.49", "ca", "CA6"),
        ("0", "ca", "CA6"),
        ("100", "six_grades", "AAA"),
        ("90.01", "six_grades", "AAA"),
        ("90", "six_grades", "AA"),
        ("80", "six_grades", "A"),
        ("70", "six_grades", "BBB"),
        ("60", "six_grades", "BB"),
        ("50", "six_grades", "B"),
        ("40.01", "six_grades", "B"),
        ("40", "six_grades", "none"),
        ("66", "four_bands", "large"),
        ("65.49", "four_bands", "moderate"),
        ("45", "four_bands", "watch"),
        ("20.49", "four_bands", "none"),
    ],
)
def test_the_edges_of_the_bands(pct: str, bands: str, named: str) -> None:
    assert character.class_of(Decimal(pct), bands) == named
    assert all(character.meaning(named, bands).values())


def test_all_tens_are_100_and_all_ones_ca6() -> None:
    best, worst = (character.score(dict.fromkeys(FACTORS, mark)) for mark in (10, 1))
    assert (best.pct, best.class_counts, best.reasons) == (100, "CA1", ())
    assert (worst.pct, worst.class_counts) == (10, "CA6")


def answered_to(weight: int) -> dict[str, int]:
    """Tens for so many factors as weigh exactly this, under the balanced preset."""
    found: dict[int, list[str]] = {0: []}
    for key, each in character.weights_of("balanced").items():
        found |= {w + int(each): [*keys, key] for w, keys in found.items()} | found
    return dict.fromkeys(found[weight], 10)


def test_a_coverage_of_59_is_not_rated_and_one_of_60_is() -> None:
    below, at = character.score(answered_to(59)), character.score(answered_to(60))
    assert (below.coverage, below.class_counts) == (Decimal("0.59"), "NR")
    assert (below.class_of_answered, below.base_limit_factor) == ("NR", 0)
    assert below.reasons[0].code == "coverage"
    # All that is known is perfect, and yet 40 of 100 could be at their lowest: 64 %, not CA1.
    assert (at.coverage, at.class_of_answered, at.class_counts) == (Decimal("0.60"), "CA1", "CA2")
    assert (at.lowest_pct, at.highest_pct) == (Decimal("64.00"), Decimal(100))


def test_nothing_known_is_not_rated() -> None:
    found = character.score({})
    assert (found.pct, found.class_counts, found.coverage) == (None, "NR", 0)
    assert (found.lowest_pct, found.highest_pct) == (10, 100)


@pytest.mark.parametrize("preset", character.PRESETS)
def test_presets_add_up_to_100(preset: str) -> None:
    assert sum(character.weights_of(preset).values()) == 100


def test_groups_weigh_as_the_presets_say() -> None:
    shares = {
        preset: tuple(
            int(sum(w for key, w in character.weights_of(preset).items()
                    if character.FACTORS[key]["group"] == group))
            for group in character.GROUPS
        )
        for preset in character.PRESETS
    }  # fmt: skip
    assert shares == {"balanced": (30, 25, 45), "sales": (30, 40, 30), "finance": (20, 15, 65)}


def test_every_factor_has_five_anchors_in_both_languages_of_its_own() -> None:
    told = [
        text
        for factor in character.FACTORS.values()
        for mark in ("10", "8", "6", "4", "2")
        for text in factor["anchors"][mark].values()
    ]
    assert len(told) == len(set(told)) == 18 * 5 * 2
    assert character.anchor("payment_record", 9) == character.anchor("payment_record", 8)
    assert character.anchor("payment_record", 1) == character.anchor("payment_record", 2)


@pytest.mark.parametrize(
    "scores",
    [{"charm": 5}, {"capital": 0}, {"capital": 11}, {"capital": True}, {"capital": "9"}],
)
def test_answers_that_can_not_be_used_are_refused(scores: dict[str, int]) -> None:
    with pytest.raises(AnswerError):
        character.score(scores)


def test_own_weights_need_every_factor_and_add_up_to_100() -> None:
    own = dict.fromkeys(FACTORS, Decimal(5)) | {"payment_record": Decimal(15)}
    assert character.score(CAM_1, weights=own).preset == "own"
    for wrong in (own | {"capital": Decimal(4)}, {"capital": Decimal(100)}):
        with pytest.raises(AnswerError):
            character.score(CAM_1, weights=wrong)
    for name in ({"preset": "mine"}, {"bands": "mine"}):
        with pytest.raises(AnswerError):
            character.score(CAM_1, **name)  # type: ignore[arg-type]


# --- Laws


@given(files, factors, presets)
def test_a_worse_fact_never_gives_a_better_class(
    scores: dict[str, int | None], factor: str, preset: str
) -> None:
    if (mark := scores[factor]) is None or mark == 1:
        return
    before = character.score(scores, preset)
    after = character.score({**scores, factor: mark - 1}, preset)
    assert after.lowest_pct <= before.lowest_pct
    assert LADDER.index(after.class_counts) >= LADDER.index(before.class_counts)
    assert after.base_limit_factor <= before.base_limit_factor


# Nine everywhere and one disgrace: were the disgrace simply left out, this file would be CA1.
@example(dict.fromkeys(FACTORS, 9) | {"payment_record": 1}, "payment_record", "balanced")
@given(files, factors, presets)
def test_silence_never_helps_and_widens_the_band(
    scores: dict[str, int | None], factor: str, preset: str
) -> None:
    if scores[factor] is None:
        return
    before = character.score(scores, preset)
    after = character.score({**scores, factor: None}, preset)
    assert LADDER.index(after.class_counts) >= LADDER.index(before.class_counts)
    assert after.base_limit_factor <= before.base_limit_factor
    assert after.lowest_pct <= before.lowest_pct <= before.highest_pct <= after.highest_pct
    assert after.highest_pct - after.lowest_pct > before.highest_pct - before.lowest_pct
    assert after.zero_filled_pct < before.zero_filled_pct


@given(files, presets)
def test_points_add_up_to_the_score(scores: dict[str, int | None], preset: str) -> None:
    found = character.score(scores, preset)
    earned = sum(one.points for one in found.points)
    assert earned + sum(one.lost for one in found.points) == 1000
    assert earned == sum(group.points for group in found.groups)
    assert found.zero_filled_pct == earned / 10
    answered = [one for one in found.points if one.score is not None]
    if found.pct is not None:
        exact = 100 * Fraction(earned) / sum(Fraction(one.most) for one in answered)
        assert abs(Fraction(found.pct) - exact) <= Fraction(5, 1000)
