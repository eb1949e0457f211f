"""What a file or a person hands to this room: plain frozen values, read and checked by the doors.

Example: 1 EUR = 7.8123 CNY, mid, of 2026-11-20 is RateRow(kind="mid", base="EUR", quote="CNY",
day=date(2026, 11, 20), rate=Decimal("7.8123")).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct


class RateRow(Struct, frozen=True, kw_only=True):
    """`confirmed`: a person has looked at a jump of the rate and means it."""

    base: str
    quote: str
    day: date
    rate: Decimal
    kind: str = "mid"
    source: str = ""
    confirmed: bool = False


class HolidayRow(Struct, frozen=True, kw_only=True):
    """A day off, or (working) a weekend that is worked instead: 调休."""

    calendar: str
    day: date
    name: str
    name_en: str = ""
    working: bool = False
    source: str = ""


class TermRow(Struct, frozen=True, kw_only=True):
    """`rule` as credit.term reads it; `calendar`: due dates move on to its next working day."""

    code: str
    rule: str
    name: str
    name_en: str = ""
    calendar: str = ""
