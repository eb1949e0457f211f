"""Every write of contracts: recorded, given its paper, put in force by another, corrected, ended.

A draft binds nobody. Who recorded it can't put it in force: a second person compares it with the
signed paper. What is in force is never edited; a correction is the next version and goes the same
way. Each act leaves one ledger entry and, where something comes in force or ends, a fact that
waits. Worked: Bob records K-1, files the paper; Alice puts it in force; the file's "frame contract"
waits for a third look.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from xinheng.contracts.models import Contract
from xinheng.contracts.refusals import ContractRefusal
from xinheng.contracts.rows import NewContract
from xinheng.contracts.sealing import kept
from xinheng.contracts.telling import tell
from xinheng.credit.money import EXPONENTS
from xinheng.customers.models import Customer
from xinheng.dossiers.models import Document
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.queries import open_living_keys

EDIT: Final = "contracts.edit"
CONTRACTS_MAX: Final = 200
TERMS_MAX: Final = 720
REASON_MIN, REASON_MAX = 4, 500
END_DAYS_MAX: Final = 366
AMOUNT_MAX: Final = 10**15
LENGTHS: Final = {
    "governing_law": (T("适用法律", "Governing law"), 60),
    "jurisdiction": (T("管辖地", "Place of jurisdiction"), 120),
    "our_signatory": (T("我方签署人", "Our signatory"), 60),
    "their_signatory": (T("对方签署人", "Their signatory"), 60),
}


def record_contract(
    customer_code: str, new: NewContract, *, actor: Actor, at: datetime
) -> Contract:
    """Keep a contract as a draft. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_CUSTOMER, BAD_NUMBER, NUMBER_TAKEN, BAD_AMOUNT,
    BAD_TERMS, BAD_DATES, TOO_LONG, PAPER_UNFIT, TOO_MANY, ERASED.
    """
    _require(actor)
    with transaction.atomic():
        customer = _customer(customer_code, actor)
        _check(new, today(at))
        _require_fresh_number(customer, new.number.strip(), None)
        row = _put(customer, new, actor, at)
        _record("contract.recorded", row, {"title": row.title}, actor, at)
    return row


def attach_paper(contract_id: UUID, document_id: UUID, *, actor: Actor, at: datetime) -> None:
    """Say which filed document is the signed paper of a draft. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_CONTRACT, NOT_A_DRAFT, PAPER_UNFIT.
    """
    _require(actor)
    with transaction.atomic():
        row = _locked(contract_id, actor)
        _require_draft(row)
        _require_paper(row.customer, document_id)
        Contract.objects.filter(pk=row.pk).update(document_id=document_id)
        _record("contract.paper", row, {"document": str(document_id)}, actor, at)


def put_in_force(contract_id: UUID, *, actor: Actor, at: datetime) -> int:
    """Another person compared a draft with its paper: it counts from its first day. The version
    before is replaced; a fact waits. Returns the fact's id. One ledger entry besides the fact's.

    Refuses NOT_ALLOWED, NAMED_PERSON, UNKNOWN_CONTRACT, NOT_A_DRAFT, OWN_DRAFT, NEEDS_PAPER,
    PAPER_UNFIT, and what enter_fact refuses.
    """
    _require(actor)
    with transaction.atomic():
        row = _locked(contract_id, actor)
        _require_draft(row)
        if row.recorded_by_id == actor.person():
            raise Refused(ContractRefusal.OWN_DRAFT)
        if row.document_id is None:
            raise Refused(ContractRefusal.NEEDS_PAPER)
        _require_paper(row.customer, row.document_id)
        before = Contract.objects.filter(lineage=row.lineage, state="in_force")
        before.update(state="replaced", gone_at=at)
        Contract.objects.filter(pk=row.pk).update(
            state="in_force", in_force_by_id=actor.person(), in_force_at=at
        )
        fact = tell(_reread(row), today(at), actor=actor, at=at)
        _record("contract.in_force", row, {"fact": str(fact)}, actor, at)
    return fact


def correct_contract(
    contract_id: UUID, new: NewContract, reason: str, *, actor: Actor, at: datetime
) -> Contract:
    """Keep what a contract in force should say: a draft of its next version, that another person
    puts in force; until then the version before counts. One ledger entry.

    Refuses NEEDS_REASON, NOT_IN_FORCE, DRAFT_WAITS, and what record_contract refuses.
    """
    _require(actor)
    _require_reason(reason)
    with transaction.atomic():
        old = _locked(contract_id, actor)
        _require_standing(old)
        _check(new, today(at))
        _require_fresh_number(old.customer, new.number.strip(), old.lineage)
        row = _put(old.customer, new, actor, at, old=old, reason=reason.strip())
        _record("contract.corrected", row, {"reason": reason.strip()}, actor, at)
    return row


def end_contract(
    contract_id: UUID,
    ends_on: date,
    reason: str,
    *,
    by_notice: bool,
    actor: Actor,
    at: datetime,
) -> int:
    """End a contract in force before its time, by agreement or by notice; it counts through
    `ends_on`. A fact waits; returns its id. One ledger entry besides the fact's.

    Refuses NOT_ALLOWED, NAMED_PERSON, NEEDS_REASON, UNKNOWN_CONTRACT, NOT_IN_FORCE, DRAFT_WAITS,
    BAD_END, and what enter_fact refuses.
    """
    _require(actor)
    _require_reason(reason)
    with transaction.atomic():
        row = _locked(contract_id, actor)
        _require_standing(row)
        latest = row.valid_until or date.max
        bound = today(at) + timedelta(days=END_DAYS_MAX)
        if not row.valid_from <= ends_on <= min(latest, bound):
            raise Refused(ContractRefusal.BAD_END)
        state = "terminated" if by_notice else "ended"
        Contract.objects.filter(pk=row.pk).update(
            state=state,
            ends_on=ends_on,
            ended_by_id=actor.person(),
            ended_at=at,
            ended_reason=reason.strip(),
        )
        fact = tell(_reread(row), today(at), actor=actor, at=at)
        told = {"state": state, "ends_on": ends_on.isoformat(), "reason": reason.strip()}
        _record("contract.ended", row, told | {"fact": str(fact)}, actor, at)
    return fact


def drop_draft(contract_id: UUID, reason: str, *, actor: Actor, at: datetime) -> None:
    """Put a draft aside: it never counted, and stays readable. One ledger entry.

    Refuses NOT_ALLOWED, NAMED_PERSON, NEEDS_REASON, UNKNOWN_CONTRACT, NOT_A_DRAFT.
    """
    _require(actor)
    _require_reason(reason)
    with transaction.atomic():
        row = _locked(contract_id, actor)
        _require_draft(row)
        Contract.objects.filter(pk=row.pk).update(
            state="dropped", gone_at=at, ended_reason=reason.strip()
        )
        _record("contract.dropped", row, {"reason": reason.strip()}, actor, at)


# --- Who may, and which row


def _require(actor: Actor) -> None:
    if not actor.may(EDIT):
        raise Refused(ContractRefusal.NOT_ALLOWED, permission=EDIT)
    if actor.person_id is None:
        raise Refused(ContractRefusal.NAMED_PERSON)


def _require_reason(reason: str) -> None:
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise Refused(ContractRefusal.NEEDS_REASON)


def _customer(code: str, actor: Actor) -> Customer:
    found = Customer.objects.select_for_update(no_key=True).filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(ContractRefusal.UNKNOWN_CUSTOMER, customer=code)
    if found.data_key_id not in open_living_keys([found.data_key_id]):
        raise Refused(ContractRefusal.ERASED)
    return found


def _locked(contract_id: UUID, actor: Actor) -> Contract:
    """The contract, behind its customer's lock: one writer at a time per file."""
    rows = Contract.objects.select_related("customer")
    found = rows.filter(pk=contract_id).first()
    if found is None or not actor.reaches(found.customer.business_unit_id):
        raise Refused(ContractRefusal.UNKNOWN_CONTRACT)
    _customer(found.customer.code, actor)
    return _reread(found)


