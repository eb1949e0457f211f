"""The second half of the approval form: who agreed, in which words, and how it went on.

Each stage with its seats in their order, a committee's minutes beside its stage, then the trail of
all acts with the ledger entry of each. Example: 第 1 步 · 会签 · 通过: 王芳 同意 “按建议办理”
2026-11-20 10:12.
"""

from __future__ import annotations

from typing import Final

from xinheng.applications.models import Application, Minutes, Proposal, Seat, Stage
from xinheng.applications.staging import role_name
from xinheng.applications.trail import STATE_NAMES
from xinheng.papers.layout import Block, Cell, Head, Notice, Section, Toned, Words, sheet
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.papers.figures import moment

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
STAGES: Final = {
    "waiting": T("未开始", "not begun"),
    "open": T("进行中", "open"),
    "passed": T("通过", "passed"),
    "failed": T("未通过", "failed"),
    "returned": T("退回", "sent back"),
    "closed": T("关闭", "closed"),
}


def name_of(user: User | None) -> str:
    return person_name(user) if user is not None else "–"


def stages(made: Proposal) -> list[Block]:
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
    who = name_of(seat.voted_by) if seat.voted_by else name_of(seat.person)
    if seat.stood_in_for is not None:
        who += str(T("（代 {n}）", " (for {n})").format(n=name_of(seat.stood_in_for)))
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
    names = "、".join(name_of(one) for one in people.values())
    head = T("委员会纪要 · {d} · 到会：{n}", "Minutes · {d} · present: {n}").format(
        d=moment(kept.held_at), n=names
    )
    by = T("记录：{w}；确认：{c}", "Kept by {w}; confirmed by {c}").format(
        w=name_of(kept.written_by), c=name_of(kept.confirmed_by)
    )
    return [Notice(f"{head}\n{kept.text}\n{by}", "quiet")]


def end(row: Application) -> list[Block]:
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
            name_of(one.person) if one.person else str(_SYSTEM),
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


_SYSTEM: Final = T("系统或客户", "the system, or the customer")
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
