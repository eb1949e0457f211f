"""Assess: score customers, put their ratings in force, propose limits. Set-based; one customer is a
list of one.

Behaviour and statements are read at once for all, scored by the live card, graded on the master
scale and run through the limit methods; the result stands in `Assessment` (every input, every
point, every reason), `Rating` (the one in force) and as a waiting proposal in `limits`. Nothing
becomes credit here: a person grants. Too little known means *not rated* (grade "") and no proposal.
One ledger entry commits to all rows of a call by their Merkle root.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection, transaction

from xinheng.credit import scorecard
from xinheng.decisions import features
from xinheng.decisions.effective import settle_ratings
from xinheng.decisions.judging import Assessed, Rules, judge
from xinheng.decisions.records import Used
from xinheng.decisions.refusals import DecisionRefusal
from xinheng.decisions.suggesting import under, ways_of
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.limits.proposing import propose
from xinheng.limits.queries import base_limits
from xinheng.limits.values import NewProposal
from xinheng.merkle.commitment import canonical
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import company, today
from xinheng.policies.actions import body_sha256
from xinheng.policies.models import Policy
from xinheng.policies.queries import live, version_of
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key

ASSESS_MAX = 200_000
RULED_BY: Final = ("scorecard", "assessment", "limit")
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
        rules = live_rules()
        results = judge(ids, rules, as_of, at)
        if results:
            records = [one.record() for one in results]
            entry_id = _record(results, records, rules, as_of, actor, at)
            otherwise = _write(results, records, rules, at, entry_id)
            _propose(results, otherwise, as_of, actor, at)
    return len(results)


def due(limit: int, *, today: date | None = None) -> list[int]:
    """Customers to assess again: open items or cash moved since, the rating ran out, or never
    assessed. today: None takes the database's.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [today, limit])
        return [row[0] for row in cursor.fetchall()]


# The line's updated_at (which order checks move too) only narrows the search: what counts is a
# movement of invoices or cash after the assessment, or a statement that came, was verified or was
# taken back. A rating that had run out when it was made (of a customer long silent) does not become
# better by making it again. Beside a person's rating, what counts is the newest look at the ledger.
_DUE = """
with rated as (
  select r.customer_id, r.valid_until, a.assessed_at::date as rated_on,
    case when a.by_expert then (select max(b.assessed_at) from decisions_assessment b
      where b.customer_id = r.customer_id) else a.assessed_at end as looked_at
  from decisions_rating r join decisions_assessment a on a.id = r.assessment_id
)
select c.id from customers_customer c left join rated r on r.customer_id = c.id
where exists (select 1 from limits_creditline l where l.customer_id = c.id)
  and (r.customer_id is null
    or (r.valid_until < coalesce(%s, current_date) and r.rated_on <= r.valid_until)
    or exists (
      select 1 from limits_creditline l join limits_movement m on m.line_id = l.id
      where l.customer_id = c.id and l.updated_at > r.looked_at
        and m.at > r.looked_at and m.component in ('open_items', 'unapplied'))
    or c.id in (
      select s.customer_id from dossiers_statement s join rated o on o.customer_id = s.customer_id
      where greatest(s.known_since, s.verified_at, s.known_until) > o.looked_at))
order by c.id limit %s
"""


def live_rules() -> Rules:
    """What governs now. Refuses NO_LIVE_POLICY."""
    found, seller = [live(kind) for kind in RULED_BY], company()
    if seller is None or any(one is None for one in found):
        raise Refused(DecisionRefusal.NO_LIVE_POLICY)
    return _rules([one for one in found if one is not None], seller.base_currency)


def rules_of(used: Used, base_currency: str) -> Rules:
    """The versions that a record names, which never change."""
    return _rules(
        [version_of(one) for one in (used.card, used.settings, used.limit)], base_currency
    )


def _rules(policies: Sequence[Policy], base_currency: str) -> Rules:
    card, settings, limit = policies
    shas = " ".join(body_sha256(one.body) for one in policies)
    return Rules(
        scorecard.load(card.body),
        features.settings_of(settings.body),
        ways_of(limit.body),
        Used(card.pk, settings.pk, limit.pk, sha256(shas.encode()).hexdigest()),
        base_currency,
    )


def _record(
    results: Sequence[Assessed],
    records: Sequence[bytes],
    rules: Rules,
    as_of: date,
    actor: Actor,
    at: datetime,
) -> UUID:
    """One entry for the whole call: the Merkle root over its rows, in order of customer.

    The root is committed to and not in the clear: that of one customer's row could be guessed.
    """
    hashes = [leaf_hash(leaf_of(one), record) for one, record in zip(results, records, strict=True)]
    clear = {"card": rules.card_name, "as_of": as_of.isoformat(), "rows": len(results)}
    fields = {"actor": actor.ref, "rows_root": root_of(hashes).hex()}
    with connection.cursor() as cursor:
        entry = NewEntry("customers.assessed", clear, fields, system_key(at=at))
        return append([entry], at=at, cursor=cursor)[0]


