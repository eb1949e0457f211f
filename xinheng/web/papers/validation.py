"""The validation report of a learnt model: on whom it was tried, what it is worth, where it ends.

Read from `LearntModel.report` and its body; nothing is computed anew. What a reader must know
before using the model stands first.
Example: AUC 0.787 (0.757 – 0.817), KS 0.45, HL p 0.31, PSI 0.02 stable.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from xinheng.modelling.models import LearntModel
from xinheng.papers.drawing import PAID, Share, bar_chart, curve_chart
from xinheng.papers.layout import (
    Block,
    Cell,
    Drawing,
    Figure,
    Figures,
    Head,
    Notice,
    Section,
    Signatures,
    Toned,
    Words,
    pairs,
    sheet,
)
from xinheng.papers.making import Cover
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.models.words import protocol_words
from xinheng.web.papers.figures import moment, plain

KIND: Final = "validation_report"
CHARACTERISTICS_MAX: Final = 40
KINDS: Final = {
    "scorecard": T("评分卡", "Scorecard"),
    "boosting": T("提升树", "Boosted trees"),
}
STATES: Final = {
    "draft": T("草稿", "draft"),
    "proposed": T("待批准", "proposed"),
    "challenger": T("挑战者", "challenger"),
    "champion": T("现用模型", "champion"),
    "retired": T("已停用", "retired"),
    "refused": T("未批准", "refused"),
}
READINGS: Final = {
    "stable": (T("稳定", "stable"), "within"),
    "watch": (T("关注", "watch"), "watch"),
    "shift": (T("偏移", "shifted"), "stop"),
    "few": (T("样本过少", "too few rows"), "quiet"),
}


def cover(model: LearntModel) -> Cover:
    """Its head."""
    line = T("{k} · 第 {v} 版 · {s} · 制成于 {d}", "{k} · version {v} · {s} · made {d}").format(
        k=KINDS[model.kind], v=model.version, s=STATES[model.state], d=moment(model.made_at)
    )
    return Cover(
        kind=KIND,
        subtitle=model.name,
        line=str(line),
        number=f"{model.name} v{model.version}",
        shows=[model.entry_id],
    )


def blocks(model: LearntModel) -> list[Block]:
    """The report: limits of use first, then how it was tried, and what came of it."""
    found: dict[str, Any] = model.report or {}
    told: list[Block] = _figures(found)
    told += _warnings(found)
    told += _trial(model, found)
    told += _calibration(found)
    told += _cut_offs(found)
    told += _stability(found)
    told += _bins(model.body or {})
    told += _missing(found)
    return [*told, *_people(model)]


def _decimal(value: Any, places: int = 3) -> str:
    return "–" if value is None else f"{float(value):.{places}f}".replace("-", "−")


def _share(value: Any, places: int = 2) -> str:
    return "–" if value is None else f"{float(value) * 100:.{places}f}%"


def _figures(found: dict[str, Any]) -> list[Block]:
    auc = found.get("auc") or {}
    fit, stable = found.get("fit") or {}, found.get("stability") or {}
    interval = f"{_decimal(auc.get('low'))} – {_decimal(auc.get('high'))} (95%)"
    reading = READINGS.get(stable.get("reading", ""), (T("–", "–"), ""))
    good = fit.get("p") is not None and fit["p"] >= 0.05
    return [
        Figures(
            [
                Figure("AUC", _decimal(auc.get("value")), interval, size=13),
                Figure(str(T("基尼系数", "Gini")), _decimal(found.get("gini")), size=13),
                Figure("KS", _decimal(found.get("ks")), size=13),
                Figure(
                    str(T("布赖尔分", "Brier")),
                    _decimal(found.get("brier"), 4),
                    str(T("技巧 {s}", "skill {s}").format(s=_decimal(found.get("brier_skill")))),
                    size=13,
                ),
                Figure(
                    "HL p",
                    _decimal(fit.get("p"), 4),
                    f"χ² {_decimal(fit.get('chi2'), 2)}, df {plain(fit.get('df'))}",
                    "within" if good else "act",
                    13,
                ),
                Figure("PSI", _decimal(stable.get("psi")), str(reading[0]), reading[1], 13),
            ]
        )
    ]


def _warnings(found: dict[str, Any]) -> list[Block]:
    """The limits of use: the model's own warnings, and what holds for any."""
    title = Section(str(T("使用限制", "Limits of use")))
    rows = [T(one["zh"], one["en"]) for one in found.get("limits", [])]
    none = T("检验没有发现须特别提示之处。", "The trial found nothing to warn of.")
    always = T(
        "本报告只说明所示样本上的表现；人群、产品或经济环境变化后须重新验证。结论用于辅助判断，"
        "客户有权要求由人复核。",
        "This tells how the model did on the rows shown; when customers, goods or times change it"
        " has to be validated again. It assists a decision; customers may ask for a person.",
    )
    told: list[Block] = [Notice(str(one), "act") for one in rows] or [Words(str(none), "within")]
    return [title, *told, Words(str(always), "quiet", 8)]


