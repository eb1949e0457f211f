"""What goes into an order check and what comes out: asks and answers."""

from __future__ import annotations

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


class Answer(NamedTuple):
    """200 decided (or repeated), 404 unknown customer, 409 superseded version, 422 other body.

    `body` holds the exact bytes of a decision; for the others it is empty and `status` says all.
    """

    status: int
    body: bytes
    decision_id: UUID | None
    replayed: bool = False
