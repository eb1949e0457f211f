"""How a card's result is drawn: its points as a waterfall, its band on the scale of classes.

Positions are whole thousandths of the width. What is not known is drawn too, as an empty step from
the lowest it could have earned to the most, and it widens the band. Example: CAM-2 stands at 65.70
with a band from 61.80 to 68.10; the bar of the band runs from 618 to 681 of 1,000.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from xinheng.credit.money import divide_half_up
from xinheng.credit.shipped import document
from xinheng.texts import T
from xinheng.web.frame.waterfall import NARROWEST, WIDTH, Step, Waterfall, waterfall

_BANDS: Final[list[dict[str, Any]]] = document("character_v1.json")["bands"]["ca"]["rows"]


@dataclass(frozen=True)
class Band:
    """The band on the scale 0 … 100: where it starts and ends, where the answered share stands,
    and the classes below it.
    """

    x: int
    width: int
    at: int | None
    zones: list[tuple[str, int, int]]


@dataclass(frozen=True)
class Fall:
    """One row: the item, its step, and for one not known where it could have gone."""

    key: str
    name: T
    step: Step
    score: int | None
    weight: str
    points: str
    most: str
    lost: bool
    unknown: tuple[int, int] | None  # where the empty step starts, and its width
    words: T | None
    given: Mapping[str, str]


def band_of(lowest: Decimal, value: Decimal | None, highest: Decimal) -> Band:
    """The band of a share in per cent, never narrower than can be seen."""
    start, end = _at(lowest), _at(highest)
    width = max(end - start, NARROWEST)
    x = min(start, WIDTH - width)
    return Band(x, width, None if value is None else _at(value), _zones())


def _zones() -> list[tuple[str, int, int]]:
    """Each class with where it starts and how wide it is; a class begins at its rounded bound."""
    starts = [0 if row["low"] == 0 else row["low"] * 10 - 5 for row in _BANDS]
    ends = [WIDTH, *starts[:-1]]
    zones = zip(_BANDS, starts, ends, strict=True)
    return [(row["class"], start, end - start) for row, start, end in zones]


def _at(share: Decimal) -> int:
    return int(divide_half_up(int(share * 100), 10))


def falls_of(
    points: Sequence[Mapping[str, Any]],
    names: Mapping[str, T],
    words: Mapping[str, T],
    answers: Mapping[str, Mapping[str, Any]],
) -> tuple[list[Fall], Waterfall]:
    """The rows of a card's points in its order, and the waterfall they stand on."""
    earned = [(str(row["key"]), _hundredths(row["points"])) for row in points]
    whole = sum(_hundredths(row["most"]) for row in points)
    fall = waterfall(earned, whole)
    rows = [
        Fall(
            key=row["key"],
            name=names.get(row["key"], T(row["key"], row["key"])),
            step=step,
            score=row["score"],
            weight=row["weight"],
            points=plain(row["points"]),
            most=plain(row["most"]),
            lost=Decimal(row["lost"]) > 0,
            unknown=_unknown(step, row, whole) if row["score"] is None else None,
            words=words.get(row["key"]),
            given=answers.get(row["key"], {}),
        )
        for row, step in zip(points, fall.steps, strict=True)
    ]
    return rows, fall


def _unknown(step: Step, row: Mapping[str, Any], whole: int) -> tuple[int, int]:
    """The empty step of an item that is not known: as wide as the most it could have earned."""
    width = divide_half_up(_hundredths(row["most"]) * WIDTH, whole)
    return min(step.starts, WIDTH - width), width


def plain(value: Any) -> str:
    """A number without idle zeros: 88.00 → 88, 58.10 → 58.1."""
    text = f"{Decimal(str(value)):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def _hundredths(value: Any) -> int:
    return int((Decimal(str(value)) * 100).to_integral_value())
