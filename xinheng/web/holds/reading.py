"""The hold queue as a page reads it: who waits, since when, by when, and why, all reasons at once.

A row opens the kept answer for its sentences, word for word; what a later re-check found mended is
marked so, and what came anew is added by name. The list pages by key, so that a queue of any length
costs the same; tabs and filters are counted in one walk (`decisions.waiting.survey`). Example: two
reasons at first, "credit limit exceeded" mended since: the row says "only the rating is left".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest

from xinheng.credit.money import to_minor
from xinheng.decisions.models import Decision, Hold, Rating
from xinheng.decisions.waiting import Survey, narrowed, survey, with_excess
from xinheng.texts import T
from xinheng.web.decisions import words
from xinheng.web.decisions.reading import Answer, ReasonLine, askers, open_answer
from xinheng.web.frame.tables import Head, Page, Tab, heads, page_by_key, sorting_of
from xinheng.web.holds import asking
from xinheng.web.holds.asking import Asked
from xinheng.web.holds.clock import Clock, clock

ROWS: Final = 30  # a row tells all its reasons, so it is tall


@dataclass(frozen=True)
class Reason:
    """One reason of the row; `gone`: a later re-check found it mended."""

    line: ReasonLine
    gone: bool


@dataclass(frozen=True)
class Row:
    """A waiting hold with the answer that opened it."""

    hold: Hold
    answer: Answer
    reasons: list[Reason]
    anew: list[T]  # reasons that only a later re-check found, by name
    clock: Clock | None
    mine: bool
    asked_by: str
    grade: str

    @property
    def decision(self) -> Decision:
        return self.hold.decision

    @property
    def excess(self) -> int:
        """By how much it passed its limit, or one above it in its currency, when it was judged."""
        currency, told = self.decision.currency, self.answer.body["exposure"].get("levels", [])
        above = (
            to_minor(one["after"], currency) - to_minor(one["limit"], currency)
            for one in told
            if one["currency"] == currency and one["limit"] != "unlimited"
        )
        return max(0, self.answer.usage.excess, *above)

    @property
    def left(self) -> list[T]:
        """What still stands after a re-check, by name."""
        codes = [code for code in self.hold.codes_left.split(",") if code]
        return [words.CODES.get(code, T(code, code)) for code in codes]

    @property
    def progressed(self) -> bool:
        """Whether a re-check found something mended: then what is left is worth a line."""
        return self.hold.evaluated_at is not None and any(one.gone for one in self.reasons)


@dataclass(frozen=True)
class Queue:
    """One page of the queue."""

    asked: Asked
    told: Survey
    tabs: list[Tab]
    heads: dict[str, Head]
    rows: list[Row]
    page: Page

    @property
    def total(self) -> int:
        return self.told.total

    @property
    def columns(self) -> tuple[str, ...]:
        return self.asked.columns

    @property
    def shown_heads(self) -> list[Head]:
        return [self.heads[key] for key in self.asked.columns]


def read(request: HttpRequest, *, at: datetime) -> Queue:
    """The page of the queue that the address asks for."""
    told = survey(request.user, at=at)
    asked = asking.read(request, told)
    sorting = sorting_of(request, asking.COLUMNS, asking.DEFAULT_SORT)
    rows = narrowed(request.user, asked.wanted, reach=told.reach, at=at)
    if sorting.column.key == "excess":
        rows = with_excess(rows)
    page = page_by_key(request, _joined(rows), sorting, ROWS)
    return Queue(
        asked=asked,
        told=told,
        tabs=asking.filter_tabs(request, told),
        heads={head.column.key: head for head in heads(request, asking.COLUMNS, sorting)},
        rows=open_rows(page.rows, request.user, at=at),
        page=page,
    )


def _joined(rows: QuerySet[Hold]) -> QuerySet[Hold]:
    """With what a row shows; facts and order bytes stay where they are."""
    unread = ("decision__facts", "decision__order_bytes", "decision__request_sha256")
    joined = rows.select_related("customer", "customer__business_unit", "decision")
    return joined.defer(*unread)


def open_rows(holds: Sequence[Hold], user: Any, *, at: datetime) -> list[Row]:
    """Holds with their answers opened, in three statements for all of them."""
    asked_by = askers([hold.decision for hold in holds])
    rated = Rating.objects.filter(customer_id__in=[hold.customer_id for hold in holds])
    grades = dict(rated.values_list("customer_id", "grade"))
    return [_row(hold, user, asked_by[hold.pk], grades, at) for hold in holds]


def _row(hold: Hold, user: Any, asked_by: str, grades: Mapping[int, str], at: datetime) -> Row:
    decision = hold.decision
    answer = open_answer(bytes(decision.answer), decision.amount_minor, decision.currency)
    left = {code for code in hold.codes_left.split(",") if code}
    again = hold.evaluated_at is not None
    first = {reason.code for reason in answer.reasons}
    return Row(
        hold=hold,
        answer=answer,
        reasons=[Reason(one, again and one.code not in left) for one in answer.reasons],
        anew=[words.CODES.get(code, T(code, code)) for code in sorted(left - first)],
        clock=clock(hold.due_at, at) if hold.state == "waiting" else None,
        mine=decision.person_id is not None and decision.person_id == user.pk,
        asked_by=asked_by,
        grade=grades.get(hold.customer_id, ""),
    )
