"""Reading a bureau's JSON: what is missing is empty, what is of the wrong kind is refused.

A field that isn't there tells nothing and harms nothing; a list where a text belongs means that we
misread the whole, so nothing of it is taken. Example: `text(report, "creditScore",
"currentCreditRating", "commonValue")` is "" where any of the four is absent or null, and raises
Unreadable naming the path where creditScore is a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from xinheng.credit.money import EXPONENTS
from xinheng.inquiries.bureau_rows import Told, Unreadable
from xinheng.texts import T

Node = Mapping[str, Any]
CHINA: Final = timezone(timedelta(hours=8))  # the registers' days
_CAPITAL: Final = re.compile(r"([\d,]+(?:\.\d+)?)\s*([万亿])?\s*元?\s*(.*)")
_TIMES: Final = {None: 1, "万": 10_000, "亿": 100_000_000}
_CURRENCIES: Final = {
    "": "CNY", "人民币": "CNY", "美元": "USD", "港元": "HKD", "港币": "HKD", "欧元": "EUR",
    "日元": "JPY", "英镑": "GBP", "新加坡元": "SGD", "新台币": "TWD", "澳大利亚元": "AUD",
}  # fmt: skip
_FORMS: Final = (
    ("个人独资", "sole"),
    ("合作社", "cooperative"),
    ("合伙", "partnership"),
    ("外商", "foreign"),
    ("外国", "foreign"),
    ("台港澳", "foreign"),
    ("中外", "foreign"),
    ("股份", "joint_stock"),
    ("有限责任公司", "limited"),
)


def loaded(raw: bytes) -> Node:
    """The bytes as a JSON object. Raises Unreadable."""
    try:
        told = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unreadable(T("不是完整的 JSON", "it is no whole JSON")) from error
    if not isinstance(told, dict):
        raise Unreadable(T("最外层不是一个 JSON 对象", "its outermost is no JSON object"))
    return told


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def node(start: Node, *path: str) -> Node:
    """The object at the end of a path; an empty one where it is missing."""
    here: Any = start
    for place, name in enumerate(path, 1):
        here = here.get(name)
        if here is None:
            return {}
        if not isinstance(here, dict):
            raise _wrong(path[:place], "an object", "对象")
    return here  # type: ignore[no-any-return]


def text(start: Node, *path: str) -> str:
    """The text at the end of a path; "" where it is missing."""
    found = node(start, *path[:-1]).get(path[-1])
    if found is None:
        return ""
    if not isinstance(found, str):
        raise _wrong(path, "a text", "文字")
    return found.strip()


def number(start: Node, *path: str) -> str:
    """A number as plain text, also where the bureau writes it as text; "" where it is missing."""
    found = node(start, *path[:-1]).get(path[-1])
    if found is None or found == "":
        return ""
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise _wrong(path, "a number", "数字")
    try:
        value = Decimal(str(found).replace(",", "").strip())
    except InvalidOperation as error:
        raise _wrong(path, "a number", "数字") from error
    if not value.is_finite() or abs(value.adjusted()) > 20:
        raise _wrong(path, "a number", "数字")
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def items(start: Node, *path: str) -> list[Node]:
    """The objects of a list at the end of a path; none where it is missing."""
    found = node(start, *path[:-1]).get(path[-1])
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _wrong(path, "a list of objects", "对象的列表")
    return found


def day(start: Node, *path: str) -> date | None:
    """A day written 2010-03-03, with or without a time behind it."""
    found = text(start, *path)
    return iso_day(found, path) if found else None


def iso_day(found: str, path: tuple[str, ...]) -> date:
    try:
        return date.fromisoformat(found[:10])
    except ValueError as error:
        raise _wrong(path, "a day as 2010-03-03", "2010-03-03 这样的日期") from error


def milliseconds_day(start: Node, *path: str) -> date | None:
    """A day as milliseconds since 1970, read in China's time."""
    found = node(start, *path[:-1]).get(path[-1])
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > 10**14:
        raise _wrong(path, "milliseconds since 1970", "毫秒数")
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    return (begin + timedelta(milliseconds=found)).astimezone(CHINA).date()


def _wrong(path: tuple[str, ...], en: str, zh: str) -> Unreadable:
    where = ".".join(path)
    return Unreadable(T(f"{where} 应当是{zh}", f"{where} should be {en}"))


# --- What registers write in words


def capital(words: str) -> str:
    """Registered capital as amount and currency; "" where the words tell none. Example:
    "1,850万元人民币" → "18500000 CNY".
    """
    found = _CAPITAL.fullmatch(words.strip())
    if found is None:
        return ""
    currency = _CURRENCIES.get(found[3].strip())
    if currency is None:
        return ""
    amount = Decimal(found[1].replace(",", "")) * _TIMES[found[2]]
    return money_text(amount, currency)


def money_text(amount: Decimal, currency: str) -> str:
    """ "2000000 GBP", as a person types it; "" where the currency can't hold it."""
    digits = EXPONENTS.get(currency)
    if digits is None or amount < 0 or amount != round(amount, digits):
        return ""
    return f"{amount:.{digits}f} {currency}"


def company_form(words: str) -> str:
    """The kind of company in the words of the file; "" where the register's words are others."""
    return next((form for word, form in _FORMS if word in words), "")


def told(**values: str | date | None) -> tuple[Told, ...]:
    """The values that are there, as facts are typed."""
    return tuple(Told(field, str(value)) for field, value in values.items() if value)
