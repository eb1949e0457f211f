"""The approval form (授信审批表): what was asked, found, proposed and agreed to, on one paper.

Everything is read from the application's own rows: the frozen snapshot for what was assessed, the
proposal for what was asked of the approvers, stages and seats for who said what and when. Amounts
stand in figures and in capital characters. Example: 申请 1,000,000.00 → 建议 800,000.00 → 同意
（王芳，2026-11-20 10:12，“同意”）.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from xinheng.applications.checklist import title_of
from xinheng.applications.models import Application, Proposal, Snapshot
from xinheng.applications.trail import STATE_NAMES
from xinheng.credit.capitals import capitals
from xinheng.credit.further_limits import why_not_text
from xinheng.papers.layout import (
    Block,
    Cell,
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
from xinheng.texts import T
from xinheng.web.limits.reading import CAPS, METHODS, decisive_of
from xinheng.web.papers.approval_trail import end, name_of, stages
from xinheng.web.papers.figures import day, english, moment, money, plain

KIND = "approval_form"
KINDS: Final = {
    "new": T("首次授信", "first limit"),
    "increase": T("提高额度", "increase"),
    "temporary": T("临时额度", "temporary limit"),
    "renewal": T("续期", "renewal"),
    "decrease": T("降低额度", "decrease"),
}
TASKS: Final = {
    "open": (T("未办", "open"), "watch"),
    "done": (T("已办", "done"), "within"),
    "waived": (T("免办", "waived"), "quiet"),
}
VERDICTS: Final = {"grant": T("同意授信", "grant"), "refuse": T("不予授信", "refuse")}


def cover(row: Application, snapshot: Snapshot | None, proposal: Proposal | None) -> Cover:
    """Its head: which application, of whom, how far it has come."""
    name = row.customer.name_en if english() and row.customer.name_en else row.customer.name
    line = T("客户编码 {c} · 状态：{s}", "Customer {c} · {s}").format(
        c=row.customer.code, s=STATE_NAMES[row.state]
    )
    return Cover(
        kind=KIND,
        subtitle=name,
        line=str(line),
        number=row.number,
        shows=[one.entry_id for one in (snapshot, proposal) if one is not None] or [row.entry_id],
        key_id=row.customer.data_key_id,
    )


def newest(row: Application) -> tuple[Snapshot | None, Proposal | None]:
    """What counts: the proposal that stands, else the last; the snapshot under it."""
    made = row.proposals.select_related("snapshot", "made_by").order_by("-made_at", "-pk")
    proposal = made.filter(withdrawn_at__isnull=True).first() or made.first()
    if proposal is not None:
        return proposal.snapshot, proposal
    return row.snapshots.order_by("-number").first(), None


def blocks(row: Application, snapshot: Snapshot | None, proposal: Proposal | None) -> list[Block]:
    """The form from the wish to the end."""
    told: list[Block] = _wish(row)
    told += _tasks(row)
    if snapshot is not None:
        told += _assessed(snapshot)
    if proposal is not None:
        told += _proposed(row, proposal)
        told += stages(proposal)
    told += end(row)
    places = [
        (str(T("申请人", "Applicant")), name_of(row.applicant)),
        (str(T("信用分析员", "Analyst")), name_of(row.analyst)),
        (str(T("批准人", "Approved by")), str(T("签字 / 日期", "signature / date"))),
    ]
    return [*told, Signatures(places)]


def _wish(row: Application) -> list[Block]:
    forecast = row.forecast or {}
    bought = forecast.get("purchases_year_minor")
    rows: list[tuple[object, Cell | None]] = [
        (T("申请编号", "Application"), row.number),
        (T("种类", "Kind"), str(KINDS[row.kind])),
        (T("客户", "Customer"), row.customer.name),
        (T("申请人", "Applicant"), name_of(row.applicant) if row.applicant else row.applied_by),
        (T("申请额度", "Asked for"), f"{row.currency} {money(row.asked_minor, row.currency)}"),
        (T("申请账期（天）", "Terms asked, days"), str(row.asked_terms_days)),
        (T("金额大写", "In capitals"), capitals(row.asked_minor, row.currency)),
        (T("提交时间", "Handed in"), moment(row.submitted_at)),
        (
            T("预计年采购额", "Purchases a year"),
            None if bought is None else money(int(bought), row.currency),
        ),
        (T("我方份额", "Our share"), _share(forecast.get("our_share_pct"))),
    ]
    if row.valid_from or row.valid_until:
        rows.append((T("期间", "Period"), f"{day(row.valid_from)} – {day(row.valid_until)}"))
    told: list[Block] = [Section(str(T("一、申请", "1  The wish"))), pairs(rows)]
    if row.purpose:
        told.append(Words(str(T("用途：{p}", "Purpose: {p}").format(p=row.purpose))))
    return told


def _share(value: Any) -> str | None:
    return None if value in (None, "") else f"{value}%"


def _tasks(row: Application) -> list[Block]:
    """The investigation: point by point, by whom, what was found."""
    found = row.tasks.select_related("done_by").order_by("due_on", "pk")
    rows: list[list[Cell]] = [
        [
            str(title_of(one)),
            Toned(str(TASKS[one.state][0]), TASKS[one.state][1]),
            one.finding or "–",
            name_of(one.done_by),
            moment(one.done_at),
        ]
        for one in found
    ]
    head = [
        Head(str(T("调查事项", "Point")), width=2),
        Head(str(T("状态", "State"))),
        Head(str(T("发现", "Finding")), width=3),
        Head(str(T("经办人", "By"))),
        Head(str(T("时间", "When"))),
    ]
    title = Section(str(T("二、调查", "2  Investigation")))
    return [title, sheet(head, rows)] if rows else []


# --- What was assessed


def _assessed(snapshot: Snapshot) -> list[Block]:
    """From the frozen snapshot alone: nothing of today."""
    payload: dict[str, Any] = msgspec.json.decode(bytes(snapshot.payload))
    rating, judged = payload.get("rating") or {}, payload.get("assessment") or {}
    file, limits = payload.get("file") or {}, payload.get("limits") or {}
    currency = limits.get("currency") or judged.get("currency") or ""
    complete = file.get("complete_bps")
    rows: list[tuple[object, Cell | None]] = [
        (T("信用等级", "Grade"), rating.get("grade") or str(T("未评级", "not rated"))),
        (T("模型等级", "The model's grade"), rating.get("model_grade") or None),
        (T("总分", "Points"), plain(judged.get("points"))),
        (T("评分卡", "Card"), judged.get("card")),
        (T("违约概率", "Probability of default"), _pd(rating.get("pd_bps"))),
        (T("档案完整", "File complete"), None if complete is None else f"{complete / 100:.2f}%"),
        (T("评估日", "As of"), payload.get("as_of")),
        (T("快照", "Snapshot"), f"#{snapshot.number} · {moment(snapshot.made_at)}"),
        (T("快照 SHA-256", "SHA-256 of the snapshot"), bytes(snapshot.sha256).hex()),
    ]
    told: list[Block] = [Section(str(T("三、评估", "3  Assessment"))), pairs(rows)]
    reasons = [one for one in judged.get("reasons", []) if "zh" in one and "en" in one]
    told += [Words(f"• {T(one['zh'], one['en'])}") for one in reasons[:8]]
    if judged.get("unverified"):
        said = T("评估用到未经核实的报表。", "It used a statement that nobody had verified.")
        told.append(Notice(str(said), "act"))
    told += _methods(limits, currency)
    told += _exposure(payload)
    return told


def _pd(band: Any) -> str | None:
    if not band:
        return None
    low, high = (int(one) / 100 for one in band)
    return f"{low:.2f}% – {high:.2f}%"


def _methods(limits: dict[str, Any], currency: str) -> list[Block]:
    """Every method's value or why it has none, the caps, and the suggestion."""
    rows: list[list[Cell]] = []
    for one in limits.get("methods", []):
        words = METHODS.get(one["method"], {"zh": one["method"], "en": one["method"]})
        why = _why(one.get("why_not"))
        rows.append([str(T(words["zh"], words["en"])), money(one["value_minor"], currency), why])
    if not rows:
        return []
    rows.append([str(T("中位数", "Median")), money(limits.get("median_minor"), currency), ""])
    for name, cap in (limits.get("caps") or {}).items():
        rows.append([str(CAPS.get(name, T(name, name))), money(cap, currency), ""])
    by = T("取决于：{w}", "decided by: {w}").format(w=decisive_of(limits))
    rows.append(
        [str(T("建议额度", "Suggested")), money(limits.get("limit_minor"), currency), str(by)]
    )
    head = [
        Head(str(T("额度算法", "Method")), width=2),
        Head(currency, True),
        Head(str(T("说明", "Remark")), width=2),
    ]
    return [sheet(head, rows, sums=[len(rows) - 1])]


