"""Every write to credit lines: lock, post movements, reserve, and end reservations.

The one lock of the house is here: `lock_lines` takes the rows in key order, before anything about
them is read. Counters, journal and reservations change together or not at all. Worked: reserving
180,000.00 on a line that uses 880,000.00 of 1,000,000.00 is impossible: used_before + amount <=
ceiling is a CHECK of the table.

The first part are steps of other rooms' transactions (decisions, receivables): the caller holds the
transaction, the lock and the right to act, and appends the ledger entry. `propose_amount`,
`grant_proposals` and `reject_proposals` are whole actions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connections, transaction

from xinheng.credit.exposure import COUNTERS, WHOLE_BPS
from xinheng.credit.money import MAX_MINOR, divide_half_up
from xinheng.customers.models import Customer
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.limits import sql
from xinheng.limits.arrays import instants, numbers, plain, texts
from xinheng.limits.conditions import latest_end, shipped
from xinheng.limits.locking import lock_lines
from xinheng.limits.models import Proposal
from xinheng.limits.queries import judge_grant
from xinheng.limits.refusals import LimitRefusal
from xinheng.limits.tree import arrange
from xinheng.limits.values import (
    Conditions,
    DisputedShift,
    DueShift,
    Ended,
    Granted,
    Move,
    NewProposal,
    NewReservation,
    OrderShift,
)
from xinheng.merkle.tree import hash_leaf, root_of
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.actions import system_key

LineKey = tuple[int, str] | tuple[int, str, str]
EXPIRE_MAX = 500
PROPOSALS_MAX = 50_000
REASON_MIN = 4
REASON_MAX = 1000


def ensure_lines(
    keys: Iterable[LineKey], *, at: datetime, using: str = "default"
) -> dict[LineKey, int]:
    """The line of each (customer, currency) or (customer, currency, scope), by the key as given.

    Missing ones appear as *unset*, which is no credit of its own, and take their place in the tree.
    """
    wanted = {key: (key[0], key[1], key[2] if len(key) > 2 else "") for key in keys}
    if not wanted:
        return {}
    columns = _columns(sorted(set(wanted.values())), 3)
    with connections[using].cursor() as cursor:
        cursor.execute(sql.MISSING_LINES, [at, *columns])
        new = sorted({row[0] for row in cursor.fetchall()})
        arrange(new, at=at, using=using)
        cursor.execute(sql.FIND_LINES, columns)
        found = {(row[0], row[1], row[2]): row[3] for row in cursor.fetchall()}
    return {key: found[whole] for key, whole in wanted.items()}


def post(
    moves: Sequence[Move],
    due_shifts: Sequence[DueShift] = (),
    *,
    order_shifts: Sequence[OrderShift] = (),
    disputed_shifts: Sequence[DisputedShift] = (),
    at: datetime,
    using: str = "default",
) -> None:
    """Write movements to the journal and add them to the counters; shift open items per due date,
    orders per delivery day, and what is in an accepted dispute.

    The caller holds the lines' locks. Each component's movements add up to its counter, always.
    """
    with connections[using].cursor() as cursor:
        if moves:
            totals: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTERS, 0))
            for move in moves:
                totals[move.line_id][move.component] += move.delta_minor
            lines = sorted(totals)
            columns = [[totals[line][name] for line in lines] for name in COUNTERS]
            cursor.execute(sql.ADD_TO_COUNTERS, [at, lines, *columns])
            cursor.execute(sql.ADD_MOVEMENTS, [at, *_columns(moves, 5)])
        for shifts, width, shift, empty in (
            (due_shifts, 3, sql.SHIFT_DUE, sql.EMPTY_DUE),
            (order_shifts, 3, sql.SHIFT_ORDER_DUE, sql.EMPTY_ORDER_DUE),
            (disputed_shifts, 4, sql.SHIFT_DISPUTED, sql.EMPTY_DISPUTED),
        ):
            if shifts:
                cursor.execute(shift, _columns(shifts, width))
                cursor.execute(empty, [sorted({one[0] for one in shifts})])


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


# How the columns of NewReservation travel, in its order; its levels go by themselves.
_BINDINGS: Final = (
    *(plain, numbers, texts, numbers, numbers, numbers, numbers, plain, plain, numbers, instants),
    *(numbers, numbers, plain, numbers),
)


def reserve(
    reservations: Sequence[NewReservation], *, at: datetime, using: str = "default"
) -> None:
    """Promise credit: reservations, the orders counter, the journal, in one statement; the further
    limits above them in a second one where there are any.

    Must hold: the lines are locked and each reservation carries the version that follows the
    locked one. The tables refuse what exceeds a ceiling (IntegrityError: an invariant, a bug).
    """
    if not reservations:
        return
    columns = list(zip(*reservations, strict=True))
    with connections[using].cursor() as cursor:
        cursor.execute(
            sql.RESERVE,
            [*[bind(c) for bind, c in zip(_BINDINGS, columns, strict=False)], at, at, at],
        )
        above = [(one.id, *level) for one in reservations for level in one.levels]
        if above:
            cursor.execute(sql.RESERVE_LEVELS, _columns(above, 8))


def end_reservations(
    ids: Sequence[UUID | str], state: str, *, at: datetime, using: str = "default"
) -> list[Ended]:
    """Void, expire or replace reservations; what was still promised returns to the line.

    state: "voided", "expired" or "replaced". One that has ended already is left alone and not
    returned; one that documents have taken over whole ends only by being replaced.
    """
    cause = {"voided": "void", "expired": "expire", "replaced": "replace"}[state]
    if not ids:
        return []
    values = [state, at, list(ids), state == "replaced", at, cause, at]
    with connections[using].cursor() as cursor:
        cursor.execute(sql.END_RESERVATIONS, values)
        return [Ended(*row) for row in cursor.fetchall()]


def expire_due(*, at: datetime, using: str = "default") -> list[Ended]:
    """End the reservations whose time is over; call it in a transaction of its own."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql.PENDING_DUE, [at, EXPIRE_MAX])
        due = cursor.fetchall()
    lock_lines([row[1] for row in due], using=using)
    return end_reservations([row[0] for row in due], "expired", at=at, using=using)


