"""What a credit line refuses, in order of precedence."""

from enum import Enum

from xinheng.texts import T


class LimitRefusal(Enum):
    NOT_ALLOWED = T("您没有授予信用额度的权限。", "You are not allowed to grant credit lines.")
    NO_PROPOSALS = T("没有待授予的额度建议。", "No limit proposals are waiting.")
    ABOVE_AUTHORITY = T(
        "{amount} {currency} 超出您的授权上限。", "{amount} {currency} is above your authority."
    )
    BAD_PERIOD = T("有效期的截止日早于起始日。", "The line would end before it begins.")
    RESERVATION_ENDED = T(
        "该占用已是“{state}”，不能再变更。", "The reservation is already {state} and cannot change."
    )
    TOO_MANY = T(
        "一次最多处理 {most} 条额度建议，请缩小范围分次处理。",
        "At most {most} proposals at once: narrow the choice and go in several steps.",
    )
    OWN_PROPOSAL = T(
        "金额由您本人提出，须由另一位有权限的人授予。",
        "You entered this amount yourself: another person with authority grants it.",
    )
    NEEDS_PERSON = T(
        "额度金额只能由人提出，密钥和系统不能代替。",
        "An amount is entered by a person, not by a key or the system.",
    )
    NEEDS_REASON = T(
        "请写明理由（4 到 1,000 字）：它会写进存证账本。",
        "Give the reason in 4 to 1,000 characters: it goes into the ledger.",
    )
    BAD_AMOUNT = T(
        "额度不能小于零，且不能超过系统上限。", "A limit is zero or more, and in bounds."
    )
    BAD_TERMS = T(
        "账期须为 0 到 {most} 天的整数。", "Terms are a whole number of days from 0 to {most}."
    )
    UNKNOWN_CUSTOMER = T("没有这个客户。", "There is no such customer.")
    TOO_LONG = T(
        "有效期最长到 {until}，之后须重新审视。",
        "A line ends on {until} at the latest, to be looked at again.",
    )
    PAST_PERIOD = T("起始日不能早于今天（{today}）。", "It can't begin before today ({today}).")
    BAD_SCOPE = T(
        "额度范围须为空、group、unit:、product: 或 project: 加代码。",
        "A scope is empty, group, or unit:, product: or project: with a code.",
    )
    BAD_CURRENCY = T("币种 {currency} 不可用。", "Currency {currency} can't be used.")
    PERIOD_OVER = T(
        "建议的有效期已过（至 {until}），请重新提出。",
        "Its period is over (until {until}): propose it anew.",
    )
    UNKNOWN_LINE = T("没有这条额度。", "There is no such line.")
    UNKNOWN_LIMIT = T("没有这条有效的额度记录。", "There is no such dated limit any more.")
    UNKNOWN_COVER = T("没有这项有效的担保或保险。", "There is no such cover any more.")
    RAISES = T(
        "撤销后授信会变大，须由两人完成：请提出新的额度，由另一位授予。",
        "Ending it would give more credit, which takes two: propose a limit that another grants.",
    )
    HELD_ALREADY = T("该额度已被强制冻结。", "The line is held by force already.")
    NOT_HELD = T("该额度没有被强制冻结。", "The line is not held by force.")
    BAD_COVER = T(
        "担保须有类型、编号、正的金额、0% 到 100% 的比例和有效期。",
        "A cover has a kind, a reference, a positive amount, a share of 0 % to 100 % and a period.",
    )
    COVER_ONCE = T(
        "编号为“{reference}”的同类担保已在册，请先终止它。",
        "A cover of this kind with reference “{reference}” stands already: end it first.",
    )
    HELD_BACK = T(
        "现在不能提高额度：{why}下调不受影响。",
        "The limit can't be raised now: {why} Lowering it is always possible.",
    )
    BAD_RULE = T("调整规则不成立：{why}", "The rule of the adjustment does not hold: {why}")
    CHANGED_MEANWHILE = T(
        "预览之后额度有变，请重新预览。", "Limits changed since the preview: look at it again."
    )
