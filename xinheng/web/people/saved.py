"""Saved views: keep the address of a page under a name, share it, forget it.

The page sends its query; what is kept is only that page's own words. Afterwards the reader stands
where they stood, with a sentence that says what happened.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from xinheng.people.models import SavedView
from xinheng.people.saved_views import delete_view, kept_query, save_view
from xinheng.refusals import Refused
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.permissions import PERMISSIONS
from xinheng.web.holds import asking


class Page(NamedTuple):
    """A page that has views: its address's name, and the words of its query."""

    name: str
    words: Collection[str]


PAGES: Final = {asking.PAGE: Page("holds", asking.KEPT)}


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the present view under a name; the same name again changes it."""
    page_word = request.POST.get("page", "")
    page = PAGES.get(page_word)
    if page is None or not request.user.may(PERMISSIONS[page.name]):
        raise Http404("no such page")
    try:
        query = kept_query(request.POST.get("query", ""), page.words)
        view = save_view(
            page_word,
            request.POST.get("name", ""),
            query,
            shared=bool(request.POST.get("shared")),
            actor=actor_of(request),
            at=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, str(refused.text))
        return redirect(page.name)
    said = T("视图“{name}”已保存。", "The view “{name}” is kept.").format(name=view.name)
    messages.success(request, str(said))
    return redirect(f"{reverse(page.name)}?{query}" if query else page.name)


@require_POST
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget a view of one's own; a stranger's is absent."""
    view = get_object_or_404(SavedView, pk=view_id, user_id=request.user.pk)
    delete_view(view.pk, actor=actor_of(request))
    said = T("视图“{name}”已删除。", "The view “{name}” is gone.").format(name=view.name)
    messages.success(request, str(said))
    return redirect(PAGES[view.page].name if view.page in PAGES else "home")
