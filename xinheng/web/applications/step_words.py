"""Words of the trail, of stages and of votes."""

from __future__ import annotations

from typing import Final

from xinheng.applications.models import Step
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


def said(step: Step) -> T:
    """The act in words; a vote says which."""
    if step.kind == "vote" and step.detail.get("vote") in VOTES:
        vote = VOTES[step.detail["vote"]][0]
        return T(f"表决：{vote.zh}", f"Vote: {vote.en}")
    return KINDS.get(f"application.{step.kind}", T(step.kind, step.kind))
