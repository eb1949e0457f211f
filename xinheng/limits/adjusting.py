"""Bulk adjustment: one rule over many base limits, looked at before and applied by the same code.

`preview_adjustment` says for each line what it is, what it would be, and what would happen: less
credit is live at once where it is within the person's authority; more waits as a proposal of that
person until another grants it. `adjust_lines` does exactly that, refuses where anything has changed
since the preview (`seal`), and writes one ledger entry over all rows. Limits that lie further ahead
are left as they are. Example: 4,120 lines less 10 %, rounded down to 1,000.00: 4,100 lowered, 12
the same, 8 above the authority and left as they are. So is a raise that something keeps back.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from xinheng.credit.adjusting import Rule, RuleError, adjusted, check_rule
from xinheng.ledger.actions import append_one
from xinheng.limits.conditions import latest_end, shipped
from xinheng.limits.held_back import NEW_ID, HeldBack, more_than_stands
from xinheng.limits.in_force import Planned, limit_on
from xinheng.limits.models import CreditLine, Proposal
from xinheng.limits.planning import enter_plan, plans_of
from xinheng.limits.proposing import check_reason, propose, require_grant
from xinheng.limits.queries import covers
from xinheng.limits.raising import footing, raises
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.tree import hold_trees
from xinheng.limits.values import NewDated, NewProposal
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.people.queries import Mandate, authority, today
from xinheng.refusals import Refused

LINES_MAX = 50_000
# What becomes of a row.
LOWERED, WAITS, SAME, ABOVE, UNFIT, TAKEN = "lowered", "waits", "same", "above", "unfit", "taken"
HELD = "held_back"


class AdjustedRow(NamedTuple):
    """One line: its base limit before and after, until when, and what becomes of it: lowered |
    waits (a raise, for another person) | same | above (the person's authority) | unfit (no base
    limit, or unlimited) | taken (a proposal by hand waits already) | held_back (more than it has,
    and something keeps the customer from that).
    """

    line_id: int
    customer_id: int
    currency: str
    scope: str
    before_minor: int | None
    after_minor: int | None
    valid_until: date | None
    becomes: str
    terms_days: int | None = None


class Adjustment(NamedTuple):
    """What a rule does to lines: rows, how many of each kind, totals per currency before → after
    of what changes, and the seal of exactly this.
    """

    rows: list[AdjustedRow]
    counts: dict[str, int]
    before_minor: dict[str, int]
    after_minor: dict[str, int]
    seal: str


def preview_adjustment(
    line_ids: Sequence[int],
    rule: Rule,
    *,
    valid_from: date,
    valid_until: date | None,
    held_back: HeldBack,
    actor: Actor,
    at: datetime,
) -> Adjustment:
    """What `adjust_lines` would do now. valid_until None: each limit keeps its own last day.

    Refuses NOT_ALLOWED, BAD_RULE, BAD_PERIOD, PAST_PERIOD, TOO_LONG, TOO_MANY, UNKNOWN_LINE.
    """
    require_grant(actor)
    day = today(at)
    _check(line_ids, rule, valid_from, valid_until, day)
    lines = _lines(line_ids, actor)
    return _judge(lines, rule, (valid_from, valid_until), held_back, actor, day)


def adjust_lines(
    line_ids: Sequence[int],
    rule: Rule,
    reason: str,
    *,
    valid_from: date,
    valid_until: date | None,
    seal: str | None = None,
    held_back: HeldBack,
    actor: Actor,
    at: datetime,
) -> Adjustment:
    """Apply a rule to base limits: less at once, more as proposals. Returns what was done.

    seal: of the preview that the person saw; None where nobody looked. Refuses what the preview
    refuses, and NEEDS_REASON, NEEDS_PERSON, CHANGED_MEANWHILE.
    """
    require_grant(actor)
    if actor.kind == "key":
        raise Refused(LimitRefusal.NEEDS_PERSON)
    check_reason(reason)
    day = today(at)
    _check(line_ids, rule, valid_from, valid_until, day)
    with transaction.atomic():
        lines = _lines(line_ids, actor)
        hold_trees({line.customer_id for line in lines})
        lines = _lines(line_ids, actor)
        done = _judge(lines, rule, (valid_from, valid_until), held_back, actor, day)
        if seal is not None and seal != done.seal:
            raise Refused(LimitRefusal.CHANGED_MEANWHILE)
        _lower(done, reason, valid_from, actor, today=day, at=at)
        _put_forward(done, reason, valid_from, actor, at=at)
        _record(done, reason, actor, at)
    return done


def _check(
    line_ids: Sequence[int], rule: Rule, valid_from: date, valid_until: date | None, day: date
) -> None:
    try:
        check_rule(rule)
    except RuleError as error:
        raise Refused(LimitRefusal.BAD_RULE, why=f"{error.zh} · {error.en}") from None
    if len(line_ids) > LINES_MAX:
        raise Refused(LimitRefusal.TOO_MANY, most=f"{LINES_MAX:,}")
    if valid_from < day:
        raise Refused(LimitRefusal.PAST_PERIOD, today=day)
    if valid_until is not None and valid_until < valid_from:
        raise Refused(LimitRefusal.BAD_PERIOD)
    if valid_until is not None and valid_until > (last := latest_end(valid_from)):
        raise Refused(LimitRefusal.TOO_LONG, until=last)


def _lines(line_ids: Sequence[int], actor: Actor) -> list[CreditLine]:
    """The lines meant, in id order; those of other units are not there."""
    found = CreditLine.objects.filter(pk__in=line_ids).select_related("customer").order_by("pk")
    found = found.only("currency", "scope", "path", "customer_id", "customer__business_unit_id")
    seen = [line for line in found if actor.reaches(line.customer.business_unit_id)]
    if not seen or len(seen) < len(set(line_ids)):
        raise Refused(LimitRefusal.UNKNOWN_LINE)
    return seen


def _judge(
    lines: Sequence[CreditLine],
    rule: Rule,
    period: tuple[date, date | None],
    held_back: HeldBack,
    actor: Actor,
    day: date,
) -> Adjustment:
    plans = plans_of([line.pk for line in lines])
    taken = _taken([line.customer_id for line in lines])
    mandates: dict[str, Mandate | None] = {}
    if actor.kind != "system":
        for currency in {line.currency for line in lines}:
            mandates[currency] = authority(actor.person(), "grant_line", currency, day=day)
    kept = held_back({line.customer_id for line in lines}, day)
    rows = [
        _placed(_row(line, plans[line.pk], rule, period, kept, day), mandates, taken, actor)
        for line in lines
    ]
    return _summed(rows, rule, period)


def _placed(
    row: AdjustedRow,
    mandates: dict[str, Mandate | None],
    taken: set[tuple[int, str, str]],
    actor: Actor,
) -> AdjustedRow:
    """What only the person and what waits decide."""
    judged = row.becomes == LOWERED and actor.kind != "system"
    if judged and not covers(mandates[row.currency], row.after_minor):
        return row._replace(becomes=ABOVE)
    if row.becomes == WAITS and (row.customer_id, row.currency, row.scope) in taken:
        return row._replace(becomes=TAKEN)
    return row


def _taken(customer_ids: Sequence[int]) -> set[tuple[int, str, str]]:
    """Lines for which a person's own proposal waits: it is not pushed aside in bulk."""
    waiting = Proposal.objects.filter(
        state="proposed",
        temporary=False,
        customer_id__in=set(customer_ids),
        workings__has_key="by_hand",
    )
    return set(waiting.values_list("customer_id", "currency", "scope"))


