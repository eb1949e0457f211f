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
from xinheng.applications.models import Application, Minutes, Proposal, Seat, Snapshot, Stage
from xinheng.applications.staging import role_name
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
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.limits.reading import CAPS, METHODS, decisive_of
from xinheng.web.papers.figures import day, english, moment, money, plain

KIND = "approval_form"
KINDS: Final = {
    "new": T("首次授信", "first limit"),
    "increase": T("提高额度", "increase"),
    "temporary": T("临时额度", "temporary limit"),
    "renewal": T("续期", "renewal"),
    "decrease": T("降低额度", "decrease"),
}
MODES: Final = {
    "all": T("会签", "all agree"),
    "any": T("或签", "any one"),
    "sequence": T("依次", "one after the other"),
    "committee": T("委员会", "committee"),
}
VOTES: Final = {
    "yes": (T("同意", "agreed"), "within"),
    "no": (T("不同意", "against"), "stop"),
    "return": (T("退回", "sent back"), "act"),
    "abstain": (T("弃权", "abstained"), "quiet"),
    "conflict": (T("回避", "conflict of interest"), "quiet"),
}
TASKS: Final = {
    "open": (T("未办", "open"), "watch"),
    "done": (T("已办", "done"), "within"),
    "waived": (T("免办", "waived"), "quiet"),
}
STAGES: Final = {
    "waiting": T("未开始", "not begun"),
    "open": T("进行中", "open"),
    "passed": T("通过", "passed"),
    "failed": T("未通过", "failed"),
    "returned": T("退回", "sent back"),
    "closed": T("关闭", "closed"),
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
        told += _stages(proposal)
    told += _end(row)
    places = [
        (str(T("申请人", "Applicant")), _name(row.applicant)),
        (str(T("信用分析员", "Analyst")), _name(row.analyst)),
        (str(T("批准人", "Approved by")), str(T("签字 / 日期", "signature / date"))),
    ]
    return [*told, Signatures(places)]


def _name(user: User | None) -> str:
    return person_name(user) if user is not None else "–"


def _wish(row: Application) -> list[Block]:
    forecast = row.forecast or {}
    bought = forecast.get("purchases_year_minor")
    rows: list[tuple[object, Cell | None]] = [
        (T("申请编号", "Application"), row.number),
        (T("种类", "Kind"), str(KINDS[row.kind])),
        (T("客户", "Customer"), row.customer.name),
        (T("申请人", "Applicant"), _name(row.applicant) if row.applicant else row.applied_by),
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
            _name(one.done_by),
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
        (T("提出人", "By"), f"{_name(made.made_by)} · {moment(made.made_at)}"),
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
        (T("授权矩阵", "Authority matrix"), measured.get("matrix")),
        (T("审批路径", "Route"), measured.get("route")),
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


def _stages(made: Proposal) -> list[Block]:
    """Each stage with its seats: who spoke, when, in whose place, in which words."""
    told: list[Block] = [Section(str(T("五、审批", "5  Approval")))]
    stages = list(made.stages.order_by("order"))
    if not stages:
        none = T("自动核定，没有人工审批。", "Granted without a person, by the matrix.")
        return [*told, Words(str(none))]
    seats = Seat.objects.filter(stage__in=stages).select_related(
        "person", "voted_by", "stood_in_for", "added_by"
    )
    by_stage: dict[int, list[Seat]] = {}
    for seat in seats.order_by("order", "pk"):
        by_stage.setdefault(seat.stage_id, []).append(seat)
    for stage in stages:
        told += _stage(stage, by_stage.get(stage.pk, []))
    return told


def _stage(stage: Stage, seats: list[Seat]) -> list[Block]:
    head = [
        Head(str(T("职务", "Seat")), width=1.4),
        Head(str(T("审批人", "Who")), width=1.4),
        Head(str(T("意见", "Vote"))),
        Head(str(T("审批意见", "Words")), width=3),
        Head(str(T("时间", "When"))),
    ]
    title = T("第 {n} 步 · {m} · {s}", "Step {n} · {m} · {s}").format(
        n=stage.order,
        m=MODES[stage.mode],
        s=STAGES[stage.state],
    )
    if stage.mode == "committee":
        share = T("；须 {q} 人到会，{a}/{b} 同意", "; quorum {q}, {a}/{b} must agree").format(
            q=stage.quorum, a=stage.share_num, b=stage.share_den
        )
        title = T(title.zh + share.zh, title.en + share.en)
    told: list[Block] = [Words(str(title), "accent"), sheet(head, [_seat(one) for one in seats])]
    return told + _minutes(stage)


def _seat(seat: Seat) -> list[Cell]:
    who = _name(seat.voted_by) if seat.voted_by else _name(seat.person)
    if seat.stood_in_for is not None:
        who += str(T("（代 {n}）", " (for {n})").format(n=_name(seat.stood_in_for)))
    role = str(role_name(seat.role)) if seat.role else str(T("加签", "added"))
    vote: Cell = "–"
    if seat.vote:
        vote = Toned(str(VOTES[seat.vote][0]), VOTES[seat.vote][1])
    elif seat.closed_at is not None:
        vote = Toned(str(T("无需", "not needed")), "quiet")
    return [role, who, vote, seat.words or "–", moment(seat.voted_at)]


def _minutes(stage: Stage) -> list[Block]:
    kept = Minutes.objects.filter(stage=stage).select_related("written_by", "confirmed_by").first()
    if kept is None:
        return []
    people = User.objects.in_bulk(kept.present)
    names = "、".join(_name(one) for one in people.values())
    head = T("委员会纪要 · {d} · 到会：{n}", "Minutes · {d} · present: {n}").format(
        d=moment(kept.held_at), n=names
    )
    by = T("记录：{w}；确认：{c}", "Kept by {w}; confirmed by {c}").format(
        w=_name(kept.written_by), c=_name(kept.confirmed_by)
    )
    return [Notice(f"{head}\n{kept.text}\n{by}", "quiet")]


def _end(row: Application) -> list[Block]:
    """How it ended, and the whole trail."""
    title = Section(str(T("六、结果与经过", "6  Outcome and trail")))
    said = f"{STATE_NAMES[row.state]} · {moment(row.ended_at or row.state_since)}"
    told: list[Block] = [title, Words(said, "accent")]
    if row.end_reason:
        told.append(Words(row.end_reason))
    steps = list(row.steps.select_related("person").order_by("at", "pk"))
    rows: list[list[Cell]] = [
        [
            moment(one.at),
            str(STEP_NAMES.get(one.kind, T(one.kind, one.kind))),
            _name(one.person) if one.person else one.by,
            one.words or "",
            str(one.entry_id)[:8] if one.entry_id else "–",
        ]
        for one in steps
    ]
    head = [
        Head(str(T("时间", "When"))),
        Head(str(T("经过", "What"))),
        Head(str(T("经手", "Who"))),
        Head(str(T("说明", "Words")), width=1),
        Head(str(T("账本", "Ledger"))),
    ]
    return [*told, sheet(head, rows, size=7.4)] if rows else told


STEP_NAMES: Final = {
    "drafted": T("起草", "drafted"),
    "changed": T("修改", "changed"),
    "submitted": T("提交", "handed in"),
    "resubmitted": T("重新提交", "handed in again"),
    "taken": T("受理", "taken up"),
    "handed_over": T("转交", "handed over"),
    "assessed": T("评估", "assessed"),
    "proposed": T("提出建议", "proposed"),
    "vote": T("表决", "voted"),
    "voted": T("表决", "voted"),
    "conflict": T("回避", "conflict of interest"),
    "seat_added": T("加签", "seat added"),
    "seat_moved": T("转审", "seat moved"),
    "nudged": T("催办", "nudged"),
    "escalated": T("升级", "escalated"),
    "returned": T("退回", "sent back"),
    "withdrawn": T("撤回", "withdrawn"),
    "granted": T("核定", "granted"),
    "rejected": T("否决", "rejected"),
    "lapsed": T("失效", "lapsed"),
    "task_done": T("办结事项", "point done"),
    "task_waived": T("免办事项", "point waived"),
    "task_added": T("增加事项", "point added"),
    "task_assigned": T("分派事项", "point assigned"),
    "grant_refused": T("核定未成", "grant not possible"),
    "tried_again": T("再次核定", "tried again"),
    "letter_sent": T("送达通知", "letter handed over"),
}
