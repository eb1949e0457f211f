"""Cells become values, strictly: what could be read in two ways is asked, never guessed.

Each reader takes one cell and returns the value (None for an empty cell) or raises `Unreadable`
with the reason in both languages. Money never passes through float: a spreadsheet's number is
taken with the 15 digits that the spreadsheet itself keeps, so 0.1 + 0.2 is 0.3. Examples:
"￥１，２３４" → 1234; "(80.00)" → -80.00; "2026年11月2日" → 2026-11-02.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from xinheng.credit.money import EXPONENTS
from xinheng.texts import T

DATE_FIRST = date(1990, 1, 1)
FAR_FIRST = date(1850, 1, 1)
TEXT_MAX = 200

_YMD = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TURNED = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_CLOCK = re.compile(r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AP]M)?)$", re.I)
_PLAIN = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?")
# Thousands set apart by blanks; a comma then can only be the decimal one: 1 234,50.
_SPACED = re.compile(r"(\d{1,3}(?: \d{3})+)(?:\.(\d*)|,(\d{1,2}))?")
_OUTER_BLANK = re.compile(r"(?<![\d.,]) | (?![\d.,])")
_SIGNS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "¥": "", "€": "", "$": "", "£": ""})
_MONEY_WORD = re.compile(r"^(?:RMB|[A-Z]{3})(?=[\d.(+-])|(?<=[\d.)])(?:RMB|[A-Z]{3}|元)$")
# Control characters but tab and line ends, and halves of characters: a sheet takes none of them.
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_YES = {"yes", "y", "true", "1", "是", "有", "有争议", "争议", "x", "√"}
_NO = {"no", "n", "false", "0", "否", "无", "无争议", "-"}
CURRENCY_WORDS = {
    "人民币": "CNY",
    "人民币元": "CNY",
    "rmb": "CNY",
    "元": "CNY",
    "¥": "CNY",
    "cnh": "CNY",
    "美元": "USD",
    "美金": "USD",
    "us$": "USD",
    "$": "USD",
    "欧元": "EUR",
    "€": "EUR",
    "英镑": "GBP",
    "£": "GBP",
    "日元": "JPY",
    "日圆": "JPY",
    "港币": "HKD",
    "港元": "HKD",
    "加元": "CAD",
    "加拿大元": "CAD",
    "澳元": "AUD",
    "新加坡元": "SGD",
    "韩元": "KRW",
}


class Unreadable(ValueError):
    """The cell can't be taken as it is; `reason` says why and how to mend it."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = T(zh, en)


def text(cell: Any) -> str:
    """A code, number or name as text. A spreadsheet's whole number loses its ".0"."""
    if isinstance(cell, str):
        if cell.isascii() and cell == cell.strip() and cell[:1] != "'":
            return cell
        folded = unicodedata.normalize("NFKC", cell).strip()
        # Our own error file puts ' before = + - @ so that Excel runs nothing; it comes off again.
        return folded[1:] if folded[:1] == "'" and folded[1:2] in "=+-@" else folded
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _whole(cell) if cell.is_integer() else format(cell, ".15g")
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(cell)


def _whole(cell: float) -> str:
    if abs(cell) >= 10**15:
        raise Unreadable(
            "数字超过 15 位，Excel 已丢失末位：请把该列设为“文本”格式后重新填写。",
            "A number of more than 15 digits lost its end in Excel: format the column as text.",
        )
    return str(int(cell))


def word(cell: Any, most: int = TEXT_MAX) -> str:
    """A text of a bounded length."""
    found = text(cell)
    if _NO_TEXT.search(found):
        raise Unreadable(
            "含有不可见的控制字符，请删除后重试。",
            "There is a control character in it that can't be seen; remove it.",
        )
    if len(found) > most:
        raise Unreadable(
            f"文字超过 {most} 个字符，请缩短。", f"The text has more than {most} characters."
        )
    return found


