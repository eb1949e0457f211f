"""Whether a fact can be, and what is odd about it beside what else is known of the customer.

What can't be is refused where it is entered: a day of founding that lies ahead, half a person. What
is only odd is a remark for whoever verifies: the file may be wrong as well as the new fact. The
rules are data (rules_v1.json); remarks are found again at every reading and stored nowhere.
Example: total liabilities of 3,000,000.00 beside total assets of 2,400,000.00 CNY are remarked on
both facts; the code 91330106… beside an address in 四川省 on the code and on the address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from xinheng.credit.divisions import division
from xinheng.credit.identity import INVALID, OVERRIDE, check
from xinheng.credit.identity.uscc import LENGTH, division_of
from xinheng.credit.identity.verdict import compact
from xinheng.dossiers.fields import catalogue
from xinheng.texts import T

_FILE: Final = Path(__file__).with_name("rules_v1.json")
_PROVINCES: Final = (
    *("11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37"),
    *("41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64"),
    "65",
)


class About(Struct, frozen=True):
    """What the customer's own record says."""

    name: str = ""
    country: str = ""
    uscc: str = ""


class Told(Struct, frozen=True):
    """One fact as rules see it: `value` read from its JSON text; personal values are not told."""

    field: str
    value: Any
    source: str
    reliability: str
    valid_from: date | None = None


class Remark(Struct, frozen=True):
    code: str
    text: T


class Beside(Struct, frozen=True):
    """The fact, what else is known, the customer's record, and the rule's own figures."""

    fact: Told
    others: Sequence[Told]
    about: About
    day: date
    rule: Mapping[str, Any]

    def of(self, field: str) -> Told | None:
        """The fact itself, where it is of this field, else the first that is known of it."""
        if self.fact.field == field:
            return self.fact
        return next((one for one in self.others if one.field == field), None)


Found = dict[str, Any] | None


@cache
def _rules(part: str) -> dict[str, list[dict[str, Any]]]:
    """The rules of a part by field."""
    by_field: dict[str, list[dict[str, Any]]] = {code: [] for code in catalogue().fields}
    for rule in json.loads(_FILE.read_text(encoding="utf-8"))[part]:
        for code in by_field if rule["fields"] == ["*"] else rule["fields"]:
            by_field[code].append(rule)
    return by_field


@cache
def fields_read() -> frozenset[str]:
    """The fields that some rule reads beside another one; none of them is personal."""
    return frozenset(code for code, rules in _rules("remarks").items() if len(rules) > 1)


def impossible(field: str, value: str, day: date) -> T | None:
    """Why a canonical value of this field can't be, on the day of its entry."""
    told = json.loads(value)
    for rule in _rules("impossible")[field]:
        if _CANT_BE[rule["rule"]](told, day):
            name = catalogue().fields[field].name
            return T(rule["zh"].format(field=name.zh), rule["en"].format(field=name.en))
    return None


def remarks(fact: Told, others: Sequence[Told], about: About, day: date) -> tuple[Remark, ...]:
    """What is odd about a fact; `others`: standing and waiting facts, the most telling first."""
    found = []
    for rule in _rules("remarks")[fact.field]:
        told = _REMARKS[rule["rule"]](Beside(fact, others, about, day, rule))
        if told is not None:
            text = T(rule["zh"].format(**_in(told, "zh")), rule["en"].format(**_in(told, "en")))
            found.append(Remark(rule["code"], text))
    return tuple(found)


def _in(told: dict[str, Any], language: str) -> dict[str, Any]:
    return {name: getattr(v, language) if isinstance(v, T) else v for name, v in told.items()}


# --- What can't be


def _minor(value: Any) -> int | Decimal:
    return int(value["minor"]) if isinstance(value, dict) else Decimal(value)


_CANT_BE: Final[Mapping[str, Callable[[Any, date], bool]]] = {
    "not_after_today": lambda value, day: date.fromisoformat(value) > day,
    "not_negative": lambda value, day: _minor(value) < 0,
    "whole": lambda value, day: Decimal(value) % 1 != 0,
}


# --- What is odd


def _number_checks(beside: Beside) -> Found:
    number = compact(str(beside.fact.value))
    if len(number) != LENGTH:
        return None  # other countries, other numbers
    checked = check("uscc", number)
    if checked.verdict not in (INVALID, OVERRIDE) or checked.reason is None:
        return None
    return checked.reason.both()


