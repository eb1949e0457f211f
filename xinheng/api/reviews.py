"""POST /order-checks/{id}/review: “a human, please”, asked for by who got an automatic answer.

Asking again changes nothing and tells how the request stands, so the same address is also where the
answer is read. Example: {"words": "The account was closed by mistake"} gives {"asked_at": "…",
"answer": null, …}; later the same request gives {"answer": "Reopened and released", …}.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from django.http import HttpRequest
from msgspec import Meta, Struct

from xinheng.api.keys import keyed
from xinheng.api.order_checks import NotValid, not_valid
from xinheng.api.problems import Reply, problem, refusal
from xinheng.decisions.answering import instant
from xinheng.decisions.models import ReviewRequest
from xinheng.decisions.reviewing import WORDS_MAX, ask_review
from xinheng.people.actor import Actor
from xinheng.refusals import Refused

BODY_BYTES_MAX: Final = 16_384
Words = Annotated[
    str,
    Meta(
        min_length=4,
        max_length=WORDS_MAX,
        pattern=r"^[^\x00]*$(?!\n)",
        description="why a person should look, in words",
        examples=["The account was closed by mistake"],
    ),
]


class ReviewWanted(Struct, forbid_unknown_fields=True):
    """A wish that a person looks at an answer."""

    words: Words


class ReviewShown(Struct):
    """A request for a review, and its answer once a person has given it."""

    decision_id: str
    words: str
    asked_at: str
    answer: str | None
    answered_at: str | None


_read = msgspec.json.Decoder(ReviewWanted).decode
_encode = msgspec.json.Encoder().encode


@keyed("orders.check", "POST")
def ask(request: HttpRequest, actor: Actor, reader: Any, decision_id: UUID) -> Reply:
    """Ask that a person looks, or read how an earlier request stands."""
    if len(request.body) > BODY_BYTES_MAX:
        return problem(413, "too_large", "A request for a review has at most 16384 bytes.")
    try:
        words = _read(request.body).words
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return not_valid(NotValid(str(error)))
    try:
        asked = ask_review(decision_id, words, actor=actor, at=datetime.now(UTC))
    except Refused as refused:
        return refusal(refused)
    return Reply(200, _encode(shown(asked)))


def shown(asked: ReviewRequest) -> ReviewShown:
    return ReviewShown(
        str(asked.pk),
        asked.words,
        instant(asked.asked_at),
        asked.answer or None,
        instant(asked.answered_at) if asked.answered_at else None,
    )