def _reread(row: Contract) -> Contract:
    return Contract.objects.select_related("customer").get(pk=row.pk)


def _require_draft(row: Contract) -> None:
    if row.state != "draft":
        raise Refused(ContractRefusal.NOT_A_DRAFT)


def _require_standing(row: Contract) -> None:
    if row.state != "in_force":
        raise Refused(ContractRefusal.NOT_IN_FORCE)
    if Contract.objects.filter(lineage=row.lineage, state="draft").exists():
        raise Refused(ContractRefusal.DRAFT_WAITS)


def _require_paper(customer: Customer, document_id: UUID) -> None:
    papers = Document.objects.filter(customer=customer, kind="contract", withdrawn_at__isnull=True)
    if not papers.filter(pk=document_id).exists():
        raise Refused(ContractRefusal.PAPER_UNFIT)


def _require_fresh_number(customer: Customer, number: str, lineage: UUID | None) -> None:
    rows = Contract.objects.filter(customer=customer).exclude(state__in=["dropped", "replaced"])
    if rows.count() >= CONTRACTS_MAX:
        raise Refused(ContractRefusal.TOO_MANY, most=CONTRACTS_MAX)
    others = rows if lineage is None else rows.exclude(lineage=lineage)
    if others.filter(number=number).exists():
        raise Refused(ContractRefusal.NUMBER_TAKEN, number=number)


