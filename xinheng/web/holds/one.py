"""One hold as its own page reads it: why, what has changed since, who may decide, what was told.

Everything comes from rows that are kept; only the weighing of a release (`weigh`) is worked out
anew, because authority is measured on today's use of the group. It is asked for by a POST of its
own: it takes the line's lock for a moment, which a page that only reads must not. Example: three
reasons, re-checked twice, one left; a credit manager may release it for 14 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from xinheng.customers.models import Customer
from xinheng.decisions.governing import live_policy
from xinheng.decisions.models import Decision, Hold, Notice, Recheck, ReviewRequest
from xinheng.decisions.releasing import Done, judge_releases
from xinheng.decisions.waiting import waiting, with_after
from xinheng.decisions.weighing import requesters
from xinheng.limits.models import CreditLine
from xinheng.people.actor import Actor
from xinheng.people.models import User
from xinheng.people.queries import approvers, today
from xinheng.portfolio.levels import Level, way_up
from xinheng.texts import T
from xinheng.web.decisions import words as terms
from xinheng.web.decisions.reading import person_name
from xinheng.web.files.exposure import scope_text
from xinheng.web.holds.reading import Row, open_rows
from xinheng.web.holds.words import CAUSES, authority_lines, name_of

SHOWN_MAX = 20
NAMED_MAX = 8


@dataclass(frozen=True)
class Again:
    """One re-check in words."""

    at: datetime
    cause: T
    outcome: str
    left: list[T]
    released: bool


@dataclass(frozen=True)
class Step:
    """A limit on the order's way up as it is today: whose, how much of it is in use, and after."""

    title: T
    name: T | None  # whose line it is, where the reader may see that customer
    currency: str
    ceiling_minor: int | None
    limit_word: T | None  # where there is no number
    used_minor: int | None
    after_minor: int | None

    @property
    def over_minor(self) -> int:
        if self.ceiling_minor is None or self.after_minor is None:
            return 0
        return max(0, self.after_minor - self.ceiling_minor)


@dataclass(frozen=True)
class Page:
    """Everything the page of one hold shows."""

    row: Row
    steps: list[Step]
    asked_by_me: bool  # at this version or another
    history: list[Again]
    told: list[Notice]
    review: ReviewRequest | None
    deciders: list[str]  # who could decide, where the reader can't
    ended_word: tuple[T, str]

    @property
    def hold(self) -> Hold:
        return self.row.hold

    @property
    def waits(self) -> bool:
        return self.row.hold.state == "waiting"

    @property
    def over_a_limit(self) -> bool:
        """Whether a release would be a special approval, as far as the answer told."""
        codes = {*self.hold.codes.split(","), *self.hold.codes_left.split(",")}
        return bool(self.row.excess) or any("exceeded" in code for code in codes)


def read(hold: Hold, user: Any, *, at: datetime) -> Page:
    """The page of a hold that was found through `visible_to`."""
    [row] = open_rows([hold], user, at=at)
    asked_by_me = user.pk in requesters(hold.decision)
    checks = Recheck.objects.filter(decision_id=hold.pk).order_by("-at")[:SHOWN_MAX]
    notices = Notice.objects.filter(decision_id=hold.pk).select_related("user")
    needs_names = hold.state == "waiting" and (asked_by_me or not user.may("holds.release"))
    return Page(
        row=row,
        steps=steps_now(hold, user, today(at)) if hold.state == "waiting" else [],
        asked_by_me=asked_by_me,
        history=[_again(one) for one in checks.defer("facts", "order_bytes")],
        told=list(notices.order_by("told_at", "pk")[:SHOWN_MAX]),
        review=ReviewRequest.objects.filter(pk=hold.pk).first(),
        deciders=deciders(hold, user, at=at) if needs_names else [],
        ended_word=terms.HOLD_STATES[hold.state],
    )


def _again(one: Recheck) -> Again:
    codes = [code for code in one.codes.split(",") if code]
    left = [terms.CODES.get(code, T(code, code)) for code in codes]
    return Again(one.at, CAUSES[one.cause], one.outcome, left, one.released)


def steps_now(hold: Hold, user: Any, day: date) -> list[Step]:
    """The limits that the order must fit into, nearest first, on today's figures."""
    line = CreditLine.objects.visible_to(user).filter(pk=hold.decision.line_id).first()
    if line is None:
        return []
    levels = way_up(line, live_policy().policy, day)
    ids = [level.line.customer_id for level in levels]
    seen = Customer.objects.visible_to(user).in_bulk(ids)
    return [_step(level, hold.decision, seen.get(level.line.customer_id)) for level in levels]


def _step(level: Level, decision: Decision, customer: Customer | None) -> Step:
    line, word = level.line, None
    if level.ceiling_minor is None:
        word = T("不限", "unlimited") if line.unlimited else T("未设", "unset")
    elif not level.in_date:
        word = T("不在有效期", "out of its dates")
    same = line.currency == decision.currency and level.used_minor is not None
    return Step(
        title=scope_text(line.scope),
        name=name_of(customer) if customer else None,
        currency=line.currency,
        ceiling_minor=level.ceiling_minor,
        limit_word=word,
        used_minor=level.used_minor,
        after_minor=(level.used_minor or 0) + decision.amount_minor if same else None,
    )


def deciders(hold: Hold, user: Any, *, at: datetime) -> list[str]:
    """Colleagues whose authority covers the use after the release, who see it and did not ask."""
    decision, unit = hold.decision, hold.customer.business_unit_id
    found = with_after(waiting(user)).filter(pk=hold.pk).values_list("after", flat=True)
    after, asked = found.first() or 0, requesters(decision)
    ids = [
        one.user_id
        for one in approvers("release_hold", {decision.currency}, today(at))
        if one.mandate.covers(after) and one.user_id not in asked
        if one.all_units or (unit is not None and one.unit_id == unit)
    ]
    people = User.objects.in_bulk(ids[:NAMED_MAX])
    return [person_name(people[pk]) for pk in ids[:NAMED_MAX]]


@dataclass(frozen=True)
class Weighed:
    """What a release by this person would stand on, or why it can't be."""

    told: Done
    authority: list[T]

    @property
    def refused(self) -> T | None:
        return self.told.refused


def weigh(hold: Hold, actor: Actor, *, at: datetime) -> Weighed:
    """A release tried and taken back."""
    [told] = judge_releases([hold.pk], actor=actor, at=at)
    return Weighed(told, authority_lines(told.authority))
