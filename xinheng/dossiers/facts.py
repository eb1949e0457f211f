"""Facts come into the credit file: entered, verified by another person, and never changed.

What is entered waits. A second pair of eyes verifies it, for a critical field a third one too, and
only then does it stand in the file; a newer fact of the same source ends the older one. Where two
sources disagree, a conflict case opens and a person decides. Example: 企查查 says 10,000,000.00 CNY
of capital, the licence 8,000,000.00: both stand, neither counts, until the case is resolved.

Instants of a customer's file only go forward, whatever clocks say: a fact that becomes known is
stamped after everything that was known before, so that a view of the past stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connections, transaction
from django.db.models import Max

from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import overlap, place_of, values_of
from xinheng.dossiers.fields import BadValue, Field, canonical, catalogue
from xinheng.dossiers.models import ConflictCase, Fact, FactEntry
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import NewFact
from xinheng.dossiers.rules import impossible
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.queries import open_keys
from xinheng.vault.seal import seal

ENTER: Final = "facts.enter"
VERIFY: Final = "facts.verify"
WAITING_MAX: Final = 500
REASON_MIN, REASON_MAX = 4, 1000
_TICK = timedelta(microseconds=1)


def enter_fact(new: NewFact, *, actor: Actor, at: datetime) -> int:
    """Enter a fact; it waits for another person and is not in the file yet. Returns its id.

    Refuses FACTS_NOT_ALLOWED, UNKNOWN_CUSTOMER, UNKNOWN_FIELD, BAD_VALUE, BAD_SOURCE, BAD_DATES,
    NEEDS_BASIS, QUEUE_FULL.
    """
    _require(actor, ENTER)
    with transaction.atomic():
        customer = _locked(actor, code=new.customer_code)
        fact = _staged(customer, new, actor, at)
        _record("fact.entered", customer, fact, actor, at)
    return fact.pk


def correct_fact(
    fact_id: int,
    value: str,
    reason: str,
    *,
    actor: Actor,
    at: datetime,
    observed_on: date | None = None,
) -> int:
    """Enter what a fact should have said, from the same source: a new fact that waits to be
    verified and then succeeds the old one, which stays readable. Returns its id.

    Refuses FACTS_NOT_ALLOWED, NEEDS_REASON, UNKNOWN_FACT, and what enter_fact refuses.
    """
    _require(actor, ENTER)
    _require_reason(reason)
    with transaction.atomic():
        old = _found(fact_id, actor, current=True)
        customer = _locked(actor, pk=old.customer_id)
        old = _found(fact_id, actor, current=True)
        new = NewFact(
            customer_code=customer.code,
            field=old.field,
            value=value,
            source=old.source,
            reliability=old.reliability,
            observed_on=observed_on or old.observed_on,
            valid_from=old.valid_from,
            valid_until=old.valid_until,
            evidence=old.evidence,
            legal_basis=old.legal_basis,
        )
        fact = _staged(customer, new, actor, at, corrects=old, reason=reason.strip())
        _record("fact.corrected", customer, fact, actor, at, {"reason": reason.strip()})
    return fact.pk


def verify_fact(fact_id: int, how: str, confidence: int, *, actor: Actor, at: datetime) -> bool:
    """Verify a waiting fact; True if it now stands in the file, False if it is critical and waits
    for a second reviewer. What other sources say differently opens a conflict case.

    Refuses FACTS_NOT_ALLOWED, NEEDS_PERSON, BAD_CHECK, UNKNOWN_FACT, OWN_ENTRY.
    """
    _require(actor, VERIFY)
    person = _person(actor)
    if how not in Fact.HOW or not 0 <= confidence <= 100:
        raise Refused(DossierRefusal.BAD_CHECK, hows=", ".join(Fact.HOW))
    with transaction.atomic():
        fact = _found(fact_id, actor)
        customer = _locked(actor, pk=fact.customer_id)
        fact = _found(fact_id, actor)
        if person in (fact.entered_person_id, fact.verified_by_id):
            raise Refused(DossierRefusal.OWN_ENTRY)
        if fact.verified_by_id is None:
            changes = {"verified_by_id": person, "verified_at": at, "how": how}
            Fact.objects.filter(pk=fact.pk).update(**changes, confidence=confidence)
            if fact.critical:
                _record("fact.checked", customer, fact, actor, at, {"how": how})
                return False
        else:
            Fact.objects.filter(pk=fact.pk).update(second_reviewer_id=person, seconded_at=at)
        conflict = _bring_in(customer, fact, at)
        told = {"how": how, "confidence": str(confidence), "conflict": str(conflict or "")}
        _record("fact.verified", customer, fact, actor, at, told)
    return True


def reject_fact(fact_id: int, reason: str, *, actor: Actor, at: datetime) -> None:
    """Turn a waiting fact down; it never stood in the file, and stays in the field's history.

    Refuses FACTS_NOT_ALLOWED, NEEDS_PERSON, NEEDS_REASON, UNKNOWN_FACT.
    """
    _require(actor, VERIFY)
    person = _person(actor)
    _require_reason(reason)
    with transaction.atomic():
        fact = _found(fact_id, actor)
        customer = _locked(actor, pk=fact.customer_id)
        fact = _found(fact_id, actor)
        Fact.objects.filter(pk=fact.pk).update(
            rejected_by_id=person,
            rejected_at=next_instant(customer, at),
            reject_reason=reason.strip(),
        )
        _record("fact.rejected", customer, fact, actor, at, {"reason": reason.strip()})


def resolve_conflict(
    conflict_id: int, chosen_id: int, reason: str, *, actor: Actor, at: datetime
) -> None:
    """Decide which of the facts that disagree holds; those that say otherwise leave the file.

    Who entered the chosen fact can't choose it. Refuses FACTS_NOT_ALLOWED, NEEDS_PERSON,
    NEEDS_REASON, UNKNOWN_CONFLICT, NOT_AMONG_THEM, OWN_ENTRY.
    """
    _require(actor, VERIFY)
    person = _person(actor)
    _require_reason(reason)
    with transaction.atomic():
        case = _open_case(conflict_id, actor)
        customer = _locked(actor, pk=case.customer_id)
        case = _open_case(conflict_id, actor)
        facts = list(Fact.objects.current().filter(customer=customer, field=case.field))
        chosen = next((one for one in facts if one.pk == chosen_id), None)
        if chosen is None:
            raise Refused(DossierRefusal.NOT_AMONG_THEM, fact=chosen_id)
        if chosen.entered_person_id == person:
            raise Refused(DossierRefusal.OWN_ENTRY)
        stamp = next_instant(customer, at)
        others = _disagreeing(customer, chosen, facts)
        Fact.objects.filter(pk__in=[one.pk for one in others]).update(known_until=stamp)
        ConflictCase.objects.filter(pk=case.pk).update(
            resolved_at=stamp, resolved_by_id=person, chosen_id=chosen_id, reason=reason.strip()
        )
        told = {"reason": reason.strip(), "ended": ",".join(str(one.pk) for one in others)}
        _record("conflict.resolved", customer, chosen, actor, at, told)


# --- Who may, and which customer


def _require(actor: Actor, permission: str) -> None:
    if not actor.may(permission):
        raise Refused(DossierRefusal.FACTS_NOT_ALLOWED, permission=permission)


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise Refused(DossierRefusal.NEEDS_PERSON)
    return actor.person_id


def _require_reason(reason: str) -> None:
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refused(DossierRefusal.NEEDS_REASON)


def _locked(actor: Actor, **which: object) -> Customer:
    """The customer's row, locked: one writer at a time per file."""
    found = Customer.objects.select_for_update(no_key=True).filter(**which).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(DossierRefusal.UNKNOWN_CUSTOMER, customer=next(iter(which.values())))
    return found


