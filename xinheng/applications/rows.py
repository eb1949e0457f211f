"""What doors hand over to the room: an application, a proposal, a condition.

Amounts are minor units of the application's currency; days are the company's. Example: 800,000.00
CNY on 60 days for one year, with a guarantee signed before the first delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from msgspec import Struct


class NewApplication(NamedTuple):
    """A wish. kind: new | increase | temporary | renewal | decrease; source: sales | link | import
    | review | offer. `forecast`: {"purchases_year_minor", "our_share_pct", "peak_months",
    "security"}, each of them may be missing.
    """

    customer_id: int
    currency: str
    asked_minor: int
    terms_days: int
    kind: str = "new"
    purpose: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    forecast: Mapping[str, Any] | None = None
    source: str = "sales"
    batch_id: int | None = None


class ApplicationRow(Struct, frozen=True, kw_only=True):
    """A wish as a line of a file says it: the customer by its code."""

    customer_code: str
    kind: str
    amount_minor: int
    currency: str
    terms_days: int
    purpose: str
    valid_from: date | None = None
    valid_until: date | None = None
    purchases_minor: int | None = None
    share_pct: int | None = None

    def wish(self, customer_id: int, batch_id: int | None) -> NewApplication:
        forecast = {"purchases_year_minor": self.purchases_minor, "our_share_pct": self.share_pct}
        return NewApplication(
            customer_id=customer_id,
            currency=self.currency,
            asked_minor=self.amount_minor,
            terms_days=self.terms_days,
            kind=self.kind,
            purpose=self.purpose.strip(),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            forecast={name: told for name, told in forecast.items() if told is not None} or None,
            source="import",
            batch_id=batch_id,
        )


class Condition(NamedTuple):
    """A condition of a proposal. `code` of clauses_v1.json, or "own" with a text."""

    code: str
    text: str = ""
    before: bool = True


class NewProposal(NamedTuple):
    """What the analyst puts forward. verdict: grant | refuse; method: combined | L1 … L11 | own;
    `waived`: codes of clauses that the grade asks for and this leaves out, which makes it an
    unsecured exception.
    """

    verdict: str
    amount_minor: int
    terms_days: int
    valid_from: date
    valid_until: date
    why: str
    method: str = "combined"
    temporary: bool = False
    conditions: tuple[Condition, ...] = ()
    waived: tuple[str, ...] = ()
