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
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction

from xinheng.credit import scorecard
from xinheng.decisions import features
from xinheng.decisions.judging import Assessed, Rules, judge
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.limits.proposing import propose
from xinheng.limits.queries import base_limits
from xinheng.limits.values import NewProposal
from xinheng.merkle.commitment import canonical
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import company
from xinheng.policies.queries import live
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key

ASSESS_MAX = 200_000
PERMISSIONS = ("imports.run", "customers.edit")


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
        results = judge(ids, rules, as_of)
        if results:
            entry_id = _record(results, rules, as_of, actor, at)
            _write(results, rules, at, entry_id)
            _propose(results, as_of, actor, at)
    return len(results)


def due(limit: int, *, today: date | None = None) -> list[int]:
    """Customers to assess again: open items or cash moved since, the rating ran out, or never
    assessed. today: None takes the database's.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [today, limit])
        return [row[0] for row in cursor.fetchall()]


# The line's updated_at (which order checks move too) only narrows the search: what counts is a
# movement of invoices or cash after the assessment. A rating that had run out when it was made (of
# a customer long silent) does not become better by making it again.
_DUE = """
select c.id from customers_customer c
left join decisions_rating r on r.customer_id = c.id
left join decisions_assessment a on a.id = r.assessment_id
where exists (select 1 from limits_creditline l where l.customer_id = c.id)
  and (r.customer_id is null or (
    r.valid_until < coalesce(%s, current_date) and a.assessed_at::date <= r.valid_until)
    or exists (
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


def _record(
    results: Sequence[Assessed], rules: Rules, as_of: date, actor: Actor, at: datetime
) -> UUID:
    """One entry for the whole call: the Merkle root over its rows, in order of customer.

    The root is committed to and not in the clear: that of one customer's row could be guessed.
    """
    hashes = [hash_leaf(canonical(_leaf(one)).encode()) for one in results]
    clear = {"card": rules.card_name, "as_of": as_of.isoformat(), "rows": len(results)}
    fields = {"actor": actor.ref, "rows_root": root_of(hashes).hex()}
    with connection.cursor() as cursor:
        entry = NewEntry("customers.assessed", clear, fields, system_key(at=at))
        return append([entry], at=at, cursor=cursor)[0]


def _leaf(one: Assessed) -> dict[str, Any]:
    return {
        "customer": one.customer_id,
        "as_of": one.as_of.isoformat(),
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


def _write(results: Sequence[Assessed], rules: Rules, at: datetime, entry_id: UUID) -> None:
    """The assessments by COPY (ten thousand in a second), then the ratings from them."""
    valid_days = timedelta(days=rules.settings.rating_valid_days)
    with connection.cursor() as cursor:
        # Ours are those above this id with our entry; the id only spares a walk over all of them.
        cursor.execute("select coalesce(max(id), 0) from decisions_assessment")
        (before,) = cursor.fetchone()
        with cursor.copy(_COPY) as copy:
            for one in results:
                days = (one.as_of, one.as_of + valid_days)
                copy.write_row((*_columns(one, rules.card_name), *days, at, entry_id))
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


def _propose(results: Sequence[Assessed], as_of: date, actor: Actor, at: datetime) -> None:
    """Propose what differs from the line in force; an unchanged limit needs nobody's attention, and
    what is not suggested any more does not go on waiting.
    """
    ids = [one.customer_id for one in results]
    in_force = base_limits(ids, today=as_of)
    wanted = [
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
    ]
    propose(wanted, judged=ids, actor=actor, at=at)


def workings(one: Assessed) -> dict[str, Any]:
    """How a proposed limit came about, for the person who grants it: every method's value, and
    which decided.
    """
    shown: dict[str, Any] = msgspec.to_builtins(one.combined)
    score = one.score
    facts = {"as_of": one.as_of.isoformat(), "points": score.points}
    return shown | facts | {"red_lines": list(score.red_lines)}
