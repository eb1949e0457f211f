"""The registration form as it ships: steps, fields, papers, the notice, and what an answer is.

Answers are kept as typed and checked by their form, so that a person sees at the field what is
wrong; what becomes a fact is written as the credit file's catalogue wants it. Worked: “500 万”
in a field of money is "5000000 CNY"; “西湖区” lies in several cities, so the words name the codes
to choose from, and 330106 is taken.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.divisions import Division, division, divisions_named
from xinheng.credit.identity import INVALID, check
from xinheng.credit.industries import Industry, industries_named, industry
from xinheng.credit.money import MoneyError, exponent, to_minor
from xinheng.dossiers.fields import BadValue
from xinheng.texts import T

OFFERED_MAX: Final = 6
_HERE: Final = Path(__file__).parent
_AMOUNT: Final = re.compile(r"([\d,]+(?:\.\d+)?)\s*(万|亿)?\s*元?\s*([A-Za-z]{3})?")
_LARGE: Final = {"": 1, "万": 10_000, "亿": 100_000_000}
_PHONE: Final = re.compile(r"\+?[\d][\d ()-]{5,24}(?:(?:转|ext\.?|x) ?\d{1,6})?")
_MAIL: Final = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[A-Za-z0-9-]{2,}")
_ACCOUNT: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{4,38}")


class Asked(Struct, frozen=True, kw_only=True):
    """One field of the form; `fact` is the credit file's field that its answer speaks of."""

    code: str
    name: T
    form: str
    most: int
    required: bool
    fact: str
    basis: str
    hint: T | None
    fills: str  # what browsers call it, for filling in
    choices: tuple[tuple[str, T], ...]


class Step(Struct, frozen=True):
    code: str
    name: T
    lead: T
    fields: tuple[Asked, ...]


class Paper(Struct, frozen=True):
    code: str
    name: T
    kind: str
    required: bool


class Purpose(Struct, frozen=True):
    code: str
    required: bool
    text: T


class Notice(Struct, frozen=True):
    """What an applicant is told; `sha256` is of the words in both languages."""

    version: str
    sha256: str
    sections: tuple[tuple[T, T], ...]
    purposes: tuple[Purpose, ...]


@cache
def steps() -> tuple[Step, ...]:
    """The steps of the form, in order."""
    told = _document("registration_v1.json")
    return tuple(
        Step(
            one["code"],
            _text(one),
            T(one["lead_zh"], one["lead_en"]),
            tuple(_asked(row) for row in one["fields"]),
        )
        for one in told["steps"]
    )


@cache
def fields() -> Mapping[str, Asked]:
    """Every field by its code."""
    return {one.code: one for step in steps() for one in step.fields}


@cache
def papers() -> tuple[Paper, ...]:
    """The papers that are asked for."""
    told = _document("registration_v1.json")["papers"]
    return tuple(Paper(one["code"], _text(one), one["kind"], one["required"]) for one in told)


@cache
def notice() -> Notice:
    """The notice as it ships."""
    told = _document("notice_v1.json")
    words = [told["version"], told["sections"], told["purposes"]]
    text = json.dumps(words, ensure_ascii=False, sort_keys=True)
    return Notice(
        told["version"],
        hashlib.sha256(text.encode()).hexdigest(),
        tuple((_text(one), T(one["text_zh"], one["text_en"])) for one in told["sections"]),
        tuple(Purpose(one["code"], one["required"], _text(one)) for one in told["purposes"]),
    )