def _trial(model: LearntModel, found: dict[str, Any]) -> list[Block]:
    sample = (model.body or {}).get("sample") or {}
    rows, bads = found.get("rows"), found.get("bads")
    rate = None if not rows else bads / rows
    kept, protocol = model.sample, found.get("protocol")
    told: list[tuple[object, Cell | None]] = [
        (T("检验方式", "How it was tried"), str(protocol_words(protocol)) if protocol else None),
        (T("检验样本", "Rows of the trial"), _count(rows)),
        (T("其中坏客户", "Bads among them"), _count(bads)),
        (T("坏账率", "Bad rate"), _share(rate)),
        (T("建模样本", "Rows of the training"), _count(sample.get("rows"))),
        (T("建模坏账率", "Its bad rate"), _share(sample.get("bad_rate"))),
        (T("备选特征", "Candidates"), _count(sample.get("candidates"))),
        (T("样本", "Sample"), kept.name if kept is not None else None),
        (T("模型 SHA-256", "SHA-256 of the model"), bytes(model.sha256).hex()),
    ]
    return [Section(str(T("样本与检验", "Sample and trial"))), pairs(told)]


def _count(value: Any) -> str | None:
    return None if value is None else f"{int(value):,}"


def _calibration(found: dict[str, Any]) -> list[Block]:
    """Predicted against observed, as a curve and as its table."""
    curve = found.get("curve") or []
    if not curve:
        return []
    title = Section(
        str(T("校准", "Calibration")),
        str(T("点在虚线上，即预测与实际一致", "on the dashed line a prediction came true")),
    )
    words = (str(T("预测坏账率", "predicted")), str(T("实际坏账率", "observed")))
    svg = curve_chart([(one["predicted"], one["observed"]) for one in curve], words)
    rows: list[list[Cell]] = [
        [
            str(place),
            _count(one["rows"]) or "",
            _count(one["bads"]) or "",
            _share(one["predicted"]),
            _share(one["observed"]),
        ]
        for place, one in enumerate(curve, start=1)
    ]
    heads = [
        Head(str(T("组", "Group")), width=1),
        Head(str(T("行数", "Rows")), True, 1),
        Head(str(T("坏客户", "Bads")), True, 1),
        Head(str(T("预测", "Predicted")), True, 1),
        Head(str(T("实际", "Observed")), True, 1),
    ]
    return [title, Drawing(svg, str(title.t)), sheet(heads, rows)]


def _cut_offs(found: dict[str, Any]) -> list[Block]:
    rows: list[list[Cell]] = [
        [
            _share(one["cut_off"], 0),
            *(_count(one[key]) or "0" for key in ("caught", "missed", "false_alarms")),
            _count(one["let_through"]) or "0",
        ]
        for one in found.get("confusion", [])
    ]
    heads = [
        Head(str(T("概率不低于", "At and above")), width=1),
        Head(str(T("拦下的坏客户", "Bads caught")), True, 1),
        Head(str(T("漏过的坏客户", "Bads missed")), True, 1),
        Head(str(T("误拦的好客户", "Goods stopped")), True, 1),
        Head(str(T("放行的好客户", "Goods let through")), True, 1),
    ]
    return (
        [Section(str(T("不同阈值的结果", "What cut-offs would do"))), sheet(heads, rows)]
        if rows
        else []
    )


