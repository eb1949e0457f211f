"""POST /order-checks: the request's shape, its strict reading, and the answers as HTTP.

Amounts are decimal strings in the currency's own decimals ("180000.00" CNY, "180000" JPY); a JSON
number is refused, because floats lose cents. Unknown fields are refused, so that a misspelt one is
not silently ignored. The fingerprint of a request covers its meaning, not its spelling: key order
and blanks do not make it another body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from xinheng.api.problems import (
    NEWER_VERSION,
    OTHER_BODY,
    UNAVAILABLE,
    UNKNOWN_CUSTOMER,
    Reply,
    problem,
)
from xinheng.credit.money import EXPONENTS, MoneyError, to_minor
from xinheng.decisions.values import Answer, Ask, ask_of

BODY_BYTES_MAX: Final = 16_384
BATCH_MAX: Final = 1_000
BATCH_BYTES_MAX: Final = 2_000_000

# No control characters; $ alone would let a line break at the very end pass.
PLAIN: Final = r"^[^\x00-\x1f\x7f]+$(?!\n)"
Code = Annotated[
    str, Meta(min_length=1, max_length=60, pattern=PLAIN, description="the seller's own code")
]
OrderRef = Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN)]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]
Amount = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=24,
        pattern=r"^(?=.*[1-9])(0|[1-9][0-9]{0,12})(\.[0-9]{1,3})?$(?!\n)",
        description="decimal string, above zero, with at most the currency's own decimals",
        examples=["180000.00"],
    ),
]
Currency = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{3}$",
        description="ISO 4217",
        examples=["CNY"],
        extra_json_schema={
            "enum": sorted(code for code, digits in EXPONENTS.items() if digits is not None)
        },
    ),
]
Scope = Annotated[
    str,
    Meta(
        max_length=60,
        pattern=r"^(unit|product|project):[^\x00-\x1f\x7f]+$(?!\n)",
        description="a sub-limit to count in: unit:…, product:… or project:…",
        examples=["product:CEM-42"],
    ),
]
Point = Literal["quote", "order", "release", "dispatch", "invoice"]
TermsDays = Annotated[int, Meta(ge=0, le=3_650)]
IsoDate = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        examples=["2026-11-22"],
        extra_json_schema={"format": "date"},
    ),
]


class OrderCheck(Struct, forbid_unknown_fields=True):
    """One order to check. order_ref, version, point and document are the idempotency key, for
    ever. A quote is only judged; at dispatch the order's own reservation does not count against
    it; what was delivered stays invoiceable.
    """

    order_ref: OrderRef
    customer: Code
    amount: Amount
    currency: Currency
    version: Version = 1
    terms_days: TermsDays | None = None
    business_unit: Annotated[str, Meta(min_length=1, max_length=40, pattern=PLAIN)] | None = None
    requested_on: IsoDate | None = None
    payer: Code | None = None
    scope: Scope | None = None
    delivery_on: IsoDate | None = None
    point: Point = "order"
    document: Annotated[str, Meta(min_length=1, max_length=80, pattern=PLAIN)] | None = None


class OrderCheckBatch(Struct, forbid_unknown_fields=True):
    """Up to 1,000 orders, decided in the order given."""

    orders: Annotated[list[OrderCheck], Meta(min_length=1, max_length=BATCH_MAX)]


_decode_one: Callable[[bytes], OrderCheck] = msgspec.json.Decoder(OrderCheck).decode
_decode_batch: Callable[[bytes], OrderCheckBatch] = msgspec.json.Decoder(OrderCheckBatch).decode


class NotValid(ValueError):
    """The request can't be read; the text says what to mend."""


def read_one(body: bytes) -> Ask:
    """The ask in a request body, or NotValid."""
    try:
        return as_ask(_decode_one(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotValid(_mendable(error)) from error


def read_batch(body: bytes) -> list[Ask]:
    """The asks of a batch body, or NotValid naming the first bad order."""
    try:
        orders = _decode_batch(body).orders
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotValid(_mendable(error)) from error
    asks = []
    for position, order in enumerate(orders):
        try:
            asks.append(as_ask(order))
        except NotValid as error:
            raise NotValid(f"orders[{position}]: {error}") from error
    return asks


_HINTS: Final = {
    "amount`": "give a decimal string above zero, such as 180000.00",
    "currency`": "give a three-letter ISO 4217 code in capitals, such as CNY",
    "delivery_on`": "give a calendar date as YYYY-MM-DD",
    "payer`": "give 1 to 60 characters without control characters",
    "scope`": "give unit:…, product:… or project:… of at most 60 characters",
    "point`": "give one of quote, order, release, dispatch, invoice",
    "requested_on`": "give a calendar date as YYYY-MM-DD",
    "customer`": "give 1 to 60 characters without control characters",
    "order_ref`": "give 1 to 80 characters without control characters",
    "version`": "give a whole number from 1",
}


def _mendable(error: Exception) -> str:
    """The decoder's words, and for our own formats how to mend it."""
    text = str(error)
    hint = next((hint for end, hint in _HINTS.items() if text.endswith(end)), "")
    return f"{text}: {hint}" if hint else text


def as_ask(order: OrderCheck) -> Ask:
    """Checked meaning of a well-formed request: money, currency and date must be real."""
    try:
        amount_minor = to_minor(order.amount, order.currency)
    except MoneyError as error:
        raise NotValid(error.en) from error
    if amount_minor <= 0:
        raise NotValid("amount: must be above zero; returns and credit notes are never checked")
    _require_day("requested_on", order.requested_on)
    _require_day("delivery_on", order.delivery_on)
    return ask_of(
        order_ref=order.order_ref,
        version=order.version,
        customer_code=order.customer,
        amount_minor=amount_minor,
        currency=order.currency,
        terms_days=order.terms_days,
        business_unit=order.business_unit,
        requested_on=order.requested_on,
        payer=order.payer,
        scope=order.scope or "",
        delivery_on=order.delivery_on,
        point=order.point,
        document=order.document or "",
    )


def _require_day(name: str, text: str | None) -> None:
    if text is not None:
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise NotValid(f"{name}: give a calendar date as YYYY-MM-DD") from error


_FAILED: Final = {404: UNKNOWN_CUSTOMER, 409: NEWER_VERSION, 422: OTHER_BODY}


def present(answer: Answer) -> Reply:
    """An action's answer as HTTP: the decision's own bytes, or the problem."""
    if answer.status == 200:
        return Reply(200, answer.body)
    return _FAILED.get(answer.status, UNAVAILABLE)


def present_batch(answers: Sequence[Answer]) -> Reply:
    """One JSON object per order, in the order given: its status and its answer or problem."""
    parts = [
        b'{"status":%d,"answer":%s}' % (reply.status, reply.body) for reply in map(present, answers)
    ]
    return Reply(200, b'{"answers":[' + b",".join(parts) + b"]}")


def not_valid(error: NotValid) -> Reply:
    return problem(400, "not_valid", str(error))
