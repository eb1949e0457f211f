"""Proposals of another grade: what behaviour says against the grade in force. A person decides.

Behaviour speaks for a lower grade where the payment index fell by 10 within three months or
something is 60 days overdue, and the grade has not followed yet; for the model's own where it has
moved since a person put another in its place, or where an expert's rating hides it. Example: A,
index 84.00 → 71.00: proposed BBB; Alice accepts, and BBB counts for 180 days at most. Nothing here
changes a grade by itself; what no longer holds lapses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from xinheng.applications.models import RegradeProposal
from xinheng.applications.review_refusals import ReviewRefusal
from xinheng.applications.review_rules import rules
from xinheng.applications.reviews import checked_reason, require_named
from xinheng.credit.scale import GRADES, grade_rank
from xinheng.decisions.assess import assess
from xinheng.decisions.models import Rating
from xinheng.decisions.overriding import OVERRIDE, NewOverride, ask_override, end_override
from xinheng.ledger.actions import append_one
from xinheng.people.actor import Actor, system
from xinheng.people.queries import today as today_of
from xinheng.receivables.queries import Behaviour, behaviour
from xinheng.refusals import Refused

CONFIRM: Final = "grades.confirm"
A_ROUND: Final = 1_000
ENTRIES: Final = {"accepted": "regrade.accepted", "refused": "regrade.refused"}
# D is a state, not what behaviour alone says; nothing lies below C but that.
LOWEST: Final = len(GRADES) - 2


class Spoken(NamedTuple):
    """What speaks for another grade of a customer."""

    to_grade: str
    evidence: dict[str, Any]


def find_regrades(customer_ids: Collection[int], *, today: date, at: datetime) -> int:
    """Look at these customers, A_ROUND at most: proposals that no longer hold lapse, new ones wait.
    One ledger entry where anything was found; returns how many were.
    """
    ids = sorted(customer_ids)[:A_ROUND]
    with transaction.atomic():
        rated = _rated(ids, today)
        spoken = _spoken(rated, today)
        waiting = RegradeProposal.objects.select_for_update().filter(
            customer_id__in=ids, state="waiting"
        )
        standing = {row.customer_id: row for row in waiting}
        stale = [row.pk for row in standing.values() if not _holds(row, rated, spoken)]
        RegradeProposal.objects.filter(pk__in=stale).update(state="lapsed", decided_at=at)
        kept = {row.customer_id for row in standing.values() if row.pk not in stale}
        quiet = _decided_lately(ids, at)
        rows = [
            _proposal(rated[one], said, at)
            for one, said in spoken.items()
            if one not in kept and (one, said.to_grade) not in quiet
        ]
        RegradeProposal.objects.bulk_create(rows)
        if rows:
            append_one("regrades.found", {"rows": len(rows)}, {}, at=at)
    return len(rows)


def _rated(ids: Sequence[int], today: date) -> dict[int, Rating]:
    rows = Rating.objects.filter(
        customer_id__in=ids, customer__merged_into=None, valid_until__gte=today
    )
    found = rows.exclude(grade="").exclude(customer__status="closed")
    return {row.customer_id: row for row in found.select_related("assessment", "override")}


def _spoken(rated: Mapping[int, Rating], today: date) -> dict[int, Spoken]:
    found = _model_moved(rated) | _hidden(rated)
    rest = [one for one in rated if one not in found]
    return found | _worsened({one: rated[one] for one in rest}, today)


def _model_moved(rated: Mapping[int, Rating]) -> dict[int, Spoken]:
    """A person's grade stands, and the model's is another than it was then."""
    found = {}
    for customer_id, row in rated.items():
        over, now = row.override, row.model_grade
        if over is not None and now not in ("", row.grade, over.model_grade):
            told = {"model_grade_then": over.model_grade, "model_grade": now}
            found[customer_id] = Spoken(now, told)
    return found


# The newest assessment by the ledger that came to a grade, behind an expert's rating in force.
_HIDDEN = """
select distinct on (a.customer_id) a.customer_id, a.grade from decisions_assessment a
where a.customer_id = any(%s) and not a.by_expert and a.grade <> '' and a.valid_until >= %s
order by a.customer_id, a.assessed_at desc, a.id desc
"""


def _hidden(rated: Mapping[int, Rating]) -> dict[int, Spoken]:
    expert = {one: row for one, row in rated.items() if row.assessment.by_expert}
    if not expert:
        return {}
    day = min(row.valid_until for row in expert.values())
    with connection.cursor() as cursor:
        cursor.execute(_HIDDEN, [list(expert), day])
        grades = dict(cursor.fetchall())
    return {
        one: Spoken(grade, {"behaviour_grade": grade})
        for one, grade in grades.items()
        if grade != expert[one].grade and not expert[one].model_grade
    }


def _worsened(rated: Mapping[int, Rating], today: date) -> dict[int, Spoken]:
    """One notch less where payment got worse and the grade has not followed."""
    rule = rules("regrades")
    start = today - timedelta(days=rule["index_window_days"])
    open_to = {one: row for one, row in rated.items() if grade_rank(row.grade) < LOWEST}
    for followed in _followed(list(open_to), start):
        open_to.pop(followed, None)
    now, before = behaviour(open_to, today), behaviour(open_to, start)
    found = {}
    for one, row in open_to.items():
        told = _evidence(now.get(one), before.get(one))
        if told:
            found[one] = Spoken(_lower(row), told)
    return found


def _lower(row: Rating) -> str:
    """Without what a person added to it, where they did; else one notch less."""
    if row.override is not None and row.override.notches > 0:
        return row.model_grade
    notches = int(rules("regrades")["notches"])
    return GRADES[min(grade_rank(row.grade) + notches, LOWEST)]


def _evidence(now: Behaviour | None, before: Behaviour | None) -> dict[str, Any]:
    rule = rules("regrades")
    told: dict[str, Any] = {}
    if now is None:
        return {}
    last = before.payment_index if before is not None else None
    fall = None if now.payment_index is None or last is None else last - now.payment_index
    if fall is not None and fall >= Decimal(rule["index_fall"]):
        told |= {"index_before": str(last), "index_now": str(now.payment_index)}
    if now.oldest_dpd >= rule["oldest_dpd"]:
        told["oldest_dpd"] = now.oldest_dpd
    return told


# Whose grade was better within the window: it has followed already.
_FOLLOWED = """
select distinct r.customer_id from decisions_rating r
join decisions_assessment a on a.customer_id = r.customer_id
where r.customer_id = any(%s) and a.assessed_at >= %s and a.grade <> ''
  and array_position(%s::text[], a.grade) < array_position(%s::text[], r.grade)
