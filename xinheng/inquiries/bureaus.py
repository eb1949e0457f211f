"""A report is bought, handed over as a file, or read again; every question is on record.

The law wants to know who asked about whom, why, and on which basis (征信业管理条例 18, 20, 22): the
log is written also where nothing was bought. A report that is still good is not bought twice. What
came is kept whole and sealed; what it says enters the file as facts that wait for another person,
source "bureau:CODE", reliability B: a bureau is an independent third party, and a copy of the
public register is not the register. Example: a report good for 90 days was bought on 1 September;
asked again on 22 November, the answer is "kept" and costs 0.00.

No request goes out inside a transaction. Two who ask for the same report at once don't pay twice:
the second is told that it is being bought.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connections, transaction
from django.db.models import Q

from xinheng.customers.models import Customer, Identity
from xinheng.dossiers.models import Document, Fact
from xinheng.inquiries.bureau_keeping import (
    enter_told,
    grade,
    keep,
    key_of,
    locked,
    log,
    place_of,
    record,
    withdrawn,
)
from xinheng.inquiries.bureau_rows import (
    RAW_MAX,
    Asking,
    BureauTrouble,
    Client,
    Kept,
    Parsed,
    Subject,
    Unreadable,
)
from xinheng.inquiries.bureau_terms import Product, needs_consent, terms
from xinheng.inquiries.models import BureauQuery, BureauReport
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.vault.seal import open_sealed

BUY: Final = "reports.buy"
CONSENT: Final = "consent"


def buy_report(asking: Asking, client: Client | None, *, actor: Actor, at: datetime) -> Kept:
    """Ask a bureau, unless a report of this kind is still good; the log is written either way.

    Refuses NOT_ALLOWED, UNKNOWN_PRODUCT, UNKNOWN_CUSTOMER, NEEDS_PURPOSE, NEEDS_LEGAL_BASIS,
    PERSON_CONSENT, CONSENT_UNFIT, NO_CONNECTION, BEING_BOUGHT, BUREAU_TROUBLE, WRONG_COMPANY.
    """
    customer, product = _gathered(asking, actor, at)
    if (kept := _still_good(asking, customer, today(at))) is not None:
        return _hand_back(asking, customer, kept, actor, at)
    if client is None:
        raise Refused(InquiryRefusal.NO_CONNECTION, **_name(asking))
    with _alone(customer, asking):
        if (kept := _still_good(asking, customer, today(at))) is not None:
            return _hand_back(asking, customer, kept, actor, at)
        try:
            raw = client.fetch(subject_of(customer), asking.product)
        except BureauTrouble as trouble:
            log(asking, customer, "failed", actor, at, trouble=trouble.text)
            name = _name(asking)
            said = {
                "zh": f"{name['zh']}：{trouble.text.zh}",
                "en": f"{name['en']}: {trouble.text.en}",
            }
            raise Refused(InquiryRefusal.BUREAU_TROUBLE, **said) from trouble
        return _keep_bought(asking, customer, product, client, raw, actor, at)


def keep_report(
    asking: Asking,
    raw: bytes,
    client: Client,
    *,
    actor: Actor,
    at: datetime,
    reported_on: date | None = None,
) -> Kept:
    """Keep a report that somebody has in hand as a file; it costs nothing here and is logged too.

    Refuses what buy_report refuses before asking, REPORT_TOO_LARGE, REPORT_UNREADABLE,
    BAD_REPORT_DATE, WRONG_COMPANY. What can't be read is not kept.
    """
    customer, product = _gathered(asking, actor, at)
    if len(raw) > RAW_MAX:
        raise Refused(InquiryRefusal.REPORT_TOO_LARGE, most=RAW_MAX // 1000)
    try:
        parsed = client.parse(asking.product, raw)
    except Unreadable as wrong:
        said = {"zh": wrong.text.zh, "en": wrong.text.en}
        raise Refused(InquiryRefusal.REPORT_UNREADABLE, **said) from wrong
    day = reported_on or parsed.reported_on or today(at)
    if day > today(at):
        raise Refused(InquiryRefusal.BAD_REPORT_DATE)
    if (unfit := _unfit(asking, customer, parsed)) is not None:
        raise unfit
    free = Product(product.code, product.name, 0, product.currency, product.good_for_days)
    return keep(asking, customer, free, client.version, raw, parsed, day, None, actor, at)


def read_again(report_id: UUID, client: Client, *, actor: Actor, at: datetime) -> int:
    """Read a kept report by a newer parser; how many facts it told anew. Older facts stay as they
    are. 0 where the parser is not newer.

    Refuses NOT_ALLOWED, UNKNOWN_REPORT, REPORT_CLOSED, REPORT_UNREADABLE, ERASED.
    """
    _require(actor)
    with transaction.atomic():
        report = BureauReport.objects.select_related("customer").filter(pk=report_id).first()
        if report is None or not actor.reaches(report.customer.business_unit_id):
            raise Refused(InquiryRefusal.UNKNOWN_REPORT)
        customer = locked(report.customer.code, actor)
        report.refresh_from_db()
        if report.raw_sealed is None:
            raise Refused(InquiryRefusal.REPORT_CLOSED)
        if client.version <= report.parser_version:
            return 0
        raw = open_sealed(key_of(customer), place_of(report.pk), bytes(report.raw_sealed))
        try:
            parsed = client.parse(report.product, raw)
        except Unreadable as wrong:
            said = {"zh": wrong.text.zh, "en": wrong.text.en}
            raise Refused(InquiryRefusal.REPORT_UNREADABLE, **said) from wrong
        first = BureauQuery.objects.filter(report=report).order_by("asked_at").first()
        basis = first.legal_basis if first else ""
        grade(report, parsed)
        entered, _ = enter_told(customer, report, parsed, basis, actor, at)
        report.parser_version = client.version
        BureauReport.objects.filter(pk=report.pk).update(
            parser_version=report.parser_version,
            facts_count=report.facts_count + entered,
            **{name: getattr(report, name) for name in _GRADES},
        )
        fields = {"report": str(report.pk), "parser": str(client.version), "facts": str(entered)}
        record("report.read_again", customer, fields, actor, at)
    return entered


_GRADES: Final = ("grade", "score", "mapped_grade", "mapping_version")


# --- Before asking


def _gathered(asking: Asking, actor: Actor, at: datetime) -> tuple[Customer, Product]:
    """Who is asked about and what is asked for, if it may be asked; a refusal is logged."""
    _require(actor)
    bureau = terms().bureaus.get(asking.bureau)
    product = bureau.products.get(asking.product) if bureau else None
    if product is None:
        told = {"bureau": asking.bureau, "product": asking.product}
        raise Refused(InquiryRefusal.UNKNOWN_PRODUCT, **told)
    customer = _reached(asking.customer_code, actor)
    if (fault := _fault(asking, customer, today(at))) is not None:
        log(asking, customer, "refused", actor, at, trouble=fault.text)
        raise fault
    return customer, product


def _require(actor: Actor) -> None:
    if not actor.may(BUY):
        raise Refused(InquiryRefusal.NOT_ALLOWED, permission=BUY)


def _reached(code: str, actor: Actor) -> Customer:
    found = Customer.objects.filter(code=code).first()
    if found is None or not actor.reaches(found.business_unit_id):
        raise Refused(InquiryRefusal.UNKNOWN_CUSTOMER, customer=code)
    return found


def _fault(asking: Asking, customer: Customer, day: date) -> Refused | None:
    """What the law misses in a question."""
    if asking.purpose not in terms().purposes:
        known = ", ".join(terms().purposes)
        return Refused(InquiryRefusal.NEEDS_PURPOSE, purposes=known)
    if asking.legal_basis not in Fact.BASES:
        return Refused(InquiryRefusal.NEEDS_LEGAL_BASIS, bases=", ".join(Fact.BASES))
    if needs_consent(customer.uscc) and not _consented(asking):
        return Refused(InquiryRefusal.PERSON_CONSENT)
    if asking.consent is not None and not _consent_stands(asking.consent, customer, day):
        return Refused(InquiryRefusal.CONSENT_UNFIT)
    return None


def _consented(asking: Asking) -> bool:
    return asking.legal_basis == CONSENT and asking.consent is not None


def _consent_stands(document: UUID, customer: Customer, day: date) -> bool:
    standing = Document.objects.filter(pk=document, customer=customer, withdrawn_at__isnull=True)
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=day)
    open_ended = Q(valid_until__isnull=True) | Q(valid_until__gte=day)
    return standing.filter(begun, open_ended).exists() and not withdrawn(document)


def _still_good(asking: Asking, customer: Customer, day: date) -> BureauReport | None:
    """The newest report of this kind whose time is not over: on its last day it is still good."""
    reports = BureauReport.objects.filter(
        customer=customer,
        bureau=asking.bureau,
        product=asking.product,
        valid_until__gte=day,
        closed_at__isnull=True,
    )
    return reports.order_by("-reported_on", "-received_at").first()


@contextmanager
def _alone(customer: Customer, asking: Asking) -> Iterator[None]:
    """One at a time asks for a report, across processes and without a transaction."""
    name = f"bureau {customer.pk} {asking.bureau} {asking.product}"
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connections["default"].cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [key])
        if not cursor.fetchone()[0]:
            raise Refused(InquiryRefusal.BEING_BOUGHT)
    try:
        yield
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [key])


def subject_of(customer: Customer) -> Subject:
    """A customer as bureaus ask for it."""
    numbers = {
        one.kind: one.value
        for one in Identity.objects.filter(customer=customer, ended_at__isnull=True)
    }
    return Subject(
        name=customer.name,
        uscc=customer.uscc,
        duns=numbers.get("duns", ""),
        number=numbers.get("other", ""),
        country=customer.country,
    )


# --- What came


def _hand_back(
    asking: Asking, customer: Customer, report: BureauReport, actor: Actor, at: datetime
) -> Kept:
    log(asking, customer, "kept", actor, at, report=report)
    return Kept(report.pk, "kept", 0)


def _keep_bought(
    asking: Asking,
    customer: Customer,
    product: Product,
    client: Client,
    raw: bytes,
    actor: Actor,
    at: datetime,
) -> Kept:
    """Keep what was paid for, also where this parser can't read it; another company's report is
    not kept.
    """
    trouble: T | None = None
    parsed = Parsed()
    try:
        parsed = client.parse(asking.product, raw)
    except Unreadable as wrong:
        trouble = wrong.text
    if (unfit := _unfit(asking, customer, parsed)) is not None:
        log(asking, customer, "failed", actor, at, trouble=unfit.text, product=product)
        raise unfit
    day = min(parsed.reported_on or today(at), today(at))
    version = client.version
    try:
        return keep(asking, customer, product, version, raw, parsed, day, trouble, actor, at)
    except Refused as refused:
        if refused.code is InquiryRefusal.CONSENT_UNFIT:  # withdrawn while the bureau answered
            log(asking, customer, "failed", actor, at, trouble=refused.text, product=product)
        raise


def _unfit(asking: Asking, customer: Customer, parsed: Parsed) -> Refused | None:
    """A report about somebody else, or about a person who was not asked."""
    if parsed.uscc and customer.uscc and parsed.uscc != customer.uscc:
        return Refused(InquiryRefusal.WRONG_COMPANY, told=parsed.uscc, ours=customer.uscc)
    if needs_consent(parsed.uscc) and not _consented(asking):
        return Refused(InquiryRefusal.PERSON_CONSENT)
    return None


def _name(asking: Asking) -> dict[str, str]:
    name = terms().bureaus[asking.bureau].name
    return {"zh": name.zh, "en": name.en}
