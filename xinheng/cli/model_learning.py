"""`xinheng model learn`, `score` and `validate`: models from a file, without an installation.

A file goes in, and out come the model as plain JSON, its report, and on the screen what a person
wants to know first: how many rows and bads, how well it tells them apart, by which characteristics,
and the points of the card. Nothing is kept and nothing is sent anywhere. Example:

    xinheng model learn --file german.csv --target creditability --out card.json
    xinheng model score --model card.json --file new.csv --out scored.csv
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from xinheng.cli.answer import Json, say
from xinheng.operate.trouble import Exit, Trouble

if TYPE_CHECKING:
    from xinheng.learning.preparing import Prepared
    from xinheng.learning.reading import Table
    from xinheng.learning.teaching import Model, Taught
    from xinheng.learning.validation import Report

Found = TypeVar("Found")
KINDS: Final = ("scorecard", "boosting")
REASONED_MAX: Final = (
    20_000  # rows of a challenger that get reasons: each needs a walk of all trees
)

File = Annotated[
    Path, typer.Option("--file", help="CSV（UTF-8、GB18030），可在 ZIP 里 · A CSV, or one in a zip")
]
Target = Annotated[str, typer.Option("--target", help="结果列 · The column with the outcome")]
Bad = Annotated[
    str, typer.Option("--bad", help='哪个值是坏，或 ">0" · Which value is bad, or ">0"')
]
NoHeader = Annotated[
    bool, typer.Option("--no-header", help="第一行就是数据 · The first line is a row already")
]
ModelFile = Annotated[Path, typer.Option("--model", help="learn 写出的模型 · As learn wrote it")]
Names = Annotated[str, typer.Option(help="列名，逗号分隔 · Names of columns, with commas")]


def learn(
    file: File,
    target: Target,
    bad: Bad = "",
    kind: Annotated[str, typer.Option(help="scorecard | boosting")] = "scorecard",
    drop: Names = "",
    code: Annotated[
        list[str] | None,
        typer.Option(help="列=-1 或 列=blank，可重复；*=blank：所有空格 · Codes that are no sizes"),
    ] = None,
    rising: Names = "",
    falling: Names = "",
    derive: Annotated[
        list[str] | None, typer.Option(help='新列 "x=a/b"、"x=a-b" · Columns made of others')
    ] = None,
    time: Annotated[str, typer.Option(help="按此列取最新五分之一检验 · Tried by time")] = "",
    group: Annotated[str, typer.Option(help="同一客户的列 · Rows of one customer")] = "",
    turning: Annotated[
        bool, typer.Option("--turning", help="允许风险先升后降 · Risk may turn once")
    ] = False,
    most: Annotated[
        int | None, typer.Option(min=1, help="评分卡最多几个特征 · At most so many characteristics")
    ] = None,
    bad_rate: Annotated[
        float | None, typer.Option(min=0.0001, max=0.9, help="总体坏账率 · Of the population")
    ] = None,
    name: Annotated[str, typer.Option(help="模型名称 · Its name")] = "",
    seed: Annotated[int, typer.Option(min=0)] = 0,
    no_header: NoHeader = False,
    out: Annotated[Path | None, typer.Option(help="模型 JSON · The model")] = None,
    report: Annotated[Path | None, typer.Option(help="检验报告 JSON · The report")] = None,
    as_json: Json = False,
) -> None:
    """由样本学习评分卡或梯度提升模型 · Learn a scorecard or boosted trees from a file."""
    from xinheng.learning.preparing import Wish
    from xinheng.learning.teaching import Recipe, dump, teach

    _refuse_kind(kind)
    shapes: dict[str, Any] = dict.fromkeys(_listed(rising), "rising")
    shapes |= dict.fromkeys(_listed(falling), "falling")
    table = _mended(lambda: _derived(_table(file, no_header), derive or ()))
    codes = _codes(code or (), table, (target, time, group, *_listed(drop)))
    wish = Wish(target, bad, tuple(_listed(drop)), codes, time, group)
    _require(table, shapes)
    recipe = Recipe(
        kind,  # type: ignore[arg-type]
        name or file.name.split(".")[0],
        shapes=shapes,
        turning=turning,
        most_characteristics=most,
        population_bad_rate=bad_rate,
        seed=seed,
    )
    rows = _mended(lambda: _prepared(table, wish))
    taught = _mended(lambda: teach(rows, recipe))
    _write(out, dump(taught.model))
    _write_report(report, taught.report)
    say(_as_plain(rows, taught), as_json, lambda: _show(rows, taught, target))
    _say_written(as_json, (out, report))


def score(
    model: ModelFile,
    file: File,
    out: Annotated[Path, typer.Option("--out", help="评分结果 CSV · Where the scores go")],
    no_header: NoHeader = False,
    as_json: Json = False,
) -> None:
    """用模型为文件里的每一行评分 · Score every row of a file."""
    from xinheng.learning.preparing import typed_as
    from xinheng.learning.teaching import kinds_of

    loaded = _model(model)
    table = _mended(lambda: _table(file, no_header))
    kinds = kinds_of(loaded)
    absent = [key for key in kinds if key not in table.columns]
    if len(absent) == len(kinds):
        raise Trouble(
            f"文件里没有模型要的任何一列：{'、'.join(list(kinds)[:20])}。",
            f"The file has none of the model's columns: {', '.join(list(kinds)[:20])}.",
        )
    columns = _mended(lambda: typed_as(table, kinds))
    heads, rows = _mended(lambda: _scored(loaded, columns, table.rows))
    try:
        with out.open("w", encoding="utf-8-sig", newline="") as sheet:
            writer = csv.writer(sheet)
            writer.writerow([*table.columns, *heads])
            given = zip(*table.columns.values(), strict=True)
            writer.writerows(
                [*map(_unformula, one), *two] for one, two in zip(given, rows, strict=True)
            )
    except OSError as error:
        raise Trouble(f"{out} 无法写入：{error}", f"{out} can't be written: {error}") from None
    told = {"rows": table.rows, "missing_columns": absent, "out": str(out)}

    def show() -> None:
        print(f"已评分 {table.rows} 行 → {out} · {table.rows} rows scored")
        if absent:
            print(f"缺列（按未知计）· Missing, taken as not known: {', '.join(absent)}")

    say(told, as_json, show)


def validate(
    model: ModelFile,
    file: File,
    target: Target,
    bad: Bad = "",
    no_header: NoHeader = False,
    report: Annotated[Path | None, typer.Option(help="检验报告 JSON · The report")] = None,
    as_json: Json = False,
) -> None:
    """用新样本检验模型 · Examine a model on rows that it has not seen."""
    from xinheng.learning.columns import LearningError
    from xinheng.learning.preparing import Prepared, outcome_of, typed_as
    from xinheng.learning.teaching import examine, kinds_of

    loaded = _model(model)
    table = _mended(lambda: _table(file, no_header))
    _require(table, [target])

    def made() -> tuple[Prepared, Report]:
        word, is_bad, known = outcome_of(table.columns[target], target, bad)
        kinds = kinds_of(loaded)
        if not set(kinds) & set(table.columns):
            raise LearningError(
                "columns",
                f"文件里没有模型要的任何一列：{'、'.join(list(kinds)[:20])}。",
                f"The file has none of the model's columns: {', '.join(list(kinds)[:20])}.",
            )
        columns = {key: column[known] for key, column in typed_as(table, kinds).items()}
        rows = Prepared(columns, is_bad[known], word, {}, None, None, ())
        if min(rows.bad.sum(), (~rows.bad).sum()) < 2:
            raise LearningError(
                "one_outcome",
                "至少需要好、坏客户各两个才能检验。",
                "At least two goods and two bads are needed to examine a model.",
            )
        return rows, examine(loaded, rows)

    rows, found = _mended(made)
    _write_report(report, found)

    def show() -> None:
        _show_report(rows, found, target)
        _show_shifts(found)
        _show_limits(found)

    say(_plain_report(found) | {"bad": rows.bad_word}, as_json, show)
    _say_written(as_json, (report,))


def register(app: typer.Typer) -> None:
    """Among the commands of `xinheng model`."""
    app.command("learn")(learn)
    app.command("score")(score)
    app.command("validate")(validate)


def _table(file: Path, no_header: bool) -> Table:
    from xinheng.learning.reading import read

    try:
        content = file.read_bytes()
    except OSError as error:
        raise Trouble(f"{file} 无法读取：{error}", f"{file} can't be read: {error}") from None
    return read(content, headed=not no_header)


def _prepared(table: Table, wish: Any) -> Prepared:
    from xinheng.learning.preparing import prepare

    return prepare(table, wish)


def _derived(table: Table, recipes: Sequence[str]) -> Table:
    """The table with columns made of others: "margin=profit/sales"."""
    import msgspec

    from xinheng.learning.deriving import derived_texts

    made = dict(table.columns)
    for recipe in recipes:
        made |= derived_texts(recipe, made)
    return msgspec.structs.replace(table, columns=made)


def _codes(given: Iterable[str], table: Table, aside: Sequence[str]) -> dict[str, str]:
    from xinheng.learning.preparing import numbers_with_blanks

    found: dict[str, str] = {}
    for one in given:
        key, sign, value = one.rpartition("=")
        if not sign:
            raise Trouble(
                f"--code {one}：应写成 列=-1 或 列=blank。", f"--code {one}: write column=-1."
            )
        if key == "*":
            keys = numbers_with_blanks(table, set(aside))
            found |= dict.fromkeys(keys, value)
        else:
            found[key] = value
    return found


def _model(file: Path) -> Model:
    from xinheng.learning.teaching import load

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Trouble(f"{file} 无法读取：{error}", f"{file} can't be read: {error}") from None
    return _mended(lambda: load(raw))


def _scored(
    model: Model, columns: Mapping[str, Any], rows: int
) -> tuple[list[str], Iterable[list[str]]]:
    """(names of the new columns, their texts): points, probability, grade and reasons."""
    from xinheng.credit import scorecard
    from xinheng.learning import boosting, columnar, grading, teaching
    from xinheng.learning.card import ScorecardModel

    p = teaching.score(model, columns)
    if isinstance(model, ScorecardModel):
        card = scorecard.load(model.card)
        points = columnar.score(card, columns, threads=2)
        grades = grading.grades_of_points(points)
        why = grading.points_lost(card, columns)
        parts = zip(points.tolist(), p.tolist(), grades, why, strict=True)
        rows_of = ([str(a), f"{b:.6f}", c, d] for a, b, c, d in parts)
        return ["points", "probability_of_bad", "grade", "reasons"], rows_of
    grades = grading.grades_of_probability(p)
    if rows > REASONED_MAX:
        plain = ([f"{b:.6f}", c] for b, c in zip(p.tolist(), grades, strict=True))
        return ["probability_of_bad", "grade"], plain
    _, added = boosting.explain(model, columns)
    told = ("; ".join(boosting.reasons(model, one)) for one in added)
    three = zip(p.tolist(), grades, told, strict=True)
    return ["probability_of_bad", "grade", "reasons"], ([f"{a:.6f}", b, c] for a, b, c in three)


def _unformula(cell: str) -> str:
    """A cell that a spreadsheet would take for a formula is made text; a number stays one."""
    if cell[:1] not in ("=", "+", "-", "@"):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def _refuse_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Trouble(
            f"--kind {kind}：只有 {'、'.join(KINDS)}。", f"--kind {kind}: only {', '.join(KINDS)}."
        )


def _require(table: Table, keys: Iterable[str]) -> None:
    unknown = [key for key in keys if key not in table.columns]
    if unknown:
        shown = ", ".join(list(table.columns)[:40])
        raise Trouble(
            f"文件里没有列 {'、'.join(unknown)}；有：{shown}。",
            f"The file has no column {', '.join(unknown)}; it has: {shown}.",
        )


def _listed(text: str) -> list[str]:
    """Names with commas between; a name that has commas itself goes in quotes."""
    return [one.strip() for one in next(csv.reader([text]), []) if one.strip()]


def _mended(run: Callable[[], Found]) -> Found:
    from xinheng.learning.columns import LearningError

    try:
        return run()
    except LearningError as error:
        raise Trouble(error.zh, error.en, Exit.FAILED) from None


def _write(to: Path | None, content: bytes) -> None:
    if to is None:
        return
    try:
        to.write_bytes(content)
    except OSError as error:
        raise Trouble(f"{to} 无法写入：{error}", f"{to} can't be written: {error}") from None


def _write_report(to: Path | None, found: Report) -> None:
    from xinheng.learning import validation

    _write(to, validation.dump(found))


def _say_written(as_json: bool, files: Iterable[Path | None]) -> None:
    for one in files:
        if one is not None and not as_json:
            print(f"已写入 · written: {one}")


# --- What is shown


def _as_plain(rows: Prepared, taught: Taught) -> dict[str, Any]:
    from xinheng.learning.card import ScorecardModel

    model = taught.model
    told = _plain_report(taught.report) | {
        "bad": rows.bad_word,
        "characteristics": [
            {"key": one.key, "iv": f"{one.iv:.4f}", "reading": one.reading, "bins": one.count}
            for one in taught.bins
        ],
        "left_out": [{"column": one.key, "zh": one.zh, "en": one.en} for one in rows.told],
    }
    if taught.as_learnt is not None:
        told["auc_as_learnt"] = f"{taught.as_learnt.value:.4f}"
    if isinstance(model, ScorecardModel):
        told["card"] = model.card
    return told


def _plain_report(found: Report) -> dict[str, Any]:
    return {
        "rows": found.rows,
        "bads": found.bads,
        "protocol": found.protocol,
        "auc": f"{found.auc.value:.4f}",
        "auc_low": f"{found.auc.low:.4f}",
        "auc_high": f"{found.auc.high:.4f}",
        "ks": f"{found.ks:.4f}",
        "gini": f"{found.gini:.4f}",
        "brier": f"{found.brier:.5f}",
        "brier_skill": f"{found.brier_skill:.4f}",
        "hosmer_lemeshow_chi2": f"{found.fit.chi2:.4f}",
        "hosmer_lemeshow_p": f"{found.fit.p:.4f}",
        "psi": f"{found.stability.psi:.4f}",
        "limits": [{"code": one.code, "zh": one.zh, "en": one.en} for one in found.limits],
    }


def _show(rows: Prepared, taught: Taught, target: str) -> None:
    from xinheng.learning.card import ScorecardModel

    for said in rows.told:
        print(f"  · {said.zh} {said.en}")
    _show_report(rows, taught.report, target)
    if taught.as_learnt is not None:
        plain = taught.as_learnt.value
        print(f"  AUC    {plain:.4f}  未知值不按最差计 · where blanks are not put at the worst")
    _show_limits(taught.report)
    _show_strength(taught)
    if isinstance(taught.model, ScorecardModel):
        _show_card(taught.model.card)


def _show_report(rows: Prepared, found: Report, target: str) -> None:
    share = 100 * found.bads / found.rows
    print(f"结果列 {target} = {rows.bad_word} 为坏 · bad is {target} = {rows.bad_word}")
    print(f"检验方式 · protocol: {found.protocol}")
    print(f"  行数 rows {len(rows.bad):,}  坏 bads {int(rows.bad.sum()):,}", end="")
    print(f"  检验 tried {found.rows:,}/{found.bads:,} ({share:.2f}%)")
    print(f"  AUC    {found.auc.value:.4f}  [{found.auc.low:.4f}, {found.auc.high:.4f}] 95%")
    print(f"  KS     {found.ks:.4f}")
    print(f"  Gini   {found.gini:.4f}")
    print(f"  Brier  {found.brier:.5f}  skill {found.brier_skill:.4f}")
    print(f"  HL     χ² {found.fit.chi2:.2f}  df {found.fit.df}  p {found.fit.p:.4f}")
    print(f"  PSI    {found.stability.psi:.4f}  {found.stability.reading}")


def _show_limits(found: Report) -> None:
    for one in found.limits:
        print(f"  ! {one.zh} {one.en}")


def _show_shifts(found: Report) -> None:
    for one in found.shifts[:20]:
        print(f"  CSI {one.stability.psi:.4f} {one.stability.reading:<7} {one.key}")


def _show_strength(taught: Taught) -> None:
    from xinheng.learning.teaching import kinds_of

    used = kinds_of(taught.model)
    print("特征与信息值 · characteristics by information value (* 在模型里 in the model)")
    for one in taught.bins[:60]:
        mark = "*" if one.key in used else " "
        print(f"  {mark} IV {one.iv:.4f}  {one.reading:<10} {one.key}")


def _show_card(card: Mapping[str, Any]) -> None:
    print("评分卡 · the card's points")
    for one in card["characteristics"]:
        print(f"  {one['key']}")
        for band in one.get("bins", ()):
            low, high = band["from"] or "-∞", band["to"] or "∞"
            print(f"    {band['points']:>5}  [{low}, {high})")
        for points in sorted({choice["points"] for choice in one.get("values", ())}):
            words = [c["value"] for c in one["values"] if c["points"] == points]
            more = " …" if len(words) > 8 else ""
            print(f"    {points:>5}  {' | '.join(words[:8])}{more}")
        print(f"    {one['missing']['points']:>5}  未知 not known")
