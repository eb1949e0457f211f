"""Words for people about holds: names, by whose authority, what caused a re-check.

Records keep an authority as "credit_manager: 5000000.00 CNY for user:3"; a page says it in the
reader's language with names: 信用经理，5,000,000.00 CNY（代 方总监）.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Known:
    """The roles and people that the records name, read once."""

    roles: dict[str, Role]
    people: dict[str, User]


def authority_lines(words: str) -> list[T]:
    """One's authority in whole phrases, one a line; what is not ours is shown as it stands."""
    known, own = _known([words]), T("，本人", ", your own")
    return [_line(part, known, own) for part in _parts(words)]


def authorities(recorded: Iterable[str]) -> dict[str, T]:
    """Each recorded authority as one phrase, for pages that tell what somebody did."""
    texts = {words for words in recorded if words}
    known = _known(texts)
    told = {words: [_line(part, known) for part in _parts(words)] for words in texts}
    return {
        words: T("；".join(one.zh for one in lines), "; ".join(one.en for one in lines))
        for words, lines in told.items()
    }


def _parts(words: str) -> list[str]:
    return [part.strip() for part in words.split(";") if part.strip()]


def _read(part: str) -> re.Match[str] | None:
    return _MANDATE.fullmatch(part.removeprefix(SPECIAL))


def _known(texts: Iterable[str]) -> _Known:
    found = [match for words in texts for part in _parts(words) if (match := _read(part))]
    if not found:
        return _Known({}, {})
    people = User.objects.in_bulk({int(one["person"]) for one in found if one["person"]})
    return _Known(
        Role.objects.in_bulk({one["role"] for one in found}),
        {str(key): person for key, person in people.items()},
    )


def _line(part: str, known: _Known, own: T | None = None) -> T:
    found = _read(part)
    if found is None:
        return T(part, part)
    role = known.roles.get(found["role"])
    title = T(role.name, role.name_en) if role else T(found["role"], found["role"])
    amount = T("不限", "unlimited")
    if found["cap"] != "unlimited":
        text = amount_text(found["cap"], found["currency"])
        amount = T(f"{text} {found['currency']}", f"{text} {found['currency']}")
    days = T(f"，最长 {found['days']} 天", f", {found['days']} days at most")
    whose = _whose(found["person"], known) if found["person"] else own
    head = T("放行授权", "release")
    if part.startswith(SPECIAL):
        head = T("特批授权", "special approval")
    further = [days] if found["days"] else []
    further += [whose] if whose else []
    zh = f"{head.zh}（{title.zh}）：{amount.zh}" + "".join(one.zh for one in further)
    en = f"{head.en} ({title.en}): {amount.en}" + "".join(one.en for one in further)
    return T(zh, en)


def _whose(person: str, known: _Known) -> T:
    away = known.people.get(person)
    if away is None:
        return T("，代理", ", as a deputy")
    name = name_of(away)
    return T(f"，代 {name.zh}", f", for {name.en}")
