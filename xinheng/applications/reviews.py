"""Reviews: a customer is looked at every year, before its limit ends, and when something happened.

A round finds them by state (review_sql.py) and gives each to a colleague of the customer's unit who
has the fewest; what has settled itself is closed the same way. A person begins one, which drafts an
application to renew or lower the limit, or ends it with what came of it. Example: a limit of
500,000.00 until 31 December; on 16 November a review appears, due on 17 December; Bob begins it:
application "renewal" of 500,000.00; when that is granted, the review is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Count

from xinheng.applications.models import Application, Review
from xinheng.applications.review_refusals import ReviewRefusal
from xinheng.applications.review_rules import days_around, due_day, rules
from xinheng.applications.review_sql import FINDERS, GONE, SETTLED
from xinheng.applications.review_words import CAUSES, about_words
from xinheng.applications.starting import put_draft, standing_limit
from xinheng.credit.scale import GRADES
from xinheng.customers.models import Customer
from xinheng.decisions.notices import NewNotice, tell_about
from xinheng.ledger.actions import append_one
from xinheng.merkle.commitment import canonical
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.models import User
from xinheng.people.queries import today as today_of
from xinheng.refusals import Refused
from xinheng.texts import T

WRITE: Final = "applications.write"
INVESTIGATE: Final = "applications.investigate"
A_ROUND: Final = 2_000  # of each cause; the rest comes with the next round
REASON_MIN, REASON_MAX = 4, 1_000
AHEAD_DAYS_MAX: Final = 366
GONE_WORDS: Final = T("原因已消除。", "Its cause has gone.")


class Found(NamedTuple):
    """A look that is due: `day` is the day that it is about."""

    customer_id: int
    unit_id: int | None
    cause: str
    code: str
    about: str
    day: date


class Reviewer(NamedTuple):
    """Somebody who may investigate, and whose customers they see."""

    user_id: int
    unit_id: int | None
    all_units: bool

    def sees(self, unit_id: int | None) -> bool:
        return self.all_units or (unit_id is not None and self.unit_id == unit_id)


def find_reviews(*, today: date, at: datetime) -> int:
    """Close what has settled itself, then open what is due, A_ROUND of each cause at most; who is
    to do it is told. One ledger entry where anything was opened; returns how many were.
    """
    with transaction.atomic():
        _close(today, at)
        found = [one for code in FINDERS for one in _due(code, today, at)]
        if not found:
            return 0
        rows = _opened(found, today, at)
        _record_found(rows, at)
    return len(rows)


def _due(code: str, today: date, at: datetime) -> list[Found]:
    cause, statement = FINDERS[code]
    with connection.cursor() as cursor:
        cursor.execute(statement, _meant(code, cause, today, at))
        return [
            Found(customer, unit, cause, code, about, day)
            for customer, unit, about, day in cursor.fetchall()
        ]


def _meant(code: str, cause: str, today: date, at: datetime) -> dict[str, Any]:
    numbers = rules("reviews")
    rule, months = numbers[code], numbers["months"]
    return {
        "today": today,
        "at": at,
        "cause": cause,
        "most": A_ROUND,
        "back": numbers["expiry"]["back_days"],
        "again": rule["again_days"],
        "ahead": rule.get("ahead_days"),
        "lead": rule.get("lead_days"),
        "weak": numbers["weak_grades"],
        "weak_months": months["weak"],
        "watch_months": months["watch"],
        "normal_months": months["normal"],
        "within": rule.get("within_days"),
        "grades": list(GRADES),
        "oldest": rule.get("oldest_days"),
        "open": rule.get("open_days"),
    }


def _opened(found: Sequence[Found], today: date, at: datetime) -> list[Review]:
    listed, people = days_around(today), reviewers()
    load = _load()
    rows = []
    for one in found:
        row = Review(
            customer_id=one.customer_id,
            cause=one.cause,
            about=one.about,
            due_on=due_day(one.code, one.day, today, listed),
            assignee_id=_least_loaded(one.unit_id, people, load),
            made_at=at,
        )
        rows.append(row)
    made = Review.objects.bulk_create(rows)
    _tell(made, at)
    return made


def reviewers() -> list[Reviewer]:
    """Everybody who may be given a review."""
    people = User.objects.filter(is_active=True, roles__permissions__contains=[INVESTIGATE])
    rows = people.distinct().order_by("pk")
    return [Reviewer(*row) for row in rows.values_list("pk", "business_unit_id", "sees_all_units")]


def _load() -> Counter[int]:
    """How many reviews each has under way."""
    mine = Review.objects.filter(state__in=["open", "started"], assignee__isnull=False)
    return Counter(dict(mine.values_list("assignee").annotate(n=Count("pk")).order_by()))


def _least_loaded(
    unit_id: int | None, people: Sequence[Reviewer], load: Counter[int]
) -> int | None:
    """A colleague of the customer's own unit before one of the whole book; none: nobody yet."""
    seeing = [one for one in people if one.sees(unit_id)]
    own = [one for one in seeing if one.unit_id == unit_id and unit_id is not None]
    chosen = min(own or seeing, key=lambda one: (load[one.user_id], one.user_id), default=None)
    if chosen is None:
        return None
    load[chosen.user_id] += 1
    return chosen.user_id