def _document(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((_HERE / name).read_text(encoding="utf-8"))
    return told


def _text(row: dict[str, Any]) -> T:
    return T(row["zh"], row["en"])


def _asked(row: dict[str, Any]) -> Asked:
    hint = T(row["help_zh"], row["help_en"]) if "help_zh" in row else None
    return Asked(
        code=row["code"],
        name=_text(row),
        form=row["form"],
        most=row.get("most", 40),
        required=row.get("required", False),
        fact=row.get("fact", ""),
        basis=row.get("basis", ""),
        hint=hint,
        fills=row.get("fills", "off"),
        choices=tuple((value, T(zh, en)) for value, zh, en in row.get("choices", ())),
    )


# --- Answers


def checked(asked: Asked, typed: str, answers: Mapping[str, str]) -> str:
    """The answer as it is kept; raises BadValue with words that mend it. Empty stays empty.

    `answers`: the others of the same step; a company from elsewhere has no USCC and no division.
    """
    text = " ".join(unicodedata.normalize("NFC", typed).split())
    if not text:
        return ""
    if len(text) > asked.most:
        raise BadValue(_TOO_LONG.format(most=asked.most))
    if not text.isprintable():
        raise BadValue(_NOT_PLAIN)
    if asked.form in ("text", "long"):
        return text
    if asked.form == "choice":
        if text not in {value for value, _ in asked.choices}:
            raise BadValue(_CHOOSE)
        return text
    if answers.get("abroad") and asked.form in ("uscc", "place"):
        return text
    return _READERS[asked.form](unicodedata.normalize("NFKC", text))


def _uscc(text: str) -> str:
    found = check("uscc", text)
    if found.verdict == INVALID:
        raise BadValue(T(**found.reason.both()) if found.reason else _CODE)
    return found.value


def _place(text: str) -> str:
    one = division(text)
    found = [one] if one else divisions_named(text)
    exact = [place for place in found if place.name == text or place.full == text]
    return _only(exact or found, _PLACE).code


def _industry(text: str) -> str:
    one = industry(text)
    found = [one] if one else industries_named(text)
    exact = [trade for trade in found if trade.name == text]
    return _only(exact or found, _TRADE).code


def _only(found: list[Any], unknown: T) -> Division | Industry:
    if not found:
        raise BadValue(unknown)
    if len(found) > 1:
        names = "；".join(f"{one.code} {one.full}" for one in found[:OFFERED_MAX])
        raise BadValue(_SEVERAL.format(names=names))
    only: Division | Industry = found[0]
    return only


def _money(text: str) -> str:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise BadValue(_MONEY)
    currency = (found[3] or "CNY").upper()
    amount = Decimal(found[1].replace(",", "")) * _LARGE[found[2] or ""]
    try:
        to_minor(amount, currency)
        return f"{amount:.{exponent(currency)}f} {currency}"
    except (MoneyError, InvalidOperation) as error:
        raise BadValue(_MONEY) from error


def _number(text: str) -> str:
    plain = text.replace(",", "")
    if not plain.isascii() or not plain.isdigit():
        raise BadValue(_NUMBER)
    return str(int(plain))


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise BadValue(_DATE) from error


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise BadValue(_PHONE_WORDS)
    return text


def _mail(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise BadValue(_MAIL_WORDS)
    return text


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise BadValue(_ACCOUNT_WORDS)
    return text.replace(" ", "")


_READERS = {
    "uscc": _uscc,
    "place": _place,
    "industry": _industry,
    "money": _money,
    "number": _number,
    "date": _date,
    "phone": _phone,
    "mail": _mail,
    "account": _account,
}
_TOO_LONG = T("最多 {most} 个字。", "At most {most} characters.")
_NOT_PLAIN = T("含有看不见的字符，请重新输入。", "It has invisible characters: type it again.")
_CHOOSE = T("请从列表中选择。", "Choose one of the list.")
_CODE = T("请核对这个代码。", "Check this code.")
_PLACE = T(
    "没有这个地区，请输入地名或 6 位区划代码。", "No such place: type its name or six-digit code."
)
_TRADE = T("没有这个行业，请输入名称或代码。", "No such industry: type its name or code.")
_SEVERAL = T(
    "有几个，请填其中一个代码：{names}", "There are several; type one of the codes: {names}"
)
_MONEY = T("请填金额，例如 500 万、1200000 或 200000 USD。", "An amount, as 1200000 or 200000 USD.")
_NUMBER = T("请填整数，例如 120。", "A whole number, such as 120.")
_DATE = T("请填日期，例如 2018-05-21。", "A date, such as 2018-05-21.")
_PHONE_WORDS = T("请填电话号码，例如 0571-8888 6666。", "A phone number, as +86 571 8888 6666.")
_MAIL_WORDS = T("请填电子邮箱，例如 name@example.com。", "An address, as name@example.com.")
_ACCOUNT_WORDS = T("请填 5 至 39 位账号。", "An account number of 5 to 39 digits or letters.")


# --- What a whole registration says


def gaps(answers: Mapping[str, str], held: set[str]) -> list[tuple[str, T]]:
    """(step, name) of what is required and not there yet; `held`: codes of papers that are."""
    missing = [
        (step.code, one.name)
        for step in steps()
        for one in step.fields
        if one.required and one.form != "choice" and not answers.get(one.code)
    ]
    return missing + [
        ("papers", paper.name) for paper in papers() if paper.required and paper.code not in held
    ]


def place_of_answers(answers: Mapping[str, str]) -> Division | None:
    """The division that was chosen; None abroad or where none was."""
    return None if answers.get("abroad") else division(answers.get("place", ""))


def facts_of(answers: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Field of the credit file → (value as typed there, legal basis), for what was answered."""
    said = {
        one.fact: (answers[one.code], one.basis)
        for one in fields().values()
        if one.fact and answers.get(one.code)
    }
    place = place_of_answers(answers)
    if place is not None and "registered_address" in said:
        street, basis = said["registered_address"]
        said["registered_address"] = (f"{place.full} {street}", basis)
    if answers.get("bank") and answers.get("account"):
        said["bank_account"] = (f"{answers['bank']} {answers['account']}", "contract")
    if answers.get("code"):
        said["business_licence"] = (answers["code"], "contract")
    return said
