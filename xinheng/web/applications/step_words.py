"""Words of the trail, of stages and votes, of red lines, and of what speaks against granting
without a person. Example: a step "vote" with {"vote": "return"} reads "Vote: sent back".
"""

from __future__ import annotations

from typing import Final

from xinheng.applications.models import Step
from xinheng.credit.shipped import document
from xinheng.texts import T
from xinheng.web.ledger.reading import KINDS

MODES: Final = {
    "all": T("会签：全部同意", "all must agree"),
    "any": T("或签：一人同意即可", "one is enough"),
    "sequence": T("依次", "one after the other"),
    "committee": T("委员会表决", "committee"),
}
VERDICTS: Final = {
    "grant": T("建议授信", "Grant"),
    "refuse": T("建议拒绝", "Refuse"),
}
VOTES: Final = {
    "yes": (T("同意", "agreed"), "within"),
    "no": (T("不同意", "against"), "stop"),
    "return": (T("退回", "sent back"), "act"),
    "abstain": (T("弃权", "abstained"), "quiet"),
    "conflict": (T("回避", "conflict of interest"), "quiet"),
}


AGAINST: Final = {
    "above_suggestion": T("高于各方法的建议", "above what the methods suggest"),
    "red_line": T("触及红线", "a red line"),
    "file_thin": T("档案不够完整", "the file is not complete enough"),
    "file_old": T("档案太旧", "the file is too old"),
    "grade_overridden": T("等级经人工调整", "the grade was set by a person"),
}
RED_LINES: Final = {
    row["code"]: T(row["zh"], row["en"]) for row in document("scale_v1.json")["red_lines"]
}


def red_line(code: str) -> T:
    """A red line in words; one that is not shipped by its code."""
    return RED_LINES.get(code, T(f"红线 {code}", f"red line {code}"))


def said(step: Step) -> T:
    """The act in words; a vote says which."""
    if step.kind == "vote" and step.detail.get("vote") in VOTES:
        vote = VOTES[step.detail["vote"]][0]
        return T(f"表决：{vote.zh}", f"Vote: {vote.en}")
    return KINDS.get(f"application.{step.kind}", T(step.kind, step.kind))


def who_of(step: Step) -> str:
    """Who did it where it was no person: the system, or the customer through a link."""
    if step.by.startswith("system:"):
        return str(T("系统", "the system"))
    return (
        str(T("客户（链接）", "the customer (link)")) if step.by.startswith("guest:") else step.by
    )
