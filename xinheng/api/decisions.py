"""Decisions over JSON: a list of up to 1,000 at once, one with its live proof status, and
cancelling one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest

from xinheng.api import order_checks
from xinheng.api.keys import keyed
from xinheng.api.problems import NOT_FOUND, Reply, problem, refusal
from xinheng.api.reviews import shown
from xinheng.decisions.actions import cancel, check_orders
from xinheng.decisions.answering import instant
from xinheng.decisions.models import Decision
from xinheng.decisions.queries import find
from xinheng.decisions.reviewing import review_of
from xinheng.ledger.queries import status
from xinheng.limits.models import Reservation
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

_encode = msgspec.json.Encoder().encode


@keyed("orders.check", "POST")
def check_one(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """One order. The running server answers this address in `door.py`; this is the same way
    through Django, for other servers and for tests."""
    if len(request.body) > order_checks.BODY_BYTES_MAX:
        return problem(413, "too_large", "An order check has at most 16384 bytes.")
    try:
        ask = order_checks.read_one(request.body)
        return order_checks.present(check_orders([ask], actor=actor)[0])
    except order_checks.NotValid as error:
        return order_checks.not_valid(error)
    except Refused as refused:
        return refusal(refused)


@keyed("orders.check", "POST")
def check_batch(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """A list of orders, decided in the order given, in one transaction."""
    if int(request.headers.get("Content-Length") or 0) > order_checks.BATCH_BYTES_MAX:
        return problem(413, "too_large", "A batch has at most 2000000 bytes.")
    try:
        asks = order_checks.read_batch(request.body)
        return order_checks.present_batch(check_orders(asks, actor=actor))
    except order_checks.NotValid as error:
        return order_checks.not_valid(error)
    except Refused as refused:
        return refusal(refused)


@keyed("orders.check", "GET", "HEAD")
def show(request: HttpRequest, actor: Actor, reader: Any, decision_id: UUID) -> Reply:
    """The answer as it was given, with what became of it and whether it can be proven by now."""
    decision = find(reader, decision_id)
    return NOT_FOUND if decision is None else Reply(200, _encode(described(decision)))


@keyed("orders.check", "POST")
def cancel_one(request: HttpRequest, actor: Actor, reader: Any, decision_id: UUID) -> Reply:
    """Void the reservation, or take the order out of the hold queue. Twice changes nothing."""
    try:
        decision = cancel(decision_id, actor=actor, at=datetime.now(UTC))
    except Refused as refused:
        return refusal(refused)
    return Reply(200, _encode(described(decision)))


def described(decision: Decision) -> dict[str, Any]:
    """A decision's answer plus its state now: reservation, hold, ledger."""
    answer: dict[str, Any] = msgspec.json.decode(decision.answer)
    proof = status(decision.entry_id)
    reservation = Reservation.objects.filter(pk=decision.reservation_id).first()
    hold = getattr(decision, "hold", None)
    asked = review_of(decision.pk)
    return {
        **answer,
        "order_ref": decision.order_ref,
        "version": decision.version,
        "ledger": {
            "entry": str(decision.entry_id),
            "status": proof.state,
            "index": proof.idx,
        },
        "state": {
            "cancelled_at": instant(decision.cancelled_at) if decision.cancelled_at else None,
            "reservation": reservation.state if reservation else None,
            "hold": hold.state if hold else None,
        },
        "review": shown(asked) if asked else None,
    }
