"""The web process: the JSON order check has a short way of its own, everything else is Django.

`POST /api/v1/order-checks` must not queue behind pages, so it is answered before any middleware
runs; see `xinheng/api/door.py`. All other paths, the other order-check addresses included, go to
Django.
"""

from __future__ import annotations

import os
import re
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xinheng.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from xinheng.api.door import Door  # noqa: E402 - needs the app registry

door = Door()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI entry: the order-check door first, Django otherwise."""
    if scope["type"] == "lifespan":
        await door.lifespan(receive, send)
    elif door.takes(scope):
        await door.answer(scope, receive, send)
    elif scope["type"] == "http":
        await django_application(scope, bounded(scope, receive), send)


BODY_BYTES_MAX = 66 * 1024 * 1024  # an import's file and its form
BODY_BYTES_OF_A_PAPER_MAX = 21 * 1024 * 1024  # a document and its form
BODY_BYTES_ELSEWHERE_MAX = 3 * 1024 * 1024
# Where papers come in: a file's documents, an applicant's by a link.
PAPERS = re.compile(r"/customers/.+/documents/add/|/in/[^/]+/papers/")


def bounded(scope: dict[str, Any], receive: Any) -> Any:
    """Django spools a whole body to disk before it asks who sends it: beyond its maximum the body
    ends as if the client had gone, whatever Content-Length said or did not say.
    """
    most = BODY_BYTES_ELSEWHERE_MAX
    if scope["path"].startswith("/imports/"):
        most = BODY_BYTES_MAX
    elif PAPERS.fullmatch(scope["path"]):
        most = BODY_BYTES_OF_A_PAPER_MAX
    taken = 0

    async def counted() -> dict[str, Any]:
        nonlocal taken
        message: dict[str, Any] = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > most else message

    return counted
