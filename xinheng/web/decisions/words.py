"""The trade's words for a decision: outcomes, checks, reason codes, components, states.

One place, so that the order page, the queue, the decision page and the credit file say the same
thing with the same colour and letter. Sentences about one order come from the answer itself (they
are part of its bytes); here are only names and what would mend a failed check. Example: headroom
1,060,000.00 > 1,000,000.00 → "收到至少 60,000.00 的款项、减小订单或提高额度".
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from xinheng.credit.money import EXPONENTS, display
from xinheng.texts import T
from xinheng.web.frame.drawings import COMPONENTS, REDUCTIONS


class Outcome(NamedTuple):
    """A word, the letter that carries it without colour, the meaning colour, and what follows."""

    code: str
    text: T
    letter: str
    tone: str
    means: T


OUTCOMES = {
    "approve": Outcome(
        "approve",
        T("通过", "Approved"),
        "✓",
        "within",
        T("额度已为这张订单占用。", "Credit has been reserved for this order."),
    ),
    "refer": Outcome(
        "refer",
        T("复核", "Referred"),
        "?",
        "watch",
        T(
            "需要有权限的人看过才能放行；额度未占用。",
            "A person with authority must look first; nothing is reserved.",
        ),
    ),
    "hold": Outcome(
        "hold",
        T("冻结", "On hold"),
        "!",
        "act",
        T(
            "条件改变或有人放行之前不能发货；额度未占用。",
            "Stands until something changes or it is released; nothing is reserved.",
        ),
    ),
    "decline": Outcome(
        "decline",
        T("拒绝", "Declined"),
        "×",
        "stop",
        T("这张订单到此为止；额度未占用。", "This order ends here; nothing is reserved."),
    ),
}

RESULTS = {
    "pass": (T("符合", "met"), "within"),
    "skip": (T("未约定，不适用", "nothing agreed, not applicable"), "none"),
    "warn": (T("提醒", "warning"), "watch"),
    "refer": (T("转人工", "refer"), "watch"),
    "hold": (T("冻结", "hold"), "act"),
    "decline": (T("拒绝", "decline"), "stop"),
}

CHECKS = {
    "customer_status": T("客户状态", "Customer status"),
    "limit_valid": T("额度在有效期内", "Limit set and valid"),
    "headroom": T("可用额度", "Headroom"),
    "single_order_cap": T("单笔限额", "Single-order cap"),
    "overdue_amount": T("逾期金额", "Overdue amount"),
    "overdue_days": T("最长逾期天数", "Oldest days past due"),
    "rating_expired": T("评级在有效期内", "Rating valid"),
    "grade_floor": T("最低评级", "Lowest grade"),
    "terms_longer": T("付款账期", "Payment terms"),
    "licence_valid": T("营业执照在有效期内", "Business licence valid"),
    "file_complete": T("信用档案完整", "Credit file complete"),
    "file_fresh": T("信用档案未过时", "Credit file fresh"),
    "forced_hold": T("人工强制冻结", "Forced hold"),
    "exchange_rates": T("汇率", "Exchange rates"),
}
AMOUNT_CHECKS = frozenset({"headroom", "single_order_cap", "overdue_amount"})
DAY_CHECKS = frozenset({"overdue_days", "terms_longer"})

CODES = {
    "status_not_active": T("客户状态异常", "Status not active"),
    "status_unknown": T("客户状态未知", "Status unknown"),
    "limit_missing": T("没有额度", "No limit"),
    "limit_unknown": T("额度未知", "Limit unknown"),
    "limit_unset": T("额度未设定", "Limit not set"),
    "limit_not_yet_valid": T("额度未生效", "Limit not yet valid"),
    "limit_expired": T("额度已过期", "Limit expired"),
    "limit_forced_hold": T("人工强制冻结", "Forced hold"),
    "headroom_exceeded": T("超出额度", "Over limit"),
    "single_order_cap_exceeded": T("超出单笔限额", "Over single-order cap"),
    "overdue_amount_exceeded": T("逾期金额超标", "Overdue amount"),
    "overdue_days_exceeded": T("逾期天数超标", "Overdue days"),
    "overdue_unknown": T("逾期情况未知", "Overdue unknown"),
    "rating_unknown": T("评级未知", "Rating unknown"),
    "rating_missing": T("没有评级", "Not rated"),
    "rating_undated": T("评级无有效期", "Rating undated"),
    "rating_expired": T("评级已过期", "Rating expired"),
    "grade_too_low": T("评级过低", "Grade too low"),
    "terms_longer": T("账期过长", "Terms too long"),
    "licence_expired": T("营业执照已到期", "Licence expired"),
    "file_missing": T("没有信用档案", "No credit file"),
    "file_incomplete": T("信用档案不完整", "File incomplete"),
    "file_stale": T("信用档案有过时资料", "File out of date"),
    "group_headroom_exceeded": T("超出集团额度", "Over the group's limit"),
    "group_limit_expired": T("集团额度已过期", "Group limit expired"),
    "sublimit_exceeded": T("超出分项额度", "Over a sub-limit"),
    "sublimit_expired": T("分项额度已过期", "Sub-limit expired"),
    "limit_in_grace": T("额度在宽限期内", "Limit in grace"),
    "exchange_rate_unknown": T("缺少汇率", "No exchange rate"),
    "payer_not_active": T("付款方状态异常", "Payer not active"),
    "within_tolerance": T("在容差之内", "Within the tolerance"),
    "checked_recently": T("近期已检查", "Checked recently"),
    "order_held_by_person": T("订单由人冻结", "Order held by a person"),
    "order_not_approved": T("订单未放行", "Order not approved"),
}

# Where in its life an order was asked about, where that is not its own check.
POINTS = {
    "quote": T("报价检查", "Quote check"),
    "release": T("放行检查", "Release check"),
    "dispatch": T("发货检查", "Dispatch check"),
    "invoice": T("开票检查", "Invoice check"),
}

CAUSES = {
    "moved": T("款项、单据或额度有变", "Money, documents or limits moved"),
    "horizon": T("交货日临近", "Its delivery came near"),
    "person": T("有人要求", "A person asked"),
}

STATUSES = {
    "prospect": (T("待核验", "Prospect"), "watch"),
    "active": (T("正常", "Active"), "within"),
    "watch": (T("关注", "Watch"), "watch"),
    "blocked": (T("停止交易", "Blocked"), "stop"),
    "closed": (T("已关闭", "Closed"), "none"),
}

HOLD_STATES = {
    "waiting": (T("等待处理", "Waiting"), "act"),
    "released": (T("已放行", "Released"), "within"),
    "rejected": (T("已拒绝放行", "Rejected"), "stop"),
    "cancelled": (T("已取消", "Cancelled"), "none"),
    "superseded": (T("已被新版本取代", "Superseded by a new version"), "none"),
}

RESERVATION_STATES = {
    "pending": (T("占用中", "Reserved"), "within"),
    "posted": (T("已转为发票", "Became an invoice"), "none"),
    "voided": (T("已释放", "Voided"), "none"),
    "expired": (T("已到期释放", "Expired"), "none"),
    "replaced": (T("被新版本取代", "Replaced by a newer version"), "none"),
}

_MENDS = {
    "headroom_exceeded": T(
        "收到至少 {short} {currency} 的款项、把订单减小同样的金额，或由有权限的人提高额度。",
        "Receive at least {short} {currency}, make the order smaller by as much, or have the limit "
        "raised.",
    ),
    "single_order_cap_exceeded": T(
        "把订单减小 {short} {currency}，或由有权限的人放行这一张。",
        "Make the order smaller by {short} {currency}, or have this one released.",
    ),
    "overdue_amount_exceeded": T(
        "收到至少 {short} {currency} 的逾期款项。",
        "Receive at least {short} {currency} of what is overdue.",
    ),
    "overdue_days_exceeded": T(
        "收回逾期超过 {threshold} 天的全部发票。",
        "Collect every invoice more than {threshold} days late.",
    ),
    "group_headroom_exceeded": T(
        "由集团内任一公司付款 {short} {currency}、把订单减小，或提高集团额度。",
        "Have any company of the group pay {short} {currency}, make the order smaller, or have the "
        "group's limit raised.",
    ),
    "sublimit_exceeded": T(
        "收回该分项的 {short} {currency}、把订单减小，或提高分项额度。",
        "Receive {short} {currency} on what counts in it, make the order smaller, or have the "
        "sub-limit raised.",
    ),
    "group_limit_expired": T("重新核定集团额度。", "Renew the group's limit."),
    "sublimit_expired": T("重新核定分项额度。", "Renew the sub-limit."),
    "exchange_rate_unknown": T("录入或导入汇率。", "Enter or import the exchange rate."),
    "payer_not_active": T("先恢复付款方状态。", "Bring the payer's status back first."),
    "limit_missing": T("先为客户核定额度。", "Grant the customer a limit first."),
    "limit_unset": T("先为客户核定额度。", "Grant the customer a limit first."),
    "limit_expired": T("重新核定额度，延长有效期。", "Renew the limit."),
    "limit_not_yet_valid": T(
        "等到 {threshold} 额度生效。", "Wait until the limit starts on {threshold}."
    ),
    "limit_forced_hold": T("由当初冻结的人解除。", "Have the person who placed the hold lift it."),
    "rating_expired": T("重新评估客户。", "Assess the customer again."),
    "rating_missing": T("补充资料后评估客户。", "Complete the file and assess the customer."),
    "grade_too_low": T(
        "由有权限的人放行，或在评级改善后再试。",
        "Have it released, or try when the grade is better.",
    ),
    "terms_longer": T(
        "把账期缩短到 {threshold} 天以内。", "Shorten the terms to {threshold} days."
    ),
    "licence_expired": T(
        "取得新的营业执照，录入档案并核验。", "File the new business licence and have it verified."
    ),
    "file_missing": T("建立信用档案。", "Begin the credit file."),
    "file_incomplete": T(
        "补齐档案中缺少的项目并核验。", "Fill the gaps in the file and have them verified."
    ),
    "file_stale": T("更新档案中过时的项目。", "Bring what is too old in the file up to date."),
    "status_not_active": T("先恢复客户状态。", "Bring the customer's status back to active first."),
}


def mend(code: str, measured: str | None, threshold: str | None, currency: str) -> T | None:
    """What would turn this reason into a pass, in a sentence; None where only a person can tell."""
    text = _MENDS.get(code)
    if text is None:
        return None
    return text.format(
        short=_difference(measured, threshold, currency),
        currency=currency,
        threshold=threshold or "—",
    )


def _difference(measured: str | None, threshold: str | None, currency: str) -> str:
    try:
        value = Decimal(measured or "") - Decimal(threshold or "")
    except InvalidOperation:
        return "—"
    return f"{value:,.{EXPONENTS.get(currency) or 0}f}"


def amount_text(text: str | None, currency: str) -> str:
    """A decimal text with separators: "1060000.00" → "1,060,000.00"; words stay words."""
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return str(T("不限", "unlimited")) if text == "unlimited" else (text or "—")
    return f"{value:,.{EXPONENTS.get(currency) or 0}f}"


def minor_text(minor: int, currency: str) -> str:
    """Minor units for people: 106000000 CNY → "1,060,000.00"."""
    return display(minor, currency)


REFS = {
    "behaviour": T("行为评分卡", "Behaviour card"),
    "character": T("特征分析", "Character analysis"),
    "5c": T("5C 要素分析", "5C"),
    "6c": T("6C 要素分析", "6C"),
    "order_check": T("订单检查策略", "order-check policy"),
}


def ref(text: str) -> T:
    """A policy or card with its version, as people say it: "behaviour v1" → 行为评分卡 v1."""
    name, _, version = text.partition(" ")
    title = REFS.get(name, T(name, name))
    return T(f"{title.zh} {version}".strip(), f"{title.en} {version}".strip())


def rule_text(rule: str) -> T:
    """The policy's exposure formula, as the answer tells it, with the components' names."""
    zh = rule.replace("exceeded when used + order > limit", "已用 + 本单 > 额度即为超过")
    zh = re.sub(r" \(orders to be delivered within (\d+) days\)", r"（订单只计 \1 天内交货的）", zh)
    en = re.sub(r"orders \(orders to be delivered", "orders (those to be delivered", rule)
    words = {**COMPONENTS, **REDUCTIONS, "used": T("已用", "used")}
    name = re.compile(rf"\b({'|'.join(words)})\b")
    zh = name.sub(lambda found: words[found[0]].zh, zh)
    en = name.sub(lambda found: words[found[0]].en.lower(), en)
    return T(zh or "—", en or "—")
