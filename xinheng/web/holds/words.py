"""Words for people about holds: names, by whose authority, what caused a re-check.

Records keep an authority as "credit_manager: 5000000.00 CNY for user:3"; a page says it in the
reader's language with names: 信用经理，5,000,000.00 CNY（代 方总监）.
"""

from __future__ import annotations

import re
from typing import Any, Final

from xinheng.people.models import Role, User
from xinheng.texts import T
from xinheng.web.decisions.words import amount_text

CAUSES: Final = {
    "moved": T("款项、单据或额度有变", "money, documents or a limit moved"),
    "horizon": T("交货期临近", "its delivery came near"),
    "person": T("由人要求", "a person asked"),
}
TOLD: Final = {
    "held": T("冻结", "held"),
    "released": T("放行", "released"),
    "rejected": T("拒绝", "rejected"),
    "ready": T("条件已满足", "ready"),
    "overdue": T("超时", "late"),
    "review_asked": T("请人复核", "review asked for"),
}
SPECIAL: Final = "special approval "
_MANDATE: Final = re.compile(
    r"(?P<role>[\w-]+): (?P<cap>\S+) (?P<currency>[A-Z]{3})"
    r"(?: / (?P<days>\d+) days)?(?: for user:(?P<person>\d+))?"
)


def name_of(party: Any) -> T:
    """A customer's or a person's name in both languages; one of them may be missing."""
    own = party.name or party.name_en or getattr(party, "code", "–")
    return T(own, party.name_en or own)


def authority_lines(words: str) -> list[T]:
    """The authority in whole phrases, one a line; what is not ours is shown as it stands."""
    return [_line(part.strip()) for part in words.split(";") if part.strip()]


def _line(part: str) -> T:
    special = part.startswith(SPECIAL)
    found = _MANDATE.fullmatch(part.removeprefix(SPECIAL))
    if found is None:
        return T(part, part)
    role = Role.objects.filter(pk=found["role"]).first()
    title = T(role.name, role.name_en) if role else T(found["role"], found["role"])
    amount = T("不限", "unlimited")
    if found["cap"] != "unlimited":
        text = amount_text(found["cap"], found["currency"])
        amount = T(f"{text} {found['currency']}", f"{text} {found['currency']}")
    days = T(f"，最长 {found['days']} 天", f", {found['days']} days at most")
    whose = _whose(found["person"])
    head = T("特批授权", "special approval") if special else T("放行授权", "release")
    zh = f"{head.zh}（{title.zh}）：{amount.zh}" + (days.zh if found["days"] else "") + whose.zh
    en = f"{head.en} ({title.en}): {amount.en}" + (days.en if found["days"] else "") + whose.en
    return T(zh, en)


def _whose(person: str | None) -> T:
    away = User.objects.filter(pk=person).first() if person else None
    if away is None:
        return T("，本人", ", your own") if not person else T("，代理", ", as a deputy")
    name = name_of(away)
    return T(f"，代 {name.zh}", f", for {name.en}")
