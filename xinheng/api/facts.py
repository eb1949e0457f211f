"""POST /facts: what a system knows about customers, up to 1,000 facts at once, each of which waits
to be verified; GET /customers/{code}/file: a credit file as it stands or as it was known.

Read as strictly as an order check: values as a person types them, calendar dates, no unknown field,
all or nothing; a bad fact is named by its place. Values of the secret class are told only to keys
with `facts.verify`. Example: {"facts": [{"customer": "C-1001", "field": "registered_capital",
"value": "10000000.00 CNY", "source": "bureau:qcc", "reliability": "B"}]}.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

import msgspec
from django.http import HttpRequest
from msgspec import Meta, Struct

from xinheng.api.keys import keyed
from xinheng.api.order_checks import BATCH_BYTES_MAX, BATCH_MAX, PLAIN, Code, NotValid, not_valid
from xinheng.api.problems import NOT_FOUND, Reply, problem, refusal
from xinheng.connectors.fact_messages import receive_facts
from xinheng.customers.models import Customer
from xinheng.dossiers.credit_file import Held, SeenFact
from xinheng.dossiers.facts import check_new, field_and_value
from xinheng.dossiers.fields import SECRET, catalogue
from xinheng.dossiers.lineage import WholeFile, whole_file, with_lineage
from xinheng.dossiers.measures import measure, tier_of
from xinheng.dossiers.refusals import DossierRefusal
from xinheng.dossiers.rows import NewFact
from xinheng.people.actor import Actor
from xinheng.people.queries import today
from xinheng.refusals import Refused

OPENS: Final = "facts.verify"  # who may read values of the secret class
Short = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


class FactTold(Struct, forbid_unknown_fields=True):
    """One fact; `value` as a person types it: "1200.50 CNY", "2026-11-02", "yes"."""

    customer: Code
    field: Annotated[str, Meta(max_length=40, examples=["registered_capital"])]
    value: Annotated[str, Meta(min_length=1, max_length=1000)]
    source: Annotated[str, Meta(min_length=1, max_length=60, pattern=PLAIN)]
    reliability: Literal["A", "B", "C", "D"]
    observed_on: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    evidence: Short = ""
    legal_basis: Literal[
        "", "contract", "consent", "legal_obligation", "legitimate_interest", "public"
    ] = ""


class FactBatch(Struct, forbid_unknown_fields=True):
    facts: Annotated[list[FactTold], Meta(min_length=1, max_length=BATCH_MAX)]


class FactsAnswer(Struct):
    """batch: its number where something is new (it can be undone), null where nothing is."""

    batch: int | None
    read: int
    created: int
    unchanged: int


class FactShown(Struct):
    """A fact in the file; `value` is null where this key may not read it, or no one any more.
    record: the customer code that holds it, another's where that was merged into this one.
    """

    id: int
    value: str | None
    masked: bool
    source: str
    reliability: str
    evidence: str
    legal_basis: str
    observed_on: date
    valid_from: date | None
    valid_until: date | None
    how: str | None
    confidence: int | None
    known_since: datetime | None
    record: str


class FieldShown(Struct):
    """state: held (the first fact is the answer), conflict (none counts), expired, absent."""

    field: str
    block: str
    state: str
    waiting: int
    facts: list[FactShown]


class MeasuresShown(Struct):
    complete: Decimal
    timely: Decimal | None
    accurate: Decimal | None
    secure: Decimal | None


class FileShown(Struct):
    """merged: codes of the records that were merged into this one and are read with it."""

    customer: str
    merged: list[str]
    valid_on: date
    known_at: datetime | None
    catalogue_version: int
    measures: MeasuresShown
    fields: list[FieldShown]


_decode = msgspec.json.Decoder(FactBatch).decode
_encode = msgspec.json.Encoder(decimal_format="string").encode


@keyed("facts.enter", "POST")
def receive(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """Stage facts, all or nothing."""
    if int(request.headers.get("Content-Length") or 0) > BATCH_BYTES_MAX:
        return problem(413, "too_large", f"A message has at most {BATCH_BYTES_MAX} bytes.")
    at = datetime.now(UTC)
    try:
        rows = _rows(_read(request.body), today(at))
        sha256 = hashlib.sha256(request.body).hexdigest()
        done = receive_facts(
            rows, sender=actor.label or actor.ref, sha256=sha256, actor=actor, at=at
        )
    except NotValid as error:
        return not_valid(error)
    except Refused as refused:
        if refused.code is DossierRefusal.UNKNOWN_CUSTOMER:
            return problem(404, "unknown_customer", refused.text.en)
        return refusal(refused)
    counts = done.counts
    return Reply(
        200, _encode(FactsAnswer(done.batch_id, counts.read, counts.created, counts.unchanged))
    )


def _read(body: bytes) -> list[FactTold]:
    try:
        return _decode(body).facts
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotValid(str(error)) from error


def _rows(facts: list[FactTold], day: date) -> list[NewFact]:
    """The rows that the room takes, or NotValid naming the first fact that can't be one."""
    rows = []
    for position, told in enumerate(facts):
        values = msgspec.structs.asdict(told)
        row = NewFact(customer_code=values.pop("customer"), **values)
        try:
            field, _ = field_and_value(row, day)
            check_new(field, row, day)
        except Refused as refused:
            raise NotValid(f"facts[{position}]: {refused.text.en}") from refused
        rows.append(row)
    return rows


@keyed("customers.view", "GET", "HEAD")
def file(request: HttpRequest, actor: Actor, reader: Any, code: str) -> Reply:
    """The credit file: `known_at` is an instant (absent: as it stands), `valid_on` a day."""
    code = code.replace("\x00", "\ufffd")
    customer = with_lineage(Customer.objects.visible_to(reader)).filter(code=code).first()
    if customer is None:
        return NOT_FOUND
    try:
        known_at = _instant(request.GET.get("known_at", ""))
        day = today(known_at or datetime.now(UTC))
        if wanted := request.GET.get("valid_on", ""):
            day = date.fromisoformat(wanted[:10])
    except ValueError:
        return problem(
            400, "not_valid", "known_at is an instant such as 2026-11-02T06:30:00Z, valid_on a day."
        )
    found = whole_file(reader, customer, valid_on=day, known_at=known_at)
    opens = actor.may(OPENS)
    return Reply(200, _encode(_shown(found, customer, known_at, opens)))


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text[:40])
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _shown(
    found: WholeFile, customer: Customer, known_at: datetime | None, opens: bool
) -> FileShown:
    file = found.file
    measured = measure(file, tier_of(customer.status))
    return FileShown(
        customer=file.customer,
        merged=list(found.aliases),
        valid_on=file.valid_on,
        known_at=known_at,
        catalogue_version=file.catalogue_version,
        measures=MeasuresShown(
            measured.complete, measured.timely, measured.accurate, measured.secure
        ),
        fields=[_field(held, found, opens) for held in file.fields],
    )


def _field(held: Held, found: WholeFile, opens: bool) -> FieldShown:
    field = catalogue().fields[held.field]
    hides = field.secrecy >= SECRET and not opens
    own = found.file.customer
    facts = [_fact(one, found.records.get(one.id, own), hides) for one in held.facts]
    return FieldShown(held.field, field.block, held.state, held.waiting, facts)


def _fact(one: SeenFact, record: str, hides: bool) -> FactShown:
    masked = one.masked or hides
    return FactShown(
        *(one.id, None if masked else one.value, masked, one.source, one.reliability),
        *(one.evidence, one.legal_basis, one.observed_on, one.valid_from, one.valid_until),
        *(one.how, one.confidence, one.known_since, record),
    )
