"""A person runs an expert model on a customer; the run is kept whole and never changes.

A card wants an answer to every item, "not known" being one of them; a statement model reads the
newest statement of a year that was known on the day rated. Example: on 2026-11-20 Alice answers 6C
with sixteen scores and two "not known": coverage 0.92, band [64.10, 71.30], class CA2, worth BB.
That is her run and not yet the customer's rating: another person adopts it (adopting.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction

from xinheng.credit.expert_card import AnswerError
from xinheng.customers.models import Customer
from xinheng.dossiers import queries as dossiers
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.merkle.commitment import canonical
from xinheng.merkle.tree import hash_leaf
from xinheng.modelling import ahp_studies, expert_grades, expert_reckoning
from xinheng.modelling.expert_grades import MODELS
from xinheng.modelling.expert_reckoning import AHP, Filed, Given, Reckoned
from xinheng.modelling.expert_refusals import ExpertRefusal
from xinheng.modelling.models import ExpertRun
from xinheng.people.actor import Actor
from xinheng.people.queries import DEFAULT_TIME_ZONE, company, today
from xinheng.refusals import Refused
from xinheng.texts import T

RATE: Final = "models.rate"
BACK_DAYS_MAX: Final = 366
TEXT_MAX: Final = 300


def record_run(
    customer_code: str,
    model: str,
    weighting: str,
    answers: Mapping[str, Given],
    as_of: date,
    *,
    actor: Actor,
    at: datetime,
) -> ExpertRun:
    """Run a model and keep the run with all that went into it. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_MODEL, UNKNOWN_CUSTOMER, UNKNOWN_WEIGHTING, BAD_DAY,
    BAD_ANSWERS, TOO_LONG, NO_STATEMENT, NOT_A_YEAR.
    """
    _require(actor)
    _look_at_day(as_of, today(at))
    with transaction.atomic():
        customer = _customer(customer_code, actor)
        if model_of(model).kind == "card":
            found = reckon(model, weighting, answers, actor.ref)
            kept = {key: msgspec.to_builtins(given) for key, given in answers.items()}
        else:
            found = read_statement(customer, model, as_of, at)
            kept = {}
        return _keep(customer, found, kept, as_of, actor, at)


def reckon(model: str, weighting: str, answers: Mapping[str, Given], reviewer: str) -> Reckoned:
    """A card's result from complete answers; nothing is written. Refuses as record_run does."""
    weights = weights_for(model, weighting)
    _look_at_texts(answers)
    lacking = [key for key in weights if key not in answers]
    if lacking:
        raise Refused(
            ExpertRefusal.BAD_ANSWERS,
            zh=f"还有 {len(lacking)} 项未答：请给分，或选“不详”。",
            en=f"Items without an answer: {len(lacking)}. Score each, or say that it is not known.",
        )
    try:
        return expert_reckoning.card(model, weighting, weights, answers, reviewer)
    except AnswerError as wrong:
        raise Refused(ExpertRefusal.BAD_ANSWERS, zh=wrong.zh, en=wrong.en) from wrong


def model_of(code: str) -> expert_grades.ExpertModel:
    """One of the expert models; refuses what is none."""
    if code not in MODELS:
        names = ", ".join(MODELS)
        raise Refused(ExpertRefusal.UNKNOWN_MODEL, model=code, models=names)
    return MODELS[code]


def weights_for(model: str, weighting: str) -> dict[str, Decimal]:
    """The weights of a card by the name of a weighting: shipped, or an accepted study's."""
    found: Mapping[str, Decimal] | None
    if weighting.startswith(AHP):
        found = ahp_studies.accepted_weights(weighting.removeprefix(AHP), model)
    else:
        try:
            found = expert_reckoning.weights_of(model, weighting)
        except KeyError:
            found = None
    if found is None:
        name = MODELS[model].name
        raise Refused(ExpertRefusal.UNKNOWN_WEIGHTING, model=name, weighting=weighting)
    return dict(found)


def weightings(model: str) -> list[tuple[str, T]]:
    """What a card may be weighed by, with its name: the shipped ones, then accepted studies."""
    shipped = expert_reckoning.weightings_of(model)
    return [(code, WEIGHTINGS[code]) for code in shipped] + [
        (f"{AHP}{study.pk}", T(f"两两比较：{study.name}", f"by pairs: {study.name}"))
        for study in ahp_studies.accepted(model)
    ]


