"""From columns of texts to what a model may be learnt from, and a sentence for all that was left
out.

A person names the column with the outcome and, where the file does not say it, the word for bad.
The rest follows by rule: a column of numbers becomes numbers (1,234.50, 12 %, ￥1 and decimal
commas are understood), one of words becomes categories; what can't help on a new customer is left
out and told: names and numbers of customers, dates, columns that never change or are always empty.

Worked: 好坏 with "1" 700 times and "2" 300 times says nothing about which is bad: refused, with
both words; with `bad="2"` there are 300 bads. With `bad=">0"` every row above zero is one.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
from msgspec import Struct

from xinheng.learning.columns import Column, Floats, Integers, LearningError, Truths
from xinheng.learning.reading import Table

WORDS_MAX: Final = 200
BLANK_CODE: Final = -1.0
_STRAY_SHARE: Final = 0.05
_BAD_WORDS: Final = frozenset(
    {
        *("bad", "default", "defaulted", "yes", "y", "true", "failed", "bankrupt", "late", "b"),
        *("坏", "违约", "逾期", "是", "坏客户", "不良"),
    }
)
_GOOD_WORDS: Final = frozenset(
    {
        *("good", "no", "n", "false", "alive", "paid", "ok", "g", "0", "-1"),
        *("好", "正常", "否", "好客户"),
    }
)
_ABOVE: Final[Mapping[str, Callable[[Floats, float], Truths]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_ID_NAME: Final = re.compile(
    r"(^|[_\s])(id|no|nr|number|row|index|code|key|uuid)$|编号|代码|序号|号码|^#$", re.IGNORECASE
)
_DAY: Final = re.compile(r"^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?(?:[T ].*)?$")
_DAY_LAST: Final = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ].*)?$")
_COMPACT: Final = re.compile(r"^(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])$")


class Told(Struct, frozen=True):
    """Something that was done to the file, for the person who gave it. `key`: of which column."""

    code: str
    zh: str
    en: str
    key: str = ""


class Wish(Struct, frozen=True):
    """What a person says about a file. `codes`: values that say something else than a size; the
    word "blank" makes a code of what is empty.
    """

    target: str
    bad: str = ""
    drop: tuple[str, ...] = ()
    codes: Mapping[str, str] = {}
    time: str = ""
    group: str = ""


class Prepared(Struct, frozen=True):
    """Rows with a known outcome. `days` order them and `groups` keep them together, where told."""

    columns: dict[str, Column]
    bad: Truths
    bad_word: str
    codes: dict[str, tuple[float, ...]]
    days: Integers | None
    groups: Column | None
    told: tuple[Told, ...]


def prepare(table: Table, wish: Wish) -> Prepared:
    """What a model may be learnt from, or `LearningError` that names the columns there are."""
    _require_columns(table, wish)
    word, bad, known = outcome_of(table.columns[wish.target], wish.target, wish.bad)
    told = [Told("file", zh, en) for zh, en in table.told]
    if not known.all():
        left = int((~known).sum())
        told.append(
            Told("no_outcome", f"{left} 行没有结果，已略过。", f"{left} rows without an outcome.")
        )
    aside = {wish.target, wish.time, wish.group, *wish.drop}
    columns: dict[str, Column] = {}
    codes: dict[str, tuple[float, ...]] = {}
    for key, texts in table.columns.items():
        if key in aside:
            continue
        kept = [text for text, here in zip(texts, known, strict=True) if here]
        column, said = typed(key, kept)
        told += said
        if column is not None and key in wish.codes:
            column, codes[key] = _coded(key, column, wish.codes[key])
        if column is not None:
            columns[key] = column
    if not columns:
        raise LearningError(
            "no_columns",
            "除结果列外没有可用的列。",
            "Besides the outcome there is no column that can be used: "
            + "; ".join(one.en for one in told),
        )
    return Prepared(
        columns,
        bad[known],
        word,
        codes,
        None if not wish.time else _order(table, wish.time, known),
        None if not wish.group else np.array(table.columns[wish.group], dtype=object)[known],
        tuple(told),
    )


def typed_as(table: Table, kinds: Mapping[str, bool]) -> dict[str, Column]:
    """The columns that a model asks for, as it learnt them: True for numbers, False for words. A
    column that is not there is not known in every row.
    """
    found: dict[str, Column] = {}
    for key, number in kinds.items():
        texts = table.columns.get(key)
        if texts is None:
            empty: Column = np.full(table.rows, np.nan) if number else np.full(table.rows, "", "O")
            found[key] = empty
        elif number:
            values, stray = _numbers(texts)
            if stray > len(texts) // 2:
                raise LearningError(
                    "number",
                    f"列 {key} 应为数值，文件里多为文字。",
                    f"Column {key} was learnt as a number; the file has words.",
                )
            found[key] = np.where(np.isinf(values), np.nan, values)
        else:
            found[key] = np.array(texts, dtype=object)
    return found


def numbers_with_blanks(table: Table, aside: set[str]) -> list[str]:
    """Columns of numbers in which something is empty."""
    return [
        key
        for key, texts in table.columns.items()
        if key not in aside and "" in texts and any(texts) and not _numbers(texts)[1]
    ]


def outcome_of(texts: Sequence[str], target: str, bad: str) -> tuple[str, Truths, Truths]:
    """(the word for bad, bad or not, known or not) of every row."""
    known = np.array([text != "" for text in texts], dtype=np.bool_)
    compared = _compared(texts, target, bad)
    if compared is not None:
        return bad, compared, known
    counts = Counter(text for text in texts if text)
    word = _bad_word(counts, target, bad)
    return word, np.array([text == word for text in texts], dtype=np.bool_), known


def _compared(texts: Sequence[str], target: str, bad: str) -> Truths | None:
    """Of a wish such as ">0" or ">= 90": a comparison with a number."""
    sign = next((one for one in _ABOVE if bad.strip().startswith(one)), None)
    if sign is None or bad.strip() in texts:
        return None
    values, stray = _numbers(texts)
    try:
        bound = float(bad.strip()[len(sign) :])
    except ValueError:
        bound = float("nan")
    if stray or np.isnan(bound):
        raise LearningError(
            "bad_word",
            f"--bad “{bad}” 要求 {target} 是数值列，且比较的是一个数。",
            f'--bad "{bad}" needs {target} to be numbers, and a number to compare with.',
        )
    with np.errstate(invalid="ignore"):
        return _ABOVE[sign](values, bound)


def _bad_word(counts: Counter[str], target: str, bad: str) -> str:
    shown = ", ".join(f"{word} ({count})" for word, count in counts.most_common(8))
    shown += " …" if len(counts) > 8 else ""
    if len(counts) < 2:
        raise LearningError(
            "one_outcome",
            f"列 {target} 只有一种值：{shown or '（空）'}；需要好、坏两种结果。",
            f"Column {target} has one value only: {shown or '(empty)'}; both outcomes are needed.",
        )
    if bad:
        same = [word for word in counts if word == bad or _same_number(word, bad)]
        if same:
            return same[0]
        raise LearningError(
            "bad_word",
            f"列 {target} 里没有 “{bad}”；有：{shown}。",
            f'Column {target} has no "{bad}"; it has: {shown}.',
        )
    words = {word.lower(): word for word in counts}
    if len(counts) == 2:
        if set(counts) <= {"0", "1", "0.0", "1.0"}:
            return next(word for word in counts if word.startswith("1"))
        hits = [word for low, word in words.items() if low in _BAD_WORDS]
        if len(hits) == 1:
            return hits[0]
        rest = [word for low, word in words.items() if low not in _GOOD_WORDS]
        if len(rest) == 1:
            return rest[0]
    raise LearningError(
        "bad_word",
        f"列 {target} 的值：{shown}。请说明哪个值是坏，例如 1 或 >0（命令行：--bad）。",
        f"Column {target} has: {shown}. Say which is bad, such as 1 or >0 (command: --bad).",
    )


def _same_number(one: str, other: str) -> bool:
    try:
        return float(one) == float(other)
    except ValueError:
        return one.lower() == other.lower()


def typed(key: str, texts: Sequence[str]) -> tuple[Column | None, list[Told]]:
    """Numbers, words, or None with the reason why the column is left out."""
    counts = Counter(texts)
    filled = len(texts) - counts.pop("", 0)
    if not filled:
        return None, [Told("empty", f"{key} 全为空，已略过。", f"{key} is always empty.", key)]
    if len(counts) == 1:
        return None, [Told("constant", f"{key} 只有一个值，已略过。", f"{key} never changes.", key)]
    values, stray = _numbers(texts)
    if stray <= _STRAY_SHARE * filled and stray < filled:
        return _number_column(key, values, stray, filled)
    if sum(1 for text in counts if day_of(text) is not None) > 0.9 * len(counts):
        return None, [Told("day", f"{key} 是日期，已略过。", f"{key} is a date: left out.", key)]
    if len(counts) > WORDS_MAX or (len(counts) > 20 and len(counts) > filled // 2):
        return None, [
            Told(
                "texts",
                f"{key} 有 {len(counts)} 种文字（名称或编号），已略过。",
                f"{key} has {len(counts)} different texts (names or numbers): left out.",
                key,
            )
        ]
    return np.array(texts, dtype=object), []


def _number_column(
    key: str, values: Floats, stray: int, filled: int
) -> tuple[Column | None, list[Told]]:
    known = values[~np.isnan(values)]
    whole = bool((known == np.round(known)).all()) if not np.isinf(known).any() else False
    distinct = len(np.unique(known))
    runs = distinct > 1 and bool((np.diff(known) > 0).all() or (np.diff(known) < 0).all())
    named = bool(_ID_NAME.search(key)) or key == "c1"
    if whole and distinct == filled and filled > 20 and (runs or named):
        return None, [Told("id", f"{key} 是编号，已略过。", f"{key} is a running number.", key)]
    told = []
    if stray:
        told.append(
            Told(
                "stray",
                f"{key} 有 {stray} 格不是数，视为未知。",
                f"{key}: {stray} cells are no numbers and count as not known.",
                key,
            )
        )
    endless = int(np.isinf(values).sum())
    if endless:
        values = np.where(np.isinf(values), np.nan, values)
        told.append(
            Told(
                "infinite",
                f"{key} 有 {endless} 格为无穷大，视为未知。",
                f"{key}: {endless} infinite cells count as not known.",
                key,
            )
        )
    return values, told


def _numbers(texts: Sequence[str]) -> tuple[Floats, int]:
    """(numbers with NaN for the rest, how many filled cells are none)."""
    try:
        return np.array([float(t) if t else np.nan for t in texts], dtype=np.float64), 0
    except ValueError:
        pass
    comma = _decimal_comma(texts)
    found = np.full(len(texts), np.nan)
    stray = 0
    for i, text in enumerate(texts):
        if text:
            value = _number(text, comma)
            stray += value is None
            found[i] = np.nan if value is None else value
    return found, stray


def _decimal_comma(texts: Sequence[str]) -> bool:
    """1,5 and 12,75 but nothing like 1,234.5: the comma stands before decimals."""
    with_comma = [text for text in texts if "," in text]
    if not with_comma or any("." in text and text.find(".") > text.find(",") for text in texts):
        return False
    return any(not re.fullmatch(r"-?\d{1,3}(,\d{3})+", text) for text in with_comma)


def _number(text: str, comma: bool) -> float | None:
    plain = text.strip("￥¥$€£ %").replace(" ", "").replace("\u00a0", "")
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    plain = plain.replace(".", "").replace(",", ".") if comma else plain.replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return None


def day_of(text: str) -> int | None:
    """Days since 1970-01-01 of 2026-11-23, 2026/11, 23.11.2026, 11/23/2026 or 20261123."""
    if found := _DAY.match(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
    elif found := _DAY_LAST.match(text):
        day, month, year = int(found[1]), int(found[2]), int(found[3])
        # Where the second number can't be a month it is the day; with slashes it usually is.
        if month > 12 or ("/" in text and day <= 12):
            day, month = month, day
    elif _COMPACT.match(text):
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    else:
        return None
    try:
        return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return None


def _order(table: Table, key: str, known: Truths) -> Integers:
    """Days, or the ranks of numbers: only the order counts."""
    texts = [text for text, here in zip(table.columns[key], known, strict=True) if here]
    days = [day_of(text) for text in texts]
    if all(day is not None for day in days):
        return np.array(days, dtype=np.int64)
    values, stray = _numbers(texts)
    if stray or np.isnan(values).any():
        raise LearningError(
            "time",
            f"列 {key} 应为日期或数字，且不能有空格，才能按时间排序。",
            f"Column {key} must be dates or numbers without gaps to order rows by time.",
        )
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _coded(key: str, column: Column, code: str) -> tuple[Column, tuple[float, ...]]:
    """The column with its codes as numbers below every other value."""
    if column.dtype != np.float64:
        raise LearningError(
            "code",
            f"{key} 是文字列，不需要特殊代码。",
            f"{key} holds words: special codes are for numbers.",
        )
    if code.strip().lower() == "blank":
        known = column[~np.isnan(column)]
        least = min(BLANK_CODE, float(np.floor(known.min())) - 1.0)
        return np.where(np.isnan(column), least, column), (least,)
    try:
        return column, tuple(sorted(float(one) for one in code.split("/")))
    except ValueError as error:
        raise LearningError(
            "code",
            f"--code {key}={code}：代码应为数字（多个用 / 分隔）或 blank。",
            f"--code {key}={code}: codes are numbers (several with / between) or blank.",
        ) from error


def _require_columns(table: Table, wish: Wish) -> None:
    names = list(table.columns)
    shown = ", ".join(names[:40]) + (" …" if len(names) > 40 else "")
    asked = [wish.target, *wish.drop, *wish.codes, *filter(None, (wish.time, wish.group))]
    unknown = [one for one in asked if one not in table.columns]
    if unknown:
        raise LearningError(
            "column_unknown",
            f"文件里没有列 {'、'.join(unknown)}；有：{shown}。"
            "第一行须是列名（命令行可加 --no-header，列名为 c1、c2 …）。",
            f"The file has no column {', '.join(unknown)}; it has: {shown}. "
            "Its first line names the columns (else, by command: --no-header and c1, c2, …).",
        )
