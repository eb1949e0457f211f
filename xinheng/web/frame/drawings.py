"""The house's drawings, as numbers: the limit bar, the ageing bar, the rating bar.

One drawing, the same everywhere. Geometry is computed here in whole thousandths of the width, so
that the parts of a bar add up exactly, and the templates only place rectangles. Example (EXP-1):
limit 1,000,000, used 880,000, an order of 180,000 asked about → the scale ends at 1,060,000 and
the limit's mark stands at 943 ‰.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from xinheng.credit.money import divide_half_up
from xinheng.credit.scale import GRADES
from xinheng.texts import T

WIDTH: Final = 1000

# In this order from the left: what is most certain to be owed comes first.
COMPONENTS: Final = {
    "open_items": T("未结应收", "Open items"),
    "unbilled": T("已发货未开票", "Delivered, not invoiced"),
    "bills": T("商业承兑汇票", "Trade bills"),
    "bank_bills": T("银行承兑汇票", "Bank bills"),
    "listed_bills": T("上市银行承兑汇票", "Listed banks' bills"),
    "guarantees": T("对外担保", "Guarantees given"),
    "orders": T("订单占用", "Reserved by orders"),
    "later": T("远期订单", "Later orders"),
    "below": T("其下各级占用", "Booked on lines below"),
}
REDUCTIONS: Final = {
    "unapplied": T("未核销收款", "Unapplied cash"),
    "prepaid": T("预收款", "Prepayments"),
}
AGEING: Final = {
    "not_due": T("未到期", "Not due"),
    "1-30": T("1–30 天", "1–30 days"),
    "31-60": T("31–60 天", "31–60 days"),
    "61-90": T("61–90 天", "61–90 days"),
    "91-180": T("91–180 天", "91–180 days"),
    "181-365": T("181–365 天", "181–365 days"),
    "365+": T("1 年以上", "Over a year"),
}


@dataclass(frozen=True)
class Part:
    """A rectangle of a bar: what it is, how much, where it stands (thousandths of the width)."""

    key: str
    label: T
    minor: int
    x: int
    width: int
    share_pct: int = 0
    css: str = ""
    href: str = ""


@dataclass(frozen=True)
class LimitBar:
    parts: list[Part]
    reductions: list[Part]
    used_minor: int
    ceiling_minor: int | None
    unlimited: bool
    headroom_minor: int | None
    asked: Part | None
    ceiling_x: int | None
    used_x: int
    used_pct: int | None
    level: str = field(default="none")
    # what the ceiling is made of, where it is more than one limit: base, temporary, cover
    zones: list[Part] = field(default_factory=list)
    group_x: int | None = None  # how far the group's limit lets this line go
    group_minor: int | None = None
    lapsed: bool = False  # its dates are over, or not yet begun: it gives nothing

    @property
    def over_width(self) -> int:
        """How far the drawing runs past the limit; 0 where it does not."""
        if self.ceiling_x is None:
            return 0
        end = self.asked.x + self.asked.width if self.asked else self.used_x
        return max(0, end - self.ceiling_x)


def level_of(used: int, ceiling: int | None, unlimited: bool = False) -> str:
    """The meaning of a usage: within (< 80 %), watch (< 95 %), act (≤ 100 %), stop (above), none
    (no limit set).
    """
    if unlimited:
        return "within"
    if ceiling is None:
        return "none"
    if used > ceiling:
        return "stop"
    if used * 100 > ceiling * 95:
        return "act"
    return "watch" if used * 100 > ceiling * 80 else "within"


ZONES: Final = {
    "base": T("基本额度", "Base limit"),
    "temporary": T("临时额度", "Temporary limit"),
    "cover": T("担保与保险", "Cover"),
}


@dataclass(frozen=True)
class Ceiling:
    """What stands behind a ceiling: the part that covers add, the base limit that a temporary one
    replaces, the room that the group leaves, and whether its dates are over.
    """

    covered: int = 0
    base: int | None = None  # only where a temporary limit is in force
    group_room: int | None = None
    lapsed: bool = False


PLAIN: Final = Ceiling()


def limit_bar(
    components: Mapping[str, int],
    ceiling: int | None,
    *,
    unlimited: bool = False,
    asked: int = 0,
    behind: Ceiling = PLAIN,
) -> LimitBar:
    """The product's signature. `components` are positive amounts by name; reductions come off
    what is used. `ceiling` has what covers add within it.

    Reductions shorten the drawing from the first component on, so that the coloured length is
    what counts as used.
    """
    gross = {key: max(0, components.get(key, 0)) for key in COMPONENTS}
    reduced = {key: max(0, components.get(key, 0)) for key in REDUCTIONS}
    used = sum(components.get(key, 0) for key in COMPONENTS) - sum(reduced.values())
    net = _reduce(gross, sum(reduced.values()))
    drawn, group = None if unlimited else ceiling, _group_end(used, behind.group_room)
    # without a limit of its own the line goes as far as the group lets it
    scale = max(used + asked, (group or 0) if drawn is None else drawn, 1)
    if unlimited and group is None:
        scale = divide_half_up(scale * 10, 8)
    parts = _place(((key, COMPONENTS[key], net[key], gross[key]) for key in COMPONENTS), scale)
    used_x = parts[-1].x + parts[-1].width if parts else 0
    pct = divide_half_up(max(used, 0) * 100, ceiling) if ceiling else None
    return LimitBar(
        parts=parts,
        reductions=[Part(k, REDUCTIONS[k], v, 0, 0) for k, v in reduced.items() if v],
        used_minor=used,
        ceiling_minor=ceiling,
        unlimited=unlimited,
        headroom_minor=_headroom(None if drawn is None else drawn - used, behind.group_room),
        asked=Part("asked", T("本次订单", "This order"), asked, used_x, _length(asked, scale))
        if asked
        else None,
        ceiling_x=None if drawn is None else _length(drawn, scale),
        used_x=used_x,
        used_pct=pct,
        level="stop" if behind.lapsed else level_of(used + asked, ceiling, unlimited),
        zones=_zones(drawn, behind, scale),
        group_x=_length(group, scale) if group is not None and group <= scale else None,
        group_minor=behind.group_room,
        lapsed=behind.lapsed,
    )


def _headroom(own: int | None, group: int | None) -> int | None:
    """The lower of what the limit and what the limits above it leave."""
    rooms = [room for room in (own, group) if room is not None]
    return min(rooms, default=None)


def _group_end(used: int, room: int | None) -> int | None:
    return None if room is None else max(0, used + room)


def _zones(ceiling: int | None, behind: Ceiling, scale: int) -> list[Part]:
    """Base, what a temporary limit adds to it, cover; none where the ceiling is one plain limit. A
    temporary limit *below* the base replaces it too: then it is the only zone.
    """
    if ceiling is None or not (behind.covered or behind.base is not None):
        return []
    limit = ceiling - behind.covered
    base = limit if behind.base is None else min(behind.base, limit)
    sizes = {"base": base, "temporary": limit - base, "cover": behind.covered}
    if behind.base is not None and behind.base >= limit:
        sizes = {"temporary": limit, "cover": behind.covered}
    return _place(((key, ZONES[key], size, size) for key, size in sizes.items()), scale)


def ageing_bar(buckets: Mapping[str, int], hrefs: Mapping[str, str] | None = None) -> list[Part]:
    """The seven ages in their order; empty ones keep their place in the legend with width 0."""
    total = sum(max(0, buckets.get(key, 0)) for key in AGEING)
    rows = (
        (key, label, max(0, buckets.get(key, 0)), buckets.get(key, 0))
        for key, label in AGEING.items()
    )
    return _place(rows, max(total, 1), keep_empty=True, hrefs=hrefs)


def grade_bar(amounts: Mapping[str, int], hrefs: Mapping[str, str] | None = None) -> list[Part]:
    """Amounts by grade on the ordered ramp, AAA first, "" (not rated) last."""
    names = [*GRADES, ""]
    total = sum(max(0, amounts.get(name, 0)) for name in names)
    rows = (
        (
            name,
            T(name, name) if name else T("未评级", "Not rated"),
            max(0, amounts.get(name, 0)),
            amounts.get(name, 0),
        )
        for name in names
    )
    return _place(rows, max(total, 1), keep_empty=True, hrefs=hrefs)


def _reduce(amounts: Mapping[str, int], by: int) -> dict[str, int]:
    left, net = by, {}
    for key, amount in amounts.items():
        taken = min(left, amount)
        net[key], left = amount - taken, left - taken
    return net


def _length(minor: int, scale: int) -> int:
    return divide_half_up(max(0, minor) * WIDTH, scale)


def _place(
    rows: Iterable[tuple[str, T, int, int]],
    scale: int,
    keep_empty: bool = False,
    hrefs: Mapping[str, str] | None = None,
) -> list[Part]:
    """Rectangles side by side; edges are rounded, not widths, so that the last one ends where it
    must.
    """
    placed: list[Part] = []
    run = 0
    for key, label, drawn, minor in rows:
        if not minor and not keep_empty:
            continue
        x = _length(run, scale)
        run += drawn
        width = _length(run, scale) - x
        share = divide_half_up(drawn * 100, scale)
        placed.append(
            Part(key, label, minor, x, width, share, css_name(key), (hrefs or {}).get(key, ""))
        )
    return placed


def css_name(key: str) -> str:
    """A key as part of a class name: "365+" → "365p", "" → "none"."""
    return key.replace("+", "p").replace("_", "-").lower() or "none"


def heights(values: Sequence[int], height: int) -> list[int]:
    """Zero-based column heights for a small chart without a script."""
    top = max([*values, 1])
    return [divide_half_up(max(0, value) * height, top) for value in values]
