"""What every answer carries for the browser, whoever made it: a page, an error, a redirect.

Nothing of the house is kept by a browser or a proxy unless a view said otherwise (the public log's
tiles, a template's file): pages hold what customers owe, and a Back button on a shared computer
must not show them after signing out. Features of the machine that we never use are switched off,
and no other site may load our answers as its own parts.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

KEEP_NOTHING = "private, no-store"
HEADERS = {
    "Cache-Control": KEEP_NOTHING,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def keep_nothing(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: sets what no view has set itself."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answered
