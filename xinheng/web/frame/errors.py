"""The page for a bug: what happened, that nothing was lost, what to do, and a number that finds
it in the log.
"""

from __future__ import annotations

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

log = logging.getLogger("xinheng.web")


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500. The traceback is logged by Django; this line ties it to the number on
    the page.
    """
    reference = secrets.token_hex(4).upper()
    log.error("reference %s: %s %s", reference, request.method, request.path)
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)