def _row(
    line: CreditLine,
    plan: Sequence[Planned],
    rule: Rule,
    period: tuple[date, date | None],
    kept: Collection[int],
    day: date,
) -> AdjustedRow:
    base = _base(plan, period[0])
    key = (line.pk, line.customer_id, line.currency, line.scope)
    if base is None or base.unlimited:
        return AdjustedRow(*key, None, None, None, UNFIT)
    before = base.amount_minor or 0
    after = adjusted(before, rule)
    until = period[1] or base.valid_until
    if until is not None and until < period[0]:  # run out already: a rule does not revive it
        return AdjustedRow(*key, before, None, until, UNFIT)
    if after == before and until == base.valid_until:
        return AdjustedRow(*key, before, after, until, SAME)
    new = _new(base, after, period[0], until)
    if line.customer_id in kept and more_than_stands(new, plan, line.scope, line.path, day):
        return AdjustedRow(*key, before, after, until, HELD)
    more = raises(plan, [*plan, new], footing(line.scope, line.path), day)
    return AdjustedRow(*key, before, after, until, WAITS if more else LOWERED, base.terms_days_max)


def _base(plan: Sequence[Planned], day: date) -> Planned | None:
    """The base limit of a day, also where a temporary one stands in for it."""
    return limit_on([one for one in plan if not one.temporary], day)


