"""What persons do to statements: enter one in a standard's format, verify one that another entered.

Whole actions with one ledger entry each. An entered statement stands at once and says that nobody
has verified it; a person who did not enter it verifies it, once. Example: Bob enters the accounts
of 2025 from the signed PDF, Alice compares them with it and verifies them (how: third_party).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import connections, transaction

from xinheng.customers.models import Customer
from xinheng.dossiers.models import Document, Fact, Statement
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import StatementRow
from xinheng.dossiers.statement_templates import opinions
from xinheng.dossiers.statement_versions import bring_in, checked, lock_room
from xinheng.ledger.actions import append
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused

ENTER: Final = "facts.enter"
VERIFY: Final = "facts.verify"
AUDITOR_MAX, SOURCE_MAX = 120, 120
MONTHS_MAX: Final = 24


def file_statement(row: StatementRow, *, actor: Actor, at: datetime) -> int:
    """Enter a statement; another version of the same period ends. Returns its id.

    Refuses FACTS_NOT_ALLOWED, UNKNOWN_CUSTOMER, BAD_STATEMENT, STATEMENT_DOCUMENT, what
    `statement_versions.checked` refuses, and STATEMENT_KNOWN where it says nothing new.
    """
    _require(actor, ENTER)
    _check(row, at)
    statement = checked(row)
    with transaction.atomic():
        lock_room()
        customer = _locked(actor, code=row.customer_code)
        _require_document(row, customer)
        statement.customer = customer
        statement.simulated = row.simulated or customer.simulated
        statement.entered_by, statement.entered_person_id = actor.ref, actor.person_id
        brought = bring_in([statement], at)
        if not brought.pairs:
            raise Refused(DossierRefusal.STATEMENT_KNOWN)
        ended = brought.pairs[0][1]
        told = {"source": row.source, "ended": str(ended.pk) if ended else ""}
        _record("statement.entered", statement, actor, at, told)
    return int(statement.pk)


def verify_statement(statement_id: int, how: str, *, actor: Actor, at: datetime) -> None:
    """Say that the figures are those of the paper, and how that was found out.

    Refuses FACTS_NOT_ALLOWED, NEEDS_PERSON, BAD_STATEMENT_CHECK, UNKNOWN_STATEMENT, OWN_ENTRY.
    """
    _require(actor, VERIFY)
    if actor.person_id is None:
        raise Refused(DossierRefusal.NEEDS_PERSON)
    if how not in Fact.HOW:
        raise Refused(DossierRefusal.BAD_STATEMENT_CHECK)
    with transaction.atomic():
        waiting = Statement.objects.filter(known_until__isnull=True, verified_at__isnull=True)
        locked = waiting.select_related("customer").select_for_update(of=("self",))
        row = locked.filter(pk=statement_id).first()
        if row is None or not actor.reaches(row.customer.business_unit_id):
            raise Refused(DossierRefusal.UNKNOWN_STATEMENT, statement=statement_id)
        if row.entered_person_id == actor.person_id:
            raise Refused(DossierRefusal.OWN_ENTRY)
        Statement.objects.filter(pk=row.pk).update(
            verified_by_id=actor.person_id, verified_at=at, how=how
        )
        _record("statement.verified", row, actor, at, {"how": how})


def _require(actor: Actor, permission: str) -> None:
    if not actor.may(permission):
        raise Refused(DossierRefusal.FACTS_NOT_ALLOWED, permission=permission)


def _check(row: StatementRow, at: datetime) -> None:
    """What no sum can tell: the period, who audited it, where it comes from."""
    if (
        row.period_end > today(at)
        or not 1 <= row.months <= MONTHS_MAX
        or row.audit_opinion not in ("", *opinions())
        or len(row.auditor.strip()) > AUDITOR_MAX
        or not 0 < len(row.source.strip()) <= SOURCE_MAX
    ):
        raise Refused(DossierRefusal.BAD_STATEMENT)


def _locked(actor: Actor, **which: object) -> Customer:
    found = Customer.objects.select_for_update(no_key=True).filter(**which).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(DossierRefusal.UNKNOWN_CUSTOMER, customer=next(iter(which.values())))
    return found


def _require_document(row: StatementRow, customer: Customer) -> None:
    """The paper that it was taken from stands in the same file."""
    if row.document_id is None:
        return
    standing = Document.objects.filter(customer=customer, withdrawn_at__isnull=True)
    if not standing.filter(pk=row.document_id).exists():
        raise Refused(DossierRefusal.STATEMENT_DOCUMENT)


def _record(kind: str, row: Statement, actor: Actor, at: datetime, told: Mapping[str, str]) -> None:
    """One entry, sealed under the customer's key: which statement, its totals, who."""
    fields = {
        "customer": row.customer.code,
        "statement": str(row.pk),
        "period_end": row.period_end.isoformat(),
        "currency": row.currency,
        "standard": row.standard,
        "total_assets_minor": str(row.figures.get("total_assets", "")),
        "equity_minor": str(row.figures.get("equity", "")),
        "actor": actor.ref,
        **told,
    }
    with connections["default"].cursor() as cursor:
        append([NewEntry(kind, {}, fields, row.customer.data_key_id)], at=at, cursor=cursor)
