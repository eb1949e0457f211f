"""Offers of more credit to customers that pay on time and use what they have.

A round finds them (offer_sql.py) and keeps each with its reasons; nothing is promised until a
person offers it, in a letter of plain words. The customer takes it, by word of mouth written down
by sales, and it becomes an application like any other, assessed and approved anew. Example: limit
500,000.00, 82 % in use, index 91.20, never late, suggested 800,000.00: offered 650,000.00 until
20 December; taken on the 3rd: SX-2026-000124.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from xinheng.applications.models import Application, IncreaseOffer
from xinheng.applications.offer_letter import write_letter
from xinheng.applications.offer_sql import CANDIDATES, LAPSED
from xinheng.applications.review_refusals import ReviewRefusal
from xinheng.applications.review_rules import rules
from xinheng.applications.reviews import (
    INVESTIGATE,
    WRITE,
    Reviewer,
    checked_reason,
    require_named,
    reviewers,
)
from xinheng.applications.starting import put_draft, standing_limit
from xinheng.credit.limit_method import round_down
from xinheng.credit.money import to_text
from xinheng.credit.scale import GRADES, grade_rank
from xinheng.decisions.file_gaps import held_back
from xinheng.decisions.notices import NewNotice, tell_about
from xinheng.ledger.actions import append_one
from xinheng.people.actor import Actor
from xinheng.people.queries import today as today_of
from xinheng.refusals import Refused

A_ROUND: Final = 500


class Candidate(NamedTuple):
    """A customer that the statement found, with the figures behind it."""

    customer_id: int
    unit_id: int | None
    currency: str
    limit_minor: int
    suggested_minor: int
    grade: str
    payment_index: Decimal
    complete_bps: int
    mean_minor: int
    days_late_max: int

    def offered_minor(self) -> int:
        """The suggestion, at most so much more than now, rounded down."""
        most = self.limit_minor * int(rules("offers")["at_most_pct"]) // 100
        return round_down(min(self.suggested_minor, most))

    def reasons(self) -> dict[str, Any]:
        share = Decimal(self.mean_minor * 100) / self.limit_minor
        return {
            "usage_days": rules("offers")["usage_days"],
            "usage_pct": str(share.quantize(Decimal("0.01"), ROUND_DOWN)),
            "mean_minor": self.mean_minor,
            "payment_index": str(self.payment_index),
            "days_late_max": max(self.days_late_max, 0),
            "grade": self.grade,
            "complete_bps": self.complete_bps,
            "suggested_minor": self.suggested_minor,
        }


def find_offers(*, today: date, at: datetime) -> int:
    """Let lapse what does not hold any more, then keep what may be offered, A_ROUND at most; who
    decides is told. One ledger entry where anything was found; returns how many were.
    """
    with transaction.atomic():
        _lapse(today, at)
        found = candidates(today, at)
        kept_back = held_back([one.customer_id for one in found], today)
        fit = [one for one in found if one.customer_id not in kept_back]
        rows = [_row(one, today, at) for one in fit if one.offered_minor() > one.limit_minor]
        if not rows:
            return 0
        made = IncreaseOffer.objects.bulk_create(rows)
        _tell(made, fit, at)
        append_one("offers.found", {"rows": len(made)}, {}, at=at)
    return len(made)


def candidates(today: date, at: datetime, *, most: int = A_ROUND) -> list[Candidate]:
    """Customers that may be offered more, the fullest limits first."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, _meant(today, at, most))
        return [Candidate(*row) for row in cursor.fetchall()]


def _meant(today: date, at: datetime, most: int) -> dict[str, Any]:
    rule = rules("offers")
    window = timedelta(days=rule["usage_days"])
    return {
        "today": today,
        "at": at,
        "most": most,
        "from": today - window,
        "usage_days": rule["usage_days"],
        "usage_pct": rule["usage_pct_min"],
        # due before that, it was paid too late for anybody here, or is open and late
        "old": today - window - timedelta(days=2 * rule["late_window_days"]),
        "late_window": rule["late_window_days"],
        "late_max": rule["days_late_max"],
        "over_pct": rule["suggested_over_pct"],
        "grades": list(GRADES[: grade_rank(rule["worst_grade"]) + 1]),
        "index_min": Decimal(rule["payment_index_min"]),
        "complete_min": rule["complete_bps_min"],
        "again": rule["again_days"],
    }


def _lapse(today: date, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LAPSED, _meant(today, at, A_ROUND))


def _row(one: Candidate, today: date, at: datetime) -> IncreaseOffer:
    return IncreaseOffer(
        customer_id=one.customer_id,
        currency=one.currency,
        from_minor=one.limit_minor,
        to_minor=one.offered_minor(),
        reasons=one.reasons(),
        valid_until=today + timedelta(days=rules("offers")["decide_days"]),
        made_at=at,
    )


