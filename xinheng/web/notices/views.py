"""Notices: what happened to my orders and customers, what waits for me; opened once, read once.

Opening one marks it as read and goes to where its kind leads (a hold, a customer's licences, the
queue of facts), so it is a button and not a link: what only reads never writes.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from xinheng.decisions.notices import mark_read, of_user, unread
from xinheng.texts import T
from xinheng.web.frame.access import actor_of
from xinheng.web.frame.tables import tabs
from xinheng.web.notices import reading
from xinheng.web.notices.kinds import kind_of


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The person's notices, newest first."""
    lines, page = reading.read(request)
    waiting = unread(request.user).count()
    choices = [("", T("全部", "All"), None), ("unread", T("未读", "Unread"), waiting)]
    context = {
        "lines": lines,
        "page": page,
        "unread": waiting,
        "tabs": tabs(request, "tab", choices),
        "now": timezone.now(),
    }
    return render(request, "notices/notices.html", context)


@require_POST
def open_one(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Read one, and go to where its kind leads."""
    rows = reading.with_what_it_concerns(of_user(request.user))
    row = get_object_or_404(rows, pk=notice_id)
    mark_read([row.pk], actor=actor_of(request), at=timezone.now())
    return redirect(kind_of(row).leads(row))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    mark_read(None, actor=actor_of(request), at=timezone.now())
    return redirect("notices")