def propose(
    proposals: Sequence[NewProposal], *, judged: Sequence[int] = (), actor: Actor, at: datetime
) -> int:
    """Suggest limits; a waiting suggestion for the same customer and currency is superseded, unless
    a person entered it and this one is calculated. Returns how many wait anew.

    judged: customers assessed anew; calculated proposals of theirs that are not among these end.

    Changes no line. What was rejected is not suggested again with the same figures. The caller (an
    assessment, an import) appends the ledger entry of its own.
    """
    rows = [
        (p.customer_id, p.currency, p.amount_minor, p.terms_days, _json(p.workings), p.proposed_by)
        for p in proposals
    ]
    columns = _columns(rows, 6)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        _withdraw(judged, columns[:2], at)
        cursor.execute(sql.SUPERSEDE_PROPOSALS, [at, columns[0], columns[1], columns[4]])
        cursor.execute(sql.ADD_PROPOSALS, [at, *columns])
        return int(cursor.rowcount)


def _withdraw(judged: Sequence[int], columns: list[list[Any]], at: datetime) -> None:
    """Nobody grants by mistake what nothing suggests any more; what a person entered stays."""
    with connections["default"].cursor() as cursor:
        cursor.execute(sql.WITHDRAW_PROPOSALS, [list(judged), at, *columns])


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def propose_amount(
    customer_id: int,
    currency: str,
    amount_minor: int,
    terms_days: int | None,
    reason: str,
    *,
    actor: Actor,
    at: datetime,
) -> int:
    """A person enters an amount of their own, with a reason; returns the proposal's id.

    It takes the place of what waits for the customer and currency, and another person grants it.
    Refuses NOT_ALLOWED, NEEDS_PERSON, NEEDS_REASON, BAD_AMOUNT, BAD_TERMS, UNKNOWN_CUSTOMER.
    """
    _require(actor)
    if actor.kind != "user":
        raise Refused(LimitRefusal.NEEDS_PERSON)
    _check_reason(reason)
    _check_terms(amount_minor, terms_days)
    with transaction.atomic():
        customer = Customer.objects.filter(pk=customer_id).first()
        if customer is None or not actor.reaches(customer.business_unit_id):
            raise Refused(LimitRefusal.UNKNOWN_CUSTOMER)
        mine = {"customer_id": customer_id, "currency": currency, "state": "proposed"}
        stood = Proposal.objects.select_for_update().filter(**mine).first()
        workings = _by_hand(stood, reason.strip(), actor.person())
        row = NewProposal(customer_id, currency, amount_minor, terms_days, workings, actor.ref)
        propose([row], actor=actor, at=at)
        fields = {
            "customer": str(customer_id),
            "amount_minor": str(amount_minor),
            "terms_days": str(terms_days),
            "reason": reason.strip(),
            "actor": actor.ref,
        }
        _append("line.proposed", {"currency": currency}, fields, customer.data_key_id, at)
        return int(Proposal.objects.get(**mine).pk)


