"""Notices: what a person should know about an order or a customer, found by state and told once.

Nobody sends a notice when something happens. A round asks which notices the state calls for and
which of them nobody has been told yet, and adds those; a stopped process loses none. Example: a
hold opened at 09:00 and due at 13:00 is told at once to Bob, who asked, and to Alice, who may
release so much; at 13:00 it still waits: it is escalated, and everybody with the authority is told.

Told are: held (who asked, who may release), ready (the same), overdue and review_asked (who may
release), released and rejected (who asked, unless it was their own doing). Other rooms tell what is
not about an order through `tell_about`; what it is about names the thing and the step, so that each
is told once: "SX-2026-000123:turn:2".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from xinheng.decisions.models import Decision, Hold, Notice
from xinheng.limits.arrays import numbers, plain, texts
from xinheng.people.actor import Actor
from xinheng.people.models import unit_scope
from xinheng.people.queries import Approver, approvers, today

A_ROUND = 2_000
# What ended longer ago is not told any more: an installation that stood still for weeks would
# otherwise begin with a heap of old news.
NEWS_DAYS = 7
ABOUT_MAX: Final = 120


class NewNotice(NamedTuple):
    """News for a person that is not about an order; `about` tells it from all others of the kind.

    Without a customer it is the person's own; with one, it is seen by who may see the customer.
    """

    user_id: int
    kind: str
    customer_id: int | None
    about: str


def look_after(*, at: datetime) -> int:
    """Escalate what is overdue, then tell what the state calls for; returns how many were told."""
    escalate(at=at)
    return tell(at=at)


def escalate(*, at: datetime) -> int:
    """Mark waiting holds past the instant by which they were promised to be judged."""
    late = Hold.objects.filter(state="waiting", due_at__lt=at, escalated_at__isnull=True)
    return late.update(escalated_at=at)


def tell(*, at: datetime) -> int:
    """Add the notices that the state calls for and that nobody was told yet, A_ROUND at most."""
    waiting = Decision.objects.filter(hold__state="waiting").order_by()
    currencies = waiting.values_list("currency", flat=True).distinct()
    judges = approvers("release_hold", set(currencies), today(at)) if currencies else []
    with connection.cursor() as cursor:
        cursor.execute(_TELL, [*_columns(judges), at - timedelta(days=NEWS_DAYS), at, A_ROUND])
        return int(cursor.rowcount)


def _columns(judges: Sequence[Approver]) -> list[Any]:
    caps = [None if one.mandate.unlimited else one.mandate.up_to_minor for one in judges]
    return [
        numbers([one.user_id for one in judges]),
        numbers([one.unit_id for one in judges]),
        plain([one.all_units for one in judges]),
        texts([one.mandate.currency for one in judges]),
        numbers(caps),
    ]


# Who asked never judges; whose authority does not cover even the order itself need not look.
_TELL = """
with judge as (
  select * from unnest(%s::bigint[], %s::bigint[], %s::bool[], %s::text[], %s::bigint[])
    as j(user_id, unit_id, all_units, currency, cap)
), waiting as (
  select h.decision_id, d.person_id, d.currency, d.amount_minor, c.business_unit_id, h.ready,
    h.escalated_at is not null as late,
    exists (select 1 from decisions_reviewrequest q
      where q.decision_id = h.decision_id and q.answered_at is null) as asked
  from decisions_hold h
  join decisions_decision d on d.id = h.decision_id
  join customers_customer c on c.id = d.customer_id
  where h.state = 'waiting'
), told as (
  select w.person_id as user_id, k.kind, w.decision_id
  from waiting w join people_user u on u.id = w.person_id and u.is_active
  cross join lateral (values ('held', true), ('ready', w.ready)) k(kind, so) where k.so
  union all
  select j.user_id, k.kind, w.decision_id
  from waiting w
  join judge j on j.currency = w.currency and j.user_id is distinct from w.person_id
    and (j.all_units or j.unit_id = w.business_unit_id)
    and (j.cap is null or j.cap >= w.amount_minor)
  cross join lateral (values ('held', true), ('ready', w.ready), ('overdue', w.late),
    ('review_asked', w.asked)) k(kind, so)
  where k.so
  union all
  select d.person_id, h.state, h.decision_id
  from decisions_hold h
  join decisions_decision d on d.id = h.decision_id
  join people_user u on u.id = d.person_id and u.is_active
  where h.state in ('released', 'rejected') and h.ended_at > %s::timestamptz
    and h.ended_by_id is distinct from d.person_id
)
insert into decisions_notice (user_id, kind, decision_id, told_at)
select t.user_id, t.kind, t.decision_id, %s::timestamptz from told t
where not exists (
  select 1 from decisions_notice n
  where n.user_id = t.user_id and n.kind = t.kind and n.decision_id = t.decision_id
)
order by t.decision_id, t.user_id, t.kind limit %s
on conflict (user_id, kind, decision_id) do nothing
"""


def tell_about(rows: Sequence[NewNotice], *, at: datetime) -> int:
    """Add the notices that these people were not told yet; returns how many. A step of the action
    or round that found them.
    """
    if not rows:
        return 0
    if wrong := [one.about for one in rows if not 0 < len(one.about) <= ABOUT_MAX]:
        raise ValueError(f"about: 1 to {ABOUT_MAX} letters, not {wrong[0]!r}")
    with connection.cursor() as cursor:
        columns = [
            numbers([one.user_id for one in rows]),
            texts([one.kind for one in rows]),
            numbers([one.customer_id for one in rows]),
            texts([one.about for one in rows]),
        ]
        cursor.execute(_TELL_ABOUT, [at, *columns])
        return int(cursor.rowcount)


_TELL_ABOUT = """
insert into decisions_notice (user_id, kind, customer_id, about, told_at)
select t.user_id, t.kind, t.customer_id, t.about, %s::timestamptz
from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[])
  with ordinality as t(user_id, kind, customer_id, about, place)
join people_user u on u.id = t.user_id and u.is_active
order by t.place
on conflict (user_id, kind, about) where decision_id is null do nothing
"""


def of_user(user: Any) -> QuerySet[Notice]:
    """A person's notices, newest first: their own, and those of orders and customers that they may
    (still) see.
    """
    of_order = Q(decision__isnull=False) & unit_scope(user, "decision__customer__business_unit")
    of_customer = Q(customer__isnull=False) & unit_scope(user, "customer__business_unit")
    own = Q(decision__isnull=True, customer__isnull=True)
    seen = Notice.objects.filter(of_order | of_customer | own, user_id=user.pk)
    return seen.order_by("-told_at", "-id")


def unread(user: Any) -> QuerySet[Notice]:
    return of_user(user).filter(read_at__isnull=True)


def mark_read(notice_ids: Collection[int] | None, *, actor: Actor, at: datetime) -> int:
    """The actor has read these notices, or all of theirs (None); others' are not touched."""
    if actor.person_id is None:
        return 0
    mine = Notice.objects.filter(user_id=actor.person_id, read_at__isnull=True)
    if notice_ids is not None:
        mine = mine.filter(pk__in=notice_ids)
    return mine.update(read_at=at)