WEIGHTINGS: Final = {
    "balanced": T("均衡", "balanced"),
    "sales": T("偏重销售", "leaning to sales"),
    "finance": T("偏重财务", "leaning to finance"),
    expert_reckoning.SHIPPED: T("系统权重", "as shipped"),
}


def read_statement(customer: Customer, model: str, as_of: date, at: datetime) -> Reckoned:
    """A statement model's result of what was known on a day; nothing is written."""
    known_at = at if as_of == today(at) else _end_of(as_of)
    found = dossiers.latest([customer.pk], as_of, known_at=known_at).get(customer.pk)
    oldest = as_of - timedelta(days=expert_grades.STATEMENT_AGE_DAYS_MAX)
    if found is None or found.period_end < oldest:
        raise Refused(ExpertRefusal.NO_STATEMENT, oldest=oldest)
    if found.months != expert_grades.STATEMENT_MONTHS:
        raise Refused(ExpertRefusal.NOT_A_YEAR, months=found.months)
    checked = found.verified_at is not None and found.verified_at <= known_at
    end = found.period_end.isoformat()
    filed = Filed(found.pk, end, found.currency, checked, found.figures)
    return expert_reckoning.statement(model, filed, manufacturing=_makes_things(customer.industry))


def _makes_things(industry: str) -> bool:
    """As the assessment of the ledger reads it, so that both choose the same Z."""
    return "制造" in industry or "manufactur" in industry.lower()


def _end_of(day: date) -> datetime:
    seller = company()
    zone = ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
    following = datetime.combine(day + timedelta(days=1), time.min, zone)
    return following - timedelta(microseconds=1)


# --- Who may, what is kept


def _require(actor: Actor) -> None:
    if not actor.may(RATE):
        raise Refused(ExpertRefusal.NOT_ALLOWED, permission=RATE)
    if actor.person_id is None:
        raise Refused(ExpertRefusal.NAMED_PERSON)


def _customer(code: str, actor: Actor) -> Customer:
    found = Customer.objects.filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(ExpertRefusal.UNKNOWN_CUSTOMER, customer=code)
    return found


def _look_at_day(as_of: date, day: date) -> None:
    if not 0 <= (day - as_of).days <= BACK_DAYS_MAX:
        raise Refused(ExpertRefusal.BAD_DAY, days=BACK_DAYS_MAX)


def _look_at_texts(answers: Mapping[str, Given]) -> None:
    texts = (text for one in answers.values() for text in (one.source, one.evidence, one.comment))
    if any(len(text) > TEXT_MAX for text in texts):
        raise Refused(ExpertRefusal.TOO_LONG, most=TEXT_MAX)


def _keep(
    customer: Customer,
    found: Reckoned,
    answers: Mapping[str, Any],
    as_of: date,
    actor: Actor,
    at: datetime,
) -> ExpertRun:
    statement = found.result.get("statement")
    entry_id = new_ids(1)[0]
    run = ExpertRun.objects.create(
        model=found.model,
        version=found.version,
        weighting=found.weighting,
        customer=customer,
        as_of=as_of,
        answers=answers,
        result=found.result,
        class_code=found.class_code,
        grade=found.grade,
        coverage_bps=found.coverage_bps,
        used_unverified=["statement"] if statement and not statement["verified"] else [],
        run_by_id=actor.person(),
        run_at=at,
        entry_id=UUID(hex=entry_id),
    )
    kept = canonical({"answers": dict(answers), "result": found.result}).encode()
    told = {"class": found.class_code, "grade": found.grade, "sha256": hash_leaf(kept).hex()}
    record("expert.rated", run, told, actor, at, ids=[entry_id])
    return run


def record(
    kind: str,
    run: ExpertRun,
    told: Mapping[str, str],
    actor: Actor,
    at: datetime,
    *,
    ids: Sequence[str] | None = None,
) -> None:
    """A step of what is done to a run: its one ledger entry, under the customer's key."""
    openly = {"model": run.model, "version": run.version}
    fields = {
        "run": str(run.pk),
        "customer": run.customer.code,
        "as_of": run.as_of.isoformat(),
        "weighting": run.weighting,
        "coverage_bps": str(run.coverage_bps),
        "actor": actor.ref,
        **told,
    }
    entry = NewEntry(kind, openly, fields, run.customer.data_key_id)
    with connection.cursor() as cursor:
        append([entry], at=at, cursor=cursor, ids=ids)
