"""What a person types when verifying or rejecting a fact: how it was verified and how sure, or why
it is turned down.

Mistakes come back as sentences beside the boxes, and nothing typed is lost. Of a second review
nothing is asked: how and how sure stand from the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from xinheng.dossiers.facts import REASON_MAX, REASON_MIN
from xinheng.dossiers.models import Fact
from xinheng.texts import T

USUAL: Final = "80"
SURE_MAX: Final = 100


@dataclass(frozen=True)
class Typed:
    """The boxes as typed, and what is wrong with each (None: nothing)."""

    how: str = ""
    confidence_text: str = USUAL
    reason: str = ""
    how_error: T | None = None
    confidence_error: T | None = None
    reason_error: T | None = None
    refused: T | None = None  # what the action said

    @property
    def confidence(self) -> int:
        return int(self.confidence_text)

    @property
    def mistake(self) -> T | None:
        return self.refused or self.how_error or self.confidence_error or self.reason_error


def verifying(request: HttpRequest) -> Typed:
    """How, and how sure."""
    how = request.POST.get("how", "")
    sure = request.POST.get("confidence", "").strip()[:20]
    return Typed(
        how=how if how in Fact.HOW else "",
        confidence_text=sure,
        how_error=None if how in Fact.HOW else T("请选择核验方式。", "Say how it was verified."),
        confidence_error=_sure_error(sure),
    )


def seconding(fact: Fact) -> Typed:
    """A second review stands on the first."""
    return Typed(how=fact.how or "", confidence_text=str(fact.confidence or 0))


def rejecting(request: HttpRequest) -> Typed:
    """Why not."""
    reason = request.POST.get("reason", "").strip()
    return Typed(reason=reason, reason_error=reason_error(reason))


def reason_error(reason: str) -> T | None:
    """What is wrong with a reason in words."""
    if len(reason) < REASON_MIN:
        return T(
            "请写明理由，至少四个字：录入人会看到，也写进存证账本。",
            "Give the reason in words, at least four characters: who entered it reads it, and it "
            "goes into the ledger.",
        )
    if len(reason) > REASON_MAX:
        return T("理由太长：最多 1,000 字。", "The reason is too long: at most 1,000 characters.")
    return None


def _sure_error(text: str) -> T | None:
    if text.isascii() and text.isdigit() and len(text) <= len("100") and int(text) <= SURE_MAX:
        return None
    return T("请填 0 至 100 的整数，例如 80。", "Give a whole number from 0 to 100, such as 80.")
