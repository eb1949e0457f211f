"""Good lines of facts become what the credit file takes, each value read as its field wants it.

Amounts follow the rules of values.py: 1,234.50, （80）, ￥1,200; a word behind says currency or
unit. Nothing is guessed: a number that a spreadsheet cut to 15 digits, an amount in two currencies
or a value of another field is told to the person. Example: 内容 "１２００万" with 币种 CNY gives
"12000000 CNY".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from xinheng.connectors.files import values
from xinheng.connectors.files.fact_fields import WORDS
from xinheng.connectors.files.rows import Table
from xinheng.connectors.files.values import Unreadable
from xinheng.credit.money import EXPONENTS
from xinheng.dossiers.fields import BadValue, Field, canonical, catalogue, shown
from xinheng.dossiers.rows import NewFact
from xinheng.dossiers.rules import impossible
from xinheng.texts import T

UNITS: Final = {"百万": 10**6, "千万": 10**7, "万": 10**4, "亿": 10**8, "千": 10**3}
_AMOUNT: Final = re.compile(
    r"(?P<number>[-+(]?[\d][\d,. ]*\)?-?)\s*(?P<unit>百万|千万|万|亿|千)?\s*(?P<money>\D*)"
)
_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
Make = Callable[[int], Any]


def _facts(table: Table, simulated: bool) -> Make:
    get = {
        name: table.getter(name, empty)
        for name, empty in (
            *(
                ("customer_code", ""),
                ("field", ""),
                ("value", ""),
                ("value_currency", ""),
                ("times", ""),
            ),
            *(("source", ""), ("reliability", ""), ("observed_on", None), ("valid_from", None)),
            *(("valid_until", None), ("evidence", ""), ("legal_basis", "")),
        )
    }
    fields = catalogue().fields
    known: dict[tuple[str, str, str, str], str | Unreadable] = {}

    def make(position: int) -> NewFact | None:
        field = fields[get["field"](position)]
        names = ("value", "value_currency", "times")
        told, currency, times = (get[name](position) for name in names)
        key = (field.code, told, currency, times)
        if key not in known:
            known[key] = _value(field, told, currency, times, table)
        value = known[key]
        if isinstance(value, Unreadable):
            table.refuse(position, "value", value.reason)
            return None
        new = NewFact(
            customer_code=get["customer_code"](position),
            field=field.code,
            value=value,
            source=get["source"](position),
            reliability=get["reliability"](position),
            observed_on=get["observed_on"](position),
            valid_from=get["valid_from"](position),
            valid_until=get["valid_until"](position),
            evidence=get["evidence"](position),
            legal_basis=get["legal_basis"](position),
        )
        return new if _dates_and_basis(table, position, field, new) else None

    return make


def _dates_and_basis(table: Table, position: int, field: Field, new: NewFact) -> bool:
    """What facts.check_new refuses, said at the cell that is wrong."""
    wrong = ""
    if new.observed_on is not None and new.observed_on > table.today:
        wrong = "observed_on"
    elif new.valid_from and new.valid_until and new.valid_until < new.valid_from:
        wrong = "valid_until"
    elif field.personal and not new.legal_basis:
        wrong = "legal_basis"
    elif not new.source or _UNSEEN.search(new.source):
        wrong = "source"
    if wrong:
        table.refuse(position, wrong, _WRONG[wrong])
    return not wrong


_WRONG: Final = {
    "observed_on": T("取得日期不能晚于今天。", "It can't have been observed after today."),
    "valid_until": T("失效日期早于生效日期。", "It ends before it begins."),
    "legal_basis": T(
        "个人信息须填写处理依据。", "A person's details need a legal basis in this column."
    ),
    "source": T("来源里有看不见的字符，请重新填写。", "The source has invisible characters in it."),
}


def _value(field: Field, told: str, currency: str, times: str, table: Table) -> str | Unreadable:
    """The value as people type it, or why it is none."""
    try:
        typed = _READ[field.form](field, told, currency, int(times or 1))
        if field.form == "money" and typed.endswith(" "):
            typed += _default(table)
        kept = canonical(field, typed)
    except Unreadable as unreadable:
        return unreadable
    except BadValue as bad:
        return Unreadable(f"“{told[:40]}”：{bad.text.zh}。", f"“{told[:40]}”: {bad.text.en}.")
    if (why := impossible(field.code, kept, table.today)) is not None:
        return Unreadable(f"{why.zh}。", f"{why.en}.")
    return shown(kept)


def _default(table: Table) -> str:
    if not table.default_currency:
        raise Unreadable("请填写币种，例如 CNY。", "Tell the currency, such as CNY.")
    return table.default_currency


def _text(field: Field, told: str, currency: str, times: int) -> str:
    if _UNSEEN.search(told):
        raise Unreadable(
            "含有看不见的字符，请删除后重试。", "There are invisible characters in it; remove them."
        )
    if told.startswith(("=", "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?")):
        raise Unreadable(
            "这是公式或公式的错误，请填写内容本身。",
            "This is a formula or its error: write the value itself.",
        )
    return told


def _number(field: Field, told: str, currency: str, times: int) -> str:
    number = values.amount(_text(field, told, currency, times))
    return "" if number is None else f"{number * times:f}"


def _day(field: Field, told: str, currency: str, times: int) -> str:
    if re.fullmatch(r"\d{5}(\.\d+)?", told):
        raise Unreadable(
            f"{told} 是 Excel 的日期序号：请把该格设为日期格式，或写成 2026-11-02。",
            f"{told} is a spreadsheet's number of a day: format the cell as a date.",
        )
    found = values.day(_text(field, told, currency, times))
    return "" if found is None else found.isoformat()


def _choice(field: Field, told: str, currency: str, times: int) -> str:
    word = WORDS.get(told.casefold(), told)
    return word.upper() if word.upper() in field.choices else word


def _money(field: Field, told: str, currency: str, times: int) -> str:
    found = _AMOUNT.fullmatch(_folded(told))
    if found is None:
        raise _no_money(told)
    number = values.amount(found["number"].strip())
    written = _currency(found["money"], told)
    if written and currency and written != currency:
        raise Unreadable(
            f"内容写的是 {written}，币种一栏是 {currency}，请改成一致。",
            f"The value says {written}, the column {currency}: make them the same.",
        )
    if found["unit"] and times != 1:
        raise Unreadable(
            f"“{told[:40]}”已带单位，单位一栏又填了 {times}，请只写一处。",
            f"“{told[:40]}” has a unit of its own and the column another: write it once.",
        )
    assert number is not None
    amount = number * times * UNITS.get(found["unit"] or "", 1)
    return f"{amount.normalize() if amount % 1 else Decimal(int(amount)):f} {written or currency}"


def _folded(told: str) -> str:
    """Half-width, the sign of a currency behind the amount instead of before it."""
    text = unicodedata.normalize("NFKC", told).strip()
    text = text.replace("\N{MINUS SIGN}", "-")
    if found := re.match(r"([¥€£$]|[A-Za-z]{3}|人民币)\s*(?=[\d(+-])", text):
        return f"{text[found.end() :]} {found[1]}"
    return text


def _currency(word: str, told: str) -> str:
    word = word.strip().removesuffix("整")
    code = values.CURRENCY_WORDS.get(word.casefold(), word.upper())
    if code and EXPONENTS.get(code) is None:
        raise _no_money(told)
    return code


def _no_money(told: str) -> Unreadable:
    return Unreadable(
        f"金额“{told[:40]}”无法识别：请写成 1234.50 CNY，或在币种、单位两栏填写。",
        f"The amount “{told[:40]}” is not understood: write 1234.50 CNY, or use the columns "
        "Currency and Unit.",
    )


_READ: Final[dict[str, Callable[[Field, str, str, int], str]]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "date": _day,
    "choice": _choice,
    "yes_no": _choice,
}
MAKERS: Final[dict[str, Callable[[Table, bool], Make]]] = {"facts": _facts}
KEYS: Final[dict[str, Callable[[Any], Any]]] = {
    "facts": lambda row: (
        *(row.customer_code, row.field, row.source),
        *(row.observed_on or "", row.valid_from or "", row.valid_until or ""),
    )
}
