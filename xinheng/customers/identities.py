"""A company's numbers: entered by a person, checked, and taken on by a person where they fail.

What can't be right is refused with the words that mend it. A code that was issued against its own
standard (the verdict `override`) wants `override_identity` with a reason. One number names one
company: where another one has it, the two may be the same, and are merged. Example: a second USCC
ends the first; the column `Customer.uscc` and the search follow. What files tell becomes a number
too (told_numbers.py), under the same lock.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from xinheng.credit.identity import INVALID, KINDS, OVERRIDE, Checked, check
from xinheng.customers.models import Customer, Identity
from xinheng.customers.queries import other_names
from xinheng.customers.refusals import CustomerRefusal
from xinheng.customers.search_text import search_text_of
from xinheng.customers.told_numbers import ONE_AT_A_TIME
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

PERMISSION: Final = "customers.edit"
ONE_OF_ITS_KIND: Final = ("uscc", "lei", "duns")
IDENTITIES_MAX: Final = 40
REASON_CHARACTERS_MIN: Final = 4
REASON_CHARACTERS_MAX: Final = 1_000


def add_identity(
    customer_id: int, kind: str, value: str, *, actor: Actor, at: datetime
) -> Identity:
    """Give a company a number. One ledger entry.

    Refuses NOT_ALLOWED, KIND_UNKNOWN, IDENTITY_INVALID (with how to mend it), NEEDS_OVERRIDE,
    CUSTOMER_UNKNOWN, MERGED_AWAY, IDENTITY_TAKEN, IDENTITY_KNOWN, TOO_MANY_IDENTITIES.
    """
    _authorise(actor)
    checked = _checked(kind, value)
    if checked.verdict == OVERRIDE:
        raise Refused(CustomerRefusal.NEEDS_OVERRIDE, **_why(checked))
    return _enter("customer.identity_added", customer_id, kind, checked, "", actor, at)


def override_identity(
    customer_id: int, kind: str, value: str, reason: str, *, actor: Actor, at: datetime
) -> Identity:
    """Take on a number that fails its check and was issued all the same. One ledger entry.

    Refuses as `add_identity`, and NEEDS_REASON, REASON_TOO_LONG, NOTHING_TO_OVERRIDE.
    """
    _authorise(actor)
    checked = _checked(kind, value)
    if checked.verdict != OVERRIDE:
        raise Refused(CustomerRefusal.NOTHING_TO_OVERRIDE, value=checked.value)
    said = reason.strip()
    if len(said) < REASON_CHARACTERS_MIN:
        raise Refused(CustomerRefusal.NEEDS_REASON)
    if len(said) > REASON_CHARACTERS_MAX:
        raise Refused(CustomerRefusal.REASON_TOO_LONG, most=REASON_CHARACTERS_MAX)
    return _enter("customer.identity_overridden", customer_id, kind, checked, said, actor, at)


def end_identity(identity_id: int, reason: str, *, actor: Actor, at: datetime) -> Identity:
    """A number is the company's no more; it stays in its history. One ledger entry.

    Refuses NOT_ALLOWED, NEEDS_REASON, REASON_TOO_LONG, IDENTITY_UNKNOWN, MERGED_AWAY.
    """
    _authorise(actor)
    said = reason.strip()
    if len(said) < REASON_CHARACTERS_MIN:
        raise Refused(CustomerRefusal.NEEDS_REASON)
    if len(said) > REASON_CHARACTERS_MAX:
        raise Refused(CustomerRefusal.REASON_TOO_LONG, most=REASON_CHARACTERS_MAX)
    with transaction.atomic(), connection.cursor() as cursor:
        found = Identity.objects.filter(pk=identity_id).values_list("customer_id", flat=True)
        if not found:
            raise Refused(CustomerRefusal.IDENTITY_UNKNOWN)
        customer = _customer(found[0], actor)
        cursor.execute(ONE_AT_A_TIME)
        ended = customer.identities.filter(pk=identity_id, ended_at=None).first()
        if ended is None:
            raise Refused(CustomerRefusal.IDENTITY_UNKNOWN)
        ended.ended_at = at
        ended.save(update_fields=["ended_at"])
        if ended.kind == "uscc" and customer.uscc == ended.value:
            _write_uscc(customer, "", at)
        values = {"actor": actor.ref, "customer": customer.code, "kind": ended.kind}
        values |= {"value": ended.value, "reason": said}
        entry = NewEntry("customer.identity_ended", {}, values, customer.data_key_id)
        append([entry], at=at, cursor=cursor)
    return ended


def _authorise(actor: Actor) -> None:
    if not actor.may(PERMISSION):
        raise Refused(CustomerRefusal.NOT_ALLOWED, permission=PERMISSION)


def _checked(kind: str, value: str) -> Checked:
    if kind not in KINDS:
        raise Refused(CustomerRefusal.KIND_UNKNOWN, kinds=", ".join(KINDS))
    checked = check(kind, value)
    if checked.verdict == INVALID:
        raise Refused(CustomerRefusal.IDENTITY_INVALID, **_why(checked))
    return checked


def _why(checked: Checked) -> dict[str, str]:
    """The words of a verdict as fields of a refusal, in each language its own."""
    return checked.reason.both() if checked.reason else {"zh": checked.code, "en": checked.code}


def _enter(
    entry_kind: str,
    customer_id: int,
    kind: str,
    checked: Checked,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Identity:
    with transaction.atomic(), connection.cursor() as cursor:
        customer = _customer(customer_id, actor)
        cursor.execute(ONE_AT_A_TIME)
        live = list(customer.identities.filter(ended_at=None))
        _require_free(customer, live, kind, checked.value, actor)
        before = [one for one in live if one.kind == kind and kind in ONE_OF_ITS_KIND]
        for one in before:
            one.ended_at = at
            one.save(update_fields=["ended_at"])
        entered = Identity.objects.create(
            customer=customer,
            kind=kind,
            value=checked.value,
            verdict=checked.verdict,
            override_reason=reason,
            entered_by=actor.ref,
            entered_at=at,
        )
        if kind == "uscc":
            _write_uscc(customer, checked.value, at)
        values = {
            "actor": actor.ref,
            "customer": customer.code,
            "kind": kind,
            "value": checked.value,
            "before": before[0].value if before else "",
            "reason": reason,
        }
        entry = NewEntry(entry_kind, {"verdict": checked.verdict}, values, customer.data_key_id)
        append([entry], at=at, cursor=cursor)
    return entered


def _customer(customer_id: int, actor: Actor) -> Customer:
    found = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(CustomerRefusal.CUSTOMER_UNKNOWN, customer=str(customer_id))
    if found.merged_into_id is not None:
        raise Refused(CustomerRefusal.MERGED_AWAY, customer=found.code)
    return found


def _require_free(
    customer: Customer, live: list[Identity], kind: str, value: str, actor: Actor
) -> None:
    if any((one.kind, one.value) == (kind, value) for one in live):
        raise Refused(CustomerRefusal.IDENTITY_KNOWN, value=value)
    if len(live) >= IDENTITIES_MAX:
        raise Refused(CustomerRefusal.TOO_MANY_IDENTITIES, most=IDENTITIES_MAX)
    if kind == "other":
        return  # numbers of different registers may be alike
    unmerged = Customer.objects.filter(merged_into=None).exclude(pk=customer.pk)
    held = unmerged.filter(
        identities__kind=kind, identities__value=value, identities__ended_at=None
    ).first()
    if held is None and kind == "uscc":
        held = unmerged.filter(uscc=value).first()
    if held is None:
        return
    if actor.reaches(held.business_unit_id):
        raise Refused(CustomerRefusal.IDENTITY_TAKEN, value=value, other=held.code)
    raise Refused(CustomerRefusal.IDENTITY_TAKEN_ELSEWHERE, value=value)


def _write_uscc(customer: Customer, uscc: str, at: datetime) -> None:
    """The column that files and the search know follows what a person entered."""
    c = customer
    parts = (c.code, c.name, c.name_en, c.pinyin, c.initials, uscc)
    c.search_text = search_text_of([*parts, *other_names([c.pk]).get(c.pk, [])])
    c.uscc, c.updated_at = uscc, at
    c.save(update_fields=["uscc", "search_text", "updated_at"])
