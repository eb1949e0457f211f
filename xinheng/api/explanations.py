"""An explanation that the customer may be shown, over JSON, in one language or in both.

What the seller keeps to itself (grade, shared limits, other customers) is left out by
`decisions.explaining` and named under "withheld". A stranger's decision is 404.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.http import HttpRequest

from xinheng.api.keys import keyed
from xinheng.api.problems import NOT_FOUND, Reply
from xinheng.decisions.answering import instant
from xinheng.decisions.explaining import Explanation, explanation_of
from xinheng.texts import T

_encode = msgspec.json.Encoder().encode


@keyed("orders.check", "GET", "HEAD")
def one(request: HttpRequest, actor: Any, reader: Any, decision_id: UUID) -> Reply:
    """`?lang=zh` or `?lang=en` gives plain texts; without it each text has both."""
    found = explanation_of(reader, decision_id, at=datetime.now(UTC))
    if found is None:
        return NOT_FOUND
    lang = request.GET.get("lang", "")
    return Reply(200, _encode(described(found, _tongue(lang))))


def _tongue(lang: str) -> Callable[[T], Any]:
    if lang in ("zh", "en"):
        return lambda text: getattr(text, lang)
    return lambda text: {"zh": text.zh, "en": text.en}


def described(found: Explanation, say: Callable[[T], Any]) -> dict[str, Any]:
    review = found.review
    return {
        "decision_id": str(found.decision_id),
        "order_ref": found.order_ref,
        "version": found.version,
        "customer": found.customer,
        "amount": found.amount.replace(",", ""),
        "currency": found.currency,
        "decided_at": instant(found.decided_at),
        "outcome": found.outcome,
        "answer": say(found.answer),
        "by_person": found.by_person,
        "reasons": [say(text) for text in found.reasons],
        "help": [[say(text) for text in way] for way in found.helps],
        "withheld": [say(text) for text in found.withheld],
        "review": None
        if review is None
        else {
            "asked_at": instant(review.asked_at),
            "answered_at": instant(review.answered_at) if review.answered_at else None,
            "answer": review.answer,
        },
        "ledger_entry": str(found.proof),
    }
