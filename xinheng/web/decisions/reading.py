"""What the decision page shows, read from the rows that were kept when the order was decided.

The page repeats nothing from today's figures: facts, order, policy version and the answer's exact
bytes are those of that moment. The trace comes from deciding once more from the kept facts
(`credit.decide.replay`), so the page also proves that the same facts under the same policy still
give the same answer.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from xinheng.credit import decide
from xinheng.decisions import queries
from xinheng.decisions.models import Decision, Hold, Override
from xinheng.limits.models import Reservation
from xinheng.people.models import ApiKey, User
from xinheng.texts import T
from xinheng.web.decisions import further, words
from xinheng.web.decisions.drawing import Usage, usage_of_answer
from xinheng.web.decisions.further import Further
from xinheng.web.holds.words import authorities


@dataclass(frozen=True)
class Step:
    """One check of the policy: what was measured, against what, and how it ended."""

    number: int
    title: T
    measured: str
    threshold: str
    result: T
    tone: str
    code: str
    text: T | None
    mend: T | None


@dataclass(frozen=True)
class ReasonLine:
    """A reason as the answer tells it, with what would mend it."""

    code: str
    title: T
    text: T
    measured: str | None
    threshold: str | None
    mend: T | None


@dataclass(frozen=True)
class Answer:
    """The kept answer, opened for a page. `raw` is the exact text that was sent."""

    body: dict[str, Any]
    outcome: words.Outcome
    reasons: list[ReasonLine]
    usage: Usage
    raw: str

    @property
    def reserved_until(self) -> datetime | None:
        kept = self.body.get("reservation")
        return datetime.fromisoformat(kept["expires_at"]) if kept else None

    @property
    def rule(self) -> T:
        return words.rule_text(self.body["exposure"]["rule"])


def open_answer(raw: bytes, amount_minor: int, currency: str) -> Answer:
    """The answer's bytes as values for templates. Money stays decimal text as it was sent."""
    body = json.loads(raw)
    exposure = body["exposure"]
    counted_in = exposure.get("currency", currency)
    above = {level["limit"]: level["currency"] for level in exposure.get("levels", [])}
    return Answer(
        body=body,
        outcome=words.OUTCOMES[body["outcome"]],
        reasons=[
            _reason(row, above.get(row["threshold"], counted_in) if _of_above(row) else counted_in)
            for row in body.get("reasons", [])
        ],
        usage=usage_of_answer(body, amount_minor, currency),
        raw=bytes(raw).decode(),
    )


def _of_above(row: dict[str, Any]) -> bool:
    """Whether the reason is about a limit above, in that limit's currency."""
    return str(row["code"]).startswith(("group_", "sublimit_"))


def _reason(row: dict[str, Any], currency: str) -> ReasonLine:
    code = row["code"]
    title = words.CODES.get(code, T(code, code))
    text = row.get("text") or {}
    return ReasonLine(
        code=code,
        title=title,
        text=T(text.get("zh") or title.zh, text.get("en") or title.en),
        measured=row.get("measured"),
        threshold=row.get("threshold"),
        mend=words.mend(code, row.get("measured"), row.get("threshold"), currency),
    )


@dataclass(frozen=True)
class Page:
    """Everything the decision page shows besides the proof's state, which is asked for apart."""

    decision: Decision
    answer: Answer
    steps: list[Step]
    facts: list[tuple[T, str]]
    policy_title: T
    policy_version: int
    same_again: bool
    reservation: Reservation | None
    hold: Hold | None
    override: Override | None
    mandate: T | None  # the authority of the override, in words
    asked_by: str
    terms_days: int | None
    further: Further

    @property
    def raw_bytes(self) -> int:
        return len(bytes(self.decision.answer))

    @property
    def hold_word(self) -> tuple[T, str]:
        """The hold's state: word and meaning colour."""
        return words.HOLD_STATES[self.hold.state if self.hold else "waiting"]

    @property
    def reservation_word(self) -> tuple[T, str]:
        return words.RESERVATION_STATES[self.reservation.state if self.reservation else "voided"]


def read(view: queries.DecisionView) -> Page:
    """The page of one decision that was found through `visible_to`."""
    row = view.decision
    answer = open_answer(view.answer_bytes, row.amount_minor, row.currency)
    title = view.policy.title or {}
    authority = view.override.authority if view.override else ""
    return Page(
        decision=row,
        answer=answer,
        steps=_steps(view, answer),
        facts=_facts(view.facts, view.order.currency),
        policy_title=T(title.get("zh") or view.policy.name, title.get("en") or view.policy.name),
        policy_version=view.policy.version,
        same_again=view.same_again,
        reservation=view.reservation,
        hold=view.hold,
        override=view.override,
        mandate=authorities([authority]).get(authority),
        asked_by=askers([row])[row.pk],
        terms_days=view.order.terms_days,
        further=further.read(view),
    )


