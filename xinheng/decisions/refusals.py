"""What the decision room refuses, in order of precedence. Codes are never reused."""

from enum import Enum

from xinheng.texts import T


class DecisionRefusal(Enum):
    NOT_ALLOWED = T("您没有这项操作的权限。", "You are not allowed to do this.")
    UNKNOWN_DECISION = T("没有这个决定。", "There is no such decision.")
    NOT_WAITING = T(
        "这笔冻结已处理（{state}），请刷新页面。",
        "This hold has already been dealt with ({state}); reload.",
    )
    REASON_REQUIRED = T(
        "请写明理由（至少 {least} 个字）。",
        "Give the reason in words (at least {least} characters).",
    )
    REQUESTER_MAY_NOT_RELEASE = T(
        "提交这笔订单检查的人不能放行它，请由另一位有权限的人处理。",
        "Whoever asked for this order check cannot release it; another person with authority must.",
    )
    NO_AUTHORITY = T(
        "您没有 {currency} 的放行授权。", "You have no authority to release in {currency}."
    )
    ABOVE_AUTHORITY = T(
        "放行后占用 {amount} {currency}，超出您的授权上限 {limit}。",
        "After the release {amount} {currency} would be in use, above your authority of {limit}.",
    )
    CUSTOMER_CLOSED = T(
        "客户状态为“{status}”，不能放行。",
        "The customer is {status}; its orders cannot be released.",
    )
    NOTHING_TO_CANCEL = T(
        "这个决定没有可取消的占用或冻结。", "This decision has no reservation or hold to cancel."
    )
    NO_LIVE_POLICY = T(
        "没有生效的订单检查策略，不能作出决定。",
        "No order-check policy is live; nothing can be decided.",
    )
    RATE_MISSING = T(
        "没有 {base}/{quote} 的有效汇率，无法衡量集团占用；请先导入汇率。",
        "There is no rate of {base} in {quote} to measure the group's use with: import one first.",
    )
    NO_SPECIAL_AUTHORITY = T(
        "订单使占用超出额度 {amount} {currency}，而您没有特批授权。",
        "The order goes {amount} {currency} beyond the limit; you may not approve that specially.",
    )
    ABOVE_SPECIAL_AUTHORITY = T(
        "超出额度 {amount} {currency}（本单 {own}，{days} 天内已特批 {before}），"
        "高于您的特批上限 {limit}。",
        "That is {amount} {currency} beyond the limit (this order {own}, approved within {days} "
        "days {before}), above your {limit} for special approval.",
    )
    TOO_MANY_DAYS = T(
        "不能特批 {days} 天，您最多可以特批 {most} 天。",
        "{days} days can't be approved: give 1 to {most}.",
    )
    TOO_MANY = T("一次最多处理 {most} 笔。", "At most {most} at once: choose fewer.")
    SUPERSEDED = T(
        "这张订单已有更新的版本，请处理最新版本。",
        "There is a newer version of this order: look at that one.",
    )
    NOTHING_TO_HOLD = T(
        "这张订单没有仍在占用的额度，不能冻结。",
        "This order holds no credit any more: there is nothing to hold.",
    )
    NOT_FORCED = T(
        "这笔冻结不是人工保留的，或已处理。", "No person keeps this hold, or it has ended: reload."
    )
    NOTHING_TO_REVIEW = T(
        "这个决定没有可请人复核的内容。",
        "There is nothing in this decision that a person could judge otherwise.",
    )
    JUDGED_BY_PERSON = T(
        "这张订单已由人处理过；如有新情况，请以新版本重新提交。",
        "A person has judged this order already; with news, check its next version.",
    )
    NO_REVIEW_ASKED = T(
        "没有待答复的复核请求，请刷新页面。", "No review waits for an answer here; reload."
    )
    UNKNOWN_CUSTOMER = T("没有这个客户。", "There is no such customer.")
    NEEDS_PERSON = T(
        "这一步须由本人登录后完成。", "A person must do this, signed in under their own name."
    )
    OVERRIDE_RULE = T("不能改为该等级：{zh}。", "The grade can't be set: {en}.")
    SAME_GRADE = T(
        "模型给出的就是 {grade}，无须调整。", "The model says {grade} already: nothing to change."
    )
    BAD_UNTIL = T(
        "请给出到期日：今天起，最晚 {latest}。", "Give the day it ends: from today to {latest}."
    )
    NEEDS_EVIDENCE = T(
        "上调须注明依据（材料或会议纪要）。", "An upgrade needs its evidence: papers or minutes."
    )
    ALREADY_ASKED = T(
        "已有一项等级调整等待确认，请先处理。",
        "Another change of this grade waits to be confirmed: deal with that one first.",
    )
    UNKNOWN_OVERRIDE = T("没有这项等级调整。", "There is no such change of a grade.")
    OVERRIDE_DECIDED = T(
        "这项等级调整已处理（{state}），请刷新页面。",
        "This change of a grade has been dealt with ({state}): reload.",
    )
    OWN_OVERRIDE = T(
        "提出上调的人不能自己确认，请由另一位有权限的人处理。",
        "Whoever asked for an upgrade can't confirm it: another person with the right must.",
    )
    NEEDS_CONFIRMER = T(
        "结束下调会提高等级，须由有确认权限的人处理。",
        "Ending a downgrade raises the grade: a person who may confirm grades must.",
    )
    UNKNOWN_GRADE = T("等级“{grade}”不在主标尺上。", "The grade “{grade}” is not on the scale.")
