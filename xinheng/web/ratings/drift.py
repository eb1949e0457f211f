"""Drift on a page: each characteristic by month with its word, and one of them in full.

The word stands in every cell, colour only repeats it. A cell opens the bands: expected beside
actual. Example: `?month=2026-10&key=payment_index`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xinheng.credit.money import divide_half_up
from xinheng.modelling.models import DriftReading
from xinheng.texts import T
from xinheng.web.decisions.words import ref
from xinheng.web.frame.tables import url_with

WORDS: Final = {
    "stable": T("稳定", "stable"),
    "watch": T("留意", "watch"),
    "shift": T("已偏移", "shift"),
    "few": T("样本少", "few"),
}
TONES: Final = {"stable": "within", "watch": "watch", "shift": "stop", "few": "none"}


class HeatCell(NamedTuple):
    """One month of one characteristic."""

    reading: DriftReading | None
    word: T | None
    tone: str
    psi: str
    href: str
    chosen: bool


class BandRow(NamedTuple):
    """A band with its shares in tenths of a percent, and bars in thousandths of the widest."""

    name: T
    expected: int
    actual: int
    expected_pct: str
    actual_pct: str
    expected_x: int
    actual_x: int


@require_safe
def drift(request: HttpRequest) -> HttpResponse:
    """The heat-table of the live card, and one characteristic in full."""
    # numpy comes with the reading of a card: only who opens this page pays for it
    from xinheng.modelling import bands, drifting

    one = drifting.watched()
    context: dict[str, Any] = {
        "watched": one,
        "watched_name": _name(one),
        "least": drifting.LEAST_ROWS,
        "words": WORDS,
    }
    if one is None:
        return render(request, "ratings/drift.html", context)
    found = list(one.readings().order_by("month"))
    months = sorted({row.month for row in found})[-drifting.MONTHS :]
    by_place = {(row.characteristic, row.month): row for row in found}
    names = {"": T("总分", "Score")}
    names |= {c.key: T(c.zh, c.en) for c in one.card.characteristics}
    chosen = _chosen(request, by_place, months)
    rows = [
        (name, [_cell(request, by_place.get((key, month)), chosen) for month in months])
        for key, name in names.items()
    ]
    context |= {
        "months": months,
        "rows": rows,
        "shifts": sum(by_place[k].verdict == "shift" for k in by_place if k[1] == months[-1])
        if months
        else 0,
        "base_month": drifting.first_full_month() if one.model is None else None,
    }
    if chosen is not None:
        labels = bands.labels(one.card, one.bins)[chosen.characteristic]
        context |= {
            "chosen": chosen,
            "chosen_name": names[chosen.characteristic],
            "chosen_word": WORDS[chosen.verdict],
            "chosen_tone": TONES[chosen.verdict],
            "bands": _bands(chosen, [T(label.zh, label.en) for label in labels]),
            "drawn_again": drifting.has_interval(chosen.rows),
        }
    return render(request, "ratings/drift.html", context)


def _name(one: Any) -> T | str:
    """A learnt model has the name that a person gave it; the shipped card's is translated."""
    return "" if one is None else one.name if one.model else ref(one.name)


def _chosen(
    request: HttpRequest, found: dict[tuple[str, date], DriftReading], months: list[date]
) -> DriftReading | None:
    """The reading that the address names, else the score's newest."""
    try:
        month = date.fromisoformat(f"{request.GET.get('month', '')[:7]}-01")
    except ValueError:
        month = months[-1] if months else date.min
    key = request.GET.get("key", "")[:80]
    newest = months[-1] if months else date.min
    return found.get((key, month)) or found.get(("", month)) or found.get(("", newest))


def _cell(
    request: HttpRequest, reading: DriftReading | None, chosen: DriftReading | None
) -> HeatCell:
    if reading is None:
        return HeatCell(None, None, "none", "", "", False)
    href = url_with(request, month=f"{reading.month:%Y-%m}", key=reading.characteristic)
    return HeatCell(
        reading,
        WORDS[reading.verdict],
        TONES[reading.verdict],
        f"{reading.psi:.3f}",
        f"{href}#bands",
        chosen is not None and chosen.pk == reading.pk,
    )


def _bands(reading: DriftReading, names: list[T]) -> list[BandRow]:
    """A stored count belongs to the band of its number; bands nobody is in are left out."""
    before = [int(reading.expected.get(str(i), 0)) for i in range(len(names))]
    after = [int(reading.actual.get(str(i), 0)) for i in range(len(names))]
    shares = [_shares(before), _shares(after)]
    widest = max([*shares[0], *shares[1], 1])
    return [
        BandRow(
            name,
            before[i],
            after[i],
            _pct(shares[0][i]),
            _pct(shares[1][i]),
            divide_half_up(shares[0][i] * 1000, widest),
            divide_half_up(shares[1][i] * 1000, widest),
        )
        for i, name in enumerate(names)
        if before[i] or after[i]
    ]


def _shares(counts: list[int]) -> list[int]:
    total = sum(counts)
    return [divide_half_up(one * 1000, total) if total else 0 for one in counts]


def _pct(tenths: int) -> str:
    return f"{tenths // 10}.{tenths % 10}%"
