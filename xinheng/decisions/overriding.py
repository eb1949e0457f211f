"""Another grade than the model's, put there by persons: asked, confirmed, refused, ended.

Down takes one person with a reason and counts at once. Up takes two: one asks, with evidence and
the day on which the customer last confirmed its balance, another confirms. The rules are
`credit.grade_override`: one notch (two with the committee), six months at most, never out of D,
never past a red line, not while the balance is unreconciled for over 90 days; they are asked when
it is wanted and once more, on that day's grade, when it is confirmed. Example: BBB, wanted A until
2027-05-20 on 2026-11-20; the model says BB by 25 November: the confirmation is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from xinheng.credit import grade_override
from xinheng.credit.grade_override import Granted, Wanted
from xinheng.customers.models import Customer
from xinheng.decisions.effective import red_lines_of, settle_ratings
from xinheng.decisions.models import GradeOverride, Rating
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor, system
from xinheng.people.queries import today
from xinheng.receivables.models import Invoice
from xinheng.refusals import Refused

OVERRIDE: Final = "grades.override"
CONFIRM: Final = "grades.confirm"
REASON_MIN, REASON_MAX = 4, 1000
EVIDENCE_MAX: Final = 400
DOWN_DAYS_MAX: Final = 731  # a downgrade is looked at again after two years at the latest
EXPIRED_A_ROUND: Final = 500


class NewOverride(NamedTuple):
    """What a person wants. `reconciled_on`: when the customer last confirmed what it owes."""

    customer_id: int
    grade: str
    reason: str
    until: date
    evidence: str = ""
    committee: bool = False
    reconciled_on: date | None = None


def ask_override(new: NewOverride, *, actor: Actor, at: datetime) -> GradeOverride:
    """Want another grade: a worse one is in force at once, a better one waits for another person.

    A downgrade ends what was in force before. Refuses NOT_ALLOWED, NEEDS_PERSON, REASON_REQUIRED,
    UNKNOWN_CUSTOMER, SAME_GRADE, OVERRIDE_RULE, BAD_UNTIL, NEEDS_EVIDENCE, ALREADY_ASKED. One
    ledger entry.
    """
    _require(actor, OVERRIDE)
    reason = _reason(new.reason)
    with transaction.atomic():
        rating = _locked(new.customer_id, actor)
        if GradeOverride.objects.filter(customer_id=new.customer_id, state="asked").exists():
            raise Refused(DecisionRefusal.ALREADY_ASKED)
        granted = _judged(rating, new, today(at))
        up = granted.notches > 0
        if up and not new.evidence.strip():
            raise Refused(DecisionRefusal.NEEDS_EVIDENCE)
        made = GradeOverride(
            customer=rating.customer,
            model_grade=granted.model_grade or "",
            grade=new.grade,
            notches=granted.notches,
            committee=new.committee and up,
            reason=reason,
            evidence=new.evidence.strip()[:EVIDENCE_MAX],
            reconciled_on=new.reconciled_on,
            valid_until=new.until,
            asked_by_id=actor.person(),
            asked_at=at,
        )
        if up:
            made.save()
            _record(made, "grade.override_asked", actor.ref, reason, at)
        else:
            made.decided_by_id, made.decided_at = actor.person(), at
            _put_in_force(made, actor.ref, reason, at)
    return made


def confirm_override(override_id: int, reason: str, *, actor: Actor, at: datetime) -> GradeOverride:
    """Another person puts a wanted upgrade in force, if the rules still allow it today; what was in
    force before ends.

    Refuses NOT_ALLOWED, NEEDS_PERSON, REASON_REQUIRED, UNKNOWN_OVERRIDE, OVERRIDE_DECIDED,
    OWN_OVERRIDE, SAME_GRADE, OVERRIDE_RULE. One ledger entry.
    """
    _require(actor, CONFIRM)
    said = _reason(reason)
    with transaction.atomic():
        made, rating = _asked(override_id, actor)
        if made.asked_by_id == actor.person():
            raise Refused(DecisionRefusal.OWN_OVERRIDE)
        wanted = NewOverride(
            made.customer_id,
            made.grade,
            made.reason,
            made.valid_until,
            made.evidence,
            made.committee,
            made.reconciled_on,
        )
        granted = _judged(rating, wanted, today(at))
        made.model_grade, made.notches = granted.model_grade or "", granted.notches
        made.decided_by_id, made.decided_at = actor.person(), at
        made.decision_reason = said
        _put_in_force(made, actor.ref, said, at)
    return made


def refuse_override(override_id: int, reason: str, *, actor: Actor, at: datetime) -> GradeOverride:
    """Another person turns a wanted upgrade down; nothing else changes. Refuses as
    `confirm_override` does but for the rules. One ledger entry.
    """
    _require(actor, CONFIRM)
    said = _reason(reason)
    with transaction.atomic():
        made, _ = _asked(override_id, actor)
        if made.asked_by_id == actor.person():
            raise Refused(DecisionRefusal.OWN_OVERRIDE)
        made.state, made.decision_reason = "refused", said
        made.decided_by_id, made.decided_at = actor.person(), at
        made.save()
        _record(made, "grade.override_refused", actor.ref, said, at)
    return made


def end_override(override_id: int, reason: str, *, actor: Actor, at: datetime) -> GradeOverride:
    """End what is in force, so that the model's grade counts again, or withdraw what still waits.

    An upgrade may be ended by who may ask or confirm, a downgrade by who may confirm, for that
    raises the grade. Refuses NOT_ALLOWED, NEEDS_PERSON, REASON_REQUIRED, UNKNOWN_OVERRIDE,
    OVERRIDE_DECIDED, NEEDS_CONFIRMER. One ledger entry.
    """
    if not (actor.may(OVERRIDE) or actor.may(CONFIRM)):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    _person(actor)
    said = _reason(reason)
    with transaction.atomic():
        made, _ = _held(override_id, actor)
        if made.state not in ("asked", "in_force"):
            raise Refused(DecisionRefusal.OVERRIDE_DECIDED, state=made.state)
        if made.notches < 0 and not actor.may(CONFIRM):
            raise Refused(DecisionRefusal.NEEDS_CONFIRMER)
        made.decision_reason = made.decision_reason or said
        _end(made, actor.ref, said, at)
        settle_ratings([made.customer_id], today(at))
    return made


def end_expired(*, today: date, at: datetime) -> int:
    """Overrides whose last day is over end, and the model's grades count again; found by state, at
    most EXPIRED_A_ROUND a call. One ledger entry each. Returns how many.
    """
    over = GradeOverride.objects.filter(state="in_force", valid_until__lt=today)
    ids = list(over.order_by("customer_id").values_list("pk", flat=True)[:EXPIRED_A_ROUND])
    ended = 0
    for one in ids:
        with transaction.atomic():
            made, _ = _held(one, system("jobs"))
            if made.state == "in_force" and made.valid_until < today:
                _end(made, system("jobs").ref, f"until {made.valid_until}", at)
                settle_ratings([made.customer_id], today)
                ended += 1
    return ended


# --- May it stand?


def _judged(rating: Rating, new: NewOverride, day: date) -> Granted:
    """What the rules grant on a day, or the refusal that names all that speaks against it."""
    model = rating.model_grade or rating.grade
    lines = red_lines_of(rating.assessment)
    wanted = Wanted(new.grade, new.reason, day, new.until, new.committee)
    judged = grade_override.judge(model or None, wanted, lines, unreconciled_days(new, day))
    if judged.granted is None:
        raise Refused(DecisionRefusal.OVERRIDE_RULE, **_both(judged.why_not))
    if judged.granted.notches == 0:
        raise Refused(DecisionRefusal.SAME_GRADE, grade=new.grade)
    latest = day + timedelta(days=DOWN_DAYS_MAX)
    if judged.granted.notches > 0:
        latest = grade_override.last_day(day)
    if not day <= new.until <= latest:
        raise Refused(DecisionRefusal.BAD_UNTIL, latest=latest.isoformat())
    return judged.granted


def unreconciled_days(new: NewOverride, day: date) -> int | None:
    """How long the customer has not confirmed its balance: 0 where it owes nothing, None where
    nobody says or the day lies ahead.
    """
    if not Invoice.objects.filter(customer_id=new.customer_id, open_minor__gt=0).exists():
        return 0
    if new.reconciled_on is None or new.reconciled_on > day:
        return None
    return (day - new.reconciled_on).days


def _both(codes: tuple[str, ...]) -> dict[str, str]:
    texts = [grade_override.why_not_text(code) for code in codes]
    return {
        "zh": "；".join(one["zh"] for one in texts),
        "en": "; ".join(one["en"] for one in texts),
    }


# --- Writing


def _put_in_force(made: GradeOverride, by: str, reason: str, at: datetime) -> None:
    """What is in force ends, this one begins, and the rating says so."""
    day = today(at)
    for old in GradeOverride.objects.filter(customer_id=made.customer_id, state="in_force"):
        old.state, old.ended_at, old.ended_by = "ended", at, by
        old.save(update_fields=["state", "ended_at", "ended_by"])
    made.state = "in_force"
    made.save()
    settle_ratings([made.customer_id], day)
    _record(made, "grade.overridden", by, reason, at)


def _end(made: GradeOverride, by: str, reason: str, at: datetime) -> None:
    made.state, made.ended_at, made.ended_by = "ended", at, by
    made.save()
    _record(made, "grade.override_ended", by, reason, at)


def _record(made: GradeOverride, kind: str, by: str, reason: str, at: datetime) -> None:
    clear: Mapping[str, Any] = {"notches": made.notches}
    fields = {
        "override": str(made.pk),
        "customer": str(made.customer_id),
        "model_grade": made.model_grade,
        "grade": made.grade,
        "until": made.valid_until.isoformat(),
        "committee": "yes" if made.committee else "no",
        "reason": reason,
        "evidence": made.evidence,
        "actor": by,
    }
    with connection.cursor() as cursor:
        entry = NewEntry(kind, clear, fields, made.customer.data_key_id)
        made.entry_id = append([entry], at=at, cursor=cursor)[0]
    GradeOverride.objects.filter(pk=made.pk).update(entry_id=made.entry_id)


# --- Who may, and the row


def _require(actor: Actor, word: str) -> None:
    if not actor.may(word):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    _person(actor)


def _person(actor: Actor) -> None:
    if actor.kind != "user" or actor.person_id is None:
        raise Refused(DecisionRefusal.NEEDS_PERSON)


def _reason(text: str) -> str:
    said = " ".join(text.split())
    if not REASON_MIN <= len(said) <= REASON_MAX:
        raise Refused(DecisionRefusal.REASON_REQUIRED, least=REASON_MIN)
    return said


def _locked(customer_id: int, actor: Actor) -> Rating:
    """The customer's rating, locked: an assessment of the same moment waits."""
    rating = (
        Rating.objects.select_related("customer", "assessment")
        .select_for_update(of=("self",))
        .filter(customer_id=customer_id)
        .first()
    )
    if rating is not None and actor.reaches(rating.customer.business_unit_id):
        return rating
    seen = Customer.objects.filter(pk=customer_id).first()
    if seen is None or not actor.reaches(seen.business_unit_id):
        raise Refused(DecisionRefusal.UNKNOWN_CUSTOMER)
    raise Refused(DecisionRefusal.OVERRIDE_RULE, **_both(("not_rated",)))


def _held(override_id: int, actor: Actor) -> tuple[GradeOverride, Rating]:
    whose = GradeOverride.objects.filter(pk=override_id).values_list("customer_id", flat=True)
    customer_id = whose.first()
    if customer_id is None:
        raise Refused(DecisionRefusal.UNKNOWN_OVERRIDE)
    try:
        rating = _locked(customer_id, actor)
    except Refused as refused:
        raise Refused(DecisionRefusal.UNKNOWN_OVERRIDE) from refused
    made = GradeOverride.objects.select_related("customer").get(pk=override_id)
    return made, rating


def _asked(override_id: int, actor: Actor) -> tuple[GradeOverride, Rating]:
    made, rating = _held(override_id, actor)
    if made.state != "asked":
        raise Refused(DecisionRefusal.OVERRIDE_DECIDED, state=made.state)
    return made, rating