def _require(actor: Actor) -> None:
    if not actor.may("lines.grant"):
        raise Refused(LimitRefusal.NOT_ALLOWED)


def _check_reason(reason: str) -> None:
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refused(LimitRefusal.NEEDS_REASON)


def _check_terms(amount_minor: int, terms_days: int | None) -> None:
    if not 0 <= amount_minor <= MAX_MINOR:
        raise Refused(LimitRefusal.BAD_AMOUNT)
    most = shipped()["terms_days_max"]
    if terms_days is not None and not 0 <= terms_days <= most:
        raise Refused(LimitRefusal.BAD_TERMS, most=most)


def _by_hand(stood: Proposal | None, reason: str, person: int) -> dict[str, Any]:
    """The workings of the calculation, if there was one, with what the person says instead."""
    before = dict(stood.workings or {}) if stood else {}
    earlier = before.get("by_hand")
    model = earlier["model_minor"] if earlier else (stood.amount_minor if stood else None)
    return before | {"by_hand": {"reason": reason, "person": person, "model_minor": model}}


def grant_proposals(
    proposal_ids: Sequence[int] | None,
    *,
    valid_from: date,
    valid_until: date,
    conditions: Conditions,
    actor: Actor,
    at: datetime,
) -> Granted:
    """Make proposed limits live, all that wait (None) or those named, as far as the actor sees.

    Authority is judged on each amount, and whoever entered an amount by hand may not grant it: what
    is not allowed is left waiting and told. Refuses NOT_ALLOWED, BAD_PERIOD, TOO_LONG,
    NO_PROPOSALS, TOO_MANY. One ledger entry over all lines granted.
    """
    _require(actor)
    if valid_until < valid_from:
        raise Refused(LimitRefusal.BAD_PERIOD)
    if valid_until > (latest := latest_end(valid_from)):
        raise Refused(LimitRefusal.TOO_LONG, until=latest)
    with transaction.atomic():
        allowed, refused = judge_grant(_lock_waiting(proposal_ids, actor), actor)
        if allowed:
            _make_live(allowed, valid_from, valid_until, conditions, at=at)
            _decide(allowed, "granted", actor, at=at)
            _record_grant(allowed, valid_until, actor, at=at)
    total: dict[str, int] = defaultdict(int)
    for proposal in allowed:
        total[proposal.currency] += proposal.amount_minor
    return Granted(len(allowed), dict(total), [(proposal.pk, why) for proposal, why in refused])