# --- What it says


def _check(new: NewContract, day: date) -> None:
    if (
        new.kind not in Contract.KINDS
        or not 0 < len(new.number.strip()) <= 40
        or not 0 < len(new.title.strip()) <= 120
    ):
        raise Refused(ContractRefusal.BAD_NUMBER)
    if (new.amount_minor is None) != (not new.currency) or (
        new.amount_minor is not None
        and (not 0 < new.amount_minor <= AMOUNT_MAX or new.currency not in EXPONENTS)
    ):
        raise Refused(ContractRefusal.BAD_AMOUNT)
    if new.terms_days is not None and not 0 <= new.terms_days <= TERMS_MAX:
        raise Refused(ContractRefusal.BAD_TERMS, most=TERMS_MAX)
    ends_early = new.valid_until is not None and new.valid_until < new.valid_from
    if ends_early or (new.signed_on is not None and new.signed_on > day):
        raise Refused(ContractRefusal.BAD_DATES)
    for name, (label, most) in LENGTHS.items():
        if len(getattr(new, name).strip()) > most:
            raise Refused(ContractRefusal.TOO_LONG, zh=label.zh, en=label.en, most=most)


def _put(
    customer: Customer,
    new: NewContract,
    actor: Actor,
    at: datetime,
    *,
    old: Contract | None = None,
    reason: str = "",
) -> Contract:
    if new.document_id is not None:
        _require_paper(customer, new.document_id)
    row_id = UUID(hex=new_ids(1)[0])
    newest = Contract.objects.filter(lineage=old.lineage).order_by("-version") if old else None
    return Contract.objects.create(
        id=row_id,
        lineage=old.lineage if old else row_id,
        version=newest[0].version + 1 if newest else 1,
        customer=customer,
        number=new.number.strip(),
        kind=new.kind,
        title=new.title.strip(),
        currency=new.currency,
        amount_minor=new.amount_minor,
        terms_days=new.terms_days,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        signed_on=new.signed_on,
        governing_law=new.governing_law.strip(),
        jurisdiction=new.jurisdiction.strip(),
        retention_of_title=new.retention_of_title,
        our_signatory=new.our_signatory.strip(),
        their_signatory_sealed=kept(customer, row_id, new.their_signatory.strip()),
        document_id=new.document_id,
        correction_reason=reason,
        recorded_by_id=actor.person(),
        recorded_at=at,
    )


def _record(kind: str, row: Contract, told: Mapping[str, str], actor: Actor, at: datetime) -> None:
    """One entry, sealed under the customer's key: which contract and version, who, what."""
    fields = {
        "contract": str(row.pk),
        "customer": row.customer.code,
        "number": row.number,
        "version": str(row.version),
        "actor": actor.ref,
        **told,
    }
    entry = NewEntry(kind, {"kind": row.kind}, fields, row.customer.data_key_id)
    with connection.cursor() as cursor:
        append([entry], at=at, cursor=cursor)
