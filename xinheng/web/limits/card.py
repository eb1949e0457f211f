"""The limit card as a page reads it: every part of a line's limit in words, with dates and persons.

The figures are `limits.card`; here the ceiling becomes a formula, the plan a drawing, and
references such as "user:3" names. Example: "临时额度 1,200,000.00 + 信用保险
500,000.00 × 90% = 1,650,000.00".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode

from xinheng.credit.money import display
from xinheng.credit.policy import Policy
from xinheng.customers.models import Customer
from xinheng.limits.card import CoverRow, DatedRow, LevelRow, LimitCard, limit_card, planned_of
from xinheng.limits.in_force import Covering
from xinheng.limits.models import CreditLine
from xinheng.people.models import User
from xinheng.texts import T
from xinheng.web.decisions.drawing import Usage
from xinheng.web.files.exposure import scope_text
from xinheng.web.holds.words import name_of
from xinheng.web.limits.plan import Span, plan_ahead
from xinheng.web.limits.standing import usage_now

SOON_DAYS: Final = 30  # a cover that ends within so many days is marked
COVER_KINDS: Final = {
    "insurance": T("信用保险", "Credit insurance"),
    "guarantee": T("第三方担保", "Guarantee"),
    "collateral": T("抵押质押", "Collateral"),
    "deposit": T("保证金", "Deposit"),
}
STANDINGS: Final = {  # word, meaning colour
    "in_force": (T("生效中", "in force"), "within"),
    "valid": (T("有效", "valid"), "within"),
    "ahead": (T("尚未开始", "ahead"), "none"),
    "waiting": (T("暂被临时额度取代", "behind the temporary one"), "none"),
    "past": (T("已结束", "over"), "none"),
    "ended": (T("已撤销", "withdrawn"), "none"),
}
SPAN_KINDS: Final = {
    "base": T("基本额度", "Base limit"),
    "temporary": T("临时额度", "Temporary limit"),
    "grace": T("宽限期", "Days of grace"),
    "expired": T("已到期，额度为零", "Run out: no credit"),
    "unset": T("未设额度", "No limit set"),
}


class Dated(NamedTuple):
    """A dated limit with its standing in words and who granted it."""

    row: Any
    word: T
    tone: str
    by: str
    proposed_by: str
    ends: bool  # may still be withdrawn


class Covered(NamedTuple):
    """A cover with what counts of it, its standing, and whether it ends soon."""

    row: Any
    kind: T
    share: str
    counts_minor: int
    word: T
    tone: str
    days_left: int
    soon: bool
    by: str
    ends: bool


class LevelShown(NamedTuple):
    """A limit above or below; `customer` None: out of the reader's sight."""

    level: LevelRow
    words: T
    customer: Customer | None
    href: str


@dataclass(frozen=True)
class CardPage:
    card: LimitCard
    usage: Usage
    scope: T
    formula: T
    dated: list[Dated]
    covers: list[Covered]
    spans: list[tuple[Span, T]]
    above: list[LevelShown]
    below: list[LevelShown]
    hidden: int
    held_by: str
    changed_by: str
    changed_at: datetime | None

    @property
    def line(self) -> CreditLine:
        return self.card.line

    @property
    def state(self) -> T:
        text: T = self.card.state.value
        return text


def read(user: Any, line: CreditLine, policy: Policy, day: date) -> CardPage:
    """The card of a line that the reader may see; names of customers only as far as they may."""
    card = limit_card(line, policy, today=day)
    names = _names(
        [line.forced_hold_by]
        + [ref for one in card.dated for ref in (one.row.granted_by, one.row.proposed_by)]
        + [one.row.entered_by for one in card.covers]
    )
    seen = _seen(user, [*card.above, *card.below])
    below = [_level(one, seen) for one in card.below if one.line.customer_id in seen]
    last = max(card.dated, key=lambda one: one.row.granted_at, default=None)
    return CardPage(
        card=card,
        usage=usage_now(line, policy, day),
        scope=scope_text(line.scope),
        formula=_formula(card),
        dated=[_dated(one, names, day) for one in card.dated],
        covers=[_cover(one, names) for one in card.covers],
        spans=[(span, SPAN_KINDS[span.kind]) for span in _spans(card, day)],
        above=[_level(one, seen) for one in card.above],
        below=below,
        hidden=len(card.below) - len(below),
        held_by=names.get(card.held_by, card.held_by),
        changed_by=names.get(last.row.granted_by, last.row.granted_by) if last else "",
        changed_at=last.row.granted_at if last else None,
    )