def day(cell: Any, order: str = "") -> date | None:
    """A calendar date. `order` (dmy, mdy) reads 2/11/2026; without it such a cell is refused."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = text(cell)
    if not found:
        return None
    bare = _CLOCK.sub("", found)
    try:
        if match := _YMD.fullmatch(bare):
            return date(int(match[1]), int(match[3]), int(match[4]))
        if match := _CHINESE.fullmatch(bare.replace(" ", "")) or _COMPACT.fullmatch(bare):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _TURNED.fullmatch(bare):
            return _turned(match, order)
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(
            f"{found[:40]} 不是日历上的日期。", f"{found[:40]} is not a date of the calendar."
        ) from error
    raise Unreadable(
        f"日期 {found[:40]} 无法识别：请写成 2026-11-02 或 2026年11月2日。",
        f"The date {found[:40]} is not understood: write it as 2026-11-02.",
    )


def _turned(match: re.Match[str], order: str) -> date:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if first == second:
        return date(year, first, second)
    if order == "dmy":
        return date(year, second, first)
    if order == "mdy":
        return date(year, first, second)
    raise Unreadable(
        f"日期 {match[0]} 的日、月顺序不明：请写成 2026-11-02，或指定日期顺序。",
        f"Day and month of {match[0]} can't be told apart: write 2026-11-02 or give the order.",
    )


def date_order(cells: Iterable[Any]) -> tuple[str, str]:
    """What a whole column says: ("dmy" | "mdy" | "ask" | "", an example).

    A first number above 12 says day first, a second one above 12 says month first. Both in one
    column, or neither where the two numbers differ, is "ask"; no such date at all is "".
    """
    says: set[str] = set()
    doubtful = ""
    for cell in {cell for cell in cells if isinstance(cell, str)}:
        match = _TURNED.fullmatch(_CLOCK.sub("", text(cell)))
        if match is None or match[1].zfill(2) == match[3].zfill(2):
            continue
        if int(match[1]) > 12:
            says.add("dmy")
        elif int(match[3]) > 12:
            says.add("mdy")
        else:
            doubtful = match[0]
    if len(says) == 1:
        return says.pop(), doubtful
    if says:
        return "ask", doubtful or "13/1/2026, 1/13/2026"
    return ("ask", doubtful) if doubtful else ("", "")


def amount(cell: Any) -> Decimal | None:
    """An exact amount, or None. Thousands in groups of three (1,234 or 1 234), brackets for minus,
    ¥ and CNY. A blank anywhere else is a mistake: "12 00" is neither 12.00 nor 1200.
    """
    if isinstance(cell, float):
        if cell != cell or abs(cell) >= 10**15:
            raise _not_an_amount(str(cell))
        return Decimal(format(cell, ".15g"))
    if isinstance(cell, int) and not isinstance(cell, bool):
        return Decimal(cell)
    if isinstance(cell, str):
        if not cell:
            return None
        return Decimal(cell) if _PLAIN.fullmatch(cell) and cell.isascii() else _spelled(cell)
    if cell is None:
        return None
    raise _not_an_amount(str(cell))


def _spelled(cell: str) -> Decimal | None:
    found = unicodedata.normalize("NFKC", cell).translate(_SIGNS)
    found = _OUTER_BLANK.sub("", " ".join(found.split())).upper().removeprefix("'")
    if not found:
        return None
    found = _MONEY_WORD.sub("", found)
    negative = False
    if found.startswith("(") and found.endswith(")"):
        negative, found = True, found[1:-1]
    elif found[:1] in "+-":
        negative, found = found[0] == "-", found[1:]
    elif found[-1:] == "-":  # SAP writes the sign behind
        negative, found = True, found[:-1]
    found = _MONEY_WORD.sub("", found)
    if spaced := _SPACED.fullmatch(found):
        found = f"{spaced[1].replace(' ', '')}.{spaced[2] or spaced[3] or '0'}"
    elif _GROUPED.fullmatch(found):
        found = found.replace(",", "")
    elif not _PLAIN.fullmatch(found) or len(found) > 40:
        raise _not_an_amount(cell)
    value = Decimal(found)
    return -value if negative else value


def _not_an_amount(cell: str) -> Unreadable:
    return Unreadable(
        f"金额 {cell[:40]} 无法识别：请写成 1234.50 或 1,234.50。",
        f"The amount {cell[:40]} is not understood: write 1234.50 or 1,234.50.",
    )


def currency(cell: Any) -> str:
    """A three-letter ISO 4217 code, or "" for an empty cell."""
    found = text(cell)
    code = CURRENCY_WORDS.get(found.casefold(), found.upper())
    if code and EXPONENTS.get(code) is None:
        raise Unreadable(
            f"币种 {found[:20]} 不存在：请填 ISO 4217 代码，例如 CNY、USD。",
            f"There is no currency {found[:20]}: give an ISO 4217 code such as CNY or USD.",
        )
    return code


def yes(cell: Any) -> bool:
    """Yes or no; an empty cell is no."""
    found = text(cell).casefold()
    if not found or found in _NO:
        return False
    if found in _YES:
        return True
    raise Unreadable(f"{found[:20]} 应填“是”或“否”。", f"{found[:20]} should be yes or no.")


def count(cell: Any, least: int, most: int) -> int | None:
    """A whole number between two bounds, or None."""
    found = text(cell)
    if not found:
        return None
    bare = found.removesuffix(".0")
    if not bare.isascii() or not bare.isdigit() or not least <= int(bare) <= most:
        raise Unreadable(
            f"{found[:20]} 应为 {least} 到 {most} 的整数。",
            f"{found[:20]} should be a whole number from {least} to {most}.",
        )
    return int(bare)
