"""What a bureau sent is kept whole and sealed, its grade mapped, its values entered, the question
logged: the steps that buying, handing over and reading again share (bureaus.py).

A report is a row that never changes but for how it is read. The same bytes again are no second
report: the first is good for longer. Values enter as facts in the name of who asked, so that
another person verifies them; a value that can't be taken is left out and named, and does not cost
the others. Example: eight values told, the capital as "面议" left out, seven facts wait.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Q, QuerySet

from xinheng.credit.money import to_text
from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import values_of
from xinheng.dossiers.facts import ENTER, enter_fact
from xinheng.dossiers.fields import BadValue, canonical, catalogue
from xinheng.dossiers.models import Fact
from xinheng.dossiers.rows import NewFact
from xinheng.inquiries.bureau_rows import Asking, Kept, Parsed, Told
from xinheng.inquiries.bureau_terms import Product, mapped, terms
from xinheng.inquiries.models import BureauQuery, BureauReport, ConsentWithdrawal
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.ledger.actions import append, new_ids
from xinheng.ledger.entries import NewEntry
from xinheng.people.actor import Actor
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.queries import KeyGone, open_keys
from xinheng.vault.seal import OpenKey, seal

RELIABILITY: Final = "B"


def keep(
    asking: Asking,
    customer: Customer,
    product: Product,
    version: int,
    raw: bytes,
    parsed: Parsed,
    day: date,
    trouble: T | None,
    actor: Actor,
    at: datetime,
) -> Kept:
    with transaction.atomic():
        customer = locked(customer.code, actor)
        if asking.consent is not None and withdrawn(asking.consent):
            raise Refused(InquiryRefusal.CONSENT_UNFIT)
        sha256 = hashlib.sha256(raw).hexdigest()
        until = product.valid_until(day)
        same = BureauReport.objects.filter(
            customer=customer, bureau=asking.bureau, raw_sha256=sha256, closed_at__isnull=True
        ).first()
        if same is not None:  # word for word what is there: it is good for longer
            BureauReport.objects.filter(pk=same.pk).update(valid_until=max(until, same.valid_until))
            log(asking, customer, "fetched", actor, at, report=same, product=product)
            return Kept(same.pk, "fetched", 0)
        report = BureauReport(
            id=UUID(hex=new_ids(1)[0]),
            customer=customer,
            bureau=asking.bureau,
            product=asking.product,
            reported_on=day,
            received_at=at,
            valid_until=until,
            raw_sha256=sha256,
            parser_version=version,
        )
        report.raw_sealed = seal(key_of(customer), place_of(report.pk), raw)
        grade(report, parsed)
        BureauReport.objects.bulk_create([report])
        entered, left_out = enter_told(customer, report, parsed, asking.legal_basis, actor, at)
        BureauReport.objects.filter(pk=report.pk).update(facts_count=entered)
        if left_out:
            fields = ", ".join(left_out)
            trouble = T(f"未取用：{fields}", f"left out: {fields}")
        log(asking, customer, "fetched", actor, at, report=report, product=product, trouble=trouble)
    return Kept(report.pk, "fetched", entered, tuple(left_out))


def grade(report: BureauReport, parsed: Parsed) -> None:
    """The bureau's own words, and what they are in our scale by today's table."""
    found = mapped(report.bureau, parsed.grade)
    report.grade, report.score = parsed.grade[:40], parsed.score[:20]
    report.mapped_grade = found.grade if found else ""
    report.mapping_version = terms().version if found else None


def place_of(report_id: UUID) -> str:
    """Where a report is sealed for."""
    return f"inquiries_bureaureport.raw_sealed.{report_id}"


def key_of(customer: Customer) -> OpenKey:
    try:
        return open_keys([customer.data_key_id])[customer.data_key_id]
    except KeyGone as gone:
        raise Refused(InquiryRefusal.ERASED) from gone


# --- Facts


def enter_told(
    customer: Customer,
    report: BureauReport,
    parsed: Parsed,
    basis: str,
    actor: Actor,
    at: datetime,
) -> tuple[int, list[str]]:
    """Enter what the report tells, in the buyer's name, so that another person verifies it; how
    many, and the fields whose value can't be taken.

    Buying implies entering: the actor needs no further word for it.
    """
    told = list(parsed.told)
    if report.mapped_grade:
        told.append(Told("bureau_grade", report.mapped_grade))
    source = f"bureau:{report.bureau}"
    known = _known(customer, source, report.reported_on)
    clerk = replace(actor, permissions=actor.permissions | {ENTER})
    entered, left_out = 0, []
    for one in told:
        try:
            if (one.field, canonical(catalogue().fields[one.field], one.value)) in known:
                continue
            new = NewFact(
                customer_code=customer.code,
                field=one.field,
                value=one.value,
                source=source,
                reliability=RELIABILITY,
                observed_on=report.reported_on,
                evidence=_evidence(report),
                legal_basis=basis,
            )
            enter_fact(new, actor=clerk, at=at)
            entered += 1
        except (Refused, BadValue):
            left_out.append(one.field)
    return entered, left_out


def _evidence(report: BureauReport) -> str:
    """Where it is written: the report (by which told_by finds it), and the bureau's own grade."""
    grade = f"{report.grade} {report.score}".strip()
    return f"report {report.pk}" + (f" ({grade})" if grade else "")


