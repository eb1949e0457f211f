"""POST /applications: a wish for credit from another system, submitted at once; GET
/applications/{number}: how far it has come.

Read strictly: an amount as text, no unknown field. The person behind the key is the applicant and
has no vote on it. What is told is the wish and its state, never our grade or score. Example:
{"customer": "C-1001", "currency": "CNY", "amount": "800000.00", "terms_days": 60, "purpose":
"peak season"} gives {"number": "SX-2026-000123", "state": "submitted", …}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from django.http import HttpRequest
from msgspec import Meta, Struct

from xinheng.api.keys import keyed
from xinheng.api.order_checks import PLAIN, Code, NotValid, not_valid
from xinheng.api.problems import NOT_FOUND, Reply, problem, refusal
from xinheng.applications import queries
from xinheng.applications.applying import apply_at_once
from xinheng.applications.models import Application
from xinheng.applications.rows import NewApplication
from xinheng.credit.money import MoneyError, to_minor, to_text
from xinheng.customers.queries import by_code
from xinheng.decisions.answering import instant
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

BODY_BYTES_MAX: Final = 16_384


class ApplicationWanted(Struct, forbid_unknown_fields=True):
    """A wish for credit; the amount as text in the currency's decimals."""

    customer: Code
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)", examples=["CNY"])]
    amount: Annotated[str, Meta(max_length=24, examples=["800000.00"])]
    terms_days: Annotated[int, Meta(ge=0, le=365)]
    purpose: Annotated[str, Meta(min_length=4, max_length=1000, pattern=PLAIN)]
    kind: Literal["new", "increase", "renewal", "decrease"] = "new"


class ApplicationShown(Struct):
    """A wish and its state: submitted, investigating, assessed, deciding, granted, rejected,
    returned, withdrawn or lapsed.
    """

    number: str
    state: str
    kind: str
    customer: str
    currency: str
    amount: str
    terms_days: int
    submitted_at: str | None
    due_at: str | None
    ended_at: str | None
    automatic: bool


_read = msgspec.json.Decoder(ApplicationWanted).decode
_encode = msgspec.json.Encoder().encode


@keyed("applications.write", "POST")
def receive(request: HttpRequest, actor: Actor, reader: Any) -> Reply:
    """Apply for a customer that the key sees."""
    if len(request.body) > BODY_BYTES_MAX:
        return problem(413, "too_large", "An application has at most 16384 bytes.")
    try:
        wanted = _read(request.body)
        asked = to_minor(wanted.amount, wanted.currency)
    except (msgspec.DecodeError, UnicodeDecodeError, MoneyError) as error:
        return not_valid(NotValid(str(error)))
    customer = by_code(reader, wanted.customer)
    if customer is None:
        return NOT_FOUND
    new = NewApplication(
        customer.pk,
        wanted.currency,
        asked,
        wanted.terms_days,
        kind=wanted.kind,
        purpose=wanted.purpose,
    )
    try:
        made = apply_at_once(new, actor=actor, at=datetime.now(UTC))
    except Refused as refused:
        return refusal(refused)
    return Reply(200, _encode(shown(made)))


@keyed("applications.view", "GET")
def one(request: HttpRequest, actor: Actor, reader: Any, number: str) -> Reply:
    """One application of a customer that the key sees."""
    found = queries.find(reader, number)
    return NOT_FOUND if found is None else Reply(200, _encode(shown(found)))


def shown(row: Application) -> ApplicationShown:
    return ApplicationShown(
        row.number,
        row.state,
        row.kind,
        row.customer.code,
        row.currency,
        to_text(row.asked_minor, row.currency),
        row.asked_terms_days,
        _instant(row.submitted_at),
        _instant(row.due_at),
        _instant(row.ended_at),
        row.automatic,
    )


def _instant(at: datetime | None) -> str | None:
    return instant(at) if at is not None else None
