"""The door for people without an account: a token in the address opens one thing and nothing else.

Every answer here says that no search engine may keep it and no browser may store it; a mistake is
not written to the log, because the address is the key. What opens nothing looks the same, whatever
the reason. The first visit speaks the language that the link was made for, until one is chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters

from xinheng.inquiries.models import Link, Registration
from xinheng.inquiries.refusals import InquiryRefusal
from xinheng.inquiries.registering import take_up
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.outside.pace import FORMS_MAX, MISSES_MAX, pace

Opened = Registration | Link
TOO_OFTEN = T("尝试过于频繁，请十分钟后再来。", "Too many tries: come back in ten minutes.")
HONEY = "website"  # no person sees this box; what fills it in is a machine


def outsider(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view is given what the token opens; it also counts tries and quiets the answer."""

    @sensitive_post_parameters()
    @wraps(view)
    def opened(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        try:
            found = take_up(token, at=timezone.now())
        except Refused as refused:
            return quiet(_nothing(request, refused))
        with translation.override(_language(request, found)):
            key = found.pk.hex
            if request.method == "POST" and not pace.takes("forms", key, FORMS_MAX):
                return quiet(_closed(request, TOO_OFTEN, 429))
            if request.POST.get(HONEY):
                return quiet(_closed(request, InquiryRefusal.NO_ENTRY.value, 404))
            try:
                answer = view(request, token, found, **kwargs)
            except Refused as refused:
                status = 404 if refused.code is InquiryRefusal.NO_ENTRY else 409
                answer = _closed(request, refused.text, status)
            return quiet(answer)

    return opened


def quiet(answer: HttpResponse) -> HttpResponse:
    """Kept by nobody, found by no search engine, and its address in no log."""
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Cache-Control"] = "private, no-store"
    answer["Referrer-Policy"] = "same-origin"
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _language(request: HttpRequest, found: Opened) -> str:
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return translation.get_language() or settings.LANGUAGE_CODE
    link = found if isinstance(found, Link) else found.link
    return str(link.language)


def _nothing(request: HttpRequest, refused: Refused) -> HttpResponse:
    address = request.META.get("REMOTE_ADDR", "")
    if not pace.takes("misses", address, MISSES_MAX):
        return _closed(request, TOO_OFTEN, 429)
    return _closed(request, refused.text, 404)


def _closed(request: HttpRequest, text: T, status: int) -> HttpResponse:
    return render(request, "outside/closed.html", {"text": text}, status=status)
