"""Characteristics made of others: ratios, differences and sums, as data that a model carries along.

A model that was learnt on "working capital to assets" must be given it at scoring time by the very
same arithmetic; so the recipe is part of the plan, in a closed list of operations, and never code.
A ratio over a base of zero or less is not known: over negative equity a loss would look like a
profit. Worked: difference(CA 1200, CL 800) = 400; ratio(400, TA 2500) = 0.16.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec import Struct

from xinheng.learning.columns import Column, Columns, Floats, LearningError, is_number

Operation = Literal["ratio", "difference", "sum", "largest", "mean"]


class Derived(Struct, frozen=True, forbid_unknown_fields=True):
    """`key` = `operation` of the columns `of`; those may be derived ones named earlier."""

    key: str
    operation: Operation
    of: tuple[str, ...]


def extend(columns: Columns, recipes: Sequence[Derived]) -> dict[str, Column]:
    """The columns and, after them, what is derived from them."""
    found = dict(columns)
    for recipe in recipes:
        absent = [key for key in recipe.of if key not in found or not is_number(found[key])]
        if absent or recipe.key in found or not recipe.of:
            raise LearningError(
                "derived",
                f"派生特征 {recipe.key} 无法计算：{'、'.join(absent) or '名称重复或没有来源列'}。",
                f"{recipe.key} can't be derived: "
                f"{', '.join(absent) or 'its name is taken or it has no sources'}.",
            )
        found[recipe.key] = _derive(recipe, [found[key] for key in recipe.of])
    return found


def _derive(recipe: Derived, sources: list[Column]) -> Floats:
    table = np.column_stack(sources).astype(np.float64)
    if recipe.operation == "sum":
        return np.asarray(table.sum(axis=1))
    if recipe.operation == "mean":
        return np.asarray(table.mean(axis=1))
    if recipe.operation == "largest":
        return np.asarray(table.max(axis=1))
    if table.shape[1] != 2:
        raise LearningError(
            "derived",
            f"派生特征 {recipe.key} 需要恰好两列。",
            f"{recipe.key} needs exactly two columns.",
        )
    if recipe.operation == "difference":
        return np.asarray(table[:, 0] - table[:, 1])
    base = np.where(table[:, 1] > 0.0, table[:, 1], np.nan)
    return np.asarray(table[:, 0] / base)