def _stability(found: dict[str, Any]) -> list[Block]:
    """How each characteristic moved between training and trial."""
    rows: list[list[Cell]] = []
    for one in found.get("shifts", []):
        stable = one["stability"]
        word, tone = READINGS.get(stable["reading"], (T("–", "–"), ""))
        interval = stable.get("interval")
        between = f"{_decimal(interval[0])} – {_decimal(interval[1])}" if interval else "–"
        rows.append([one["key"], _decimal(stable["psi"]), between, Toned(str(word), tone)])
    heads = [
        Head(str(T("特征", "Characteristic")), width=2),
        Head("CSI", True, 1),
        Head(str(T("区间", "Interval")), True, 1),
        Head(str(T("读法", "Reading")), width=1),
    ]
    title = Section(str(T("稳定性", "Stability")), "PSI < 0.10 · 0.10–0.25 · > 0.25")
    return [title, sheet(heads, rows)] if rows else []


def _bins(body: dict[str, Any]) -> list[Block]:
    """The evidence of each characteristic; the strongest first. Trees have none."""
    found = sorted(body.get("bins", []), key=lambda one: -one["iv"])[:CHARACTERISTICS_MAX]
    if not found:
        return []
    shares = [
        Share(one["key"], int(one["iv"] * 10_000), f"IV {one['iv']:.3f}", PAID) for one in found
    ]
    title = Section(str(T("特征与分箱", "Characteristics and bins")))
    told: list[Block] = [title, Drawing(bar_chart(shares, 260), str(title.t))]
    for one in found:
        rows: list[list[Cell]] = []
        for name, good, bad, woe in zip(
            _names(one), one["goods"], one["bads"], one["woe"], strict=True
        ):
            all_rows = good + bad
            rows.append(
                [
                    name,
                    _count(good) or "0",
                    _count(bad) or "0",
                    _share(bad / all_rows if all_rows else None),
                    _decimal(woe),
                ]
            )
        heads = [
            Head(f"{one['key']} · IV {one['iv']:.3f}", width=3),
            Head(str(T("好", "Goods")), True, 1),
            Head(str(T("坏", "Bads")), True, 1),
            Head(str(T("坏账率", "Bad rate")), True, 1),
            Head("WOE", True, 1),
        ]
        told.append(sheet(heads, rows, size=7.4))
    return told


def _names(one: dict[str, Any]) -> list[str]:
    """What each bin holds: words or a range; the last is what is missing."""
    size = len(one["goods"])
    missing = str(T("缺失", "missing"))
    if one["words"]:
        named = [", ".join(words) for words in one["words"]]
    else:
        named = _ranges([plain(bound) for bound in one["bounds"]])
    named = named[: size - 1]
    return [*named, *["–"] * (size - 1 - len(named)), missing]


def _ranges(bounds: Sequence[str]) -> list[str]:
    """ "< 3", "3 – 7", "≥ 7"."""
    if not bounds:
        return [str(T("全部", "all"))]
    between = [f"{low} – {high}" for low, high in pairwise(bounds)]
    return [f"< {bounds[0]}", *between, f"≥ {bounds[-1]}"]


def _missing(found: dict[str, Any]) -> list[Block]:
    told = sorted((found.get("missing_pct") or {}).items(), key=lambda one: -one[1])
    rows: list[list[Cell]] = [[key, f"{share:.2f}%"] for key, share in told if share > 0]
    heads = [
        Head(str(T("缺失值", "Missing values")), width=1),
        Head(str(T("占比", "Share")), True),
    ]
    return [sheet(heads, rows)] if rows else []


def _people(model: LearntModel) -> list[Block]:
    """Who made, proposed and decided; places to sign."""
    ids = [pk for pk in (model.made_by_id, model.proposed_by_id, model.decided_by_id) if pk]
    people = User.objects.in_bulk(ids)

    def name(pk: int | None) -> str:
        return person_name(people[pk]) if pk in people else "–"

    rows: list[tuple[object, Cell | None]] = [
        (T("制作", "Made by"), f"{name(model.made_by_id)} · {moment(model.made_at)}"),
        (T("提议", "Proposed by"), f"{name(model.proposed_by_id)} · {moment(model.proposed_at)}"),
        (T("提议理由", "Why"), model.proposal_reason),
        (T("决定", "Decided by"), f"{name(model.decided_by_id)} · {moment(model.decided_at)}"),
        (T("决定理由", "Decision's reason"), model.decision_reason),
    ]
    title = Section(str(T("责任", "Who answers for it")))
    line = str(T("签字 / 日期", "signature / date"))
    places = [(str(T("验证人", "Validated by")), line), (str(T("批准人", "Approved by")), line)]
    return [title, pairs(rows, 1), Signatures(places)]
