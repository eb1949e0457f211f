"""Files as people have them become columns, and what can't be learnt from is told."""

from __future__ import annotations

import random

import numpy as np
import pytest

from xinheng.learning import preparing, reading, teaching
from xinheng.learning.columns import LearningError
from xinheng.learning.deriving import derived_texts
from xinheng.learning.preparing import Wish


def rows_of(count: int, between: str = ",", good: str = "0", bad: str = "1") -> str:
    chance = random.Random(7)
    lines = [between.join(("id", "pay", "trade", "late", "day", "firm"))]
    for i in range(count):
        is_bad = chance.random() < 0.3
        pay = chance.gauss(40 if is_bad else 55, 12)
        trade = chance.choice("AAB" if is_bad else "BBC")
        day = f"2025-{1 + i * 12 // count:02d}-{1 + i % 28:02d}"
        word = bad if is_bad else good
        lines.append(between.join((str(i), f"{pay:.2f}", trade, word, day, f"F{i % 90}")))
    return "\r\n".join(lines)


@pytest.mark.parametrize(
    ("encoding", "between"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("gb18030", "\t"), ("utf-16", "|"), ("utf-8", "  ")],
)
def test_any_plain_file_is_read(encoding: str, between: str) -> None:
    text = rows_of(60, between).replace("trade", "行业")
    table = reading.read(text.encode(encoding))
    assert list(table.columns) == ["id", "pay", "行业", "late", "day", "firm"]
    assert table.rows == 60


@pytest.mark.parametrize(
    ("words", "asked", "found"),
    [
        (("0", "1"), "", "1"),
        (("good", "bad"), "", "bad"),
        (("好", "坏"), "", "坏"),
        (("alive", "failed"), "", "failed"),
        (("1", "2"), "2", "2"),
        (("1", "2"), "2.0", "2"),
    ],
)
def test_the_word_for_bad_is_known_or_told(words: tuple[str, str], asked: str, found: str) -> None:
    texts = [words[0]] * 7 + [words[1]] * 3 + [""]
    word, bad, known = preparing.outcome_of(texts, "x", asked)
    assert (word, int(bad.sum()), int(known.sum())) == (found, 3, 10)


def test_a_comparison_says_what_is_bad() -> None:
    _, bad, known = preparing.outcome_of(["-3", "0", "4", "", "90"], "days", ">0")
    assert bad.tolist() == [False, False, True, False, True]
    assert known.tolist() == [True, True, True, False, True]


@pytest.mark.parametrize(
    ("text", "wish", "code"),
    [
        ("", Wish("late"), "empty"),
        ("a,b\r\n", Wish("a"), "empty"),
        (rows_of(60), Wish("nobody"), "column_unknown"),
        (rows_of(60, good="1", bad="2"), Wish("late"), "bad_word"),
        (rows_of(60), Wish("late", "9"), "bad_word"),
        (rows_of(60, bad="0"), Wish("late"), "one_outcome"),
        (rows_of(60), Wish("late", drop=("pay", "trade", "firm")), "no_columns"),
        (rows_of(60), Wish("late", time="trade"), "time"),
        (rows_of(60), Wish("late", codes={"trade": "-1"}), "code"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(text: str, wish: Wish, code: str) -> None:
    with pytest.raises(LearningError) as refused:
        preparing.prepare(reading.read(text.encode()), wish)
    assert refused.value.code == code
    assert refused.value.zh and refused.value.en


def test_columns_that_cannot_help_are_left_out_and_told() -> None:
    rows = preparing.prepare(reading.read(rows_of(400).encode()), Wish("late"))
    assert set(rows.columns) == {"pay", "trade", "firm"}
    assert {one.key: one.code for one in rows.told} == {"id": "id", "day": "day"}


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1,234.50", "￥7", "12%", "(3)"], [1234.5, 7.0, 12.0, -3.0]),
        (["1,5", "12,75", "3", ""], [1.5, 12.75, 3.0, np.nan]),
        (["1e3", "-0.5", "", "+2"], [1000.0, -0.5, np.nan, 2.0]),
    ],
)
def test_numbers_are_read_as_people_write_them(texts: list[str], numbers: list[float]) -> None:
    column, _ = preparing.typed("x", texts)
    assert column is not None
    np.testing.assert_array_equal(column, numbers)


def test_a_blank_can_be_a_code() -> None:
    table = reading.read(rows_of(400).replace(",A,", ",,").encode())
    table.columns["pay"][:40] = [""] * 40
    rows = preparing.prepare(table, Wish("late", codes={"pay": "blank"}))
    code = rows.codes["pay"][0]
    assert (rows.columns["pay"] == code).sum() == 40
    assert code < np.sort(rows.columns["pay"])[40]


def test_by_time_nobody_is_both_taught_and_tried() -> None:
    table = reading.read(rows_of(2_000).encode())
    rows = preparing.prepare(table, Wish("late", time="day", group="firm"))
    found = teaching.teach(rows, teaching.Recipe("scorecard", "x"))
    assert "out of time" in found.report.protocol and "no customer both" in found.report.protocol
    assert rows.days is not None and rows.groups is not None
    held = teaching._newest(rows)
    assert 0.15 < held.mean() < 0.25 and rows.days[held].min() > rows.days[~held].max()
    for known, unseen in teaching._parts(held, teaching._folds(rows, 0, held)):
        assert not set(rows.groups[known]) & set(rows.groups[unseen])
        assert rows.days[known].max() < rows.days[unseen].min()


@pytest.mark.parametrize("kind", ["scorecard", "boosting"])
def test_the_same_rows_give_the_same_model_and_the_file_gives_it_back(kind: teaching.Kind) -> None:
    rows = preparing.prepare(reading.read(rows_of(600).encode()), Wish("late"))
    first, again = (teaching.teach(rows, teaching.Recipe(kind, "x")) for _ in range(2))
    raw = teaching.dump(first.model)
    assert raw == teaching.dump(again.model)
    loaded = teaching.load(raw)
    np.testing.assert_array_equal(
        teaching.score(loaded, rows.columns), teaching.score(first.model, rows.columns)
    )
    assert first.report.auc.low > 0.6
    steps = first.report.ranks
    assert steps[-1].bads == steps[-1].goods == 1.0
    assert max(one.bads - one.goods for one in steps) == pytest.approx(first.report.ks, abs=1e-6)
    # Against its own population nothing has moved.
    assert teaching.examine(loaded, rows).stability.psi == pytest.approx(0.0, abs=1e-9)


def test_a_column_is_made_of_two_others() -> None:
    texts = {"ca": ["1200", ""], "cl": ["800", "1"], "total assets": ["2500", "5"]}
    texts |= derived_texts("wc=ca-cl", texts)
    assert derived_texts("x1 = wc / total assets", texts) == {"x1": ["0.16", ""]}
    with pytest.raises(LearningError):
        derived_texts("x2=ca/nobody", texts)