def reject_proposals(
    proposal_ids: Sequence[int] | None, reason: str, *, actor: Actor, at: datetime
) -> int:
    """Turn proposals down for a stated reason, all that wait (None) or those named; lines stay.

    Returns how many. Refuses NOT_ALLOWED, NEEDS_REASON, NO_PROPOSALS, TOO_MANY. One ledger entry.
    """
    _require(actor)
    _check_reason(reason)
    with transaction.atomic(), connections["default"].cursor() as cursor:
        proposals = _lock_waiting(proposal_ids, actor)
        ids = [proposal.pk for proposal in proposals]
        cursor.execute(sql.REJECT_PROPOSALS, [actor.person_id, at, reason.strip(), ids])
        fields = {"rows_root": _root(proposals), "reason": reason.strip(), "actor": actor.ref}
        _append("lines.rejected", {"lines": len(ids)}, fields, system_key(at=at), at)
    return len(ids)


def _lock_waiting(proposal_ids: Sequence[int] | None, actor: Actor) -> list[Proposal]:
    """The waiting proposals meant, locked in key order; those of other units are not there."""
    waiting = Proposal.objects.select_for_update().filter(state="proposed")
    if not actor.all_units:
        waiting = waiting.filter(customer__in=Customer.objects.filter(**_own_unit(actor)))
    if proposal_ids is not None:
        waiting = waiting.filter(pk__in=proposal_ids)
    proposals = list(waiting.order_by("pk")[: PROPOSALS_MAX + 1])
    if not proposals:
        raise Refused(LimitRefusal.NO_PROPOSALS)
    if len(proposals) > PROPOSALS_MAX:
        raise Refused(LimitRefusal.TOO_MANY, most=f"{PROPOSALS_MAX:,}")
    return proposals


def _own_unit(actor: Actor) -> dict[str, Any]:
    return {"business_unit_id": actor.unit_id, "business_unit__isnull": False}


def _make_live(
    proposals: Sequence[Proposal], valid_from: date, until: date, terms: Conditions, *, at: datetime
) -> None:
    lines = ensure_lines([(p.customer_id, p.currency) for p in proposals], at=at)
    lock_lines(lines.values())
    rows = [
        (
            lines[p.customer_id, p.currency],
            p.amount_minor,
            p.terms_days,
            _share(p.amount_minor, terms.single_order_cap_bps),
            _share(p.amount_minor, terms.overdue_allowed_bps) or 0,
        )
        for p in proposals
    ]
    with connections["default"].cursor() as cursor:
        cursor.execute(
            sql.GRANT_LINES,
            [valid_from, until, terms.overdue_days_allowed, at, *_columns(rows, 5)],
        )


def _share(amount_minor: int, bps: int | None) -> int | None:
    return None if bps is None else divide_half_up(amount_minor * bps, WHOLE_BPS)


def _decide(proposals: Sequence[Proposal], state: str, actor: Actor, *, at: datetime) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            sql.DECIDE_PROPOSALS, [state, actor.person_id, at, [p.pk for p in proposals]]
        )


def _record_grant(
    proposals: Sequence[Proposal], valid_until: date, actor: Actor, *, at: datetime
) -> None:
    """One entry: every line's key and amount, as a Merkle root over the granted rows."""
    clear = {"lines": len(proposals), "valid_until": valid_until.isoformat()}
    fields = {"rows_root": _root(proposals), "actor": actor.ref}
    _append("lines.granted", clear, fields, system_key(at=at), at)


def _root(proposals: Sequence[Proposal]) -> str:
    rows = [f"{p.customer_id}|{p.currency}|{p.amount_minor}|{p.terms_days}" for p in proposals]
    return root_of([hash_leaf(row.encode()) for row in rows]).hex()


def _append(
    kind: str, clear: dict[str, Any], fields: dict[str, str], key_id: UUID, at: datetime
) -> None:
    with connections["default"].cursor() as cursor:
        append([NewEntry(kind, clear, fields, key_id)], at=at, cursor=cursor)
