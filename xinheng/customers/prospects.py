"""Companies that introduced themselves: in the book as prospects until a person admits them.

A prospect has a code of its own that says nothing ("P-7K2M9QXD"), so that papers and facts have a
file to lie in. What it tells of itself may change until it is admitted; nothing is sold to it on
account before. A USCC that another customer has is kept all the same: the outsider must not learn
it, and the round for duplicates and whoever admits it find the twin.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection, transaction
from msgspec import Struct

from xinheng.customers.models import AlikePair, Customer, CustomerQuery
from xinheng.customers.refusals import CustomerRefusal
from xinheng.customers.search_text import pinyin_of, search_text_of
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.vault.actions import create_keys
from xinheng.vault.seal import random_bytes

FILL: Final = "registrations.fill"  # of a guest with a link; no role carries it
ADMIT: Final = "inquiries.review"
SOURCE: Final = "registration"
_SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32: no 0, 1, I, O
_CODE_BYTES: Final = 8


class Told(Struct, frozen=True, kw_only=True):
    """What a company says of itself, as columns of the customer."""

    name: str
    name_en: str = ""
    uscc: str = ""
    country: str = ""
    city: str = ""
    industry: str = ""


def open_prospect(told: Told, unit_id: int | None, *, actor: Actor, at: datetime) -> Customer:
    """A new customer with the status prospect, a code and a data key. One ledger entry.

    Refuses NOT_ALLOWED.
    """
    _require(actor, FILL)
    with transaction.atomic():
        customer = Customer(
            code=_new_code(),
            status="prospect",
            business_unit_id=unit_id,
            data_key_id=create_keys("company", 1, at=at)[0],
            source=SOURCE,
            created_at=at,
        )
        _write(customer, told, at)
        _record("customer.prospect_opened", customer, actor, at)
    return customer


def retell_prospect(customer_id: int, told: Told, *, actor: Actor, at: datetime) -> Customer:
    """What a prospect says of itself now; nothing happens where it says the same. One ledger entry.

    Refuses NOT_ALLOWED, CUSTOMER_UNKNOWN, NOT_A_PROSPECT.
    """
    _require(actor, FILL)
    with transaction.atomic():
        customer = _locked(customer_id, actor)
        if any(getattr(customer, name) != getattr(told, name) for name in Told.__struct_fields__):
            _write(customer, told, at)
            _record("customer.prospect_retold", customer, actor, at)
    return customer


def admit_prospect(customer_id: int, *, actor: Actor, at: datetime) -> Customer:
    """A prospect becomes an active customer. One ledger entry.

    Refuses NOT_ALLOWED, CUSTOMER_UNKNOWN, NOT_A_PROSPECT, HAS_A_TWIN (another customer has its
    USCC, and nobody has merged the two or said that they are not the same).
    """
    _require(actor, ADMIT)
    with transaction.atomic():
        customer = _locked(customer_id, actor)
        twin = twins(customer).first()
        if twin is not None:
            seen = twin.code if actor.reaches(twin.business_unit_id) else "—"
            raise Refused(CustomerRefusal.HAS_A_TWIN, other=seen)
        customer.status, customer.updated_at = "active", at
        customer.save(update_fields=["status", "updated_at"])
        _record("customer.admitted", customer, actor, at)
    return customer


def twins(customer: Customer) -> CustomerQuery:
    """Other companies with the same USCC that are not merged, and not judged to be another one."""
    others = Customer.objects.exclude(pk=customer.pk).filter(merged_into=None)
    if not customer.uscc or customer.merged_into_id is not None:
        return others.none()
    judged = AlikePair.objects.filter(different_at__isnull=False)
    return (
        others.filter(uscc=customer.uscc)
        .exclude(pk__in=judged.filter(one=customer).values("other"))
        .exclude(pk__in=judged.filter(other=customer).values("one"))
    )


def _require(actor: Actor, word: str) -> None:
    if not actor.may(word):
        raise Refused(CustomerRefusal.NOT_ALLOWED, permission=word)


def _locked(customer_id: int, actor: Actor) -> Customer:
    found = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(CustomerRefusal.CUSTOMER_UNKNOWN, customer=str(customer_id))
    if found.status != "prospect":
        raise Refused(CustomerRefusal.NOT_A_PROSPECT, customer=found.code)
    return found


def _new_code() -> str:
    """Eight signs drawn by lot: 40 bits, so that codes tell neither number nor order."""
    return "P-" + "".join(_SIGNS[byte % 32] for byte in random_bytes(_CODE_BYTES))


def _write(customer: Customer, told: Told, at: datetime) -> None:
    for name in Told.__struct_fields__:
        setattr(customer, name, getattr(told, name))
    customer.pinyin, customer.initials = pinyin_of(customer.name)
    c = customer
    customer.search_text = search_text_of((c.code, c.name, c.name_en, c.pinyin, c.initials, c.uscc))
    customer.updated_at = at
    customer.save()


def _record(kind: str, customer: Customer, actor: Actor, at: datetime) -> None:
    values = {
        "actor": actor.ref,
        "customer": customer.code,
        "name": customer.name,
        "uscc": customer.uscc,
    }
    with connection.cursor() as cursor:
        append([NewEntry(kind, {}, values, customer.data_key_id)], at=at, cursor=cursor)
