"""Reminders: licences and papers that end, facts that wait too long; each step told once.

A round asks which ends have come within 30, 7, 1 and 0 days of today, the company's day. Told are
who may release holds of the customer's unit and who entered the paper. An end that was never told
at 30 days because nobody knew of it is told at the step it has reached by then. What a later paper
of the same field replaces without a gap, or a later scan of a licence, is told no more; any other
document is told until it is withdrawn, since nobody but a person can say what replaces it. Example:
a licence until 31 December is told on 1, 24, 30 and 31 December; renewed on the 20th, only on the
1st.

Facts that wait for over two working days (dossiers/waiting.py) are told to each person who may
verify them, once on a working day and with their number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db import connection

from xinheng.decisions.models import Notice
from xinheng.decisions.notices import A_ROUND, NewNotice, tell_about
from xinheng.dossiers.fields import catalogue
from xinheng.dossiers.waiting import Wanted, is_working_day, narrowed
from xinheng.people.models import User
from xinheng.people.queries import WholeBook, today

PEOPLE_MAX: Final = 500
ENDS, WAITS = "licence", "facts_waiting"


def remind(*, at: datetime) -> int:
    """Tell of what ends and of what waits; returns how many notices were added."""
    return remind_of_ends(today(at), at=at) + remind_of_waiting(today(at), at=at)


# --- What ends


def remind_of_ends(day: date, *, at: datetime) -> int:
    """Tell the steps that have been reached by `day` and that a person was not told yet, A_ROUND
    at most.
    """
    return tell_about([NewNotice(*row) for row in _untold(day)], at=at)


def _untold(day: date) -> list[tuple[int, str, int, str]]:
    rules = _rules()
    steps = rules["days_before"]
    fields = catalogue().fields.values()
    meant = {
        "fields": [one.code for one in fields if one.block == rules["block"]],
        "today": day,
        "first": day - timedelta(days=rules["news_days"]),
        "last": day + timedelta(days=max(steps)),
        "steps": steps,
        "kind": ENDS,
        "limit": A_ROUND,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENDING, meant)
        found: list[tuple[int, str, int, str]] = cursor.fetchall()
    return found


# `what` is the same for papers that replace each other. Merged records are one company: `root`.
_ENDING = """
with recursive merged as (
  select id, merged_into_id as root from customers_customer where merged_into_id is not null
  union
  select m.id, c.merged_into_id from merged m join customers_customer c on c.id = m.root
  where c.merged_into_id is not null
), record as (
  select m.id, m.root from merged m join customers_customer c on c.id = m.root
  where c.merged_into_id is null
), paper as (
  select f.customer_id, f.field as what, f.valid_until as ends, f.entered_person_id as person
  from dossiers_fact f
  where f.field = any(%(fields)s) and f.known_since is not null and f.known_until is null
    and f.valid_until between %(first)s and %(last)s
  union all
  select d.customer_id,
    case d.kind when 'licence' then 'business_licence'
      else 'document/' || d.kind || '/' || d.id end,
    d.valid_until,
    case when d.uploaded_by ~ '^user:[0-9]+$' then substr(d.uploaded_by, 6)::bigint end
  from dossiers_document d
  where d.withdrawn_at is null and d.valid_until between %(first)s and %(last)s
), ending as materialized (
  select coalesce(r.root, p.customer_id) as root, p.what, p.ends, p.person
  from paper p left join record r on r.id = p.customer_id
), standing as (
  select e.* from ending e
  where not exists (
    select 1 from (
      select e.root as id union all select r.id from record r where r.root = e.root
    ) member join dossiers_fact f on f.customer_id = member.id and f.field = e.what
    where f.known_since is not null and f.known_until is null
      and (f.valid_from is null or f.valid_from <= e.ends + 1)
      and case when f.valid_until is null then f.observed_on else f.valid_until end > e.ends
  ) and not exists (
    select 1 from (
      select e.root as id union all select r.id from record r where r.root = e.root
    ) member join dossiers_document d on d.customer_id = member.id
    where e.what = 'business_licence' and d.kind = 'licence' and d.withdrawn_at is null
      and d.valid_until > e.ends and (d.valid_from is null or d.valid_from <= e.ends + 1)
  )
), step as (
  select s.root, s.what, s.ends, array_agg(s.person) as people,
    (select coalesce(min(n), 0) from unnest(%(steps)s::int[]) n
      where n >= s.ends - %(today)s::date) as days
  from standing s group by s.root, s.what, s.ends
), told as (
  select u.id as user_id, c.id as customer_id,
    c.id || ':' || s.what || ':' || s.ends || ':' || s.days as about
  from step s join customers_customer c on c.id = s.root and c.status <> 'closed'
  join people_user u on u.is_active
    and (u.sees_all_units or u.business_unit_id = c.business_unit_id)
  where u.id = any(s.people) or exists (
    select 1 from people_user_roles ur join people_role r on r.code = ur.role_id
    where ur.user_id = u.id and 'holds.release' = any(r.permissions))
)
select t.user_id, %(kind)s, t.customer_id, t.about from told t
where not exists (
  select 1 from decisions_notice n
  where n.user_id = t.user_id and n.kind = %(kind)s and n.about = t.about
    and n.decision_id is null
)
order by t.customer_id, t.about, t.user_id limit %(limit)s
"""


# --- What waits


def remind_of_waiting(day: date, *, at: datetime) -> int:
    """On a working day, tell each person who may verify them how many facts wait too long."""
    if not is_working_day(day) or not _any_late(at):
        return 0
    told = Notice.objects.filter(kind=WAITS, about__startswith=f"{day}:").values("user_id")
    people = User.objects.filter(
        is_active=True, roles__permissions__contains=["facts.verify"]
    ).exclude(pk__in=told)
    rows = []
    for user in people.distinct().order_by("pk")[:PEOPLE_MAX]:
        waiting = narrowed(user, Wanted(tab="late"), at=at).count()
        if waiting:
            rows.append(NewNotice(user.pk, WAITS, None, f"{day}:{waiting}"))
    return tell_about(rows, at=at)


def _any_late(at: datetime) -> bool:
    return narrowed(WholeBook(), Wanted(tab="late"), at=at).exists()


@cache
def _rules() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(
        Path(__file__).with_name("reminding_v1.json").read_text(encoding="utf-8")
    )
    return found
