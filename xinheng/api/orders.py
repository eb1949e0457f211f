"""An order's whole life over JSON: where its value is now, and everything that happened to it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest

from xinheng.api.keys import keyed
from xinheng.api.problems import NOT_FOUND, Reply
from xinheng.credit.money import to_text
from xinheng.decisions.answering import instant
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.portfolio.order_life import Event, Life, Standing, order_life

_encode = msgspec.json.Encoder().encode


@keyed("orders.check", "GET", "HEAD")
def one(request: HttpRequest, actor: Any, reader: Any, ref: str) -> Reply:
    """The life of an order number, oldest event first; 404 where none of it is the caller's."""
    seller = company()
    life = order_life(reader, ref, zone=ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE))
    return NOT_FOUND if life is None else Reply(200, _encode(described(life)))


def described(life: Life) -> dict[str, Any]:
    """The life in the API's words: decimal strings, UTC instants, null where nothing applies."""
    return {
        "order_ref": life.ref,
        "customers": [{"code": one.code, "name": one.name} for one in life.customers],
        "standing": [_standing(one) for one in life.standing],
        "events": [_event(one) for one in life.events],
    }


def _standing(one: Standing) -> dict[str, Any]:
    parts = {name: to_text(minor, one.currency) for name, minor in one.parts}
    return {
        "customer": one.customer_code,
        "currency": one.currency,
        "asked": to_text(one.asked_minor, one.currency),
        **parts,
    }


def _event(one: Event) -> dict[str, Any]:
    amount = None if one.amount_minor is None else to_text(one.amount_minor, one.currency)
    return {
        "kind": one.kind,
        "day": one.day.isoformat(),
        "at": instant(one.at) if one.at else None,
        "amount": amount,
        "currency": one.currency or None,
        "by": one.who.name or one.who.key or None,
        "authority": one.authority or None,
        "reason": one.reason or None,
        "outcome": one.outcome or None,
        "codes": list(one.codes),
        "version": one.version,
        "point": one.point or None,
        "reference": one.reference or None,
        "state": one.state or None,
        "until": instant(one.until) if one.until else None,
        "decision_id": str(one.decision_id) if one.decision_id else None,
        "ledger_entry": str(one.entry_id) if one.entry_id else None,
    }
