"""`xinheng model`: files in, explained results out; what is wrong with a file is said in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xinheng.credit import character

MARKS = (6, 7, 6, 5, 7, 6, 7, 8, 5, 6, 4, 7, 9, 8, 6, 7, 7, 6)
B_1 = {
    "currency": "CNY", "profit_before_tax": "180.00", "depreciation": "60.00",
    "deferred_tax": "10.00", "current_assets": "1200.00", "current_liabilities": "800.00",
    "equity": "1000.00", "intangible_assets": "50.00", "total_liabilities": "1500.00",
    "total_assets": "2500.00",
}  # fmt: skip


@pytest.fixture
def written(tmp_path: Path):
    def write(given: Any) -> Path:
        path = tmp_path / "given.json"
        path.write_text(given if isinstance(given, str) else json.dumps(given), encoding="utf-8")
        return path

    return write


def test_character_explains_itself(run, written):
    file = written({"scores": dict(zip(character.FACTORS, MARKS, strict=True))})
    told = run("model", "character", "--file", file, "--json")
    assert (told.code, told.json["pct"], told.json["class_counts"]) == (0, "66.70", "CA2")
    done = run("model", "character", "--file", file)
    assert "CA2" in done.out and "付款" not in done.err
    assert "表面印象" in run("model", "character").out


def test_too_little_known_ends_with_one(run, written):
    assert run("model", "character", "--file", written({"scores": {}})).code == 1


def test_bathory_and_ahp(run, written):
    told = run("model", "bathory", "--file", written(B_1), "--json")
    assert (told.code, told.json["score"], told.json["class_counts"]) == (0, "2.8058", "low")
    rows = [["1", "5", "1/3"], ["", "1", "5"], ["", "", "1"]]
    file = written({"criteria": ["甲", "乙", "丙"], "experts": {"Li": rows}})
    told = run("model", "ahp", "--file", file, "--json")
    assert (told.code, told.json["together"]["consistency_ratio"]) == (1, "2.1158")
    assert "成环" in run("model", "ahp", "--file", file).out


def test_a_questionnaire(run, written):
    from xinheng.credit.questionnaire import items_of

    answers = {key: {"score": 8, "source": "visit"} for key in items_of("6c")}
    file = written({"template": "6c", "answers": answers})
    told = run("model", "questionnaire", "--file", file, "--json")
    assert (told.code, told.json["pct"]) == (0, "80.00")


@pytest.mark.parametrize(
    "given",
    ["no json", "[]", '{"scores": []}', '{"scores": {"charm": 5}}', '{"scores": {}, "more": 1}'],
)
def test_what_is_wrong_is_one_line(run, written, given):
    done = run("model", "character", "--file", written(given))
    assert done.code == 1 and " / " in done.err and "Traceback" not in done.err


@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("ahp", {"criteria": 3, "experts": {}}),
        ("ahp", {"criteria": ["a"], "experts": {"Li": 5}}),
        ("questionnaire", {"template": [], "answers": {}}),
        ("questionnaire", {"answers": {"pays_us": 8}}),
    ],
)
def test_a_wrong_shape_is_one_line(run, written, command, given):
    done = run("model", command, "--file", written(given))
    assert done.code == 1 and " / " in done.err and "Traceback" not in done.err


def test_a_float_of_money_is_read_as_text(run, written):
    file = written({**B_1, "equity": 1000.005})
    done = run("model", "bathory", "--file", file)
    assert done.code == 1 and "小数位" in done.err