def _spans(card: LimitCard, day: date) -> list[Span]:
    limits = [planned_of(one.row) for one in card.dated if one.row.ended_at is None]
    covers = [
        Covering(one.row.amount_minor, one.row.share_bps, one.row.valid_from, one.row.valid_until)
        for one in card.covers
        if one.row.ended_at is None
    ]
    return plan_ahead(limits, covers, day) if limits else []


def _formula(card: LimitCard) -> T:
    """The effective ceiling as a sum in words."""
    line, currency = card.line, card.line.currency
    if line.unlimited:
        return T("不限额", "unlimited")
    if line.amount_minor is None:
        return T("未设额度", "no limit set")
    limit = (
        T("临时额度 {a}", "temporary limit {a}") if line.temporary else T("额度 {a}", "limit {a}")
    )
    parts = [limit.format(a=display(line.amount_minor, currency))]
    for one in card.covers:
        if one.standing == "valid":
            kind = COVER_KINDS[one.row.kind]
            text = T(f"{kind.zh} {{a}} × {{s}}", f"{kind.en.lower()} {{a}} × {{s}}")
            amount = display(one.row.amount_minor, currency)
            parts.append(text.format(a=amount, s=_share(one.row.share_bps)))
    total = display(line.amount_minor + card.covered_minor, currency)
    zh, en = " + ".join(one.zh for one in parts), " + ".join(one.en for one in parts)
    return T(f"{zh} = {total}", f"{en} = {total}") if len(parts) > 1 else T(zh, en)


def _share(bps: int) -> str:
    return f"{bps / 100:g}%"


def _dated(one: DatedRow, names: dict[str, str], day: date) -> Dated:
    word, tone = STANDINGS[one.standing]
    row = one.row
    return Dated(
        row=row,
        word=word,
        tone=tone,
        by=names.get(row.granted_by, row.granted_by),
        proposed_by=names.get(row.proposed_by, row.proposed_by),
        ends=one.standing in ("in_force", "ahead", "waiting"),
    )


def _cover(one: CoverRow, names: dict[str, str]) -> Covered:
    word, tone = STANDINGS[one.standing]
    soon = one.standing == "valid" and one.days_left <= SOON_DAYS
    return Covered(
        row=one.row,
        kind=COVER_KINDS[one.row.kind],
        share=_share(one.row.share_bps),
        counts_minor=one.counts_minor,
        word=word,
        tone=tone,
        days_left=one.days_left,
        soon=soon,
        by=names.get(one.row.entered_by, one.row.entered_by),
        ends=one.standing in ("valid", "ahead"),
    )


def _names(refs: Iterable[str]) -> dict[str, str]:
    """ "user:3" → the person's name; "system:demo" → 系统."""
    wanted = {ref for ref in refs if ref}
    ids = {ref: int(ref[5:]) for ref in wanted if ref.startswith("user:") and ref[5:].isdecimal()}
    people = User.objects.in_bulk(ids.values())
    system = {ref: str(T("系统", "the system")) for ref in wanted if ref.startswith("system")}
    return system | {ref: str(name_of(people[pk])) for ref, pk in ids.items() if pk in people}


def _seen(user: Any, levels: Iterable[LevelRow]) -> dict[int, Customer]:
    ids = {level.line.customer_id for level in levels}
    return {one.pk: one for one in Customer.objects.visible_to(user).filter(pk__in=ids)}


def _level(level: LevelRow, seen: dict[int, Customer]) -> LevelShown:
    customer = seen.get(level.line.customer_id)
    return LevelShown(
        level,
        scope_text(level.line.scope),
        customer,
        address("limit", customer, level.line) if customer else "",
    )


def address(name: str, customer: Customer, line: CreditLine) -> str:
    """An address of one line: customer and currency in the path, a scope in the query."""
    path = reverse(name, args=[customer.code, line.currency])
    return f"{path}?{urlencode({'scope': line.scope})}" if line.scope else path
