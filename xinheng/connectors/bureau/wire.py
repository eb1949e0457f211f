"""One request to a bureau: HTTPS, a time, a size, no redirect; trouble in words without the key.

Nothing is sent but to the host that was set up: a redirect is a failure, so that a key never
travels to somebody else, and plain HTTP is for this machine alone (a test server). Example: a
bureau that answers 429 is `BureauTrouble("rate_limit")`, one that says nothing for 20 seconds is
"timeout", one that sends more than a megabyte is "failed".
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from xinheng.inquiries.bureau_rows import RAW_MAX, BureauTrouble

SECONDS_MAX: Final = 20
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_BY_STATUS: Final = {
    401: "bad_key",
    402: "quota",
    403: "bad_key",
    404: "not_found",
    408: "timeout",
    429: "rate_limit",
    504: "timeout",
}


class Connection(Struct, frozen=True):
    """Where a bureau is reached, by which key, and what time it is: some bureaus want the time
    signed. It shows its key in no log.
    """

    base_url: str
    key: str
    secret: str
    at: datetime
    seconds: float = SECONDS_MAX

    def __repr__(self) -> str:
        return f"Connection({self.base_url})"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER: Final = urllib.request.build_opener(_NoRedirect)


def ask(
    connection: Connection,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> bytes:
    """The bytes of an answer with status 200; a form or a JSON body makes it a POST. Raises
    BureauTrouble.
    """
    request = _request(connection, path, query or {}, headers or {}, form, body)
    try:
        with _OPENER.open(request, timeout=connection.seconds) as answer:
            content: bytes = answer.read(RAW_MAX + 1)
    except urllib.error.HTTPError as error:
        raise BureauTrouble(_BY_STATUS.get(error.code, "failed"), f"HTTP {error.code}") from None
    except TimeoutError:
        raise BureauTrouble("timeout") from None
    except urllib.error.URLError as error:
        slow = isinstance(error.reason, TimeoutError)
        raise BureauTrouble("timeout" if slow else "unreachable") from None
    except (HTTPException, ssl.SSLError, OSError, ValueError):
        raise BureauTrouble("unreachable") from None
    if len(content) > RAW_MAX:
        raise BureauTrouble("failed", f"more than {RAW_MAX // 1000} KB")
    return content


def _request(
    connection: Connection,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    form: Mapping[str, str] | None,
    body: Mapping[str, Any] | None,
) -> urllib.request.Request:
    place = urlsplit(connection.base_url)
    if place.scheme != "https" and place.hostname not in LOOPBACK:
        raise BureauTrouble("unreachable", "https")
    url = connection.base_url.rstrip("/") + path
    if query:
        url += "?" + urlencode(query)
    sent, told = None, {"Accept": "application/json", "User-Agent": "xinheng", **headers}
    if form is not None:
        sent = urlencode(form).encode()
    elif body is not None:
        sent = json.dumps(body, ensure_ascii=False).encode()
        told["Content-Type"] = "application/json"
    return urllib.request.Request(url, data=sent, headers=told)
