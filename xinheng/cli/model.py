"""`xinheng model`: one file of answers or figures in, the explained result out. No database.

    character      {"scores": {"payment_record": 9, …}, "preset": "balanced", "bands": "ca"}
    questionnaire  {"template": "5c", "answers": {"pays_us": {"score": 8, "source": "…"}, …}}
    bathory        {"currency": "CNY", "variant": "deferred_tax", "profit_before_tax": "180.00", …}
    ahp            {"criteria": ["a", "b"], "experts": {"Li": [["1", "2"], ["", "1"]]}}

`character` without a file tells the factors and their anchors. Exit code 0: a result that counts;
1: not rated, for a person, or refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from xinheng.cli import model_drift, model_learning
from xinheng.cli.answer import Json, say
from xinheng.operate.trouble import Exit, Trouble

app = typer.Typer(
    no_args_is_help=True,
    help="信用模型：特征分析、问卷、巴萨利、层次分析、由样本学习 · Models that explain themselves",
)
model_learning.register(app)
app.command("drift")(model_drift.drift)

MAX_BYTES: Final = 1_000_000
Found = TypeVar("Found")
File = Annotated[Path, typer.Option("--file", help="JSON 文件 · A JSON file")]


@app.command("character")
def character(
    file: Annotated[
        Path | None, typer.Option("--file", help="JSON；不给则列出因素 · Without: the factors")
    ] = None,
    as_json: Json = False,
) -> None:
    """特征分析：18 个因素 · Character analysis of 18 factors."""
    from xinheng.credit import character as model

    if file is None:
        say(list(model.FACTORS.values()), as_json, lambda: _show_factors(model.FACTORS))
        return
    given = _read(file, {"scores", "preset", "bands"})
    scores = _object(given, "scores")
    found = _mended(
        lambda: model.score(
            scores, str(given.get("preset", "balanced")), str(given.get("bands", "ca"))
        )
    )
    _answer(found, as_json, found.class_counts != model.NOT_RATED)


@app.command("questionnaire")
def questionnaire(file: File, as_json: Json = False) -> None:
    """5C、6C 问卷 · The 5C and 6C questionnaires."""
    from xinheng.credit import questionnaire as model
    from xinheng.credit.character import NOT_RATED

    given = _read(file, {"template", "answers"})
    answers = _shaped(_object(given, "answers"), dict[str, model.Answer])
    found = _mended(lambda: model.score(answers, str(given.get("template", "5c"))))
    _answer(found, as_json, found.class_counts != NOT_RATED)


@app.command("bathory")
def bathory(file: File, as_json: Json = False) -> None:
    """巴萨利模型：五个比率之和 · Bathory: the sum of five ratios."""
    from xinheng.credit import bathory as model
    from xinheng.credit.money import MoneyError, to_minor

    names = set(model.Statement.__struct_fields__)
    given = _read(file, names | {"currency", "variant"})
    currency = str(given.get("currency", "CNY"))
    try:
        figures = {
            name: to_minor(str(given[name]), currency)
            for name in names & set(given)
            if given[name] is not None
        }
    except MoneyError as error:
        raise Trouble(error.zh, error.en) from None
    variant = str(given.get("variant", "deferred_tax"))
    found = _mended(lambda: model.score(model.Statement(**figures), variant))
    _answer(found, as_json, found.class_counts != model.MANUAL)


@app.command("ahp")
def ahp(file: File, as_json: Json = False) -> None:
    """层次分析：由两两比较得出权重 · Weights from compared pairs."""
    from xinheng.credit import ahp as model

    given = _read(file, {"criteria", "experts"})
    experts = _shaped(_object(given, "experts"), dict[str, list[list[str | int | None]]])
    criteria = _shaped(given.get("criteria"), list[str])
    found = _mended(
        lambda: model.weigh_together(
            criteria, {name: model.judgements(rows) for name, rows in experts.items()}
        )
    )
    _answer(found, as_json, found.together.accepted)


def _read(file: Path, known: set[str]) -> dict[str, Any]:
    """The file's object; decimals stay text, and a name that nobody reads is told."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise Trouble(f"{file} 超过 1 MB。", f"{file} is larger than 1 MB.")
        given = json.loads(file.read_text(encoding="utf-8"), parse_float=str)
    except (OSError, ValueError, RecursionError) as error:
        raise Trouble(f"{file} 无法读取：{error}", f"{file} can't be read: {error}") from None
    if not isinstance(given, dict) or set(given) - known:
        names = ", ".join(sorted(known))
        raise Trouble(f"{file} 只应含：{names}。", f"{file} may have only: {names}.")
    return given


def _object(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = given.get(name)
    if not isinstance(found, dict):
        raise Trouble(f"缺少 {name}（对象）。", f"{name} is missing (an object).")
    return found


def _shaped(given: Any, shape: type[Found]) -> Found:
    """The value in its shape, or the place where it has another."""
    import msgspec

    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        raise Trouble(f"文件格式不对：{error}", f"The file's shape is wrong: {error}") from None


def _mended(run: Callable[[], Found]) -> Found:
    from xinheng.credit.expert_card import AnswerError

    try:
        return run()
    except AnswerError as error:
        raise Trouble(error.zh, error.en, Exit.FAILED) from None


def _answer(found: Any, as_json: bool, counts: bool) -> None:
    import msgspec

    told = msgspec.to_builtins(found, enc_hook=str)
    say(told, as_json, lambda: _show(told))
    raise typer.Exit(0 if counts else 1)


def _show(told: Mapping[str, Any]) -> None:
    """Everything but the long lists on a line of its own, then the reasons in both languages."""
    from rich.console import Console

    console = Console()
    for part in (told, *([told["together"]] if "together" in told else [])):
        for name, value in part.items():
            if name not in ("inputs", "points", "reasons", "together", "experts"):
                console.print(f"  {name}: {'–' if value is None else value}", markup=False)
        for reason in part.get("reasons", ()):
            console.print(f"  • {reason['zh']} · {reason['en']}", markup=False)
    for name, expert in told.get("experts", {}).items():
        ratio = expert["consistency_ratio"]
        console.print(f"  {name}: CR {ratio}", markup=False)


def _show_factors(factors: Mapping[str, Mapping[str, Any]]) -> None:
    from rich.console import Console

    console = Console()
    for key, factor in factors.items():
        console.print(f"{key}  {factor['zh']} · {factor['en']}", markup=False, style="bold")
        for mark, anchor in factor["anchors"].items():
            console.print(f"  {mark:>2}  {anchor['zh']} · {anchor['en']}", markup=False)
