"""Talks as readers see them: of a customer, newest first; follow-ups due for a person or a unit.

Texts are opened here, keys of all customers shown in one question. A follow-up due on the 27th is
due on the 27th and 1 day late on the 28th. Looked back at, a talk that was recorded later is not
there, and a follow-up that was closed later is open.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from xinheng.relations.models import FollowUp, FollowUpQuery, Talk
from xinheng.relations.sealing import keys_of, opened

TALKS_MAX: Final = 200


class Followed(Struct, frozen=True):
    """A follow-up; `late` in days, below 0 while there is time."""

    due_on: date
    person: str
    person_id: int
    late: int
    done_at: datetime | None
    done_by: str
    outcome: str


class Told(Struct, frozen=True):
    """A talk with its texts; `due` is the follow-up that is open."""

    row: Talk
    with_whom: str
    text: str
    withdrawn: bool
    due: Followed | None
    done: list[Followed]


def talks_of(
    user: Any, customer_id: int, day: date, *, known_at: datetime | None = None, most: int = 12
) -> list[Told]:
    """A customer's talks, the newest first, as they were known."""
    rows = Talk.objects.all().visible_to(user).known(known_at).filter(customer_id=customer_id)
    return told(rows.order_by("-day", "-recorded_at", "id")[:most], day, known_at)


def newest(user: Any, day: date) -> list[Told]:
    """The newest talks with all customers in sight."""
    rows = Talk.objects.all().visible_to(user).order_by("-recorded_at", "id")
    return told(rows[:TALKS_MAX], day)


def one_talk(user: Any, talk_id: UUID, day: date) -> Told | None:
    """One talk within sight."""
    return next(iter(told(Talk.objects.all().visible_to(user).filter(pk=talk_id), day)), None)


def due(user: Any, *, mine: bool) -> FollowUpQuery:
    """Open follow-ups in sight, the earliest first; `mine`: those that this person does."""
    rows = FollowUp.objects.all().visible_to(user).open()
    rows = rows.filter(person=user) if mine else rows
    return rows.order_by("due_on", "id")


def talks_due(user: Any, day: date, *, mine: bool) -> list[Told]:
    """Their talks."""
    ids = list(due(user, mine=mine).values_list("talk_id", flat=True)[:TALKS_MAX])
    found = {one.row.pk: one for one in told(Talk.objects.filter(pk__in=ids), day)}
    return [found[one] for one in ids if one in found]


def told(rows: Any, day: date, known_at: datetime | None = None) -> list[Told]:
    """Talks opened; four statements however many."""
    found = list(rows.select_related("customer", "recorded_by", "withdrawn_by"))
    keys = keys_of(found)
    talks = {row.pk: row for row in found}
    follow_ups: dict[UUID, list[Followed]] = defaultdict(list)
    people = ("person", "done_by")
    mine = FollowUp.objects.filter(talk_id__in=list(talks)).select_related(*people)
    for one in mine.order_by("set_at", "id"):
        if known_at is None or one.set_at <= known_at:
            seen = _followed(one, talks[one.talk_id], keys, day, known_at)
            follow_ups[one.talk_id].append(seen)
    return [_told(row, keys, follow_ups[row.pk], known_at) for row in found]


def _told(row: Talk, keys: Any, followed: list[Followed], known_at: datetime | None) -> Told:
    gone = row.withdrawn_at is not None and (known_at is None or row.withdrawn_at <= known_at)
    return Told(
        row=row,
        with_whom=opened(keys, row, "with", row.pk, row.with_sealed),
        text=opened(keys, row, "text", row.pk, row.text_sealed),
        withdrawn=gone,
        due=None if gone else next((one for one in followed if one.done_at is None), None),
        done=[one for one in followed if one.done_at is not None],
    )


def _followed(
    one: FollowUp, talk: Talk, keys: Any, day: date, known_at: datetime | None
) -> Followed:
    done = one.done_at is not None and (known_at is None or one.done_at <= known_at)
    return Followed(
        due_on=one.due_on,
        person=one.person.name,
        person_id=one.person_id,
        late=(day - one.due_on).days,
        done_at=one.done_at if done else None,
        done_by=one.done_by.name if done and one.done_by else "",
        outcome=opened(keys, talk, "outcome", one.pk, one.outcome_sealed) if done else "",
    )
