"""What a person is asked by a card: items in groups, each with its anchors, and what the credit
file already says to it.

A score stands with the anchor at or just below it, so that two raters mean the same: beside the
anchor at 8 stand 9 and 8, beside the lowest stand 3, 2 and 1. Facts of the file are shown with
their source and never answer by themselves. Example: `paid_in` shows 注册资本 8,000,000.00 CNY
from the licence; whether a half or all of it is paid in the person says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from xinheng.credit import character, questionnaire
from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import SeenFact, file_as_of
from xinheng.dossiers.fields import catalogue
from xinheng.modelling.expert_reckoning import criteria_of, criterion_of
from xinheng.texts import T

HIGHEST: Final = 10


class Level(Struct, frozen=True):
    """One anchor's words and the scores that stand with it, the highest first."""

    text: T
    scores: tuple[int, ...]


class Item(Struct, frozen=True):
    key: str
    name: T
    weight: Decimal
    mandatory: bool
    levels: tuple[Level, ...]
    fields: tuple[str, ...]


class Part(Struct, frozen=True):
    """The items of one group or one C, under its name."""

    key: str
    name: T
    items: tuple[Item, ...]


class Told(Struct, frozen=True):
    """A fact of the credit file that helps to answer an item."""

    field: str
    name: T
    fact: SeenFact


def parts_of(model: str, weights: Mapping[str, Decimal]) -> tuple[Part, ...]:
    """The card as it is filled in, in its own order."""
    parts = []
    for code, row in criteria_of(model).items():
        mine = [key for key in weights if criterion_of(model, key) == code]
        items = tuple(_item(model, key, weights[key]) for key in mine)
        parts.append(Part(code, T(row["zh"], row["en"]), items))
    return tuple(parts)


def item_names(model: str) -> dict[str, T]:
    """What the items of a card are called."""
    return {key: T(row["zh"], row["en"]) for key, row in _rows(model).items()}


def told_by_file(
    user: Any, customer: Customer, model: str, day: date
) -> dict[str, tuple[Told, ...]]:
    """By item: what stands in the file on a day and helps to answer it. A field in conflict, gone
    out of date or not readable for this person tells nothing.
    """
    wanted = {key: tuple(row.get("fields", ())) for key, row in _rows(model).items()}
    opened = {field for fields in wanted.values() for field in fields}
    if not opened:
        return {}
    known = catalogue().fields
    file = file_as_of(user, customer, valid_on=day, opened=opened & set(known))
    facts = {
        held.field: held.fact
        for held in file.fields
        if held.field in opened and held.fact is not None and held.fact.value is not None
    }
    return {
        key: tuple(Told(one, known[one].name, facts[one]) for one in fields if one in facts)
        for key, fields in wanted.items()
    }


def _rows(model: str) -> dict[str, dict[str, Any]]:
    return character.FACTORS if model == "character" else questionnaire.items_of(model)


def _item(model: str, key: str, weight: Decimal) -> Item:
    row = _rows(model)[key]
    return Item(
        key=key,
        name=T(row["zh"], row["en"]),
        weight=weight,
        mandatory=bool(row.get("mandatory", False)),
        levels=_levels(row["anchors"]),
        fields=tuple(row.get("fields", ())),
    )


def _levels(anchors: Mapping[str, Mapping[str, str]]) -> tuple[Level, ...]:
    """Every score once: from an anchor up to just below the next one; the lowest takes the rest."""
    at = sorted((int(score) for score in anchors), reverse=True)
    levels = []
    top = HIGHEST
    for place, score in enumerate(at):
        bottom = score if place < len(at) - 1 else 1
        words = anchors[str(score)]
        levels.append(Level(T(words["zh"], words["en"]), tuple(range(top, bottom - 1, -1))))
        top = bottom - 1
    return tuple(levels)
