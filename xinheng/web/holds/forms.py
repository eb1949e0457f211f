"""What a person types when judging a hold: a reason in words, and for how many days.

Mistakes come back as sentences beside the boxes, and nothing typed is lost. Days are asked only
where the order passes a limit: a special approval ends with them; empty means as long as one's
authority allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from xinheng.texts import T

REASON_MIN: Final = 4
REASON_MAX: Final = 1000
DAYS_DIGITS: Final = 4


@dataclass(frozen=True)
class Typed:
    """The boxes as typed, read, and what is wrong with each (None: nothing)."""

    reason: str = ""
    days_text: str = ""
    reason_error: T | None = None
    days_error: T | None = None
    refused: T | None = None  # what the action said

    @property
    def days(self) -> int | None:
        return int(self.days_text) if self.days_text and self.days_error is None else None

    @property
    def mistake(self) -> T | None:
        return self.refused or self.reason_error or self.days_error


def typed(request: HttpRequest) -> Typed:
    """Read from the form."""
    reason = request.POST.get("reason", "").strip()
    days = request.POST.get("days", "").strip()[:20]
    return Typed(reason, days, _reason_error(reason), _days_error(days))


def _reason_error(reason: str) -> T | None:
    if len(reason) < REASON_MIN:
        return T(
            "请写明理由（至少四个字）：它会写进存证账本，审计时要看。",
            "Give the reason in words (at least four characters): it goes into the ledger for the "
            "auditor.",
        )
    if len(reason) > REASON_MAX:
        return T("理由太长：最多 1,000 字。", "The reason is too long: at most 1,000 characters.")
    return None


def _days_error(days: str) -> T | None:
    if days and not (days.isascii() and days.isdigit() and len(days) <= DAYS_DIGITS and int(days)):
        return T(
            "天数请写整数，例如 14；空着即按授权的最长天数。",
            "Give whole days such as 14; empty means as long as your authority allows.",
        )
    return None
