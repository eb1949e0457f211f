"""Why the policies room refuses, in order of precedence. Codes are never reused."""

from __future__ import annotations

from enum import Enum

from xinheng.texts import T


class PolicyRefusal(Enum):
    NOT_PERMITTED = T(
        "您没有权限更改政策，请联系有政策权限的人员。",
        "You may not change policies: ask a person who may.",
    )
    UNKNOWN_KIND = T(
        "没有“{kind}”这种政策；可用：{allowed}",
        "There is no kind of policy called “{kind}”; possible: {allowed}",
    )
    BODY_UNUSABLE = T("政策内容不可用：{why}", "The policy can't be used: {why}")
    NOT_A_DRAFT = T(
        "只有草稿才能批准；请新建一个版本。", "Only a draft can be approved: make a new version."
    )
    NOT_APPROVED = T("政策须先批准才能生效。", "A policy must be approved before it goes live.")
    UNKNOWN_POLICY = T("找不到该政策。", "There is no such policy.")