def _tell(rows: Iterable[Review], at: datetime) -> None:
    told = [
        NewNotice(row.assignee_id, "review", row.customer_id, f"review:{row.pk}")
        for row in rows
        if row.assignee_id is not None
    ]
    tell_about(told, at=at)


def _record_found(rows: Sequence[Review], at: datetime) -> None:
    """One entry commits to all of them by their root; a customer's own row could be guessed."""
    leaves = [canonical([r.customer_id, r.cause, r.about, r.due_on.isoformat()]) for r in rows]
    root = root_of([hash_leaf(leaf.encode()) for leaf in leaves]).hex()
    append_one("reviews.found", {"rows": len(rows)}, {"rows_root": root}, at=at)


def _close(today: date, at: datetime) -> int:
    said = f"{GONE_WORDS.zh} {GONE_WORDS.en}"
    meant: dict[str, Any] = {"today": today, "at": at, "said": said, "most": A_ROUND}
    with connection.cursor() as cursor:
        cursor.execute(GONE, meant)
        gone = cursor.rowcount
        cursor.execute(SETTLED, meant)
        return int(gone + cursor.rowcount)


# --- What persons do


def ask_review(customer_code: str, due_on: date, why: str, *, actor: Actor, at: datetime) -> Review:
    """A person wants a customer looked at by a day; a colleague of its unit is given it. One ledger
    entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_CUSTOMER, NEEDS_REASON, BAD_DAY, ALREADY_OPEN.
    """
    require_named(actor, WRITE)
    about = checked_reason(why)[:120]
    day = today_of(at)
    if not day <= due_on <= day + timedelta(days=AHEAD_DAYS_MAX):
        raise Refused(ReviewRefusal.BAD_DAY)
    with transaction.atomic():
        customer = customer_in_sight(customer_code, actor)
        open_ones = Review.objects.filter(customer=customer, state__in=["open", "started"])
        if open_ones.filter(cause="person").exists():
            raise Refused(ReviewRefusal.ALREADY_OPEN)
        row = Review.objects.create(
            customer=customer,
            cause="person",
            about=about,
            due_on=due_on,
            assignee_id=_least_loaded(customer.business_unit_id, reviewers(), _load()),
            made_at=at,
        )
        _tell([row], at)
        _record("review.asked_for", row, {"why": about}, actor, at)
    return row