def _why(code: str | None) -> str:
    if not code:
        return ""
    told = why_not_text(code)
    return str(T(told["zh"], told["en"]))


def _exposure(payload: dict[str, Any]) -> list[Block]:
    """Lines as they stood, what was overdue."""
    rows: list[list[Cell]] = [
        [
            f"{one['currency']} {one.get('scope') or ''}".strip(),
            str(T("不限", "unlimited"))
            if one.get("unlimited")
            else money(one.get("ceiling_minor"), one["currency"]),
            money(one.get("used_minor"), one["currency"]),
            money(one.get("headroom_minor"), one["currency"]),
            plain(one.get("valid_until")),
        ]
        for one in payload.get("lines", [])
    ]
    head = [
        Head(str(T("评估时的额度", "Lines at that time")), width=1),
        Head(str(T("额度", "Limit")), True),
        Head(str(T("占用", "Exposure")), True),
        Head(str(T("可用", "Headroom")), True),
        Head(str(T("至", "Until"))),
    ]
    told: list[Block] = [sheet(head, rows)] if rows else []
    said = T("逾期 {c} {a}，最长 {n} 天", "Overdue {c} {a}, oldest {n} days")
    told += [
        Words(
            str(
                said.format(
                    c=one["currency"], a=money(one["minor"], one["currency"]), n=one["oldest_days"]
                )
            ),
            "act",
        )
        for one in payload.get("overdue", [])
    ]
    return told


