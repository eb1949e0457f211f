"""What goes into an order check and what comes out: asks and answers."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple
from uuid import UUID


class Ask(NamedTuple):
    """One order to check. `customer_code` is the seller's own; `body_sha256` covers the whole
    request.
    """

    order_ref: str
    version: int
    customer_code: str
    amount_minor: int
    currency: str
    terms_days: int | None
    business_unit: str | None
    requested_on: str | None  # ISO date; None means today in the company's zone
    body_sha256: bytes
    payer: str | None = None  # code of who pays, where the customer's own payer does not
    scope: str = (
        ""  # "" | "unit:EAST" | "product:CEM-42" | "project:BRIDGE": a sub-limit to count in
    )
    delivery_on: str | None = None
    point: str = "order"  # quote | order | release | dispatch | invoice
    document: str = ""  # the delivery note, the invoice: a point may be passed more than once


def ask_of(
    *,
    order_ref: str,
    version: int,
    customer_code: str,
    amount_minor: int,
    currency: str,
    terms_days: int | None,
    business_unit: str | None = None,
    requested_on: str | None = None,
    payer: str | None = None,
    scope: str = "",
    delivery_on: str | None = None,
    point: str = "order",
    document: str = "",
) -> Ask:
    """An ask with its fingerprint over the meaning of the request, however it was spelt.

    Every door makes its asks here, so that one order sent two ways is one order.
    """
    meaning = (
        f"{order_ref}\x00{version}\x00{customer_code}\x00{amount_minor}\x00"
        f"{currency}\x00{terms_days}\x00{business_unit}\x00{requested_on}"
    )
    further = (payer or "", scope, delivery_on or "", point, document)
    if further != ("", "", "", "order", ""):  # else as before there were these fields
        meaning = "\x00".join((meaning, *further))
    return Ask(
        order_ref,
        version,
        customer_code,
        amount_minor,
        currency,
        terms_days,
        business_unit,
        requested_on,
        sha256(meaning.encode()).digest(),
        payer,
        scope,
        delivery_on,
        point,
        document,
    )


class Answer(NamedTuple):
    """200 decided (or repeated), 404 unknown customer, 409 superseded version, 422 other body.

    `body` holds the exact bytes of a decision; for the others it is empty and `status` says all.
    """

    status: int
    body: bytes
    decision_id: UUID | str | None
    replayed: bool = False
