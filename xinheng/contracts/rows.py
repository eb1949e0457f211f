"""What doors hand to this room: a contract as a person records it.

Money is in minor units: a ceiling of 5,000,000.00 CNY is (500000000, "CNY"); no ceiling is (None,
""). Terms of 60 days from the invoice are 60; none agreed is None.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct


class NewContract(Struct, frozen=True, kw_only=True):
    """The words of a contract."""

    number: str
    kind: str
    title: str
    valid_from: date
    valid_until: date | None = None
    signed_on: date | None = None
    currency: str = ""
    amount_minor: int | None = None
    terms_days: int | None = None
    governing_law: str = ""
    jurisdiction: str = ""
    retention_of_title: bool = False
    our_signatory: str = ""
    their_signatory: str = ""
    document_id: UUID | None = None
