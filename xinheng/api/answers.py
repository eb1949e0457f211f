"""The shapes of what the JSON door answers, one Struct each, as the OpenAPI document shows them.

They describe; the views write the bytes themselves. Amounts are decimal strings of the currency,
instants are UTC. Example: an order of 180,000.00 over a full limit answers {"outcome": "hold",
"reasons": [{"code": "headroom_exceeded", …}], …}, which is an `OrderCheckAnswer`.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from xinheng.api.reviews import ReviewShown

Money = Annotated[str, Meta(description="decimal string", examples=["180000.00"])]
Instant = Annotated[str, Meta(examples=["2026-11-22T06:30:00.123Z"])]


class ReasonText(Struct):
    zh: str
    en: str


class ReasonShown(Struct):
    """Why the answer is not a plain yes; several at once, all of them."""

    code: str
    measured: str | None
    threshold: str | None
    text: ReasonText


class ComponentsShown(Struct):
    """What each part adds to the exposure; cash and prepayments carry their minus sign. Bills of
    banks and orders beyond the horizon (`later`) are told where there are any.
    """

    open_items: Money
    unbilled: Money
    orders: Money
    bills: Money
    guarantees: Money
    unapplied: Money
    prepaid: Money
    bank_bills: Money | UnsetType = UNSET
    listed_bills: Money | UnsetType = UNSET
    later: Money | UnsetType = UNSET


class AskedShown(Struct):
    """The order in its own currency, and what of it counts in the limit's."""

    amount: Money
    currency: str
    counts: Money


class RateShown(Struct, omit_defaults=True):
    """One unit of base is worth `rate` of quote. via: "inverse", or the currency crossed over."""

    kind: str
    base: str
    quote: str
    day: str
    rate: str
    via: str = ""


class LevelShown(Struct):
    """A further limit that the order must fit into. kind: group, own, unit, product or project."""

    kind: str
    name: str
    currency: str
    limit: str
    used: Money
    after: Money
    headroom: Money | None


class ExposureShown(Struct):
    """limit: decimal string, "unlimited", or null where none was ever set. Figures are in the
    limit's currency, which is told (`currency`, `asked`, `rates`) where the order's is another one;
    `covered` adds to the limit; `fulfilled`: delivered or invoiced under this number already.
    """

    limit: str | None
    used: Money
    headroom: Money | None
    after: Money
    components: ComponentsShown
    rule: str
    covered: Money | UnsetType = UNSET
    temporary_limit: bool | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    asked: AskedShown | UnsetType = UNSET
    rates: list[RateShown] | UnsetType = UNSET
    fulfilled: Money | UnsetType = UNSET
    counts_later: str | UnsetType = UNSET
    levels: list[LevelShown] | UnsetType = UNSET


class ReservationShown(Struct):
    id: str
    amount: Money
    expires_at: Instant


class PolicyShown(Struct):
    name: str
    version: int


class LedgerShown(Struct):
    """status in the answer is always "recorded"; the live one is on GET."""

    entry: str
    status: str


class OrderCheckAnswer(Struct):
    """The decision. The same request gets these very bytes again, for ever."""

    decision_id: str
    outcome: Annotated[str, Meta(pattern="^(approve|refer|hold|decline)$")]
    reasons: list[ReasonShown]
    exposure: ExposureShown
    reservation: ReservationShown | None
    policy: PolicyShown
    decided_at: Instant
    ledger: LedgerShown
    point: str | UnsetType = UNSET


class LedgerNow(Struct):
    """status: recorded, logged or signed; index once it has one."""

    entry: str
    status: str
    index: int | None


class StateNow(Struct):
    cancelled_at: Instant | None
    reservation: str | None
    hold: str | None


class DecisionNow(Struct):
    """The answer as it was given, and what became of it."""

    decision_id: str
    outcome: str
    reasons: list[ReasonShown]
    exposure: ExposureShown
    reservation: ReservationShown | None
    policy: PolicyShown
    decided_at: Instant
    order_ref: str
    version: int
    ledger: LedgerNow
    state: StateNow
    review: ReviewShown | None


class AnswerInBatch(Struct):
    """answer is an OrderCheckAnswer when status is 200, else a Problem."""

    status: int
    answer: dict[str, Any]


class BatchAnswer(Struct):
    answers: list[AnswerInBatch]


class CustomerListed(Struct):
    code: str
    name: str
    name_en: str
    status: str
    uscc: str
    grade: str | None


class CustomerPage(Struct):
    items: list[CustomerListed]
    next: str | None


class CreditFile(Struct):
    """The credit file in figures."""

    code: str
    name: str
    name_en: str
    status: str
    grade: str | None
    points: int | None
    rating_valid_until: str | None
    limits: list[dict[str, Any]]
    simulated: bool


class Problem(Struct):
    """RFC 9457. `code` is for machines, `detail` says how to mend it."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class OrderStanding(Struct):
    """Where the order's value is now; the parts add up. waiting: asked, not promised; freed: given
    back or never granted.
    """

    customer: str
    currency: str
    asked: Money
    waiting: Money
    promised: Money
    delivered: Money
    invoiced: Money
    bills: Money
    paid: Money
    credited: Money
    freed: Money


class OrderEvent(Struct):
    """One thing that happened. kind: asked, reserved, held, released, delivered, invoiced, paid, …;
    day for papers, at for what was done here.
    """

    kind: str
    day: str
    at: Instant | None
    amount: Money | None
    currency: str | None
    by: str | None
    authority: str | None
    reason: str | None
    outcome: str | None
    codes: list[str]
    version: int | None
    point: str | None
    reference: str | None
    state: str | None
    until: Instant | None
    decision_id: str | None
    ledger_entry: str | None


class OrderCustomer(Struct):
    code: str
    name: str


class OrderLife(Struct):
    """An order's whole life, oldest event first."""

    order_ref: str
    customers: list[OrderCustomer]
    standing: list[OrderStanding]
    events: list[OrderEvent]


class ExplanationShown(Struct):
    """What a customer may be shown. Texts are {"zh", "en"}, or one text where ?lang= is given;
    help: ways of one or two steps; withheld: what was left out.
    """

    decision_id: str
    order_ref: str
    version: int
    customer: str
    amount: Money
    currency: str
    decided_at: Instant
    outcome: str
    answer: Any
    by_person: bool
    reasons: list[Any]
    help: list[list[Any]]
    withheld: list[Any]
    review: dict[str, Any] | None
    ledger_entry: str
