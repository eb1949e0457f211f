"""The web process: the JSON order check has a short way of its own, everything else is Django.

`POST /api/v1/order-checks` must not queue behind pages, so it is answered before any middleware
runs; see `xinheng/api/door.py`. All other paths, the other order-check addresses included, go to
Django.
"""

from __future__ import annotations

import os
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
    else:
        await django_application(scope, receive, send)
