"""A second person takes a run of an expert model as the customer's rating.

Who rated does not decide alone. The newest run of a model counts, within 30 days of the day it
speaks of; red lines cap its grade like any other; and while the grade of the behaviour card is in
force an expert's can't be better: lifting a grade is an override, with its own rules. Example: a
new customer without a ledger, 6C, CA2, worth BB; Alice adopts it and it is the rating for 180
days. When its ledger is known well enough for the card, the card's grade takes its place.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import transaction

from xinheng.credit import scale, scorecard
from xinheng.credit.scorecard import Card
from xinheng.customers.models import Customer
from xinheng.decisions.effective import newest_of_ledger
from xinheng.decisions.effective import red_lines_of as drawn_by
from xinheng.decisions.models import Assessment, Rating
from xinheng.decisions.taking_expert import take_expert_rating
from xinheng.dossiers.models import Fact
from xinheng.modelling import expert_grades
from xinheng.modelling.expert_refusals import ExpertRefusal
from xinheng.modelling.expert_runs import record
from xinheng.modelling.models import ExpertRun
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused

ADOPT: Final = "grades.confirm"


def adopt_run(run_id: int, *, actor: Actor, at: datetime) -> Assessment:
    """Make a run the customer's rating, by somebody who did not run it. One ledger entry of the
    adoption, and what the rating itself records.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_RUN, OWN_RUN, ALREADY_ADOPTED, NO_GRADE, TOO_OLD,
    NEWER_RUN, CARD_RATES.
    """
    if not actor.may(ADOPT):
        raise Refused(ExpertRefusal.NOT_ALLOWED, permission=ADOPT)
    if actor.person_id is None:
        raise Refused(ExpertRefusal.NAMED_PERSON)
    day = today(at)
    with transaction.atomic():
        run = _locked(run_id, actor)
        _look_at_run(run, actor, day)
        grade = grade_after_red_lines(run)
        _look_at_rating(run.customer, grade, day)
        assessment = take_expert_rating(
            customer_id=run.customer_id,
            model=f"{run.model} v{run.version}",
            grade=grade,
            points=None,
            inputs=_inputs(run),
            reasons=[{"zh": one["zh"], "en": one["en"]} for one in run.result.get("reasons", [])],
            valid_until=run.as_of + timedelta(days=expert_grades.VALID_DAYS),
            actor=actor,
            at=at,
            coverage_pct=run.coverage_bps // 100,
            unverified=run.used_unverified,
        )
        ExpertRun.objects.filter(pk=run.pk).update(
            adopted_by_id=actor.person(), adopted_at=at, assessment=assessment
        )
        record("expert.adopted", run, {"grade": grade}, actor, at)
    return assessment


def why_not(run: ExpertRun, actor: Actor, day: date) -> Refused | None:
    """What keeps this person from adopting a run today; None: nothing does."""
    try:
        _look_at_run(run, actor, day)
        _look_at_rating(run.customer, grade_after_red_lines(run), day)
    except Refused as refused:
        return refused
    return None


def grade_after_red_lines(run: ExpertRun) -> str:
    """The run's grade as it would count: a red line caps it, none ever lifts it."""
    return scale.cap(run.grade, red_lines_of(run.customer)) if run.grade else ""


def red_lines_of(customer: Customer) -> tuple[str, ...]:
    """The red lines that stand against a customer: those the newest assessment of the ledger drew,
    and a source in the file that calls it a dishonest debtor, be it disputed.
    """
    ledger = newest_of_ledger(customer.pk)
    drawn = set() if ledger is None else set(drawn_by(ledger))
    listed = Fact.objects.filter(customer=customer, field="enforced_debtor").current()
    if '"yes"' in set(listed.values_list("value", flat=True)):
        drawn.add("dishonest_debtor")
    return tuple(code for code in scale.RED_LINES if code in drawn)


def card_inputs(card: Card, kept: dict[str, str | None]) -> dict[str, scorecard.Input]:
    """An assessment's inputs, kept as texts, as the card reads them again."""
    words = {one.key for one in card.characteristics if one.values}
    return {key: _input(value, key in words) for key, value in kept.items()}


def _input(value: Any, is_word: bool) -> scorecard.Input:
    if value is None or is_word:
        return None if value is None else str(value)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _look_at_run(run: ExpertRun, actor: Actor, day: date) -> None:
    if run.adopted_at is not None:
        raise Refused(ExpertRefusal.ALREADY_ADOPTED)
    if not run.grade:
        raise Refused(ExpertRefusal.NO_GRADE)
    if run.run_by_id == actor.person_id:
        raise Refused(ExpertRefusal.OWN_RUN)
    if (day - run.as_of).days > expert_grades.ADOPT_WITHIN_DAYS:
        days = expert_grades.ADOPT_WITHIN_DAYS
        raise Refused(ExpertRefusal.TOO_OLD, as_of=run.as_of, days=days)
    newer = ExpertRun.objects.filter(customer_id=run.customer_id, model=run.model, pk__gt=run.pk)
    if (last := newer.order_by("-pk").first()) is not None:
        when = last.run_at.date().isoformat()
        raise Refused(ExpertRefusal.NEWER_RUN, moment=when)


def _look_at_rating(customer: Customer, grade: str, day: date) -> None:
    """A person's judgement never lifts what the ledger says, while the ledger says something."""
    rating = Rating.objects.select_related("assessment").filter(customer=customer).first()
    if rating is None or rating.assessment.by_expert or not rating.grade:
        return
    if rating.valid_until < day:
        return
    if scale.grade_rank(grade) < scale.grade_rank(rating.grade):
        raise Refused(ExpertRefusal.CARD_RATES, grade=rating.grade, wanted=grade)


def _inputs(run: ExpertRun) -> dict[str, str | None]:
    return {
        key: None if given.get("score") is None else str(given["score"])
        for key, given in run.answers.items()
    }


def _locked(run_id: int, actor: Actor) -> ExpertRun:
    rows = ExpertRun.objects.select_for_update(of=("self",)).select_related("customer")
    run: ExpertRun | None = rows.filter(pk=run_id).first()
    if run is None or not actor.reaches(run.customer.business_unit_id):
        raise Refused(ExpertRefusal.UNKNOWN_RUN)
    return run
