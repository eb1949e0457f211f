"""Decided before, seen again: an order of a kept decision as things stand now.

A hold is judged on what its order was, and on today's facts: rechecking, releasing, ways out and
try-outs all begin here, so that they ask exactly what `check_orders` would ask now. Example: an
order of 30,000.00 held on Monday; on Wednesday 20,000.00 of it are invoiced: it now asks for
10,000.00, and the invoice counts where invoices count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connections

from xinheng.credit.decide import Facts, Order, decode
from xinheng.decisions.asked import Asked, carried_by
from xinheng.decisions.facts import Account, OnOrder, Pending, find_earlier
from xinheng.decisions.governing import LivePolicy
from xinheng.decisions.ground import Ground, stand_on
from xinheng.decisions.models import Decision
from xinheng.limits.tree import paths


class Again(NamedTuple):
    """What some decisions stand on now, and what each of their orders asks for."""

    ground: Ground
    asked: dict[UUID, Asked]

    def facts(self, decision: Decision) -> tuple[Facts, Order]:
        """Facts and order of one of them, as `credit.decide` takes them."""
        if decision.line_id is None:
            raise ValueError("a decision without a line was never decided on facts")
        return self.ground.facts(decision.line_id, self.asked[decision.pk])


def see_again(
    decisions: Sequence[Decision],
    governing: LivePolicy,
    *,
    at: datetime | None,
    lock: bool,
    using: str = "default",
) -> Again | None:
    """The ground of these decisions' lines, locked where something will be written, and what each
    order asks for now. None where none of them has a line.
    """
    account_ids = sorted({row.line_id for row in decisions if row.line_id is not None})
    above = paths(account_ids, using=using)
    with connections[using].cursor() as cursor:
        ground = stand_on(
            cursor,
            {*account_ids, *(id_ for path in above.values() for id_ in path)},
            governing.policy,
            governing.time_zone,
            at,
            lock=lock,
            using=using,
        )
        if ground is None:
            return None
        _, pending, on_order = find_earlier(cursor, [row.order_ref for row in decisions])
    return _asked_of(decisions, ground, pending, on_order)


def _asked_of(
    decisions: Iterable[Decision],
    ground: Ground,
    pending: dict[str, Pending],
    on_order: dict[Account, OnOrder],
) -> Again:
    asked: dict[UUID, Asked] = {}
    for row in decisions:
        if row.line_id is None:
            continue
        line = ground.lines[row.line_id]
        order = decode(bytes(row.order_bytes), Order)
        asked[row.pk] = Asked(
            row.order_ref,
            row.version,
            row.amount_minor,
            row.currency,
            order.terms_days,
            order.requested_on,
            order.delivery_on,
            row.point,
            row.customer.status if line.customer_id != row.customer_id else None,
            carried_by(
                on_order.get((row.order_ref, line.customer_id, line.currency)),
                pending.get(row.order_ref),
                line,
                ground.lines,
                point=row.point,
            ),
        )
    return Again(ground, asked)
