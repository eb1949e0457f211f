"""What assessments were made from, as columns that a model can score.

An assessment keeps every input of its customer as text, by key, whatever card was live. A model
names its keys and says of each whether it is a number or a word; here the texts become arrays,
"not known" where there is none. Example: two customers with payment index "72.10" and nothing →
the column [72.1, NaN]; Altman zone "safe" and nothing → ["safe", ""]. A number that is no number
is refused by the model's key, so that one bad row is told and not scored wrongly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from django.db import connection

from xinheng.credit.scorecard import Card, Characteristic
from xinheng.learning.columns import Column, Columns, LearningError, Truths, is_missing

if TYPE_CHECKING:  # LightGBM is for who learns or scores with trees
    from xinheng.learning.boosting import BoostedModel


class Assessed(NamedTuple):
    """One assessment of one customer by the live card, as far as another model reads it."""

    assessment_id: int
    customer_id: int
    inputs: Mapping[str, str | None]


def of_card(card: Card) -> dict[str, bool]:
    """The keys that a card reads; True: a word."""
    return {one.key: bool(one.values) for one in card.characteristics}


def of_trees(model: BoostedModel) -> dict[str, bool]:
    """The keys that boosted trees read; True: a word."""
    return {one.key: bool(one.words) for one in model.features}


def columns_of(rows: Sequence[Assessed], keys: Mapping[str, bool]) -> Columns:
    """A column for each key."""
    return {key: _column(key, [one.inputs.get(key) for one in rows], keys[key]) for key in keys}


def never_told(rows: Iterable[Assessed], keys: Iterable[str]) -> list[str]:
    """Keys that no assessment knows at all: nobody supplies them here."""
    told = {key for one in rows for key in one.inputs}
    return [key for key in keys if key not in told]


def _column(key: str, texts: Sequence[str | None], word: bool) -> Column:
    if word:
        return np.array([text or "" for text in texts], dtype=object)
    try:
        return np.array([float(text) if text else np.nan for text in texts], dtype=np.float64)
    except ValueError as error:
        raise LearningError(
            "number",
            f"{key} 应为数值：{error}。",
            f"{key} should be a number: {error}.",
        ) from error


def is_rated(card: Card, columns: Columns) -> Truths:
    """Per row: is as much known as the card asks for?"""
    weights = np.array([one.weight for one in card.characteristics])
    known = np.array([~_unknown(one, columns[one.key]) for one in card.characteristics])
    found: Truths = (
        100 * (weights[:, None] * known).sum(axis=0) >= card.min_coverage_pct * weights.sum()
    )
    return found


def _unknown(one: Characteristic, column: Column) -> Truths:
    if not one.values:
        return is_missing(column)
    words = {choice.value for choice in one.values}
    return np.array([str(word) not in words for word in column], dtype=np.bool_)


# Ids are given out before a transaction commits, so one with a smaller id may appear later: the
# look goes back a little behind the newest that was scored.
BEHIND = 10_000
_UNSCORED = """
select a.id, a.customer_id, a.inputs::text from decisions_assessment a
where a.id > (select coalesce(max(s.assessment_id), 0) - %(behind)s
    from modelling_shadowscore s where s.model_id = %(model)s)
  and not a.by_expert
  and not exists (select 1 from modelling_shadowscore s
    where s.model_id = %(model)s and s.assessment_id = a.id)
  and not exists (select 1 from decisions_assessment n
    where n.customer_id = a.customer_id and not n.by_expert
      and (n.assessed_at, n.id) > (a.assessed_at, a.id))
order by a.id limit %(most)s
"""


def unscored(model_id: int, most: int) -> list[Assessed]:
    """Customers' newest assessments that this model has not scored yet, the oldest first."""
    return _read(_UNSCORED, {"model": model_id, "most": most, "behind": BEHIND})


_BETWEEN = """
select distinct on (a.customer_id) a.id, a.customer_id, a.inputs::text
from decisions_assessment a
where a.assessed_at >= %(first)s and a.assessed_at < %(last)s and not a.by_expert
order by a.customer_id, a.assessed_at desc, a.id desc
"""


def between(first: datetime, last: datetime) -> list[Assessed]:
    """Each customer's newest assessment from an instant up to but not including another."""
    return _read(_BETWEEN, {"first": first, "last": last})


def _read(statement: str, values: Mapping[str, Any]) -> list[Assessed]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Assessed(row[0], row[1], json.loads(row[2])) for row in cursor.fetchall()]