def leaf_of(one: Assessed) -> dict[str, Any]:
    """What the entry commits to of one customer, besides the record."""
    return {
        "customer": one.customer_id,
        "as_of": one.as_of.isoformat(),
        "currency": one.currency,
        "points": one.score.points,
        "grade": one.score.grade or "",
        "inputs": one.inputs,
        "proposed_minor": one.combined.limit_minor,
    }


def leaf_hash(leaf: dict[str, Any], record: bytes) -> bytes:
    """A row's place in the tree of its call."""
    return hash_leaf(canonical(leaf | {"record": sha256(record).hexdigest()}).encode())


_COPY = """
copy decisions_assessment (customer_id, card, currency, points, grade, coverage_pct, inputs,
  contributions, reasons, unverified, record, as_of, valid_until, assessed_at, entry_id) from stdin
"""
# A person's rating that is still good stays in force while the ledger tells too little for one.
_RATE = """
insert into decisions_rating (customer_id, assessment_id, grade, points, valid_until)
select customer_id, id, grade, points, valid_until from decisions_assessment
where id > %(before)s and entry_id = %(entry)s and not (grade = '' and exists (
  select 1 from decisions_rating r join decisions_assessment e on e.id = r.assessment_id
  where r.customer_id = decisions_assessment.customer_id
    and e.by_expert and e.valid_until >= %(today)s))
order by customer_id
on conflict (customer_id) do update set assessment_id = excluded.assessment_id,
  grade = excluded.grade, points = excluded.points, valid_until = excluded.valid_until
"""


def _write(
    results: Sequence[Assessed],
    records: Sequence[bytes],
    rules: Rules,
    at: datetime,
    entry_id: UUID,
) -> dict[int, str]:
    """The assessments by COPY (ten thousand in a second), the ratings from them, and what persons
    said of these customers' grades; returns the grades that stand otherwise than the model says.
    """
    day = today(at)
    valid_days = timedelta(days=rules.settings.rating_valid_days)
    with connection.cursor() as cursor:
        # Ours are those above this id with our entry; the id only spares a walk over all of them.
        cursor.execute("select coalesce(max(id), 0) from decisions_assessment")
        (before,) = cursor.fetchone()
        with cursor.copy(_COPY) as copy:
            for one, record in zip(results, records, strict=True):
                days = (one.as_of, one.as_of + valid_days)
                kept = (record, *days, at, entry_id)
                copy.write_row((*columns_of(one, rules.card_name), *kept))
        cursor.execute(_RATE, {"before": before, "entry": entry_id, "today": day})
    return settle_ratings([one.customer_id for one in results], day)


def columns_of(one: Assessed, card: str) -> tuple[Any, ...]:
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
        _json(one.unverified),
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _propose(
    results: Sequence[Assessed],
    otherwise: Mapping[int, str],
    as_of: date,
    actor: Actor,
    at: datetime,
) -> None:
    """Propose what differs from the line in force; an unchanged limit needs nobody's attention, and
    what is not suggested any more does not go on waiting. Where a person lowered the grade, the
    lower one sets the amount; a raised one does not.
    """
    ids = [one.customer_id for one in results]
    in_force = base_limits(ids, today=as_of)
    wanted = []
    for one in results:
        combined = under(one.combined, otherwise.get(one.customer_id))
        now = in_force.get((one.customer_id, one.currency))
        if combined.limit_minor is None or now == (combined.limit_minor, one.terms_days):
            continue
        told = workings(one._replace(combined=combined))
        wanted.append(
            NewProposal(
                one.customer_id,
                one.currency,
                combined.limit_minor,
                one.terms_days,
                told,
                actor.ref,
            )
        )
    propose(wanted, judged=ids, actor=actor, at=at)


def workings(one: Assessed) -> dict[str, Any]:
    """How a proposed limit came about, for the person who grants it: every method's value, which
    decided, what covers add, and what nobody verified.
    """
    shown: dict[str, Any] = msgspec.to_builtins(one.combined)
    score = one.score
    facts = {"as_of": one.as_of.isoformat(), "points": score.points}
    unsure = {"unverified": one.unverified} if one.unverified else {}
    layer = {"secured_minor": one.said.secured_minor} if one.said.secured_minor else {}
    return shown | facts | layer | unsure | {"red_lines": list(score.red_lines)}