def _found(fact_id: int, actor: Actor, *, current: bool = False) -> Fact:
    facts = Fact.objects.current() if current else Fact.objects.waiting()
    fact = facts.select_related("customer").filter(pk=fact_id).first()
    if fact is None or not actor.reaches(fact.customer.business_unit_id):
        raise Refused(DossierRefusal.UNKNOWN_FACT, fact=fact_id)
    return fact


def _open_case(conflict_id: int, actor: Actor) -> ConflictCase:
    cases = ConflictCase.objects.select_related("customer").filter(resolved_at__isnull=True)
    case = cases.filter(pk=conflict_id).first()
    if case is None or not actor.reaches(case.customer.business_unit_id):
        raise Refused(DossierRefusal.UNKNOWN_CONFLICT, conflict=conflict_id)
    return case


# --- Entering


def _staged(
    customer: Customer,
    new: NewFact,
    actor: Actor,
    at: datetime,
    *,
    corrects: Fact | None = None,
    reason: str = "",
) -> Fact:
    day = today(at)
    field, value = field_and_value(new, day)
    check_new(field, new, day)
    if Fact.objects.waiting().filter(customer=customer).count() >= WAITING_MAX:
        raise Refused(DossierRefusal.QUEUE_FULL, limit=WAITING_MAX)
    sealed = _sealed(customer, field, value) if field.personal else None
    return Fact.objects.create(
        customer=customer,
        field=field.code,
        value=None if field.personal else value,
        value_sealed=sealed,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        observed_on=new.observed_on or day,
        source=new.source.strip(),
        reliability=new.reliability,
        evidence=new.evidence.strip(),
        legal_basis=new.legal_basis,
        secrecy=field.secrecy,
        critical=field.critical,
        corrects=corrects,
        reason=reason,
        entered_by=actor.ref,
        entered_person_id=actor.person_id,
        entered_at=next_instant(customer, at),
        simulated=customer.simulated,
    )


