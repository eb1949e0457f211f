"""`xinheng model learn`, `score` and `validate` on a file, as one person would run them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.learning.test_prepare import rows_of
from xinheng.cli.model import app
from xinheng.operate.trouble import Trouble


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("kind", ["scorecard", "boosting"])
def test_learn_then_score_then_validate(tmp_path: Path, kind: str) -> None:
    rows, model, report = (tmp_path / name for name in ("rows.csv", "model.json", "report.json"))
    rows.write_text(rows_of(900), encoding="gb18030")
    shown = run(
        *("learn", "--file", rows, "--target", "late", "--kind", kind, "--drop", "firm"),
        *("--out", model, "--report", report),
    )
    for word in ("AUC", "KS", "Gini", "Brier", "HL", "IV", "坏", "running number"):
        assert word in shown
    assert json.loads(report.read_text())["rows"] == 900
    told = run("score", "--model", model, "--file", rows, "--out", tmp_path / "scored.csv")
    assert "900" in told
    with (tmp_path / "scored.csv").open(encoding="utf-8-sig") as sheet:
        scored = list(csv.DictReader(sheet))
    p = [float(one["probability_of_bad"]) for one in scored]
    late = [p[i] for i, one in enumerate(scored) if one["late"] == "1"]
    assert len(scored) == 900 and sum(late) / len(late) > sum(p) / len(p) + 0.1
    examined = json.loads(
        run("validate", "--model", model, "--file", rows, "--target", "late", "--json")
    )
    assert examined["psi"] == "0.0000" and float(examined["auc"]) > 0.7


@pytest.mark.parametrize(
    "words",
    [
        ("learn", "--file", "{rows}", "--target", "nobody"),
        ("learn", "--file", "{none}", "--target", "late"),
        ("learn", "--file", "{rows}", "--target", "late", "--kind", "forest"),
        ("learn", "--file", "{rows}", "--target", "late", "--rising", "nobody"),
        ("learn", "--file", "{rows}", "--target", "late", "--code", "pay"),
        ("learn", "--file", "{rows}", "--target", "late", "--derive", "x=__import__('os')"),
        ("score", "--model", "{rows}", "--file", "{rows}", "--out", "{none}"),
    ],
)
def test_what_cannot_be_done_is_one_line_in_both_languages(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text(rows_of(200))
    places = {"rows": str(rows), "none": str(tmp_path / "none" / "x.csv")}
    with pytest.raises(Trouble) as trouble:
        run(*(word.format(**places) for word in words))
    assert trouble.value.zh and trouble.value.en and "\n" not in trouble.value.line


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(tmp_path: Path) -> None:
    rows, model = tmp_path / "rows.csv", tmp_path / "model.json"
    rows.write_text(rows_of(600).replace("F3\r", "=1+1\r"))
    run("learn", "--file", rows, "--target", "late", "--drop", "firm", "--out", model)
    run("score", "--model", model, "--file", rows, "--out", tmp_path / "scored.csv")
    text = (tmp_path / "scored.csv").read_text(encoding="utf-8-sig")
    assert "'=1+1" in text and ",=1+1" not in text
