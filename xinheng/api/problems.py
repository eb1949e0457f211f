"""Errors as problem+json (RFC 9457): one shape, a stable `code`, and a sentence that says how to
mend it.

Refusals become HTTP here and nowhere else. 503 and 429 say when to try again; a 5xx never tells
what broke inside, only a reference number that the log knows.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from xinheng.decisions.refusals import DecisionRefusal
from xinheng.refusals import Refused

CONTENT_TYPE: Final = "application/problem+json"
_encode = msgspec.json.Encoder().encode


class Reply(NamedTuple):
    """A finished HTTP answer."""

    status: int
    body: bytes
    content_type: str = "application/json"
    retry_after: int | None = None


TITLES: Final = {
    400: "The request is not valid",
    401: "No valid API key",
    403: "The key may not do this",
    404: "Not found",
    405: "Method not allowed",
    409: "The request conflicts with what already happened",
    413: "The request is too large",
    415: "Send application/json",
    422: "The key was used for another request",
    429: "Too many requests",
    500: "Something broke here",
    503: "Not available right now",
}


def problem(
    status: int, code: str, detail: str, *, retry_after: int | None = None, **more: Any
) -> Reply:
    """A problem+json reply. `code` is for machines, `detail` for the person who mends it."""
    body = {
        "type": f"urn:xinheng:problem:{code}",
        "title": TITLES[status],
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return Reply(status, _encode(body), CONTENT_TYPE, retry_after)


NO_KEY: Final = problem(
    401, "no_key", "Send the header 'Authorization: Bearer <key>' with a key that is not revoked."
)
UNAVAILABLE: Final = problem(
    503,
    "unavailable",
    "Nothing was decided. Send the same request again; the same order_ref is never decided twice.",
    retry_after=1,
)
UNKNOWN_CUSTOMER: Final = problem(
    404, "unknown_customer", "No customer has this code. Import the customer first."
)
OTHER_BODY: Final = problem(
    422,
    "other_body",
    "This order_ref and version were decided with another body. Send a higher version to change "
    "the order.",
)
NEWER_VERSION: Final = problem(
    409, "newer_version", "A newer version of this order was already decided."
)
NOT_FOUND: Final = problem(404, "not_found", "There is nothing at this address for this key.")

_STATUS_OF: Final = {
    DecisionRefusal.NOT_ALLOWED: 403,
    DecisionRefusal.UNKNOWN_DECISION: 404,
    DecisionRefusal.REASON_REQUIRED: 400,
    DecisionRefusal.NOTHING_TO_CANCEL: 409,
    DecisionRefusal.NOT_WAITING: 409,
    DecisionRefusal.NO_LIVE_POLICY: 503,
}


def refusal(refused: Refused) -> Reply:
    """The reply for an action's refusal; what is not listed is a conflict."""
    status = _STATUS_OF.get(refused.code, 409)  # type: ignore[call-overload]
    retry = 30 if status == 503 else None
    return problem(status, refused.code.name.lower(), refused.text.en, retry_after=retry)
