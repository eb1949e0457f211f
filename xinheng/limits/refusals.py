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