def told_by(customer: Customer, reports: Collection[UUID]) -> QuerySet[Fact]:
    """The facts that these reports told, whether they wait, stand or ended."""
    said = Q(pk__in=[])
    for one in reports:
        said |= Q(evidence__startswith=f"report {one}")
    return Fact.objects.filter(said, customer=customer, source__startswith="bureau:")


def _known(customer: Customer, source: str, day: date) -> set[tuple[str, str]]:
    """What this source said about that day already, in the file or waiting for it."""
    said = Fact.objects.filter(customer=customer, source=source, observed_on=day)
    facts = list(said.filter(rejected_at__isnull=True))
    values = values_of(customer.data_key_id, facts)
    return {(one.field, values[one.pk] or "") for one in facts}


def emptied(
    reports: Collection[UUID], *, grade_stays: bool, closed_why: str, closed_by: str, at: datetime
) -> None:
    """Close reports: what they said is gone, the rows stay and say when and why."""
    blank: dict[str, str | None] = {"grade": "", "score": "", "mapped_grade": ""}
    told = {} if grade_stays else blank | {"mapping_version": None}
    BureauReport.objects.filter(pk__in=reports).update(
        raw_sealed=None, closed_at=at, closed_why=closed_why, closed_by=closed_by, **told
    )


def withdrawn(consent: UUID) -> bool:
    """Whether the person took this consent back; who locked the customer knows it for certain."""
    return ConsentWithdrawal.objects.filter(document_id=consent).exists()


def locked(code: str, actor: Actor) -> Customer:
    """The customer's row, locked: one writer at a time per file."""
    found = Customer.objects.select_for_update(no_key=True).filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(InquiryRefusal.UNKNOWN_CUSTOMER, customer=code)
    return found


# --- The log


def log(
    asking: Asking,
    customer: Customer,
    outcome: str,
    actor: Actor,
    at: datetime,
    *,
    trouble: T | None = None,
    report: BureauReport | None = None,
    product: Product | None = None,
) -> None:
    """One row of the log and one entry of the ledger; `product` where it cost something."""
    paid = product is not None and product.cost_minor > 0
    cost, currency = (product.cost_minor, product.currency) if product and paid else (0, "")
    said = f"{trouble.zh[:195]} / {trouble.en[:195]}" if trouble else ""
    with transaction.atomic():
        BureauQuery.objects.create(
            id=UUID(hex=new_ids(1)[0]),
            customer=customer,
            bureau=asking.bureau,
            product=asking.product,
            purpose=asking.purpose[:200],
            legal_basis=asking.legal_basis[:20],
            consent_id=asking.consent if outcome != "refused" else None,
            asked_by=actor.ref,
            asked_at=at,
            outcome=outcome,
            trouble=said,
            cost_minor=cost,
            cost_currency=currency,
            report=report,
        )
        fields = {
            "bureau": asking.bureau,
            "product": asking.product,
            "purpose": asking.purpose[:200],
            "legal_basis": asking.legal_basis[:20],
            "consent": str(asking.consent or ""),
            "cost": f"{to_text(cost, currency)} {currency}" if currency else "0",
            "report": str(report.pk) if report else "",
            "sha256": report.raw_sha256 if report else "",
            "trouble": said,
        }
        record(f"report.{outcome}", customer, fields, actor, at)


def record(
    kind: str, customer: Customer, fields: dict[str, str], actor: Actor, at: datetime
) -> None:
    told = {"customer": customer.code, **fields, "by": actor.ref}
    with connections["default"].cursor() as cursor:
        append([NewEntry(kind, {}, told, customer.data_key_id)], at=at, cursor=cursor)
