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
