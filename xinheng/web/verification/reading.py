"""The verification queue as a page reads it: what was entered, beside what the file says today.

A row tells the new value, what the same source said before, what others say, and what verifying
would do, in words. Sealed values are opened only for the rows of the page, keys all together.
Example: 10,000,000.00 CNY of capital (企查查, B) beside 8,000,000.00 CNY (the licence, A): "opens a
case".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest

from xinheng.dossiers import waiting
from xinheng.dossiers.fields import Field, catalogue
from xinheng.dossiers.models import Fact
from xinheng.dossiers.remarking import remarks_of
from xinheng.dossiers.rules import Remark
from xinheng.dossiers.waiting import Said, Survey, Waiting, Wanted, late_before
from xinheng.people.models import User
from xinheng.people.queries import today
from xinheng.texts import T
from xinheng.web.decisions.reading import person_name
from xinheng.web.files import fact_words as words
from xinheng.web.frame.tables import Head, Page, Tab, heads, page_by_key, sorting_of
from xinheng.web.verification import asking

ROWS: Final = 30  # a row tells what all sources say, so it is tall
WOULD: Final = {  # what verifying would do: words and meaning colour
    waiting.STANDS: (T("核验后入档", "Enters the file"), "within"),
    waiting.SECOND: (T("关键字段，还需第二人复核", "Critical: a second review follows"), "watch"),
    waiting.CONFLICT: (T("与其他来源不一致，将立冲突案", "Sources differ: opens a case"), "act"),
    waiting.JOINS: (T("来源冲突待决，将并入该案", "Joins an open conflict"), "act"),
}


@dataclass(frozen=True)
class Told:
    """What one source says, in words; `same` as the fact that waits (None: can't be told)."""

    said: Said
    value: str
    source: str
    same: bool | None


@dataclass(frozen=True)
class Row:
    """A fact that waits, in words."""

    fact: Fact
    field: Field
    block: str
    now: Told
    before: Told | None
    others: list[Told]
    would: tuple[T, str]
    remarks: tuple[Remark, ...]
    entered_by: str
    checked_by: str  # who verified it first, "" where nobody has
    late: bool
    mine: bool
    checked_by_me: bool

    @property
    def free(self) -> bool:
        """Whether the person who looks may verify it."""
        return not (self.mine or self.checked_by_me)


@dataclass(frozen=True)
class Queue:
    """One page of the queue."""

    wanted: Wanted
    told: Survey
    tabs: list[Tab]
    heads: list[Head]
    rows: list[Row]
    page: Page

    @property
    def narrowed(self) -> bool:
        return self.wanted != Wanted(tab=self.wanted.tab)


def read(request: HttpRequest, *, at: datetime) -> Queue:
    """The page of the queue that the address asks for."""
    wanted = asking.wanted_of(request.GET)
    told = waiting.survey(request.user, wanted, at=at)
    sorting = sorting_of(request, asking.COLUMNS, asking.DEFAULT_SORT)
    facts = waiting.narrowed(request.user, wanted, at=at).select_related("customer")
    page = page_by_key(request, facts, sorting, ROWS)
    return Queue(
        wanted=wanted,
        told=told,
        tabs=asking.filter_tabs(request, told),
        heads=heads(request, asking.COLUMNS, sorting),
        rows=rows_of(page.rows, request.user, at=at),
        page=page,
    )


def rows_of(facts: Sequence[Fact], user: Any, *, at: datetime) -> list[Row]:
    """Facts with what stands beside them and what the rules remark, in a few statements."""
    names, remarked = names_of(facts), remarks_of([one.pk for one in facts], today(at))
    late = late_before(at)
    return [
        _row(one, remarked.get(one.fact.pk, ()), names, user, late) for one in waiting.beside(facts)
    ]


def _row(
    one: Waiting, remarks: tuple[Remark, ...], names: dict[int, str], user: Any, late: datetime
) -> Row:
    fact: Fact = one.fact
    field = catalogue().fields[fact.field]
    return Row(
        fact=fact,
        field=field,
        block=str(next(block.name for block in catalogue().blocks if block.code == field.block)),
        now=told(field, one.said, None),
        before=told(field, one.before, one.said) if one.before else None,
        others=[told(field, other, one.said) for other in one.others],
        would=WOULD[one.would],
        remarks=remarks,
        entered_by=entered_by(fact, names),
        checked_by=names.get(fact.verified_by_id or 0, ""),
        late=fact.entered_at < late,
        mine=fact.entered_person_id is not None and fact.entered_person_id == user.pk,
        checked_by_me=fact.verified_by_id is not None and fact.verified_by_id == user.pk,
    )


def told(field: Field, said: Said, against: Said | None) -> Told:
    """In words; `against` is what it is compared with."""
    same = None
    if against is not None and said.value is not None and against.value is not None:
        same = said.value == against.value
    text = words.told(field, said.value) if said.value is not None else ""
    return Told(said, text, words.source(said.source), same)


def names_of(facts: Iterable[Fact]) -> dict[int, str]:
    """The names of all who entered, verified, reviewed or rejected, in one statement."""
    ids = {
        pk
        for one in facts
        for pk in (
            *(one.entered_person_id, one.verified_by_id),
            *(one.second_reviewer_id, one.rejected_by_id),
        )
        if pk is not None
    }
    if not ids:
        return {}
    return {pk: person_name(user) for pk, user in User.objects.in_bulk(ids).items()}


def entered_by(fact: Fact, names: dict[int, str]) -> str:
    """Who entered it: a person, or the machine that did."""
    return names.get(fact.entered_person_id or 0, "") or fact.entered_by
