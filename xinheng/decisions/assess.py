"""Assess: score customers, put their ratings in force, propose limits. Set-based; one customer is a
list of one.

Behaviour and statements are read at once for all, scored by the live card, graded on the master
scale and run through the limit methods; the result stands in `Assessment` (every input, every
point, every reason), `Rating` (the one in force) and as a waiting proposal in `limits`. Nothing
becomes credit here: a person grants. Too little known means *not rated* (grade "") and no proposal.
One ledger entry commits to all rows of a call by their Merkle root.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection, transaction

from xinheng.credit import limit_method, scorecard
from xinheng.credit.limit_method import Combined
from xinheng.credit.scorecard import Card, Score
from xinheng.customers.models import Customer
from xinheng.decisions import features
from xinheng.decisions.features import Filed, Settings
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.dossiers import queries as dossiers
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.limits.actions import propose
from xinheng.limits.models import CreditLine
from xinheng.limits.values import NewProposal
from xinheng.merkle.commitment import canonical
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import company
from xinheng.policies.queries import live
from xinheng.receivables import queries as receivables
from xinheng.refusals import Refused
from xinheng.vault.queries import system_key

ASSESS_MAX = 200_000
PERMISSIONS = ("imports.run", "customers.edit")


class Rules(NamedTuple):
    """The live versions that an assessment uses."""

    card: Card
    settings: Settings
    base_currency: str

    @property
    def card_name(self) -> str:
        return f"{self.card.name} v{self.card.version}"


class Assessed(NamedTuple):
    """One customer's result, not yet written."""

    customer_id: int
    currency: str
    score: Score
    inputs: dict[str, str | None]
    combined: Combined
    terms_days: int


def assess(customer_ids: Iterable[int], *, as_of: date, actor: Actor, at: datetime) -> int:
    """Assess customers by what is known on `as_of`; returns how many. Ids that don't exist are
    passed over.

    Changes: one assessment and the rating of each customer, a waiting proposal where methods allow
    one, one ledger entry. Refuses NOT_ALLOWED, NO_LIVE_POLICY. Limits in force stay as they are.
    """
    if not any(actor.may(permission) for permission in PERMISSIONS):
        raise Refused(DecisionRefusal.NOT_ALLOWED)
    ids = sorted(set(customer_ids))
    if len(ids) > ASSESS_MAX:
        raise ValueError(f"{len(ids)} customers at once; at most {ASSESS_MAX}, call again for more")
    with transaction.atomic():
        rules = _rules()
        results = _judge(ids, rules, as_of)
        if results:
            entry_id = _record(results, rules, as_of, at)
            _write(results, rules, as_of, at, entry_id)
            _propose(results, actor, at)
    return len(results)


def due(limit: int, *, today: date) -> list[int]:
    """Customers to assess again: open items or cash moved since, the rating ran out, or never
    assessed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [today, limit])
        return [row[0] for row in cursor.fetchall()]


# The line's updated_at (which order checks move too) only narrows the search: what counts is a
# movement of invoices
# or cash after the assessment.
_DUE = """
select c.id from customers_customer c
left join decisions_rating r on r.customer_id = c.id
left join decisions_assessment a on a.id = r.assessment_id
where exists (select 1 from limits_creditline l where l.customer_id = c.id)
  and (r.customer_id is null or r.valid_until < %s or exists (
    select 1 from limits_creditline l join limits_movement m on m.line_id = l.id
    where l.customer_id = c.id and l.updated_at > a.assessed_at
      and m.at > a.assessed_at and m.component in ('open_items', 'unapplied')))