def _chinese(number: str) -> bool:
    return len(compact(number)) == LENGTH and check("uscc", number).usable


def _number_of_its_country(beside: Beside) -> Found:
    country = beside.about.country
    if not country or country in beside.rule["words"] or not _chinese(str(beside.fact.value)):
        return None
    return {"country": country}


def _same_number(beside: Beside) -> Found:
    known = beside.about.uscc
    if not known or compact(str(beside.fact.value)) == known:
        return None
    return {"known": known}


def _same_name(beside: Beside) -> Found:
    known = beside.about.name
    return None if not known or _bare(str(beside.fact.value)) == _bare(known) else {"known": known}


def _bare(name: str) -> str:
    folded = name.replace("（", "(").replace("）", ")").casefold()
    return "".join(one for one in folded if one.isalnum() or one in "()")


def _number_of_its_province(beside: Beside) -> Found:
    number, address = beside.of("registration_code"), beside.of("registered_address")
    if number is None or address is None or not _chinese(str(number.value)):
        return None
    own = division_of(compact(str(number.value)))[:2]
    told = _province_in(str(address.value))
    if own not in _PROVINCES or not told or told == own:
        return None
    return {"province": _province(own), "told": _province(told)}


@cache
def _province(two: str) -> str:
    found = division(two + "0000")
    return found.name if found else two


@cache
def _provinces() -> tuple[tuple[str, str], ...]:
    """(how an address begins, two digits): 四川 for 四川省, 内蒙古 for 内蒙古自治区."""
    names = {two: _province(two) for two in _PROVINCES}
    short = {
        two: name[:3] if name[:2] in ("内蒙", "黑龙") else name[:2] for two, name in names.items()
    }
    return tuple((name, two) for two, name in short.items())


def _province_in(address: str) -> str:
    """The province with whose name an address begins; empty where it begins with something else."""
    bare = address.removeprefix("中国").removeprefix("中华人民共和国").strip()
    return next((two for name, two in _provinces() if bare.startswith(name)), "")


def _not_before_founding(beside: Beside) -> Found:
    founded, licence = beside.of("established_on"), beside.of("business_licence")
    if founded is None or licence is None or licence.valid_from is None:
        return None
    if licence.valid_from >= date.fromisoformat(founded.value):
        return None
    return {"licence": licence.valid_from, "founded": founded.value}


def _not_above(beside: Beside) -> Found:
    smaller, larger = beside.of(beside.rule["smaller"]), beside.of(beside.rule["larger"])
    if smaller is None or larger is None:
        return None
    if smaller.value["currency"] != larger.value["currency"]:
        return None
    return {} if smaller.value["minor"] > larger.value["minor"] else None


def _grade_needs_years(beside: Beside) -> Found:
    grade, founded = beside.of("tax_grade"), beside.of("established_on")
    if grade is None or founded is None or grade.value != beside.rule["grade"]:
        return None
    begun = date.fromisoformat(founded.value)
    years = (
        beside.day.year
        - begun.year
        - ((beside.day.month, beside.day.day) < (begun.month, begun.day))
    )
    asked = beside.rule["years"]
    return {"grade": grade.value, "years": asked} if years < asked else None


def _same_size(beside: Beside) -> Found:
    mine, ratio = beside.fact.value, beside.rule["ratio"]
    for one in beside.others:
        if one.field != beside.fact.field or one.value["currency"] != mine["currency"]:
            continue
        low, high = sorted((abs(mine["minor"]), abs(one.value["minor"])))
        if low and high >= ratio * low:
            return {"source": one.source, "ratio": ratio}
    return None


def _grade_of_source(beside: Beside) -> Found:
    source = beside.fact.source
    for word, best in beside.rule["best"].items():
        named = source.startswith(word) if word.endswith(":") else source == word
        if named and beside.fact.reliability < best:
            return {"source": source, "best": best}
    return None


_REMARKS: Final[Mapping[str, Callable[[Beside], Found]]] = {
    "number_checks": _number_checks,
    "number_of_its_country": _number_of_its_country,
    "same_number": _same_number,
    "number_of_its_province": _number_of_its_province,
    "same_name": _same_name,
    "not_before_founding": _not_before_founding,
    "not_above": _not_above,
    "grade_needs_years": _grade_needs_years,
    "same_size": _same_size,
    "grade_of_source": _grade_of_source,
}
