"""The fields of a credit file: the shipped catalogue, and what a value of each form looks like.

Block, weight (points of 100), secrecy class, critical or not and the age by which a fact is stale
are data in fields_v1.json. A value is kept as canonical JSON text, so that sources agree exactly
when their texts are the same: "1,200.5 CNY" of the form money is {"currency":"CNY","minor":120050}.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.texts import T

TEXT_MAX = 1000
YES_NO = ("yes", "no")
SECRET = 3  # of the classes 1 public, 2 internal, 3 secret
_FILE = Path(__file__).with_name("fields_v1.json")


class Field(Struct, frozen=True):
    """One field: where it stands, what it weighs, and until when a fact of it is fresh."""

    code: str
    block: str
    name: T
    form: str  # text | number | money | date | choice | yes_no
    weight: int
    secrecy: int
    critical: bool
    personal: bool
    choices: tuple[str, ...]
    max_age_days: Mapping[str, int]  # by tier: normal | watch


class Block(Struct, frozen=True):
    code: str
    name: T
    weight: int


class Accuracy(Struct, frozen=True):
    """What a fact needs to count as accurate."""

    reliability: tuple[str, ...]
    how: tuple[str, ...]
    confidence_min: int


class Catalogue(Struct, frozen=True):
    version: int
    blocks: tuple[Block, ...]
    fields: Mapping[str, Field]
    accuracy: Accuracy


class BadValue(ValueError):
    """A text that is no value of its field's form; `text` says what one looks like."""

    def __init__(self, text: T) -> None:
        self.text = text
        super().__init__(text.en)


@cache
def catalogue() -> Catalogue:
    """The fields as they ship, in the order of the page."""
    told = json.loads(_FILE.read_text(encoding="utf-8"))
    ages = {row["code"]: row["max_age_days"] for row in told["blocks"]}
    wanted = told["accuracy"]
    return Catalogue(
        told["version"],
        tuple(Block(b["code"], T(b["zh"], b["en"]), b["weight"]) for b in told["blocks"]),
        {row["code"]: _field(row, ages[row["block"]]) for row in told["fields"]},
        Accuracy(tuple(wanted["reliability"]), tuple(wanted["how"]), wanted["confidence_min"]),
    )


def _field(row: dict[str, Any], ages: dict[str, int]) -> Field:
    return Field(
        row["code"],
        row["block"],
        T(row["zh"], row["en"]),
        row["form"],
        row["weight"],
        row["secrecy"],
        row.get("critical", False),
        row.get("personal", False),
        tuple(row.get("choices", ())),
        row.get("max_age_days", ages),
    )


def canonical(field: Field, typed: str) -> str:
    """What a person typed as the JSON text that is kept; raises BadValue with the shape wanted."""
    text = typed if field.form == "text" else unicodedata.normalize("NFKC", typed).strip()
    try:
        value = _READERS[field.form](text, field)
    except (ValueError, InvalidOperation, MoneyError) as error:
        raise BadValue(_SHAPES[field.form].format(choices=", ".join(field.choices))) from error
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def shown(value: str) -> str:
    """A kept value as people read and type it."""
    told = json.loads(value)
    if isinstance(told, dict):
        return f"{to_text(told['minor'], told['currency'])} {told['currency']}"
    return str(told)


def _text(text: str, field: Field) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= TEXT_MAX or not text.isprintable():
        raise ValueError(text)
    return text


def _number(text: str, field: Field) -> str:
    number = Decimal(text.replace(",", ""))
    if not number.is_finite() or len(text) > 40 or abs(number.adjusted()) > 30:
        raise ValueError(text)
    plain = f"{number:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if number == 0 else plain


def _money(text: str, field: Field) -> dict[str, Any]:
    amount, currency = text.split()
    currency = currency.upper()
    return {"currency": currency, "minor": to_minor(amount.replace(",", ""), currency)}


def _date(text: str, field: Field) -> str:
    return date.fromisoformat(text).isoformat()


def _choice(text: str, field: Field) -> str:
    allowed = field.choices or YES_NO
    if text not in allowed:
        raise ValueError(text)
    return text


_READERS = {
    "text": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _choice,
    "yes_no": _choice,
}
_SHAPES = {
    "text": T("请填 1 至 1000 个字", "write 1 to 1000 characters"),
    "number": T("请填数字，如 120.5", "write a number such as 120.5"),
    "money": T("请填金额和币种，如 1200.50 CNY", "write amount and currency, as 1200.50 CNY"),
    "date": T("请填日期，如 2026-11-22", "write a date such as 2026-11-22"),
    "choice": T("请从中选一项：{choices}", "choose one of {choices}"),
    "yes_no": T("请填 yes 或 no", "write yes or no"),
}
