"""Pages that belong to no room: the way home, and the living page of components."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from xinheng.web.frame import specimens
from xinheng.web.frame.rail import rail_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the first room that this person may enter."""
    for item in rail_of(request.user, request.path):
        return redirect(item.href)
    return render(request, "parts/no_rooms.html")


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """All components in all states, for people who build pages and for tests that photograph
    them.
    """
    return render(request, "components/all.html", specimens.context())
