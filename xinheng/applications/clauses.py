"""Conditions that a grade asks for: retention of title, acceleration, security, deposit.

A clause is asked for from its grade downwards (not rated is the worst grade); from `must_from` on
it can't be left out. Leaving security out above that makes the proposal an unsecured exception,
which the authority matrix sends to its worst column. Worked: A: none; BB: retention, acceleration,
yearly statements; B: also a guarantee, which may be waived; CCC: a guarantee and 30 % in advance,
which may not. The texts are data: clauses_v1.json.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from xinheng.applications.refusals import ApplicationRefusal
from xinheng.applications.rows import Condition
from xinheng.credit.scale import grade_rank
from xinheng.refusals import Refused
from xinheng.texts import T

OWN = "own"


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """The clauses by code, as they ship; callers only read them."""
    text = Path(__file__).with_name("clauses_v1.json").read_text(encoding="utf-8")
    return {row["code"]: row for row in json.loads(text)["clauses"]}


def asked_for(grade: str) -> list[dict[str, Any]]:
    """The clauses that a grade asks for, in the order of the file."""
    return [row for row in shipped().values() if _reaches(grade, row["from"])]


def must(grade: str) -> set[str]:
    """Codes that a grade can't do without."""
    return {row["code"] for row in asked_for(grade) if _reaches(grade, row["must_from"])}


def _reaches(grade: str, first: str | None) -> bool:
    return first is not None and grade_rank(grade) >= grade_rank(first)


def settle(
    conditions: Collection[Condition], waived: Collection[str], grade: str
) -> tuple[list[dict[str, Any]], bool]:
    """The conditions as a proposal keeps them: what the grade asks for unless waived, and what the
    analyst adds; and whether security was waived. Refuses UNKNOWN_CLAUSE, CLAUSE_MISSING,
    NEEDS_WORDS.
    """
    codes = {one.code for one in conditions if one.code != OWN} | set(waived)
    if unknown := sorted(codes - shipped().keys()):
        raise Refused(ApplicationRefusal.UNKNOWN_CLAUSE, clause=unknown[0])
    for code in sorted(must(grade) & set(waived)):
        row = shipped()[code]
        clause = T(row["zh"], row["en"])
        raise Refused(ApplicationRefusal.CLAUSE_MISSING, grade=grade or "-", clause=clause)
    wanted = {row["code"] for row in asked_for(grade)} - set(waived)
    wanted |= {one.code for one in conditions if one.code != OWN}
    kept = [_row(row) for code, row in shipped().items() if code in wanted]
    for one in conditions:
        if one.code == OWN:
            kept.append(_own(one))
    unsecured = any(shipped()[code]["security"] for code in waived if code not in wanted)
    return kept, unsecured


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "text": row["zh"],
        "zh": row["zh"],
        "en": row["en"],
        "before": row["before"],
    }


def _own(one: Condition) -> dict[str, Any]:
    said = one.text.strip()
    if not 4 <= len(said) <= 500:
        what = T("自定条件", "one's own condition")
        raise Refused(ApplicationRefusal.NEEDS_WORDS, what=what, least=4)
    return {"code": OWN, "text": said, "zh": said, "en": said, "before": one.before}