def _steps(view: queries.DecisionView, answer: Answer) -> list[Step]:
    kinds = {check.code: check.kind for check in view.policy.checks}
    above = {f"{level.kind}:{level.name}": level.currency for level in view.facts.levels}
    told = {reason.code: reason for reason in answer.reasons}
    lines = []
    for number, step in enumerate(view.trace, 1):
        kind = kinds.get(step.check, "headroom" if step.check in above else step.check)
        currency = above.get(step.check, view.order.currency)
        result, tone = words.RESULTS[step.result]
        code = _code(view, step)
        reason = told.get(code) if step.result not in ("pass", "skip") else None
        lines.append(
            Step(
                number,
                further.level_title(step.check)
                if step.check in above
                else words.CHECKS.get(kind, T(step.check, step.check)),
                _shown(kind, step.measured, currency),
                _shown(kind, step.threshold, currency),
                result,
                tone,
                code,
                reason.text if reason else None,
                reason.mend if reason else None,
            )
        )
    return lines


def _code(view: queries.DecisionView, step: decide.Step) -> str:
    """The reason that belongs to a step of the trace: same check, same figures."""
    for reason in view.verdict.reasons:
        if (reason.measured, reason.threshold) == (step.measured, step.threshold):
            by_person = step.check == "forced_hold" and not reason.rule
            if by_person or reason.rule == step.check or ":" in step.check:
                return reason.code
    codes = {reason.rule: reason.code for reason in view.verdict.reasons}
    return codes.get("" if step.check == "forced_hold" else step.check, "")


def _shown(kind: str, value: str | None, currency: str) -> str:
    if value is None:
        return "—"
    if kind in words.AMOUNT_CHECKS:
        return words.amount_text(value, currency)
    if kind in words.DAY_CHECKS:
        return str(T("{n} 天", "{n} days").format(n=value))
    if kind == "customer_status" and value in words.STATUSES:
        return str(words.STATUSES[value][0])
    return value


def _facts(facts: decide.Facts, currency: str) -> list[tuple[T, str]]:
    """The facts that are not in the trace's own columns, each with its name."""
    unknown = str(T("未知", "unknown"))
    none = str(T("没有", "none"))
    overdue, days = facts.overdue_minor, facts.overdue_days_max
    return [
        (T("判断日期", "Business date"), facts.today),
        (
            T("客户状态", "Customer status"),
            _shown("customer_status", facts.customer_status, currency),
        ),
        (T("评级", "Grade"), facts.grade or none),
        (T("评级有效至", "Rating valid until"), facts.rating_valid_until or none),
        (
            T("逾期金额", "Overdue amount"),
            unknown if isinstance(overdue, str) else words.minor_text(overdue, currency),
        ),
        (
            T("最长逾期天数", "Oldest days past due"),
            unknown if isinstance(days, str) else str(days),
        ),
        (T("额度", "Limit"), _limit_text(facts.limit, currency)),
    ]


def _limit_text(limit: decide.Limit | str | None, currency: str) -> str:
    if isinstance(limit, str):
        return str(T("未知", "unknown"))
    if limit is None or (limit.amount_minor is None and not limit.unlimited):
        return str(T("未设定（不给信用）", "not set (no credit)"))
    if limit.unlimited:
        return str(T("不限", "unlimited"))
    until = limit.valid_until or "—"
    amount = words.minor_text(limit.amount_minor or 0, currency)
    return str(T("{a}，有效至 {d}", "{a}, valid until {d}").format(a=amount, d=until))


def askers(decisions: Sequence[Decision]) -> dict[UUID, str]:
    """Who asked for each, in two queries: a person's name, a key with the person behind it, or
    the system.
    """
    people = User.objects.in_bulk({row.person_id for row in decisions if row.person_id})
    refs = {row.requested_by.partition(":")[2] for row in decisions if _by_key(row)}
    keys = ApiKey.objects.in_bulk({int(ref) for ref in refs if ref.isdecimal()})
    return {row.pk: _asker(row, people, keys) for row in decisions}


def _by_key(row: Decision) -> bool:
    return row.requested_by.startswith("key:")


def _asker(row: Decision, people: dict[Any, User], keys: dict[Any, ApiKey]) -> str:
    kind, _, rest = row.requested_by.partition(":")
    person = people.get(row.person_id)
    name = person_name(person) if person else ""
    if kind == "key":
        key = keys.get(int(rest)) if rest.isdecimal() else None
        label = str(T("接口密钥 {k}", "API key {k}").format(k=key.name if key else rest))
        return f"{label} ({name})" if name else label
    if kind == "system":
        return str(T("系统（{k}）", "System ({k})").format(k=rest))
    return name or row.requested_by


def person_name(person: User) -> str:
    """A person's name in the reader's language, where there are two."""
    return str(T(person.name or person.username, person.name_en or person.name or person.username))