# --- What was proposed and agreed


def _proposed(row: Application, made: Proposal) -> list[Block]:
    measured = made.measured or {}
    unit = measured.get("currency", "")
    total = measured.get("total_minor")
    rows: list[tuple[object, Cell | None]] = [
        (T("建议", "Proposed"), str(VERDICTS[made.verdict])),
        (T("提出人", "By"), f"{name_of(made.made_by)} · {moment(made.made_at)}"),
        (T("建议额度", "Amount"), f"{row.currency} {money(made.amount_minor, row.currency)}"),
        (T("账期（天）", "Terms, days"), str(made.terms_days)),
        (T("金额大写", "In capitals"), capitals(made.amount_minor, row.currency)),
        (T("有效期", "Valid"), f"{day(made.valid_from)} – {day(made.valid_until)}"),
        (
            T("依据", "Based on"),
            _based_on(made.method),
        ),
        (
            T("授信后集团敞口", "The group's exposure after it"),
            None if total is None or not unit else f"{unit} {money(int(total), unit)}",
        ),
        (T("授权矩阵", "Authority matrix"), str(measured.get("matrix", "")).rpartition(" ")[2]),
    ]
    told: list[Block] = [Section(str(T("四、建议", "4  Proposal"))), pairs(rows)]
    told.append(Words(str(T("理由：{w}", "Why: {w}").format(w=made.why))))
    for place, one in enumerate(made.conditions or [], start=1):
        said = str(one.get("en" if english() else "zh") or one.get("text") or "")
        when = T("（发货前）", " (before the first delivery)") if one.get("before") else ""
        name = T("条件 {n}：", "Condition {n}: ").format(n=place)
        told.append(Words(f"{name}{said}{when}"))
    return told


def _based_on(code: str) -> str:
    one = METHODS.get(code)
    return str(T(one["zh"], one["en"]) if one else _METHODS.get(code, code))


_METHODS: Final = {
    "combined": T("各方法综合", "all methods together"),
    "own": T("分析员自定", "the analyst's own amount"),
}