"""


def _followed(ids: list[int], start: date) -> list[int]:
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOWED, [ids, start, list(GRADES), list(GRADES)])
        return [row[0] for row in cursor.fetchall()]


def _holds(row: RegradeProposal, rated: Mapping[int, Rating], spoken: Mapping[int, Spoken]) -> bool:
    """The grade is what it was, and the same still speaks for the same other one."""
    rating, said = rated.get(row.customer_id), spoken.get(row.customer_id)
    if rating is None or said is None or rating.grade != row.from_grade:
        return False
    return said.to_grade == row.to_grade


def _decided_lately(ids: Sequence[int], at: datetime) -> set[tuple[int, str]]:
    since = at - timedelta(days=rules("regrades")["again_days"])
    rows = RegradeProposal.objects.filter(
        customer_id__in=ids, state__in=["refused", "accepted"], decided_at__gt=since
    )
    return set(rows.values_list("customer_id", "to_grade"))


def _proposal(rating: Rating, said: Spoken, at: datetime) -> RegradeProposal:
    return RegradeProposal(
        customer_id=rating.customer_id,
        from_grade=rating.grade,
        to_grade=said.to_grade,
        evidence=said.evidence,
        made_at=at,
    )


# --- What persons do


def accept_regrade(regrade_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """The proposed grade counts from now on: a downgrade for so many days, the end of the override
    that hid the model's grade, or a new assessment by the ledger. One ledger entry besides theirs.

    Refuses NOT_ALLOWED, NAMED_PERSON, NEEDS_REASON, UNKNOWN_REGRADE, NOT_WAITING, OWN_OVERRIDE, and
    what those acts refuse.
    """
    require_named(actor, CONFIRM)
    said = checked_reason(reason)
    with transaction.atomic():
        row = _locked(regrade_id, actor)
        rating = Rating.objects.select_related("override").filter(pk=row.customer_id).first()
        if rating is None or rating.grade != row.from_grade:
            raise Refused(ReviewRefusal.NOT_WAITING)
        _require_other(rating, actor)
        _put_in_force(row, rating, said, actor, at)
        _decide(row, "accepted", said, actor, at)


def refuse_regrade(regrade_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """The grade in force stays, and the same is not proposed again for a while. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, NEEDS_REASON, UNKNOWN_REGRADE, NOT_WAITING, OWN_OVERRIDE.
    """
    require_named(actor, CONFIRM)
    said = checked_reason(reason)
    with transaction.atomic():
        row = _locked(regrade_id, actor)
        rating = Rating.objects.select_related("override").filter(pk=row.customer_id).first()
        if rating is not None:
            _require_other(rating, actor)
        _decide(row, "refused", said, actor, at)


def _locked(regrade_id: int, actor: Actor) -> RegradeProposal:
    rows = RegradeProposal.objects.select_related("customer").select_for_update(of=("self",))
    row: RegradeProposal | None = rows.filter(pk=regrade_id).first()
    if row is None or not actor.reaches(row.customer.business_unit_id):
        raise Refused(ReviewRefusal.UNKNOWN_REGRADE)
    if row.state != "waiting":
        raise Refused(ReviewRefusal.NOT_WAITING)
    return row


def _put_in_force(
    row: RegradeProposal, rating: Rating, said: str, actor: Actor, at: datetime
) -> None:
    """What the proposal asks for. This act has authorised it: whoever may confirm grades may put a
    proposed lower one in force, and an assessment needs no word of its own.
    """
    day = today_of(at)
    if "behaviour_grade" in row.evidence:
        assess([row.customer_id], as_of=day, actor=system("regrades"), at=at)
    elif rating.override is not None and row.to_grade == rating.model_grade:
        end_override(rating.override.pk, said, actor=actor, at=at)
    else:
        until = day + timedelta(days=rules("regrades")["down_for_days"])
        lower = NewOverride(row.customer_id, row.to_grade, said, until)
        may = replace(actor, permissions=actor.permissions | {OVERRIDE})
        ask_override(lower, actor=may, at=at)


def _require_other(rating: Rating, actor: Actor) -> None:
    """Whoever asked for the grade in force is no judge of it."""
    if rating.override is not None and rating.override.asked_by_id == actor.person():
        raise Refused(ReviewRefusal.OWN_OVERRIDE)


def _decide(row: RegradeProposal, state: str, said: str, actor: Actor, at: datetime) -> None:
    RegradeProposal.objects.filter(pk=row.pk).update(
        state=state, reason=said, decided_by_id=actor.person(), decided_at=at
    )
    grades = {"from": row.from_grade, "to": row.to_grade}
    fields = {"actor": actor.ref, "customer": row.customer.code, "reason": said, **grades}
    append_one(ENTRIES[state], {}, fields, at=at, key_id=row.customer.data_key_id)
