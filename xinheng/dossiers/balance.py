"""Does a statement balance? Assets = liabilities + equity, to the minor unit.

A file may not tell equity: then it follows from the other two and is marked as derived. Nothing
else is ever filled in. Examples: assets 2,500.00, liabilities 1,500.00, equity 990.00 → off by
10.00, refused; without equity → 1,000.00, derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Completed(NamedTuple):
    """The figures with what could be derived, the names of those, and by how much they are off."""

    figures: dict[str, int]
    derived: list[str]
    difference_minor: int


def complete(figures: Mapping[str, int]) -> Completed | None:
    """None: total assets or total liabilities are missing, so that nothing can be checked."""
    assets, liabilities = figures.get("total_assets"), figures.get("total_liabilities")
    if assets is None or liabilities is None:
        return None
    equity = figures.get("equity")
    if equity is None:
        return Completed({**figures, "equity": assets - liabilities}, ["equity"], 0)
    return Completed(dict(figures), [], assets - liabilities - equity)
