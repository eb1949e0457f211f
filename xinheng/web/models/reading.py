"""A model as its pages show it: every figure already a text, every bar already placed.

Reads only what stands with the model (its body, report and bins as JSON), so that no page opens a
sample or asks for the numeric libraries. Example: AUC .786 with low .757 and high .816 → "0.786",
"0.757 – 0.816".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from xinheng.modelling.models import LearntModel
from xinheng.texts import T
from xinheng.web.models.drawing import Bar, bars
from xinheng.web.models.words import READINGS, SHIFTS

WORDS_SHOWN: Final = 6


@dataclass(frozen=True)
class Figure:
    """A name, a figure, and the line under it."""

    name: T
    value: str
    note: str = ""


@dataclass(frozen=True)
class BinRow:
    label: str
    goods: int
    bads: int
    rate: str
    woe: str
    bar: Bar


@dataclass(frozen=True)
class Binned:
    """One characteristic in its bins."""

    key: str
    iv: str
    reading: T
    tone: str
    used: bool
    zero: int
    rows: list[BinRow]


@dataclass(frozen=True)
class Band:
    label: str
    points: int
    bar: Bar


@dataclass(frozen=True)
class Scored:
    """One characteristic of a card with the points of its bands."""

    key: str
    zh: str
    en: str
    weight: int
    bands: list[Band]


def figures(report: Mapping[str, Any], as_learnt: float | None = None) -> list[Figure]:
    """The report's head."""
    auc, fit = report["auc"], report["fit"]
    learnt = (
        "" if as_learnt is None else f" · {T('未知不按最差', 'blanks as learnt')} {as_learnt:.3f}"
    )
    return [
        Figure(
            T("区分度 AUC", "AUC"),
            f"{auc['value']:.3f}",
            f"{auc['low']:.3f} – {auc['high']:.3f}{learnt}",
        ),
        Figure(T("KS 值", "KS"), f"{report['ks']:.3f}", str(_ks_reading(report["ks"]))),
        Figure(T("基尼系数", "Gini"), f"{report['gini']:.3f}"),
        Figure(
            T("布赖尔分", "Brier"),
            f"{report['brier']:.4f}",
            f"{T('优于均值', 'better than the mean by')} {report['brier_skill'] * 100:.1f} %",
        ),
        Figure(
            T("拟合检验 HL", "Hosmer–Lemeshow"),
            "p < 0.001" if fit["p"] < 0.0005 else f"p {fit['p']:.3f}",
            f"χ² {fit['chi2']:.2f}, df {fit['df']}",
        ),
        Figure(
            T("稳定性 PSI", "PSI"),
            f"{report['stability']['psi']:.3f}",
            str(SHIFTS[report["stability"]["reading"]][0]),
        ),
    ]


def _ks_reading(ks: float) -> T:
    """How a KS is read (reference 2.5)."""
    if ks > 0.75:
        return T("高得可疑", "suspicious")
    if ks >= 0.5:
        return T("很好", "very good")
    if ks >= 0.4:
        return T("好", "good")
    return T("可用", "usable") if ks >= 0.2 else T("弱", "weak")


def shifts(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each characteristic's CSI with its word."""
    return [
        {
            "key": one["key"],
            "psi": f"{one['stability']['psi']:.3f}",
            "word": SHIFTS[one["stability"]["reading"]][0],
            "tone": SHIFTS[one["stability"]["reading"]][1],
            "missing": f"{report['missing_pct'].get(one['key'], 0):.1f}",
        }
        for one in report["shifts"]
    ]


def groups(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The calibration curve as a table."""
    return [
        {
            "rows": one["rows"],
            "bads": one["bads"],
            "predicted": f"{one['predicted'] * 100:.2f}",
            "observed": f"{one['observed'] * 100:.2f}",
        }
        for one in report["curve"]
    ]


def cut_offs(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one | {"cut": f"{one['cut_off'] * 100:.0f}"} for one in report["confusion"]]


def used_keys(model: LearntModel) -> set[str]:
    parts = model.body.get("bins") or model.body.get("features") or ()
    return {one["key"] for one in parts}


def binned(model: LearntModel) -> list[Binned]:
    """Every column that could have been used, the strongest first."""
    used = used_keys(model)
    return [_binned(one, one["key"] in used) for one in model.plan.get("bins", ())]


def _binned(one: Mapping[str, Any], used: bool) -> Binned:
    zero, placed = bars([float(woe) for woe in one["woe"]])
    labels = bin_labels(one)
    rows = [
        BinRow(label, good, bad, _rate(bad, good + bad), f"{float(woe):+.3f}", bar)
        for label, good, bad, woe, bar in zip(
            labels, one["goods"], one["bads"], one["woe"], placed, strict=True
        )
    ]
    if not rows[-1].goods and not rows[-1].bads:
        rows.pop()
    reading, tone = READINGS[one["reading"]]
    return Binned(one["key"], f"{float(one['iv']):.3f}", reading, tone, used, zero, rows)


def bin_labels(one: Mapping[str, Any]) -> list[str]:
    """What each bin holds, the missing one last."""
    missing = str(T("未知", "Not known"))
    if one["words"]:
        return [*(_words(group) for group in one["words"]), missing]
    bounds = [str(bound) for bound in one["bounds"]]
    if not bounds:
        return [str(T("全部", "All")), missing]
    between = [f"{low} – {high}" for low, high in pairwise(bounds)]
    return [f"< {bounds[0]}", *between, f"≥ {bounds[-1]}", missing]


def _words(group: Sequence[str]) -> str:
    more = f" … +{len(group) - WORDS_SHOWN}" if len(group) > WORDS_SHOWN else ""
    return " | ".join(group[:WORDS_SHOWN]) + more


def _rate(bad: int, rows: int) -> str:
    return f"{100 * bad / rows:.1f}" if rows else "–"


def scored(card: Mapping[str, Any]) -> list[Scored]:
    """A card's points, learnt or shipped."""
    found = []
    for one in card["characteristics"]:
        pairs = [(_band_label(band), band["points"]) for band in one.get("bins", ())]
        by_points: dict[int, list[str]] = {}
        for choice in one.get("values", ()):
            by_points.setdefault(choice["points"], []).append(choice["value"])
        pairs += [(_words(words), points) for points, words in by_points.items()]
        pairs.append((str(T("未知", "Not known")), one["missing"]["points"]))
        _, placed = bars([float(points) for _, points in pairs])
        bands = [
            Band(label, points, bar) for (label, points), bar in zip(pairs, placed, strict=True)
        ]
        found.append(Scored(one["key"], one["zh"], one["en"], one["weight"], bands))
    return found


def _band_label(band: Mapping[str, Any]) -> str:
    low, high = band.get("from"), band.get("to")
    if low is None and high is None:
        return str(T("全部", "All"))
    if low is None:
        return f"< {high}"
    return f"≥ {low}" if high is None else f"{low} – {high}"
