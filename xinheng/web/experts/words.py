"""What runs of expert models say on a page: names, classes, the answers' words, who and when.

Example: the class CA2 of 6C reads "优良：快速审批；较大额度"; an answer with the evidence
"fact:registered_capital:12" leads to the fact of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from xinheng.credit import bathory, character, questionnaire
from xinheng.dossiers.fields import catalogue
from xinheng.modelling import expert_grades, expert_runs
from xinheng.modelling.expert_grades import CARDS, MODELS, UNRATED
from xinheng.modelling.expert_reckoning import AHP
from xinheng.modelling.models import ExpertRun
from xinheng.texts import T
from xinheng.web.experts.drawing import Band, band_of, plain

_BY_TONE = {  # meaning colours of classes
    "within": ("CA1", "CA2", "safe", "low"),
    "watch": ("CA3", "grey", "moderate", "limited"),
    "act": ("CA4", "elevated"),
    "stop": ("CA5", "CA6", "distress", "high"),
    "quiet": ("NR", "manual", "none"),
}
TONES = {code: tone for tone, codes in _BY_TONE.items() for code in codes}


class Shown(Struct, frozen=True):
    """A run as rows and cards show it."""

    run: ExpertRun
    name: T
    class_code: str  # "" where the class is a word of its own
    class_words: T
    tone: str
    rated: bool
    value: str
    low: str
    high: str
    wide: bool  # the band has two ends, because something is not known
    coverage: str
    weighting: T | None
    period_end: str
    band: Band | None


def shown(run: ExpertRun) -> Shown:
    result = run.result
    card = run.model in CARDS
    low, value, high = ends(run.model, result)
    return Shown(
        run=run,
        name=MODELS[run.model].name,
        class_code=run.class_code if card else "",
        class_words=expert_grades.class_words(run.model, run.class_code),
        tone=TONES.get(run.class_code, "quiet"),
        rated=run.class_code not in UNRATED,
        value="" if value is None else plain(value) + ("%" if card else ""),
        low="" if low is None else plain(low) + ("%" if card else ""),
        high="" if high is None else plain(high) + ("%" if card else ""),
        wide=low != high,
        coverage=f"{plain(Decimal(run.coverage_bps) / 100)}%",
        weighting=weighting_words(run),
        period_end=result.get("statement", {}).get("period_end", ""),
        band=band_of(low, value, high) if card and low is not None and high is not None else None,
    )


def ends(
    model: str, result: Mapping[str, Any]
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Lowest, value and highest, in the model's own measure."""
    if model in CARDS:
        return tuple(_number(result[key]) for key in ("lowest_pct", "pct", "highest_pct"))  # type: ignore[return-value]
    if model == "bathory":
        return tuple(_number(result[key]) for key in ("lowest", "score", "highest"))  # type: ignore[return-value]
    key = result.get("score") if model == "altman" else result.get("inputs", {}).get("v")
    value = _number(key)
    return value, value, value


def _number(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def weighting_words(run: ExpertRun) -> T | None:
    """By what it was weighed, or which variant of a statement model it was."""
    if run.weighting.startswith(AHP):
        return T(f"两两比较 {run.weighting}", f"by pairs, {run.weighting}")
    if run.weighting in expert_runs.WEIGHTINGS:
        return expert_runs.WEIGHTINGS[run.weighting]
    named = run.result.get("name")
    return T(named["zh"], named["en"]) if named else None


def anchors_of(model: str, answers: Mapping[str, Mapping[str, Any]]) -> dict[str, T]:
    """The anchor's words that go with each score; nothing for what is not known."""
    anchor = character.anchor if model == "character" else questionnaire.anchor
    scores = {key: given.get("score") for key, given in answers.items()}
    told = {key: anchor(key, score) for key, score in scores.items() if score is not None}
    return {key: T(text["zh"], text["en"]) for key, text in told.items()}


def evidence_field(text: str) -> tuple[str, T] | None:
    """The field of the credit file that an answer cites, and its name."""
    kind, _, rest = text.partition(":")
    code = rest.partition(":")[0]
    field = catalogue().fields.get(code) if kind == "fact" else None
    return None if field is None else (code, field.name)


def reasons_of(result: Mapping[str, Any]) -> list[T]:
    return [T(row["zh"], row["en"]) for row in result.get("reasons", [])]


def ratios_of(run: ExpertRun) -> list[tuple[T, str, str]]:
    """What a statement model added up: name, value, and what it weighed where it is weighed."""
    result = run.result
    if run.model == "bathory":
        known = result.get("ratios", {})
        return [
            (T(f"{key} {row['zh']}", f"{key} {row['en']}"), _shown(known.get(key)), "")
            for key, row in bathory.RATIOS.items()
        ]
    if run.model == "altman":
        pairs = zip(ALTMAN, result.get("ratios", []), result.get("weights", []), strict=False)
        return [(name, plain(ratio), f"× {weight}") for name, ratio, weight in pairs]
    inputs = result.get("inputs", {})
    return [(name, _shown(inputs.get(key)), "") for key, name in WORKING.items() if key in inputs]


def _shown(value: Any) -> str:
    return "–" if value is None else plain(value)


ALTMAN = (
    T("X1 营运资本÷总资产", "X1 working capital ÷ total assets"),
    T("X2 留存收益÷总资产", "X2 retained earnings ÷ total assets"),
    T("X3 息税前利润÷总资产", "X3 EBIT ÷ total assets"),
    T("X4 权益÷总负债", "X4 equity ÷ total liabilities"),
    T("X5 销售收入÷总资产", "X5 sales ÷ total assets"),
)
WORKING = {
    "v": T("评估值 v", "value v"),
    "share": T("营运资产的份额", "share of working assets"),
}