def _tell(rows: Sequence[IncreaseOffer], found: Sequence[Candidate], at: datetime) -> None:
    units = {one.customer_id: one.unit_id for one in found}
    people = reviewers()
    told = [
        NewNotice(one.user_id, "offer", row.customer_id, f"offer:{row.pk}")
        for row in rows
        for one in deciding(units[row.customer_id], people)
    ]
    tell_about(told, at=at)


def deciding(unit_id: int | None, people: Sequence[Reviewer]) -> list[Reviewer]:
    """Who decides about a customer: its own unit's, or where there is nobody, the whole book's."""
    seeing = [one for one in people if one.sees(unit_id)]
    return [one for one in seeing if one.unit_id == unit_id and unit_id is not None] or seeing


# --- What persons do


def make_offer(offer_id: int, *, actor: Actor, at: datetime) -> IncreaseOffer:
    """Offer it: the letter is written, and the customer has so many days to answer. One ledger
    entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_OFFER, NOT_WAITING, LINE_CHANGED, HELD_BACK, ERASED.
    """
    require_named(actor, INVESTIGATE)
    day = today_of(at)
    with transaction.atomic():
        row = _locked(offer_id, actor)
        if row.state != "waiting" or row.valid_until < day:
            raise Refused(ReviewRefusal.NOT_WAITING)
        _require_still_right(row, day)
        until = day + timedelta(days=rules("offers")["answer_days"])
        row.state, row.valid_until = "offered", until
        row.decided_by_id, row.decided_at = actor.person(), at
        row.save(update_fields=["state", "valid_until", "decided_by", "decided_at"])
        write_letter(row, actor=actor, at=at)
        _record("offer.made", row, {"until": until.isoformat()}, actor, at)
    return row


def take_offer(offer_id: int, words: str, *, actor: Actor, at: datetime) -> Application:
    """The customer said yes, as the actor heard it: an application for the amount goes in, with the
    actor as its applicant. One ledger entry besides the application's.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_OFFER, NOT_OFFERED, NEEDS_REASON, LINE_CHANGED,
    APPLICATION_OPEN, and what an application refuses.
    """
    require_named(actor, WRITE)
    said, day = checked_reason(words), today_of(at)
    with transaction.atomic():
        row = _locked(offer_id, actor)
        if row.state != "offered" or row.valid_until < day:
            raise Refused(ReviewRefusal.NOT_OFFERED)
        wish = _require_same_line(row, day)._replace(amount_minor=row.to_minor)
        made = put_draft(
            row.customer_id, "offer", "increase", wish, said, at_once=True, actor=actor, at=at
        )
        IncreaseOffer.objects.filter(pk=row.pk).update(state="taken", answer=said, application=made)
        _record("offer.taken", row, {"answer": said, "application": made.number}, actor, at)
    return made


def decline_offer(offer_id: int, words: str, *, actor: Actor, at: datetime) -> None:
    """Nothing comes of it: a colleague does not want to offer it, or the customer said no. One
    ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_OFFER, NOT_WAITING, NEEDS_REASON.
    """
    require_named(actor, WRITE)
    said = checked_reason(words)
    with transaction.atomic():
        row = _locked(offer_id, actor)
        if row.state == "waiting":
            require_named(actor, INVESTIGATE)
        elif row.state != "offered":
            raise Refused(ReviewRefusal.NOT_WAITING)
        fields: dict[str, Any] = {"state": "declined", "answer": said}
        if row.state == "waiting":
            fields |= {"decided_by_id": actor.person(), "decided_at": at}
        IncreaseOffer.objects.filter(pk=row.pk).update(**fields)
        _record("offer.declined", row, {"answer": said, "was": row.state}, actor, at)


def _require_still_right(row: IncreaseOffer, day: date) -> None:
    _require_same_line(row, day)
    why = held_back([row.customer_id], day).get(row.customer_id)
    if why is not None:
        raise Refused(ReviewRefusal.HELD_BACK, why=why)


def _require_same_line(row: IncreaseOffer, day: date) -> Any:
    now = standing_limit(row.customer_id, f"limit:{row.currency}", day)
    if (now.currency, now.amount_minor) != (row.currency, row.from_minor):
        was = f"{row.currency} {to_text(row.from_minor, row.currency)}"
        raise Refused(ReviewRefusal.LINE_CHANGED, was=was)
    return now


def _locked(offer_id: int, actor: Actor) -> IncreaseOffer:
    rows = IncreaseOffer.objects.select_related("customer").select_for_update(of=("self",))
    row: IncreaseOffer | None = rows.filter(pk=offer_id).first()
    if row is None or not actor.reaches(row.customer.business_unit_id):
        raise Refused(ReviewRefusal.UNKNOWN_OFFER)
    return row


def _record(
    kind: str, row: IncreaseOffer, told: dict[str, str], actor: Actor, at: datetime
) -> None:
    amounts = {
        "currency": row.currency,
        "from": to_text(row.from_minor, row.currency),
        "to": to_text(row.to_minor, row.currency),
    }
    fields = {"actor": actor.ref, "customer": row.customer.code, **amounts, **told}
    append_one(kind, {}, fields, at=at, key_id=row.customer.data_key_id)