def field_and_value(new: NewFact, day: date) -> tuple[Field, str]:
    """The field of a new fact, and its value as it is kept.

    Refuses UNKNOWN_FIELD, and BAD_VALUE also for what can't be, such as a founding that lies ahead.
    """
    field = catalogue().fields.get(new.field)
    if field is None:
        raise Refused(DossierRefusal.UNKNOWN_FIELD, field=new.field)
    try:
        value = canonical(field, new.value)
    except BadValue as bad:
        raise _bad_value(field, bad.text) from bad
    if (why := impossible(field.code, value, day)) is not None:
        raise _bad_value(field, why)
    return field, value


def _bad_value(field: Field, text: T) -> Refused:
    return Refused(DossierRefusal.BAD_VALUE, field=field.code, zh=text.zh, en=text.en)


def check_new(field: Field, new: NewFact, day: date) -> None:
    """Source, days and legal basis of a new fact. Refuses BAD_SOURCE, BAD_DATES, NEEDS_BASIS."""
    if (
        not 0 < len(new.source.strip()) <= 60
        or new.reliability not in Fact.RELIABILITY
        or len(new.evidence.strip()) > 200
    ):
        raise Refused(DossierRefusal.BAD_SOURCE)
    ends_early = new.valid_from and new.valid_until and new.valid_until < new.valid_from
    if ends_early or (new.observed_on or day) > day:
        raise Refused(DossierRefusal.BAD_DATES)
    if new.legal_basis not in Fact.BASES and (new.legal_basis or field.personal):
        raise Refused(DossierRefusal.NEEDS_BASIS, bases=", ".join(Fact.BASES))


def _sealed(customer: Customer, field: Field, value: str) -> bytes:
    key = open_keys([customer.data_key_id])[customer.data_key_id]
    return seal(key, place_of(customer.pk, field.code), value.encode())


# --- Into the file


def _bring_in(customer: Customer, fact: Fact, at: datetime) -> int | None:
    """The fact is known from now on and its predecessor no longer; the conflict that this opens."""
    stamp = next_instant(customer, at)
    current = list(Fact.objects.current().filter(customer=customer, field=fact.field))
    older = [one.pk for one in current if one.source == fact.source]
    Fact.objects.filter(pk__in=older).update(known_until=stamp)
    Fact.objects.filter(pk=fact.pk).update(known_since=stamp)
    others = [one for one in current if one.pk not in older]
    open_cases = ConflictCase.objects.filter(
        customer=customer, field=fact.field, resolved_at__isnull=True
    )
    if not _disagreeing(customer, fact, others) or open_cases.exists():
        return None
    case = ConflictCase.objects.create(
        customer=customer, field=fact.field, opened_at=stamp, opened_by_fact=fact
    )
    return int(case.pk)


def _disagreeing(customer: Customer, fact: Fact, others: list[Fact]) -> list[Fact]:
    """Those that say something else about a time that both speak of."""
    values = values_of(customer.data_key_id, [fact, *others])
    return [one for one in others if values[one.pk] != values[fact.pk] and overlap(one, fact)]


def next_instant(customer: Customer, at: datetime) -> datetime:
    """The instant of a change to this file: `at`, or a tick after the newest one there is."""
    latest = Fact.objects.filter(customer=customer).aggregate(
        a=Max("known_since"), b=Max("known_until"), c=Max("entered_at"), d=Max("rejected_at")
    )
    latest |= ConflictCase.objects.filter(customer=customer).aggregate(e=Max("resolved_at"))
    newest = max((one for one in latest.values() if one is not None), default=None)
    return at if newest is None or newest < at else newest + _TICK


def _record(
    kind: str,
    customer: Customer,
    fact: Fact,
    actor: Actor,
    at: datetime,
    told: Mapping[str, str] | None = None,
) -> None:
    """One entry, sealed under the customer's key: which fact, its value, who."""
    fields = {
        "customer": customer.code,
        "fact": str(fact.pk),
        "field": fact.field,
        "source": fact.source,
        "value": values_of(customer.data_key_id, [fact])[fact.pk] or "",
        "actor": actor.ref,
        **(told or {}),
    }
    with connections["default"].cursor() as cursor:
        entry = NewEntry(kind, {}, fields, customer.data_key_id)
        (entry_id,) = append([entry], at=at, cursor=cursor)
    FactEntry.objects.create(fact=fact, kind=kind, entry_id=entry_id, at=at)
