"""A points scorecard 评分卡 as data: what is known of a customer becomes points, and the points
say why.

    points = base + Σ points of the band each characteristic falls in

Bands are half-open, [from, to), without holes; a value is rounded HALF_UP to the characteristic's
`digits` first, so that any evaluator bands it alike. Missing never helps: it earns no more than
the worst band. Too little known (coverage below the card's minimum) is *not rated*, not a low
score. A red line in the inputs caps the grade.

Reasons are the points lost against each characteristic's best band: the largest first, at most
four, ties in the card's order. Worked (cards/behaviour_v1.json): payment index 72 → 50 of 64
points: 14 lost, "付款指数 70 至 80".
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from xinheng.credit import scale
from xinheng.credit.money import divide_half_up, round_half_up
from xinheng.credit.shipped import document

MAX_REASONS: Final = 4
Input = Decimal | int | str | None


class CardError(ValueError):
    """A card that may not be used; the message names the characteristic and says how to mend it."""


class Band(Struct, frozen=True, forbid_unknown_fields=True, rename={"low": "from", "high": "to"}):
    """Points of [low, high); None is open-ended. Bounds are written as text, so that they stay
    exact.
    """

    points: int
    zh: str
    en: str
    low: Decimal | None = None
    high: Decimal | None = None


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """Points of one word, such as an Altman zone."""

    value: str
    points: int
    zh: str
    en: str


class Missing(Struct, frozen=True, forbid_unknown_fields=True):
    """What not knowing earns."""

    points: int
    zh: str
    en: str


class Characteristic(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is looked at; it has either `bins` (a number) or `values` (a word)."""

    key: str
    weight: int
    zh: str
    en: str
    missing: Missing
    digits: int = 2
    bins: tuple[Band, ...] = ()
    values: tuple[Choice, ...] = ()


class RedLine(Struct, frozen=True, forbid_unknown_fields=True):
    """An input at or above `at_least` draws the scale's red line `code`."""

    code: str
    key: str
    at_least: Decimal


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """A checked card."""

    name: str
    version: int
    zh: str
    en: str
    source: str
    base_points: int
    min_coverage_pct: int
    characteristics: tuple[Characteristic, ...]
    red_lines: tuple[RedLine, ...] = ()


class Contribution(Struct, frozen=True):
    """What one characteristic earned, what it could have earned, and in which words."""

    key: str
    value: str | None
    points: int
    lost: int
    zh: str
    en: str


class Score(Struct, frozen=True):
    """`points` and `grade` None: not rated. `total` is the sum all the same, for the reader to
    see.
    """

    points: int | None
    grade: str | None
    total: int
    contributions: tuple[Contribution, ...]
    reasons: tuple[Contribution, ...]
    coverage_pct: int
    missing: tuple[str, ...]
    red_lines: tuple[str, ...]


def load(raw: Mapping[str, Any]) -> Card:
    """The card of a document, or `CardError`."""
    try:
        card = msgspec.convert(dict(raw), Card)
    except msgspec.ValidationError as error:
        raise CardError(f"the card does not have the right shape: {error}") from error
    keys = [one.key for one in card.characteristics]
    if not keys or len(set(keys)) != len(keys):
        raise CardError("a card needs characteristics, each with a key of its own")
    for one in card.characteristics:
        _look_at(one)
    unknown = [line.code for line in card.red_lines if line.code not in scale.RED_LINES]
    if unknown:
        raise CardError(f"red lines {', '.join(unknown)} are not on the scale")
    return card


def shipped() -> Card:
    """The default card for customers known mostly by their ledger."""
    return load(document("cards/behaviour_v1.json"))


def score(card: Card, inputs: Mapping[str, Input]) -> Score:
    """Points and reasons of one customer; a key that is absent or None is missing."""
    contributions = tuple(_contribution(one, inputs.get(one.key)) for one in card.characteristics)
    missing = tuple(one.key for one in contributions if one.value is None)
    weights = {one.key: one.weight for one in card.characteristics}
    known = sum(weight for key, weight in weights.items() if key not in missing)
    coverage = divide_half_up(100 * known, sum(weights.values()))
    # Compared exactly: a coverage of 59.6 % is shown as 60 and is still below 60.
    rated = 100 * known >= card.min_coverage_pct * sum(weights.values())
    total = card.base_points + sum(one.points for one in contributions)
    drawn = tuple(line.code for line in card.red_lines if _drawn(line, inputs.get(line.key)))
    grade = scale.cap(scale.grade_of(total), drawn) if rated else None
    return Score(
        points=total if rated else None,
        grade=grade,
        total=total,
        contributions=contributions,
        reasons=_reasons(contributions),
        coverage_pct=coverage,
        missing=missing,
        red_lines=drawn,
    )


def best_points(one: Characteristic) -> int:
    """The most that a characteristic can earn."""
    return max(_all_points(one))


def _all_points(one: Characteristic) -> list[int]:
    return [band.points for band in one.bins] + [choice.points for choice in one.values]


def _reasons(contributions: tuple[Contribution, ...]) -> tuple[Contribution, ...]:
    losing = [one for one in contributions if one.lost > 0]
    return tuple(sorted(losing, key=lambda one: -one.lost)[:MAX_REASONS])


def _contribution(one: Characteristic, given: Input) -> Contribution:
    found, value = _find(one, given)
    lost = best_points(one) - found.points
    return Contribution(one.key, value, found.points, lost, found.zh, found.en)


def _find(one: Characteristic, given: Input) -> tuple[Band | Choice | Missing, str | None]:
    if given is None:
        return one.missing, None
    if one.values:
        choice = next((choice for choice in one.values if choice.value == given), None)
        # A word the card does not know tells it nothing, so it counts as missing.
        return (choice, choice.value) if choice else (one.missing, None)
    if isinstance(given, str):
        raise CardError(f"{one.key} is a number; {given!r} was given")
    value = round_half_up(Decimal(given), one.digits)
    for band in one.bins:
        if band.high is None or value < band.high:
            return band, str(value)
    raise AssertionError("a checked card has no holes")


def _drawn(line: RedLine, given: Input) -> bool:
    return isinstance(given, (int, Decimal)) and given >= line.at_least


def _look_at(one: Characteristic) -> None:
    if bool(one.bins) == bool(one.values):
        raise CardError(f"{one.key}: give either bins or values")
    if one.weight <= 0:
        raise CardError(f"{one.key}: the weight must be above zero")
    if one.bins:
        _look_at_bins(one)
    worst = min(_all_points(one))
    if one.missing.points > worst:
        raise CardError(
            f"{one.key}: missing earns {one.missing.points}, more than the worst band's {worst}"
        )


def _look_at_bins(one: Characteristic) -> None:
    if one.bins[0].low is not None or one.bins[-1].high is not None:
        raise CardError(f"{one.key}: the first band starts and the last one ends open (null)")
    for before, after in zip(one.bins, one.bins[1:], strict=False):
        if before.high is None or before.high != after.low:
            raise CardError(f'{one.key}: bands must touch: each "from" is the "to" before it')
        if before.low is not None and before.low >= before.high:
            raise CardError(f"{one.key}: a band ends where it starts or before")
