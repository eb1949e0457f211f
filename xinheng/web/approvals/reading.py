"""What an approver reads in a minute, taken from the snapshot that the vote will name.

Everything comes from the frozen payload, never from today's tables: two approvers read the same.
Example: asked 800,000.00, proposed 600,000.00, grade BBB (the model says BB, marked), the group
1,200,000.00 after it, methods between 410,000.00 and 1,300,000.00 with L3 at the median, and one
red mark: overdue 41 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from xinheng.applications.assessing import payload_of
from xinheng.applications.models import Application, Proposal
from xinheng.applications.proposing import suggestion
from xinheng.credit.capitals import capitals
from xinheng.credit.money import display
from xinheng.credit.shipped import document
from xinheng.texts import T
from xinheng.web.applications.step_words import VERDICTS
from xinheng.web.applications.words import KINDS
from xinheng.web.limits.reading import decisive_of, method_of

RED_LINES: Final = {
    row["code"]: T(row["zh"], row["en"]) for row in document("scale_v1.json")["red_lines"]
}


class Mark(Struct, frozen=True):
    """Something that must not be overlooked; tone: stop, act or watch."""

    tone: str
    text: T


class Spread(Struct, frozen=True):
    """What the limit methods say, from the least to the most, and which of them decided."""

    currency: str
    count: int
    least_minor: int
    least: T
    median_minor: int | None
    most_minor: int
    most: T
    decisive: T


class Sheet(Struct, frozen=True):
    """One page for one vote."""

    kind: T
    verdict: T
    grant: bool
    capitals: str
    grade: str
    model_grade: str  # "" where nobody overrode it
    override_reason: str
    points: int | None
    spread: Spread | None
    suggested_minor: int | None
    group_currency: str
    group_before_minor: int | None
    group_after_minor: int | None
    members: int
    marks: list[Mark]
    conditions: list[T]


def sheet_of(row: Application, proposal: Proposal) -> Sheet:
    """What was assessed and put forward, in the order in which one reads it."""
    payload = payload_of(proposal.snapshot)
    rating, suggested = payload["rating"], suggestion(row, payload)
    override = rating.get("override")
    grant = proposal.verdict == "grant"
    return Sheet(
        kind=KINDS[row.kind],
        verdict=VERDICTS[proposal.verdict],
        grant=grant,
        capitals=capitals(proposal.amount_minor, row.currency) if grant else "",
        grade=rating["grade"],
        model_grade=rating["model_grade"] if override else "",
        override_reason=override["reason"] if override else "",
        points=payload["assessment"]["points"],
        spread=_spread(payload["limits"]),
        suggested_minor=suggested,
        group_currency=payload["group"]["now"]["currency"],
        group_before_minor=payload["group"]["now"]["total_minor"],
        group_after_minor=proposal.measured.get("total_minor"),
        members=payload["group"]["now"]["members"],
        marks=marks_of(row, proposal, payload, suggested),
        conditions=[T(one["zh"], one["en"]) for one in proposal.conditions],
    )


def _spread(limits: Mapping[str, Any]) -> Spread | None:
    known = [one for one in limits["methods"] if one["value_minor"] is not None]
    if not known:
        return None
    known.sort(key=lambda one: int(one["value_minor"]))
    least, most = known[0], known[-1]
    return Spread(
        limits["currency"],
        len(known),
        least["value_minor"],
        method_of(least)[0],
        limits.get("median_minor"),
        most["value_minor"],
        method_of(most)[0],
        decisive_of(limits),
    )


def marks_of(
    row: Application, proposal: Proposal, payload: Mapping[str, Any], suggested: int | None
) -> list[Mark]:
    """Red lines first, then what is overdue, then what the figures rest on."""
    found = [
        Mark("stop", RED_LINES.get(one, T(f"红线 {one}", f"Red line {one}")))
        for one in payload["limits"]["red_lines"]
    ]
    found += [
        Mark("stop", _overdue(one)) for one in payload["overdue"]
    ]  # by currency: never added together
    found += _of_file(payload["file"])
    if payload["assessment"]["unverified"]:
        found.append(
            Mark("act", T("评分含未核实的报表", "The score rests on a statement not verified"))
        )
    if proposal.verdict == "grant" and (suggested is None or proposal.amount_minor > suggested):
        found.append(Mark("act", _above(row, suggested)))
    return found


def _overdue(one: Mapping[str, Any]) -> T:
    return T(
        "逾期 {m} {c}，最长 {n} 天",
        "{m} {c} overdue, the oldest for {n} days",
    ).format(m=display(one["minor"], one["currency"]), c=one["currency"], n=one["oldest_days"])


def _above(row: Application, suggested: int | None) -> T:
    if suggested is None:
        return T("方法没有给出建议额度", "The methods suggest no amount")
    told = {"m": display(suggested, row.currency), "c": row.currency}
    return T("高于方法建议的 {m} {c}", "More than the {m} {c} that the methods suggest").format(
        **told
    )


def _of_file(file: Mapping[str, Any]) -> list[Mark]:
    found = []
    if file["complete_bps"] is None:
        found.append(Mark("act", T("没有信用档案", "There is no credit file")))
    if file["gaps"]:
        found.append(Mark("act", T(file["gaps"]["zh"], file["gaps"]["en"])))
    if file["conflicts"]:
        text = T("资料有 {n} 项冲突", "Sources contradict each other: {n}")
        found.append(Mark("act", text.format(n=file["conflicts"])))
    if file["waiting"]:
        text = T("{n} 项资料待核实", "Facts not verified yet: {n}")
        found.append(Mark("watch", text.format(n=file["waiting"])))
    return found
