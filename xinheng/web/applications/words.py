"""Words of applications for pages: kinds, sources, states with their colours, acts of the trail."""

from __future__ import annotations

from typing import Final

from xinheng.applications.trail import STATE_NAMES
from xinheng.texts import T

KINDS: Final = {
    "new": T("新授信", "New limit"),
    "increase": T("提高额度", "Increase"),
    "temporary": T("临时额度", "Temporary limit"),
    "renewal": T("续期", "Renewal"),
    "decrease": T("降低额度", "Decrease"),
}
SOURCES: Final = {
    "sales": T("业务员申请", "by sales"),
    "link": T("客户自助", "by the customer"),
    "import": T("文件导入", "by import"),
    "review": T("复评", "from a review"),
    "offer": T("提额邀约", "from an offer"),
}
STATES: Final = {
    "draft": T("草稿", "Draft"),
    "submitted": T("待受理", "Submitted"),
    "investigating": T("调查中", "Investigation"),
    "assessed": T("待提议", "Assessed"),
    "proposed": T("已提议", "Proposed"),
    "deciding": T("审批中", "Deciding"),
    "returned": T("已退回", "Returned"),
    "granted": T("已授信", "Granted"),
    "rejected": T("已拒绝", "Rejected"),
    "withdrawn": T("已撤回", "Withdrawn"),
    "lapsed": T("已失效", "Lapsed"),
}
TONES: Final = {
    "draft": "quiet",
    "submitted": "watch",
    "investigating": "watch",
    "assessed": "watch",
    "proposed": "watch",
    "deciding": "act",
    "returned": "act",
    "granted": "within",
    "rejected": "stop",
    "withdrawn": "quiet",
    "lapsed": "quiet",
}
# the columns of the board, from the left
COLUMNS: Final = ("draft", "submitted", "investigating", "assessed", "deciding", "returned")
TABS: Final = {
    "": T("进行中", "Open"),
    "mine": T("我的", "Mine"),
    "late": T("超时", "Late"),
    "ended": T("已结束", "Ended"),
}
assert set(STATES) == set(STATE_NAMES)