def start_review(
    review_id: int,
    kind: str,
    amount_minor: int | None,
    *,
    actor: Actor,
    at: datetime,
) -> Application:
    """Begin a review: an application to renew or lower the limit is drafted, and the review ends
    with it. `amount_minor` None: the limit as it is. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_REVIEW, NOT_OPEN, BAD_AMOUNT, APPLICATION_OPEN.
    """
    require_named(actor, WRITE)
    with transaction.atomic():
        row = _locked(review_id, actor)
        if row.state != "open":
            raise Refused(ReviewRefusal.NOT_OPEN)
        now = standing_limit(row.customer_id, row.about, today_of(at))
        asked = now.amount_minor if amount_minor is None else amount_minor
        lowered = kind == "decrease"
        if kind not in ("renewal", "decrease") or (lowered and asked >= now.amount_minor):
            raise Refused(ReviewRefusal.BAD_AMOUNT, now=now.words())
        purpose = f"{CAUSES[row.cause].zh}：{about_words(row.cause, row.about).zh}"
        wish = now._replace(amount_minor=asked)
        made = put_draft(row.customer_id, "review", kind, wish, purpose, actor=actor, at=at)
        Review.objects.filter(pk=row.pk).update(state="started", application=made)
        _record("review.started", row, {"application": made.number, "kind": kind}, actor, at)
    return made


def end_review(review_id: int, outcome: str, *, dropped: bool, actor: Actor, at: datetime) -> None:
    """Somebody looked and says what came of it, or that no look is needed. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_REVIEW, NEEDS_REASON, NOT_OPEN, UNDER_WAY.
    """
    require_named(actor, INVESTIGATE)
    said = checked_reason(outcome)
    with transaction.atomic():
        row = _locked(review_id, actor)
        if row.state == "started" and row.application is not None:
            raise Refused(ReviewRefusal.UNDER_WAY, number=row.application.number)
        if row.state != "open":
            raise Refused(ReviewRefusal.NOT_OPEN)
        state = "dropped" if dropped else "done"
        Review.objects.filter(pk=row.pk).update(
            state=state, outcome=said, ended_by_id=actor.person(), ended_at=at
        )
        _record("review.ended", row, {"state": state, "outcome": said}, actor, at)


def assign_review(review_id: int, user_id: int, *, actor: Actor, at: datetime) -> None:
    """Give a review to a colleague who sees the customer. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_REVIEW, NOT_OPEN, PERSON_UNFIT.
    """
    require_named(actor, INVESTIGATE)
    with transaction.atomic():
        row = _locked(review_id, actor)
        if row.state not in ("open", "started"):
            raise Refused(ReviewRefusal.NOT_OPEN)
        if user_id not in fitting(row.customer.business_unit_id):
            raise Refused(ReviewRefusal.PERSON_UNFIT)
        Review.objects.filter(pk=row.pk).update(assignee_id=user_id)
        row.assignee_id = user_id
        _tell([row], at)
        _record("review.assigned", row, {"to": f"user:{user_id}"}, actor, at)


def fitting(unit_id: int | None) -> list[int]:
    """Who may be given a review of a customer of this unit."""
    return [one.user_id for one in reviewers() if one.sees(unit_id)]


# --- Steps that regrades and offers take too


def require_named(actor: Actor, permission: str) -> None:
    """A named person with the permission; refuses NOT_ALLOWED, NAMED_PERSON."""
    if not actor.may(permission):
        raise Refused(ReviewRefusal.NOT_ALLOWED, permission=permission)
    if actor.person_id is None:
        raise Refused(ReviewRefusal.NAMED_PERSON)


def checked_reason(said: str) -> str:
    """The words without what surrounds them; refuses NEEDS_REASON."""
    words = said.strip()
    if not REASON_MIN <= len(words) <= REASON_MAX:
        raise Refused(ReviewRefusal.NEEDS_REASON)
    return words


def customer_in_sight(code: str, actor: Actor) -> Customer:
    """The customer of this code; one out of the actor's sight does not exist for them."""
    found: Customer | None = Customer.objects.filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(ReviewRefusal.UNKNOWN_CUSTOMER, customer=code)
    return found


def _locked(review_id: int, actor: Actor) -> Review:
    rows = Review.objects.select_related("customer").select_for_update(of=("self",))
    row: Review | None = rows.filter(pk=review_id).first()
    if row is None or not actor.reaches(row.customer.business_unit_id):
        raise Refused(ReviewRefusal.UNKNOWN_REVIEW)
    return row


def _record(kind: str, row: Review, told: dict[str, str], actor: Actor, at: datetime) -> None:
    fields = {"actor": actor.ref, "customer": row.customer.code, "cause": row.cause, **told}
    append_one(kind, {}, fields, at=at, key_id=row.customer.data_key_id)
