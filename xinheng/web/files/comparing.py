"""A credit file on two days side by side: what differs, who changed it and why.

Each side is the file as known at the end of its day. A field differs when another fact answers,
when its state changed, or when its sources are others: values are compared by the facts that carry
them, so that a masked value tells nothing. Example: on 2026-03-01 注册资本 is 10,000,000.00 CNY, on
2026-03-06 8,000,000.00 CNY; between them "更正, 李 entered, 王 verified (公开记录)".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from msgspec import Struct

from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import CreditFile, Held
from xinheng.dossiers.fields import Block, Field, catalogue
from xinheng.dossiers.lineage import whole_file
from xinheng.dossiers.measures import measure, tier_of
from xinheng.dossiers.models import ConflictCase, Fact
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.files import fact_words as words
from xinheng.web.files.finding import customer_of
from xinheng.web.files.looking_back import changed_on, day_of, end_of

CHANGES_MAX: Final = 500
_MEASURES: Final = {
    "complete": T("完整", "Complete"),
    "timely": T("及时", "Timely"),
    "accurate": T("准确", "Accurate"),
    "secure": T("安全", "Secure"),
}


class Side(Struct, frozen=True):
    """What a field was on one day, in words."""

    value: str
    masked: bool
    state_code: str
    state: T
    tone: str
    source: str
    further: int
    waiting: int


class Change(Struct, frozen=True):
    """Something that happened to a field between the two days."""

    at: datetime
    what: T
    who: str
    how: T | None
    why: str


class Row(Struct, frozen=True):
    field: Field
    one: Side
    other: Side
    differs: bool
    changes: list[Change]


class Group(Struct, frozen=True):
    block: Block
    rows: list[Row]


@require_safe
def compare_page(request: HttpRequest, code: str) -> HttpResponse:
    """Two days; only what differs, or everything with `all=1`."""
    customer = customer_of(request, code)
    now = today(timezone.now())
    days = [day for day in changed_on(request.user, customer) if day <= now]
    other = min(day_of(request.GET.get("other", "")) or now, now)
    one = min(day_of(request.GET.get("one", "")) or _before(days, other), now)
    one, other = min(one, other), max(one, other)
    groups, measures = _compared(request.user, customer, one, other)
    everything = request.GET.get("all") == "1"
    context = {
        "customer": customer,
        "one": one,
        "other": other,
        "today": now,
        "days": days,
        "everything": everything,
        "groups": groups if everything else _only(groups),
        "differing": sum(row.differs for group in groups for row in group.rows),
        "measures": measures,
    }
    return render(request, "files/compare.html", context)


def _before(days: Sequence[date], other: date) -> date:
    """The last day before `other` on which the file was another one; itself if there is none."""
    earlier = [day for day in days if day < other]
    return earlier[-1] if earlier else other


def _only(groups: list[Group]) -> list[Group]:
    kept = [Group(one.block, [row for row in one.rows if row.differs]) for one in groups]
    return [one for one in kept if one.rows]


def _compared(
    user: Any, customer: Customer, one: date, other: date
) -> tuple[list[Group], list[tuple[T, Any, Any]]]:
    first, second = (_file(user, customer, day) for day in (one, other))
    changes = _changes(user, customer, end_of(one), end_of(other))
    groups = []
    for block in catalogue().blocks:
        rows = [
            _row(field, held, later, changes.get(field.code, []))
            for held, later in zip(first.fields, second.fields, strict=True)
            if (field := catalogue().fields[held.field]).block == block.code
        ]
        groups.append(Group(block, rows))
    tier = tier_of(customer.status)
    before, after = measure(first, tier), measure(second, tier)
    return groups, [
        (name, getattr(before, code), getattr(after, code)) for code, name in _MEASURES.items()
    ]


def _file(user: Any, customer: Customer, day: date) -> CreditFile:
    return whole_file(user, customer, valid_on=day, known_at=end_of(day)).file


def _row(field: Field, one: Held, other: Held, changes: list[Change]) -> Row:
    differs = _told(one) != _told(other)
    return Row(field, _side(field, one), _side(field, other), differs, changes)


def _told(held: Held) -> tuple[Any, ...]:
    return held.state, held.waiting, tuple(fact.id for fact in held.facts)


def _side(field: Field, held: Held) -> Side:
    state, tone = words.STATES[held.state]
    if not held.facts:
        return Side("", False, held.state, state, tone, "", 0, held.waiting)
    first = held.facts[0]
    source = f"{words.source(first.source)} {first.reliability}"
    value = words.told(field, first.value)
    further = len(held.facts) - 1
    return Side(value, first.masked, held.state, state, tone, source, further, held.waiting)


# --- Who changed it, and why


def _changes(
    user: Any, customer: Customer, since: datetime, until: datetime
) -> dict[str, list[Change]]:
    """What happened to each field after `since` and up to `until`, the newest first."""
    span = (since, until)
    facts = (
        Fact.objects.visible_to(user)
        .filter(customer=customer)
        .filter(
            _within("entered_at", *span)
            | _within("known_since", *span)
            | _within("rejected_at", *span)
        )
    )
    cases = ConflictCase.objects.visible_to(user).filter(customer=customer)
    cases = cases.filter(_within("opened_at", *span) | _within("resolved_at", *span))
    rows, disputes = list(facts[:CHANGES_MAX]), list(cases[:CHANGES_MAX])
    names = _names(rows, disputes)
    found: dict[str, list[Change]] = defaultdict(list)
    for fact in rows:
        found[fact.field] += _of_fact(fact, names, span)
    for case in disputes:
        found[case.field] += _of_case(case, names, span)
    for of_field in found.values():
        of_field.sort(key=lambda change: change.at, reverse=True)
    return found


def _within(name: str, since: datetime, until: datetime) -> Q:
    return Q(**{f"{name}__gt": since, f"{name}__lte": until})


def _names(facts: Iterable[Fact], cases: Iterable[ConflictCase]) -> dict[int | None, str]:
    ids: set[int | None] = {case.resolved_by_id for case in cases}
    for fact in facts:
        ids |= {fact.entered_person_id, fact.verified_by_id, fact.rejected_by_id}
        ids.add(fact.second_reviewer_id)
    people = User.objects.in_bulk({pk for pk in ids if pk is not None})
    return {pk: person_name(user) for pk, user in people.items()}


def _of_fact(
    fact: Fact, names: dict[int | None, str], span: tuple[datetime, datetime]
) -> list[Change]:
    def during(instant: datetime | None) -> bool:
        return instant is not None and span[0] < instant <= span[1]

    found = []
    source = f"{words.source(fact.source)} {fact.reliability}"
    if during(fact.entered_at):
        what = _CORRECTED if fact.corrects_id else _ENTERED
        who = names.get(fact.entered_person_id) or fact.entered_by
        found.append(Change(fact.entered_at, what.format(s=source), who, None, fact.reason))
    if during(fact.known_since) and fact.known_since:
        both = (names.get(fact.verified_by_id, ""), names.get(fact.second_reviewer_id, ""))
        who = " · ".join(name for name in both if name)
        how = words.HOW.get(fact.how or "")
        found.append(Change(fact.known_since, _VERIFIED.format(s=source), who, how, ""))
    if during(fact.rejected_at) and fact.rejected_at:
        who, why = names.get(fact.rejected_by_id, ""), fact.reject_reason or ""
        found.append(Change(fact.rejected_at, _REJECTED.format(s=source), who, None, why))
    return found


def _of_case(
    case: ConflictCase, names: dict[int | None, str], span: tuple[datetime, datetime]
) -> list[Change]:
    found = []
    if span[0] < case.opened_at <= span[1]:
        found.append(Change(case.opened_at, _DISPUTED, "", None, ""))
    if case.resolved_at and span[0] < case.resolved_at <= span[1]:
        who = names.get(case.resolved_by_id, "")
        found.append(Change(case.resolved_at, _DECIDED, who, None, case.reason))
    return found


_ENTERED = T("录入（{s}）", "entered ({s})")
_CORRECTED = T("录入更正（{s}）", "correction entered ({s})")
_VERIFIED = T("核验入档（{s}）", "verified, in the file ({s})")
_REJECTED = T("未通过（{s}）", "rejected ({s})")
_DISPUTED = T("来源不一致", "sources disagree")
_DECIDED = T("裁定", "decided")
