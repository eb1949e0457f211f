"""Phrases that an approver may choose instead of typing, and how many may be agreed at once.

Data approvals_v1.json. A phrase is joined with what was typed: "yes:1" and "see the visit" become
"Agreed; watch the payments month by month. see the visit". Small enough to be agreed with others in
one go is a proposal after which the whole group owes at most 1,000,000.00 CNY.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from xinheng.applications.models import Proposal
from xinheng.credit.money import to_minor
from xinheng.texts import T

VOTE_NAMES: Final = {
    "yes": T("同意", "Agree"),
    "no": T("驳回", "Reject"),
    "return": T("退回", "Send back"),
    "conflict": T("回避", "Step aside"),
    "abstain": T("弃权", "Abstain"),
}


@cache
def rules() -> dict[str, Any]:
    """The file as it ships; callers only read it."""
    text = Path(__file__).with_name("approvals_v1.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def phrases() -> list[tuple[T, list[tuple[str, T]]]]:
    """For a list to choose from: each vote with its phrases."""
    return [
        (VOTE_NAMES[vote], [(f"{vote}:{n}", T(one["zh"], one["en"])) for n, one in enumerate(rows)])
        for vote, rows in rules()["phrases"].items()
    ]


def words_with(phrase: str, typed: str) -> str:
    """The chosen phrase, if it is one of ours, then what was typed."""
    known = {code: str(text) for _, rows in phrases() for code, text in rows}
    return " ".join(one for one in (known.get(phrase, ""), typed.strip()) if one)


def most_at_once() -> int:
    return int(rules()["at_once"]["most"])


def is_small(proposal: Proposal) -> bool:
    """Whether it may be agreed with others in one go. Unknown and unlimited are not small."""
    told, rule = proposal.measured, rules()["at_once"]
    total = told.get("total_minor")
    if proposal.verdict != "grant" or total is None or told.get("currency") != rule["currency"]:
        return False
    return bool(total <= to_minor(rule["up_to"], rule["currency"]))
