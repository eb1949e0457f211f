"""The gate in front of every page: signed in, permitted, in the company's time zone.

`guarded` wraps the view of each address with the word that the permission table gives its name,
so a view can't forget to ask. Not signed in leads to the sign-in page and back; not permitted
looks like absent (404). A `Refused` that a view lets through becomes one page with the refusal's
sentence, status 409, and nothing was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from xinheng.people.actor import Actor, of_user
from xinheng.people.queries import DEFAULT_TIME_ZONE, company
from xinheng.refusals import Refused
from xinheng.web.frame.permissions import PERMISSIONS, PUBLIC, SIGNED_IN

View = Callable[..., HttpResponse]


def guarded(patterns: Sequence[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """The same addresses, each behind its gate; an address without a word in the table is a
    mistake at start.
    """
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            guarded(pattern.url_patterns)
        else:
            pattern.callback = gate(pattern.callback, word_for(pattern.name))
    return list(patterns)


def word_for(name: str | None) -> str:
    """The permission word of a url name."""
    if name is None or name not in PERMISSIONS:
        raise ImproperlyConfigured(
            f"The address named {name!r} has no line in xinheng/web/frame/permissions.py: "
            "name it there with the permission word that it takes."
        )
    return PERMISSIONS[name]


def gate(view: View, word: str) -> View:
    """The view behind its permission; wrapping a wrapped view changes nothing."""
    if getattr(view, "permission", None) is not None:
        return view

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if word != PUBLIC and not request.user.is_authenticated:
            return to_sign_in(request)
        if word not in (PUBLIC, SIGNED_IN) and not request.user.may(word):
            raise Http404
        refuse_nul(request)
        with timezone.override(company_zone()):
            try:
                return view(request, *args, **kwargs)
            except Refused as refused:
                return render(request, "parts/refused.html", {"text": refused.text}, status=409)

    opened.permission = word  # type: ignore[attr-defined]
    return opened


def refuse_nul(request: HttpRequest) -> None:
    """A NUL is in no code, number or reason, and PostgreSQL takes none: such an address is absent,
    such a form refused; in a query it means nothing and is taken out.
    """
    if "\x00" in request.path:
        raise Http404("a NUL in the address")
    if any("\x00" in text for _, texts in request.POST.lists() for text in texts):
        raise SuspiciousOperation("a NUL in a form")
    if "%00" in request.META.get("QUERY_STRING", ""):
        query = request.GET.copy()
        for name, texts in list(query.lists()):
            query.setlist(name, [text.replace("\x00", "") for text in texts])
        request.GET = query


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back again; htmx is told to load the whole page."""
    if request.headers.get("HX-Request"):
        back = request.headers.get("HX-Current-URL", "/")
        return HttpResponse(
            status=204, headers={"HX-Redirect": f"{reverse('sign-in')}?next={quote(_path(back))}"}
        )
    back = request.get_full_path() if request.method == "GET" else "/"
    return redirect(f"{reverse('sign-in')}?next={quote(back)}")


def _path(address: str) -> str:
    """The path and query of a full address of ours."""
    rest = address.split("://", 1)[-1]
    return "/" + rest.partition("/")[2]


def actor_of(request: HttpRequest) -> Actor:
    """Who acts in this request, for actions."""
    return of_user(request.user)


def company_zone() -> ZoneInfo:
    """The zone in which people of this company read the clock."""
    seller = company()
    return ZoneInfo(seller.time_zone if seller else DEFAULT_TIME_ZONE)
