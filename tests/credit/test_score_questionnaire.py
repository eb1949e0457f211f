"""5C and 6C: the templates, mandatory items, proof of answers, and that silence never helps."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xinheng.credit import questionnaire
from xinheng.credit.expert_card import AnswerError
from xinheng.credit.questionnaire import Answer

LADDER = ("CA1", "CA2", "CA3", "CA4", "CA5", "CA6", "NR")
SIX_C = tuple(questionnaire.items_of("6c"))
FIELDS = Path(__file__).parents[2] / "xinheng" / "dossiers" / "fields_v1.json"


def proven(score: int | None) -> Answer:
    return Answer(score, "visit 2026-10-12", "photo 3", "Chen")


def all_at(score: int, template: str = "5c", **changes: int | None) -> dict[str, Answer]:
    marks = dict.fromkeys(questionnaire.items_of(template), score) | changes
    return {key: proven(mark) for key, mark in marks.items()}


def test_every_item_is_weighed_shown_and_named() -> None:
    found = questionnaire.score(all_at(8))
    assert (found.pct, found.class_counts, found.coverage) == (Decimal("80.00"), "CA2", 1)
    assert (found.model, found.version, found.template, found.cut_off) == (
        *("questionnaire", 1, "5c"),
        "61–85",
    )
    assert [one.group for one in found.factors] == list(questionnaire.FACTORS)[:5]
    assert sum(one.points for one in found.points) == 800
    assert len(questionnaire.score(all_at(8, "6c"), "6c").factors) == 6


def test_an_unknown_item_widens_the_band_and_counts_at_the_lowest() -> None:
    found = questionnaire.score(all_at(8, security=None))
    assert (found.pct, found.coverage) == (Decimal("80.00"), Decimal("0.93"))
    assert (found.lowest_pct, found.highest_pct) == (Decimal("75.10"), Decimal("81.40"))
    assert found.zero_filled_pct == Decimal("74.40")
    assert (found.class_counts, found.missing) == ("CA2", ("security",))
    assert found.reasons[0].code == "security"


def test_a_mandatory_item_without_an_answer_is_not_rated() -> None:
    found = questionnaire.score(all_at(10, court_record=None))
    assert (found.class_counts, found.mandatory_missing) == ("NR", ("court_record",))
    assert (found.cut_off, found.reasons[0].code) == ("mandatory", "mandatory")
    assert "司法与执行记录" in found.reasons[0].zh


def test_too_little_answered_is_not_rated() -> None:
    mandatory = {k: proven(9) for k, v in questionnaire.items_of("5c").items() if v["mandatory"]}
    found = questionnaire.score(mandatory)
    assert (found.coverage, found.class_counts) == (Decimal("0.40"), "NR")
    assert "coverage" in {reason.code for reason in found.reasons}


def test_answers_without_proof_are_listed() -> None:
    found = questionnaire.score({**all_at(8), "gearing": Answer(8, "statement 2025")})
    assert found.unsupported == ("gearing",)
    assert found.reasons[-1].code == "unsupported"


def test_own_weights_such_as_an_ahp_replace_the_templates() -> None:
    own = {**dict.fromkeys(questionnaire.items_of("5c"), Decimal(0)), "pays_us": Decimal(100)}
    assert questionnaire.score(all_at(1, pays_us=9), weights=own).pct == 90
    with pytest.raises(AnswerError):
        questionnaire.score(all_at(1), weights={"pays_us": Decimal(100)})
    with pytest.raises(AnswerError):
        questionnaire.score(all_at(1), "7c")
    with pytest.raises(AnswerError):
        questionnaire.score({**all_at(1), "succession": proven(3)}, "5c")


@pytest.mark.parametrize("template", questionnaire.TEMPLATES)
def test_templates_are_whole(template: str) -> None:
    assert sum(questionnaire.TEMPLATES[template]["weights"].values()) == 100
    catalogue = {row["code"] for row in json.loads(FIELDS.read_text(encoding="utf-8"))["fields"]}
    told = []
    for item in questionnaire.items_of(template).values():
        assert item["fields"]
        assert set(item["fields"]) <= catalogue
        told += [text for mark in ("10", "6", "2") for text in item["anchors"][mark].values()]
    assert len(told) == len(set(told))
    assert questionnaire.anchor("gearing", 8) == questionnaire.anchor("gearing", 6)


# --- Laws

known = st.integers(1, 10)
files = st.fixed_dictionaries(
    {key: st.one_of(known, known, known, known, known, st.none()) for key in SIX_C}
)
items = st.sampled_from(SIX_C)


def graded(scores: dict[str, int | None]) -> questionnaire.Questionnaire:
    return questionnaire.score({key: Answer(mark) for key, mark in scores.items()}, "6c")


@example(dict.fromkeys(SIX_C, 9) | {"owner_reputation": 1, "earnings": 1}, "earnings")
@given(files, items)
def test_worse_answers_and_silence_never_help(scores: dict[str, int | None], item: str) -> None:
    if (mark := scores[item]) is None:
        return
    before, silent = graded(scores), graded({**scores, item: None})
    worse = graded({**scores, item: max(1, mark - 1)})
    assert LADDER.index(worse.class_counts) >= LADDER.index(before.class_counts)
    assert LADDER.index(silent.class_counts) >= LADDER.index(before.class_counts)
    assert silent.highest_pct - silent.lowest_pct > before.highest_pct - before.lowest_pct


@given(files)
def test_points_add_up(scores: dict[str, int | None]) -> None:
    found = graded(scores)
    earned = sum(one.points for one in found.points)
    assert earned == sum(one.points for one in found.factors)
    assert found.zero_filled_pct == earned / 10
