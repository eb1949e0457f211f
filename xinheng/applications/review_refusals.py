"""What reviews, regrade proposals and offers refuse; each says how to mend it."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class ReviewRefusal(Enum):
    NOT_ALLOWED = T(
        "您没有权限“{permission}”，请由有权限的同事办理。",
        "You lack the permission {permission}: ask a colleague who has it.",
    )
    NAMED_PERSON = T(
        "须由具名的人办理，系统或接口不能代替。",
        "A named person does this; neither the system nor a key without an owner can.",
    )
    UNKNOWN_CUSTOMER = T("没有这个客户：{customer}。", "There is no customer {customer}.")
    UNKNOWN_REVIEW = T("没有这项复评。", "There is no such review.")
    NEEDS_REASON = T("请用 4 至 1000 个字写明理由。", "Give a reason of 4 to 1000 characters.")
    BAD_DAY = T("请填写今天起一年之内的日期。", "Give a day from today on, within a year.")
    ALREADY_OPEN = T(
        "这个客户已有一项同样的待办复评，请先办结它。",
        "This customer has the same review open: finish that one first.",
    )
    NOT_OPEN = T(
        "这项复评已开始或已办结，可能同事已处理。请重新打开。",
        "This review was begun or is over; a colleague may have dealt with it. Open it again.",
    )
    UNDER_WAY = T(
        "这项复评已转为授信申请 {number}，随申请办结。",
        "This review became application {number} and ends with it.",
    )
    PERSON_UNFIT = T(
        "这位同事看不到该客户，或没有尽调权限。请另选一位。",
        "That colleague can't see this customer or may not investigate: choose another.",
    )
    BAD_AMOUNT = T(
        "续期按现额度或另填金额；降额须小于现额度 {now}。",
        "A renewal asks for the limit as it is, or another amount; a decrease for less than {now}.",
    )
    APPLICATION_OPEN = T(
        "这个客户已有未办结的授信申请 {number}，请先办结它。",
        "Application {number} of this customer is under way: finish it first.",
    )
    UNKNOWN_REGRADE = T("没有这条调级建议。", "There is no such proposal of a grade.")
    NOT_WAITING = T(
        "这条建议已有人决定，或情况已变。请重新打开。",
        "Somebody has decided this, or things have changed. Open it again.",
    )
    OWN_OVERRIDE = T(
        "现行等级是您本人调整的，请由另一位同事决定。",
        "You asked for the grade in force yourself: another colleague decides.",
    )
    UNKNOWN_OFFER = T("没有这条提额邀约。", "There is no such offer.")
    NOT_OFFERED = T(
        "这条邀约还没有发出，或已有结果，或已过期。请重新打开。",
        "This offer was not made yet, has its answer, or has run out. Open it again.",
    )
    HELD_BACK = T("现在不能邀约提额：{why}", "More credit can't be offered now: {why}")
    LINE_CHANGED = T(
        "额度已不是 {was}，请等下一轮重新测算。",
        "The limit is no longer {was}: wait for the next round to reckon anew.",
    )
    ERASED = T(
        "这个客户的密钥已销毁，不能再存入内容。",
        "The key of this customer has been destroyed: nothing more can be kept.",
    )