order by c.id limit %s
"""


def _rules() -> Rules:
    card, settings, seller = live("scorecard"), live("assessment"), company()
    if card is None or settings is None or seller is None:
        raise Refused(DecisionRefusal.NO_LIVE_POLICY)
    return Rules(
        scorecard.load(card.body), features.settings_of(settings.body), seller.base_currency
    )


def _judge(ids: Sequence[int], rules: Rules, as_of: date) -> list[Assessed]:
    """Read everything set-based, then score customer by customer."""
    industries = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "industry"))
    behaviours = receivables.behaviour(list(industries), as_of)
    statements = dossiers.latest(list(industries))
    return [
        _judge_one(
            customer_id,
            behaviours.get(customer_id),
            _filed(statements.get(customer_id)),
            _manufacturing(industries[customer_id]),
            rules,
            as_of,
        )
        for customer_id in sorted(industries)
    ]


def _filed(statement: Any) -> Filed | None:
    if statement is None:
        return None
    return Filed(statement.period_end, statement.currency, statement.figures)


def _manufacturing(industry: str) -> bool:
    return "制造" in industry or "manufactur" in industry.lower()


def _judge_one(
    customer_id: int,
    paying: Any,
    filed: Filed | None,
    manufacturing: bool,
    rules: Rules,
    as_of: date,
) -> Assessed:
    filed = features.usable(filed, as_of, rules.settings)
    inputs = features.card_inputs(paying, filed, manufacturing=manufacturing)
    score = scorecard.score(rules.card, inputs)
    terms_days = features.terms_of(paying, rules.settings)
    combined = limit_method.combine(
        features.methods_of(paying, filed, terms_days),
        score.grade,
        features.caps_of(paying, rules.settings),
    )
    currency = paying.currency if paying else filed.currency if filed else rules.base_currency
    texts = {key: None if value is None else str(value) for key, value in inputs.items()}
    return Assessed(customer_id, currency, score, texts, combined, terms_days)


def _record(results: Sequence[Assessed], rules: Rules, as_of: date, at: datetime) -> UUID:
    """One entry for the whole call: the Merkle root over its rows, in order of customer."""
    hashes = [hash_leaf(canonical(_leaf(one)).encode()) for one in results]
    clear = {
        "card": rules.card_name,
        "as_of": as_of.isoformat(),
        "rows": len(results),
        "root": root_of(hashes).hex(),
    }
    with connection.cursor() as cursor:
        entry = NewEntry("customers.assessed", clear, {}, system_key())
        return append([entry], at=at, cursor=cursor)[0]


def _leaf(one: Assessed) -> dict[str, Any]:
    return {
        "customer": one.customer_id,
        "currency": one.currency,
        "points": one.score.points,
        "grade": one.score.grade or "",
        "inputs": one.inputs,
        "proposed_minor": one.combined.limit_minor,
    }


_COPY = """
copy decisions_assessment (customer_id, card, currency, points, grade, coverage_pct, inputs,
  contributions, reasons, as_of, valid_until, assessed_at, entry_id) from stdin
"""
_RATE = """
insert into decisions_rating (customer_id, assessment_id, grade, points, valid_until)
select customer_id, id, grade, points, valid_until from decisions_assessment
where id > %s and entry_id = %s order by customer_id
on conflict (customer_id) do update set assessment_id = excluded.assessment_id,
  grade = excluded.grade, points = excluded.points, valid_until = excluded.valid_until
"""


def _write(
    results: Sequence[Assessed], rules: Rules, as_of: date, at: datetime, entry_id: UUID
) -> None:
    """The assessments by COPY (ten thousand in a second), then the ratings from them."""
    valid_until = as_of + timedelta(days=rules.settings.rating_valid_days)
    with connection.cursor() as cursor:
        # Ours are those above this id with our entry; the id only spares a walk over all of them.
        cursor.execute("select coalesce(max(id), 0) from decisions_assessment")
        (before,) = cursor.fetchone()
        with cursor.copy(_COPY) as copy:
            for one in results:
                copy.write_row((*_columns(one, rules.card_name), as_of, valid_until, at, entry_id))
        cursor.execute(_RATE, [before, entry_id])


def _columns(one: Assessed, card: str) -> tuple[Any, ...]:
    score = one.score
    return (
        one.customer_id,
        card,
        one.currency,
        score.points,
        score.grade or "",
        score.coverage_pct,
        _json(one.inputs),
        _json(score.contributions),
        _json(score.reasons),
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _propose(results: Sequence[Assessed], actor: Actor, at: datetime) -> None:
    """Propose what differs from the line in force; an unchanged limit needs nobody's attention."""
    lines = CreditLine.objects.filter(customer_id__in=[one.customer_id for one in results])
    in_force = {
        (customer_id, currency): (amount, terms)
        for customer_id, currency, amount, terms in lines.values_list(
            "customer_id", "currency", "amount_minor", "terms_days_max"
        )
    }
    propose(
        [
            NewProposal(
                one.customer_id,
                one.currency,
                one.combined.limit_minor,
                one.terms_days,
                workings(one),
                actor.ref,
            )
            for one in results
            if one.combined.limit_minor is not None
            and in_force.get((one.customer_id, one.currency))
            != (one.combined.limit_minor, one.terms_days)
        ],
        actor=actor,
        at=at,
    )


def workings(one: Assessed) -> dict[str, Any]:
    """How a proposed limit came about, for the person who grants it: every method's value, and
    which decided.
    """
    shown: dict[str, Any] = msgspec.to_builtins(one.combined)
    return shown | {"points": one.score.points, "red_lines": list(one.score.red_lines)}
