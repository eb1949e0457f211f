"""Charts on paper: small SVGs of our own, so that a paper needs no browser.

Whole numbers of a 880-wide canvas; a value's height is value × height ÷ top, HALF_UP. Example: of a
top of 400,000, a month of 100,000 on a height of 120 is a bar of 30. The letters are the paper's
own; a chart always stands beside the table or sentence that says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple

from xinheng.credit.money import divide_half_up
from xinheng.papers.layout import SANS

WIDTH: Final = 880
LEFT: Final = 66
QUIET: Final = "#586663"
LINE: Final = "#d5dcda"
SOLD: Final = "#b2d0ca"
PAID: Final = "#1d6a66"
LATE: Final = "#d37f3f"


class Month(NamedTuple):
    """One month of the payment chart: amounts in minor units, days late in tenths or None."""

    name: str
    sold: int
    on_time: int
    late: int
    days_tenths: int | None


class Share(NamedTuple):
    """One bar of a bar chart: its name, its size, what is written at its end, its colour."""

    name: str
    size: int
    said: str
    colour: str = PAID


def payment_chart(months: Sequence[Month], words: Sequence[str], scale: str) -> str:
    """Invoiced beside paid (on time, late) by month, and the days late below. `words` name the
    three bars and the line, `scale` the highest amount.
    """
    top = max([max(one.sold, one.on_time + one.late) for one in months] + [1])
    step = (WIDTH - LEFT - 8) / max(len(months), 1)
    wide = step * 0.36
    parts = [_grid(22, 142), _text(LEFT - 6, 30, scale, "end"), _text(LEFT - 6, 145, "0", "end")]
    for place, one in enumerate(months):
        x = LEFT + place * step + step * 0.1
        heights = [divide_half_up(size * 120, top) for size in (one.sold, one.on_time, one.late)]
        parts.append(_bar(x, 142 - heights[0], wide, heights[0], SOLD))
        parts.append(_bar(x + wide + 1, 142 - heights[1], wide, heights[1], PAID))
        parts.append(_bar(x + wide + 1, 142 - heights[1] - heights[2], wide, heights[2], LATE))
        if place % 3 == 0:
            parts.append(_text(x, 158, one.name))
    parts.append(_days(months, step))
    parts.append(_legend(words[:3], (SOLD, PAID, LATE)))
    parts.append(_text(LEFT, 180, words[3]))
    return _svg(262, parts)


def _days(months: Sequence[Month], step: float) -> str:
    """Days late as a line of dots around a zero; months without payment leave a gap."""
    told = [abs(one.days_tenths) for one in months if one.days_tenths is not None]
    reach = max([*told, 10])
    middle, room = 220, 30
    parts = [
        f'<line x1="{LEFT}" y1="{middle}" x2="{WIDTH - 8}" y2="{middle}" stroke="{LINE}"/>',
        _text(LEFT - 6, middle + 4, "0", "end"),
        _text(LEFT - 6, middle - room + 6, f"{reach / 10:.0f}", "end"),
        _text(LEFT - 6, middle + room + 4, f"−{reach / 10:.0f}", "end"),
    ]
    before: tuple[float, float] | None = None
    for place, one in enumerate(months):
        if one.days_tenths is None:
            before = None
            continue
        x = LEFT + place * step + step * 0.5
        y = middle - one.days_tenths * room / reach
        if before is not None:
            parts.append(
                f'<line x1="{before[0]:.1f}" y1="{before[1]:.1f}" x2="{x:.1f}" y2="{y:.1f}"'
                f' stroke="#8a5f00" stroke-width="1.6"/>'
            )
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="#8a5f00"/>')
        before = (x, y)
    return "".join(parts)


def bar_chart(shares: Sequence[Share], name_width: int = 200) -> str:
    """Bars lying one under the other, each with what it comes to."""
    top = max([abs(one.size) for one in shares] + [1])
    room, parts = WIDTH - name_width - 190, []
    for place, one in enumerate(shares):
        y = place * 26 + 6
        width = divide_half_up(abs(one.size) * room, top)
        parts.append(_text(name_width - 8, y + 13, one.name, "end"))
        parts.append(_bar(name_width, y, width, 16, one.colour))
        parts.append(_text(name_width + width + 6, y + 13, one.said))
    return _svg(len(shares) * 26 + 10, parts)


def limit_bar(parts_minor: Sequence[tuple[int, str]], ceiling: int | None) -> str:
    """The use of a limit: its parts one after the other, and the limit as a mark."""
    used = sum(size for size, _ in parts_minor)
    top = max(used, ceiling or 0, 1)
    x, parts = 0, [f'<rect x="0" y="4" width="{WIDTH}" height="22" fill="#e3ecea"/>']
    for size, colour in parts_minor:
        width = divide_half_up(size * WIDTH, top)
        parts.append(_bar(x, 4, width, 22, colour))
        x += width
    if ceiling is not None:
        mark = max(1, min(WIDTH - 2, divide_half_up(ceiling * WIDTH, top)))
        parts.append(
            f'<line x1="{mark}" y1="0" x2="{mark}" y2="30" stroke="#17211f" stroke-width="2.4"/>'
        )
    return _svg(30, parts)


def curve_chart(points: Sequence[tuple[float, float]], words: tuple[str, str]) -> str:
    """Observed against predicted: on the diagonal a model tells the truth. Values 0 to 1."""
    top = max([max(point) for point in points] + [0.01]) * 1.08
    side, left, foot = 300, 250, 318

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return left + point[0] / top * side, foot - point[1] / top * side

    parts = [
        f'<rect x="{left}" y="{foot - side}" width="{side}" height="{side}" fill="none"'
        f' stroke="{LINE}"/>',
        f'<line x1="{left}" y1="{foot}" x2="{left + side}" y2="{foot - side}" stroke="{QUIET}"'
        ' stroke-dasharray="4 4"/>',
        _text(left + side, foot + 18, words[0], "end"),
        _text(left - 8, foot - side + 10, words[1], "end"),
        _text(left - 8, foot, "0", "end"),
        _text(left - 8, foot - side + 28, f"{top:.2f}", "end"),
    ]
    placed = [at(point) for point in points]
    trail = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    parts.append(f'<polyline points="{trail}" fill="none" stroke="{PAID}" stroke-width="1.8"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{PAID}"/>' for x, y in placed]
    return _svg(foot + 26, parts)


def _legend(words: Sequence[str], colours: Sequence[str]) -> str:
    parts, x = [], LEFT
    for word, colour in zip(words, colours, strict=True):
        parts.append(_bar(x, 3, 11, 11, colour))
        parts.append(_text(x + 16, 13, word))
        x += 44 + sum(13 if ord(sign) > 255 else 7 for sign in word)
    return "".join(parts)


def _grid(top: int, foot: int) -> str:
    return "".join(
        f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - 8}" y2="{y}" stroke="{LINE}"/>'
        for y in (top, (top + foot) // 2, foot)
    )


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    if width <= 0 or height <= 0:
        return ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{SANS}" font-size="12" fill="{QUIET}"'
        f' text-anchor="{anchor}">{escape(text)}</text>'
    )


def _svg(height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}">{"".join(parts)}</svg>'
    )