def _new(base: Planned, after: int, begins: date, ends: date | None) -> Planned:
    """The same limit with another amount: its order cap and the overdue borne keep their share."""
    return base._replace(
        id=NEW_ID,
        amount_minor=after,
        valid_from=begins,
        valid_until=ends,
        single_order_cap_minor=_scaled(base.single_order_cap_minor, base.amount_minor, after),
        overdue_allowed_minor=_scaled(base.overdue_allowed_minor, base.amount_minor, after) or 0,
    )


def _scaled(part: int | None, before: int | None, after: int) -> int | None:
    """A part of the limit before, as the same share of the limit after, rounded down."""
    if part is None or not before:
        return part
    return part * after // before


def _summed(rows: list[AdjustedRow], rule: Rule, period: tuple[date, date | None]) -> Adjustment:
    before: dict[str, int] = defaultdict(int)
    after: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.becomes in (LOWERED, WAITS):
            before[row.currency] += row.before_minor or 0
            after[row.currency] += row.after_minor or 0
    told = repr((rule, period, rows)).encode()
    seal = hashlib.sha256(told).hexdigest()[:24]
    counts = Counter(row.becomes for row in rows)
    return Adjustment(rows, dict(counts), dict(before), dict(after), seal)


def _lower(
    done: Adjustment,
    reason: str,
    begins: date,
    actor: Actor,
    *,
    today: date,
    at: datetime,
) -> None:
    rows = [row for row in done.rows if row.becomes == LOWERED]
    if not rows:
        return
    plans = plans_of([row.line_id for row in rows])
    dated = []
    for row in rows:
        base = _base(plans[row.line_id], begins)
        assert base is not None and row.after_minor is not None
        new = _new(base, row.after_minor, begins, row.valid_until)
        dated.append(NewDated(row.line_id, *new[1:], reason=reason.strip(), proposed_by=actor.ref))
    enter_plan(dated, {row.customer_id for row in rows}, actor, today=today, at=at)


def _put_forward(
    done: Adjustment, reason: str, begins: date, actor: Actor, *, at: datetime
) -> None:
    rows = [row for row in done.rows if row.becomes == WAITS]
    if not rows:
        return
    by_hand = {"reason": reason.strip(), "person": actor.person_id, "model_minor": None}
    last = begins + timedelta(days=shipped()["line_valid_days"])
    proposals = [
        NewProposal(
            row.customer_id,
            row.currency,
            row.after_minor or 0,
            row.terms_days,
            {"by_hand": by_hand, "adjusted_from_minor": row.before_minor},
            actor.ref,
            row.scope,
            valid_from=begins,
            valid_until=row.valid_until or last,
        )
        for row in rows
    ]
    propose(proposals, actor=actor, at=at)


def _record(done: Adjustment, reason: str, actor: Actor, at: datetime) -> None:
    """One entry: every row as a Merkle root, and how many of each kind."""
    leaves = [
        f"{row.customer_id}|{row.currency}|{row.scope}|{row.before_minor}|{row.after_minor}"
        f"|{row.valid_until}|{row.becomes}"
        for row in done.rows
    ]
    clear: dict[str, Any] = {
        "lines": len(done.rows),
        "lowered": done.counts.get(LOWERED, 0),
        "proposed": done.counts.get(WAITS, 0),
    }
    fields = {
        "rows_root": root_of([hash_leaf(leaf.encode()) for leaf in leaves]).hex(),
        "reason": reason.strip(),
        "actor": actor.ref,
    }
    append_one("lines.adjusted", clear, fields, at=at)
