"""Companies change hands: a new parent, another payer, two files found to be one, and apart again.

Each is an action that moves no document and no movement: relations are written, the lines take
their new places in the tree (`limits.tree.arrange`, all lines of both trees locked in id order),
and what is used counts there from the same instant. Waiting holds of those lines are judged again,
because their lines have moved. Example: C-2 uses 500,000.00 and becomes a branch of C-1, whose
group limit is 1,000,000.00: the next order of C-1 finds 500,000.00 taken.

Nothing is refused because the new group is above its limit: what has been sold has been sold. New
orders are held.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from xinheng.customers.models import Customer
from xinheng.customers.refusals import CustomerRefusal
from xinheng.customers.relations import keep_merge, relate
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.limits.tree import arrange
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

REASON_CHARACTERS_MIN: Final = 4
REASON_CHARACTERS_MAX: Final = 1_000


def set_parent(
    customer_id: int, parent_id: int | None, reason: str, *, actor: Actor, at: datetime
) -> int:
    """Put a company under another one (None: under nobody) and re-book its lines.

    Returns how many lines moved. Refuses NOT_ALLOWED, NEEDS_REASON, CUSTOMER_UNKNOWN, ITSELF,
    MERGED_AWAY, RING, TOO_DEEP.
    """
    return _relate("customer.parent", customer_id, "parent", parent_id, reason, actor, at)


def set_payer(
    customer_id: int, payer_id: int | None, reason: str, *, actor: Actor, at: datetime
) -> int:
    """Name who pays a company's orders from now on (None: itself). Orders checked before stay on
    the line that they were promised on. Refuses as `set_parent`.
    """
    return _relate("customer.payer", customer_id, "payer", payer_id, reason, actor, at)


def merge(alias_id: int, survivor_id: int, reason: str, *, actor: Actor, at: datetime) -> int:
    """Two files are one company: the alias's lines count on the survivor's. Refuses as
    `set_parent`.
    """
    return _relate("customer.merged", alias_id, "merged_into", survivor_id, reason, actor, at)


def unmerge(alias_id: int, reason: str, *, actor: Actor, at: datetime) -> int:
    """They are two after all: all stands as it stood. Refuses as `set_parent`, NOT_MERGED,
    IDENTITY_TAKEN_SINCE.
    """
    customer = _found(alias_id, actor)
    if customer.merged_into_id is None:
        raise Refused(CustomerRefusal.NOT_MERGED, customer=customer.code)
    return _relate("customer.unmerged", alias_id, "merged_into", None, reason, actor, at)


def _relate(
    kind: str,
    customer_id: int,
    relation: str,
    other_id: int | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> int:
    if not actor.may("customers.edit"):
        raise Refused(CustomerRefusal.NOT_ALLOWED, permission="customers.edit")
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        raise Refused(CustomerRefusal.NEEDS_REASON)
    if len(reason.strip()) > REASON_CHARACTERS_MAX:
        raise Refused(CustomerRefusal.REASON_TOO_LONG, most=REASON_CHARACTERS_MAX)
    with transaction.atomic():
        customer = _found(customer_id, actor)
        other = None if other_id is None else _found(other_id, actor)
        before = relate(customer, relation, other, at=at)
        if relation == "merged_into":
            keep_merge(customer, other, reason.strip(), actor.ref, at=at)
        touched = {one.pk for one in (customer, other, before) if one is not None}
        moved = arrange(touched, at=at, alone=True)
        values = {
            "actor": actor.ref,
            "customer": customer.code,
            "before": before.code if before else "",
            "after": other.code if other else "",
            "reason": reason.strip(),
        }
        entry = NewEntry(kind, {"lines": len(moved)}, values, customer.data_key_id)
        with connection.cursor() as cursor:
            append([entry], at=at, cursor=cursor)
    return len(moved)


def _found(customer_id: int, actor: Actor) -> Customer:
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None or not actor.reaches(customer.business_unit_id):
        raise Refused(CustomerRefusal.CUSTOMER_UNKNOWN, customer=str(customer_id))
    return customer
