"""The ledger as a page shows it: what is published, what waits, and the newest entries without any
name.

An entry's leaf is public: time, kind, outcome and codes in clear, everything else a salted
commitment. So the list needs no rights beyond seeing the page, and it opens nothing. Example:
`order_check.decided · hold · #4711`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from xinheng.ledger import queries
from xinheng.ledger.models import Checkpoint, Entry
from xinheng.ledger.signer import PUBLIC_KEY_FILE
from xinheng.merkle.commitment import read_leaf
from xinheng.texts import T
from xinheng.web.decisions import words

ENTRY_ROWS = 40

KINDS = {
    "order_check.decided": T("订单判断", "Order decided"),
    "order_check.cancelled": T("订单取消", "Order cancelled"),
    "hold.released": T("冻结放行", "Hold released"),
    "hold.rejected": T("冻结拒绝", "Hold rejected"),
    "hold.released_by_recheck": T("重新检查后自动放行", "Released by a recheck"),
    "hold.opened_by_recheck": T("交货日临近，重新冻结", "Held by a recheck"),
    "hold.placed": T("订单由人冻结", "Order held by a person"),
    "hold.kept": T("冻结由人保留", "Hold kept by a person"),
    "hold.lifted": T("解除人工冻结", "Person's hold lifted"),
    "review.asked": T("请求人工复核", "Review by a person asked"),
    "review.answered": T("答复复核请求", "Review answered"),
    "reservations.expired": T("占用到期释放", "Reservations expired"),
    "import.done": T("文件导入", "File imported"),
    "import.undone": T("导入撤销", "Import undone"),
    "reviews.found": T("复评到期", "Reviews due"),
    "application.drafted": T("授信申请起草", "Application drafted"),
    "application.changed": T("授信申请修改", "Application changed"),
    "application.submitted": T("授信申请提交", "Application submitted"),
    "application.resubmitted": T("授信申请再次提交", "Application submitted again"),
    "application.withdrawn": T("授信申请撤回", "Application withdrawn"),
    "application.lapsed": T("授信申请失效", "Application lapsed"),
    "application.invited": T("发出授信申请链接", "Customer invited to apply"),
    "application.taken": T("授信申请受理", "Application taken up"),
    "application.handed_over": T("授信申请移交", "Application handed over"),
    "application.task_added": T("增加调查任务", "Point of an investigation added"),
    "application.task_assigned": T("分派调查任务", "Point of an investigation assigned"),
    "application.task_done": T("完成调查任务", "Point of an investigation done"),
    "application.task_waived": T("免做调查任务", "Point of an investigation waived"),
    "application.assessed": T("授信申请评估", "Application assessed"),
    "application.proposed": T("提出授信建议", "Credit proposed"),
    "application.vote": T("授信审批表决", "Vote on an application"),
    "application.conflict": T("声明利益冲突", "Conflict of interest declared"),
    "application.seat_added": T("加签", "Seat added"),
    "application.seat_moved": T("转审", "Seat moved"),
    "application.nudged": T("催办", "Nudged"),
    "application.escalated": T("审批升级", "Seat escalated"),
    "application.minutes": T("会议纪要", "Minutes written"),
    "application.minutes_confirmed": T("确认会议纪要", "Minutes confirmed"),
    "application.left_to_person": T("转人工审批", "Left to a person"),
    "application.human_asked": T("请求人工复核授信", "Person asked for on an application"),
    "application.tried_again": T("再次核定", "Grant tried again"),
    "application.grant_refused": T("核定未成", "Grant refused"),
    "application.granted": T("授信批准", "Application granted"),
    "application.rejected": T("授信拒绝", "Application rejected"),
    "letter.sent": T("信函送出（无申请）", "Letter without an application handed over"),
    "application.letter_sent": T("信函送出", "Letter handed over"),
    "review.asked_for": T("提出复评", "Review of a customer asked for"),
    "review.started": T("复评转为授信申请", "Review begun"),
    "review.assigned": T("复评移交", "Review handed on"),
    "review.ended": T("复评办结", "Review over"),
    "offers.found": T("可提额客户", "Customers to offer more"),
    "offer.made": T("邀约提额", "More credit offered"),
    "offer.taken": T("客户接受提额", "Offer taken"),
    "offer.declined": T("提额未接受", "Offer declined"),
    "regrades.found": T("调级建议", "Grades proposed"),
    "regrade.accepted": T("采纳调级建议", "Proposed grade accepted"),
    "regrade.refused": T("未采纳调级建议", "Proposed grade refused"),
    "customers.assessed": T("信用评估", "Customers assessed"),
    "grade.by_expert": T("采用专家评级", "Person's rating taken"),
    "grade.override_asked": T("申请上调等级", "Upgrade asked for"),
    "grade.overridden": T("等级由人调整", "Grade set by a person"),
    "grade.override_refused": T("上调未获同意", "Upgrade refused"),
    "grade.override_ended": T("等级调整结束", "Change of a grade ended"),
    "customer.contact_added": T("新增联系人", "Contact added"),
    "customer.parent": T("变更上级公司", "Parent company changed"),
    "customer.payer": T("变更付款方", "Payer changed"),
    "customer.merged": T("合并客户", "Customers merged"),
    "customer.identity_added": T("登记证照号码", "Number of a company entered"),
    "customer.identity_overridden": T("特别采用证照号码", "Number taken on by a person"),
    "customer.not_the_same": T("认定不是同一家", "Said not to be the same company"),
    "customer.unmerged": T("撤销客户合并", "Merge of customers undone"),
    "lines.granted": T("额度核定", "Limits granted"),
    "lines.rejected": T("额度建议未采纳", "Limit proposals rejected"),
    "lines.adjusted": T("批量调整额度", "Limits adjusted"),
    "lines.suspended": T("额度暂停", "Limits suspended"),
    "lines.resumed": T("额度恢复", "Limits resumed"),
    "line.proposed": T("人工提出额度", "Limit entered by a person"),
    "line.granted": T("核定一项额度", "Limit granted"),
    "line.withdrawn": T("撤回额度", "Limit withdrawn"),
    "line.held": T("额度强制冻结", "Limit put on hold"),
    "line.lifted": T("解除额度冻结", "Hold of a limit lifted"),
    "line.covered": T("登记担保", "Cover entered"),
    "line.cover_ended": T("终止担保", "Cover ended"),
    "sample.kept": T("建模样本入库", "Sample for models kept"),
    "sample.asked": T("请求从账本取样", "Sample of the book asked for"),
    "model.asked": T("请求训练模型", "Training asked for"),
    "model.learnt": T("模型训练完成", "Model learnt"),
    "model.proposed": T("提议启用模型", "Model proposed"),
    "model.promoted": T("模型启用", "Model put to work"),
    "model.refused": T("模型提议未采纳", "Model refused"),
    "model.retired": T("模型停用", "Model retired"),
    "policy.drafted": T("策略起草", "Policy drafted"),
    "policy.approved": T("策略批准", "Policy approved"),
    "policy.live": T("策略生效", "Policy went live"),
    "company.set_up": T("系统启用", "Company set up"),
    "business_units.ensured": T("业务单元", "Business units"),
    "roles.added": T("新增角色", "Roles added"),
    "user.created": T("新增用户", "Person added"),
    "user.deactivated": T("停用用户", "Person deactivated"),
    "deputy.appointed": T("指定代理人", "Deputy appointed"),
    "deputy.ended": T("终止代理", "Deputy's time ended"),
    "passwords.changed": T("更改密码", "Passwords changed"),
    "api_key.created": T("新建接口密钥", "API key created"),
    "api_key.revoked": T("吊销接口密钥", "API key revoked"),
    "rates.recorded": T("登记汇率", "Rates entered"),
    "holidays.recorded": T("登记日历", "Holidays entered"),
    "terms.recorded": T("登记付款条件", "Payment terms entered"),
    "term.ended": T("停用付款条件", "Payment term ended"),
    "documents.received": T("接口送来单据", "Documents received"),
    "document.added": T("文件存入档案", "Document filed"),
    "document.withdrawn": T("撤下档案文件", "Document withdrawn"),
    "document.dismissed": T("处理隔离单据", "Quarantined message dismissed"),
    "fact.entered": T("录入档案信息", "Fact entered"),
    "fact.corrected": T("更正档案信息", "Correction of a fact entered"),
    "fact.checked": T("档案信息初核", "Fact verified once"),
    "fact.verified": T("档案信息核验", "Fact verified"),
    "fact.rejected": T("退回档案信息", "Fact rejected"),
    "conflict.resolved": T("处理来源冲突", "Conflict of sources resolved"),
    "facts.received": T("接口送来档案信息", "Facts received"),
    "facts.verified": T("成批核验档案信息", "Facts verified together"),
    "statement.entered": T("录入财务报表", "Statement entered"),
    "statement.verified": T("财务报表核验", "Statement verified"),
    "link.made": T("生成外部链接", "Link for an outsider made"),
    "link.revoked": T("作废外部链接", "Link revoked"),
    "registration.submitted": T("客户提交登记", "Registration handed in"),
    "registration.decided": T("客户登记答复", "Registration answered"),
    "customer.prospect_opened": T("新客户开始登记", "Prospect opened"),
    "customer.prospect_retold": T("新客户更改登记", "Prospect told anew"),
    "customer.admitted": T("准入新客户", "Customer admitted"),
    "customer.former_name": T("登记曾用名", "Former name entered"),
    "customer.identity_ended": T("证照号码停用", "Number of a company ended"),
    "customer.placed": T("登记地区和行业", "Place and trade entered"),
    "customer.reading_corrected": T("更正名称读音", "Reading of a name corrected"),
    "customer.share_entered": T("登记持股", "Share entered"),
    "customer.share_verified": T("持股核验", "Share verified"),
    "customer.share_ended": T("持股终止", "Share ended"),
    "reference.asked": T("征询资信证明", "Reference asked"),
    "reference.answered": T("收到资信答复", "Reference answered"),
    "reference.reviewed": T("复核资信答复", "Reference reviewed"),
    "reference.withdrawn": T("撤回资信征询", "Reference withdrawn"),
    "consent.withdrawn": T("登记撤回同意", "Consent withdrawn"),
    "report.ended": T("外部报告到期删除", "Report ended after its days"),
    "report.read_again": T("重新读取外部报告", "Report read again"),
    "visit.planned": T("计划走访", "Visit planned"),
    "visit.begun": T("开始走访", "Visit begun"),
    "visit.photo": T("走访照片", "Photo of a visit"),
    "visit.done": T("走访完成", "Visit done"),
    "visit.sent_back": T("走访记录退回", "Visit sent back"),
    "visit.reviewed": T("走访复核", "Visit reviewed"),
    "visit.cancelled": T("取消走访", "Visit cancelled"),
    "contract.recorded": T("录入合同", "Contract recorded"),
    "contract.paper": T("合同附上原件", "Paper of a contract filed"),
    "contract.in_force": T("合同生效", "Contract put in force"),
    "contract.corrected": T("更正合同", "Contract corrected"),
    "contract.dropped": T("放弃合同草稿", "Draft of a contract dropped"),
    "contract.ended": T("合同终止", "Contract ended"),
    "expert.rated": T("专家评级", "Rated by an expert"),
    "expert.adopted": T("采用专家评级", "Expert's rating adopted"),
    "weights.study_made": T("建立权重研究", "Weights to be compared"),
    "weights.judged": T("两两比较", "Pairs compared"),
    "weights.accepted": T("采用权重", "Weights put to use"),
    "weights.retired": T("停用权重", "Weights retired"),
    "talk.recorded": T("记录沟通", "Talk recorded"),
    "talk.follow_up": T("安排跟进", "Follow-up set"),
    "talk.followed_up": T("完成跟进", "Follow-up done"),
    "talk.withdrawn": T("撤下沟通记录", "Talk withdrawn"),
    "exposure.rebuilt": T("重算占用", "Exposure rebuilt"),
    "paper.made": T("制作文书", "Paper made"),
    "list.exported": T("导出列表", "List exported"),
    "demonstration.removed": T("移除演示账套", "Demonstration removed"),
}


@dataclass(frozen=True)
class EntryLine:
    """One public entry: where it stands, when, what kind, and what is in clear."""

    idx: int
    at: datetime
    kind: str
    title: T
    clear: str
    signed: bool


@dataclass(frozen=True)
class Page:
    """What the ledger page shows."""

    checkpoint: Checkpoint | None
    pending: int
    oldest_pending: datetime | None
    late: bool
    entries: list[EntryLine]
    next_before: int | None
    origin: str
    public_key: str


def read(before: int | None, *, at: datetime) -> Page:
    """The newest entries (below index `before`), the newest checkpoint and what waits."""
    newest = queries.newest_checkpoint()
    backlog = queries.backlog()
    size = newest.size if newest else 0
    rows = Entry.objects.order_by("-idx")
    if before is not None:
        rows = rows.filter(idx__lt=before)
    found = list(rows[: ENTRY_ROWS + 1])
    waited = (at - backlog.oldest_at).total_seconds() if backlog.oldest_at else 0
    return Page(
        checkpoint=newest,
        pending=backlog.count,
        oldest_pending=backlog.oldest_at,
        late=waited > 30,
        entries=[_line(row, size) for row in found[:ENTRY_ROWS]],
        next_before=found[ENTRY_ROWS - 1].idx if len(found) > ENTRY_ROWS else None,
        origin=settings.LEDGER_ORIGIN,
        public_key=public_key(),
    )


def _line(row: Entry, size: int) -> EntryLine:
    leaf = read_leaf(bytes(row.leaf))
    kind = str(leaf.get("kind", ""))
    return EntryLine(
        idx=row.idx,
        at=datetime.fromisoformat(str(leaf["at"])),
        kind=kind,
        title=KINDS.get(kind, T(kind, kind)),
        clear=_clear_text(leaf.get("clear") or {}),
        signed=row.idx < size,
    )


def _clear_text(clear: dict[str, Any]) -> str:
    parts = []
    for name, value in clear.items():
        if name == "outcome" and value in words.OUTCOMES:
            parts.append(str(words.OUTCOMES[value].text))
        elif name == "reasons" and isinstance(value, list):
            parts.extend(str(words.CODES.get(code, T(str(code), str(code)))) for code in value)
        elif name == "policy":
            parts.append(str(words.ref(str(value))))
        else:
            parts.append(f"{name} {_short(value)}")
    return " · ".join(parts)


def _short(value: Any) -> str:
    """A hash by its first digits, a list by its words: the whole is in the proof file."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    text = str(value)
    return f"{text[:10]}…" if len(text) > 40 else text


def public_key() -> str:
    """The log's public key as the signer wrote it; empty before the sequencer's first start."""
    for folder in (settings.XINHENG_LEDGER_DIR, settings.XINHENG_KEYS_DIR):
        try:
            return (Path(folder) / PUBLIC_KEY_FILE).read_text().strip()
        except OSError:
            continue
    return ""
