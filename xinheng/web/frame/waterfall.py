"""A waterfall as whole numbers: how figures add up to a total, one row under the other.

Each step starts where the one above ended; a reduction runs back. The rows of a table carry the
steps, so the figures stand beside their bars and nothing is lost to a reader who sees no drawing.
Example (EXP-1): open items 600,000 + unbilled 120,000 + orders 90,000 + bills 150,000 − unapplied
30,000 − prepaid 50,000 = 880,000; limit 1,000,000 → the scale ends at 1,000,000 and the bar of
`bills` stands from 810 ‰ to 960 ‰.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from xinheng.credit.money import divide_half_up
from xinheng.web.frame.drawings import COMPONENTS, REDUCTIONS

LABELS: Final = COMPONENTS | REDUCTIONS
WIDTH: Final = 1000
NARROWEST: Final = 2  # what counts at all is seen


@dataclass(frozen=True)
class Step:
    """One bar: from where it starts to where it ends, in thousandths of the width."""

    key: str
    minor: int
    x: int
    width: int
    starts: int
    ends: int

    @property
    def reduces(self) -> bool:
        return self.minor < 0


@dataclass(frozen=True)
class Waterfall:
    """The steps in their order, the total, the ceiling and the room between both."""

    steps: list[Step]
    total: Step
    ceiling: Step | None
    room: Step | None  # from the total to the ceiling; runs back where the total is beyond it
    zero: int


def waterfall(parts: Iterable[tuple[str, int]], ceiling: int | None) -> Waterfall:
    """Steps from zero: (key, amount with its sign). `ceiling` None: there is no number to draw."""
    amounts = list(parts)
    runs = _runs([minor for _, minor in amounts])
    total = runs[-1]
    low, high = min(runs), max([*runs, ceiling or 0, 1])
    scale = _Scale(low, high - low)
    steps = [
        scale.step(key, run, run + minor) for (key, minor), run in zip(amounts, runs, strict=False)
    ]
    return Waterfall(
        steps=steps,
        total=scale.step("used", 0, total),
        ceiling=None if ceiling is None else scale.step("limit", 0, ceiling),
        room=None if ceiling is None else scale.step("room", total, ceiling),
        zero=scale.at(0),
    )


def _runs(amounts: Sequence[int]) -> list[int]:
    """Where each step starts, and at last where the last one ends: 0, 600, 720, …, 880."""
    runs = [0]
    for minor in amounts:
        runs.append(runs[-1] + minor)
    return runs


@dataclass(frozen=True)
class _Scale:
    low: int
    span: int

    def at(self, minor: int) -> int:
        return divide_half_up((minor - self.low) * WIDTH, self.span)

    def step(self, key: str, start: int, end: int) -> Step:
        """Edges are rounded, not widths: the next step starts exactly where this one ends."""
        first, last = self.at(start), self.at(end)
        width = abs(last - first)
        if start != end:
            width = max(width, NARROWEST)
        x = min(min(first, last), WIDTH - width)
        return Step(key, end - start, x, width, first, last)
