"""What a person says of a company: former names, how its name is read, where it sits, its trade.

Files tell names and cities in their own words; what a person says here stays when files come again
(a reading as long as the name stays the same). Places are of GB/T 2260, trades of GB/T 4754.
Worked: 长深物流 is read changshen; a person who knows better writes zhangshen / zswl, and both the
list and the search box find it by that.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Final

from django.db import connection, transaction

from xinheng.credit.divisions import division
from xinheng.credit.industries import industry
from xinheng.customers.models import Customer, OtherName
from xinheng.customers.queries import other_names
from xinheng.customers.refusals import CustomerRefusal
from xinheng.customers.search_text import (
    INITIALS_MAX,
    PINYIN_MAX,
    fold,
    search_text_of,
)
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

PERMISSION: Final = "customers.edit"
NAME_MAX: Final = 200
NAMES_MAX: Final = 100
_READING: Final = re.compile(r"[a-z0-9]+")


def add_former_name(
    customer_id: int,
    name: str,
    used_from: date | None,
    used_until: date | None,
    *,
    actor: Actor,
    at: datetime,
) -> OtherName:
    """A name under which the company went, found by search from now on. One ledger entry.

    Refuses NOT_ALLOWED, NAME_MISSING, DAYS_IN_ORDER, CUSTOMER_UNKNOWN, MERGED_AWAY, NAME_KNOWN,
    NAMES_FULL. A spelling that a file brought becomes a former name.
    """
    _require(actor)
    said = " ".join(name.split())
    if not said or len(said) > NAME_MAX:
        raise Refused(CustomerRefusal.NAME_MISSING, most=NAME_MAX)
    if used_from and used_until and used_until < used_from:
        raise Refused(CustomerRefusal.DAYS_IN_ORDER)
    with transaction.atomic():
        customer = _locked(customer_id, actor)
        names = OtherName.objects.filter(customer=customer)
        known = names.filter(name=said).first()
        if said == customer.name or (known is not None and known.kind == "former"):
            raise Refused(CustomerRefusal.NAME_KNOWN, name=said)
        if known is None and names.count() >= NAMES_MAX:
            raise Refused(CustomerRefusal.NAMES_FULL, most=NAMES_MAX)
        kept = known or OtherName(customer=customer, name=said, first_seen_at=at)
        kept.kind, kept.entered_by = "former", actor.ref
        kept.used_from, kept.used_until = used_from, used_until
        kept.save()
        _write(customer, at)
        days = {"from": _text(used_from), "until": _text(used_until)}
        _record("customer.former_name", customer, {"name": said, **days}, actor, at)
    return kept


def correct_reading(
    customer_id: int, pinyin: str, initials: str, *, actor: Actor, at: datetime
) -> Customer:
    """How a name is read, where characters with several readings were read wrongly. It stays as
    long as the name does. One ledger entry.

    Refuses NOT_ALLOWED, BAD_READING, CUSTOMER_UNKNOWN, MERGED_AWAY.
    """
    _require(actor)
    whole, firsts = (re.sub(r"[\s'’]+", "", fold(one)) for one in (pinyin, initials))
    if not (_READING.fullmatch(whole) and _READING.fullmatch(firsts)):
        raise Refused(CustomerRefusal.BAD_READING)
    if len(whole) > PINYIN_MAX or len(firsts) > INITIALS_MAX:
        raise Refused(CustomerRefusal.BAD_READING)
    with transaction.atomic():
        customer = _locked(customer_id, actor)
        before = f"{customer.pinyin} {customer.initials}"
        customer.pinyin, customer.initials = whole, firsts
        _write(customer, at)
        values = {"before": before, "after": f"{whole} {firsts}"}
        _record("customer.reading_corrected", customer, values, actor, at)
    return customer


def set_place_and_trade(
    customer_id: int, place: str, trade: str, *, actor: Actor, at: datetime
) -> Customer:
    """The division of GB/T 2260 and the industry of GB/T 4754, by code; empty takes one off.
    One ledger entry.

    Refuses NOT_ALLOWED, DIVISION_UNKNOWN, INDUSTRY_UNKNOWN, CUSTOMER_UNKNOWN, MERGED_AWAY.
    """
    _require(actor)
    where = division(place) if place else None
    if place and where is None:
        raise Refused(CustomerRefusal.DIVISION_UNKNOWN, written=place[:40])
    what = industry(trade) if trade else None
    if trade and what is None:
        raise Refused(CustomerRefusal.INDUSTRY_UNKNOWN, written=trade[:40])
    with transaction.atomic():
        customer = _locked(customer_id, actor)
        before = f"{customer.division_code} {customer.industry_code}"
        customer.division_code = where.code if where else ""
        customer.industry_code = what.code if what else ""
        _write(customer, at)
        after = f"{customer.division_code} {customer.industry_code}"
        _record("customer.placed", customer, {"before": before, "after": after}, actor, at)
    return customer


def _require(actor: Actor) -> None:
    if not actor.may(PERMISSION):
        raise Refused(CustomerRefusal.NOT_ALLOWED, permission=PERMISSION)


def _locked(customer_id: int, actor: Actor) -> Customer:
    found = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(CustomerRefusal.CUSTOMER_UNKNOWN, customer=str(customer_id))
    if found.merged_into_id is not None:
        raise Refused(CustomerRefusal.MERGED_AWAY, customer=found.code)
    return found


def _write(customer: Customer, at: datetime) -> None:
    """The columns that a person may change here, and the search text anew."""
    c = customer
    parts = (c.code, c.name, c.name_en, c.pinyin, c.initials, c.uscc)
    c.search_text = search_text_of([*parts, *other_names([c.pk]).get(c.pk, [])])
    c.updated_at = at
    c.save(
        update_fields=[
            *("pinyin", "initials", "division_code", "industry_code"),
            *("search_text", "updated_at"),
        ]
    )


def _record(
    kind: str, customer: Customer, told: dict[str, Any], actor: Actor, at: datetime
) -> None:
    values = {"actor": actor.ref, "customer": customer.code, **told}
    with connection.cursor() as cursor:
        append([NewEntry(kind, {}, values, customer.data_key_id)], at=at, cursor=cursor)


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
