"""What the relations room refuses; each says how to mend it."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class TalkRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    NAMED_PERSON = T(
        "沟通须由具名的人记录，系统或接口不能代替。",
        "A named person does this; neither the system nor a key without an owner can.",
    )
    UNKNOWN_CUSTOMER = T("没有这个客户：{customer}。", "There is no customer {customer}.")
    UNKNOWN_TALK = T("没有这次沟通。", "There is no such talk.")
    BAD_TALK = T(
        "请选择方式和事由，并用最多 {subject} 个字写明主题。",
        "Choose how and about what, and give a subject of at most {subject} signs.",
    )
    TOO_LONG = T(
        "对方最多 {person} 个字，内容最多 {text} 个字。",
        "Whom: at most {person} signs; what was said: at most {text}.",
    )
    BAD_DAY = T(
        "沟通日期须在今天或此前 {days} 天之内。",
        "The talk was today or within the last {days} days.",
    )
    BAD_DUE = T(
        "跟进日期须在今天起 {days} 天之内。", "Follow up from today on, within {days} days."
    )
    PERSON_UNFIT = T(
        "跟进人须是在职、能看到该客户的同事。",
        "Who follows up is an active colleague who may see this customer.",
    )
    FOLLOW_UP_OPEN = T(
        "这次沟通已有未完成的跟进，请先完成它。",
        "A follow-up of this talk is open already: close that one first.",
    )
    NO_FOLLOW_UP = T(
        "没有未完成的跟进，可能同事已办完。",
        "No follow-up is open; a colleague may have closed it.",
    )
    WITHDRAWN = T("这次沟通已撤回。", "This talk has been withdrawn.")
    NEEDS_REASON = T("请用 4 至 500 个字写明理由。", "Give a reason of 4 to 500 characters.")
    ERASED = T(
        "这个客户的密钥已销毁，不能再存入内容。",
        "The key of this customer has been destroyed: nothing more can be kept.",
    )
