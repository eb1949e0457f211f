"""Figures of a credit line, ready for the one limit bar that is drawn everywhere.

`Usage` holds minor units: what is used by component, the ceiling, and the order being asked about.
The bar itself is the template tag's business; here are the amounts and their order. Example: used
880,000.00 of 1,000,000.00 and an order of 180,000.00 → 88.0 % used, 106.0 % after.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xinheng.credit.exposure import ADDING, FURTHER, REDUCING
from xinheng.credit.money import to_minor
from xinheng.texts import T
from xinheng.web.frame.drawings import COMPONENTS, PLAIN, REDUCTIONS, Ceiling


@dataclass(frozen=True)
class Part:
    """One component of exposure; `minor` is negative where it reduces."""

    code: str
    title: T
    minor: int


@dataclass(frozen=True)
class Usage:
    """One line's use. `ceiling` None: unlimited; `unset`: no limit was ever granted (no credit)."""

    currency: str
    parts: list[Part]
    used: int
    ceiling: int | None
    asked: int = 0
    unset: bool = False
    unlimited: bool = False
    behind: Ceiling = PLAIN  # what the ceiling is made of, and what the group leaves

    @property
    def headroom(self) -> int | None:
        """What is left, the lower of its own and what the group leaves; nothing where the limit is
        outside its dates.
        """
        own = None if self.ceiling is None else self.ceiling - self.used
        group = self.behind.group_room
        if own is None or (self.unset and group is not None):
            return group
        left = own if group is None else min(own, group)
        return min(left, 0) if self.behind.lapsed else left

    @property
    def drawn_ceiling(self) -> int | None:
        """The ceiling as the bar draws it: none where no limit was ever set."""
        return None if self.unset else self.ceiling

    @property
    def after(self) -> int:
        return self.used + self.asked

    @property
    def excess(self) -> int:
        """By how much the line is exceeded once the order is added; 0 within the limit."""
        return 0 if self.ceiling is None else max(self.after - self.ceiling, 0)

    @property
    def percent(self) -> Decimal | None:
        return _percent(self.used, self.ceiling)

    @property
    def percent_after(self) -> Decimal | None:
        return _percent(self.after, self.ceiling)

    @property
    def components(self) -> dict[str, int]:
        return {part.code: abs(part.minor) for part in self.parts}


def _percent(part: int, whole: int | None) -> Decimal | None:
    if not whole:
        return None
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1"))


def usage_of_answer(body: dict[str, Any], amount_minor: int, currency: str) -> Usage:
    """A line as an answer saw it, in the line's currency, with what the order adds to it."""
    exposure = body["exposure"]
    currency = exposure.get("currency", currency)
    limit = exposure.get("limit")
    used = to_minor(exposure["used"], currency)
    covered = to_minor(exposure.get("covered", "0"), currency)
    after = to_minor(exposure["after"], currency) if "after" in exposure else used + amount_minor
    components = exposure.get("components") or {}
    parts = [
        Part(name, (COMPONENTS | REDUCTIONS)[name], to_minor(components[name], currency))
        # the answer's components carry their sign already
        for name in (*ADDING, *FURTHER, *REDUCING)
        if name in components
    ]
    number = limit is not None and limit != "unlimited"
    return Usage(
        currency=currency,
        parts=parts,
        used=used,
        ceiling=to_minor(limit, currency) + covered
        if number
        else (None if limit == "unlimited" else 0),
        asked=after - used,
        unset=limit is None,
        unlimited=limit == "unlimited",
    )
