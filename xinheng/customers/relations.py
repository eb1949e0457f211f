"""Who belongs to whom: a parent, a payer, a company that two files turned out to be one.

Steps of `decisions.regrouping`, which locks what hangs on them and re-books. A merge is an alias:
the merged company's rows stay where they are, so that taking it apart again restores everything.
Example: branch C-2 gets the parent C-1; C-1 may not get C-2, nor any company below it, as its own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection

from xinheng.customers.models import Customer, Merge
from xinheng.customers.refusals import CustomerRefusal
from xinheng.customers.told_numbers import ONE_AT_A_TIME as NUMBERS
from xinheng.refusals import Refused

DEPTH_MAX: Final = 20
RELATIONS: Final = ("parent", "payer", "merged_into")

# Two relations entered at once could close a ring that neither of them saw.
_ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('xinheng.customers.relations'))"


def relate(
    customer: Customer, relation: str, other: Customer | None, *, at: datetime
) -> Customer | None:
    """Write one relation; returns what stood before. Refuses ITSELF, RING, MERGED_AWAY,
    TOO_DEEP. The caller holds the transaction and has authorised.
    """
    if relation not in RELATIONS:
        raise ValueError(f"{relation!r} is none of {', '.join(RELATIONS)}")
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME)
    customer.refresh_from_db()
    before: Customer | None = getattr(customer, relation)
    if other is not None:
        other.refresh_from_db()
        _require_lawful(customer, relation, other)
    Customer.objects.filter(pk=customer.pk).update(**{relation: other, "updated_at": at})
    customer.refresh_from_db()
    return before


def _require_lawful(customer: Customer, relation: str, other: Customer) -> None:
    if other.pk == customer.pk:
        raise Refused(CustomerRefusal.ITSELF, customer=customer.code)
    if other.merged_into_id is not None:
        raise Refused(CustomerRefusal.MERGED_AWAY, customer=other.code)
    if relation == "payer":
        return
    above, depth = other, 0
    while (next_up := above.merged_into or above.parent) is not None:
        depth += 1
        if next_up.pk == customer.pk:
            raise Refused(CustomerRefusal.RING, customer=customer.code, other=other.code)
        if depth >= DEPTH_MAX:
            raise Refused(CustomerRefusal.TOO_DEEP, most=DEPTH_MAX)
        above = next_up


def keep_merge(
    alias: Customer, survivor: Customer | None, reason: str, by: str, *, at: datetime
) -> None:
    """The row that says who merged, or parted (survivor None), when and why. A step of the merge.

    Refuses IDENTITY_TAKEN_SINCE where parting would leave one number with two companies.
    """
    standing = Merge.objects.filter(alias=alias, parted_at=None)
    standing.update(parted_reason=reason, parted_by=by, parted_at=at)
    if survivor is not None:
        Merge.objects.create(
            alias=alias, survivor=survivor, reason=reason, merged_by=by, merged_at=at
        )
        return
    Customer.objects.select_for_update(no_key=True).filter(pk=alias.pk).first()
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS)
    for number in alias.identities.filter(ended_at=None).exclude(kind="other"):
        others = Customer.objects.filter(merged_into=None).exclude(pk=alias.pk)
        held = others.filter(
            identities__kind=number.kind,
            identities__value=number.value,
            identities__ended_at=None,
        ).first()
        if held is not None:
            raise Refused(CustomerRefusal.IDENTITY_TAKEN_SINCE, value=number.value, other=held.code)
